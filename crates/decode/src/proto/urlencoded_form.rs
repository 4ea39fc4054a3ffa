//! Forms as HTML 4.01 §17.13.4.1 encodes them. Shown as the content of another protocol.

use super::prelude::*;

content!("urlencoded-form", "HTML Form URL Encoded");
