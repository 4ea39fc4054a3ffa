//! Capabilities and other numbers whose bits have rows of their own (IEEE 802.11-2020 §9.4).

use std::ops::Range;

use super::*;

/// Rows of the bits of a number.
pub(super) type Parts = &'static [(FieldIndex, u64)];

/// A little-endian number, and the rows of its bits.
pub(super) struct Set {
    width: usize,
    whole: FieldIndex,
    parts: Parts,
}

/// Gives out the next number with its parts.
pub(super) fn put_set(r: &mut Reader<'_>, set: &Set, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let number = put_little(r, set.width, set.whole, out)?;
    put_parts(r.at() - set.width..r.at(), number, set.parts, out);
    Ok(number)
}

/// Gives out the parts of the next number, which has no row itself.
pub(super) fn put_lone(
    r: &mut Reader<'_>,
    width: usize,
    parts: Parts,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let number = Bytes(r.take(width)?).little(0, width);
    put_parts(at..at + width, number, parts, out);
    Ok(())
}

/// Gives out the parts of `number`, each as its row says: as a flag or as a number.
pub(super) fn put_parts(at: Range<usize>, number: u64, parts: Parts, out: &mut dyn FieldSink) {
    put_bits(at, number, FIELDS, parts, out);
}

/// §9.4.1.4.
pub(super) const CAPABILITY: Set = Set {
    width: 2,
    whole: CAPABILITIES,
    parts: &[
        (CAPABILITY_ESS, 0x1),
        (CAPABILITY_IBSS, 0x2),
        (FIXED_CAPABILITIES_RESERVED1, 0x4),
        (FIXED_CAPABILITIES_RESERVED2, 0x8),
        (CAPABILITY_PRIVACY, 0x10),
        (CAPABILITY_PREAMBLE, 0x20),
        (FIXED_CAPABILITIES_RESERVED3, 0x40),
        (FIXED_CAPABILITIES_RESERVED4, 0x80),
        (CAPABILITY_SPECTRUM, 0x100),
        (CAPABILITY_QOS, 0x200),
        (CAPABILITY_SLOT, 0x400),
        (CAPABILITY_APSD, 0x800),
        (CAPABILITY_MEASUREMENT, 0x1000),
        (CAPABILITY_EPD, 0x2000),
        (FIXED_CAPABILITIES_RESERVED5, 0x4000),
        (FIXED_CAPABILITIES_RESERVED6, 0x8000),
    ],
};

/// §9.4.1.13.
pub(super) const BLOCK_ACK: Set = Set {
    width: 2,
    whole: FIXED_BAPARAMS,
    parts: &[
        (FIXED_BAPARAMS_AMSDU, 0x1),
        (FIXED_BAPARAMS_POLICY, 0x2),
        (FIXED_BAPARAMS_TID, 0x3c),
        (FIXED_BAPARAMS_BUFFERSIZE, 0xffc0),
    ],
};

/// §9.3.1.7.2.
pub(super) const BLOCK_ACK_START: Set =
    Set { width: 2, whole: FIXED_SSC, parts: &[(FIXED_SSC_FRAGMENT, 0xf), (FIXED_SSC_SEQUENCE, 0xfff0)] };

/// §9.4.2.11.
pub(super) const ERP_SET: Set = Set {
    width: 1,
    whole: ERP,
    parts: &[(ERP_PRESENT, 0x1), (ERP_PROTECTION, 0x2), (ERP_BARKER, 0x4), (ERP_INFO_RESERVED, 0xf8)],
};

/// §9.4.2.55.2.
pub(super) const HT: Set = Set {
    width: 2,
    whole: HT_CAPABILITIES,
    parts: &[
        (HT_CAPABILITIES_LDPCCODING, 0x1),
        (HT_CAPABILITIES_WIDTH, 0x2),
        (HT_CAPABILITIES_SM, 0xc),
        (HT_CAPABILITIES_GREEN, 0x10),
        (HT_CAPABILITIES_SHORT20, 0x20),
        (HT_CAPABILITIES_SHORT40, 0x40),
        (HT_CAPABILITIES_TXSTBC, 0x80),
        (HT_CAPABILITIES_RXSTBC, 0x300),
        (HT_CAPABILITIES_DELAYEDBLOCKACK, 0x400),
        (HT_CAPABILITIES_AMSDU, 0x800),
        (HT_CAPABILITIES_DSSCCK, 0x1000),
        (HT_CAPABILITIES_PSMP, 0x2000),
        (HT_CAPABILITIES_40MHZINTOLERANT, 0x4000),
        (HT_CAPABILITIES_LSIG, 0x8000),
    ],
};

