//! Border Gateway Protocol 4, RFC 4271: messages and path attributes. Routes of other families than IPv4 are in `routes`,
//! communities in `communities`.

mod communities;
mod names;
mod open;
mod routes;

use self::names::*;
use super::prelude::*;

fields! {
    MARKER: Bytes at(0..16), "bgp.marker", "Marker";
    LENGTH: U16 at(16..18), "bgp.length", "Length";
    TYPE: U8 at(18..19), "bgp.type", "Type", names(TYPES);
    OPEN_VERSION: U8 walk, "bgp.open.version", "Version";
    OPEN_AS: U16 walk, "bgp.open.myas", "My AS";
    OPEN_HOLD_TIME: U16 walk, "bgp.open.holdtime", "Hold Time";
    OPEN_IDENTIFIER: Ip4 walk, "bgp.open.identifier", "BGP Identifier";
    OPEN_OPTIONS_LENGTH: U8 walk, "bgp.open.opt.len", "Optional Parameters Length";
    OPEN_OPTIONS: None walk, "bgp.open.opt", "Optional Parameters";
    PARAM: None walk, "bgp.open.opt.param", "Optional Parameter";
    PARAM_TYPE: U8 walk, "bgp.open.opt.param.type", "Parameter Type", names(PARAMETERS);
    PARAM_LEN: U8 walk, "bgp.open.opt.param.len", "Parameter Length";
    PARAM_AUTH: Bytes walk, "bgp.open.opt.param.auth", "Authentication Data";
    PARAM_UNKNOWN: Bytes walk, "bgp.open.opt.param.unknown", "Unknown";
    CAP: None walk, "bgp.cap", "Capability";
    CAP_TYPE: U8 walk, "bgp.cap.type", "Type", names(CAPABILITIES);
    CAP_LENGTH: U8 walk, "bgp.cap.length", "Length";
    CAP_UNKNOWN: Bytes walk, "bgp.cap.unknown", "Unknown";
    CAP_RESERVED: Bytes walk, "bgp.cap.reserved", "Reserved";
    CAP_MP_AFI: U16 walk, "bgp.cap.mp.afi", "AFI", names(FAMILIES);
    CAP_MP_SAFI: U8 walk, "bgp.cap.mp.safi", "SAFI", names(SUBSEQUENT_FAMILIES);
    CAP_ENH_AFI: U16 walk, "bgp.cap.enh.afi", "AFI", names(FAMILIES);
    CAP_ENH_SAFI: U16 walk, "bgp.cap.enh.safi", "SAFI", names(SUBSEQUENT_FAMILIES);
    CAP_ENH_NEXT_HOP_AFI: U16 walk, "bgp.cap.enh.nhafi", "Next hop AFI", names(FAMILIES);
    CAP_GR_TIMERS: U16 walk, "bgp.cap.gr.timers", "Restart Timers", hex;
    CAP_GR_RESTART: Bool walk, "bgp.cap.gr.timers.restart_flag", "Restart state";
    CAP_GR_NOTIFICATION: Bool walk, "bgp.cap.gr.timers.notification_flag", "Graceful notification";
    CAP_GR_TIME: U16 walk, "bgp.cap.gr.timers.restart_time", "Time";
    CAP_GR_AFI: U16 walk, "bgp.cap.gr.afi", "AFI", names(FAMILIES);
    CAP_GR_SAFI: U8 walk, "bgp.cap.gr.safi", "SAFI", names(SUBSEQUENT_FAMILIES);
    CAP_GR_FLAG: U8 walk, "bgp.cap.gr.flag", "Flag", hex;
    CAP_GR_PRESERVE: Bool walk, "bgp.cap.gr.flag.pfs", "Preserve forwarding state";
    CAP_4AS: U32 walk, "bgp.cap.4as", "AS Number";
    CAP_PATHS_AFI: U16 walk, "bgp.cap.ap.afi", "AFI", names(FAMILIES);
    CAP_PATHS_SAFI: U8 walk, "bgp.cap.ap.safi", "SAFI", names(SUBSEQUENT_FAMILIES);
    CAP_PATHS_SEND_RECEIVE: U8 walk, "bgp.cap.ap.sendreceive", "Send/Receive", names(SEND_RECEIVE);
    CAP_ORF_AFI: U16 walk, "bgp.cap.orf.afi", "AFI", names(FAMILIES);
    CAP_ORF_SAFI: U8 walk, "bgp.cap.orf.safi", "SAFI", names(SUBSEQUENT_FAMILIES);
    CAP_ORF_NUMBER: U8 walk, "bgp.cap.orf.number", "Number";
    CAP_ORF_TYPE: U8 walk, "bgp.cap.orf.type", "Type";
    CAP_ORF_SEND_RECEIVE: U8 walk, "bgp.cap.orf.sendreceive", "Send Receive", names(SEND_RECEIVE);
    CAP_HOSTNAME_LEN: U8 walk, "bgp.cap.orf.fqdn.hostname.len", "Hostname Length";
    CAP_HOSTNAME: Text walk, "bgp.cap.orf.fqdn.hostname", "Hostname";
    CAP_DOMAIN_LEN: U8 walk, "bgp.cap.orf.fqdn.domain_name.len", "Domain Name Length";
    CAP_DOMAIN: Text walk, "bgp.cap.orf.fqdn.domain_name", "Domain Name";
    CAP_BGPSEC_FLAGS: U8 walk, "bgp.cap.bgpsec.flags", "Flag", hex;
    CAP_BGPSEC_VERSION: U8 walk, "bgp.cap.bgpsec.version", "Version";
    CAP_BGPSEC_SEND_RECEIVE: U8 walk, "bgp.cap.bgpsec.sendreceive", "Send/Receive";
    CAP_BGPSEC_RESERVED: U8 walk, "bgp.cap.bgpsec.reserved", "Reserved", hex;
    CAP_BGPSEC_AFI: U16 walk, "bgp.cap.bgpsec.afi", "AFI", names(FAMILIES);
    WITHDRAWN_LENGTH: U16 walk, "bgp.update.withdrawn_routes.length", "Withdrawn Routes Length";
    WITHDRAWN: None walk, "bgp.update.withdrawn_routes", "Withdrawn Routes";
    ATTRIBUTES_LENGTH: U16 walk, "bgp.update.path_attributes.length", "Total Path Attribute Length";
    PATH_ATTRIBUTES: None walk, "bgp.update.path_attributes", "Path attributes";
    ATTRIBUTE: None walk, "bgp.update.path_attribute", "Path Attribute";
    ATTRIBUTE_FLAGS: U8 walk, "bgp.update.path_attribute.flags", "Flags", hex;
    OPTIONAL: Bool walk, "bgp.update.path_attribute.flags.optional", "Optional";
    TRANSITIVE: Bool walk, "bgp.update.path_attribute.flags.transitive", "Transitive";
    PARTIAL: Bool walk, "bgp.update.path_attribute.flags.partial", "Partial";
    EXTENDED: Bool walk, "bgp.update.path_attribute.flags.extended_length", "Extended-Length";
    UNUSED: U8 walk, "bgp.update.path_attribute.flags.unused", "Unused", hex;
    ATTRIBUTE_TYPE: U8 walk, "bgp.update.path_attribute.type_code", "Type Code", names(ATTRIBUTES);
    ATTRIBUTE_LENGTH: U16 walk, "bgp.update.path_attribute.length", "Length";
    ORIGIN: U8 walk, "bgp.update.path_attribute.origin", "Origin", names(ORIGINS);
    SEGMENT: None walk, "bgp.update.path_attribute.as_path_segment", "AS Path segment";
    SEGMENT_TYPE: U8 walk, "bgp.update.path_attribute.as_path_segment.type", "Segment type", names(SEGMENTS);
    SEGMENT_LENGTH: U8 walk, "bgp.update.path_attribute.as_path_segment.length", "Segment length (number of ASN)";
    SEGMENT_AS2: U16 walk, "bgp.update.path_attribute.as_path_segment.as2", "AS2";
    SEGMENT_AS4: U32 walk, "bgp.update.path_attribute.as_path_segment.as4", "AS4";
    NEXT_HOP: Ip4 walk, "bgp.update.path_attribute.next_hop", "Next hop";
    MULTI_EXIT_DISC: U32 walk, "bgp.update.path_attribute.multi_exit_disc", "Multiple exit discriminator";
    LOCAL_PREF: U32 walk, "bgp.update.path_attribute.local_pref", "Local preference";
    AGGREGATOR_AS: U32 walk, "bgp.update.path_attribute.aggregator_as", "Aggregator AS";
    AGGREGATOR_ORIGIN: Ip4 walk, "bgp.update.path_attribute.aggregator_origin", "Aggregator origin";
    COMMUNITIES: None walk, "bgp.update.path_attribute.communities", "Communities";
    COMMUNITY: None walk, "bgp.update.path_attribute.community", "Community";
    COMMUNITY_WELL_KNOWN: U32 walk, "bgp.update.path_attribute.community_wellknown", "Community Well-known", hex,
        names(COMMUNITY_NAMES);
    COMMUNITY_AS: U16 walk, "bgp.update.path_attribute.community_as", "Community AS";
    COMMUNITY_VALUE: U16 walk, "bgp.update.path_attribute.community_value", "Community value";
    ORIGINATOR_ID: Ip4 walk, "bgp.update.path_attribute.originator_id", "Originator identifier";
    CLUSTER_LIST: None walk, "bgp.path_attribute.cluster_list", "Cluster List";
    CLUSTER_ID: Ip4 walk, "bgp.path_attribute.cluster_id", "Cluster ID";
    AIGP: None walk, "bgp.update.path_attribute.aigp", "AIGP Attribute";
    AIGP_TYPE: U8 walk, "bgp.update.attribute.aigp.type", "AIGP attribute type";
    AIGP_LENGTH: U16 walk, "bgp.update.attribute.aigp.length", "AIGP TLV length";
    AIGP_METRIC: U64 walk, "bgp.update.attribute.aigp.accu_igp_metric", "AIGP Accumulated IGP Metric";
    ATTR_SET_AS: U32 walk, "bgp.update.path_attribute.attr_set.origin_as", "Origin AS";
    PMSI_FLAGS: U8 walk, "bgp.update.path_attribute.pmsi.tunnel.flags", "Flags";
    PMSI_TYPE: U8 walk, "bgp.update.path_attribute.pmsi.tunnel.type", "Tunnel Type", names(PMSI_TYPES);
    PMSI_LABEL: U24 walk, "bgp.update.path_attribute.mpls_label_value_20bits", "MPLS Label";
    PMSI_ID: None walk, "bgp.update.path_attribute.pmsi.tunnel.id", "Tunnel ID";
    PMSI_RSVP_ID: Ip4 walk, "bgp.update.path_attribute.pmsi.rsvp.id", "RSVP P2MP id";
    PMSI_RSVP_TUNNEL: U16 walk, "bgp.update.path_attribute.pmsi.rsvp.tunnel_id", "RSVP P2MP tunnel id";
    PMSI_RSVP_EXTENDED: Ip4 walk, "bgp.update.path_attribute.pmsi.rsvp.ext_tunnel_idv4",
        "RSVP P2MP extended tunnel id";
    PMSI_PIM_SSM_ROOT: Ip4 walk, "bgp.update.path_attribute.pmsi.pimssm.root_node", "PIM-SSM Tree tunnel Root Node";
    PMSI_PIM_SSM_GROUP: Ip4 walk, "bgp.update.path_attribute.pmsi.pimssm.pmulticast_group",
        "PIM-SSM Tree tunnel P-multicast group";
    PMSI_PIM_SM_SENDER: Ip4 walk, "bgp.update.path_attribute.pmsi.pimsm.sender_address",
        "PIM-SM Tree tunnel sender address";
    PMSI_PIM_SM_GROUP: Ip4 walk, "bgp.update.path_attribute.pmsi.pimsm.pmulticast_group",
        "PIM-SM Tree tunnel P-multicast group";
    PMSI_INGRESS: Ip4 walk, "bgp.update.path_attribute.pmsi.ingress_rep_ip",
        "Tunnel type ingress replication IP end point";
    LARGE_COMMUNITY: Text walk, "bgp.large_communities", "Large Communities";
    LARGE_COMMUNITY_ADMINISTRATOR: U32 walk, "bgp.large_communities.ga", "Global Administrator";
    LARGE_COMMUNITY_1: U32 walk, "bgp.large_communities.ldp1", "Local Data Part 1";
    LARGE_COMMUNITY_2: U32 walk, "bgp.large_communities.ldp2", "Local Data Part 2";
    EXT_COMMUNITIES: None walk, "bgp.ext_communities", "Carried extended communities";
    EXT_COMMUNITY: None walk, "bgp.ext_community", "Community";
    EXT_TYPE: U8 walk, "bgp.ext_com.type", "Type", hex, names(EXT_TYPES);
    EXT_TYPE_AUTHORITY: Bool walk, "bgp.ext_com.type.auth", "IANA Authority";
    EXT_TYPE_TRANSITIVE: Bool walk, "bgp.ext_com.type.tran", "Transitive across ASes";
    EXT_SUBTYPE_AS2: U8 walk, "bgp.ext_com.stype_tr_as2", "Subtype (AS2)", hex, names(EXT_AS_SUBTYPES);
    EXT_SUBTYPE_NT_AS2: U8 walk, "bgp.ext_com.stype_ntr_as2", "Subtype (Non-transitive AS2)", hex,
        names(EXT_AS_SUBTYPES);
    EXT_SUBTYPE_AS4: U8 walk, "bgp.ext_com.stype_tr_as4", "Subtype (AS4)", hex, names(EXT_AS_SUBTYPES);
    EXT_SUBTYPE_NT_AS4: U8 walk, "bgp.ext_com.stype_ntr_as4", "Subtype (Non-transitive AS4)", hex,
        names(EXT_AS_SUBTYPES);
    EXT_SUBTYPE_IP4: U8 walk, "bgp.ext_com.stype_tr_IP4", "Subtype (IPv4)", hex, names(EXT_IP4_SUBTYPES);
    EXT_SUBTYPE_NT_IP4: U8 walk, "bgp.ext_com.stype_ntr_IP4", "Subtype (Non-transitive IPv4)", hex,
        names(EXT_IP4_SUBTYPES);
    EXT_SUBTYPE_OPAQUE: U8 walk, "bgp.ext_com.stype_tr_opaque", "Subtype (Opaque)", hex,
        names(EXT_OPAQUE_SUBTYPES);
    EXT_SUBTYPE_NT_OPAQUE: U8 walk, "bgp.ext_com.stype_ntr_opaque", "Subtype (Non-transitive Opaque)", hex;
    EXT_SUBTYPE_EVPN: U8 walk, "bgp.ext_com.stype_tr_evpn", "Subtype (EVPN)", hex, names(EXT_EVPN_SUBTYPES);
    EXT_SUBTYPE_EXP: U8 walk, "bgp.ext_com.stype_tr_exp", "Subtype (Experimental)", hex, names(EXT_EXP_SUBTYPES);
    EXT_SUBTYPE_EXP_2: U8 walk, "bgp.ext_com.stype_tr_exp_2", "Subtype (Experimental Part 2)", hex;
    EXT_SUBTYPE_EXP_3: U8 walk, "bgp.ext_com.stype_tr_exp_3", "Subtype (Experimental Part 3)", hex;
    EXT_SUBTYPE_UNKNOWN: U8 walk, "bgp.ext_com.stype_unknown", "Subtype", hex;
    EXT_AS2: U16 walk, "bgp.ext_com.value_as2", "2-Octet AS";
    EXT_AS4: U32 walk, "bgp.ext_com.value_as4", "4-Octet AS";
    EXT_IP4: Ip4 walk, "bgp.ext_com.value_IP4", "IPv4 address";
    EXT_AN2: U16 walk, "bgp.ext_com.value_an2", "2-Octet AN";
    EXT_AN4: U32 walk, "bgp.ext_com.value_an4", "4-Octet AN";
    EXT_LINK_BANDWIDTH: Float walk, "bgp.ext_com.value_link_bw", "Link bandwidth";
    EXT_TUNNEL_TYPE: U16 walk, "bgp.ext_com.tunnel_type", "Tunnel type", names(TUNNEL_TYPES);
    EXT_OSPF_AREA: Ip4 walk, "bgp.ext_com.value_ospf_rtype.area", "Area ID";
    EXT_OSPF_TYPE: U8 walk, "bgp.ext_com.value_ospf_rtype.type", "Route type";
    EXT_OSPF_OPTIONS: U8 walk, "bgp.ext_com.value_ospf_rtype.options", "Options", hex;
    EXT_OSPF_METRIC: Bool walk, "bgp.ext_com.value_ospf_rtype.options.mt", "Metric type";
    EXT_OSPF_ROUTER: Ip4 walk, "bgp.ext_com.value_ospf_rid", "Router ID";
    EXT_COST_INSERTION: U8 walk, "bgp.ext_com_cost.poi", "Point of insertion";
    EXT_COST_ID: U8 walk, "bgp.ext_com_cost.cid", "Community ID";
    EXT_COST_USE: Bool walk, "bgp.ext_com_cost.cid.use", "Cost use";
    EXT_COST: U32 walk, "bgp.ext_com_cost.cost", "Cost";
    EXT_MAC_MOBILITY_FLAGS: U8 walk, "bgp.ext_com_evpn.mmac.flags", "Flags", hex;
    EXT_MAC_MOBILITY_STICKY: Bool walk, "bgp.ext_com_evpn.mmac.flags.sticky", "Sticky/Static MAC";
    EXT_MAC_MOBILITY_SEQUENCE: U32 walk, "bgp.ext_com_evpn.mmac.seq", "Sequence number";
    EXT_ES_IMPORT: Mac walk, "bgp.ext_com_evpn.esi.rt", "ES-Import Route Target";
    EXT_ROUTER_MAC: Mac walk, "bgp.ext_com_evpn.esi.router_mac", "Router's MAC";
    EXT_RATE_LIMIT: Float walk, "bgp.ext_com_flow.rate_limit", "Rate shaper";
    EXT_L2_ENCAPSULATION: U8 walk, "bgp.ext_com_l2.encaps_type", "Encaps Type";
    EXT_L2_FLAGS: U8 walk, "bgp.ext_com_l2.c_flags", "Control Flags", hex;
    EXT_L2_MTU: U16 walk, "bgp.ext_com_l2.l2_mtu", "Layer-2 MTU";
    EXT_RAW: U48 walk, "bgp.ext_com.value_raw", "Raw Value", hex;
    MP_REACH_AFI: U16 walk, "bgp.update.path_attribute.mp_reach_nlri.afi", "Address family identifier (AFI)",
        names(FAMILIES);
    MP_REACH_SAFI: U8 walk, "bgp.update.path_attribute.mp_reach_nlri.safi",
        "Subsequent address family identifier (SAFI)", names(SUBSEQUENT_FAMILIES);
    MP_REACH_NEXT_HOP: Bytes walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop", "Next hop";
    NEXT_HOP_RD: Text walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop.rd", "Route Distinguisher";
    NEXT_HOP_IP4: Ip4 walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv4", "IPv4 Address";
    NEXT_HOP_IP6: Ip6 walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6", "IPv6 Address";
    NEXT_HOP_LINK_LOCAL: Ip6 walk, "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6.link_local",
        "Link-local Address";
    SNPA_COUNT: U8 walk, "bgp.update.path_attribute.mp_reach_nlri.nbr_snpa",
        "Number of Subnetwork points of attachment (SNPA)";
    SNPA_LENGTH: U8 walk, "bgp.update.path_attribute.mp_reach_nlri.snpa_length", "SNPA Length";
    SNPA: Bytes walk, "bgp.update.path_attribute.mp_reach_nlri.snpa", "SNPA";
    MP_REACH_NLRI: None walk, "bgp.update.path_attribute.mp_reach_nlri",
        "Network Layer Reachability Information (NLRI)";
    MP_UNREACH_AFI: U16 walk, "bgp.update.path_attribute.mp_unreach_nlri.afi", "Address family identifier (AFI)",
        names(FAMILIES);
    MP_UNREACH_SAFI: U8 walk, "bgp.update.path_attribute.mp_unreach_nlri.safi",
        "Subsequent address family identifier (SAFI)", names(SUBSEQUENT_FAMILIES);
    MP_UNREACH_NLRI: None walk, "bgp.update.path_attribute.mp_unreach_nlri", "Withdrawn Routes";
    PATH_ID: U32 walk, "bgp.nlri_path_id", "NLRI path id";
    PREFIX_LENGTH: U8 walk, "bgp.prefix_length", "NLRI prefix length";
    LABEL_STACK: Text walk, "bgp.label_stack", "Label Stack";
    ROUTE_DISTINGUISHER: Text walk, "bgp.rd", "Route Distinguisher";
    NLRI: None walk, "bgp.update.nlri", "Network Layer Reachability Information (NLRI)";
    NLRI_PREFIX: Ip4 walk, "bgp.nlri_prefix", "NLRI prefix";
    WITHDRAWN_PREFIX: Ip4 walk, "bgp.withdrawn_prefix", "Withdrawn prefix";
    MP_REACH_IP4: Ip4 walk, "bgp.mp_reach_nlri_ipv4_prefix", "MP Reach NLRI IPv4 prefix";
    MP_REACH_IP6: Ip6 walk, "bgp.mp_reach_nlri_ipv6_prefix", "MP Reach NLRI IPv6 prefix";
    MP_UNREACH_IP4: Ip4 walk, "bgp.mp_unreach_nlri_ipv4_prefix", "MP Unreach NLRI IPv4 prefix";
    MP_UNREACH_IP6: Ip6 walk, "bgp.mp_unreach_nlri_ipv6_prefix", "MP Unreach NLRI IPv6 prefix";
    ORIGINATING_AS: U32 walk, "bgp.originating_as", "Originating AS";
    VPLS_LENGTH: U16 walk, "bgp.vplsad.length", "Length";
    VPLS_RD: Text walk, "bgp.vplsad.rd", "RD";
    VPLS_CE_ID: U16 walk, "bgp.vplsbgp.ce_id", "CE-ID";
    VPLS_BLOCK_OFFSET: U16 walk, "bgp.vplsbgp.labelblock.offset", "Label Block Offset";
    VPLS_BLOCK_SIZE: U16 walk, "bgp.vplsbgp.labelblock.size", "Label Block Size";
    VPLS_BLOCK_BASE: Text walk, "bgp.vplsbgp.labelblock.base", "Label Block Base";
    EVPN_NLRI: None walk, "bgp.evpn.nlri", "EVPN NLRI";
    EVPN_TYPE: U8 walk, "bgp.evpn.nlri.rt", "Route Type", names(EVPN_ROUTES);
    EVPN_LENGTH: U8 walk, "bgp.evpn.nlri.len", "Length";
    EVPN_RD: Bytes walk, "bgp.evpn.nlri.rd", "Route Distinguisher";
    EVPN_ESI: Bytes walk, "bgp.evpn.nlri.esi", "ESI", colons;
    EVPN_ESI_TYPE: U8 walk, "bgp.evpn.nlri.esi.type", "ESI Type", names(ESI_TYPES);
    EVPN_ESI_VALUE: Bytes walk, "bgp.evpn.nlri.esi.value", "ESI Value";
    EVPN_ESI_TYPE0: Bytes walk, "bgp.evpn.nlri.esi.type0", "ESI 9 bytes value";
    EVPN_ESI_LACP_MAC: Mac walk, "bgp.evpn.nlri.esi.lacp_mac", "CE LACP system MAC";
    EVPN_ESI_LACP_KEY: U16 walk, "bgp.evpn.nlri.esi.lacp_portkey", "LACP port key";
    EVPN_ESI_ROOT_BRIDGE: Mac walk, "bgp.evpn.nlri.esi.root_bridge", "ESI root bridge MAC";
    EVPN_ESI_ROOT_PRIORITY: U16 walk, "bgp.evpn.nlri.esi.rb_prio", "ESI root bridge priority";
    EVPN_ESI_SYSTEM_MAC: Mac walk, "bgp.evpn.nlri.esi.system_mac", "ESI system MAC";
    EVPN_ESI_SYSTEM_DISCRIMINATOR: Bytes walk, "bgp.evpn.nlri.esi.system_mac_discr",
        "ESI system mac discriminator";
    EVPN_ESI_ROUTER: Ip4 walk, "bgp.evpn.nlri.esi.router_id", "ESI router ID";
    EVPN_ESI_ROUTER_DISCRIMINATOR: Bytes walk, "bgp.evpn.nlri.esi.router_discr", "ESI router discriminator";
    EVPN_ESI_AS: U32 walk, "bgp.evpn.nlri.esi.asn", "ESI ASN";
    EVPN_ESI_AS_DISCRIMINATOR: Bytes walk, "bgp.evpn.nlri.esi.asn_discr", "ESI ASN discriminator";
    EVPN_TAG: U32 walk, "bgp.evpn.nlri.etag", "Ethernet Tag ID";
    EVPN_MAC_LENGTH: U8 walk, "bgp.evpn.nlri.maclen", "MAC Address Length";
    EVPN_MAC: Mac walk, "bgp.evpn.nlri.mac_addr", "MAC Address";
    EVPN_IP_LENGTH: U8 walk, "bgp.evpn.nlri.iplen", "IP Address Length";
    EVPN_PREFIX_LENGTH: U8 walk, "bgp.evpn.nlri.prefix_len", "IP prefix length";
    EVPN_IP4: Ip4 walk, "bgp.evpn.nlri.ip.addr", "IPv4 address";
    EVPN_IP6: Ip6 walk, "bgp.evpn.nlri.ipv6.addr", "IPv6 address";
    EVPN_GATEWAY_IP4: Ip4 walk, "bgp.evpn.nlri.ipv4.gtw_addr", "IPv4 Gateway address";
    EVPN_GATEWAY_IP6: Ip6 walk, "bgp.evpn.nlri.ipv6.gtw_addr", "IPv6 Gateway address";
    EVPN_LABEL_1: U24 walk, "bgp.evpn.nlri.mpls_ls1", "MPLS Label 1";
    EVPN_LABEL_2: U24 walk, "bgp.evpn.nlri.mpls_ls2", "MPLS Label 2";
    EVPN_VNI: U24 walk, "bgp.evpn.nlri.vni", "VNI";
    NOTIFY_MAJOR: U8 walk, "bgp.notify.major_error", "Major error Code", names(ERRORS);
    NOTIFY_MINOR_HEADER: U8 walk, "bgp.notify.minor_error", "Minor error Code (Message Header)",
        names(HEADER_ERRORS);
    NOTIFY_MINOR_OPEN: U8 walk, "bgp.notify.minor_error_open", "Minor error Code (Open Message)",
        names(OPEN_ERRORS);
    NOTIFY_MINOR_UPDATE: U8 walk, "bgp.notify.minor_error_update", "Minor error Code (Update Message)",
        names(UPDATE_ERRORS);
    NOTIFY_MINOR_EXPIRED: U8 walk, "bgp.notify.minor_error_expired", "Minor error Code (Hold Timer Expired)";
    NOTIFY_MINOR_STATE: U8 walk, "bgp.notify.minor_error_state", "Minor error Code (State Machine)",
        names(STATE_ERRORS);
    NOTIFY_MINOR_CEASE: U8 walk, "bgp.notify.minor_error_cease", "Minor error Code (Cease)", names(CEASES);
    NOTIFY_MINOR_UNKNOWN: U8 walk, "bgp.notify.minor_error_unknown", "Minor error Code (Unknown)";
    NOTIFY_DATA: Bytes walk, "bgp.notify.minor_data", "Data";
    NOTIFY_COMMUNICATION_LENGTH: U8 walk, "bgp.notify.communication_length",
        "BGP Shutdown Communication Length";
    NOTIFY_COMMUNICATION: Text walk, "bgp.notify.communication", "Shutdown Communication";
    REFRESH_AFI: U16 walk, "bgp.route_refresh.afi", "Address family identifier (AFI)", names(FAMILIES);
    REFRESH_SUBTYPE: U8 walk, "bgp.route_refresh.subtype", "Subtype", names(REFRESHES);
    REFRESH_SAFI: U8 walk, "bgp.route_refresh.safi", "Subsequent address family identifier (SAFI)",
        names(SUBSEQUENT_FAMILIES);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(179)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: false }),
    info: Some(|view, out| {
        let kind = view.bytes.u8(18);
        match crate::field::value_name(TYPES, kind.into()) {
            Some(name) => put!(out, "{name}"),
            None => put!(out, "Unknown message type {kind}"),
        }
    }),
    resumes: Some(|bytes| memchr::memmem::find(bytes, &MARKER_BYTES)),
    ..Protocol::new("bgp", "Border Gateway Protocol", "BGP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    Ok(Step::last(b))
}

