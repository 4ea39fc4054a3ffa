//! Radiotap: what the radio said about an 802.11 frame (radiotap.org). Numbers are little-endian.

mod items;
mod phy;

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "radiotap.version", "Header revision";
    PAD: U8 at(1..2), "radiotap.pad", "Header pad";
    LENGTH: U16 walk, "radiotap.length", "Header length";
    PRESENT: None walk, "radiotap.present", "Present flags";
    PRESENT_WORD: U32 walk, "radiotap.present.word", "Present flags word", hex;
    PRESENT_TSFT: Bool walk, "radiotap.present.tsft", "TSFT";
    PRESENT_FLAGS: Bool walk, "radiotap.present.flags", "Flags";
    PRESENT_RATE: Bool walk, "radiotap.present.rate", "Rate";
    PRESENT_CHANNEL: Bool walk, "radiotap.present.channel", "Channel";
    PRESENT_FHSS: Bool walk, "radiotap.present.fhss", "FHSS";
    PRESENT_DBM_ANTSIGNAL: Bool walk, "radiotap.present.dbm_antsignal", "dBm Antenna Signal";
    PRESENT_DBM_ANTNOISE: Bool walk, "radiotap.present.dbm_antnoise", "dBm Antenna Noise";
    PRESENT_LOCK_QUALITY: Bool walk, "radiotap.present.lock_quality", "Lock Quality";
    PRESENT_TX_ATTENUATION: Bool walk, "radiotap.present.tx_attenuation", "TX Attenuation";
    PRESENT_DB_TX_ATTENUATION: Bool walk, "radiotap.present.db_tx_attenuation", "dB TX Attenuation";
    PRESENT_DBM_TX_POWER: Bool walk, "radiotap.present.dbm_tx_power", "dBm TX Power";
    PRESENT_ANTENNA: Bool walk, "radiotap.present.antenna", "Antenna";
    PRESENT_DB_ANTSIGNAL: Bool walk, "radiotap.present.db_antsignal", "dB Antenna Signal";
    PRESENT_DB_ANTNOISE: Bool walk, "radiotap.present.db_antnoise", "dB Antenna Noise";
    PRESENT_RXFLAGS: Bool walk, "radiotap.present.rxflags", "RX flags";
    PRESENT_TXFLAGS: Bool walk, "radiotap.present.txflags", "TX flags";
    PRESENT_DATA_RETRIES: Bool walk, "radiotap.present.data_retries", "data retries";
    PRESENT_XCHANNEL: Bool walk, "radiotap.present.xchannel", "Channel+";
    PRESENT_MCS: Bool walk, "radiotap.present.mcs", "MCS information";
    PRESENT_AMPDU: Bool walk, "radiotap.present.ampdu", "A-MPDU Status";
    PRESENT_VHT: Bool walk, "radiotap.present.vht", "VHT information";
    PRESENT_TIMESTAMP: Bool walk, "radiotap.present.timestamp", "frame timestamp";
    PRESENT_HE: Bool walk, "radiotap.present.he", "HE information";
    PRESENT_HE_MU: Bool walk, "radiotap.present.he_mu", "HE-MU information";
    PRESENT_0_LENGTH_PSDU: Bool walk, "radiotap.present.0_length.psdu", "0 Length PSDU";
    PRESENT_L_SIG: Bool walk, "radiotap.present.l_sig", "L-SIG";
    PRESENT_TLV: Bool walk, "radiotap.present.tlv", "TLVs";
    PRESENT_RTAP_NS: Bool walk, "radiotap.present.rtap_ns", "Radiotap NS next";
    PRESENT_VENDOR_NS: Bool walk, "radiotap.present.vendor_ns", "Vendor NS next";
    PRESENT_EXT: Bool walk, "radiotap.present.ext", "Ext";
    MACTIME: U64 walk, "radiotap.mactime", "MAC timestamp";
    FLAGS: U8 walk, "radiotap.flags", "Flags", hex;
    CFP: Bool walk, "radiotap.flags.cfp", "CFP";
    PREAMBLE: Bool walk, "radiotap.flags.preamble", "Preamble";
    WEP: Bool walk, "radiotap.flags.wep", "WEP";
    FRAGMENTED: Bool walk, "radiotap.flags.frag", "Fragmentation";
    FCS: Bool walk, "radiotap.flags.fcs", "FCS at end";
    DATAPAD: Bool walk, "radiotap.flags.datapad", "Data Pad";
    BADFCS: Bool walk, "radiotap.flags.badfcs", "Bad FCS";
    SHORTGI: Bool walk, "radiotap.flags.shortgi", "Short GI";
    DATA_RATE: Float walk, "radiotap.datarate", "Data rate (Mb/s)";
    CHANNEL_FREQ: U32 walk, "radiotap.channel.freq", "Channel frequency";
    CHANNEL_FLAGS: U16 walk, "radiotap.channel.flags", "Channel flags", hex;
    CHANNEL_700MHZ: Bool walk, "radiotap.channel.flags.700mhz", "700 MHz spectrum";
    CHANNEL_800MHZ: Bool walk, "radiotap.channel.flags.800mhz", "800 MHz spectrum";
    CHANNEL_900MHZ: Bool walk, "radiotap.channel.flags.900mhz", "900 MHz spectrum";
    CHANNEL_TURBO: Bool walk, "radiotap.channel.flags.turbo", "Turbo";
    CHANNEL_CCK: Bool walk, "radiotap.channel.flags.cck", "Complementary Code Keying (CCK)";
    CHANNEL_OFDM: Bool walk, "radiotap.channel.flags.ofdm", "Orthogonal Frequency-Division Multiplexing (OFDM)";
    CHANNEL_2GHZ: Bool walk, "radiotap.channel.flags.2ghz", "2 GHz spectrum";
    CHANNEL_5GHZ: Bool walk, "radiotap.channel.flags.5ghz", "5 GHz spectrum";
    CHANNEL_PASSIVE: Bool walk, "radiotap.channel.flags.passive", "Passive";
    CHANNEL_DYNAMIC: Bool walk, "radiotap.channel.flags.dynamic", "Dynamic CCK-OFDM";
    CHANNEL_GFSK: Bool walk, "radiotap.channel.flags.gfsk", "Gaussian Frequency Shift Keying (GFSK)";
    CHANNEL_GSM: Bool walk, "radiotap.channel.flags.gsm", "GSM (900MHz)";
    CHANNEL_STURBO: Bool walk, "radiotap.channel.flags.sturbo", "Static Turbo";
    CHANNEL_HALF: Bool walk, "radiotap.channel.flags.half", "Half Rate Channel (10MHz Channel Width)";
    CHANNEL_QUARTER: Bool walk, "radiotap.channel.flags.quarter", "Quarter Rate Channel (5MHz Channel Width)";
    FHSS_HOPSET: U8 walk, "radiotap.fhss.hopset", "FHSS Hop Set";
    FHSS_PATTERN: U8 walk, "radiotap.fhss.pattern", "FHSS Pattern";
    DBM_ANTSIGNAL: I8 walk, "radiotap.dbm_antsignal", "Antenna signal";
    DBM_ANTNOISE: I8 walk, "radiotap.dbm_antnoise", "Antenna noise";
    QUALITY: U16 walk, "radiotap.quality", "Signal Quality";
    TXATTENUATION: U16 walk, "radiotap.txattenuation", "TX attenuation";
    DB_TXATTENUATION: U16 walk, "radiotap.db_txattenuation", "dB TX attenuation";
    TXPOWER: I8 walk, "radiotap.txpower", "Transmit power";
    ANTENNA: U32 walk, "radiotap.antenna", "Antenna";
    DB_ANTSIGNAL: U8 walk, "radiotap.db_antsignal", "dB antenna signal";
    DB_ANTNOISE: U8 walk, "radiotap.db_antnoise", "dB antenna noise";
    RXFLAGS: U16 walk, "radiotap.rxflags", "RX flags", hex;
    BADPLCP: Bool walk, "radiotap.rxflags.badplcp", "Bad PLCP";
    TXFLAGS: U16 walk, "radiotap.txflags", "TX flags", hex;
    TX_FAIL: Bool walk, "radiotap.rxflags.fail", "Fail";
    TX_CTS: Bool walk, "radiotap.rxflags.cts", "CTS";
    TX_RTS: Bool walk, "radiotap.rxflags.rts", "RTS/CTS";
    TX_NOACK: Bool walk, "radiotap.rxflags.noack", "No ACK";
    TX_NOSEQNO: Bool walk, "radiotap.rxflags.noseqno", "Has Seqnum";
    TX_ORDER: Bool walk, "radiotap.rxflags.order", "Order";
    DATA_RETRIES: U8 walk, "radiotap.data_retries", "data retries";
    XCHANNEL: U32 walk, "radiotap.xchannel.channel", "Channel number";
    XCHANNEL_FREQ: U32 walk, "radiotap.xchannel.freq", "Channel frequency";
    XCHANNEL_FLAGS: U32 walk, "radiotap.xchannel.flags", "Channel flags", hex;
    XCHANNEL_TURBO: Bool walk, "radiotap.xchannel.flags.turbo", "Turbo";
    XCHANNEL_CCK: Bool walk, "radiotap.xchannel.flags.cck", "Complementary Code Keying (CCK)";
    XCHANNEL_OFDM: Bool walk, "radiotap.xchannel.flags.ofdm", "Orthogonal Frequency-Division Multiplexing (OFDM)";
    XCHANNEL_2GHZ: Bool walk, "radiotap.xchannel.flags.2ghz", "2 GHz spectrum";
    XCHANNEL_5GHZ: Bool walk, "radiotap.xchannel.flags.5ghz", "5 GHz spectrum";
    XCHANNEL_DYNAMIC: Bool walk, "radiotap.xchannel.flags.dynamic", "Dynamic CCK-OFDM";
    XCHANNEL_GFSK: Bool walk, "radiotap.xchannel.flags.gfsk", "Gaussian Frequency Shift Keying (GFSK)";
    XCHANNEL_GSM: Bool walk, "radiotap.xchannel.flags.gsm", "GSM (900MHz)";
    XCHANNEL_STURBO: Bool walk, "radiotap.xchannel.flags.sturbo", "Static Turbo";
    XCHANNEL_HALF: Bool walk, "radiotap.xchannel.flags.half", "Half Rate Channel (10MHz Channel Width)";
    XCHANNEL_QUARTER: Bool walk, "radiotap.xchannel.flags.quarter", "Quarter Rate Channel (5MHz Channel Width)";
    XCHANNEL_HT20: Bool walk, "radiotap.xchannel.flags.ht20", "HT Channel (20MHz Channel Width)";
    XCHANNEL_HT40U: Bool walk, "radiotap.xchannel.flags.ht40u", "HT Channel (40MHz Channel Width with Extension channel above)";
    XCHANNEL_HT40D: Bool walk, "radiotap.xchannel.flags.ht40d", "HT Channel (40MHz Channel Width with Extension channel below)";
    XCHANNEL_PASSIVE: Bool walk, "radiotap.channel.xtype.passive", "Passive";
    MCS: None walk, "radiotap.mcs", "MCS information";
    MCS_KNOWN: U8 walk, "radiotap.mcs.known", "Known MCS information", hex;
    MCS_HAVE_BW: Bool walk, "radiotap.mcs.have_bw", "Bandwidth";
    MCS_HAVE_INDEX: Bool walk, "radiotap.mcs.have_index", "MCS index";
    MCS_HAVE_GI: Bool walk, "radiotap.mcs.have_gi", "Guard interval";
    MCS_HAVE_FORMAT: Bool walk, "radiotap.mcs.have_format", "Format";
    MCS_HAVE_FEC: Bool walk, "radiotap.mcs.have_fec", "FEC type";
    MCS_HAVE_STBC: Bool walk, "radiotap.mcs.have_stbc", "STBC streams";
    MCS_HAVE_NESS: Bool walk, "radiotap.mcs.have_ness", "Number of extension spatial streams";
    MCS_NESS_BIT1: U8 walk, "radiotap.mcs.ness_bit1", "Number of extension spatial streams bit 1";
    MCS_BW: U8 walk, "radiotap.mcs.bw", "Bandwidth", names(BANDWIDTHS);
    MCS_GI: U8 walk, "radiotap.mcs.gi", "Guard interval", names(&[(0, "long"), (1, "short")]);
    MCS_FORMAT: U8 walk, "radiotap.mcs.format", "Format", names(&[(0, "mixed"), (1, "greenfield")]);
    MCS_FEC: U8 walk, "radiotap.mcs.fec", "FEC type", names(&[(0, "BCC"), (1, "LDPC")]);
    MCS_STBC: U8 walk, "radiotap.mcs.stbc", "STBC streams";
    MCS_NESS_BIT0: U8 walk, "radiotap.mcs.ness_bit0", "Number of extension spatial streams bit 0";
    MCS_INDEX: U8 walk, "radiotap.mcs.index", "MCS index";
    AMPDU: None walk, "radiotap.ampdu", "A-MPDU status";
    AMPDU_REFERENCE: U32 walk, "radiotap.ampdu.reference", "A-MPDU reference number";
    AMPDU_FLAGS: U16 walk, "radiotap.ampdu.flags", "A-MPDU flags", hex;
    AMPDU_REPORT_ZEROLEN: Bool walk, "radiotap.ampdu.flags.report_zerolen", "Driver reports 0-length subframes in this A-MPDU";
    AMPDU_IS_ZEROLEN: Bool walk, "radiotap.ampdu.flags.is_zerolen", "This is a 0-length subframe";
    AMPDU_LASTKNOWN: Bool walk, "radiotap.ampdu.flags.lastknown", "Last subframe of this A-MPDU is known";
    AMPDU_LAST: Bool walk, "radiotap.ampdu.flags.last", "This is the last subframe of this A-MPDU";
    AMPDU_DELIM_CRC_ERROR: Bool walk, "radiotap.ampdu.flags.delim_crc_error", "Delimiter CRC error on this subframe";
    AMPDU_EOF: Bool walk, "radiotap.ampdu.flags.eof", "EOF on this subframe";
    AMPDU_EOF_KNOWN: Bool walk, "radiotap.ampdu.flags.eof_known", "EOF of this A-MPDU is known";
    AMPDU_DELIM_CRC: U8 walk, "radiotap.ampdu.delim_crc", "A-MPDU subframe delimiter CRC", hex;
    VHT: None walk, "radiotap.vht", "VHT information";
    VHT_KNOWN: U16 walk, "radiotap.vht.known", "Known VHT information", hex;
    VHT_HAVE_STBC: Bool walk, "radiotap.vht.have_stbc", "STBC";
    VHT_HAVE_TXOP_PS: Bool walk, "radiotap.vht.have_txop_ps", "TXOP_PS_NOT_ALLOWED";
    VHT_HAVE_GI: Bool walk, "radiotap.vht.have_gi", "Guard interval";
    VHT_HAVE_SGI_NSYM_DA: Bool walk, "radiotap.vht.have_sgi_nsym_da", "SGI Nsym disambiguation";
    VHT_LDPC_EXTRA: Bool walk, "radiotap.vht.ldpc_extra", "LDPC extra OFDM symbol";
    VHT_HAVE_BEAMFORMED: Bool walk, "radiotap.vht.have_beamformed", "Beamformed";
    VHT_HAVE_GID: Bool walk, "radiotap.mcs.have_gid", "Group ID";
    VHT_HAVE_PAID: Bool walk, "radiotap.mcs.have_paid", "Partial AID";
    VHT_STBC: Bool walk, "radiotap.vht.stbc", "STBC";
    VHT_TXOP_PS: Bool walk, "radiotap.vht.txop_ps", "TXOP_PS_NOT_ALLOWED";
    VHT_GI: U8 walk, "radiotap.vht.gi", "Guard interval", names(&[(0, "long"), (1, "short")]);
    VHT_SGI_NSYM_DA: Bool walk, "radiotap.vht.sgi_nsym_da", "SGI Nsym disambiguation";
    VHT_BEAMFORMED: Bool walk, "radiotap.vht.beamformed", "Beamformed";
    VHT_BW: U8 walk, "radiotap.vht.bw", "Bandwidth", names(VHT_BANDWIDTHS);
    VHT_USER: None walk, "radiotap.vht.user", "User";
    VHT_MCS_0: U8 walk, "radiotap.vht.mcs.0", "MCS index 0";
    VHT_MCS_1: U8 walk, "radiotap.vht.mcs.1", "MCS index 1";
    VHT_MCS_2: U8 walk, "radiotap.vht.mcs.2", "MCS index 2";
    VHT_MCS_3: U8 walk, "radiotap.vht.mcs.3", "MCS index 3";
    VHT_NSS_0: U8 walk, "radiotap.vht.nss.0", "Spatial streams 0";
    VHT_NSS_1: U8 walk, "radiotap.vht.nss.1", "Spatial streams 1";
    VHT_NSS_2: U8 walk, "radiotap.vht.nss.2", "Spatial streams 2";
    VHT_NSS_3: U8 walk, "radiotap.vht.nss.3", "Spatial streams 3";
    VHT_CODING_0: U8 walk, "radiotap.vht.coding.0", "Coding 0", names(&[(0, "BCC"), (1, "LDPC")]);
    VHT_CODING_1: U8 walk, "radiotap.vht.coding.1", "Coding 1", names(&[(0, "BCC"), (1, "LDPC")]);
    VHT_CODING_2: U8 walk, "radiotap.vht.coding.2", "Coding 2", names(&[(0, "BCC"), (1, "LDPC")]);
    VHT_CODING_3: U8 walk, "radiotap.vht.coding.3", "Coding 3", names(&[(0, "BCC"), (1, "LDPC")]);
    VHT_NSTS_0: U8 walk, "radiotap.vht.nsts.0", "Space-time streams 0";
    VHT_NSTS_1: U8 walk, "radiotap.vht.nsts.1", "Space-time streams 1";
    VHT_NSTS_2: U8 walk, "radiotap.vht.nsts.2", "Space-time streams 2";
    VHT_NSTS_3: U8 walk, "radiotap.vht.nsts.3", "Space-time streams 3";
    VHT_DATARATE_0: Float walk, "radiotap.vht.datarate.0", "Data rate (Mb/s) 0";
    VHT_DATARATE_1: Float walk, "radiotap.vht.datarate.1", "Data rate (Mb/s) 1";
    VHT_DATARATE_2: Float walk, "radiotap.vht.datarate.2", "Data rate (Mb/s) 2";
    VHT_DATARATE_3: Float walk, "radiotap.vht.datarate.3", "Data rate (Mb/s) 3";
    VHT_GID: U8 walk, "radiotap.vht.gid", "Group Id";
    VHT_PAID: U16 walk, "radiotap.vht.paid", "Partial AID";
    TIMESTAMP: None walk, "radiotap.timestamp", "timestamp information";
    TIMESTAMP_TS: U64 walk, "radiotap.timestamp.ts", "timestamp";
    TIMESTAMP_ACCURACY: U16 walk, "radiotap.timestamp.accuracy", "accuracy";
    TIMESTAMP_UNIT: U8 walk, "radiotap.timestamp.unit", "time unit", names(&[(0, "msec"), (1, "usec"), (3, "nsec")]);
    TIMESTAMP_SAMPLINGPOS: U8 walk, "radiotap.timestamp.samplingpos", "sampling position";
    TIMESTAMP_32BIT: Bool walk, "radiotap.timestamp.flags.32bit", "32-bit counter";
    TIMESTAMP_HAS_ACCURACY: Bool walk, "radiotap.timestamp.flags.accuracy", "accuracy field";
    HE_1: U16 walk, "radiotap.he.data_1", "HE Data 1", hex;
    HE_2: U16 walk, "radiotap.he.data_2", "HE Data 2", hex;
    HE_3: U16 walk, "radiotap.he.data_3", "HE Data 3", hex;
    HE_4: U16 walk, "radiotap.he.data_4", "HE Data 4", hex;
    HE_5: U16 walk, "radiotap.he.data_5", "HE Data 5", hex;
    HE_6: U16 walk, "radiotap.he.data_6", "HE Data 6", hex;
    HE_PPDU_FORMAT: U16 walk, "radiotap.he.data_1.ppdu_format", "PPDU Format", hex, names(HE_FORMATS);
    HE_BSS_COLOR_KNOWN: Bool walk, "radiotap.he.data_1.bss_color_known", "BSS Color known";
    HE_BEAM_CHANGE_KNOWN: Bool walk, "radiotap.he.data_1.beam_change_known", "Beam Change known";
    HE_UL_DL_KNOWN: Bool walk, "radiotap.he.data_1.ul_dl_known", "UL/DL known";
    HE_DATA_MCS_KNOWN: Bool walk, "radiotap.he.data_1.data_mcs_known", "data MCS known";
    HE_DATA_DCM_KNOWN: Bool walk, "radiotap.he.data_1.data_dcm_known", "data DCM known";
    HE_CODING_KNOWN: Bool walk, "radiotap.he.data_1.coding_known", "Coding known";
    HE_LDPC_EXTRA_SYMBOL_SEGMENT_KNOWN: Bool walk, "radiotap.he.data_1.ldpc_extra_symbol_segment_known", "LDPC extra symbol segment known";
    HE_STBC_KNOWN: Bool walk, "radiotap.he.data_1.stbc_known", "STBC known";
    HE_SPATIAL_REUSE_1_KNOWN: Bool walk, "radiotap.he.data_1.spatial_reuse_1_known", "Spatial Reuse 1 known";
    HE_SPATIAL_REUSE_2_KNOWN: Bool walk, "radiotap.he.data_1.spatial_reuse_2_known", "Spatial Reuse 2 known";
    HE_SPATIAL_REUSE_3_KNOWN: Bool walk, "radiotap.he.data_1.spatial_reuse_3_known", "Spatial Reuse 3 known";
    HE_SPATIAL_REUSE_4_KNOWN: Bool walk, "radiotap.he.data_1.spatial_reuse_4_known", "Spatial Reuse 4 known";
    HE_DATA_BW_RU_ALLOCATION_KNOWN: Bool walk, "radiotap.he.data_1.data_bw_ru_allocation_known", "data BW/RU allocation known";
    HE_DOPPLER_KNOWN: Bool walk, "radiotap.he.data_1.doppler_known", "Doppler known";
    HE_PRI_SEC_80_MHZ_KNOWN: Bool walk, "radiotap.he.data_2.pri_sec_80_mhz_known", "pri/sec 80 MHz known";
    HE_GI_KNOWN: Bool walk, "radiotap.he.data_2.gi_known", "GI known";
    HE_NUM_LTF_SYMBOLS_KNOWN: Bool walk, "radiotap.he.data_2.num_ltf_symbols_known", "LTF symbols known";
    HE_PRE_FEC_PADDING_FACTOR_KNOWN: Bool walk, "radiotap.he.data_2.pre_fec_padding_factor_known", "Pre-FEC Padding Factor known";
    HE_TXBF_KNOWN: Bool walk, "radiotap.he.data_2.txbf_known", "TxBF known";
    HE_PE_DISAMBIGUITY_KNOWN: Bool walk, "radiotap.he.data_2.pe_disambiguity_known", "PE Disambiguity known";
    HE_TXOP_KNOWN: Bool walk, "radiotap.he.data_2.txop_known", "TXOP known";
    HE_MIDAMBLE_PERIODICITY_KNOWN: Bool walk, "radiotap.he.data_2.midamble_periodicity_known", "midamble periodicity known";
    HE_RU_ALLOCATION_OFFSET: U16 walk, "radiotap.he.data_2.ru_allocation_offset", "RU allocation offset", hex;
    HE_RU_ALLOCATION_OFFSETI_KNOWN: Bool walk, "radiotap.he.data_2.ru_allocation_offseti_known", "RU allocation offset known";
    HE_PRI_SEC_80_MHZ: Bool walk, "radiotap.he.data_2.pri_sec_80_mhz", "pri/sec 80 MHz";
    HE_DATA_3_BSS_COLOR: U16 walk, "radiotap.he.data_3.bss_color", "BSS Color", hex;
    HE_DATA_3_BSS_COLOR_UNKNOWN: U16 walk, "radiotap.he.data_3.bss_color_unknown", "BSS Color unknown", hex;
    HE_DATA_3_BEAM_CHANGE: U16 walk, "radiotap.he.data_3.beam_change", "Beam Change", hex;
    HE_DATA_3_BEAM_CHANGE_UNKNOWN: U16 walk, "radiotap.he.data_3.beam_change_unknown", "Beam Change unknown", hex;
    HE_DATA_3_UL_DL: U16 walk, "radiotap.he.data_3.ul_dl", "UL/DL", hex;
    HE_DATA_3_UL_DL_UNKNOWN: U16 walk, "radiotap.he.data_3.ul_dl_unknown", "UL/DL unknown", hex;
    HE_DATA_3_DATA_MCS: U16 walk, "radiotap.he.data_3.data_mcs", "data MCS", hex;
    HE_DATA_3_DATA_MCS_UNKNOWN: U16 walk, "radiotap.he.data_3.data_mcs_unknown", "data MCS unknown", hex;
    HE_DATA_3_DATA_DCM: U16 walk, "radiotap.he.data_3.data_dcm", "data DCM", hex;
    HE_DATA_3_DATA_DCM_UNKNOWN: U16 walk, "radiotap.he.data_3.data_dcm_unknown", "data DCM unknown", hex;
    HE_DATA_3_CODING: U16 walk, "radiotap.he.data_3.coding", "Coding", hex;
    HE_DATA_3_CODING_UNKNOWN: U16 walk, "radiotap.he.data_3.coding_unknown", "Coding unknown", hex;
    HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT: U16 walk, "radiotap.he.data_3.ldpc_extra_symbol_segment", "LDPC extra symbol segment", hex;
    HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT_UNKNOWN: U16 walk, "radiotap.he.data_3.ldpc_extra_symbol_segment_unknown", "LDPC extra symbol segment unknown", hex;
    HE_DATA_3_STBC: U16 walk, "radiotap.he.data_3.stbc", "STBC", hex;
    HE_DATA_3_STBC_UNKNOWN: U16 walk, "radiotap.he.data_3.stbc_unknown", "STBC unknown", hex;
    HE_DATA_4_SPATIAL_REUSE: U16 walk, "radiotap.he.data_4.spatial_reuse", "Spatial Reuse", hex;
    HE_DATA_4_SPATIAL_REUSE_UNKNOWN: U16 walk, "radiotap.he.data_4.spatial_reuse_unknown", "Spatial Reuse unknown", hex;
    HE_DATA_4_SPATIAL_REUSE_1: U16 walk, "radiotap.he.data_4.spatial_reuse_1", "Spatial Reuse 1", hex;
    HE_DATA_4_SPATIAL_REUSE_1_UNKNOWN: U16 walk, "radiotap.he.data_4.spatial_reuse_1_unknown", "Spatial Reuse 1 unknown", hex;
    HE_DATA_4_SPATIAL_REUSE_2: U16 walk, "radiotap.he.data_4.spatial_reuse_2", "Spatial Reuse 2", hex;
    HE_DATA_4_SPATIAL_REUSE_2_UNKNOWN: U16 walk, "radiotap.he.data_4.spatial_reuse_2_unknown", "Spatial Reuse 2 unknown", hex;
    HE_DATA_4_SPATIAL_REUSE_3: U16 walk, "radiotap.he.data_4.spatial_reuse_3", "Spatial Reuse 3", hex;
    HE_DATA_4_SPATIAL_REUSE_3_UNKNOWN: U16 walk, "radiotap.he.data_4.spatial_reuse_3_unknown", "Spatial Reuse 3 unknown", hex;
    HE_DATA_4_SPATIAL_REUSE_4: U16 walk, "radiotap.he.data_4.spatial_reuse_4", "Spatial Reuse 4", hex;
    HE_DATA_4_SPATIAL_REUSE_4_UNKNOWN: U16 walk, "radiotap.he.data_4.spatial_reuse_4_unknown", "Spatial Reuse 4 unknown", hex;
    HE_DATA_5_DATA_BW_RU_ALLOCATION: U16 walk, "radiotap.he.data_5.data_bw_ru_allocation", "data Bandwidth/RU allocation", hex;
    HE_DATA_5_DATA_BW_RU_ALLOCATION_UNKNOWN: U16 walk, "radiotap.he.data_5.data_bw_ru_allocation_unknown", "data Bandwidth/RU allocation unknown", hex;
    HE_DATA_5_GI: U16 walk, "radiotap.he.data_5.gi", "GI", hex;
    HE_DATA_5_GI_UNKNOWN: U16 walk, "radiotap.he.data_5.gi_unknown", "GI unknown", hex;
    HE_DATA_5_LTF_SYMBOL_SIZE: U16 walk, "radiotap.he.data_5.ltf_symbol_size", "LTF symbol size", hex;
    HE_DATA_5_LTF_SYMBOL_SIZE_UNKNOWN: U16 walk, "radiotap.he.data_5.ltf_symbol_size_unknown", "LTF symbol size unknown", hex;
    HE_NUM_LTF_SYMBOLS: U16 walk, "radiotap.he.num_ltf_symbols", "LTF symbols", hex;
    HE_NUM_LTF_SYMBOLS_UNKNOWN: U16 walk, "radiotap.he.num_ltf_symbols_unknown", "LTF symbols unknown", hex;
    HE_PRE_FEC_PADDING_FACTOR: U16 walk, "radiotap.he.pre_fec_padding_factor", "Pre-FEC Padding Factor", hex;
    HE_PRE_FEC_PADDING_FACTOR_UNKNOWN: U16 walk, "radiotap.he.pre_fec_padding_factor_unknown", "Pre-FEC Padding Factor unknown", hex;
    HE_TXBF: U16 walk, "radiotap.he.txbf", "TxBF", hex;
    HE_TXBF_UNKNOWN: U16 walk, "radiotap.he.txbf_unknown", "TxBF unknown", hex;
    HE_PE_DISAMBIGUITY: U16 walk, "radiotap.he.pe_disambiguity", "PE Disambiguity", hex;
    HE_PE_DISAMBIGUITY_UNKNOWN: U16 walk, "radiotap.he.pe_disambiguity_unknown", "PE Disambiguity unknown", hex;
    HE_DATA_6_DOPPLER_VALUE: U16 walk, "radiotap.he.data_6.doppler_value", "Doppler value", hex;
    HE_DATA_6_DOPPLER_VALUE_UNKNOWN: U16 walk, "radiotap.he.data_6.doppler_value_unknown", "Doppler value unknown", hex;
    HE_DATA_6_TXOP_VALUE: U16 walk, "radiotap.he.data_6.txop_value", "TXOP value", hex;
    HE_DATA_6_TXOP_VALUE_UNKNOWN: U16 walk, "radiotap.he.data_6.txop_value_unknown", "TXOP value unknown", hex;
    HE_DATA_6_MIDAMBLE_PERIODICITY: U16 walk, "radiotap.he.data_6.midamble_periodicity", "midamble periodicity", hex;
    HE_DATA_6_MIDAMBLE_PERIODICITY_UNKNOWN: U16 walk, "radiotap.he.data_6.midamble_periodicity_unknown", "midamble periodicity unknown", hex;
    HE_DATA_4_RESERVED_D4_FFF0: U16 walk, "radiotap.he.data_4.reserved_d4_fff0", "Reserved", hex;
    HE_DATA_4_STA_ID_USER: U16 walk, "radiotap.he.data_4.sta_id_user", "STA-ID of user data captured for", hex;
    HE_DATA_4_RESERVED_D4_B15: U16 walk, "radiotap.he.data_4.reserved_d4_b15", "Reserved", hex;
    HE_DATA_5_RESERVED_D5_B11: U16 walk, "radiotap.he.data_5.reserved_d5_b11", "reserved", hex;
    HE_DATA_6_NSTS: U16 walk, "radiotap.he.data_6.nsts", "NSTS", hex;
    HE_DATA_6_RESERVED_D6_00E0: U16 walk, "radiotap.he.data_6.reserved_d6_00e0", "Reserved", hex;
    ZERO_LENGTH_PSDU: U8 walk, "radiotap.0_len_psdu.type", "Type", hex;
    L_SIG_DATA1: U16 walk, "radiotap.l_sig.data1", "Data1", hex;
    L_SIG_RATE_KNOWN: Bool walk, "radiotap.l_sig.rate_known", "rate known";
    L_SIG_LENGTH_KNOWN: Bool walk, "radiotap.l_sig.length_known", "length known";
    L_SIG_DATA2: U16 walk, "radiotap.l_sig.data2", "Data2", hex;
    L_SIG_RATE: U16 walk, "radiotap.l_sig.rate", "rate";
    L_SIG_LENGTH: U16 walk, "radiotap.l_sig.length", "length";
    VENDOR_NAMESPACE: Bytes walk, "radiotap.vendor_namespace", "Vendor namespace";
    VENDOR_OUI: U24 walk, "radiotap.vendor_oui", "Vendor OUI";
    VENDOR_SUBNS: U8 walk, "radiotap.vendor_subns", "Vendor sub namespace";
    VENDOR_DATA_LEN: U16 walk, "radiotap.vendor_data_len", "Vendor data length";
    VENDOR_DATA: None walk, "radiotap.vendor_data", "Vendor data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::IEEE802_11_RADIOTAP)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("radiotap", "IEEE 802.11 Radiotap Capture header", "Radiotap")
};

