//! IEEE 802.11: the MAC header (IEEE 802.11-2020 §9.2) and management frames, whose elements are in
//! `elements`. Numbers are little-endian.

mod capabilities;
mod elements;
mod names;

use plaintap_packet::LinkType;

use self::capabilities::Parts;
use self::names::*;
use super::prelude::*;
use crate::Address;
use crate::view::host;

fields! {
    TYPE_SUBTYPE: U16 meta(|v, out| if v.header().len() >= 2 { out(Value::Unsigned(type_subtype(v.bytes).into())) }),
        "wlan.fc.type_subtype", "Type/Subtype", hex, names(TYPES);
    FC: U16 at(0..2), "wlan.fc", "Frame Control Field", hex;
    VERSION: U8 bits(0..1, 0x03), "wlan.fc.version", "Version";
    TYPE: U8 bits(0..1, 0x0c), "wlan.fc.type", "Type",
        names(&[(0, "Management frame"), (1, "Control frame"), (2, "Data frame"), (3, "Extension frame")]);
    SUBTYPE: U8 bits(0..1, 0xf0), "wlan.fc.subtype", "Subtype";
    FLAGS: U8 at(1..2), "wlan.flags", "Flags", hex;
    DS: U8 bits(1..2, 0x03), "wlan.fc.ds", "DS status", hex;
    TO_DS: Bool bits(1..2, 0x01), "wlan.fc.tods", "To DS";
    FROM_DS: Bool bits(1..2, 0x02), "wlan.fc.fromds", "From DS";
    MORE_FRAGMENTS: Bool bits(1..2, 0x04), "wlan.fc.frag", "More Fragments";
    RETRY: Bool bits(1..2, 0x08), "wlan.fc.retry", "Retry";
    POWER_MANAGEMENT: Bool bits(1..2, 0x10), "wlan.fc.pwrmgt", "PWR MGT";
    MORE_DATA: Bool bits(1..2, 0x20), "wlan.fc.moredata", "More Data";
    PROTECTED: Bool bits(1..2, 0x40), "wlan.fc.protected", "Protected flag";
    ORDER: Bool bits(1..2, 0x80), "wlan.fc.order", "+HTC/Order flag";
    DURATION: U16 walk, "wlan.duration", "Duration";
    RA: Mac walk, "wlan.ra", "Receiver address";
    RA_RESOLVED: Text meta(|v, out| resolved(v, Some(RA), out)), "wlan.ra_resolved", "Receiver address (resolved)",
        hidden;
    DA: Mac walk, "wlan.da", "Destination address";
    DA_RESOLVED: Text meta(|v, out| resolved(v, Some(DA), out)), "wlan.da_resolved", "Destination address (resolved)",
        hidden;
    TA: Mac walk, "wlan.ta", "Transmitter address";
    TA_RESOLVED: Text meta(|v, out| resolved(v, Some(TA), out)), "wlan.ta_resolved", "Transmitter address (resolved)",
        hidden;
    SA: Mac walk, "wlan.sa", "Source address";
    SA_RESOLVED: Text meta(|v, out| resolved(v, Some(SA), out)), "wlan.sa_resolved", "Source address (resolved)",
        hidden;
    BSSID: Mac walk, "wlan.bssid", "BSS Id";
    BSSID_RESOLVED: Text meta(|v, out| resolved(v, Some(BSSID), out)), "wlan.bssid_resolved", "BSS Id (resolved)",
        hidden;
    STAA: Mac walk, "wlan.staa", "STA address";
    STAA_RESOLVED: Text meta(|v, out| resolved(v, Some(STAA), out)), "wlan.staa_resolved", "STA address (resolved)",
        hidden;
    ADDR: Mac walk, "wlan.addr", "Hardware address", hidden;
    ADDR_RESOLVED: Text meta(|v, out| resolved(v, None, out)), "wlan.addr_resolved",
        "Hardware address (resolved)", hidden;
    FRAG: U16 walk, "wlan.frag", "Fragment number";
    SEQ: U16 walk, "wlan.seq", "Sequence number";
    QOS_CONTROL: U16 walk, "wlan.qos", "Qos Control", hex;
    QOS_TID: U16 walk, "wlan.qos.tid", "TID";
    QOS_PRIORITY: U16 walk, "wlan.qos.priority", "Priority";
    QOS_EOSP: Bool walk, "wlan.qos.eosp", "EOSP";
    QOS_BIT4: Bool walk, "wlan.qos.bit4", "QoS bit 4";
    QOS_ACK: U16 walk, "wlan.qos.ack", "Ack Policy", hex;
    QOS_AMSDUPRESENT: Bool walk, "wlan.qos.amsdupresent", "Payload Type";
    QOS_TXOP_LIMIT: U16 walk, "wlan.qos.txop_limit", "TXOP Limit";
    QOS_PS_BUF_STATE: U16 walk, "wlan.qos.ps_buf_state", "QAP PS Buffer State", hex;
    QOS_BUF_STATE_INDICATED: Bool walk, "wlan.qos.buf_state_indicated", "Buffer State Indicated";
    QOS_HIGHEST_PRI_BUF_AC: U16 walk, "wlan.qos.highest_pri_buf_ac", "Highest-Priority Buffered AC";
    QOS_QAP_BUF_LOAD: U16 walk, "wlan.qos.qap_buf_load", "QAP Buffered Load";
    QOS_TXOP_DUR_REQ: U16 walk, "wlan.qos.txop_dur_req", "TXOP Duration Requested";
    QOS_QUEUE_SIZE: U16 walk, "wlan.qos.queue_size", "Queue Size";
    FIXED: None walk, "wlan.fixed.all", "Fixed parameters";
    TIMESTAMP: U64 walk, "wlan.fixed.timestamp", "Timestamp";
    BEACON_INTERVAL: U32 walk, "wlan.fixed.beacon", "Beacon Interval";
    CAPABILITIES: U16 walk, "wlan.fixed.capabilities", "Capabilities Information", hex;
    CAPABILITY_ESS: Bool walk, "wlan.fixed.capabilities.ess", "ESS capabilities";
    CAPABILITY_IBSS: Bool walk, "wlan.fixed.capabilities.ibss", "IBSS status";
    CAPABILITY_PRIVACY: Bool walk, "wlan.fixed.capabilities.privacy", "Privacy";
    CAPABILITY_PREAMBLE: Bool walk, "wlan.fixed.capabilities.short_preamble", "Short Preamble";
    CAPABILITY_SPECTRUM: Bool walk, "wlan.fixed.capabilities.spec_man", "Spectrum Management";
    CAPABILITY_QOS: Bool walk, "wlan.fixed.capabilities.qos", "QoS";
    CAPABILITY_SLOT: Bool walk, "wlan.fixed.capabilities.short_slot_time", "Short Slot Time";
    CAPABILITY_APSD: Bool walk, "wlan.fixed.capabilities.apsd", "Automatic Power Save Delivery";
    CAPABILITY_MEASUREMENT: Bool walk, "wlan.fixed.capabilities.radio_measurement", "Radio Measurement";
    CAPABILITY_EPD: Bool walk, "wlan.fixed.capabilities.epd", "EPD";
    FIXED_CAPABILITIES_RESERVED1: U16 walk, "wlan.fixed.capabilities.reserved1", "Reserved";
    FIXED_CAPABILITIES_RESERVED2: U16 walk, "wlan.fixed.capabilities.reserved2", "Reserved";
    FIXED_CAPABILITIES_RESERVED3: U16 walk, "wlan.fixed.capabilities.reserved3", "Reserved";
    FIXED_CAPABILITIES_RESERVED4: U16 walk, "wlan.fixed.capabilities.reserved4", "Reserved";
    FIXED_CAPABILITIES_RESERVED5: U16 walk, "wlan.fixed.capabilities.reserved5", "Reserved";
    FIXED_CAPABILITIES_RESERVED6: U16 walk, "wlan.fixed.capabilities.reserved6", "Reserved";
    LISTEN_INTERVAL: U16 walk, "wlan.fixed.listen_ival", "Listen Interval", hex;
    CURRENT_AP: Mac walk, "wlan.fixed.current_ap", "Current AP";
    AUTHENTICATION: U16 walk, "wlan.fixed.auth.alg", "Authentication Algorithm", names(AUTHENTICATIONS);
    AUTHENTICATION_SEQUENCE: U16 walk, "wlan.fixed.auth_seq", "Authentication SEQ", hex;
    STATUS_CODE: U16 walk, "wlan.fixed.status_code", "Status code", hex, names(STATUS_CODES);
    REASON_CODE: U16 walk, "wlan.fixed.reason_code", "Reason code", hex, names(REASON_CODES);
    ASSOCIATION_ID: U16 walk, "wlan.fixed.aid", "Association ID", hex;
    CATEGORY: U16 walk, "wlan.fixed.category_code", "Category code", names(CATEGORIES);
    FIXED_ACTION_CODE: U8 walk, "wlan.fixed.action_code", "Action code", hex;
    FIXED_DIALOG_TOKEN: U8 walk, "wlan.fixed.dialog_token", "Dialog token", hex;
    FIXED_BAPARAMS: U16 walk, "wlan.fixed.baparams", "Block Ack Parameters", hex;
    FIXED_BAPARAMS_AMSDU: Bool walk, "wlan.fixed.baparams.amsdu", "A-MSDUs";
    FIXED_BAPARAMS_POLICY: Bool walk, "wlan.fixed.baparams.policy", "Block Ack Policy";
    FIXED_BAPARAMS_TID: U16 walk, "wlan.fixed.baparams.tid", "Traffic Identifier", hex;
    FIXED_BAPARAMS_BUFFERSIZE: U16 walk, "wlan.fixed.baparams.buffersize",
        "Number of Buffers (1 Buffer = 2304 Bytes)";
    FIXED_BATIMEOUT: U16 walk, "wlan.fixed.batimeout", "Block Ack Timeout", hex;
    FIXED_SSC: U16 walk, "wlan.fixed.ssc", "Block Ack Starting Sequence Control (SSC)", hex;
    FIXED_SSC_FRAGMENT: U16 walk, "wlan.fixed.ssc.fragment", "Fragment";
    FIXED_SSC_SEQUENCE: U16 walk, "wlan.fixed.ssc.sequence", "Starting Sequence Number";
    TAGGED: None walk, "wlan.tagged.all", "Tagged parameters";
    TAG: None walk, "wlan.tag", "Tag";
    TAG_NUMBER: U8 walk, "wlan.tag.number", "Tag Number", names(ELEMENTS);
    EXTENDED_TAG: None walk, "wlan.ext_tag", "Ext Tag";
    EXTENDED_NUMBER: U8 walk, "wlan.ext_tag.number", "Ext Tag Number", names(EXTENDED_ELEMENTS);
    EXTENDED_LENGTH: U32 walk, "wlan.ext_tag.length", "Ext Tag length";
    EXT_TAG_HE_MAC_CAPS: U48 walk, "wlan.ext_tag.he_mac_caps", "HE MAC Capabilities Information", hex;
    EXT_TAG_HE_MAC_CAP_HTC_HE_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.htc_he_support", "+HTC HE Support";
    EXT_TAG_HE_MAC_CAP_TWT_REQ_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.twt_req_support",
        "TWT Requester Support";
    EXT_TAG_HE_MAC_CAP_TWT_RSP_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.twt_rsp_support",
        "TWT Responder Support";
    EXT_TAG_HE_MAC_CAP_DYNAMIC_FRAGMENTATION_SUPPORT: U48 walk, "wlan.ext_tag.he_mac_cap.dynamic_fragmentation_support",
        "Dynamic Fragmentation Support";
    EXT_TAG_HE_MAC_CAP_MAX_FRAG_MSDUS: U48 walk, "wlan.ext_tag.he_mac_cap.max_frag_msdus",
        "Maximum Number of Fragmented MSDUs";
    EXT_TAG_HE_MAC_CAP_MIN_FRAG_SIZE: U48 walk, "wlan.ext_tag.he_mac_cap.min_frag_size",
        "Minimum Fragment Size";
    EXT_TAG_HE_MAC_CAP_TRIG_FRM_MAC_PADDING_DUR: U48 walk, "wlan.ext_tag.he_mac_cap.trig_frm_mac_padding_dur",
        "Trigger Frame MAC Padding Duration";
    EXT_TAG_HE_MAC_CAP_MULTI_TID_AGG_RX_SUPPORT: U48 walk, "wlan.ext_tag.he_mac_cap.multi_tid_agg_rx_support",
        "Multi-TID Aggregation Rx Support";
    EXT_TAG_HE_MAC_CAP_HE_LINK_ADAPTATION_SUPPORT: U48 walk, "wlan.ext_tag.he_mac_cap.he_link_adaptation_support",
        "HE Link Adaptation Support";
    EXT_TAG_HE_MAC_CAP_ALL_ACK_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.all_ack_support",
        "All Ack Support";
    EXT_TAG_HE_MAC_CAP_TRS_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.Trs_support", "TRS Support";
    EXT_TAG_HE_MAC_CAP_BSR_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.bsr_support", "BSR Support";
    EXT_TAG_HE_MAC_CAP_BROADCAST_TWT_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.broadcast_twt_support",
        "Broadcast TWT Support";
    EXT_TAG_HE_MAC_CAP_32_BIT_BA_BITMAP_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.32_bit_ba_bitmap_support",
        "32-bit BA Bitmap Support";
    EXT_TAG_HE_MAC_CAP_MU_CASCADING_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.mu_cascading_support",
        "MU Cascading Support";
    EXT_TAG_HE_MAC_CAP_ACK_ENABLED_AGG_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.ack_enabled_agg_support",
        "Ack-Enabled Aggregation Support";
    EXT_TAG_HE_MAC_CAP_RESERVED_B24: U48 walk, "wlan.ext_tag.he_mac_cap.reserved_b24", "Reserved", hex;
    EXT_TAG_HE_MAC_CAP_OM_CONTROL_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.om_control_support",
        "OM Control Support";
    EXT_TAG_HE_MAC_CAP_OFDMA_RA_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.ofdma_ra_support",
        "OFDMA RA Support";
    EXT_TAG_HE_MAC_CAP_MAX_A_MPDU_LEN_EXP_EXT: U48 walk, "wlan.ext_tag.he_mac_cap.max_a_mpdu_len_exp_ext",
        "Maximum A-MPDU Length Exponent Extension";
    EXT_TAG_HE_MAC_CAP_A_MSDU_FRAG_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.a_msdu_frag_support",
        "A-MSDU Fragmentation Support";
    EXT_TAG_HE_MAC_CAP_FLEXIBLE_TWT_SCHED_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.flexible_twt_sched_support",
        "Flexible TWT Schedule Support";
    EXT_TAG_HE_MAC_CAP_RX_CTL_FRM_MULTIBSS: Bool walk, "wlan.ext_tag.he_mac_cap.rx_ctl_frm_multibss",
        "Rx Control Frame to MultiBSS";
    EXT_TAG_HE_MAC_CAP_BSRP_BQRP_A_MPDU_AGG: Bool walk, "wlan.ext_tag.he_mac_cap.bsrp_bqrp_a_mpdu_agg",
        "BSRP BQRP A-MPDU Aggregation";
    EXT_TAG_HE_MAC_CAP_QTP_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.qtp_support", "QTP Support";
    EXT_TAG_HE_MAC_CAP_BQR_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.bqr_support", "BQR Support";
    EXT_TAG_HE_MAC_CAP_PSR_RESPONDER: Bool walk, "wlan.ext_tag.he_mac_cap.psr_responder", "PSR Responder";
    EXT_TAG_HE_MAC_CAP_NDP_FEEDBACK_REPORT_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.ndp_feedback_report_support",
        "NDP Feedback Report Support";
    EXT_TAG_HE_MAC_CAP_OPS_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.ops_support", "OPS Support";
    EXT_TAG_HE_MAC_CAP_A_MSDU_IN_A_MPDU_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.a_msdu_in_a_mpdu_support",
        "A-MSDU Not Under BA in Ack-Enabled A-MPDU Support";
    EXT_TAG_HE_MAC_CAP_MULTI_TID_AGG_TX_SUPPORT: U48 walk, "wlan.ext_tag.he_mac_cap.multi_tid_agg_tx_support",
        "Multi-TID Aggregation Tx Support";
    EXT_TAG_HE_MAC_CAP_SUBCHANNEL_SELECTIVE_XMIT_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.subchannel_selective_xmit_support",
        "HE Subchannel Selective Transmission Support";
    EXT_TAG_HE_MAC_CAP_UL_2_996_TONE_RU_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.ul_2_996_tone_ru_support",
        "UL 2x996-tone RU Support";
    EXT_TAG_HE_MAC_CAP_OM_CNTL_UL_MU_DATA_DISABLE_RX_SUPPORT: Bool walk, "wlan.ext_tag.he_mac_cap.om_cntl_ul_mu_data_disable_rx_support",
        "OM Control UL MU Data Disable RX Support";
    EXT_TAG_HE_PHY_CAP_BITS_8_TO_23: U16 walk, "wlan.ext_tag.he_phy_cap.bits_8_to_23", "Bits 8 to 23", hex;
    EXT_TAG_HE_PHY_CAP_PUNC_PREAMBLE_RX: U16 walk, "wlan.ext_tag.he_phy_cap.punc_preamble_rx",
        "Punctured Preamble Rx", hex;
    EXT_TAG_HE_PHY_CAP_DEVICE_CLASS: U16 walk, "wlan.ext_tag.he_phy_cap.device_class", "Device Class", hex;
    EXT_TAG_HE_PHY_CAP_LDPC_CODING_IN_PAYLOAD: Bool walk, "wlan.ext_tag.he_phy_cap.ldpc_coding_in_payload",
        "LDPC Coding In Payload";
    EXT_TAG_HE_PHY_CAP_HE_SU_PPDU_WITH_1X_HE_LTF_08US: Bool walk, "wlan.ext_tag.he_phy_cap.he_su_ppdu_with_1x_he_ltf_08us",
        "HE SU PPDU With 1x HE-LTF And 0.8us GI";
    EXT_TAG_HE_PHY_CAP_MIDAMBLE_TX_RX_MAX_NSTS: U16 walk, "wlan.ext_tag.he_phy_cap.midamble_tx_rx_max_nsts",
        "Midamble Tx/Rx Max NSTS", hex;
    EXT_TAG_HE_PHY_CAP_NDP_WITH_4X_HE_LTF_4X_3_2US: Bool walk, "wlan.ext_tag.he_phy_cap.ndp_with_4x_he_ltf_4x_3.2us",
        "NDP With 4x HE-LTF and 3.2us GI";
    EXT_TAG_HE_PHY_CAP_STBC_TX_LT_80MHZ: Bool walk, "wlan.ext_tag.he_phy_cap.stbc_tx_lt_80mhz",
        "STBC Tx <= 80 MHz";
    EXT_TAG_HE_PHY_CAP_STBC_RX_LT_80MHZ: Bool walk, "wlan.ext_tag.he_phy_cap.stbc_rx_lt_80mhz",
        "STBC Rx <= 80 MHz";
    EXT_TAG_HE_PHY_CAP_DOPPLER_TX: Bool walk, "wlan.ext_tag.he_phy_cap.doppler_tx", "Doppler Tx";
    EXT_TAG_HE_PHY_CAP_DOPPLER_RX: Bool walk, "wlan.ext_tag.he_phy_cap.doppler_rx", "Doppler Rx";
    EXT_TAG_HE_PHY_CAP_FULL_BW_UL_MU_MIMO: Bool walk, "wlan.ext_tag.he_phy_cap.full_bw_ul_mu_mimo",
        "Full Bandwidth UL MU-MIMO";
    EXT_TAG_HE_PHY_CAP_PARTIAL_BW_UL_MU_MIMO: Bool walk, "wlan.ext_tag.he_phy_cap.partial_bw_ul_mu_mimo",
        "Partial Bandwidth UL MU-MIMO";
    EXT_TAG_HE_PHY_CAP_BITS_24_TO_39: U16 walk, "wlan.ext_tag.he_phy_cap.bits_24_to_39", "Bits 24 to 39", hex;
    EXT_TAG_HE_PHY_CAP_DCM_MAX_CONST_TX: U16 walk, "wlan.ext_tag.he_phy_cap.dcm_max_const_tx",
        "DCM Max Constellation Tx", hex;
    EXT_TAG_HE_PHY_CAP_DCM_MAX_NSS_TX: U16 walk, "wlan.ext_tag.he_phy_cap.dcm_max_nss_tx",
        "DCM Max NSS Tx", hex;
    EXT_TAG_HE_PHY_CAP_DCM_MAX_CONST_RX: U16 walk, "wlan.ext_tag.he_phy_cap.dcm_max_const_rx",
        "DCM Max Constellation Rx", hex;
    EXT_TAG_HE_PHY_CAP_RX_PARTIAL_BW_SU_20MHZ_HE_MU_PPDU: Bool walk, "wlan.ext_tag.he_phy_cap.rx_partial_bw_su_20mhz_he_mu_ppdu",
        "Rx Partial BW SU In 20 MHz HE MU PPDU";
    EXT_TAG_HE_PHY_CAP_SU_BEAMFORMER: Bool walk, "wlan.ext_tag.he_phy_cap.su_beamformer", "SU Beamformer";
    EXT_TAG_HE_PHY_CAP_SU_BEAMFORMEE: Bool walk, "wlan.ext_tag.he_phy_cap.su_beamformee", "SU Beamformee";
    EXT_TAG_HE_PHY_CAP_MU_BEAMFORMER: Bool walk, "wlan.ext_tag.he_phy_cap.mu_beamformer", "MU Beamformer";
    EXT_TAG_HE_PHY_CAP_BEAMFORMEE_STS_LTE_80MHZ: U16 walk, "wlan.ext_tag.he_phy_cap.beamformee_sts_lte_80mhz",
        "Beamformee STS <= 80 MHz", hex;
    EXT_TAG_HE_PHY_CAP_BEAMFORMEE_STS_GT_80MHZ: U16 walk, "wlan.ext_tag.he_phy_cap.beamformee_sts_gt_80mhz",
        "Beamformee STS > 80 MHz", hex;
    EXT_TAG_HE_PHY_CAP_BITS_40_TO_55: U16 walk, "wlan.ext_tag.he_phy_cap.bits_40_to_55", "Bits 40 to 55", hex;
    EXT_TAG_HE_PHY_CAP_NO_SOUNDING_DIMS_LTE_80: U16 walk, "wlan.ext_tag.he_phy_cap.no_sounding_dims_lte_80",
        "Number Of Sounding Dimensions <= 80 MHz";
    EXT_TAG_HE_PHY_CAP_NO_SOUNDING_DIMS_GT_80: U16 walk, "wlan.ext_tag.he_phy_cap.no_sounding_dims_gt_80",
        "Number Of Sounding Dimensions > 80 MHz";
    EXT_TAG_HE_PHY_CAP_NG_EQ_16_SU_FB: Bool walk, "wlan.ext_tag.he_phy_cap.ng_eq_16_su_fb",
        "Ng = 16 SU Feedback";
    EXT_TAG_HE_PHY_CAP_NG_EQ_16_MU_FB: Bool walk, "wlan.ext_tag.he_phy_cap.ng_eq_16_mu_fb",
        "Ng = 16 MU Feedback";
    EXT_TAG_HE_PHY_CAP_CODEBOOK_SIZE_SU_FB: Bool walk, "wlan.ext_tag.he_phy_cap.codebook_size_su_fb",
        "Codebook Size SU Feedback";
    EXT_TAG_HE_PHY_CAP_CODEBOOK_SIZE_MU_FB: Bool walk, "wlan.ext_tag.he_phy_cap.codebook_size_mu_fb",
        "Codebook Size MU Feedback";
    EXT_TAG_HE_PHY_CAP_TRIG_SU_BF_FB: Bool walk, "wlan.ext_tag.he_phy_cap.trig_su_bf_fb",
        "Triggered SU Beamforming Feedback";
    EXT_TAG_HE_PHY_CAP_TRIG_MU_BF_FB: Bool walk, "wlan.ext_tag.he_phy_cap.trig_mu_bf_fb",
        "Triggered MU Beamforming Feedback";
    EXT_TAG_HE_PHY_CAP_TRIG_CQI_FB: Bool walk, "wlan.ext_tag.he_phy_cap.trig_cqi_fb",
        "Triggered CQI Feedback";
    EXT_TAG_HE_PHY_CAP_PARTIAL_BW_ER: Bool walk, "wlan.ext_tag.he_phy_cap.partial_bw_er",
        "Partial Bandwidth Extended Range";
    EXT_TAG_HE_PHY_CAP_PARTIAL_BW_DL_MU_MIMO: Bool walk, "wlan.ext_tag.he_phy_cap.partial_bw_dl_mu_mimo",
        "Partial Bandwidth DL MU-MIMO";
    EXT_TAG_HE_PHY_CAP_PPE_THRES_PRESENT: Bool walk, "wlan.ext_tag.he_phy_cap.ppe_thres_present",
        "PPE Thresholds Present";
    EXT_TAG_HE_PHY_CAP_BITS_56_TO_71: U16 walk, "wlan.ext_tag.he_phy_cap.bits_56_to_71", "Bits 56 to 71", hex;
    EXT_TAG_HE_PHY_CAP_PSR_BASED_SR_SUP: Bool walk, "wlan.ext_tag.he_phy_cap.psr_based_sr_sup",
        "PSR-based SR Support";
    EXT_TAG_HE_PHY_CAP_PWR_BST_FACTOR_AR_SUP: Bool walk, "wlan.ext_tag.he_phy_cap.pwr_bst_factor_ar_sup",
        "Power Boost Factor ar Support";
    EXT_TAG_HE_PHY_CAP_HE_SU_PPDU_ETC_GI: Bool walk, "wlan.ext_tag.he_phy_cap.he_su_ppdu_etc_gi",
        "HE SU PPDU And HE MU PPDU With 4x HE-LTF And 0.8us GI";
    EXT_TAG_HE_PHY_CAP_MAX_NC: Bool walk, "wlan.ext_tag.he_phy_cap.max_nc", "Max Nc";
    EXT_TAG_HE_PHY_CAP_STBC_TX_GT_80_MHZ: Bool walk, "wlan.ext_tag.he_phy_cap.stbc_tx_gt_80_mhz",
        "STBC Tx > 80 MHz";
    EXT_TAG_HE_PHY_CAP_STBC_RX_GT_80_MHZ: Bool walk, "wlan.ext_tag.he_phy_cap.stbc_rx_gt_80_mhz",
        "STBC Rx > 80 MHz";
    EXT_TAG_HE_PHY_CAP_HE_ER_SU_PPDU_4XXX_GI: Bool walk, "wlan.ext_tag.he_phy_cap.he_er_su_ppdu_4xxx_gi",
        "HE ER SU PPDU With 4x HE-LTF And 0.8us GI";
    EXT_TAG_HE_PHY_CAP_20_MHZ_IN_40_IN_2_4GHZ: Bool walk, "wlan.ext_tag.he_phy_cap.20_mhz_in_40_in_2_4ghz",
        "20 MHz In 40 MHz HE PPDU In 2.4 GHz Band";
    EXT_TAG_HE_PHY_CAP_20_MHZ_IN_160_80P80_PPDU: Bool walk, "wlan.ext_tag.he_phy_cap.20_mhz_in_160_80p80_ppdu",
        "20 MHz In 160/80+80 MHz HE PPDU";
    EXT_TAG_HE_PHY_CAP_80_MHZ_IN_160_80P80_PPDU: Bool walk, "wlan.ext_tag.he_phy_cap.80_mhz_in_160_80p80_ppdu",
        "80 MHz In 160/80+80 MHz HE PPDU";
    EXT_TAG_HE_PHY_CAP_HE_ER_SU_PPDU_1XXX_GI: Bool walk, "wlan.ext_tag.he_phy_cap.he_er_su_ppdu_1xxx_gi",
        "HE ER SU PPDU With 1x HE-LTF And 0.8us GI";
    EXT_TAG_HE_PHY_CAP_MIDAMBLE_TX_RX_2X_1X_HE_LTF: Bool walk, "wlan.ext_tag.he_phy_cap.midamble_tx_rx_2x_1x_he_ltf",
        "Midamble Tx/Rx 2x And 1x HE-LTF";
    EXT_TAG_HE_PHY_CAP_DCM_MAX_RU: U16 walk, "wlan.ext_tag.he_phy_cap.dcm_max_ru", "DCM Max RU", hex;
    EXT_TAG_HE_PHY_CAP_BITS_72_TO_87: U16 walk, "wlan.ext_tag.he_phy_cap.bits_72_to_87", "Bits 72 to 87", hex;
    EXT_TAG_HE_PHY_CAP_LONGER_THAN_16_HE_SIGB_OFDM_SYM_SUPPORT: Bool walk, "wlan.ext_tag.he_phy_cap.longer_than_16_he_sigb_ofdm_sym_support",
        "Longer Than 16 HE SIG-B OFDM Symbols Support";
    EXT_TAG_HE_PHY_CAP_NON_TRIGGERED_FEEDBACK: Bool walk, "wlan.ext_tag.he_phy_cap.non_triggered_feedback",
        "Non-Triggered CQI Feedback";
    EXT_TAG_HE_PHY_CAP_TX_1024_QAM_SUPPORT_LT_242_TONE_RU: Bool walk, "wlan.ext_tag.he_phy_cap.tx_1024_qam_support_lt_242_tone_ru",
        "Tx 1024-QAM Support < 242-tone RU Support";
    EXT_TAG_HE_PHY_CAP_RX_1024_QAM_SUPPORT_LT_242_TONE_RU: Bool walk, "wlan.ext_tag.he_phy_cap.rx_1024_qam_support_lt_242_tone_ru",
        "Rx 1024-QAM Support < 242-tone RU Support";
    EXT_TAG_HE_PHY_CAP_RX_FULL_BW_SU_USING_HE_MU_PPDU_WITH_COMPRESSED_SIGB: Bool walk, "wlan.ext_tag.he_phy_cap.rx_full_bw_su_using_he_mu_ppdu_with_compressed_sigb",
        "Rx Full BW SU Using HE MU PPDU With Compressed HE-SIG-B";
    EXT_TAG_HE_PHY_CAP_RX_FULL_BW_SU_USING_HE_MU_PPDU_WITH_NON_COMPRESSED_SIGB: Bool walk, "wlan.ext_tag.he_phy_cap.rx_full_bw_su_using_he_mu_ppdu_with_non_compressed_sigb",
        "Rx Full BW SU Using HE MU PPDU With Non-Compressed HE-SIG-B";
    EXT_TAG_HE_PHY_CAP_NOMINAL_PACKET_PADDING: U16 walk, "wlan.ext_tag.he_phy_cap.nominal_packet_padding",
        "Nominal Packet Padding";
    EXT_TAG_HE_PHY_CAP_HE_MU_PPDU_RU_RX_MAX: U16 walk, "wlan.ext_tag.he_phy_cap.he_mu_ppdu_ru_rx_max",
        "HE MU PPDU With More Than One RU Rx Max N_HE-LTF";
    EXT_TAG_HE_PHY_CAP_RESERVED_B81_B87: U16 walk, "wlan.ext_tag.he_phy_cap.reserved_b81_b87",
        "Reserved", hex;
    TAG_LENGTH: U32 walk, "wlan.tag.length", "Tag length";
    SSID: Bytes walk, "wlan.ssid", "SSID";
    RATE: U8 walk, "wlan.supported_rates", "Supported Rates", hex;
    EXTENDED_RATE: U8 walk, "wlan.extended_supported_rates", "Extended Supported Rates", hex;
    CHANNEL: U8 walk, "wlan.ds.current_channel", "Current Channel";
    DTIM_COUNT: U8 walk, "wlan.tim.dtim_count", "DTIM count";
    DTIM_PERIOD: U8 walk, "wlan.tim.dtim_period", "DTIM period";
    TIM_CONTROL: U8 walk, "wlan.tim.bmapctl", "Bitmap control", hex;
    TIM_MULTICAST: Bool walk, "wlan.tim.bmapctl.multicast", "Multicast";
    TIM_OFFSET: U8 walk, "wlan.tim.bmapctl.offset", "Bitmap Offset", hex;
    TIM_BITMAP: Bytes walk, "wlan.tim.partial_virtual_bitmap", "Partial Virtual Bitmap";
    COUNTRY: Text walk, "wlan.country_info.code", "Code";
    ENVIRONMENT: U8 walk, "wlan.country_info.environment", "Environment";
    COUNTRY_INFO: None walk, "wlan.country_info.fnm", "Country Info";
    COUNTRY_FIRST: U8 walk, "wlan.country_info.fnm.fcn", "First Channel Number";
    COUNTRY_CHANNELS: U8 walk, "wlan.country_info.fnm.nc", "Number of Channels";
    COUNTRY_POWER: I8 walk, "wlan.country_info.fnm.mtpl", "Maximum Transmit Power Level";
    POWER_CONSTRAINT: U8 walk, "wlan.powercon.local", "Local Power Constraint";
    POWERCAP_MIN: I8 walk, "wlan.powercap.min", "Minimum Transmit Power";
    POWERCAP_MAX: I8 walk, "wlan.powercap.max", "Maximum Transmit Power";
    SUPCHAN: None walk, "wlan.supchan", "Supported Channels Set";
    SUPCHAN_FIRST: U8 walk, "wlan.supchan.first", "First Supported Channel";
    SUPCHAN_RANGE: U8 walk, "wlan.supchan.range", "Supported Channel Range";
    SWITCH_MODE: U8 walk, "wlan.csa.channel_switch_mode", "Channel Switch Mode";
    SWITCH_CHANNEL: U8 walk, "wlan.csa.new_channel_number", "New Channel Number";
    SWITCH_COUNT: U8 walk, "wlan.csa.channel_switch.count", "Channel Switch Count";
    ERP: U8 walk, "wlan.erp_info", "ERP Information", hex;
    ERP_PRESENT: Bool walk, "wlan.erp_info.erp_present", "Non ERP Present";
    ERP_PROTECTION: Bool walk, "wlan.erp_info.use_protection", "Use Protection";
    ERP_BARKER: Bool walk, "wlan.erp_info.barker_preamble_mode", "Barker Preamble Mode";
    ERP_INFO_RESERVED: U8 walk, "wlan.erp_info.reserved", "Reserved", hex;
    HT_CAPABILITIES: U16 walk, "wlan.ht.capabilities", "HT Capabilities Info", hex;
    HT_CAPABILITIES_LDPCCODING: Bool walk, "wlan.ht.capabilities.ldpccoding", "HT LDPC coding capability";
    HT_CAPABILITIES_WIDTH: Bool walk, "wlan.ht.capabilities.width", "HT Support channel width";
    HT_CAPABILITIES_SM: U16 walk, "wlan.ht.capabilities.sm", "HT SM Power Save", hex;
    HT_CAPABILITIES_GREEN: Bool walk, "wlan.ht.capabilities.green", "HT Green Field";
    HT_CAPABILITIES_SHORT20: Bool walk, "wlan.ht.capabilities.short20", "HT Short GI for 20MHz";
    HT_CAPABILITIES_SHORT40: Bool walk, "wlan.ht.capabilities.short40", "HT Short GI for 40MHz";
    HT_CAPABILITIES_TXSTBC: Bool walk, "wlan.ht.capabilities.txstbc", "HT Tx STBC";
    HT_CAPABILITIES_RXSTBC: U16 walk, "wlan.ht.capabilities.rxstbc", "HT Rx STBC", hex;
    HT_CAPABILITIES_DELAYEDBLOCKACK: Bool walk, "wlan.ht.capabilities.delayedblockack",
        "HT Delayed Block ACK";
    HT_CAPABILITIES_AMSDU: Bool walk, "wlan.ht.capabilities.amsdu", "HT Max A-MSDU length";
    HT_CAPABILITIES_DSSCCK: Bool walk, "wlan.ht.capabilities.dsscck", "HT DSSS/CCK mode in 40MHz";
    HT_CAPABILITIES_PSMP: Bool walk, "wlan.ht.capabilities.psmp", "HT PSMP Support";
    HT_CAPABILITIES_40MHZINTOLERANT: Bool walk, "wlan.ht.capabilities.40mhzintolerant",
        "HT Forty MHz Intolerant";
    HT_CAPABILITIES_LSIG: Bool walk, "wlan.ht.capabilities.lsig", "HT L-SIG TXOP Protection support";
    HT_AMPDU: U8 walk, "wlan.ht.ampduparam", "A-MPDU Parameters", hex;
    HT_AMPDUPARAM_MAXLENGTH: U8 walk, "wlan.ht.ampduparam.maxlength", "Maximum Rx A-MPDU Length", hex;
    HT_AMPDUPARAM_MPDUDENSITY: U8 walk, "wlan.ht.ampduparam.mpdudensity", "MPDU Density", hex;
    HT_AMPDUPARAM_RESERVED: U8 walk, "wlan.ht.ampduparam.reserved", "Reserved", hex;
    HT_MCS_SET: None walk, "wlan.ht.mcsset", "Rx Supported Modulation and Coding Scheme Set";
    HT_MCSSET_RXBITMASK: None walk, "wlan.ht.mcsset.rxbitmask",
        "Rx Modulation and Coding Scheme (One bit per modulation)";
    HT_MCSSET_RXBITMASK_0TO7: U32 walk, "wlan.ht.mcsset.rxbitmask.0to7", "Rx Bitmask Bits 0-7", hex;
    HT_MCSSET_RXBITMASK_8TO15: U32 walk, "wlan.ht.mcsset.rxbitmask.8to15", "Rx Bitmask Bits 8-15", hex;
    HT_MCSSET_RXBITMASK_16TO23: U32 walk, "wlan.ht.mcsset.rxbitmask.16to23", "Rx Bitmask Bits 16-23", hex;
    HT_MCSSET_RXBITMASK_24TO31: U32 walk, "wlan.ht.mcsset.rxbitmask.24to31", "Rx Bitmask Bits 24-31", hex;
    HT_MCSSET_RXBITMASK_32: U32 walk, "wlan.ht.mcsset.rxbitmask.32", "Rx Bitmask Bit 32", hex;
    HT_MCSSET_RXBITMASK_33TO38: U32 walk, "wlan.ht.mcsset.rxbitmask.33to38", "Rx Bitmask Bits 33-38", hex;
    HT_MCSSET_RXBITMASK_39TO52: U32 walk, "wlan.ht.mcsset.rxbitmask.39to52", "Rx Bitmask Bits 39-52", hex;
    HT_MCSSET_RXBITMASK_53TO76: U32 walk, "wlan.ht.mcsset.rxbitmask.53to76", "Rx Bitmask Bits 53-76", hex;
    HT_MCSSET_HIGHESTDATARATE: U16 walk, "wlan.ht.mcsset.highestdatarate", "Highest Supported Data Rate", hex;
    HT_MCSSET_TXSETDEFINED: Bool walk, "wlan.ht.mcsset.txsetdefined", "Tx Supported MCS Set";
    HT_MCSSET_TXRXMCSNOTEQUAL: Bool walk, "wlan.ht.mcsset.txrxmcsnotequal", "Tx and Rx MCS Set";
    HT_MCSSET_TXMAXSS: U16 walk, "wlan.ht.mcsset.txmaxss",
        "Maximum Number of Tx Spatial Streams Supported", hex;
    HT_MCSSET_TXUNEQUALMOD: Bool walk, "wlan.ht.mcsset.txunequalmod", "Unequal Modulation";
    HT_EXTENDED: U16 walk, "wlan.htex.capabilities", "HT Extended Capabilities", hex;
    HTEX_CAPABILITIES_PCO: Bool walk, "wlan.htex.capabilities.pco", "Transmitter supports PCO";
    HTEX_CAPABILITIES_TRANSTIME: U16 walk, "wlan.htex.capabilities.transtime",
        "Time needed to transition between 20MHz and 40MHz", hex;
    HTEX_CAPABILITIES_MCS: U16 walk, "wlan.htex.capabilities.mcs", "MCS Feedback capability", hex;
    HTEX_CAPABILITIES_HTC: Bool walk, "wlan.htex.capabilities.htc", "High Throughput";
    HTEX_CAPABILITIES_RDRESPONDER: Bool walk, "wlan.htex.capabilities.rdresponder",
        "Reverse Direction Responder";
    HT_BEAM_FORMING: U32 walk, "wlan.txbf", "Transmit Beam Forming (TxBF) Capabilities", hex;
    TXBF_TXBF: Bool walk, "wlan.txbf.txbf", "Transmit Beamforming";
    TXBF_RXSS: Bool walk, "wlan.txbf.rxss", "Receive Staggered Sounding";
    TXBF_TXSS: Bool walk, "wlan.txbf.txss", "Transmit Staggered Sounding";
    TXBF_RXNDP: Bool walk, "wlan.txbf.rxndp", "Receive Null Data packet (NDP)";
    TXBF_TXNDP: Bool walk, "wlan.txbf.txndp", "Transmit Null Data packet (NDP)";
    TXBF_IMPLTXBF: Bool walk, "wlan.txbf.impltxbf", "Implicit TxBF capable";
    TXBF_CALIBRATION: U32 walk, "wlan.txbf.calibration", "Calibration", hex;
    TXBF_CSI: Bool walk, "wlan.txbf.csi", "STA can apply TxBF using CSI explicit feedback";
    TXBF_FM_UNCOMPRESSED_TBF: Bool walk, "wlan.txbf.fm.uncompressed.tbf",
        "STA can apply TxBF using uncompressed beamforming feedback matrix";
    TXBF_FM_COMPRESSED_TBF: Bool walk, "wlan.txbf.fm.compressed.tbf",
        "STA can apply TxBF using compressed beamforming feedback matrix";
    TXBF_RCSI: U32 walk, "wlan.txbf.rcsi", "Receiver can return explicit CSI feedback", hex;
    TXBF_FM_UNCOMPRESSED_RBF: U32 walk, "wlan.txbf.fm.uncompressed.rbf",
        "Receiver can return explicit uncompressed Beamforming Feedback Matrix", hex;
    TXBF_FM_COMPRESSED_BF: U32 walk, "wlan.txbf.fm.compressed.bf",
        "STA can compress and use compressed Beamforming Feedback Matrix", hex;
    TXBF_MINGROUP: U32 walk, "wlan.txbf.mingroup", "Minimal grouping used for explicit feedback reports", hex;
    TXBF_CSINUMANT: U32 walk, "wlan.txbf.csinumant",
        "Max antennae STA can support when CSI feedback required", hex;
    TXBF_FM_UNCOMPRESSED_MAXANT: U32 walk, "wlan.txbf.fm.uncompressed.maxant",
        "Max antennae STA can support when uncompressed Beamforming feedback required", hex;
    TXBF_FM_COMPRESSED_MAXANT: U32 walk, "wlan.txbf.fm.compressed.maxant",
        "Max antennae STA can support when compressed Beamforming feedback required", hex;
    TXBF_CSI_MAXROWS: U32 walk, "wlan.txbf.csi.maxrows",
        "Maximum number of rows of CSI explicit feedback", hex;
    TXBF_CHANNELEST: U32 walk, "wlan.txbf.channelest",
        "Maximum number of space time streams for which channel dimensions can be simultaneously estimated", hex;
    TXBF_RESERVED: U32 walk, "wlan.txbf.reserved", "Reserved", hex;
    HT_ANTENNA: U8 walk, "wlan.asel", "Antenna Selection (ASEL) Capabilities", hex;
    ASEL_CAPABLE: Bool walk, "wlan.asel.capable", "Antenna Selection Capable";
    ASEL_TXCSI: Bool walk, "wlan.asel.txcsi", "Explicit CSI Feedback Based Tx ASEL";
    ASEL_TXIF: Bool walk, "wlan.asel.txif", "Antenna Indices Feedback Based Tx ASEL";
    ASEL_CSI: Bool walk, "wlan.asel.csi", "Explicit CSI Feedback";
    ASEL_IF: Bool walk, "wlan.asel.if", "Antenna Indices Feedback";
    ASEL_RX: Bool walk, "wlan.asel.rx", "Rx ASEL";
    ASEL_SPPDU: Bool walk, "wlan.asel.sppdu", "Tx Sounding PPDUs";
    ASEL_RESERVED: U8 walk, "wlan.asel.reserved", "Reserved", hex;
    HT_PRIMARY: U8 walk, "wlan.ht.info.primarychannel", "Primary Channel";
    HT_INFO_DELIM1: U8 walk, "wlan.ht.info.delim1", "HT Information Subset (1 of 3)", hex;
    HT_INFO_SECCHANOFFSET: U8 walk, "wlan.ht.info.secchanoffset", "Secondary channel offset", hex;
    HT_INFO_CHANWIDTH: Bool walk, "wlan.ht.info.chanwidth", "Supported channel width";
    HT_INFO_RIFS: Bool walk, "wlan.ht.info.rifs", "Reduced Interframe Spacing (RIFS)";
    HT_INFO_RESERVED_B4_B7: U8 walk, "wlan.ht.info.reserved_b4_b7", "Reserved", hex;
    HT_INFO_DELIM2: U16 walk, "wlan.ht.info.delim2", "HT Information Subset (2 of 3)", hex;
    HT_INFO_HT_PROTECTION: U16 walk, "wlan.ht.info.ht_protection", "HT Protection", hex;
    HT_INFO_GREENFIELD: Bool walk, "wlan.ht.info.greenfield", "Non-greenfield STAs present";
    HT_INFO_RESERVED_B11: U16 walk, "wlan.ht.info.reserved_b11", "Reserved", hex;
    HT_INFO_OBSSNONHT: Bool walk, "wlan.ht.info.obssnonht", "OBSS non-HT STAs present";
    HT_INFO_CHAN_CENTER_FREQ_SEG_2: U16 walk, "wlan.ht.info.chan_center_freq_seg_2",
        "Channel Center Frequency Segment 2";
    HT_INFO_RESERVED_B21_B23: U16 walk, "wlan.ht.info.reserved_b21_b23", "Reserved", hex;
    HT_INFO_DELIM3: U16 walk, "wlan.ht.info.delim3", "HT Information Subset (3 of 3)", hex;
    HT_INFO_RESERVED_B24_B29: U16 walk, "wlan.ht.info.reserved_b24_b29", "Reserved", hex;
    HT_INFO_DUALBEACON: Bool walk, "wlan.ht.info.dualbeacon", "Dual beacon";
    HT_INFO_DUALCTS: Bool walk, "wlan.ht.info.dualcts", "Dual Clear To Send (CTS) protection";
    HT_INFO_SECONDARYBEACON: Bool walk, "wlan.ht.info.secondarybeacon", "Beacon ID";
    HT_INFO_LSIGPROTSUPPORT: Bool walk, "wlan.ht.info.lsigprotsupport", "L-SIG TXOP Protection Full Support";
    HT_INFO_PCO_ACTIVE: Bool walk, "wlan.ht.info.pco.active", "Phased Coexistence Operation (PCO)";
    HT_INFO_PCO_PHASE: Bool walk, "wlan.ht.info.pco.phase", "Phased Coexistence Operation (PCO) Phase";
    HT_INFO_RESERVED_B36_B39: U16 walk, "wlan.ht.info.reserved_b36_b39", "Reserved", hex;
    VHT_CAPABILITIES: U32 walk, "wlan.vht.capabilities", "VHT Capabilities Info", hex;
    VHT_CAPABILITIES_MAXMPDULENGTH: U32 walk, "wlan.vht.capabilities.maxmpdulength",
        "Maximum MPDU Length", hex;
    VHT_CAPABILITIES_SUPPORTEDCHANWIDTHSET: U32 walk, "wlan.vht.capabilities.supportedchanwidthset",
        "Supported Channel Width Set", hex;
    VHT_CAPABILITIES_RXLDPC: Bool walk, "wlan.vht.capabilities.rxldpc", "Rx LDPC";
    VHT_CAPABILITIES_SHORT80: Bool walk, "wlan.vht.capabilities.short80", "Short GI for 80MHz/TVHT_MODE_4C";
    VHT_CAPABILITIES_SHORT160: Bool walk, "wlan.vht.capabilities.short160",
        "Short GI for 160MHz and 80+80MHz";
    VHT_CAPABILITIES_TXSTBC: Bool walk, "wlan.vht.capabilities.txstbc", "Tx STBC";
    VHT_CAPABILITIES_RXSTBC: U32 walk, "wlan.vht.capabilities.rxstbc", "Rx STBC", hex;
    VHT_CAPABILITIES_SUBEAMFORMER: Bool walk, "wlan.vht.capabilities.subeamformer", "SU Beamformer Capable";
    VHT_CAPABILITIES_SUBEAMFORMEE: Bool walk, "wlan.vht.capabilities.subeamformee", "SU Beamformee Capable";
    VHT_CAPABILITIES_BEAMFORMEE_STS_CAP: U32 walk, "wlan.vht.capabilities.beamformee_sts_cap",
        "Beamformee STS Capability", hex;
    VHT_CAPABILITIES_SOUNDINGDIMENSIONS: U32 walk, "wlan.vht.capabilities.soundingdimensions",
        "Number of Sounding Dimensions", hex;
    VHT_CAPABILITIES_MUBEAMFORMER: Bool walk, "wlan.vht.capabilities.mubeamformer", "MU Beamformer Capable";
    VHT_CAPABILITIES_MUBEAMFORMEE: Bool walk, "wlan.vht.capabilities.mubeamformee", "MU Beamformee Capable";
    VHT_CAPABILITIES_VHTTXOPPS: Bool walk, "wlan.vht.capabilities.vhttxopps", "TXOP PS";
    VHT_CAPABILITIES_VHTHTC: Bool walk, "wlan.vht.capabilities.vhthtc", "+HTC-VHT Capable";
    VHT_CAPABILITIES_MAXAMPDU: U32 walk, "wlan.vht.capabilities.maxampdu", "Max A-MPDU Length Exponent", hex;
    VHT_CAPABILITIES_LINKADAPT: U32 walk, "wlan.vht.capabilities.linkadapt", "VHT Link Adaptation", hex;
    VHT_CAPABILITIES_RXPATCONSIST: Bool walk, "wlan.vht.capabilities.rxpatconsist",
        "Rx Antenna Pattern Consistency";
    VHT_CAPABILITIES_TXPATCONSIST: Bool walk, "wlan.vht.capabilities.txpatconsist",
        "Tx Antenna Pattern Consistency";
    VHT_CAPABILITIES_EXT_NSS_BW_SUPPORT: U32 walk, "wlan.vht.capabilities.ext_nss_bw_support",
        "Extended NSS BW Support", hex;
    VHT_MCS_SET: None walk, "wlan.vht.mcsset", "VHT Supported MCS Set";
    VHT_RX_MAP: U16 walk, "wlan.vht.mcsset.rxmcsmap", "Rx MCS Map", hex;
    VHT_MCSSET_RXMCSMAP_SS1: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss1", "Rx 1 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS2: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss2", "Rx 2 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS3: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss3", "Rx 3 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS4: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss4", "Rx 4 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS5: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss5", "Rx 5 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS6: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss6", "Rx 6 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS7: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss7", "Rx 7 SS", hex;
    VHT_MCSSET_RXMCSMAP_SS8: U16 walk, "wlan.vht.mcsset.rxmcsmap.ss8", "Rx 8 SS", hex;
    VHT_MCSSET_RXHIGHESTLONGGIRATE: U16 walk, "wlan.vht.mcsset.rxhighestlonggirate",
        "Rx Highest Long GI Data Rate (in Mb/s, 0 = subfield not in use)", hex;
    VHT_MCSSET_MAX_NSTS_TOTAL: U16 walk, "wlan.vht.mcsset.max_nsts_total", "MaX NSTS Total";
    VHT_TX_MAP: U16 walk, "wlan.vht.mcsset.txmcsmap", "Tx MCS Map", hex;
    VHT_MCSSET_TXMCSMAP_SS1: U16 walk, "wlan.vht.mcsset.txmcsmap.ss1", "Tx 1 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS2: U16 walk, "wlan.vht.mcsset.txmcsmap.ss2", "Tx 2 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS3: U16 walk, "wlan.vht.mcsset.txmcsmap.ss3", "Tx 3 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS4: U16 walk, "wlan.vht.mcsset.txmcsmap.ss4", "Tx 4 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS5: U16 walk, "wlan.vht.mcsset.txmcsmap.ss5", "Tx 5 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS6: U16 walk, "wlan.vht.mcsset.txmcsmap.ss6", "Tx 6 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS7: U16 walk, "wlan.vht.mcsset.txmcsmap.ss7", "Tx 7 SS", hex;
    VHT_MCSSET_TXMCSMAP_SS8: U16 walk, "wlan.vht.mcsset.txmcsmap.ss8", "Tx 8 SS", hex;
    VHT_MCSSET_TXHIGHESTLONGGIRATE: U16 walk, "wlan.vht.mcsset.txhighestlonggirate",
        "Tx Highest Long GI Data Rate (in Mb/s, 0 = subfield not in use)", hex;
    VHT_NCSSET_EXT_NSS_BW_CAP: Bool walk, "wlan.vht.ncsset.ext_nss_bw_cap", "Extended NSS BW Capable";
    VHT_NCSSET_RESERVED: U16 walk, "wlan.vht.ncsset.reserved", "Reserved", hex;
    VHT_OP: None walk, "wlan.vht.op", "VHT Operation Info";
    VHT_OP_CHANNELWIDTH: U8 walk, "wlan.vht.op.channelwidth", "Channel Width";
    VHT_OP_CHANNELCENTER0: U8 walk, "wlan.vht.op.channelcenter0", "Channel Center Segment 0";
    VHT_OP_CHANNELCENTER1: U8 walk, "wlan.vht.op.channelcenter1", "Channel Center Segment 1";
    VHT_OP_BASICMCSMAP: U16 walk, "wlan.vht.op.basicmcsmap", "Basic MCS Map", hex;
    VHT_OP_BASICMCSMAP_SS1: U16 walk, "wlan.vht.op.basicmcsmap.ss1", "Basic 1 SS", hex;
    VHT_OP_BASICMCSMAP_SS2: U16 walk, "wlan.vht.op.basicmcsmap.ss2", "Basic 2 SS", hex;
    VHT_OP_BASICMCSMAP_SS3: U16 walk, "wlan.vht.op.basicmcsmap.ss3", "Basic 3 SS", hex;
    VHT_OP_BASICMCSMAP_SS4: U16 walk, "wlan.vht.op.basicmcsmap.ss4", "Basic 4 SS", hex;
    VHT_OP_BASICMCSMAP_SS5: U16 walk, "wlan.vht.op.basicmcsmap.ss5", "Basic 5 SS", hex;
    VHT_OP_BASICMCSMAP_SS6: U16 walk, "wlan.vht.op.basicmcsmap.ss6", "Basic 6 SS", hex;
    VHT_OP_BASICMCSMAP_SS7: U16 walk, "wlan.vht.op.basicmcsmap.ss7", "Basic 7 SS", hex;
    VHT_OP_BASICMCSMAP_SS8: U16 walk, "wlan.vht.op.basicmcsmap.ss8", "Basic 8 SS", hex;
    VHT_TPE_PWR_INFO: U8 walk, "wlan.vht.tpe.pwr_info", "Tx Pwr Info", hex;
    VHT_TPE_PWR_INFO_COUNT: U8 walk, "wlan.vht.tpe.pwr_info.count", "Max Tx Pwr Count";
    VHT_TPE_PWR_INFO_UNIT: U8 walk, "wlan.vht.tpe.pwr_info.unit", "Max Tx Pwr Unit Interpretation";
    VHT_TPE_PWR_INFO_RESERVED: U8 walk, "wlan.vht.tpe.pwr_info.reserved", "Reserved";
    VHT_TPE_PWR_CONSTR_20: I8 walk, "wlan.vht.tpe.pwr_constr_20", "Local Max Tx Pwr Constraint 20MHz";
    VHT_TPE_PWR_CONSTR_40: I8 walk, "wlan.vht.tpe.pwr_constr_40", "Local Max Tx Pwr Constraint 40MHz";
    VHT_TPE_PWR_CONSTR_80: I8 walk, "wlan.vht.tpe.pwr_constr_80", "Local Max Tx Pwr Constraint 80MHz";
    VHT_TPE_PWR_CONSTR_160: I8 walk, "wlan.vht.tpe.pwr_constr_160",
        "Local Max Tx Pwr Constraint 160MHz/80+80 MHz";
    EXTENDED_CAPABILITIES: U8 walk, "wlan.extcap", "Extended Capabilities", hex;
    EXTCAP_B0: Bool walk, "wlan.extcap.b0", "20/40 BSS Coexistence Management Support";
    EXTCAP_B1: U8 walk, "wlan.extcap.b1", "Reserved (was On-demand beacon)", hex;
    EXTCAP_B2: Bool walk, "wlan.extcap.b2", "Extended Channel Switching";
    EXTCAP_B3: U8 walk, "wlan.extcap.b3", "Reserved (was WAVE indication)", hex;
    EXTCAP_B4: Bool walk, "wlan.extcap.b4", "PSMP Capability";
    EXTCAP_B5: U8 walk, "wlan.extcap.b5", "Reserved", hex;
    EXTCAP_B6: Bool walk, "wlan.extcap.b6", "S-PSMP Support";
    EXTCAP_B7: Bool walk, "wlan.extcap.b7", "Event";
    EXTCAP_B8: Bool walk, "wlan.extcap.b8", "Diagnostics";
    EXTCAP_B9: Bool walk, "wlan.extcap.b9", "Multicast Diagnostics";
    EXTCAP_B10: Bool walk, "wlan.extcap.b10", "Location Tracking";
    EXTCAP_B11: Bool walk, "wlan.extcap.b11", "FMS";
    EXTCAP_B12: Bool walk, "wlan.extcap.b12", "Proxy ARP Service";
    EXTCAP_B13: Bool walk, "wlan.extcap.b13", "Collocated Interference Reporting";
    EXTCAP_B14: Bool walk, "wlan.extcap.b14", "Civic Location";
    EXTCAP_B15: Bool walk, "wlan.extcap.b15", "Geospatial Location";
    EXTCAP_B16: Bool walk, "wlan.extcap.b16", "TFS";
    EXTCAP_B17: Bool walk, "wlan.extcap.b17", "WNM Sleep Mode";
    EXTCAP_B18: Bool walk, "wlan.extcap.b18", "TIM Broadcast";
    EXTCAP_B19: Bool walk, "wlan.extcap.b19", "BSS Transition";
    EXTCAP_B20: Bool walk, "wlan.extcap.b20", "QoS Traffic Capability";
    EXTCAP_B21: Bool walk, "wlan.extcap.b21", "AC Station Count";
    EXTCAP_B22: Bool walk, "wlan.extcap.b22", "Multiple BSSID";
    EXTCAP_B23: Bool walk, "wlan.extcap.b23", "Timing Measurement";
    EXTCAP_B24: Bool walk, "wlan.extcap.b24", "Channel Usage";
    EXTCAP_B25: Bool walk, "wlan.extcap.b25", "SSID List";
    EXTCAP_B26: Bool walk, "wlan.extcap.b26", "DMS";
    EXTCAP_B27: Bool walk, "wlan.extcap.b27", "UTC TSF Offset";
    EXTCAP_B28: Bool walk, "wlan.extcap.b28", "TPU Buffer STA Support";
    EXTCAP_B29: Bool walk, "wlan.extcap.b29", "TDLS Peer PSM Support";
    EXTCAP_B30: Bool walk, "wlan.extcap.b30", "TDLS channel switching";
    EXTCAP_B31: Bool walk, "wlan.extcap.b31", "Interworking";
    EXTCAP_B32: Bool walk, "wlan.extcap.b32", "QoS Map";
    EXTCAP_B33: Bool walk, "wlan.extcap.b33", "EBR";
    EXTCAP_B34: Bool walk, "wlan.extcap.b34", "SSPN Interface";
    EXTCAP_B35: U8 walk, "wlan.extcap.b35", "Reserved", hex;
    EXTCAP_B36: Bool walk, "wlan.extcap.b36", "MSGCF Capability";
    EXTCAP_B37: Bool walk, "wlan.extcap.b37", "TDLS Support";
    EXTCAP_B38: Bool walk, "wlan.extcap.b38", "TDLS Prohibited";
    EXTCAP_B39: Bool walk, "wlan.extcap.b39", "TDLS Channel Switching Prohibited";
    EXTCAP_B40: Bool walk, "wlan.extcap.b40", "Reject Unadmitted Frame";
    EXTCAP_SERV_INT_GRANULARITY: U8 walk, "wlan.extcap.serv_int_granularity", "Service Interval Granularity";
    EXTCAP_B44: Bool walk, "wlan.extcap.b44", "Identifier Location";
    EXTCAP_B45: Bool walk, "wlan.extcap.b45", "U-APSD Coexistence";
    EXTCAP_B46: Bool walk, "wlan.extcap.b46", "WNM Notification";
    EXTCAP_B47: U8 walk, "wlan.extcap.b47", "QAB Capability", hex;
    EXTCAP_B48: Bool walk, "wlan.extcap.b48", "UTF-8 SSID";
    EXTCAP_B49: Bool walk, "wlan.extcap.b49", "QMF Activated";
    EXTCAP_B50: Bool walk, "wlan.extcap.b50", "QMF Reconfiguration Activated";
    EXTCAP_B51: Bool walk, "wlan.extcap.b51", "Robust AV Streaming";
    EXTCAP_B52: Bool walk, "wlan.extcap.b52", "Advanced GCR";
    EXTCAP_B53: Bool walk, "wlan.extcap.b53", "Mesh GCR";
    EXTCAP_B54: Bool walk, "wlan.extcap.b54", "SCS";
    EXTCAP_B55: Bool walk, "wlan.extcap.b55", "QLoad Report";
    EXTCAP_B56: Bool walk, "wlan.extcap.b56", "Alternate EDCA";
    EXTCAP_B57: Bool walk, "wlan.extcap.b57", "Unprotected TXOP Negotiation";
    EXTCAP_B58: Bool walk, "wlan.extcap.b58", "Protected TXOP Negotiation";
    EXTCAP_B59: U8 walk, "wlan.extcap.b59", "Reserved", hex;
    EXTCAP_B60: Bool walk, "wlan.extcap.b60", "Protected QLoad Report";
    EXTCAP_B61: Bool walk, "wlan.extcap.b61", "TDLS Wider Bandwidth";
    EXTCAP_B62: Bool walk, "wlan.extcap.b62", "Operating Mode Notification";
    EXTCAP_B63: U8 walk, "wlan.extcap.b63", "Max Number Of MSDUs In A-MSDU";
    EXTCAP_B65: Bool walk, "wlan.extcap.b65", "Channel Schedule Management";
    EXTCAP_B66: Bool walk, "wlan.extcap.b66", "Geodatabase Inband Enabling Signal";
    EXTCAP_B67: Bool walk, "wlan.extcap.b67", "Network Channel Control";
    EXTCAP_B68: Bool walk, "wlan.extcap.b68", "White Space Map";
    EXTCAP_B69: Bool walk, "wlan.extcap.b69", "Channel Availability Query";
    EXTCAP_B70: Bool walk, "wlan.extcap.b70", "Fine Timing Measurement Responder";
    EXTCAP_B71: Bool walk, "wlan.extcap.b71", "Fine Timing Measurement Initiator";
    EXTCAP_B72: Bool walk, "wlan.extcap.b72", "FILS Capable";
    EXTCAP_B73: Bool walk, "wlan.extcap.b73", "Extended Spectrum Management Capable";
    EXTCAP_B74: Bool walk, "wlan.extcap.b74", "Future Channel Capable";
    EXTCAP_B75: U8 walk, "wlan.extcap.b75", "Reserved", hex;
    EXTCAP_B76: U8 walk, "wlan.extcap.b76", "Reserved", hex;
    EXTCAP_B77: Bool walk, "wlan.extcap.b77", "TWT Requester Support";
    EXTCAP_B78: Bool walk, "wlan.extcap.b78", "TWT Responder Support";
    EXTCAP_B79: Bool walk, "wlan.extcap.b79", "OBSS Narrow Bandwidth RU in UL OFDMA Tolerance Support";
    EXTCAP_B80: Bool walk, "wlan.extcap.b80", "Complete List of NonTxBSSID Profiles";
    EXTCAP_B81: Bool walk, "wlan.extcap.b81", "SAE Password Identifiers In Use";
    EXTCAP_B82: Bool walk, "wlan.extcap.b82", "SAE Passwords Used Exclusively";
    EXTCAP_B83: Bool walk, "wlan.extcap.b83", "Enhanced Multi-BSSID Advertisement Support";
    EXTCAP_B84: Bool walk, "wlan.extcap.b84", "Beacon Protection Enabled";
    EXTCAP_B85: Bool walk, "wlan.extcap.b85", "Mirrored SCS";
    EXTCAP_B86: Bool walk, "wlan.extcap.b86", "OCT";
    EXTCAP_B87: U8 walk, "wlan.extcap.b87", "Reserved", hex;
    EXTCAP_B88: Bool walk, "wlan.extcap.b88", "SAE-PK Passwords Used Exclusively";
    EXTCAP_B89: U8 walk, "wlan.extcap.b89", "TWT Parameters Range Support", hex;
    EXTCAP_B90: Bool walk, "wlan.extcap.b90", "non-TB Ranging Responder";
    EXTCAP_B91: Bool walk, "wlan.extcap.b91", "TB Ranging Responder";
    EXTCAP_B92: Bool walk, "wlan.extcap.b92", "TB Ranging Responder Measurement Support";
    EXTCAP_B93: Bool walk, "wlan.extcap.b93", "TB Ranging Initiator Measurement Support";
    EXTCAP_B94: Bool walk, "wlan.extcap.b94", "AOA Measurement Available";
    EXTCAP_B95: Bool walk, "wlan.extcap.b95", "Phase Shift Feedback Support";
    EXTCAP_DMG_LOCATION: Bool walk, "wlan.extcap.dmg_location", "DMG/location supporting APs in the area";
    EXTCAP_I2R_LMR_FEEDBACK_POLICY: Bool walk, "wlan.extcap.i2r_lmr_feedback_policy",
        "I2R LMR Feedback Policy";
    EXTCAP_RESERVED2: U8 walk, "wlan.extcap.reserved2", "Reserved", hex;
    STATIONS: U16 walk, "wlan.qbss.scount", "Station Count";
    QBSS_VERSION: U8 walk, "wlan.qbss.version", "QBSS Version";
    QBSS_CU: U8 walk, "wlan.qbss.cu", "Channel Utilization";
    QBSS_ADC: U8 walk, "wlan.qbss.adc", "Available Admission Capacity";
    MESH_ID: Text walk, "wlan.mesh.id", "Mesh ID";
    MESH_CONFIG_PS_PROTOCOL: U8 walk, "wlan.mesh.config.ps_protocol", "Path Selection Protocol", hex;
    MESH_CONFIG_PS_METRIC: U8 walk, "wlan.mesh.config.ps_metric", "Path Selection Metric", hex;
    MESH_CONFIG_CONG_CTL: U8 walk, "wlan.mesh.config.cong_ctl", "Congestion Control", hex;
    MESH_CONFIG_SYNC_METHOD: U8 walk, "wlan.mesh.config.sync_method", "Synchronization Method", hex;
    MESH_CONFIG_AUTH_PROTOCOL: U8 walk, "wlan.mesh.config.auth_protocol", "Authentication Protocol", hex;
    MESH_CONFIG_FORMATION_INFO: U8 walk, "wlan.mesh.config.formation_info", "Formation Info", hex;
    MESH_FORMATION_INFO_CONNECT_TO_MESH_GATE: Bool walk, "wlan.mesh.formation_info.connect_to_mesh_gate",
        "Connected to Mesh Gate";
    MESH_CONFIG_FORMATION_INFO_NUM_PEERS: U8 walk, "wlan.mesh.config.formation_info.num_peers",
        "Number of Peerings";
    MESH_FORMATION_INFO_CONNECT_TO_AS: Bool walk, "wlan.mesh.formation_info.connect_to_as", "Connected to AS";
    MESH_CONFIG_CAP: U8 walk, "wlan.mesh.config.cap", "Capability", hex;
    MESH_CONFIG_CAP_ACCEPT: Bool walk, "wlan.mesh.config.cap.accept", "Accepting Additional Mesh Peerings";
    MESH_CONFIG_CAP_MCCA_SUPPORT: Bool walk, "wlan.mesh.config.cap.mcca_support", "MCCA Support";
    MESH_CONFIG_CAP_MCCA_ENABLED: Bool walk, "wlan.mesh.config.cap.mcca_enabled", "MCCA Enabled";
    MESH_CONFIG_CAP_FORWARDING: Bool walk, "wlan.mesh.config.cap.forwarding", "Mesh Forwarding";
    MESH_CONFIG_CAP_MBCA_ENABLED: Bool walk, "wlan.mesh.config.cap.mbca_enabled", "MBCA Enabled";
    MESH_CONFIG_CAP_TBTT_ADJUSTING: Bool walk, "wlan.mesh.config.cap.tbtt_adjusting", "TBTT Adjustment";
    MESH_CONFIG_CAP_POWER_SAVE_LEVEL: Bool walk, "wlan.mesh.config.cap.power_save_level", "Power Save";
    MESH_CONFIG_CAP_RESERVED: U8 walk, "wlan.mesh.config.cap.reserved", "Reserved", hex;
    INTERWORKING_ACCESS_NETWORK_TYPE: U8 walk, "wlan.interworking.access_network_type", "Access Network Type";
    INTERWORKING_INTERNET: U8 walk, "wlan.interworking.internet", "Internet";
    INTERWORKING_ASRA: U8 walk, "wlan.interworking.asra", "ASRA";
    INTERWORKING_ESR: U8 walk, "wlan.interworking.esr", "ESR";
    INTERWORKING_UESA: U8 walk, "wlan.interworking.uesa", "UESA";
    INTERWORKING_HESSID: Mac walk, "wlan.interworking.hessid", "HESSID";
    RSN_VERSION: U16 walk, "wlan.rsn.version", "RSN Version";
    RSN_GROUP: U32 walk, "wlan.rsn.gcs", "Group Cipher Suite";
    RSN_GROUP_OUI: U24 walk, "wlan.rsn.gcs.oui", "Group Cipher Suite OUI";
    RSN_GROUP_TYPE: U8 walk, "wlan.rsn.gcs.type", "Group Cipher Suite type", names(CIPHERS);
    RSN_PAIRWISE_COUNT: U16 walk, "wlan.rsn.pcs.count", "Pairwise Cipher Suite Count";
    RSN_PCS_LIST: None walk, "wlan.rsn.pcs.list", "Pairwise Cipher Suite List";
    RSN_PAIRWISE: U32 walk, "wlan.rsn.pcs", "Pairwise Cipher Suite";
    RSN_PAIRWISE_OUI: U24 walk, "wlan.rsn.pcs.oui", "Pairwise Cipher Suite OUI";
    RSN_PAIRWISE_TYPE: U8 walk, "wlan.rsn.pcs.type", "Pairwise Cipher Suite type", names(CIPHERS);
    RSN_KEYS_COUNT: U16 walk, "wlan.rsn.akms.count", "Auth Key Management (AKM) Suite Count";
    RSN_AKMS_LIST: None walk, "wlan.rsn.akms.list", "Auth Key Management (AKM) List";
    RSN_KEYS: U32 walk, "wlan.rsn.akms", "Auth Key Management (AKM) Suite";
    RSN_KEYS_OUI: U24 walk, "wlan.rsn.akms.oui", "Auth Key Management (AKM) OUI";
    RSN_KEYS_TYPE: U8 walk, "wlan.rsn.akms.type", "Auth Key Management (AKM) type", names(KEY_MANAGEMENTS);
    RSN_CAPABILITIES: U16 walk, "wlan.rsn.capabilities", "RSN Capabilities", hex;
    RSN_PREAUTH: Bool walk, "wlan.rsn.capabilities.preauth", "RSN Pre-Auth capabilities";
    RSN_NO_PAIRWISE: Bool walk, "wlan.rsn.capabilities.no_pairwise", "RSN No Pairwise capabilities";
    RSN_MFPR: Bool walk, "wlan.rsn.capabilities.mfpr", "Management Frame Protection Required";
    RSN_MFPC: Bool walk, "wlan.rsn.capabilities.mfpc", "Management Frame Protection Capable";
    RSN_CAPABILITIES_PTKSA_REPLAY_COUNTER: U16 walk, "wlan.rsn.capabilities.ptksa_replay_counter",
        "RSN PTKSA Replay Counter capabilities", hex;
    RSN_CAPABILITIES_GTKSA_REPLAY_COUNTER: U16 walk, "wlan.rsn.capabilities.gtksa_replay_counter",
        "RSN GTKSA Replay Counter capabilities", hex;
    RSN_CAPABILITIES_JMR: Bool walk, "wlan.rsn.capabilities.jmr", "Joint Multi-band RSNA";
    RSN_CAPABILITIES_PEERKEY: Bool walk, "wlan.rsn.capabilities.peerkey", "PeerKey Enabled";
    RSN_CAPABILITIES_EXTENDED_KEY_ID_IAF: Bool walk, "wlan.rsn.capabilities.extended_key_id_iaf",
        "Extended Key ID for Individually Addressed Frames";
    RSN_PMKID_COUNT: U16 walk, "wlan.rsn.pmkid.count", "PMKID Count";
    RSN_PMKID_LIST: None walk, "wlan.rsn.pmkid.list", "PMKID List";
    PMKID_AKMS: Bytes walk, "wlan.pmkid.akms", "PMKID";
    RSN_MANAGEMENT: U32 walk, "wlan.rsn.gmcs", "Group Management Cipher Suite";
    RSN_MANAGEMENT_OUI: U24 walk, "wlan.rsn.gmcs.oui", "Group Management Cipher Suite OUI";
    RSN_MANAGEMENT_TYPE: U8 walk, "wlan.rsn.gmcs.type", "Group Management Cipher Suite type", names(CIPHERS);
    VENDOR_OUI: U24 walk, "wlan.tag.oui", "OUI";
    VENDOR_TYPE: U8 walk, "wlan.tag.vendor.oui.type", "Vendor Specific OUI Type";
    VENDOR_DATA: Bytes walk, "wlan.tag.vendor.data", "Vendor Specific Data";
    WFA_TYPE: U8 walk, "wlan.wfa.ie.type", "Type", hex;
    WFA_IE_WME_SUBTYPE: U8 walk, "wlan.wfa.ie.wme.subtype", "WME Subtype";
    WFA_IE_WME_VERSION: U8 walk, "wlan.wfa.ie.wme.version", "WME Version";
    WFA_IE_WME_QOS_INFO: U8 walk, "wlan.wfa.ie.wme.qos_info", "WME QoS Info", hex;
    WFA_IE_WME_QOS_INFO_STA_MAX_SP_LENGTH: U8 walk, "wlan.wfa.ie.wme.qos_info.sta.max_sp_length",
        "Max SP Length", hex;
    WFA_IE_WME_QOS_INFO_STA_AC_BE: Bool walk, "wlan.wfa.ie.wme.qos_info.sta.ac_be", "AC_BE";
    WFA_IE_WME_QOS_INFO_STA_AC_BK: Bool walk, "wlan.wfa.ie.wme.qos_info.sta.ac_bk", "AC_BK";
    WFA_IE_WME_QOS_INFO_STA_AC_VI: Bool walk, "wlan.wfa.ie.wme.qos_info.sta.ac_vi", "AC_VI";
    WFA_IE_WME_QOS_INFO_STA_AC_VO: Bool walk, "wlan.wfa.ie.wme.qos_info.sta.ac_vo", "AC_VO";
    WFA_IE_WME_QOS_INFO_STA_RESERVED: U8 walk, "wlan.wfa.ie.wme.qos_info.sta.reserved", "Reserved", hex;
    WFA_IE_WME_QOS_INFO_AP_U_APSD: Bool walk, "wlan.wfa.ie.wme.qos_info.ap.u_apsd", "U-APSD";
    WFA_IE_WME_QOS_INFO_AP_PARAMETER_SET_COUNT: U8 walk, "wlan.wfa.ie.wme.qos_info.ap.parameter_set_count",
        "Parameter Set Count", hex;
    WFA_IE_WME_QOS_INFO_AP_RESERVED: U8 walk, "wlan.wfa.ie.wme.qos_info.ap.reserved", "Reserved", hex;
    WFA_IE_WME_RESERVED: Bytes walk, "wlan.wfa.ie.wme.reserved", "Reserved";
    WFA_IE_WME_ACP: None walk, "wlan.wfa.ie.wme.acp", "Ac Parameters";
    WFA_IE_WME_ACP_ACI_AIFSN: U8 walk, "wlan.wfa.ie.wme.acp.aci_aifsn", "ACI / AIFSN Field", hex;
    WFA_IE_WME_ACP_ACI: U8 walk, "wlan.wfa.ie.wme.acp.aci", "ACI";
    WFA_IE_WME_ACP_ACM: Bool walk, "wlan.wfa.ie.wme.acp.acm", "Admission Control Mandatory";
    WFA_IE_WME_ACP_AIFSN: U8 walk, "wlan.wfa.ie.wme.acp.aifsn", "AIFSN";
    WFA_IE_WME_ACP_RESERVED: U8 walk, "wlan.wfa.ie.wme.acp.reserved", "Reserved";
    WFA_IE_WME_ACP_ECW: U8 walk, "wlan.wfa.ie.wme.acp.ecw", "ECW", hex;
    WFA_IE_WME_ACP_ECW_MAX: U8 walk, "wlan.wfa.ie.wme.acp.ecw.max", "ECW Max";
    WFA_IE_WME_ACP_ECW_MIN: U8 walk, "wlan.wfa.ie.wme.acp.ecw.min", "ECW Min";
    WFA_IE_WME_ACP_CW_MAX: U8 walk, "wlan.wfa.ie.wme.acp.cw.max", "CW Max";
    WFA_IE_WME_ACP_CW_MIN: U8 walk, "wlan.wfa.ie.wme.acp.cw.min", "CW Min";
    WFA_IE_WME_ACP_TXOP_LIMIT: U16 walk, "wlan.wfa.ie.wme.acp.txop_limit", "TXOP Limit";
    WPA_VERSION: U16 walk, "wlan.wfa.ie.wpa.version", "WPA Version";
    WPA_GROUP: U32 walk, "wlan.wfa.ie.wpa.mcs", "Multicast Cipher Suite";
    WPA_GROUP_OUI: U24 walk, "wlan.wfa.ie.wpa.mcs.oui", "Multicast Cipher Suite OUI";
    WPA_GROUP_TYPE: U8 walk, "wlan.wfa.ie.wpa.mcs.type", "Multicast Cipher Suite type", names(CIPHERS);
    WPA_PAIRWISE_COUNT: U16 walk, "wlan.wfa.ie.wpa.ucs.count", "Unicast Cipher Suite Count";
    WFA_IE_WPA_UCS_LIST: None walk, "wlan.wfa.ie.wpa.ucs.list", "Unicast Cipher Suite List";
    WPA_PAIRWISE: U32 walk, "wlan.wfa.ie.wpa.ucs", "Unicast Cipher Suite";
    WPA_PAIRWISE_OUI: U24 walk, "wlan.wfa.ie.wpa.ucs.oui", "Unicast Cipher Suite OUI";
    WPA_PAIRWISE_TYPE: U8 walk, "wlan.wfa.ie.wpa.ucs.type", "Unicast Cipher Suite type", names(CIPHERS);
    WPA_KEYS_COUNT: U16 walk, "wlan.wfa.ie.wpa.akms.count", "Auth Key Management (AKM) Suite Count";
    WFA_IE_WPA_AKMS_LIST: None walk, "wlan.wfa.ie.wpa.akms.list", "Auth Key Management (AKM) List";
    WPA_KEYS: U32 walk, "wlan.wfa.ie.wpa.akms", "Auth Key Management (AKM) Suite";
    WPA_KEYS_OUI: U24 walk, "wlan.wfa.ie.wpa.akms.oui", "Auth Key Management (AKM) OUI";
    WPA_KEYS_TYPE: U8 walk, "wlan.wfa.ie.wpa.type", "Auth Key Management (AKM) type",
        names(KEY_MANAGEMENTS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::IEEE802_11)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("wlan", "IEEE 802.11 wireless LAN", "802.11")
};