/// §9.4.2.55.3.
pub(super) const AMPDU: Set = Set {
    width: 1,
    whole: HT_AMPDU,
    parts: &[
        (HT_AMPDUPARAM_MAXLENGTH, 0x3),
        (HT_AMPDUPARAM_MPDUDENSITY, 0x1c),
        (HT_AMPDUPARAM_RESERVED, 0xe0),
    ],
};

/// §9.4.2.55.4, the first 4 bytes.
pub(super) const MCS_FIRST: Parts = &[
    (HT_MCSSET_RXBITMASK_0TO7, 0xff),
    (HT_MCSSET_RXBITMASK_8TO15, 0xff00),
    (HT_MCSSET_RXBITMASK_16TO23, 0xff0000),
    (HT_MCSSET_RXBITMASK_24TO31, 0xff000000),
];

/// The next 4.
pub(super) const MCS_SECOND: Parts = &[
    (HT_MCSSET_RXBITMASK_32, 0x1),
    (HT_MCSSET_RXBITMASK_33TO38, 0x7e),
    (HT_MCSSET_RXBITMASK_39TO52, 0x1fff80),
];

/// 4 bytes from the seventh on.
pub(super) const MCS_THIRD: Parts = &[(HT_MCSSET_RXBITMASK_53TO76, 0x1fffffe0)];

/// 2 bytes from the eleventh on.
pub(super) const MCS_RATE: Parts = &[(HT_MCSSET_HIGHESTDATARATE, 0x3ff)];

/// And from the thirteenth on.
pub(super) const MCS_TRANSMIT: Parts = &[
    (HT_MCSSET_TXSETDEFINED, 0x1),
    (HT_MCSSET_TXRXMCSNOTEQUAL, 0x2),
    (HT_MCSSET_TXMAXSS, 0xc),
    (HT_MCSSET_TXUNEQUALMOD, 0x10),
];

/// §9.4.2.55.5.
pub(super) const EXTENDED_HT: Set = Set {
    width: 2,
    whole: HT_EXTENDED,
    parts: &[
        (HTEX_CAPABILITIES_PCO, 0x1),
        (HTEX_CAPABILITIES_TRANSTIME, 0x6),
        (HTEX_CAPABILITIES_MCS, 0x300),
        (HTEX_CAPABILITIES_HTC, 0x400),
        (HTEX_CAPABILITIES_RDRESPONDER, 0x800),
    ],
};

/// §9.4.2.55.6.
pub(super) const BEAM_FORMING: Set = Set {
    width: 4,
    whole: HT_BEAM_FORMING,
    parts: &[
        (TXBF_TXBF, 0x1),
        (TXBF_RXSS, 0x2),
        (TXBF_TXSS, 0x4),
        (TXBF_RXNDP, 0x8),
        (TXBF_TXNDP, 0x10),
        (TXBF_IMPLTXBF, 0x20),
        (TXBF_CALIBRATION, 0xc0),
        (TXBF_CSI, 0x100),
        (TXBF_FM_UNCOMPRESSED_TBF, 0x200),
        (TXBF_FM_COMPRESSED_TBF, 0x400),
        (TXBF_RCSI, 0x1800),
        (TXBF_FM_UNCOMPRESSED_RBF, 0x6000),
        (TXBF_FM_COMPRESSED_BF, 0x18000),
        (TXBF_MINGROUP, 0x60000),
        (TXBF_CSINUMANT, 0x180000),
        (TXBF_FM_UNCOMPRESSED_MAXANT, 0x600000),
        (TXBF_FM_COMPRESSED_MAXANT, 0x1800000),
        (TXBF_CSI_MAXROWS, 0x6000000),
        (TXBF_CHANNELEST, 0x18000000),
        (TXBF_RESERVED, 0xe0000000),
    ],
};

/// §9.4.2.55.7.
pub(super) const ANTENNA: Set = Set {
    width: 1,
    whole: HT_ANTENNA,
    parts: &[
        (ASEL_CAPABLE, 0x1),
        (ASEL_TXCSI, 0x2),
        (ASEL_TXIF, 0x4),
        (ASEL_CSI, 0x8),
        (ASEL_IF, 0x10),
        (ASEL_RX, 0x20),
        (ASEL_SPPDU, 0x40),
        (ASEL_RESERVED, 0x80),
    ],
};

/// §9.4.2.56.
pub(super) const HT_OPERATION_1: Set = Set {
    width: 1,
    whole: HT_INFO_DELIM1,
    parts: &[
        (HT_INFO_SECCHANOFFSET, 0x3),
        (HT_INFO_CHANWIDTH, 0x4),
        (HT_INFO_RIFS, 0x8),
        (HT_INFO_RESERVED_B4_B7, 0xf0),
    ],
};

