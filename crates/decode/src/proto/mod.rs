//! The protocols, a file each. To add one, write its file and add its name to the list below.

mod ber;
mod coap_names;
mod dhcp_names;
mod dhcpv6_names;
mod dns_content;
mod dns_names;
mod fragment;
mod gss;
mod http2_calls;
mod http2_headers;
mod http2_names;
mod http_body;
mod http_framing;
mod http_head;
mod http_names;
mod kafka_names;
mod kerberos_names;
mod ldap_names;
mod lines;
mod names;
mod nbns_names;
mod pgsql_names;
mod put;
mod setup;
mod smb_names;
mod smb_parts;
mod stun_names;
pub(crate) mod tcp_analysis;
mod telnet_names;
mod tls_names;
mod waiting;
mod websocket_messages;

/// Makes the list of protocols, their numbers and the direct call of `enter` by number, which lets the compiler inline
/// the small ones into the walk.
macro_rules! protocols {
    ($($name:ident)*) => {
        $(pub(crate) mod $name;)*

        #[allow(non_camel_case_types)]
        #[repr(u8)]
        enum Number { $($name),* }

        /// The numbers of the protocols, each under its module's name.
        #[allow(non_upper_case_globals, missing_docs)]
        pub mod id {
            use super::Number;
            use crate::registry::ProtocolId;

            $(pub const $name: ProtocolId = ProtocolId(Number::$name as u8);)*
        }

        /// All protocols, by number.
        pub static PROTOCOLS: &[&crate::registry::Protocol] = &[$(&$name::PROTOCOL),*];

        /// Checks the header of `protocol` at the start of `b`, and says how long it is and who is next. Reads nothing
        /// that it did not check, allocates nothing.
        #[inline(always)]
        pub(crate) fn enter(protocol: crate::registry::ProtocolId, b: crate::Bytes<'_>) -> crate::layers::Entered {
            match protocol {
                $(id::$name => $name::enter(b).into(),)*
                _ => Ok(crate::Step::last(b)).into(),
            }
        }
    };
}

protocols! {
    frame
    proc
    eth
    vlan
    ieee8021ad
    sll
    null
    raw
    arp
    ip
    ipv6
    ipv6_hopopts
    ipv6_routing
    ipv6_fraghdr
    ipv6_dstopts
    icmp
    icmpv6
    tcp
    udp
    dns
    mdns
    llmnr
    tls
    dtls
    quic
    x509af
    http
    http2
    http3
    grpc
    dhcp
    ntp
    tftp
    syslog
    nbns
    nbdgm
    nbss
    smb
    smb2
    browser
    ldap
    cldap
    kerberos
    dhcpv6
    stun
    snmp
    radius
    mqtt
    resp
    smtp
    imap
    pop
    ftp
    ftp_data
    telnet
    websocket
    memcache
    data_text_lines
    json
    xml
    urlencoded_form
    png
    image_gif
    image_jfif
    media
    kafka
    ssh
    pgsql
    mysql
    sip
    sdp
    rtp
    rtcp
    coap
    mbtcp
    modbus
    llc
    stp
    lldp
    cdp
    igmp
    dvmrp
    gre
    vxlan
    geneve
    gtp
    gtpv2
    mpls
    mpls_y1711
    pwethcw
    pppoe
    pppoed
    pppoes
    ppp
    ppi
    fr
    arcnet
    erspan
    cfp
    teredo
    ssdp
    chdlc
    juniper
    l2tp
    udplite
    sctp
    esp
    ah
    ipcomp
    udpencap
    isakmp
    vrrp
    ospf
    bgp
    wg
    wlan
    radiotap
    nflog
    pktap
    usb
    bluetooth
    data
}

/// What nearly every protocol file needs.
mod prelude {
    pub(super) use std::fmt::Write as _;

    pub(super) use super::put::{
        append, append_first, append_name, append_ports, put_bits, put_bytes, put_flags, put_ip4, put_ip6,
        put_list, put_little, put_mac, put_number, put_parts, put_rest, put_text, put_text_z, put_varint,
        text_z, without_padding,
    };
    pub(super) use super::{id, names};
    pub(super) use crate::field::{FieldIndex, FieldSink, Value, fields};
    pub(super) use crate::flow::Framing;
    pub(super) use crate::registry::{
        Alias, Claim, Datagrams, Length, Protocol, ProtocolId, Stream, claimed,
    };
    pub(super) use crate::view::{View, append_ends};
    pub(super) use crate::{Bytes, Reader, Short, Step};

    /// Writes to a string, which cannot fail.
    macro_rules! put {
        ($out:expr, $($arg:tt)*) => {{ let _ = write!($out, $($arg)*); }};
    }
    pub(super) use put;

    /// A protocol that is the content of others, as their content type says: all bytes, without fields.
    macro_rules! content {
        ($name:literal, $title:literal) => {
            pub(crate) static PROTOCOL: Protocol = Protocol::new($name, $title, "");

            pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
                Ok(Step::last(b))
            }
        };
    }
    pub(super) use content;
}