/// 16 bytes of ones, a length and a type (RFC 4271 §4.1).
const HEADER: usize = 19;
const MARKER_BYTES: [u8; 16] = [0xff; 16];

const OPEN: u8 = 1;
const UPDATE: u8 = 2;
const NOTIFICATION: u8 = 3;
const ROUTE_REFRESH: u8 = 5;

fn probe(b: &[u8]) -> bool {
    b.starts_with(&MARKER_BYTES)
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    if !b.starts_with(&MARKER_BYTES[..b.len().min(16)]) {
        return Length::NotMine;
    }
    if b.len() < HEADER {
        return Length::Need;
    }
    match Bytes(b).u16(16) {
        length if usize::from(length) < HEADER => Length::NotMine,
        length => Length::Known(length.into()),
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.bytes.0, HEADER);
    match view.bytes.u8(18) {
        OPEN => open::message(&mut r, out),
        UPDATE => update(&mut r, out),
        NOTIFICATION => notification(&mut r, out),
        ROUTE_REFRESH => {
            put_number(&mut r, 2, REFRESH_AFI, out)?;
            put_number(&mut r, 1, REFRESH_SUBTYPE, out)?;
            put_number(&mut r, 1, REFRESH_SAFI, out).map(drop)
        }
        _ => Ok(()),
    }
}

