//! Macros: `${name}` and `${name:first;second}` stand for a piece of a filter, with `$1`, `$2`, … in it replaced.
//!
//! They are expanded in the text, before it is taken apart, as in Wireshark 4.0: also between quotes, and without
//! parentheses around what they stand for. A backslash in an argument makes the next character an ordinary one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plaintap_decode::registry;

use crate::names;

/// Bytes of an expanded filter: macros that use others twice grow quickly.
const MAX_LENGTH: usize = 64 << 10;

/// Macros in macros, as many as in Wireshark.
const MAX_DEPTH: usize = 32;

/// Macros by name.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    texts: BTreeMap<String, String>,
}

/// Why macros cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}column {column}: {problem}", place(.within.as_deref()))]
pub struct MacroError {
    /// The macro in whose text the mistake is; none for the filter itself.
    pub within: Option<String>,
    /// The byte column in that text, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: MacroProblem,
}

/// What is wrong with the use of a macro.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MacroProblem {
    /// No macro has this name.
    #[error("there is no macro {name}{}", names::suggestion(.nearest))]
    Unknown {
        /// The name.
        name: String,
        /// The nearest names.
        nearest: Vec<String>,
    },
    /// More or fewer arguments than the largest `$N` in the macro's text.
    #[error("macro {name} takes {}, found {found}", counted(*.expected))]
    Arguments {
        /// The macro.
        name: String,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A character that a name cannot have.
    #[error("expected the name of a macro, \":\" or \"}}\" behind \"${{\", found {0:?}")]
    Name(char),
    /// No brace at the end.
    #[error("expected \"}}\" at the end of the macro, found the end")]
    Unfinished,
    /// A macro that stands for itself.
    #[error("macro {0} uses itself")]
    Recursion(String),
    /// Too many macros in macros.
    #[error("more than {MAX_DEPTH} macros in one another")]
    TooDeep,
    /// Too much text.
    #[error("the expanded filter is longer than {MAX_LENGTH} bytes")]
    TooLong,
}

impl Macros {
    /// Defines a macro in place of what the name stood for.
    ///
    /// # Errors
    /// The character that names may not have: letters, digits and `_` of ASCII are allowed, and something has to be there.
    pub fn insert(&mut self, name: &str, text: &str) -> Result<(), Option<char>> {
        match name.chars().find(|c| !is_name_char(*c)) {
            None if name.is_empty() => Err(None),
            None => {
                self.texts.insert(name.to_owned(), text.to_owned());
                Ok(())
            }
            wrong => Err(wrong),
        }
    }

    /// Whether a macro has this name.
    pub fn contains(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    /// The filter with all macros replaced. `${field}` of a known field is left alone: it is a reference, no macro.
    ///
    /// # Errors
    /// The first mistake.
    pub fn expand<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, MacroError> {
        if !text.contains("${") {
            return Ok(Cow::Borrowed(text));
        }
        let mut expansion = Expansion { macros: self, stack: Vec::new(), calls: 0, out: String::new() };
        expansion.text(text)?;
        Ok(Cow::Owned(expansion.out))
    }
}

/// One filter on its way.
struct Expansion<'m> {
    macros: &'m Macros,
    /// The macros whose texts are being expanded, the outermost first.
    stack: Vec<&'m str>,
    /// Macros expanded so far: those that stand for nothing cost time too.
    calls: usize,
    out: String,
}

