//! JPEG pictures. Shown as the content of another protocol.

use super::prelude::*;

content!("image-jfif", "JPEG File Interchange Format");