/// The flags say whether the frame's checksum was captured too; it is not part of what the frame carries.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    const FLAG_FCS: u8 = 0x10;
    b.need(8)?;
    let length = usize::from(b.u16(2).swap_bytes()).max(8);
    b.need(length)?;
    let mut checksum = 0;
    if let Some(at) = flags_at(b, length)
        && b.u8(at) & FLAG_FCS != 0
    {
        checksum = 4;
    }
    let end = b.len().saturating_sub(checksum).max(length) as u32;
    Ok(Step { end, ..Step::next(length, id::wlan) })
}

/// Presence bits.
mod bit {
    pub(super) const TSFT: u32 = 0;
    pub(super) const FLAGS: u32 = 1;
    pub(super) const RATE: u32 = 2;
    pub(super) const CHANNEL: u32 = 3;
    pub(super) const FHSS: u32 = 4;
    pub(super) const DBM_ANTSIGNAL: u32 = 5;
    pub(super) const DBM_ANTNOISE: u32 = 6;
    pub(super) const LOCK_QUALITY: u32 = 7;
    pub(super) const TX_ATTENUATION: u32 = 8;
    pub(super) const DB_TX_ATTENUATION: u32 = 9;
    pub(super) const DBM_TX_POWER: u32 = 10;
    pub(super) const ANTENNA: u32 = 11;
    pub(super) const DB_ANTSIGNAL: u32 = 12;
    pub(super) const DB_ANTNOISE: u32 = 13;
    pub(super) const RX_FLAGS: u32 = 14;
    pub(super) const TX_FLAGS: u32 = 15;
    pub(super) const DATA_RETRIES: u32 = 17;
    pub(super) const XCHANNEL: u32 = 18;
    pub(super) const MCS: u32 = 19;
    pub(super) const AMPDU: u32 = 20;
    pub(super) const VHT: u32 = 21;
    pub(super) const TIMESTAMP: u32 = 22;
    pub(super) const HE: u32 = 23;
    pub(super) const ZERO_LENGTH_PSDU: u32 = 26;
    pub(super) const L_SIG: u32 = 27;
    /// The next word counts from the first field again.
    pub(super) const RADIOTAP_NAMESPACE: u32 = 29;
    /// The next word is of a vendor.
    pub(super) const VENDOR_NAMESPACE: u32 = 30;
    /// More words of presence bits follow.
    pub(super) const EXT: u32 = 31;
}

