//! What was found in files, kept between runs: searching a program of 100 MB takes a noticeable part of a second.
//!
//! An entry is named by the file's build id, and a hash of its size and beginning, because programs that rewrite an ELF file (strip, patchelf)
//! leave the build id as it is, and of what identifies this plaintap, because another may search better. An entry that cannot be
//! read is as good as none.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use plaintap_crypt::SecretLabel;
use plaintap_locate::{
    Expression, Field, Hook, HookKind, Length, ObjectFunction, ObjectHook, ObjectReads, Register, Stack,
    build_id,
};
use serde_json::{Value, json};

use super::Surveyed;
use crate::out::hex;

/// Entries of other formats have other names.
const FORMAT: u32 = 3;
/// When there are more entries, all are thrown away: they are of files and plaintaps of long ago.
const MOST_ENTRIES: usize = 4096;
/// The beginning of a file that its entry depends on: program headers and notes.
const START: usize = 16 << 10;
/// No entry is larger.
const LARGEST: u64 = 1 << 20;

/// The place of one file's entry.
pub struct Entry {
    folder: PathBuf,
    name: String,
}

impl Entry {
    /// `None` if the file has no build id, or there is no folder that only we can write to.
    pub fn of(file: &File) -> Option<Self> {
        Self::in_folder(file, folder()?)
    }

    fn in_folder(file: &File, folder: PathBuf) -> Option<Self> {
        let size = file.metadata().ok()?.len();
        let mut start = vec![0; START.min(usize::try_from(size).ok()?)];
        file.read_exact_at(&mut start, 0).ok()?;
        let id = build_id(&start)?;
        let mut hasher = DefaultHasher::new();
        let own = fs::metadata("/proc/self/exe").ok()?;
        (&start, size, own.len(), own.mtime(), own.mtime_nsec()).hash(&mut hasher);
        let id = hex(id);
        Some(Self { folder, name: format!("{FORMAT}-{id}-{:016x}.json", hasher.finish()) })
    }

    /// What was found before.
    pub fn load(&self) -> Option<Surveyed> {
        let mut text = Vec::new();
        let file = File::open(self.folder.join(&self.name)).ok()?;
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        surveyed(&serde_json::from_slice(&text).ok()?)
    }

