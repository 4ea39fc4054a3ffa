//! The configuration of the user: `$XDG_CONFIG_HOME/plaintap/config.toml`, and what is read of Wireshark's.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use plaintap_filter::Macros;
use toml::de::{DeTable, DeValue};

/// The macros for display filters: those of `[macros]` in the configuration, then those of Wireshark's `dfilter_macros`
/// whose names are not taken. A file that is not there has none.
///
/// # Errors
/// When a file cannot be read, or is not what it should be; says where.
pub fn macros() -> Result<Macros> {
    let mut macros = Macros::default();
    if let Some((path, text)) = read("plaintap/config.toml")? {
        from_config(&text, &mut macros).with_context(|| path.display().to_string())?;
    }
    if let Some((path, text)) = read("wireshark/dfilter_macros")? {
        from_wireshark(&text, &mut macros).with_context(|| path.display().to_string())?;
    }
    Ok(macros)
}

/// The text of a file below the folder for configuration (XDG Base Directory Specification), if it is there.
fn read(name: &str) -> Result<Option<(PathBuf, String)>> {
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    let Some(path) = folder.map(|folder| folder.join(name)) else { return Ok(None) };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        // Part of the path may be a file: then ours is not there either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Reads `[macros]`: a string for each name.
fn from_config(text: &str, macros: &mut Macros) -> Result<()> {
    let at = |offset: usize| format!("line {}", text[..offset.min(text.len())].matches('\n').count() + 1);
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or_else(String::new, |span| format!("{}: ", at(span.start)));
        anyhow!("{place}{}", error.message())
    })?;
    let Some(entry) = table.get_ref().get("macros") else { return Ok(()) };
    let DeValue::Table(entries) = entry.get_ref() else {
        bail!("{}: expected a table [macros], found {}", at(entry.span().start), entry.get_ref().type_str());
    };
    for (name, value) in entries {
        let place = || at(name.span().start);
        let DeValue::String(filter) = value.get_ref() else {
            bail!("{}: expected a filter in quotes, found {}", place(), value.get_ref().type_str());
        };
        define(macros, name.get_ref(), filter).with_context(place)?;
    }
    Ok(())
}

/// Reads Wireshark's table: lines of `"name","filter"`, where `\xHH` is a byte.
fn from_wireshark(text: &str, macros: &mut Macros) -> Result<()> {
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || format!("line {}", number + 1);
        let (name, rest) = quoted(line).with_context(place)?;
        let rest = rest.trim_start().strip_prefix(',').map(str::trim_start);
        let Some(rest) = rest else { bail!("{}: expected \"name\",\"filter\"", place()) };
        let (filter, _) = quoted(rest).with_context(place)?;
        if !macros.contains(&name) {
            define(macros, &name, &filter).with_context(place)?;
        }
    }
    Ok(())
}

fn define(macros: &mut Macros, name: &str, filter: &str) -> Result<()> {
    macros.insert(name, filter).map_err(|wrong| match wrong {
        Some(c) => anyhow!("macro {name:?}: expected letters, digits and _ in the name, found {c:?}"),
        None => anyhow!("a macro without a name"),
    })
}

/// A string in quotes at the start of a line, and what stands behind it.
fn quoted(line: &str) -> Result<(String, &str)> {
    let Some(mut rest) = line.strip_prefix('"') else { bail!("expected a quote, found {line:?}") };
    let mut bytes = Vec::new();
    loop {
        let end = rest.find(['"', '\\']).context("expected a quote at the end of the string")?;
        bytes.extend_from_slice(&rest.as_bytes()[..end]);
        let special = &rest[end..];
        if let Some(behind) = special.strip_prefix('"') {
            return Ok((String::from_utf8(bytes).context("expected UTF-8")?, behind));
        }
        let digits = special.strip_prefix("\\x").and_then(|s| s.get(..2));
        rest = if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            &special[4..]
        } else {
            let mut escaped = special[1..].chars();
            bytes.extend(escaped.next().map(|c| c.to_string()).unwrap_or_default().into_bytes());
            escaped.as_str()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(read: fn(&str, &mut Macros) -> Result<()>, text: &str, filter: &str) -> Result<String> {
        let mut macros = Macros::default();
        read(text, &mut macros)?;
        Ok(macros.expand(filter)?.into_owned())
    }

    #[test]
    fn the_configuration_has_macros() {
        let text = "[other]\nx = 1\n[macros]\nweb = 'tcp.port == 80'\nhost = \"ip.addr == $1\"\n";
        assert_eq!(
            expanded(from_config, text, "${web} and ${host:1}").unwrap(),
            "tcp.port == 80 and ip.addr == 1"
        );
        assert_eq!(expanded(from_config, "", "tcp").unwrap(), "tcp");
        let error = |text| format!("{:#}", expanded(from_config, text, "tcp").unwrap_err());
        assert!(error("[macros]\na = 'b\n").starts_with("line 2: "), "{}", error("[macros]\na = 'b\n"));
        assert_eq!(error("[macros]\n\na = 1"), "line 3: expected a filter in quotes, found integer");
        assert_eq!(error("macros = 1"), "line 1: expected a table [macros], found integer");
        assert_eq!(
            error("[macros]\na-b = 'c'"),
            "line 2: macro \"a-b\": expected letters, digits and _ in the name, found '-'"
        );
    }

    #[test]
    fn wiresharks_table_has_macros() {
        let text = "# a comment\n\n\"quoted\",\"frame contains \\x22a\\x22\"\n\"back\" , \"a \\\\ b\"\n";
        assert_eq!(
            expanded(from_wireshark, text, "${quoted} ${back}").unwrap(),
            "frame contains \"a\" a \\ b"
        );
        for wrong in ["x", "\"a\"", "\"a\",\"b", "\"a\",b", "\"a\\"] {
            assert!(expanded(from_wireshark, wrong, "tcp").is_err(), "{wrong}");
        }
    }
}
