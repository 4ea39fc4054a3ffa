//! XML. Shown as the content of another protocol.

use super::prelude::*;

content!("xml", "eXtensible Markup Language");