/// Only data frames that are not encrypted carry on; management frames are all header.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    // Of another version nothing but that can be told.
    if b.u8(0) & 3 != 0 {
        return Ok(Step::next(2, ProtocolId::NONE));
    }
    let header = header_length(b);
    b.need(header)?;
    if kind(b) != DATA {
        return Ok(Step::last(b));
    }
    let no_data = subtype(b) & 4 != 0;
    let encrypted = b.u8(1) & FLAG_PROTECTED != 0;
    Ok(match (no_data, encrypted) {
        (true, _) => Step::next(header, ProtocolId::NONE),
        (_, true) => Step::next(header, id::data),
        _ => Step::next(header, id::llc),
    })
}

const MANAGEMENT: u8 = 0;
const CONTROL: u8 = 1;
const DATA: u8 = 2;
const FLAG_PROTECTED: u8 = 0x40;
const FLAG_ORDER: u8 = 0x80;
const BOTH_DS: u8 = 3;
/// The bit of the subtype of data that has QoS control.
const QOS: u8 = 8;

const PS_POLL: u8 = 10;
const RTS: u8 = 11;
const BLOCK_ACK_REQUEST: u8 = 8;
const BLOCK_ACK: u8 = 9;

const TYPES: crate::field::ValueNames = &[
    (0x00, "Association Request"),
    (0x01, "Association Response"),
    (0x02, "Reassociation Request"),
    (0x03, "Reassociation Response"),
    (0x04, "Probe Request"),
    (0x05, "Probe Response"),
    (0x08, "Beacon frame"),
    (0x09, "ATIM"),
    (0x0a, "Disassociate"),
    (0x0b, "Authentication"),
    (0x0c, "Deauthentication"),
    (0x0d, "Action"),
    (0x18, "802.11 Block Ack Req"),
    (0x19, "802.11 Block Ack"),
    (0x1a, "Power-Save poll"),
    (0x1b, "Request-to-send"),
    (0x1c, "Clear-to-send"),
    (0x1d, "Acknowledgement"),
    (0x1e, "CF-End (Control-frame)"),
    (0x20, "Data"),
    (0x24, "Null function (No data)"),
    (0x28, "QoS Data"),
    (0x2c, "QoS Null function (No data)"),
];

