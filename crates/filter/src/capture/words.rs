//! The language's reserved words and named numbers.

macro_rules! keywords {
    ($($name:ident = $($spelling:literal)|+;)*) => {
        /// Reserved words that are no protocols.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword { $($name,)* }

        /// The keyword of that spelling.
        pub(super) fn keyword(text: &str) -> Option<Keyword> {
            match text {
                $($($spelling)|+ => Some(Keyword::$name),)*
                _ => None,
            }
        }
    };
}

keywords! {
    Dst = "dst"; Src = "src"; Host = "host"; Gateway = "gateway"; Net = "net"; Mask = "mask";
    Port = "port"; PortRange = "portrange"; Proto = "proto"; ProtoChain = "protochain";
    Less = "less"; Greater = "greater"; Byte = "byte"; Broadcast = "broadcast"; Multicast = "multicast";
    And = "and"; Or = "or"; Not = "not"; Length = "len" | "length";
    Inbound = "inbound"; Outbound = "outbound"; InterfaceIndex = "ifindex";
    Type = "type"; Subtype = "subtype"; Direction = "dir" | "direction";
    Address1 = "addr1" | "address1"; Address2 = "addr2" | "address2";
    Address3 = "addr3" | "address3"; Address4 = "addr4" | "address4";
    Receiver = "ra"; Transmitter = "ta";
    Vlan = "vlan"; Mpls = "mpls"; PppoeDiscovery = "pppoed"; PppoeSession = "pppoes"; Geneve = "geneve"; Vxlan = "vxlan";
    Lane = "lane"; Llc = "llc"; MetaSignalling = "metac"; BroadcastCircuit = "bcc"; Oam = "oam"; OamF4 = "oamf4";
    OamF4EndToEnd = "oamf4ec"; OamF4Segment = "oamf4sc"; Signalling = "sc"; Ilmi = "ilmic";
    Vpi = "vpi"; Vci = "vci"; ConnectMessage = "connectmsg"; MetaConnect = "metaconnect";
    PfInterface = "on" | "ifname"; PfRuleset = "rset" | "ruleset"; PfRule = "rnr" | "rulenum";
    PfSubrule = "srnr" | "subrulenum"; PfReason = "reason"; PfAction = "action";
    Fisu = "fisu"; Lssu = "lssu" | "lsu"; Msu = "msu"; HighFisu = "hfisu"; HighLssu = "hlssu"; HighMsu = "hmsu";
    Sio = "sio"; Opc = "opc"; Dpc = "dpc"; Sls = "sls"; HighSio = "hsio"; HighOpc = "hopc"; HighDpc = "hdpc"; HighSls = "hsls";
}

/// The number that a name such as `tcp-syn` or `icmp-echo` stands for.
pub(super) fn constant(text: &str) -> Option<u32> {
    CONSTANTS.iter().find(|(name, _)| *name == text).map(|&(_, value)| value)
}

/// Offsets and values of ICMP, ICMPv6 and TCP fields.
const CONSTANTS: &[(&str, u32)] = &[
    ("icmptype", 0),
    ("icmpcode", 1),
    ("icmp-echoreply", 0),
    ("icmp-unreach", 3),
    ("icmp-sourcequench", 4),
    ("icmp-redirect", 5),
    ("icmp-echo", 8),
    ("icmp-routeradvert", 9),
    ("icmp-routersolicit", 10),
    ("icmp-timxceed", 11),
    ("icmp-paramprob", 12),
    ("icmp-tstamp", 13),
    ("icmp-tstampreply", 14),
    ("icmp-ireq", 15),
    ("icmp-ireqreply", 16),
    ("icmp-maskreq", 17),
    ("icmp-maskreply", 18),
    ("icmp6type", 0),
    ("icmp6code", 1),
    ("icmp6-destinationunreach", 1),
    ("icmp6-packettoobig", 2),
    ("icmp6-timeexceeded", 3),
    ("icmp6-parameterproblem", 4),
    ("icmp6-echo", 128),
    ("icmp6-echoreply", 129),
    ("icmp6-multicastlistenerquery", 130),
    ("icmp6-multicastlistenerreportv1", 131),
    ("icmp6-multicastlistenerdone", 132),
    ("icmp6-routersolicit", 133),
    ("icmp6-routeradvert", 134),
    ("icmp6-neighborsolicit", 135),
    ("icmp6-neighboradvert", 136),
    ("icmp6-redirect", 137),
    ("icmp6-routerrenum", 138),
    ("icmp6-nodeinformationquery", 139),
    ("icmp6-nodeinformationresponse", 140),
    ("icmp6-ineighbordiscoverysolicit", 141),
    ("icmp6-ineighbordiscoveryadvert", 142),
    ("icmp6-multicastlistenerreportv2", 143),
    ("icmp6-homeagentdiscoveryrequest", 144),
    ("icmp6-homeagentdiscoveryreply", 145),
    ("icmp6-mobileprefixsolicit", 146),
    ("icmp6-mobileprefixadvert", 147),
    ("icmp6-certpathsolicit", 148),
    ("icmp6-certpathadvert", 149),
    ("icmp6-multicastrouteradvert", 151),
    ("icmp6-multicastroutersolicit", 152),
    ("icmp6-multicastrouterterm", 153),
    ("tcpflags", 13),
    ("tcp-fin", 0x01),
    ("tcp-syn", 0x02),
    ("tcp-rst", 0x04),
    ("tcp-push", 0x08),
    ("tcp-ack", 0x10),
    ("tcp-urg", 0x20),
    ("tcp-ece", 0x40),
    ("tcp-cwr", 0x80),
];
