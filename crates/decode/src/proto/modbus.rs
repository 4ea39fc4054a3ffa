//! Modbus: what a request or response asks and answers (Modbus Application Protocol Specification V1.1b3). Responses do not say
//! which registers they are about: that is known from their request.

use super::mbtcp::Exchanged;
use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    FUNC_CODE: U8 bits(0..1, 0x7f), "modbus.func_code", "Function Code", names(FUNCTIONS);
    REQUEST_FRAME: FrameNumber exchange(exchanges::request_frame), "modbus.request_frame", "Request Frame";
    RESPONSE_TIME: Duration exchange(exchanges::elapsed), "modbus.response_time", "Time from request";
    EXCEPTION_CODE: U8 walk, "modbus.exception_code", "Exception Code", names(EXCEPTIONS);
    REFERENCE_NUM: U16 walk, "modbus.reference_num", "Reference Number";
    READ_REFERENCE_NUM: U16 walk, "modbus.read_reference_num", "Read Reference Number";
    READ_WORD_CNT: U16 walk, "modbus.read_word_cnt", "Read Word Count";
    WRITE_REFERENCE_NUM: U16 walk, "modbus.write_reference_num", "Write Reference Number";
    WRITE_WORD_CNT: U16 walk, "modbus.write_word_cnt", "Write Word Count";
    BIT_CNT: U16 walk, "modbus.bit_cnt", "Bit Count";
    BYTE_CNT_16: U8 walk, "modbus.byte_cnt_16", "Byte Count (16-bit)";
    WORD_CNT: U16 walk, "modbus.word_cnt", "Word Count";
    BYTE_CNT: U8 walk, "modbus.byte_cnt", "Byte Count";
    BITNUM: U16 walk, "modbus.bitnum", "Bit Number";
    BITVAL: Bool walk, "modbus.bitval", "Bit Value";
    REGNUM16: U16 walk, "modbus.regnum16", "Register Number";
    REGVAL_UINT16: U16 walk, "modbus.regval_uint16", "Register Value (UINT16)";
    AND_MASK: U16 walk, "modbus.and_mask", "AND mask", hex;
    OR_MASK: U16 walk, "modbus.or_mask", "OR mask", hex;
    DIAGNOSTIC_CODE: U16 walk, "modbus.diagnostic_code", "Diagnostic Code", names(DIAGNOSTICS);
    QUERY_DATA: Bytes walk, "modbus.diagnostic.return_query_data.request", "Request Data";
    ECHO_DATA: Bytes walk, "modbus.diagnostic.return_query_data.echo", "Echo Data";
    RESTART_OPTION: U16 walk, "modbus.diagnostic.restart_communication_option", "Restart Communication Option", hex,
        names(&[(0, "Leave Log"), (0xff, "Clear Log")]);
    DIAG_REGISTER: U16 walk, "modbus.diagnostic.return_diag_register", "Diagnostic Register Contents", hex;
    CLEAR_ECHO: U16 walk, "modbus.diagnostic.clear_ctr_diag_reg", "Clear Counters & Diag Register Echo";
    BUS_MESSAGES: U16 walk, "modbus.diagnostic.bus_message_count", "Total Message Count";
    BUS_ERRORS: U16 walk, "modbus.diagnostic.bus_comm_error_count", "CRC Error Count";
    BUS_EXCEPTIONS: U16 walk, "modbus.diagnostic.bus_exception_error_count", "Exception Error Count";
    SLAVE_MESSAGES: U16 walk, "modbus.diagnostic.slave_message_count", "Slave Message Count";
    SLAVE_SILENT: U16 walk, "modbus.diagnostic.no_slave_response_count", "Slave No Response Count";
    SLAVE_NAKS: U16 walk, "modbus.diagnostic.slave_nak_count", "Slave NAK Count";
    SLAVE_BUSY: U16 walk, "modbus.diagnostic.slave_busy_count", "Slave Device Busy Count";
    BUS_OVERRUNS: U16 walk, "modbus.diagnostic.bus_char_overrun_count", "Slave Character Overrun Count";
    EV_STATUS: U16 walk, "modbus.ev_status", "Status", hex;
    EV_COUNT: U16 walk, "modbus.ev_count", "Event Count";
    EV_MSG_COUNT: U16 walk, "modbus.ev_msg_count", "Message Count";
    EVENT: U8 walk, "modbus.event", "Event";
    MEI: U8 walk, "modbus.mei", "MEI type",
        names(&[(13, "CANopen Request/Response"), (14, "Read Device Identification")]);
    READ_DEVICE_ID: U8 walk, "modbus.read_device_id", "Read Device ID", names(DEVICE_IDS);
    CONFORMITY_LEVEL: U8 walk, "modbus.conformity_level", "Conformity Level", hex, names(CONFORMITY);
    MORE_FOLLOWS: U8 walk, "modbus.more_follows", "More Follows", hex;
    NEXT_OBJECT_ID: U8 walk, "modbus.next_object_id", "Next Object ID";
    NUM_OBJECTS: U8 walk, "modbus.num_objects", "Number of Objects";
    OBJECT_ID: U8 walk, "modbus.object_id", "Object ID", names(OBJECTS);
    OBJECTS_LEN: U8 walk, "modbus.objects_len", "Object length";
    OBJECT_STR_VALUE: Text walk, "modbus.object_str_value", "Object String Value";
    OBJECT_VALUE: Bytes walk, "modbus.object_value", "Object Value";
    DATA: Bytes walk, "modbus.data", "Data";
    PADDING: U8 walk, "modbus.padding", "Padding", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    ..Protocol::new("modbus", "Modbus", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(1)?;
    Ok(Step::last(b))
}