pub(super) const HT_OPERATION_2: Set = Set {
    width: 2,
    whole: HT_INFO_DELIM2,
    parts: &[
        (HT_INFO_HT_PROTECTION, 0x3),
        (HT_INFO_GREENFIELD, 0x4),
        (HT_INFO_RESERVED_B11, 0x8),
        (HT_INFO_OBSSNONHT, 0x10),
        (HT_INFO_CHAN_CENTER_FREQ_SEG_2, 0x1fe0),
        (HT_INFO_RESERVED_B21_B23, 0xe000),
    ],
};

pub(super) const HT_OPERATION_3: Set = Set {
    width: 2,
    whole: HT_INFO_DELIM3,
    parts: &[
        (HT_INFO_RESERVED_B24_B29, 0x3f),
        (HT_INFO_DUALBEACON, 0x40),
        (HT_INFO_DUALCTS, 0x80),
        (HT_INFO_SECONDARYBEACON, 0x100),
        (HT_INFO_LSIGPROTSUPPORT, 0x200),
        (HT_INFO_PCO_ACTIVE, 0x400),
        (HT_INFO_PCO_PHASE, 0x800),
        (HT_INFO_RESERVED_B36_B39, 0xf000),
    ],
};

/// §9.4.2.157.2.
pub(super) const VHT: Set = Set {
    width: 4,
    whole: VHT_CAPABILITIES,
    parts: &[
        (VHT_CAPABILITIES_MAXMPDULENGTH, 0x3),
        (VHT_CAPABILITIES_SUPPORTEDCHANWIDTHSET, 0xc),
        (VHT_CAPABILITIES_RXLDPC, 0x10),
        (VHT_CAPABILITIES_SHORT80, 0x20),
        (VHT_CAPABILITIES_SHORT160, 0x40),
        (VHT_CAPABILITIES_TXSTBC, 0x80),
        (VHT_CAPABILITIES_RXSTBC, 0x700),
        (VHT_CAPABILITIES_SUBEAMFORMER, 0x800),
        (VHT_CAPABILITIES_SUBEAMFORMEE, 0x1000),
        (VHT_CAPABILITIES_BEAMFORMEE_STS_CAP, 0xe000),
        (VHT_CAPABILITIES_SOUNDINGDIMENSIONS, 0x70000),
        (VHT_CAPABILITIES_MUBEAMFORMER, 0x80000),
        (VHT_CAPABILITIES_MUBEAMFORMEE, 0x100000),
        (VHT_CAPABILITIES_VHTTXOPPS, 0x200000),
        (VHT_CAPABILITIES_VHTHTC, 0x400000),
        (VHT_CAPABILITIES_MAXAMPDU, 0x3800000),
        (VHT_CAPABILITIES_LINKADAPT, 0xc000000),
        (VHT_CAPABILITIES_RXPATCONSIST, 0x10000000),
        (VHT_CAPABILITIES_TXPATCONSIST, 0x20000000),
        (VHT_CAPABILITIES_EXT_NSS_BW_SUPPORT, 0xc0000000),
    ],
};

/// §9.4.2.157.3.
pub(super) const VHT_RX: Set = Set {
    width: 2,
    whole: VHT_RX_MAP,
    parts: &[
        (VHT_MCSSET_RXMCSMAP_SS1, 0x3),
        (VHT_MCSSET_RXMCSMAP_SS2, 0xc),
        (VHT_MCSSET_RXMCSMAP_SS3, 0x30),
        (VHT_MCSSET_RXMCSMAP_SS4, 0xc0),
        (VHT_MCSSET_RXMCSMAP_SS5, 0x300),
        (VHT_MCSSET_RXMCSMAP_SS6, 0xc00),
        (VHT_MCSSET_RXMCSMAP_SS7, 0x3000),
        (VHT_MCSSET_RXMCSMAP_SS8, 0xc000),
    ],
};

pub(super) const VHT_RX_RATE: Parts =
    &[(VHT_MCSSET_RXHIGHESTLONGGIRATE, 0x1fff), (VHT_MCSSET_MAX_NSTS_TOTAL, 0xe000)];