const PRESENT_BITS: &[(FieldIndex, u64)] = &[
    (PRESENT_TSFT, 0x1),
    (PRESENT_FLAGS, 0x2),
    (PRESENT_RATE, 0x4),
    (PRESENT_CHANNEL, 0x8),
    (PRESENT_FHSS, 0x10),
    (PRESENT_DBM_ANTSIGNAL, 0x20),
    (PRESENT_DBM_ANTNOISE, 0x40),
    (PRESENT_LOCK_QUALITY, 0x80),
    (PRESENT_TX_ATTENUATION, 0x100),
    (PRESENT_DB_TX_ATTENUATION, 0x200),
    (PRESENT_DBM_TX_POWER, 0x400),
    (PRESENT_ANTENNA, 0x800),
    (PRESENT_DB_ANTSIGNAL, 0x1000),
    (PRESENT_DB_ANTNOISE, 0x2000),
    (PRESENT_RXFLAGS, 0x4000),
    (PRESENT_TXFLAGS, 0x8000),
    (PRESENT_DATA_RETRIES, 0x20000),
    (PRESENT_XCHANNEL, 0x40000),
    (PRESENT_MCS, 0x80000),
    (PRESENT_AMPDU, 0x100000),
    (PRESENT_VHT, 0x200000),
    (PRESENT_TIMESTAMP, 0x400000),
    (PRESENT_HE, 0x800000),
    (PRESENT_HE_MU, 0x1000000),
    (PRESENT_0_LENGTH_PSDU, 0x4000000),
    (PRESENT_L_SIG, 0x8000000),
    (PRESENT_TLV, 0x10000000),
];