fn kind(b: Bytes<'_>) -> u8 {
    b.u8(0) >> 2 & 3
}

fn subtype(b: Bytes<'_>) -> u8 {
    b.u8(0) >> 4
}

fn type_subtype(b: Bytes<'_>) -> u8 {
    kind(b) << 4 | subtype(b)
}

/// Figures 9-2 and 9-3 of IEEE 802.11-2020: the fourth address, QoS control and HT control are optional.
fn header_length(b: Bytes<'_>) -> usize {
    let high_throughput = if b.u8(1) & FLAG_ORDER != 0 { 4 } else { 0 };
    match kind(b) {
        MANAGEMENT => 24 + high_throughput,
        CONTROL if matches!(subtype(b), BLOCK_ACK_REQUEST | BLOCK_ACK | PS_POLL | RTS | 14 | 15) => 16,
        CONTROL => 10,
        DATA => {
            let fourth = if b.u8(1) & BOTH_DS == BOTH_DS { 6 } else { 0 };
            let qos = if subtype(b) & QOS != 0 { 2 + high_throughput } else { 0 };
            24 + fourth + qos
        }
        _ => 2,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 2);
    let duration = Bytes(r.take(2)?).u16(0).swap_bytes();
    // With the top bit set it is an association number or fixed (IEEE 802.11-2020 §9.2.4.2).
    if duration & 0x8000 == 0 {
        out.put(DURATION, 2..4, Value::Unsigned(duration.into()));
    }
    for (number, fields) in addresses(b).iter().enumerate() {
        let at = ADDRESSES_AT[number];
        for &field in fields.iter().chain((!fields.is_empty()).then_some(&ADDR)) {
            r.skip_to(at)?;
            put_mac(&mut r, field, out)?;
        }
    }
    if matches!(kind(b), MANAGEMENT | DATA) {
        r.skip_to(22)?;
        let sequence = r.take(2).map(|bytes| Bytes(bytes).u16(0).swap_bytes())?;
        out.put(FRAG, 22..24, Value::Unsigned((sequence & 15).into()));
        out.put(SEQ, 22..24, Value::Unsigned((sequence >> 4).into()));
    }
    if kind(b) == DATA && subtype(b) & QOS != 0 {
        quality_of_service(b, out);
    }
    if kind(b) == MANAGEMENT && b.u8(1) & FLAG_PROTECTED == 0 {
        r = Reader::new(b.0, header_length(b));
        elements::frame(subtype(b), &mut r, out)?;
    }
    Ok(())
}

