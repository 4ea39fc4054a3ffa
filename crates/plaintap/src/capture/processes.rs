//! The process table of a capture: each process once, packets refer to it by index.

use std::collections::HashMap;

use plaintap_packet::Owner;
use plaintap_packet::file::Process;

/// The processes that packets were seen of, in order of appearance.
#[derive(Default)]
pub struct Processes {
    index: HashMap<(u32, [u8; 16]), u32>,
    table: Vec<Process>,
    /// Most packets belong to the process of the packet before.
    last: Option<(Owner, u32)>,
}

impl Processes {
    /// The index of the owner's process, and whether it is new; `None` where the owner is not known.
    pub fn index(&mut self, owner: &Owner) -> Option<(u32, bool)> {
        if owner.pid == 0 {
            return None;
        }
        if let Some((last, index)) = &self.last
            && (last.pid, last.name) == (owner.pid, owner.name)
        {
            return Some((*index, false));
        }
        let next = self.table.len() as u32;
        // A program started by exec keeps its pid and changes its name: another entry.
        let index = *self.index.entry((owner.pid, owner.name)).or_insert(next);
        self.last = Some((*owner, index));
        let new = index == next;
        if new {
            let name = String::from_utf8_lossy(owner.name()).into_owned();
            self.table.push(Process { pid: owner.pid, name });
        }
        Some((index, new))
    }

    /// The process with this index.
    pub fn process(&self, index: u32) -> Option<&Process> {
        self.table.get(index as usize)
    }
}

/// The comment of a flow's first packet: `key=value` words, values with other than plain characters in quotes.
pub fn comment(process: &Process, uid: u32) -> String {
    let mut text = format!("pid={} process={}", process.pid, quoted(&process.name));
    if uid != u32::MAX {
        text.push_str(&format!(" uid={uid}"));
    }
    text
}

fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
    if !value.is_empty() && value.chars().all(plain) { value.to_owned() } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(pid: u32, name: &str) -> Owner {
        let mut owner = Owner { pid, ..Owner::default() };
        owner.name[..name.len()].copy_from_slice(name.as_bytes());
        owner
    }

    #[test]
    fn a_process_is_in_the_table_once_for_each_name() {
        let mut processes = Processes::default();
        assert_eq!(processes.index(&owner(0, "")), None);
        assert_eq!(processes.index(&owner(7, "sh")), Some((0, true)));
        assert_eq!(processes.index(&owner(7, "curl")), Some((1, true)));
        assert_eq!(processes.index(&owner(7, "curl")), Some((1, false)));
        assert_eq!(processes.index(&owner(7, "sh")), Some((0, false)));
        assert_eq!(processes.process(1).map(|p| p.name.as_str()), Some("curl"));
    }

    #[test]
    fn comments_quote_what_would_not_read_back() {
        let process = Process { pid: 7, name: "Web Content".into() };
        assert_eq!(comment(&process, 1000), "pid=7 process=\"Web Content\" uid=1000");
        assert_eq!(comment(&process, u32::MAX), "pid=7 process=\"Web Content\"");
    }
}