    /// Keeps it. If that fails, the next run searches again.
    pub fn store(&self, surveyed: &Surveyed) {
        self.make_room();
        // Another plaintap may write the same entry: each writes a file of its own, and the last one stays.
        let temporary = self.folder.join(format!("{}.{}", self.name, std::process::id()));
        let text = json(surveyed).to_string();
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&temporary);
        let written = file.and_then(|file| file.write_all_at(text.as_bytes(), 0));
        if written.and_then(|()| fs::rename(&temporary, self.folder.join(&self.name))).is_err() {
            let _ = fs::remove_file(&temporary);
        }
    }

    fn make_room(&self) {
        let entries: Vec<_> = fs::read_dir(&self.folder).into_iter().flatten().flatten().collect();
        if entries.len() >= MOST_ENTRIES {
            for entry in entries {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// `plaintap` in the user's cache folder (XDG Base Directory Specification), made if need be. A folder of another user, or that others
/// may write to, is not used: a wrong entry would put a probe into the middle of an instruction.
fn folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    let folder = cache.join("plaintap");
    if !folder.exists() {
        // Not for another user: sudo may leave HOME as it was.
        let home = fs::metadata(nearest_existing(&cache)?).ok()?;
        if home.uid() != own_user() {
            return None;
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
    }
    is_private(&folder).then_some(folder)
}

fn nearest_existing(path: &Path) -> Option<&Path> {
    path.ancestors().find(|ancestor| ancestor.exists())
}

fn is_private(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == own_user() && metadata.mode() & 0o077 == 0
    })
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn json(surveyed: &Surveyed) -> Value {
    let hooks: Vec<Value> = surveyed
        .hooks
        .iter()
        .map(|hook| {
            json!([
                stack_name(hook.stack),
                hook.kind.function(),
                hook.file_offset,
                json_field(&hook.label),
                json_field(&hook.client_random),
                json_field(&hook.secret),
            ])
        })
        .collect();
    let objects: Vec<Value> = surveyed.objects.iter().map(json_object).collect();
    json!({ "hooks": hooks, "objects": objects, "learned": surveyed.learned, "doubt": surveyed.doubt })
}

fn surveyed(value: &Value) -> Option<Surveyed> {
    let hooks = value.get("hooks")?.as_array()?.iter().map(hook).collect::<Option<Vec<_>>>()?;
    let objects = value.get("objects")?.as_array()?.iter().map(object).collect::<Option<Vec<_>>>()?;
    let doubt = match value.get("doubt")? {
        Value::Null => None,
        doubt => Some(doubt.as_str()?.to_owned()),
    };
    let learned = value.get("learned")?.as_array()?.iter().map(Value::as_u64).collect::<Option<Vec<_>>>()?;
    Some(Surveyed { hooks, objects, learned, doubt })
}

fn hook(value: &Value) -> Option<Hook> {
    let [stack, function, file_offset, label, client_random, secret] = value.as_array()?.as_slice() else {
        return None;
    };
    Some(Hook {
        stack: *STACKS.iter().find(|known| stack_name(**known) == stack.as_str().unwrap_or_default())?,
        kind: *HookKind::ALL.iter().find(|kind| Some(kind.function()) == function.as_str())?,
        file_offset: file_offset.as_u64()?,
        label: field(label)?,
        client_random: field(client_random)?,
        secret: field(secret)?,
    })
}

fn json_object(hook: &ObjectHook) -> Value {
    let (kind, value) = match &hook.reads {
        ObjectReads::Handle(address) => (Value::Null, json_expression(address)),
        ObjectReads::Attribute { kind, value } => (json_expression(kind), json_field(value)),
    };
    json!([hook.function.name(), hook.file_offset, kind, value])
}

fn object(value: &Value) -> Option<ObjectHook> {
    let [function, file_offset, kind, value] = value.as_array()?.as_slice() else { return None };
    let reads = match kind {
        Value::Null => ObjectReads::Handle(expression(value)?),
        kind => ObjectReads::Attribute { kind: expression(kind)?, value: field(value)? },
    };
    Some(ObjectHook {
        function: *ObjectFunction::ALL.iter().find(|known| Some(known.name()) == function.as_str())?,
        file_offset: file_offset.as_u64()?,
        reads,
    })
}

const STACKS: [Stack; 6] = [Stack::Go, Stack::OpenSsl, Stack::GnuTls, Stack::Nss, Stack::Rustls, Stack::S2n];

fn stack_name(stack: Stack) -> String {
    stack.to_string()
}

fn json_field(field: &Field) -> Value {
    match field {
        Field::Constant(text) => json!(text),
        Field::Memory { address, length } => json!([
            json_expression(address),
            match length {
                Length::Constant(length) => json!(length),
                Length::Value(expression) => json_expression(expression),
                Length::Nul => Value::Null,
            }
        ]),
        Field::ObjectValue { handle } => json!([json_expression(handle)]),
    }
}

fn field(value: &Value) -> Option<Field> {
    if let Some(text) = value.as_str() {
        return Some(Field::Constant(SecretLabel::from_name(text.as_bytes())?.name()));
    }
    let (address, length) = match value.as_array()?.as_slice() {
        [handle] => return Some(Field::ObjectValue { handle: expression(handle)? }),
        [address, length] => (address, length),
        _ => return None,
    };
    let length = match length {
        Value::Null => Length::Nul,
        Value::Number(length) => Length::Constant(u32::try_from(length.as_u64()?).ok()?),
        length => Length::Value(expression(length)?),
    };
    Some(Field::Memory { address: expression(address)?, length })
}

fn json_expression(expression: &Expression) -> Value {
    json!([Expression::register(expression.register).to_string(), expression.offsets])
}

fn expression(value: &Value) -> Option<Expression> {
    let [register, offsets] = value.as_array()?.as_slice() else { return None };
    let offset = |value: &Value| i32::try_from(value.as_i64()?).ok();
    let offsets = offsets.as_array()?.iter().map(offset).collect::<Option<Vec<i32>>>()?;
    Some(Expression::path(Register::from_name(register.as_str()?)?, &offsets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(register: Register, offsets: &[i32], length: Length) -> Field {
        Field::Memory { address: Expression::path(register, offsets), length }
    }

    fn found() -> Surveyed {
        let hook = |kind, label, register| Hook {
            stack: Stack::Rustls,
            kind,
            file_offset: 0x1234,
            label,
            client_random: memory(register, &[0x30, -8], Length::Constant(32)),
            secret: memory(register, &[], Length::Value(Expression::path(register, &[8, 0]))),
        };
        let hooks = vec![
            hook(HookKind::RustlsWillLog, Field::Constant("EXPORTER_SECRET"), Register::R14),
            hook(HookKind::RustlsLog, memory(Register::X(31), &[], Length::Nul), Register::X(3)),
        ];
        let of_object = Hook {
            secret: Field::ObjectValue { handle: Expression::path(Register::Rdx, &[8]) },
            ..hooks[1].clone()
        };
        let object = |function, reads| ObjectHook { function, file_offset: 7, reads };
        let attribute = ObjectReads::Attribute {
            kind: Expression::register(Register::Rsi),
            value: memory(Register::Rdx, &[], Length::Value(Expression::register(Register::Rcx))),
        };
        let handle = ObjectReads::Handle(Expression::path(Register::Rsp, &[16, 0]));
        let objects =
            vec![object(ObjectFunction::UnwrapKey, handle), object(ObjectFunction::AddAttribute, attribute)];
        let hooks = [hooks, vec![of_object]].concat();
        Surveyed { hooks, objects, learned: vec![0x1234], doubt: Some("because".into()) }
    }

    #[test]
    fn what_is_stored_is_loaded_and_damage_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let program = File::open(std::env::current_exe().unwrap()).unwrap();
        let Some(entry) = Entry::in_folder(&program, folder.path().to_owned()) else {
            return println!("skipped: the linker wrote no build id");
        };
        assert!(entry.load().is_none());
        entry.store(&found());
        let loaded = entry.load().unwrap();
        assert_eq!((loaded.hooks, loaded.doubt), (found().hooks, found().doubt));
        assert_eq!((loaded.objects, loaded.learned), (found().objects, found().learned));

        let path = folder.path().join(&entry.name);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let text = fs::read_to_string(&path).unwrap();
        for damaged in
            [&text[..text.len() / 2], "", "{}", &text.replace("r14", "r99"), &text.replace("32", "-1")]
        {
            fs::write(&path, damaged).unwrap();
            assert!(entry.load().is_none(), "{damaged}");
        }
    }

    #[test]
    fn folders_that_others_can_write_to_are_not_used() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, private) in [(0o700, true), (0o770, false), (0o702, false)] {
            fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(is_private(folder.path()), private, "{mode:o}");
        }
    }
}