/// IEEE 802.11-2020 §9.2.4.5: what the upper byte says depends on who sends.
fn quality_of_service(b: Bytes<'_>, out: &mut dyn FieldSink) {
    const ALL: Parts = &[(QOS_TID, 0x0f), (QOS_PRIORITY, 0x07), (QOS_ACK, 0x60), (QOS_AMSDUPRESENT, 0x80)];
    const INDICATED: u64 = 0x0200;
    let at = if b.u8(1) & BOTH_DS == BOTH_DS { 30 } else { 24 };
    let control = b.little(at, 2);
    out.put(QOS_CONTROL, at..at + 2, Value::Unsigned(control));
    capabilities::put_parts(at..at + 2, control, ALL, out);
    let polls = subtype(b) & 2 != 0;
    let parts: Parts = match b.u8(1) & BOTH_DS {
        2 if polls => &[(QOS_EOSP, 0x10), (QOS_TXOP_LIMIT, 0xff00)],
        2 if control & INDICATED == 0 => {
            &[(QOS_EOSP, 0x10), (QOS_PS_BUF_STATE, 0xff00), (QOS_BUF_STATE_INDICATED, INDICATED)]
        }
        2 => &[
            (QOS_EOSP, 0x10),
            (QOS_PS_BUF_STATE, 0xff00),
            (QOS_BUF_STATE_INDICATED, INDICATED),
            (QOS_HIGHEST_PRI_BUF_AC, 0x0c00),
            (QOS_QAP_BUF_LOAD, 0xf000),
        ],
        3 => &[],
        _ if control & 0x10 != 0 => &[(QOS_BIT4, 0x10), (QOS_QUEUE_SIZE, 0xff00)],
        _ => &[(QOS_BIT4, 0x10), (QOS_TXOP_DUR_REQ, 0xff00)],
    };
    capabilities::put_parts(at..at + 2, control, parts, out);
}