pub(super) const VHT_TX: Set = Set {
    width: 2,
    whole: VHT_TX_MAP,
    parts: &[
        (VHT_MCSSET_TXMCSMAP_SS1, 0x3),
        (VHT_MCSSET_TXMCSMAP_SS2, 0xc),
        (VHT_MCSSET_TXMCSMAP_SS3, 0x30),
        (VHT_MCSSET_TXMCSMAP_SS4, 0xc0),
        (VHT_MCSSET_TXMCSMAP_SS5, 0x300),
        (VHT_MCSSET_TXMCSMAP_SS6, 0xc00),
        (VHT_MCSSET_TXMCSMAP_SS7, 0x3000),
        (VHT_MCSSET_TXMCSMAP_SS8, 0xc000),
    ],
};

pub(super) const VHT_TX_RATE: Parts = &[
    (VHT_MCSSET_TXHIGHESTLONGGIRATE, 0x1fff),
    (VHT_NCSSET_EXT_NSS_BW_CAP, 0x2000),
    (VHT_NCSSET_RESERVED, 0xc000),
];

/// §9.4.2.158.
pub(super) const VHT_BASIC: Set = Set {
    width: 2,
    whole: VHT_OP_BASICMCSMAP,
    parts: &[
        (VHT_OP_BASICMCSMAP_SS1, 0x3),
        (VHT_OP_BASICMCSMAP_SS2, 0xc),
        (VHT_OP_BASICMCSMAP_SS3, 0x30),
        (VHT_OP_BASICMCSMAP_SS4, 0xc0),
        (VHT_OP_BASICMCSMAP_SS5, 0x300),
        (VHT_OP_BASICMCSMAP_SS6, 0xc00),
        (VHT_OP_BASICMCSMAP_SS7, 0x3000),
        (VHT_OP_BASICMCSMAP_SS8, 0xc000),
    ],
};

/// §9.4.2.161.
pub(super) const POWER_ENVELOPE: Set = Set {
    width: 1,
    whole: VHT_TPE_PWR_INFO,
    parts: &[(VHT_TPE_PWR_INFO_COUNT, 0x7), (VHT_TPE_PWR_INFO_UNIT, 0x38), (VHT_TPE_PWR_INFO_RESERVED, 0xc0)],
};

/// §9.4.2.26, byte by byte.
pub(super) const EXTENDED: [Parts; 13] = [
    &[
        (EXTCAP_B0, 0x1),
        (EXTCAP_B1, 0x2),
        (EXTCAP_B2, 0x4),
        (EXTCAP_B3, 0x8),
        (EXTCAP_B4, 0x10),
        (EXTCAP_B5, 0x20),
        (EXTCAP_B6, 0x40),
        (EXTCAP_B7, 0x80),
    ],
    &[
        (EXTCAP_B8, 0x1),
        (EXTCAP_B9, 0x2),
        (EXTCAP_B10, 0x4),
        (EXTCAP_B11, 0x8),
        (EXTCAP_B12, 0x10),
        (EXTCAP_B13, 0x20),
        (EXTCAP_B14, 0x40),
        (EXTCAP_B15, 0x80),
    ],
    &[
        (EXTCAP_B16, 0x1),
        (EXTCAP_B17, 0x2),
        (EXTCAP_B18, 0x4),
        (EXTCAP_B19, 0x8),
        (EXTCAP_B20, 0x10),
        (EXTCAP_B21, 0x20),
        (EXTCAP_B22, 0x40),
        (EXTCAP_B23, 0x80),
    ],
    &[
        (EXTCAP_B24, 0x1),
        (EXTCAP_B25, 0x2),
        (EXTCAP_B26, 0x4),
        (EXTCAP_B27, 0x8),
        (EXTCAP_B28, 0x10),
        (EXTCAP_B29, 0x20),
        (EXTCAP_B30, 0x40),
        (EXTCAP_B31, 0x80),
    ],
    &[
        (EXTCAP_B32, 0x1),
        (EXTCAP_B33, 0x2),
        (EXTCAP_B34, 0x4),
        (EXTCAP_B35, 0x8),
        (EXTCAP_B36, 0x10),
        (EXTCAP_B37, 0x20),
        (EXTCAP_B38, 0x40),
        (EXTCAP_B39, 0x80),
    ],
    &[
        (EXTCAP_B40, 0x1),
        (EXTCAP_SERV_INT_GRANULARITY, 0xe),
        (EXTCAP_B44, 0x10),
        (EXTCAP_B45, 0x20),
        (EXTCAP_B46, 0x40),
        (EXTCAP_B47, 0x80),
    ],
    &[
        (EXTCAP_B48, 0x1),
        (EXTCAP_B49, 0x2),
        (EXTCAP_B50, 0x4),
        (EXTCAP_B51, 0x8),
        (EXTCAP_B52, 0x10),
        (EXTCAP_B53, 0x20),
        (EXTCAP_B54, 0x40),
        (EXTCAP_B55, 0x80),
    ],
    &[
        (EXTCAP_B56, 0x1),
        (EXTCAP_B57, 0x2),
        (EXTCAP_B58, 0x4),
        (EXTCAP_B59, 0x8),
        (EXTCAP_B60, 0x10),
        (EXTCAP_B61, 0x20),
        (EXTCAP_B62, 0x40),
        (EXTCAP_B63, 0x80),
    ],
    &[
        (EXTCAP_B65, 0x2),
        (EXTCAP_B66, 0x4),
        (EXTCAP_B67, 0x8),
        (EXTCAP_B68, 0x10),
        (EXTCAP_B69, 0x20),
        (EXTCAP_B70, 0x40),
        (EXTCAP_B71, 0x80),
    ],
    &[
        (EXTCAP_B72, 0x1),
        (EXTCAP_B73, 0x2),
        (EXTCAP_B74, 0x4),
        (EXTCAP_B75, 0x8),
        (EXTCAP_B76, 0x10),
        (EXTCAP_B77, 0x20),
        (EXTCAP_B78, 0x40),
        (EXTCAP_B79, 0x80),
    ],
    &[
        (EXTCAP_B80, 0x1),
        (EXTCAP_B81, 0x2),
        (EXTCAP_B82, 0x4),
        (EXTCAP_B83, 0x8),
        (EXTCAP_B84, 0x10),
        (EXTCAP_B85, 0x20),
        (EXTCAP_B86, 0x40),
        (EXTCAP_B87, 0x80),
    ],
    &[
        (EXTCAP_B88, 0x1),
        (EXTCAP_B89, 0x2),
        (EXTCAP_B90, 0x4),
        (EXTCAP_B91, 0x8),
        (EXTCAP_B92, 0x10),
        (EXTCAP_B93, 0x20),
        (EXTCAP_B94, 0x40),
        (EXTCAP_B95, 0x80),
    ],
    &[(EXTCAP_DMG_LOCATION, 0x1), (EXTCAP_I2R_LMR_FEEDBACK_POLICY, 0x2), (EXTCAP_RESERVED2, 0xfc)],
];