/// RFC 4271 §4.3.
fn update(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = put_number(r, 2, WITHDRAWN_LENGTH, out)?;
    let mut withdrawn = r.sub(length as usize)?;
    if length > 0 {
        out.put(WITHDRAWN, withdrawn.at()..withdrawn.end(), Value::Present);
    }
    routes::ip4(&mut withdrawn, WITHDRAWN_PREFIX, out)?;
    let length = put_number(r, 2, ATTRIBUTES_LENGTH, out)?;
    let attributes = r.sub(length as usize)?;
    if length > 0 {
        out.put(PATH_ATTRIBUTES, attributes.at()..attributes.end(), Value::Present);
    }
    self::attributes(attributes, false, out)?;
    if r.left() > 0 {
        out.put(NLRI, r.at()..r.end(), Value::Present);
    }
    routes::ip4(r, NLRI_PREFIX, out)
}

/// RFC 4271 §4.5; the text of who shuts a session down, RFC 9003.
fn notification(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const CEASE: u64 = 6;
    const ADMINISTRATIVE_SHUTDOWN: u64 = 2;
    const ADMINISTRATIVE_RESET: u64 = 4;
    let major = put_number(r, 1, NOTIFY_MAJOR, out)?;
    let minor = match major {
        1 => NOTIFY_MINOR_HEADER,
        2 => NOTIFY_MINOR_OPEN,
        3 => NOTIFY_MINOR_UPDATE,
        4 => NOTIFY_MINOR_EXPIRED,
        5 => NOTIFY_MINOR_STATE,
        CEASE => NOTIFY_MINOR_CEASE,
        _ => NOTIFY_MINOR_UNKNOWN,
    };
    let minor = put_number(r, 1, minor, out)?;
    if major == CEASE && matches!(minor, ADMINISTRATIVE_SHUTDOWN | ADMINISTRATIVE_RESET) && r.left() > 0 {
        let length = put_number(r, 1, NOTIFY_COMMUNICATION_LENGTH, out)?;
        return put_text(r, length as usize, NOTIFY_COMMUNICATION, out);
    }
    put_rest(r, NOTIFY_DATA, out)
}