/// The bit of the function code that makes it an exception (§7).
pub(super) const EXCEPTION: u8 = 0x80;

/// Function codes, and what they are called (§6).
mod function {
    pub(super) const READ_COILS: u8 = 1;
    pub(super) const READ_DISCRETE_INPUTS: u8 = 2;
    pub(super) const READ_HOLDING_REGISTERS: u8 = 3;
    pub(super) const READ_INPUT_REGISTERS: u8 = 4;
    pub(super) const WRITE_SINGLE_COIL: u8 = 5;
    pub(super) const WRITE_SINGLE_REGISTER: u8 = 6;
    pub(super) const DIAGNOSTICS: u8 = 8;
    pub(super) const COMM_EVENT_COUNTER: u8 = 11;
    pub(super) const COMM_EVENT_LOG: u8 = 12;
    pub(super) const WRITE_MULTIPLE_COILS: u8 = 15;
    pub(super) const WRITE_MULTIPLE_REGISTERS: u8 = 16;
    pub(super) const MASK_WRITE_REGISTER: u8 = 22;
    pub(super) const READ_WRITE_REGISTERS: u8 = 23;
    pub(super) const READ_FIFO_QUEUE: u8 = 24;
    pub(super) const ENCAPSULATED: u8 = 43;
}

pub(super) const FUNCTIONS: crate::field::ValueNames = &[
    (1, "Read Coils"),
    (2, "Read Discrete Inputs"),
    (3, "Read Holding Registers"),
    (4, "Read Input Registers"),
    (5, "Write Single Coil"),
    (6, "Write Single Register"),
    (7, "Read Exception Status"),
    (8, "Diagnostics"),
    (11, "Get Comm. Event Counters"),
    (12, "Get Comm. Event Log"),
    (15, "Write Multiple Coils"),
    (16, "Write Multiple Registers"),
    (17, "Report Slave ID"),
    (20, "Read File Record"),
    (21, "Write File Record"),
    (22, "Mask Write Register"),
    (23, "Read Write Register"),
    (24, "Read FIFO Queue"),
    (43, "Encapsulated Interface Transport"),
];

pub(super) const EXCEPTIONS: crate::field::ValueNames = &[
    (1, "Illegal function"),
    (2, "Illegal data address"),
    (3, "Illegal data value"),
    (4, "Slave device failure"),
    (5, "Acknowledge"),
    (6, "Slave device busy"),
    (8, "Memory parity error"),
    (10, "Gateway path unavailable"),
    (11, "Gateway target device failed to respond"),
];

const DIAGNOSTICS: crate::field::ValueNames = &[
    (0, "Return Query Data"),
    (1, "Restart Communications Option"),
    (2, "Return Diagnostic Register"),
    (3, "Change ASCII Input Delimiter"),
    (4, "Force Listen Only Mode"),
    (10, "Clear Counters and Diagnostic Register"),
    (11, "Return Bus Message Count"),
    (12, "Return Bus Communication Error Count"),
    (13, "Return Bus Exception Error Count"),
    (14, "Return Slave Message Count"),
    (15, "Return Slave No Response Count"),
    (16, "Return Slave NAK Count"),
    (17, "Return Slave Busy Count"),
    (18, "Return Bus Character Overrun Count"),
    (20, "Clear Overrun Counter and Flag"),
];

const DEVICE_IDS: crate::field::ValueNames = &[
    (1, "Basic Device Identification"),
    (2, "Regular Device Identification"),
    (3, "Extended Device Identification"),
    (4, "Specific Identification Object"),
];