impl Expansion<'_> {
    fn text(&mut self, text: &str) -> Result<(), MacroError> {
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            self.out.push_str(&rest[..start]);
            let at = text.len() - rest.len() + start;
            let call = match Call::read(&rest[start..]) {
                Ok(call) => call,
                Err((offset, problem)) => return Err(self.error(at + offset, problem)),
            };
            self.call(&call, &rest[start..start + call.length], at)?;
            rest = &rest[start + call.length..];
        }
        self.out.push_str(rest);
        Ok(())
    }

    /// Appends what `call`, which is `source` at offset `at` of its text, stands for.
    fn call(&mut self, call: &Call<'_>, source: &str, at: usize) -> Result<(), MacroError> {
        let Some((name, body)) = self.macros.texts.get_key_value(call.name) else {
            if call.arguments.is_empty() && registry::field(call.name).is_some() {
                self.out.push_str(source);
                return Ok(());
            }
            let known = self.macros.texts.keys().map(String::as_str);
            let nearest = names::closest(call.name, known, 3).into_iter().map(str::to_owned).collect();
            return Err(self.error(at + 2, MacroProblem::Unknown { name: call.name.to_owned(), nearest }));
        };
        if self.stack.contains(&name.as_str()) {
            return Err(self.error(at, MacroProblem::Recursion(name.clone())));
        }
        if self.stack.len() == MAX_DEPTH {
            return Err(self.error(at, MacroProblem::TooDeep));
        }
        let (body, expected) = substitute(body, &call.arguments);
        if call.arguments.len() != expected {
            let found = call.arguments.len();
            return Err(self.error(at, MacroProblem::Arguments { name: name.clone(), expected, found }));
        }
        self.calls += 1;
        if self.calls + self.out.len() + body.len() > MAX_LENGTH {
            return Err(self.error(at, MacroProblem::TooLong));
        }
        self.stack.push(name);
        self.text(&body)?;
        self.stack.pop();
        Ok(())
    }

    fn error(&self, offset: usize, problem: MacroProblem) -> MacroError {
        MacroError { within: self.stack.last().map(|&name| name.to_owned()), column: offset + 1, problem }
    }
}

/// The use of a macro.
struct Call<'t> {
    name: &'t str,
    arguments: Vec<String>,
    /// Bytes from the dollar to the brace.
    length: usize,
}

impl<'t> Call<'t> {
    /// Reads what begins with `${`. An error has its offset in `text`.
    fn read(text: &'t str) -> Result<Self, (usize, MacroProblem)> {
        let name_end = text[2..]
            .find(|c: char| !is_name_char(c) && !matches!(c, '.' | '-'))
            .map_or(text.len(), |end| 2 + end);
        let name = &text[2..name_end];
        let mut arguments = Vec::new();
        let mut rest = text[name_end..].char_indices();
        match rest.next() {
            Some((_, '}')) => return Ok(Self { name, arguments, length: name_end + 1 }),
            Some((_, ':')) => {}
            Some((_, other)) => return Err((name_end, MacroProblem::Name(other))),
            None => return Err((text.len(), MacroProblem::Unfinished)),
        }
        let mut argument = String::new();
        while let Some((at, c)) = rest.next() {
            match c {
                ';' => arguments.push(std::mem::take(&mut argument)),
                '}' => {
                    arguments.push(argument);
                    return Ok(Self { name, arguments, length: name_end + at + 1 });
                }
                '\\' => argument.extend(rest.next().map(|(_, escaped)| escaped)),
                c => argument.push(c),
            }
        }
        Err((text.len(), MacroProblem::Unfinished))
    }
}

