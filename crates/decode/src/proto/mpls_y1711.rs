//! The OAM packets of MPLS that stand behind label 14 (ITU-T Y.1711, RFC 3429).

use super::prelude::*;

fields! {
    FUNCTION_TYPE: U8 at(0..1), "mpls_y1711.function_type", "Function Type", hex, names(FUNCTIONS);
    FREQUENCY: U8 at(3..4), "mpls_y1711.frequency", "Frequency", hex, names(FREQUENCIES), when(|v| v.bytes.u8(0) == 7);
    DEFECT_TYPE: U16 at(2..4), "mpls_y1711.defect_type", "Defect Type", hex, names(DEFECTS), when(is_defect);
    LSR_ID: Ip4 at(16..20), "mpls_y1711.lsr_id", "LSR ID", when(has_trail);
    LSP_ID: I32 at(20..24), "mpls_y1711.lsp_id", "LSP ID", when(has_trail);
    DEFECT_LOCATION: U32 at(24..28), "mpls_y1711.defect_location", "Defect Location (AS)", when(is_defect);
    BIP16: U16 at(42..44), "mpls_y1711.bip16", "BIP16", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    info: Some(|view, out| {
        out.push_str(crate::field::value_name(FUNCTIONS, view.bytes.u8(0).into()).unwrap_or("Reserved"));
    }),
    ..Protocol::new("mpls_y1711", "MPLS ITU-T Y.1711 OAM", "MPLS OAM")
};

/// 44 bytes (Y.1711 §5.2).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    const LENGTH: usize = 44;
    b.need(LENGTH)?;
    Ok(Step::next(LENGTH, ProtocolId::NONE))
}

/// Y.1711 table 1.
const FUNCTIONS: crate::field::ValueNames = &[
    (0x01, "CV (Connectivity Verification)"),
    (0x02, "FDI (Forward Defect Indicator)"),
    (0x03, "BDI (Backward Defect Indicator)"),
    (0x04, "Reserved for Performance packets"),
    (0x05, "Reserved for LB-Req (Loopback Request)"),
    (0x06, "Reserved for LB-Rsp (Loopback Response)"),
    (0x07, "FDD (Fast Failure Detection)"),
];

const FREQUENCIES: crate::field::ValueNames =
    &[(1, "10 ms"), (2, "20 ms"), (3, "50 ms (default value)"), (4, "100 ms"), (5, "200 ms"), (6, "500 ms")];

/// Y.1711 table 2.
const DEFECTS: crate::field::ValueNames = &[
    (0x0101, "dServer"),
    (0x0102, "dPeerME"),
    (0x0201, "dLOCV"),
    (0x0202, "dTTSI_Mismatch"),
    (0x0203, "dTTSI_Mismerge"),
    (0x0204, "dExcess"),
    (0x02ff, "dUnknown"),
];

/// Those that say where a trail begins: verifications and indications.
fn has_trail(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 1 | 2 | 3 | 7)
}

fn is_defect(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 2 | 3)
}
