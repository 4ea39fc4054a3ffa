//! GIF pictures. Shown as the content of another protocol.

use super::prelude::*;

content!("image-gif", "Compuserve GIF");
