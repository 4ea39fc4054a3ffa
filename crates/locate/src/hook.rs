//! The result of locating: places to probe, and how to read label, client random and secret there.

use std::fmt;

/// One place in a file where a TLS secret passes, and the expressions that read it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The TLS stack this place belongs to.
    pub stack: Stack,
    /// Which function it is.
    pub kind: HookKind,
    /// Offset of the instruction in the *file*: what the kernel's uprobes take.
    pub file_offset: u64,
    /// The label of the secret.
    pub label: Field,
    /// The 32 bytes of ClientHello.random.
    pub client_random: Field,
    /// The secret.
    pub secret: Field,
}

/// A TLS stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stack {
    /// The Go standard library's crypto/tls, and forks of it.
    Go,
    /// OpenSSL 1.1.1 and later, BoringSSL, AWS-LC.
    OpenSsl,
    /// GnuTLS.
    GnuTls,
    /// NSS.
    Nss,
    /// rustls.
    Rustls,
    /// s2n-tls, of which no hook is known.
    S2n,
}

/// The function that a hook stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookKind {
    /// Go: `crypto/tls.(*Config).writeKeyLog`, called for each secret.
    GoWriteKeyLog,
    /// Go: `crypto/tls.keysFromMasterSecret`, called for each TLS 1.2 connection, resumed ones too.
    GoKeysFromMasterSecret,
    /// OpenSSL and BoringSSL: `ssl_log_secret(ssl, label, secret, length)`.
    SslLogSecret,
    /// OpenSSL with link-time optimisation: what is left of `nss_keylog_int`.
    NssKeylogInt,
    /// GnuTLS: `_gnutls_call_keylog_func(session, label, data, size)`.
    GnuTlsCallKeylogFunc,
    /// GnuTLS: `_gnutls_set_keys(session, …)`, passed in each TLS 1.2 handshake, resumed ones too.
    GnuTlsSetKeys,
    /// NSS: what `ssl3_RecordKeyLog(ss, label, key)` calls with the key's bytes; where the log is compiled out, that function.
    NssRecordKeyLog,
    /// rustls, TLS 1.3: behind `KeyLog::will_log(label)`, which is asked for each secret.
    RustlsWillLog,
    /// rustls, TLS 1.2: the call of `KeyLog::log("CLIENT_RANDOM", …)`, made in each handshake.
    RustlsLog,
}

/// How to read one value at a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// These bytes are always the value (a hook that serves one label only).
    Constant(&'static str),
    /// Bytes in the memory of the process.
    Memory {
        /// Where they start.
        address: Expression,
        /// How many there are.
        length: Length,
    },
    /// The value of the PKCS#11 object whose handle was put at this address, as [`ObjectHook`](crate::ObjectHook)s saw it.
    ObjectValue {
        /// Where the handle is.
        handle: Expression,
    },
}

impl Field {
    /// A C string that a register points to.
    pub(crate) fn string(register: Register) -> Self {
        Self::Memory { address: Expression::register(register), length: Length::Nul }
    }

    /// The 32 bytes at an address.
    pub(crate) fn client_random(address: Expression) -> Self {
        Self::Memory { address, length: Length::Constant(32) }
    }

    /// Bytes that one register points to and another counts.
    pub(crate) fn counted(address: Register, length: Register) -> Self {
        Self::Memory {
            address: Expression::register(address),
            length: Length::Value(Expression::register(length)),
        }
    }
}

/// The length of a [`Field::Memory`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// Always this many bytes, at most 64.
    Constant(u32),
    /// The low 32 bits of this expression's value.
    Value(Expression),
    /// Up to a NUL byte, at most 64 bytes.
    Nul,
}

/// `value = register; for o in offsets but the last: value = *(u64*)(value + o); value += last offset`.
///
/// An empty list of offsets is the register itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// Where to start.
    pub register: Register,
    /// Offsets in bytes; all but the last are followed by an 8-byte load. At most [`Expression::MAX_OFFSETS`].
    pub offsets: Vec<i32>,
}

impl Expression {
    /// The most offsets that the probe program takes.
    pub const MAX_OFFSETS: usize = 4;

    /// The value of a register.
    pub const fn register(register: Register) -> Self {
        Self { register, offsets: Vec::new() }
    }

    /// `register`, followed by `offsets`.
    pub fn path(register: Register, offsets: &[i32]) -> Self {
        Self { register, offsets: offsets.to_vec() }
    }
}

