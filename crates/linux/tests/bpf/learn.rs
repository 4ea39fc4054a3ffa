//! Memory that the registers at a hook reach.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::AsFd;

use crate::probes::{Scratch, build, collect, file_offset, hook};
use crate::support::{Cgroup, allowed, obstacle, run, skipped};
use plaintap_linux::bpf::{HookId, Learner, Probes, TargetFilter};
use plaintap_locate::{Expression, Field, Length, Register};

/// The ways to the client random that the test program passes, from one hit to the next. With each hit the registers come,
/// which lead to all of its windows.
fn ways(learner: &mut Learner) -> Vec<BTreeSet<String>> {
    let mut hits: Vec<(i64, BTreeSet<String>)> = Vec::new();
    let mut registers: Vec<(Register, u64)> = Vec::new();
    while learner.windows(|window| {
        let time = window.time.0;
        if hits.last().is_none_or(|(last, _)| *last != time) {
            hits.push((time, BTreeSet::new()));
        }
        let (_, ways) = hits.last_mut().unwrap();
        if window.registers().count() > 0 {
            registers = window.registers().collect();
        }
        if let Some(way) = window.expression(0).filter(|way| way.offsets.len() == 1) {
            assert!(registers.contains(&(way.register, window.address)), "{way}: {registers:x?}");
        }
        for place in 0..window.bytes.len().saturating_sub(31) {
            if window.bytes[place..place + 32] == [0xab; 32] {
                ways.extend(window.expression(place).map(|way| way.to_string()));
            }
        }
    }) {}
    hits.into_iter().map(|(_, ways)| ways).collect()
}

#[test]
fn a_client_random_is_found_where_it_is_and_read_from_there() {
    if let Some(reason) = obstacle(&["cc", "nm", "readelf"]) {
        return skipped(&reason);
    }
    let (scratch, inside) = (Scratch::new(), Cgroup::new());
    let (library, program) = build(&scratch.0);
    let target = TargetFilter::of_directory(inside.fd()).unwrap();
    let Some(mut probes) = allowed(Probes::new(&target)) else { return };
    let Some(mut learner) = allowed(Learner::new(&target)) else { return };
    let right = hook(file_offset(&library, "log_secret"));
    let Field::Memory { address, .. } = &right.client_random else { panic!("{right:?}") };
    let address = address.clone();
    let mut wrong = right.clone();
    let session = if cfg!(target_arch = "x86_64") { Register::Rdi } else { Register::X(0) };
    wrong.client_random =
        Field::Memory { address: Expression::path(session, &[0x10]), length: Length::Constant(32) };
    let file = File::open(&library).unwrap();
    let attached = probes.attacher.attach(file.as_fd(), &[wrong]).unwrap();
    let (_, id) = attached.hooks[0];

    learner.start(id, file.as_fd(), right.file_offset).unwrap();
    learner.start(id, file.as_fd(), right.file_offset).unwrap();
    assert!(learner.is_active());
    run(&mut std::process::Command::new(&program));
    assert!(ways(&mut learner).is_empty(), "not in the target");
    run(&mut inside.command(program.to_str().unwrap()));
    let found = ways(&mut learner);
    assert_eq!(found.len(), 8, "{found:?}");
    for (index, ways) in found.iter().enumerate() {
        // In the seventh the pointer on the way leads nowhere.
        assert_eq!(ways.contains(&address.to_string()), index != 6, "{index}: {ways:?}");
    }
    let events = collect(&mut probes.reader, &[id], 0);
    assert!(events.iter().all(|event| event.client_random != Some([0xab; 32])));

    learner.stop(id).unwrap();
    learner.stop(HookId(99)).unwrap();
    assert!(!learner.is_active());
    probes.reader.correct(id, &right).unwrap();
    run(&mut inside.command(program.to_str().unwrap()));
    assert!(ways(&mut learner).is_empty(), "it has been stopped");
    let events = collect(&mut probes.reader, &[id], events.len() as u64);
    let right = events.iter().filter(|event| event.client_random == Some([0xab; 32])).count();
    assert!(right >= 2 && right == events.len() - 1, "{events:?}");
}