/// The name of an address, or of all.
fn resolved(view: &View<'_>, wanted: Option<FieldIndex>, out: &mut dyn FnMut(Value<'_>)) {
    let b = view.header();
    for (fields, at) in addresses(b).iter().zip(ADDRESSES_AT) {
        if wanted.map_or(!fields.is_empty(), |wanted| fields.contains(&wanted)) {
            host(view, b.array(at).map(Address::Mac), out);
        }
    }
}

const ADDRESSES_AT: [usize; 4] = [4, 10, 16, 24];

/// What each address is (IEEE 802.11-2020 §9.3.2.1 and table 9-30).
fn addresses(b: Bytes<'_>) -> [&'static [FieldIndex]; 4] {
    match (kind(b), b.u8(1) & BOTH_DS) {
        (MANAGEMENT, _) | (DATA, 0) => [&[RA, DA], &[TA, SA], &[BSSID], &[]],
        (DATA, 1) => [&[RA, BSSID], &[TA, SA, STAA], &[DA], &[]],
        (DATA, 2) => [&[RA, DA, STAA], &[TA, BSSID], &[SA], &[]],
        (DATA, _) => [&[RA], &[TA], &[DA], &[SA]],
        (CONTROL, _) => match subtype(b) {
            BLOCK_ACK_REQUEST | BLOCK_ACK | RTS => [&[RA], &[TA], &[], &[]],
            PS_POLL => [&[RA, BSSID], &[TA], &[], &[]],
            14 | 15 => [&[RA], &[TA, BSSID], &[], &[]],
            _ => [&[RA], &[], &[], &[]],
        },
        _ => [&[]; 4],
    }
}

