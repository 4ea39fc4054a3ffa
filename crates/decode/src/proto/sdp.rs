//! Session Description Protocol, RFC 8866; the ports of RTCP, RFC 3605.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::lines;
use super::prelude::*;
use crate::Address;
use crate::flow::{Announcements, Transport};

fields! {
    VERSION: Text walk, "sdp.version", "Session Description Protocol Version (v)";
    OWNER: Text walk, "sdp.owner", "Owner/Creator, Session Id (o)";
    OWNER_USERNAME: Text walk, "sdp.owner.username", "Owner Username";
    OWNER_SESSIONID: Text walk, "sdp.owner.sessionid", "Session ID";
    OWNER_VERSION: Text walk, "sdp.owner.version", "Session Version";
    OWNER_NETWORK_TYPE: Text walk, "sdp.owner.network_type", "Owner Network Type";
    OWNER_ADDRESS_TYPE: Text walk, "sdp.owner.address_type", "Owner Address Type";
    OWNER_ADDRESS: Text walk, "sdp.owner.address", "Owner Address";
    SESSION_NAME: Text walk, "sdp.session_name", "Session Name (s)";
    CONNECTION_INFO: Text walk, "sdp.connection_info", "Connection Information (c)";
    CONNECTION_NETWORK_TYPE: Text walk, "sdp.connection_info.network_type", "Connection Network Type";
    CONNECTION_ADDRESS_TYPE: Text walk, "sdp.connection_info.address_type", "Connection Address Type";
    CONNECTION_ADDRESS: Text walk, "sdp.connection_info.address", "Connection Address";
    BANDWIDTH: Text walk, "sdp.bandwidth", "Bandwidth Information (b)";
    TIME: Text walk, "sdp.time", "Time Description, active time (t)";
    TIME_START: Text walk, "sdp.time.start", "Session Start Time";
    TIME_STOP: Text walk, "sdp.time.stop", "Session Stop Time";
    SESSION_ATTR: Text walk, "sdp.session_attr", "Session Attribute (a)";
    MEDIA: Text walk, "sdp.media", "Media Description, name and address (m)";
    MEDIA_MEDIA: Text walk, "sdp.media.media", "Media Type";
    MEDIA_PORT_STRING: Text walk, "sdp.media.port_string", "Media Port";
    MEDIA_PROTO: Text walk, "sdp.media.proto", "Media Protocol";
    MEDIA_ATTR: Text walk, "sdp.media_attr", "Media Attribute (a)";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    announce: Some(announce),
    ..Protocol::new("sdp", "Session Description Protocol", "SDP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// The lines of a description, `x=value` each, with the place of the value.
fn each_line<'a>(bytes: &'a [u8], take: &mut dyn FnMut(u8, usize, &'a [u8])) {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let [kind, b'=', value @ ..] = lines::first(rest) {
            take(*kind, at + 2, value);
        }
        at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut in_media = false;
    each_line(view.header().0, &mut |kind, at, value| {
        in_media |= kind == b'm';
        let (whole, parts): (FieldIndex, &[FieldIndex]) = match kind {
            b'v' => (VERSION, &[]),
            b'o' => (
                OWNER,
                &[
                    OWNER_USERNAME,
                    OWNER_SESSIONID,
                    OWNER_VERSION,
                    OWNER_NETWORK_TYPE,
                    OWNER_ADDRESS_TYPE,
                    OWNER_ADDRESS,
                ],
            ),
            b's' => (SESSION_NAME, &[]),
            b'c' => {
                (CONNECTION_INFO, &[CONNECTION_NETWORK_TYPE, CONNECTION_ADDRESS_TYPE, CONNECTION_ADDRESS])
            }
            b'b' => (BANDWIDTH, &[]),
            b't' => (TIME, &[TIME_START, TIME_STOP]),
            b'a' if in_media => (MEDIA_ATTR, &[]),
            b'a' => (SESSION_ATTR, &[]),
            b'm' => (MEDIA, &[MEDIA_MEDIA, MEDIA_PORT_STRING, MEDIA_PROTO]),
            _ => return,
        };
        out.put(whole, at..at + value.len(), Value::Text(value));
        let mut start = 0;
        for &part in parts {
            let (word, behind) = lines::word(&value[start..]);
            if word.is_empty() {
                break;
            }
            out.put(part, at + start..at + start + word.len(), Value::Text(word));
            start += behind;
        }
    });
    Ok(())
}

/// One medium, as far as it says where it is waited for.
#[derive(Clone, Copy, Default)]
struct Medium {
    /// Port of the medium; 0 for none, or where the medium is refused (RFC 3264 §6).
    port: u16,
    /// It is RTP, and not another protocol that is not ours, such as a fax over UDPTL (T.38 annex D).
    rtp: bool,
    /// Port of RTCP where it is not the next one.
    control: Option<u16>,
    /// Where, if not as for the whole session.
    address: Option<Address>,
}

fn announce(bytes: &[u8], announcements: &mut Announcements<'_>) {
    let mut session = None;
    let mut medium: Option<Medium> = None;
    each_line(bytes, &mut |kind, _, value| match (kind, &mut medium) {
        (b'c', None) => session = address(value),
        (b'c', Some(medium)) => medium.address = address(value),
        (b'm', _) => {
            let before = medium.replace(described(value));
            expect(before, session, announcements);
        }
        (b'a', Some(medium)) => {
            if let Some(port) = value.strip_prefix(b"rtcp:") {
                medium.control = number(lines::word(port).0);
            }
        }
        _ => {}
    });
    expect(medium, session, announcements);
}

fn expect(medium: Option<Medium>, session: Option<Address>, announcements: &mut Announcements<'_>) {
    let Some(Medium { port: port @ 1.., rtp, control, address }) = medium else { return };
    let Some(address) = address.or(session) else { return };
    if !rtp {
        return announcements.withdraw(Transport::Udp, address, port);
    }
    announcements.expect(Transport::Udp, address, port, id::rtp);
    if let Some(control) = control.or(port.checked_add(1)) {
        announcements.expect(Transport::Udp, address, control, id::rtcp);
    }
}

/// `audio 49170/2 RTP/AVP 0`; RTP has several profiles (RFC 8866 §5.14).
fn described(value: &[u8]) -> Medium {
    let mut words = value.split(|&byte| byte == b' ').skip(1);
    let port = words.next().map(|port| port.split(|&byte| byte == b'/').next().unwrap_or_default());
    let rtp = words.next().is_some_and(|protocol| protocol.windows(4).any(|part| part == b"RTP/"));
    Medium { port: port.and_then(number).unwrap_or(0), rtp, ..Medium::default() }
}

/// `IN IP4 192.0.2.1`; behind a slash may stand how far multicast goes (RFC 8866 §5.7).
fn address(value: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(value.split(|&byte| byte == b' ').nth(2)?).ok()?;
    let text = text.split('/').next()?;
    let ip4 = text.parse::<Ipv4Addr>().ok().map(|address| Address::Ip4(address.octets()));
    ip4.or_else(|| Some(Address::Ip6(text.parse::<Ipv6Addr>().ok()?.octets())))
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
