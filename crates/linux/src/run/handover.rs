//! Who answers the command's notifications: the supervisor thread of plaintap, or the guard process.
//!
//! Exactly one of them receives at any time, else one could block in a receive whose notification the other took.
//! The guard takes over for good when the supervisor ends (however it ends) or plaintap dies, and for the while that
//! plaintap is stopped by job control: background jobs of a suspended shell go on as they would alone.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// Messages of plaintap to the guard: one byte each.
pub(super) mod order {
    /// Here is the listener (attached).
    pub(in crate::run) const LISTENER: u8 = b'L';
    /// Answer notifications from now on.
    pub(in crate::run) const SERVE: u8 = b'S';
    /// Stop answering, then send the byte back.
    pub(in crate::run) const PAUSE: u8 = b'P';
    /// plaintap is about to end: serve, and reply whether anything is left to do.
    pub(in crate::run) const END: u8 = b'E';
    /// Reply to END: nothing is left, the guard exits.
    pub(in crate::run) const DONE: u8 = b'D';
    /// Reply to END: processes live on, and the guard for them.
    pub(in crate::run) const STAY: u8 = b'K';
}

/// How long the guard may take to reply. It does nothing else, so this is only for one that was stopped or killed.
const REPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// The turn to answer, shared by the supervisor and the waiting thread.
#[derive(Debug)]
pub(super) struct Handover {
    control: OwnedFd,
    turn: Mutex<Turn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Supervisor,
    Guard,
}

/// The supervisor may receive and answer while this lives.
pub(super) struct MyTurn<'a>(#[expect(dead_code, reason = "held for its drop")] MutexGuard<'a, Turn>);

/// The guard answers while this lives.
pub(super) struct Paused<'a> {
    handover: &'a Handover,
    turn: MutexGuard<'a, Turn>,
}

impl Handover {
    /// `control` is plaintap's end of the guard's socket.
    pub(super) fn new(control: OwnedFd) -> Self {
        // Without the timeout a stopped guard could hold plaintap up.
        let _ = rustix::net::sockopt::set_socket_timeout(
            &control,
            rustix::net::sockopt::Timeout::Recv,
            Some(REPLY_TIMEOUT),
        );
        Self { control, turn: Mutex::new(Turn::Supervisor) }
    }

    /// plaintap's end, to be closed in other forked processes.
    pub(super) fn control(&self) -> &OwnedFd {
        &self.control
    }

    /// Gives the guard its copy of the listener.
    pub(super) fn send_listener(&self, listener: BorrowedFd<'_>) -> Result<(), Errno> {
        send_with_descriptor(self.control.as_fd(), &[order::LISTENER], Some(listener))
    }

    /// For the supervisor: waits while the guard has a pause's turn; `None` when it has it for good.
    pub(super) fn my_turn(&self) -> Option<MyTurn<'_>> {
        let turn = self.lock();
        (*turn == Turn::Supervisor).then_some(MyTurn(turn))
    }

    /// Gives the turn to the guard for good.
    pub(super) fn leave(&self) {
        let mut turn = self.lock();
        if *turn == Turn::Supervisor {
            *turn = Turn::Guard;
            self.order(order::SERVE);
        }
    }

    /// Waits for the notification in hand, then lets the guard answer until the result is dropped.
    pub(super) fn pause(&self) -> Paused<'_> {
        let turn = self.lock();
        if *turn == Turn::Supervisor {
            self.order(order::SERVE);
        }
        Paused { handover: self, turn }
    }

    /// Tells the guard that plaintap ends. `true`: nothing is left, the guard exits now.
    pub(super) fn end(&self) -> bool {
        self.leave();
        self.order(order::END);
        self.reply_is(order::DONE)
    }

    /// A dead guard is no reason to fail: it is only needed when plaintap dies too.
    fn order(&self, order: u8) {
        let _ = rustix::net::send(&self.control, &[order], SendFlags::NOSIGNAL);
    }

    /// Reads replies up to the one expected; late replies to earlier orders are passed over.
    fn reply_is(&self, expected: u8) -> bool {
        for _ in 0..4 {
            let mut reply = [0u8; 1];
            match receive_with_descriptor(self.control.as_fd(), &mut reply) {
                Ok((1, _)) if reply[0] == expected => return true,
                // STAY answers the question as well.
                Ok((1, _)) if reply[0] != order::STAY => {}
                _ => return false,
            }
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        if *self.turn == Turn::Supervisor {
            self.handover.order(order::PAUSE);
            self.handover.reply_is(order::PAUSE);
        }
    }
}

/// A connected pair of packet sockets, close-on-exec: closing one end is seen at the other as an empty message.
pub(super) fn socket_pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

/// Sends one message, with a descriptor if given. Async-signal-safe.
pub(super) fn send_with_descriptor(
    socket: BorrowedFd<'_>,
    message: &[u8],
    descriptor: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = descriptor.as_slice();
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    rustix::net::sendmsg(socket, &[io::IoSlice::new(message)], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives one message (length 0: the other end is closed) and the descriptor that came with it. Async-signal-safe.
pub(super) fn receive_with_descriptor(
    socket: BorrowedFd<'_>,
    message: &mut [u8],
) -> Result<(usize, Option<OwnedFd>), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [io::IoSliceMut::new(message)];
    let length = loop {
        match rustix::net::recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) => break received.bytes,
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    };
    let descriptor = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok((length, descriptor))
}
