//! JSON, RFC 8259. Shown as the content of another protocol.

use super::prelude::*;

content!("json", "JavaScript Object Notation");
