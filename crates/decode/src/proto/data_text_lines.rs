//! Text of any kind. Shown as the content of another protocol.

use super::prelude::*;

content!("data-text-lines", "Line-based text data");