const CONFORMITY: crate::field::ValueNames = &[
    (0x01, "Basic Device Identification (stream)"),
    (0x02, "Regular Device Identification (stream)"),
    (0x03, "Extended Device Identification (stream)"),
    (0x81, "Basic Device Identification (stream and individual)"),
    (0x82, "Regular Device Identification (stream and individual)"),
    (0x83, "Extended Device Identification (stream and individual)"),
];

const OBJECTS: crate::field::ValueNames = &[
    (0, "VendorName"),
    (1, "ProductCode"),
    (2, "MajorMinorRevision"),
    (3, "VendorURL"),
    (4, "ProductName"),
    (5, "ModelName"),
    (6, "UserApplicationName"),
];

/// A response has the transaction identifier of its request.
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let Some(header) = view.below().last() else { return };
    let header = view.decoded.view(*header);
    let transaction = header.bytes.u16(0).into();
    match Exchanged::of(&header) {
        Some(Exchanged::Request) => out(Turn::Request(transaction)),
        Some(Exchanged::Response { .. }) => out(Turn::Response(transaction)),
        None => {}
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let function = view.bytes.u8(0);
    let mut r = Reader::new(view.bytes.0, 1);
    if function & EXCEPTION != 0 {
        put_number(&mut r, 1, EXCEPTION_CODE, out)?;
        return put_rest(&mut r, DATA, out);
    }
    let exchanged = view.below().last().and_then(|header| Exchanged::of(&view.decoded.view(*header)));
    match exchanged {
        Some(Exchanged::Request) => request(function, &mut r, out)?,
        Some(Exchanged::Response { asked }) => response(function, &mut r, asked, out)?,
        None => {}
    }
    put_rest(&mut r, DATA, out)
}

fn request(function: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    use function::*;
    match function {
        READ_COILS | READ_DISCRETE_INPUTS => numbers(r, &[REFERENCE_NUM, BIT_CNT], out),
        READ_HOLDING_REGISTERS | READ_INPUT_REGISTERS => numbers(r, &[REFERENCE_NUM, WORD_CNT], out),
        WRITE_MULTIPLE_COILS => {
            numbers(r, &[REFERENCE_NUM, BIT_CNT], out)?;
            put_number(r, 1, BYTE_CNT, out).map(drop)
        }
        WRITE_MULTIPLE_REGISTERS => {
            let first = put_number(r, 2, REFERENCE_NUM, out)?;
            put_number(r, 2, WORD_CNT, out)?;
            registers(r, first as u16, out)
        }
        READ_WRITE_REGISTERS => {
            numbers(r, &[READ_REFERENCE_NUM, READ_WORD_CNT, WRITE_REFERENCE_NUM, WRITE_WORD_CNT], out)?;
            put_number(r, 1, BYTE_CNT, out).map(drop)
        }
        READ_FIFO_QUEUE => numbers(r, &[REFERENCE_NUM], out),
        DIAGNOSTICS => diagnostics(r, false, out),
        ENCAPSULATED => {
            if put_number(r, 1, MEI, out)? == READ_DEVICE_IDENTIFICATION {
                put_number(r, 1, READ_DEVICE_ID, out)?;
                put_number(r, 1, OBJECT_ID, out)?;
            }
            Ok(())
        }
        _ => of_both(function, r, out),
    }
}

/// `asked` is the first of the registers or bits that were asked for, and how many, where the request is known.
fn response(
    function: u8,
    r: &mut Reader<'_>,
    asked: Option<(u16, u16)>,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    use function::*;
    match (function, asked) {
        (READ_COILS | READ_DISCRETE_INPUTS, Some((first, count))) => bits(r, first, count, out),
        (READ_HOLDING_REGISTERS | READ_INPUT_REGISTERS, Some((first, _))) => registers(r, first, out),
        (READ_COILS..=READ_INPUT_REGISTERS | READ_WRITE_REGISTERS, _) => {
            put_number(r, 1, BYTE_CNT, out).map(drop)
        }
        (WRITE_MULTIPLE_COILS, _) => numbers(r, &[REFERENCE_NUM, BIT_CNT], out),
        (WRITE_MULTIPLE_REGISTERS, _) => numbers(r, &[REFERENCE_NUM, WORD_CNT], out),
        (READ_FIFO_QUEUE, _) => numbers(r, &[BYTE_CNT_16, WORD_CNT], out),
        (COMM_EVENT_COUNTER, _) => numbers(r, &[EV_STATUS, EV_COUNT], out),
        (COMM_EVENT_LOG, _) => {
            put_number(r, 1, BYTE_CNT, out)?;
            numbers(r, &[EV_STATUS, EV_COUNT, EV_MSG_COUNT], out)?;
            while r.left() > 0 {
                put_number(r, 1, EVENT, out)?;
            }
            Ok(())
        }
        (DIAGNOSTICS, _) => diagnostics(r, true, out),
        (ENCAPSULATED, _) => identification(r, out),
        _ => of_both(function, r, out),
    }
}

