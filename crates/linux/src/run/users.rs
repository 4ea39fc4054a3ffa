//! Users for `--as`: from /etc/passwd and /etc/group, else from `getent`, as a static binary has no name service
//! switch of its own.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

use super::error::Error;

/// A user to run the command as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// All group ids, the primary one first.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: String,
    /// Login shell; `/bin/sh` when the entry has none (passwd(5)).
    pub shell: String,
}

impl User {
    /// Finds a user by name or decimal number. A name wins over a number.
    pub fn find(name_or_uid: &str) -> Result<Self, Error> {
        let local = parse_passwd(&read("/etc/passwd")?, name_or_uid);
        if let Some(mut user) = local {
            user.groups = with_primary(user.gid, member_groups(&read("/etc/group")?, &user.name));
            return Ok(user);
        }
        let mut user = getent(&["passwd", name_or_uid])
            .and_then(|entry| parse_passwd(&entry, name_or_uid))
            .ok_or_else(|| Error::NoSuchUser { name: name_or_uid.to_owned() })?;
        let groups = getent(&["initgroups", &user.name]).unwrap_or_default();
        user.groups = with_primary(user.gid, parse_initgroups(&groups));
        Ok(user)
    }

    /// The variables that `su` and `runuser` set without `-`: USER and LOGNAME not for root.
    pub(super) fn environment(&self) -> Vec<(&'static str, &str)> {
        let mut variables = vec![("HOME", self.home.as_str()), ("SHELL", &self.shell)];
        if self.uid != 0 {
            variables.extend([("USER", self.name.as_str()), ("LOGNAME", &self.name)]);
        }
        variables
    }
}

fn read(path: &'static str) -> Result<String, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(Error::UserDatabase { path, source }),
    }
}

/// The output of getent, if it is there and finds something.
fn getent(arguments: &[&str]) -> Option<String> {
    let output = Command::new("getent").args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `name:password:uid:gid:comment:home:shell`, passwd(5).
fn parse_passwd(text: &str, wanted: &str) -> Option<User> {
    let entries = || text.lines().filter_map(parse_entry);
    entries()
        .find(|user| user.name == wanted)
        .or_else(|| entries().find(|user| wanted.parse() == Ok(user.uid)))
}

fn parse_entry(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    let home = fields.nth(1)?;
    let shell = fields.next().filter(|shell| !shell.is_empty()).unwrap_or("/bin/sh");
    Some(User { name, uid, gid, groups: Vec::new(), home: home.to_owned(), shell: shell.to_owned() })
}

/// `group:password:gid:member,member`, group(5).
fn member_groups(text: &str, user: &str) -> Vec<u32> {
    let is_member = |line: &str| {
        let mut fields = line.split(':');
        let gid = fields.nth(2)?.parse().ok()?;
        fields.next()?.split(',').any(|member| member == user).then_some(gid)
    };
    text.lines().filter_map(is_member).collect()
}

/// `name  gid gid …`, as getent prints it.
fn parse_initgroups(text: &str) -> Vec<u32> {
    text.split_ascii_whitespace().skip(1).filter_map(|gid| gid.parse().ok()).collect()
}

fn with_primary(primary: u32, groups: Vec<u32>) -> Vec<u32> {
    let mut all = vec![primary];
    for gid in groups {
        if !all.contains(&gid) {
            all.push(gid);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n+::::::\nalice:x:1000:1000:A,,,:/home/alice:\n\
        1000:x:7:7::/:/bin/false\nbroken:x:1\n";

    #[test]
    fn names_win_over_numbers() {
        let alice = parse_passwd(PASSWD, "alice").unwrap();
        assert_eq!((alice.uid, alice.gid, alice.home.as_str()), (1000, 1000, "/home/alice"));
        assert_eq!(alice.shell, "/bin/sh");
        assert_eq!(parse_passwd(PASSWD, "1000").unwrap().uid, 7);
        assert_eq!(parse_passwd(PASSWD, "0").unwrap().name, "root");
        assert_eq!(parse_passwd(PASSWD, "broken"), None);
        assert_eq!(parse_passwd(PASSWD, ""), None);
    }

    #[test]
    fn groups_of_a_member() {
        let group = "root:x:0:\nadm:x:4:syslog,alice\nalice:x:1000:\nmalice:x:9:malice\n";
        assert_eq!(with_primary(1000, member_groups(group, "alice")), [1000, 4]);
        assert_eq!(with_primary(5, parse_initgroups("alice  5 27 1001\n")), [5, 27, 1001]);
    }

    #[test]
    fn root_is_found_and_nobody_made_up() {
        let root = User::find("root").unwrap();
        assert_eq!((root.uid, root.groups[0]), (0, root.gid));
        assert_eq!(root.environment().len(), 2);
        assert!(matches!(User::find("no such user"), Err(Error::NoSuchUser { .. })));
    }
}
