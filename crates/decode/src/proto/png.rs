//! PNG pictures. Shown as the content of another protocol.

use super::prelude::*;

content!("png", "Portable Network Graphics");