/// Functions whose response repeats the request.
fn of_both(function: u8, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    use function::*;
    match function {
        WRITE_SINGLE_COIL => {
            put_number(r, 2, REFERENCE_NUM, out)?;
            let mut value = *r;
            put_bytes(r, 2, DATA, out)?;
            // The second byte is always 0 (§6.5).
            value.u8()?;
            put_number(&mut value, 1, PADDING, out).map(drop)
        }
        WRITE_SINGLE_REGISTER => put_number(r, 2, REFERENCE_NUM, out).map(drop),
        MASK_WRITE_REGISTER => numbers(r, &[REFERENCE_NUM, AND_MASK, OR_MASK], out),
        _ => Ok(()),
    }
}

fn numbers(r: &mut Reader<'_>, fields: &[FieldIndex], out: &mut dyn FieldSink) -> Result<(), Short> {
    fields.iter().try_for_each(|&field| put_number(r, 2, field, out).map(drop))
}

/// The number of bytes, and a register in each two of them.
fn registers(r: &mut Reader<'_>, first: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, BYTE_CNT, out)?;
    let mut number = first;
    while r.left() >= 2 {
        let at = r.at();
        let value = r.u16()?;
        out.open(at..at + 2, format_args!("Register {number} (UINT16): {value}"));
        out.put(REGNUM16, at..at + 2, Value::Unsigned(number.into()));
        out.put(REGVAL_UINT16, at..at + 2, Value::Unsigned(value.into()));
        out.close();
        number = number.wrapping_add(1);
    }
    Ok(())
}

/// The number of bytes, and a coil or input in each bit, the lowest bit first.
fn bits(r: &mut Reader<'_>, first: u16, count: u16, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, BYTE_CNT, out)?;
    let mut left = count;
    let mut number = first;
    while left > 0 && r.left() > 0 {
        let at = r.at();
        let byte = r.u8()?;
        for bit in 0..left.min(8) {
            let is_set = byte >> bit & 1 != 0;
            out.open(at..at + 1, format_args!("Bit {number} : {}", u8::from(is_set)));
            out.put(BITNUM, at..at + 1, Value::Unsigned(number.into()));
            out.put(BITVAL, at..at + 1, Value::Bool(is_set));
            out.close();
            number = number.wrapping_add(1);
        }
        left = left.saturating_sub(8);
    }
    Ok(())
}

/// §6.8.
fn diagnostics(r: &mut Reader<'_>, is_response: bool, out: &mut dyn FieldSink) -> Result<(), Short> {
    let field = match (put_number(r, 2, DIAGNOSTIC_CODE, out)?, is_response) {
        (0, false) => return put_rest(r, QUERY_DATA, out),
        (0, true) => return put_rest(r, ECHO_DATA, out),
        (1, _) => RESTART_OPTION,
        (2, true) => DIAG_REGISTER,
        (10, true) => CLEAR_ECHO,
        (11, true) => BUS_MESSAGES,
        (12, true) => BUS_ERRORS,
        (13, true) => BUS_EXCEPTIONS,
        (14, true) => SLAVE_MESSAGES,
        (15, true) => SLAVE_SILENT,
        (16, true) => SLAVE_NAKS,
        (17, true) => SLAVE_BUSY,
        (18, true) => BUS_OVERRUNS,
        _ => return Ok(()),
    };
    put_number(r, 2, field, out).map(drop)
}

const READ_DEVICE_IDENTIFICATION: u64 = 14;

/// §6.21: the objects that a device tells about itself. The first three and their like are text.
fn identification(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if put_number(r, 1, MEI, out)? != READ_DEVICE_IDENTIFICATION {
        return Ok(());
    }
    for field in [READ_DEVICE_ID, CONFORMITY_LEVEL, MORE_FOLLOWS, NEXT_OBJECT_ID] {
        put_number(r, 1, field, out)?;
    }
    for number in 1..=put_number(r, 1, NUM_OBJECTS, out)? {
        let at = r.at();
        out.open(at..at, format_args!("Object #{number}"));
        let done = object(r, out);
        out.close();
        done?;
    }
    Ok(())
}

fn object(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const LAST_TEXT: u64 = 6;
    let id = put_number(r, 1, OBJECT_ID, out)?;
    let length = put_number(r, 1, OBJECTS_LEN, out)? as usize;
    if id <= LAST_TEXT {
        put_text(r, length, OBJECT_STR_VALUE, out)
    } else {
        put_bytes(r, length, OBJECT_VALUE, out)
    }
}
