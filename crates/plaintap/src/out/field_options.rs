//! `-E`: how `-T fields` writes values, with tshark's names and defaults.

use anyhow::{Result, bail};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldOptions {
    /// Begin with the UTF-8 byte order mark.
    pub bom: bool,
    /// Begin with a line of the fields' names.
    pub header: bool,
    /// Between fields.
    pub separator: char,
    /// Between occurrences of a field.
    pub aggregator: char,
    /// Which occurrences are written.
    pub occurrence: Occurrence,
    /// Around the values of a field that has some.
    pub quote: Option<char>,
    /// Write control characters of text as escapes, so that a packet stays on its line.
    pub escape: bool,
}

/// Occurrences of a field in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// The first one.
    First,
    /// The last one.
    Last,
    /// All of them.
    All,
}

impl Default for FieldOptions {
    fn default() -> Self {
        Self {
            bom: false,
            header: false,
            separator: '\t',
            aggregator: ',',
            occurrence: Occurrence::All,
            quote: None,
            escape: true,
        }
    }
}

impl FieldOptions {
    /// Options as typed, `NAME=VALUE` each; of two for one name the last one counts.
    ///
    /// # Errors
    /// The first one that is none, with what there is.
    pub fn parse(typed: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for option in typed {
            if options.set(option).is_none() {
                bail!(
                    "-E {option}: expected header=y|n, separator=/t|/s|CHARACTER, aggregator=,|/s|CHARACTER, \
                     occurrence=f|l|a, quote=d|s|n, escape=y|n or bom=y|n"
                );
            }
        }
        Ok(options)
    }

    fn set(&mut self, option: &str) -> Option<()> {
        let (name, value) = option.split_once('=')?;
        match name {
            "bom" => self.bom = yes_or_no(value)?,
            "header" => self.header = yes_or_no(value)?,
            "escape" => self.escape = yes_or_no(value)?,
            "separator" => self.separator = character(value)?,
            "aggregator" => self.aggregator = character(value)?,
            "occurrence" => {
                self.occurrence = match value {
                    "f" => Occurrence::First,
                    "l" => Occurrence::Last,
                    "a" => Occurrence::All,
                    _ => return None,
                }
            }
            "quote" => {
                self.quote = match value {
                    "d" => Some('"'),
                    "s" => Some('\''),
                    "n" => None,
                    _ => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    }
}

/// One character, or `/t` and `/s` for tab and space.
fn character(value: &str) -> Option<char> {
    let mut characters = value.chars();
    match (characters.next()?, characters.next(), characters.next()) {
        ('/', Some('t'), None) => Some('\t'),
        ('/', Some('s'), None) => Some(' '),
        (one, None, None) => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[&str]) -> Result<FieldOptions> {
        FieldOptions::parse(&options.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_tsharks() {
        let options =
            parse(&["header=y", "separator=,", "aggregator=/s", "occurrence=l", "quote=d"]).unwrap();
        assert!(options.header && options.escape && !options.bom);
        assert_eq!((options.separator, options.aggregator, options.quote), (',', ' ', Some('"')));
        assert_eq!(options.occurrence, Occurrence::Last);
        assert_eq!(parse(&["separator=,", "separator=/t"]).unwrap(), FieldOptions::default());
        assert_eq!(parse(&["separator=/"]).unwrap().separator, '/');
    }

    #[test]
    fn others_are_refused() {
        for wrong in
            ["header", "header=x", "separator=", "separator=ab", "occurrence=first", "quote=x", "nosuch=1"]
        {
            assert!(parse(&[wrong]).is_err(), "{wrong}");
        }
    }
}