/// §9.4.2.24.4.
pub(super) const RSN_SET: Set = Set {
    width: 2,
    whole: RSN_CAPABILITIES,
    parts: &[
        (RSN_PREAUTH, 0x1),
        (RSN_NO_PAIRWISE, 0x2),
        (RSN_CAPABILITIES_PTKSA_REPLAY_COUNTER, 0xc),
        (RSN_CAPABILITIES_GTKSA_REPLAY_COUNTER, 0x30),
        (RSN_MFPR, 0x40),
        (RSN_MFPC, 0x80),
        (RSN_CAPABILITIES_JMR, 0x100),
        (RSN_CAPABILITIES_PEERKEY, 0x200),
        (RSN_CAPABILITIES_EXTENDED_KEY_ID_IAF, 0x2000),
    ],
};

/// §9.4.2.97.7.
pub(super) const MESH_FORMATION: Set = Set {
    width: 1,
    whole: MESH_CONFIG_FORMATION_INFO,
    parts: &[
        (MESH_FORMATION_INFO_CONNECT_TO_MESH_GATE, 0x1),
        (MESH_CONFIG_FORMATION_INFO_NUM_PEERS, 0x7e),
        (MESH_FORMATION_INFO_CONNECT_TO_AS, 0x80),
    ],
};

/// §9.4.2.97.8.
pub(super) const MESH_CAPABILITY: Set = Set {
    width: 1,
    whole: MESH_CONFIG_CAP,
    parts: &[
        (MESH_CONFIG_CAP_ACCEPT, 0x1),
        (MESH_CONFIG_CAP_MCCA_SUPPORT, 0x2),
        (MESH_CONFIG_CAP_MCCA_ENABLED, 0x4),
        (MESH_CONFIG_CAP_FORWARDING, 0x8),
        (MESH_CONFIG_CAP_MBCA_ENABLED, 0x10),
        (MESH_CONFIG_CAP_TBTT_ADJUSTING, 0x20),
        (MESH_CONFIG_CAP_POWER_SAVE_LEVEL, 0x40),
        (MESH_CONFIG_CAP_RESERVED, 0x80),
    ],
};

/// §9.4.2.91.
pub(super) const INTERWORKING: Parts = &[
    (INTERWORKING_ACCESS_NETWORK_TYPE, 0xf),
    (INTERWORKING_INTERNET, 0x10),
    (INTERWORKING_ASRA, 0x20),
    (INTERWORKING_ESR, 0x40),
    (INTERWORKING_UESA, 0x80),
];