/// A general register of x86-64, or one of aarch64 by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Register {
    /// x86-64 registers, in the order of their encoding.
    Rax,
    #[allow(missing_docs)]
    Rcx,
    #[allow(missing_docs)]
    Rdx,
    #[allow(missing_docs)]
    Rbx,
    #[allow(missing_docs)]
    Rsp,
    #[allow(missing_docs)]
    Rbp,
    #[allow(missing_docs)]
    Rsi,
    #[allow(missing_docs)]
    Rdi,
    #[allow(missing_docs)]
    R8,
    #[allow(missing_docs)]
    R9,
    #[allow(missing_docs)]
    R10,
    #[allow(missing_docs)]
    R11,
    #[allow(missing_docs)]
    R12,
    #[allow(missing_docs)]
    R13,
    #[allow(missing_docs)]
    R14,
    #[allow(missing_docs)]
    R15,
    /// aarch64: x0 to x30, and 31 for the stack pointer.
    X(u8),
}

impl Register {
    /// The registers of x86-64, by their number in instruction encodings.
    pub(crate) const X86_64: [Self; 16] = [
        Self::Rax,
        Self::Rcx,
        Self::Rdx,
        Self::Rbx,
        Self::Rsp,
        Self::Rbp,
        Self::Rsi,
        Self::Rdi,
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
    ];

    /// The register of x86-64 with this number in instruction encodings.
    pub fn of_x86_64(number: u8) -> Option<Self> {
        Self::X86_64.get(usize::from(number)).copied()
    }

    /// Its number in instruction encodings.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::X(number) => number,
            other => Self::X86_64.iter().position(|known| *known == other).unwrap_or_default() as u8,
        }
    }

    /// The register that an expression of it alone prints as.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::X86_64.into_iter().chain((0..32).map(Self::X));
        all.find(|&register| Expression::register(register).to_string() == name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(text) => f.write_str(text),
            Self::Memory { address, length: Length::Nul } => write!(f, "string at {address}"),
            Self::Memory { address, length: Length::Constant(length) } => {
                write!(f, "{length} bytes at {address}")
            }
            Self::Memory { address, length: Length::Value(length) } => {
                write!(f, "({length}) bytes at {address}")
            }
            Self::ObjectValue { handle } => write!(f, "value of the object whose handle is at {handle}"),
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "Go crypto/tls",
            Self::OpenSsl => "OpenSSL or BoringSSL",
            Self::GnuTls => "GnuTLS",
            Self::Nss => "NSS",
            Self::Rustls => "rustls",
            Self::S2n => "s2n-tls",
        })
    }
}

impl HookKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::GoWriteKeyLog,
        Self::GoKeysFromMasterSecret,
        Self::SslLogSecret,
        Self::NssKeylogInt,
        Self::GnuTlsCallKeylogFunc,
        Self::GnuTlsSetKeys,
        Self::NssRecordKeyLog,
        Self::RustlsWillLog,
        Self::RustlsLog,
    ];

    /// Whether the hook stands where the function begins, not inside of it.
    pub(crate) const fn is_entry(self) -> bool {
        !matches!(self, Self::RustlsWillLog | Self::RustlsLog)
    }

    /// The name of the function, as its source has it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::GoWriteKeyLog => "(*Config).writeKeyLog",
            Self::GoKeysFromMasterSecret => "keysFromMasterSecret",
            Self::SslLogSecret => "ssl_log_secret",
            Self::NssKeylogInt => "nss_keylog_int",
            Self::GnuTlsCallKeylogFunc => "_gnutls_call_keylog_func",
            Self::GnuTlsSetKeys => "_gnutls_set_keys",
            Self::NssRecordKeyLog => "ssl3_RecordKeyLog",
            Self::RustlsWillLog => "KeyLog::will_log",
            Self::RustlsLog => "KeyLog::log",
        }
    }
}

impl fmt::Display for Expression {
    /// Prints `*(rdi+0xa8)+0xb8` for rdi with offsets 0xa8, 0xb8.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loads = self.offsets.len().saturating_sub(1);
        for _ in 0..loads {
            f.write_str("*(")?;
        }
        match self.register {
            Register::X(31) => f.write_str("sp")?,
            Register::X(n) => write!(f, "x{n}")?,
            register => f.write_str(&format!("{register:?}").to_lowercase())?,
        }
        for (i, &offset) in self.offsets.iter().enumerate() {
            match offset {
                0 => {}
                o if o < 0 => write!(f, "-{:#x}", o.unsigned_abs())?,
                o => write!(f, "+{o:#x}")?,
            }
            if i < loads {
                f.write_str(")")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_print_as_pointer_chains() {
        assert_eq!(Expression::path(Register::Rdi, &[0xa8, 0xb8]).to_string(), "*(rdi+0xa8)+0xb8");
        assert_eq!(Expression::register(Register::R8).to_string(), "r8");
        assert_eq!(Expression::path(Register::X(31), &[-16]).to_string(), "sp-0x10");
    }
}
