//! Bodies of types that no other protocol takes. Shown as the content of another protocol.

use super::prelude::*;

content!("media", "Media Type");