/// What a station says in the elements of Wi-Fi Multimedia, the first form of §9.4.1.17.
pub(super) const WMM_OF_STATION: Set = Set {
    width: 1,
    whole: WFA_IE_WME_QOS_INFO,
    parts: &[
        (WFA_IE_WME_QOS_INFO_STA_MAX_SP_LENGTH, 0x60),
        (WFA_IE_WME_QOS_INFO_STA_AC_BE, 0x8),
        (WFA_IE_WME_QOS_INFO_STA_AC_BK, 0x4),
        (WFA_IE_WME_QOS_INFO_STA_AC_VI, 0x2),
        (WFA_IE_WME_QOS_INFO_STA_AC_VO, 0x1),
        (WFA_IE_WME_QOS_INFO_STA_RESERVED, 0x90),
    ],
};

/// What an access point says.
pub(super) const WMM_OF_ACCESS_POINT: Set = Set {
    width: 1,
    whole: WFA_IE_WME_QOS_INFO,
    parts: &[
        (WFA_IE_WME_QOS_INFO_AP_U_APSD, 0x80),
        (WFA_IE_WME_QOS_INFO_AP_PARAMETER_SET_COUNT, 0xf),
        (WFA_IE_WME_QOS_INFO_AP_RESERVED, 0x70),
    ],
};

/// §9.4.2.28, figure 9-287.
pub(super) const WMM_CATEGORY: Set = Set {
    width: 1,
    whole: WFA_IE_WME_ACP_ACI_AIFSN,
    parts: &[
        (WFA_IE_WME_ACP_ACI, 0x60),
        (WFA_IE_WME_ACP_ACM, 0x10),
        (WFA_IE_WME_ACP_AIFSN, 0xf),
        (WFA_IE_WME_ACP_RESERVED, 0x80),
    ],
};

pub(super) const WMM_WINDOW: Set = Set {
    width: 1,
    whole: WFA_IE_WME_ACP_ECW,
    parts: &[(WFA_IE_WME_ACP_ECW_MAX, 0xf0), (WFA_IE_WME_ACP_ECW_MIN, 0xf)],
};

/// §9.4.2.248.2.
pub(super) const HE_MAC: Set = Set {
    width: 6,
    whole: EXT_TAG_HE_MAC_CAPS,
    parts: &[
        (EXT_TAG_HE_MAC_CAP_HTC_HE_SUPPORT, 0x1),
        (EXT_TAG_HE_MAC_CAP_TWT_REQ_SUPPORT, 0x2),
        (EXT_TAG_HE_MAC_CAP_TWT_RSP_SUPPORT, 0x4),
        (EXT_TAG_HE_MAC_CAP_DYNAMIC_FRAGMENTATION_SUPPORT, 0x18),
        (EXT_TAG_HE_MAC_CAP_MAX_FRAG_MSDUS, 0xe0),
        (EXT_TAG_HE_MAC_CAP_MIN_FRAG_SIZE, 0x300),
        (EXT_TAG_HE_MAC_CAP_TRIG_FRM_MAC_PADDING_DUR, 0xc00),
        (EXT_TAG_HE_MAC_CAP_MULTI_TID_AGG_RX_SUPPORT, 0x7000),
        (EXT_TAG_HE_MAC_CAP_HE_LINK_ADAPTATION_SUPPORT, 0x18000),
        (EXT_TAG_HE_MAC_CAP_ALL_ACK_SUPPORT, 0x20000),
        (EXT_TAG_HE_MAC_CAP_TRS_SUPPORT, 0x40000),
        (EXT_TAG_HE_MAC_CAP_BSR_SUPPORT, 0x80000),
        (EXT_TAG_HE_MAC_CAP_BROADCAST_TWT_SUPPORT, 0x100000),
        (EXT_TAG_HE_MAC_CAP_32_BIT_BA_BITMAP_SUPPORT, 0x200000),
        (EXT_TAG_HE_MAC_CAP_MU_CASCADING_SUPPORT, 0x400000),
        (EXT_TAG_HE_MAC_CAP_ACK_ENABLED_AGG_SUPPORT, 0x800000),
        (EXT_TAG_HE_MAC_CAP_RESERVED_B24, 0x1000000),
        (EXT_TAG_HE_MAC_CAP_OM_CONTROL_SUPPORT, 0x2000000),
        (EXT_TAG_HE_MAC_CAP_OFDMA_RA_SUPPORT, 0x4000000),
        (EXT_TAG_HE_MAC_CAP_MAX_A_MPDU_LEN_EXP_EXT, 0x18000000),
        (EXT_TAG_HE_MAC_CAP_A_MSDU_FRAG_SUPPORT, 0x20000000),
        (EXT_TAG_HE_MAC_CAP_FLEXIBLE_TWT_SCHED_SUPPORT, 0x40000000),
        (EXT_TAG_HE_MAC_CAP_RX_CTL_FRM_MULTIBSS, 0x80000000),
        (EXT_TAG_HE_MAC_CAP_BSRP_BQRP_A_MPDU_AGG, 0x100000000),
        (EXT_TAG_HE_MAC_CAP_QTP_SUPPORT, 0x200000000),
        (EXT_TAG_HE_MAC_CAP_BQR_SUPPORT, 0x400000000),
        (EXT_TAG_HE_MAC_CAP_PSR_RESPONDER, 0x800000000),
        (EXT_TAG_HE_MAC_CAP_NDP_FEEDBACK_REPORT_SUPPORT, 0x1000000000),
        (EXT_TAG_HE_MAC_CAP_OPS_SUPPORT, 0x2000000000),
        (EXT_TAG_HE_MAC_CAP_A_MSDU_IN_A_MPDU_SUPPORT, 0x4000000000),
        (EXT_TAG_HE_MAC_CAP_MULTI_TID_AGG_TX_SUPPORT, 0x38000000000),
        (EXT_TAG_HE_MAC_CAP_SUBCHANNEL_SELECTIVE_XMIT_SUPPORT, 0x40000000000),
        (EXT_TAG_HE_MAC_CAP_UL_2_996_TONE_RU_SUPPORT, 0x80000000000),
        (EXT_TAG_HE_MAC_CAP_OM_CNTL_UL_MU_DATA_DISABLE_RX_SUPPORT, 0x100000000000),
    ],
};