/// The text of a macro with its arguments in place, and how many it asks for: the largest number behind a dollar.
fn substitute(body: &str, arguments: &[String]) -> (String, usize) {
    let (mut out, mut count) = (String::new(), 0);
    let mut rest = body;
    while let Some(dollar) = rest.find('$') {
        let behind = &rest[dollar + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        match behind[..digits].parse::<usize>() {
            Ok(number @ 1..) => {
                out.push_str(&rest[..dollar]);
                count = count.max(number);
                out.push_str(arguments.get(number - 1).map_or("", String::as_str));
            }
            _ => out.push_str(&rest[..=dollar + digits]),
        }
        rest = &behind[digits..];
        if out.len() > MAX_LENGTH {
            break;
        }
    }
    out.push_str(rest);
    (out, count)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn place(within: Option<&str>) -> String {
    within.map_or_else(String::new, |name| format!("in macro {name}, "))
}

fn counted(arguments: usize) -> String {
    match arguments {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macros() -> Macros {
        let mut macros = Macros::default();
        for (name, text) in [
            ("web", "tcp.port == 80 or tcp.port == 443"),
            ("pair", "ip.addr == $1 and tcp.port == $2"),
            ("twice", "tcp.port in {$1, $1}"),
            ("nest", "${pair:$1;80} and tcp"),
            ("last", "tcp.port == $3"),
            ("ten", "$10$1"),
            ("money", "frame contains \"$x\" or $0"),
            ("loop", "tcp or ${loop2}"),
            ("loop2", "${loop}"),
            ("wrong", "udp and ${nosuch}"),
        ] {
            macros.insert(name, text).unwrap();
        }
        macros
    }

    fn expand(text: &str) -> Result<String, String> {
        macros().expand(text).map(Cow::into_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_take_the_place_of_macros() {
        for (text, expected) in [
            ("tcp", "tcp"),
            ("not ${web} or $", "not tcp.port == 80 or tcp.port == 443 or $"),
            ("${pair:10.0.0.1;80}", "ip.addr == 10.0.0.1 and tcp.port == 80"),
            ("${twice: 80 }", "tcp.port in { 80 ,  80 }"),
            ("${twice:}", "tcp.port in {, }"),
            ("${twice:8\\;\\}\\\\}", "tcp.port in {8;}\\, 8;}\\}"),
            ("${nest:10.0.0.1}", "ip.addr == 10.0.0.1 and tcp.port == 80 and tcp"),
            ("${last:1;2;é}", "tcp.port == é"),
            ("${ten:1;2;3;4;5;6;7;8;9;a}", "a1"),
            ("${money}", "frame contains \"$x\" or $0"),
            ("\"${web}\"", "\"tcp.port == 80 or tcp.port == 443\""),
            ("tcp.port == ${tcp.dstport}", "tcp.port == ${tcp.dstport}"),
        ] {
            assert_eq!(expand(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, expected) in [
            ("tcp and ${webb}", "column 11: there is no macro webb; did you mean web?"),
            ("${pair}", "column 1: macro pair takes 2 arguments, found 0"),
            ("${web:}", "column 1: macro web takes no arguments, found 1"),
            ("${twice:1;2}", "column 1: macro twice takes 1 argument, found 2"),
            ("${ web}", "column 3: expected the name of a macro, \":\" or \"}\" behind \"${\", found ' '"),
            ("${twice;1}", "column 8: expected the name of a macro, \":\" or \"}\" behind \"${\", found ';'"),
            ("${web", "column 6: expected \"}\" at the end of the macro, found the end"),
            ("${twice:\\}", "column 11: expected \"}\" at the end of the macro, found the end"),
            ("${loop}", "in macro loop2, column 1: macro loop uses itself"),
            ("${wrong}", "in macro wrong, column 11: there is no macro nosuch"),
        ] {
            assert_eq!(expand(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let mut macros = Macros::default();
        for n in 0..40 {
            macros.insert(&format!("m{n}"), &format!("${{m{}}} ${{m{}}}", n + 1, n + 1)).unwrap();
            macros.insert(&format!("n{n}"), &format!("${{n{}:$1$1}}", n + 1)).unwrap();
        }
        macros.insert("m20", &"x".repeat(1000)).unwrap();
        macros.insert("n25", "$1").unwrap();
        assert_eq!(macros.expand("${m0}").unwrap_err().problem, MacroProblem::TooLong);
        assert_eq!(macros.expand("${n0:xx}").unwrap_err().problem, MacroProblem::TooLong);
        let (mut nothing, mut chain) = (Macros::default(), Macros::default());
        for n in 0..30 {
            nothing.insert(&format!("z{n}"), &format!("${{z{}}}${{z{}}}", n + 1, n + 1)).unwrap();
        }
        nothing.insert("z30", "").unwrap();
        assert_eq!(nothing.expand("${z0}").unwrap_err().problem, MacroProblem::TooLong);
        for n in 0..40 {
            chain.insert(&format!("c{n}"), &format!("${{c{}}}", n + 1)).unwrap();
        }
        assert_eq!(chain.expand("${c0}").unwrap_err().problem, MacroProblem::TooDeep);
    }

    #[test]
    fn names_are_checked() {
        let mut macros = Macros::default();
        assert_eq!(macros.insert("my-name", ""), Err(Some('-')));
        assert_eq!(macros.insert("", ""), Err(None));
        assert!(macros.insert("My_2", "").is_ok() && macros.contains("My_2"));
    }
}