/// The path attributes (RFC 4271 §4.3); `nested` are those of a customer's in an attribute (RFC 6368 §5).
fn attributes(mut r: Reader<'_>, nested: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    let label = routes::label_kind(r);
    while r.left() > 0 {
        let at = r.at();
        let b = Bytes(r.whole());
        let (flags, kind) = (u64::from(b.u8(at)), b.u8(at + 1));
        // A flag makes the length two bytes.
        let width = if flags & 0x10 != 0 { 2 } else { 1 };
        let length = b.number(at + 2, at + 2 + width).unwrap_or(0) as usize;
        let name = crate::field::value_name(ATTRIBUTES, kind.into()).unwrap_or("Unknown");
        let whole = at..(at + 2 + width + length).min(r.end());
        out.open(whole.clone(), format_args!("Path Attribute - {name}"));
        out.put(ATTRIBUTE, whole, Value::Present);
        let read = attribute(&mut r, (flags, width), (label, nested), out);
        out.close();
        read?;
    }
    Ok(())
}

fn attribute(
    r: &mut Reader<'_>,
    (flags, width): (u64, usize),
    (label, nested): (FieldIndex, bool),
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    put_number(r, 1, ATTRIBUTE_FLAGS, out)?;
    put_flags(r, 1, flags, &[(OPTIONAL, 0x80), (TRANSITIVE, 0x40), (PARTIAL, 0x20), (EXTENDED, 0x10)], out);
    out.put(UNUSED, r.at() - 1..r.at(), Value::Unsigned(flags & 15));
    let kind = put_number(r, 1, ATTRIBUTE_TYPE, out)?;
    let length = put_number(r, width, ATTRIBUTE_LENGTH, out)? as usize;
    let mut body = r.sub(length)?;
    let at = body.at()..body.end();
    match (kind, length) {
        (1, 1) => _ = put_number(&mut body, 1, ORIGIN, out)?,
        (2, _) => {
            let width = if is_as_path(body, 2) { 2 } else { 4 };
            as_path(&mut body, width, out)?;
        }
        (17, _) => as_path(&mut body, 4, out)?,
        (3, 4) => put_ip4(&mut body, NEXT_HOP, out)?,
        (4, 4) => _ = put_number(&mut body, 4, MULTI_EXIT_DISC, out)?,
        (5, 4) => _ = put_number(&mut body, 4, LOCAL_PREF, out)?,
        // An AS number of 2 or 4 bytes (RFC 6793 §4.1), and the router.
        (7 | 18, 6 | 8) => {
            put_number(&mut body, length - 4, AGGREGATOR_AS, out)?;
            put_ip4(&mut body, AGGREGATOR_ORIGIN, out)?;
        }
        (8, _) => communities::standard(&mut body, out)?,
        (9, 4) => put_ip4(&mut body, ORIGINATOR_ID, out)?,
        (10, _) => {
            out.put(CLUSTER_LIST, at, Value::Present);
            while body.left() >= 4 {
                put_ip4(&mut body, CLUSTER_ID, out)?;
            }
        }
        (14, _) => routes::reachable(&mut body, label, out)?,
        (15, _) => routes::unreachable(&mut body, label, out)?,
        (16, _) => communities::extended(&mut body, out)?,
        (22, 5..) => pmsi_tunnel(&mut body, label, out)?,
        (26, 11..) => {
            out.put(AIGP, at, Value::Present);
            put_number(&mut body, 1, AIGP_TYPE, out)?;
            put_number(&mut body, 2, AIGP_LENGTH, out)?;
            put_number(&mut body, 8, AIGP_METRIC, out)?;
        }
        (32, _) => communities::large(&mut body, out)?,
        (128, 4..) if !nested => {
            put_number(&mut body, 4, ATTR_SET_AS, out)?;
            attributes(body, true, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// The tunnel of a provider for multicast (RFC 6514 §5).
fn pmsi_tunnel(r: &mut Reader<'_>, label: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, PMSI_FLAGS, out)?;
    let kind = put_number(r, 1, PMSI_TYPE, out)?;
    routes::put_label(r, if label == EVPN_VNI { label } else { PMSI_LABEL }, out)?;
    if r.left() > 0 {
        out.put(PMSI_ID, r.at()..r.end(), Value::Present);
    }
    match (kind, r.left()) {
        (1, 12..) => {
            put_ip4(r, PMSI_RSVP_ID, out)?;
            r.take(2)?;
            put_number(r, 2, PMSI_RSVP_TUNNEL, out)?;
            put_ip4(r, PMSI_RSVP_EXTENDED, out)
        }
        (3, 8) => {
            put_ip4(r, PMSI_PIM_SSM_ROOT, out)?;
            put_ip4(r, PMSI_PIM_SSM_GROUP, out)
        }
        (4, 8) => {
            put_ip4(r, PMSI_PIM_SM_SENDER, out)?;
            put_ip4(r, PMSI_PIM_SM_GROUP, out)
        }
        (6, 4) => put_ip4(r, PMSI_INGRESS, out),
        _ => Ok(()),
    }
}

/// Whether segments with AS numbers of `width` bytes fill the path. The speakers agreed on 2 or 4 bytes in their OPEN
/// messages (RFC 6793 §4.1), which need not be in the capture.
fn is_as_path(mut r: Reader<'_>, width: usize) -> bool {
    while r.left() > 0 {
        let (Ok(kind), Ok(count)) = (r.u8(), r.u8()) else { return false };
        if !(1..=4).contains(&kind) || count == 0 || r.take(width * usize::from(count)).is_err() {
            return false;
        }
    }
    true
}

fn as_path(r: &mut Reader<'_>, width: usize, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        let count = usize::from(Bytes(r.whole()).u8(at + 1));
        out.put(SEGMENT, at..(at + 2 + count * width).min(r.end()), Value::Present);
        put_number(r, 1, SEGMENT_TYPE, out)?;
        let count = put_number(r, 1, SEGMENT_LENGTH, out)?;
        for _ in 0..count {
            put_number(r, width, if width == 2 { SEGMENT_AS2 } else { SEGMENT_AS4 }, out)?;
        }
    }
    Ok(())
}