/// §9.4.2.248.3, two bytes each, behind the first byte, whose meaning depends on the band.
pub(super) const HE_PHYSICAL: [Set; 5] = [
    Set {
        width: 2,
        whole: EXT_TAG_HE_PHY_CAP_BITS_8_TO_23,
        parts: &[
            (EXT_TAG_HE_PHY_CAP_PUNC_PREAMBLE_RX, 0xf),
            (EXT_TAG_HE_PHY_CAP_DEVICE_CLASS, 0x10),
            (EXT_TAG_HE_PHY_CAP_LDPC_CODING_IN_PAYLOAD, 0x20),
            (EXT_TAG_HE_PHY_CAP_HE_SU_PPDU_WITH_1X_HE_LTF_08US, 0x40),
            (EXT_TAG_HE_PHY_CAP_MIDAMBLE_TX_RX_MAX_NSTS, 0x180),
            (EXT_TAG_HE_PHY_CAP_NDP_WITH_4X_HE_LTF_4X_3_2US, 0x200),
            (EXT_TAG_HE_PHY_CAP_STBC_TX_LT_80MHZ, 0x400),
            (EXT_TAG_HE_PHY_CAP_STBC_RX_LT_80MHZ, 0x800),
            (EXT_TAG_HE_PHY_CAP_DOPPLER_TX, 0x1000),
            (EXT_TAG_HE_PHY_CAP_DOPPLER_RX, 0x2000),
            (EXT_TAG_HE_PHY_CAP_FULL_BW_UL_MU_MIMO, 0x4000),
            (EXT_TAG_HE_PHY_CAP_PARTIAL_BW_UL_MU_MIMO, 0x8000),
        ],
    },
    Set {
        width: 2,
        whole: EXT_TAG_HE_PHY_CAP_BITS_24_TO_39,
        parts: &[
            (EXT_TAG_HE_PHY_CAP_DCM_MAX_CONST_TX, 0x3),
            (EXT_TAG_HE_PHY_CAP_DCM_MAX_NSS_TX, 0x4),
            (EXT_TAG_HE_PHY_CAP_DCM_MAX_CONST_RX, 0x18),
            (EXT_TAG_HE_PHY_CAP_RX_PARTIAL_BW_SU_20MHZ_HE_MU_PPDU, 0x40),
            (EXT_TAG_HE_PHY_CAP_SU_BEAMFORMER, 0x80),
            (EXT_TAG_HE_PHY_CAP_SU_BEAMFORMEE, 0x100),
            (EXT_TAG_HE_PHY_CAP_MU_BEAMFORMER, 0x200),
            (EXT_TAG_HE_PHY_CAP_BEAMFORMEE_STS_LTE_80MHZ, 0x1c00),
            (EXT_TAG_HE_PHY_CAP_BEAMFORMEE_STS_GT_80MHZ, 0xe000),
        ],
    },
    Set {
        width: 2,
        whole: EXT_TAG_HE_PHY_CAP_BITS_40_TO_55,
        parts: &[
            (EXT_TAG_HE_PHY_CAP_NO_SOUNDING_DIMS_LTE_80, 0x7),
            (EXT_TAG_HE_PHY_CAP_NO_SOUNDING_DIMS_GT_80, 0x38),
            (EXT_TAG_HE_PHY_CAP_NG_EQ_16_SU_FB, 0x40),
            (EXT_TAG_HE_PHY_CAP_NG_EQ_16_MU_FB, 0x80),
            (EXT_TAG_HE_PHY_CAP_CODEBOOK_SIZE_SU_FB, 0x100),
            (EXT_TAG_HE_PHY_CAP_CODEBOOK_SIZE_MU_FB, 0x200),
            (EXT_TAG_HE_PHY_CAP_TRIG_SU_BF_FB, 0x400),
            (EXT_TAG_HE_PHY_CAP_TRIG_MU_BF_FB, 0x800),
            (EXT_TAG_HE_PHY_CAP_TRIG_CQI_FB, 0x1000),
            (EXT_TAG_HE_PHY_CAP_PARTIAL_BW_ER, 0x2000),
            (EXT_TAG_HE_PHY_CAP_PARTIAL_BW_DL_MU_MIMO, 0x4000),
            (EXT_TAG_HE_PHY_CAP_PPE_THRES_PRESENT, 0x8000),
        ],
    },
    Set {
        width: 2,
        whole: EXT_TAG_HE_PHY_CAP_BITS_56_TO_71,
        parts: &[
            (EXT_TAG_HE_PHY_CAP_PSR_BASED_SR_SUP, 0x1),
            (EXT_TAG_HE_PHY_CAP_PWR_BST_FACTOR_AR_SUP, 0x2),
            (EXT_TAG_HE_PHY_CAP_HE_SU_PPDU_ETC_GI, 0x4),
            (EXT_TAG_HE_PHY_CAP_MAX_NC, 0x38),
            (EXT_TAG_HE_PHY_CAP_STBC_TX_GT_80_MHZ, 0x40),
            (EXT_TAG_HE_PHY_CAP_STBC_RX_GT_80_MHZ, 0x80),
            (EXT_TAG_HE_PHY_CAP_HE_ER_SU_PPDU_4XXX_GI, 0x100),
            (EXT_TAG_HE_PHY_CAP_20_MHZ_IN_40_IN_2_4GHZ, 0x200),
            (EXT_TAG_HE_PHY_CAP_20_MHZ_IN_160_80P80_PPDU, 0x400),
            (EXT_TAG_HE_PHY_CAP_80_MHZ_IN_160_80P80_PPDU, 0x800),
            (EXT_TAG_HE_PHY_CAP_HE_ER_SU_PPDU_1XXX_GI, 0x1000),
            (EXT_TAG_HE_PHY_CAP_MIDAMBLE_TX_RX_2X_1X_HE_LTF, 0x2000),
            (EXT_TAG_HE_PHY_CAP_DCM_MAX_RU, 0xc000),
        ],
    },
    Set {
        width: 2,
        whole: EXT_TAG_HE_PHY_CAP_BITS_72_TO_87,
        parts: &[
            (EXT_TAG_HE_PHY_CAP_LONGER_THAN_16_HE_SIGB_OFDM_SYM_SUPPORT, 0x1),
            (EXT_TAG_HE_PHY_CAP_NON_TRIGGERED_FEEDBACK, 0x2),
            (EXT_TAG_HE_PHY_CAP_TX_1024_QAM_SUPPORT_LT_242_TONE_RU, 0x4),
            (EXT_TAG_HE_PHY_CAP_RX_1024_QAM_SUPPORT_LT_242_TONE_RU, 0x8),
            (EXT_TAG_HE_PHY_CAP_RX_FULL_BW_SU_USING_HE_MU_PPDU_WITH_COMPRESSED_SIGB, 0x10),
            (EXT_TAG_HE_PHY_CAP_RX_FULL_BW_SU_USING_HE_MU_PPDU_WITH_NON_COMPRESSED_SIGB, 0x20),
            (EXT_TAG_HE_PHY_CAP_NOMINAL_PACKET_PADDING, 0xc0),
            (EXT_TAG_HE_PHY_CAP_HE_MU_PPDU_RU_RX_MAX, 0x100),
            (EXT_TAG_HE_PHY_CAP_RESERVED_B81_B87, 0xfe00),
        ],
    },
];
