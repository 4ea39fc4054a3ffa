//! Display filters (`-Y`) as this program takes them: with the user's macros.

use anyhow::{Result, anyhow};
use plaintap_filter::{DisplayFilter, Macros};

use crate::config;

/// Compiles a filter. The configuration is looked at only where a macro may be used.
///
/// # Errors
/// When it is none; says where, in the expanded text if that is another.
pub fn compile(text: &str) -> Result<DisplayFilter> {
    let macros = if text.contains("${") { config::macros()? } else { Macros::default() };
    let expanded = macros.expand(text)?;
    DisplayFilter::compile(&expanded).map_err(|error| {
        let place = if expanded == text { String::new() } else { format!("display filter '{expanded}', ") };
        anyhow!("{place}{error}")
    })
}
