//! Where a PKCS#11 module makes objects. Its users know their values by handles only, so what passes them is no secret yet.

use std::fmt;

use crate::{Expression, Field};

/// One place in a PKCS#11 module that tells the value of an object; [`Field::ObjectValue`] of a hook elsewhere asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHook {
    /// The function.
    pub function: ObjectFunction,
    /// Offset of the instruction in the *file*.
    pub file_offset: u64,
    /// What is read there.
    pub reads: ObjectReads,
}

/// What an [`ObjectHook`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectReads {
    /// The thread begins to make an object, and will put its handle at this address.
    Handle(Expression),
    /// The object that the thread makes gets an attribute.
    Attribute {
        /// Its type; that of the value is [`ObjectReads::CKA_VALUE`].
        kind: Expression,
        /// Its bytes.
        value: Field,
    },
}

impl ObjectReads {
    /// `CKA_VALUE` of PKCS#11.
    pub const CKA_VALUE: u32 = 0x11;
}

/// The function that an [`ObjectHook`] stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectFunction {
    /// `C_CreateObject`, from bytes that are known.
    CreateObject,
    /// `C_UnwrapKey`, from encrypted ones.
    UnwrapKey,
    /// `C_DeriveKey`, from another key.
    DeriveKey,
    /// Softoken: `sftk_AddAttributeType(object, type, value, length)`, and `sftk_forceAttribute`, which may do the same.
    AddAttribute,
}

impl ObjectFunction {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CreateObject, Self::UnwrapKey, Self::DeriveKey, Self::AddAttribute];

    /// The name of the function, as PKCS#11 or its source has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateObject => "C_CreateObject",
            Self::UnwrapKey => "C_UnwrapKey",
            Self::DeriveKey => "C_DeriveKey",
            Self::AddAttribute => "sftk_AddAttributeType",
        }
    }
}

impl fmt::Display for ObjectReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handle(address) => write!(f, "handle will be at {address}"),
            Self::Attribute { kind, value } => {
                write!(f, "if {kind} is {:#x} (CKA_VALUE): {value}", Self::CKA_VALUE)
            }
        }
    }
}