const NAMESPACE_BITS: &[(FieldIndex, u64)] =
    &[(PRESENT_RTAP_NS, 0x20000000), (PRESENT_VENDOR_NS, 0x40000000), (PRESENT_EXT, 0x80000000)];

/// The words of presence bits, each with its offset.
fn words<'a>(b: Bytes<'a>, length: usize) -> impl Iterator<Item = (usize, u32)> + 'a {
    let mut next = Some(4);
    std::iter::from_fn(move || {
        let at = next.filter(|at| at + 4 <= length)?;
        let word = b.u32(at).swap_bytes();
        next = Some(at + 4).filter(|_| word >> bit::EXT & 1 != 0);
        Some((at, word))
    })
}

/// Where the flags are: only the time is in front of them.
fn flags_at(b: Bytes<'_>, length: usize) -> Option<usize> {
    let present = b.u32(4).swap_bytes();
    let mut at = words(b, length).last()?.0 + 4;
    if present >> bit::TSFT & 1 != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    Some(at).filter(|at| present >> bit::FLAGS & 1 != 0 && *at < length)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    b.need(8)?;
    out.put(LENGTH, 2..4, Value::Unsigned(b.u16(2).swap_bytes().into()));
    out.put(PRESENT, 4..8, Value::Present);
    let mut end = 4;
    let (mut of_radiotap, mut first) = (true, true);
    for (at, word) in words(b, b.len()) {
        end = at + 4;
        let r = Reader::new(b.0, end);
        let number = u64::from(word);
        out.open(at..end, format_args!("Present flags word: 0x{word:08x}"));
        out.put(PRESENT_WORD, at..end, Value::Unsigned(number));
        if of_radiotap && first {
            put_flags(&r, 4, number, PRESENT_BITS, out);
        }
        put_flags(&r, 4, number, NAMESPACE_BITS, out);
        out.close();
        first = begins_namespace(word);
        of_radiotap = next_is_radiotap(word, of_radiotap);
    }
    items::items(b, end, out)
}

/// Whether the word behind this one counts from the first bit of its namespace.
const fn begins_namespace(word: u32) -> bool {
    word >> bit::VENDOR_NAMESPACE & 1 != 0 || word >> bit::RADIOTAP_NAMESPACE & 1 != 0
}

fn next_is_radiotap(word: u32, now: bool) -> bool {
    (now || word >> bit::RADIOTAP_NAMESPACE & 1 != 0) && word >> bit::VENDOR_NAMESPACE & 1 == 0
}

const BANDWIDTHS: crate::field::ValueNames = &[(0, "20 MHz"), (1, "40 MHz"), (2, "20L"), (3, "20U")];

const VHT_BANDWIDTHS: crate::field::ValueNames = &[
    (0, "20 MHz"),
    (1, "40 MHz"),
    (2, "20L"),
    (3, "20U"),
    (4, "80 MHz"),
    (5, "40L"),
    (6, "40U"),
    (7, "20LL"),
    (8, "20LU"),
    (9, "20UL"),
    (10, "20UU"),
    (11, "160 MHz"),
];

const HE_FORMATS: crate::field::ValueNames = &[(0, "HE_SU"), (1, "HE_EXT_SU"), (2, "HE_MU"), (3, "HE_TRIG")];