/// The SSID element of a management frame, behind the fixed parameters of its kind (IEEE 802.11-2020 §9.3.3).
fn network_name(b: Bytes<'_>) -> Option<(usize, &[u8])> {
    if kind(b) != MANAGEMENT || b.u8(1) & FLAG_PROTECTED != 0 {
        return None;
    }
    let fixed: usize = match subtype(b) {
        0 | 2 | 4 | 5 | 8 => elements::fixed(subtype(b)).iter().map(|&(width, _)| width).sum(),
        _ => return None,
    };
    let mut r = Reader::new(b.0, header_length(b) + fixed);
    while let (Ok(element), Ok(length)) = (r.u8(), r.u8()) {
        let at = r.at();
        let body = r.take(length.into()).ok()?;
        if element == 0 {
            return Some((at, body));
        }
    }
    None
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    match crate::field::value_name(TYPES, type_subtype(b).into()) {
        Some(name) => out.push_str(name),
        None => put!(out, "Frame type 0x{:02x}", type_subtype(b)),
    }
    if matches!(kind(b), MANAGEMENT | DATA) {
        let sequence = b.u16(22).swap_bytes();
        put!(out, ", SN={}, FN={}", sequence >> 4, sequence & 15);
    }
    if let Some((_, name)) = network_name(b) {
        out.push_str(", SSID=");
        if name.is_empty() {
            out.push_str("Wildcard (Broadcast)");
        } else {
            crate::text::write_value(None, &Value::Text(name), out);
        }
    }
}
