//! From tokens to the syntax tree. Wireshark's precedence, lowest first: `or`, `xor`, `and`, `not`, comparisons, `&`,
//! `+ -`, `* / %`, signs. Parentheses group tests, braces group arithmetic.

use super::error::{Error, Problem, Span};
use super::lex::{Lexer, Symbol, Token, found_text};
use super::syntax::{Arithmetic, Comparison, Expr, Member, Operand, OperandKind, Quantifier, Range};

/// Levels of nesting, arithmetic and slices: what comes later walks the tree recursively.
const MAX_DEPTH: usize = 200;

/// The syntax tree of a filter; None for an empty one.
pub(super) fn parse(text: &str) -> Result<Option<Expr>, Error> {
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    let mut parser = Parser { lexer, token, span, depth: 0, operators: 0 };
    if parser.token == Token::End {
        return Ok(None);
    }
    let expr = parser.or()?;
    match parser.token {
        Token::End => Ok(Some(expr)),
        _ => Err(parser.unexpected("an operator or the end of the filter")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    span: Span,
    depth: usize,
    operators: usize,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<(Token<'a>, Span), Error> {
        let (token, span) = self.lexer.next()?;
        Ok((std::mem::replace(&mut self.token, token), std::mem::replace(&mut self.span, span)))
    }

    fn accept(&mut self, symbol: Symbol) -> Result<bool, Error> {
        if self.token != Token::Symbol(symbol) {
            return Ok(false);
        }
        self.advance()?;
        Ok(true)
    }

    fn expect(&mut self, symbol: Symbol, expected: &'static str) -> Result<Span, Error> {
        let span = self.span;
        if self.accept(symbol)? { Ok(span) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        if self.token == Token::Symbol(Symbol::Dollar) {
            let what = "references to a selected packet (${...})";
            return Error::new(self.span, Problem::Unsupported(what));
        }
        let found = match self.token {
            Token::End => found_text(""),
            _ => found_text(self.lexer.text(self.span)),
        };
        Error::new(self.span, Problem::Expected { expected, found })
    }

    fn descend<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::new(self.span, Problem::TooDeep(MAX_DEPTH)));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Counts an operator that makes the tree deeper without nesting in the text.
    fn operator(&mut self) -> Result<(), Error> {
        self.operators += 1;
        if self.operators > MAX_DEPTH {
            return Err(Error::new(self.span, Problem::TooDeep(MAX_DEPTH)));
        }
        Ok(())
    }

    fn or(&mut self) -> Result<Expr, Error> {
        self.chain(Symbol::Or, Expr::Or, Self::xor)
    }

    fn xor(&mut self) -> Result<Expr, Error> {
        self.chain(Symbol::Xor, Expr::Xor, Self::and)
    }

    fn and(&mut self) -> Result<Expr, Error> {
        self.chain(Symbol::And, Expr::And, Self::not)
    }

    fn chain(
        &mut self,
        symbol: Symbol,
        make: fn(Vec<Expr>) -> Expr,
        next: fn(&mut Self) -> Result<Expr, Error>,
    ) -> Result<Expr, Error> {
        let first = next(self)?;
        if self.token != Token::Symbol(symbol) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.accept(symbol)? {
            terms.push(next(self)?);
        }
        Ok(make(terms))
    }

    fn not(&mut self) -> Result<Expr, Error> {
        if self.accept(Symbol::Not)? {
            return Ok(Expr::Not(Box::new(self.descend(Self::not)?)));
        }
        if self.accept(Symbol::LeftParenthesis)? {
            let inner = self.descend(Self::or)?;
            self.expect(Symbol::RightParenthesis, "an operator or \")\"")?;
            return Ok(inner);
        }
        self.relation()
    }

    fn relation(&mut self) -> Result<Expr, Error> {
        let quantifier = match self.token {
            Token::Symbol(Symbol::Any) => Some(Quantifier::Any),
            Token::Symbol(Symbol::All) => Some(Quantifier::All),
            _ => None,
        };
        if quantifier.is_some() {
            self.advance()?;
        }
        let left = self.operand()?;
        // Wireshark takes these behind a single operand only, not behind arithmetic.
        if !matches!(left.kind, OperandKind::Arithmetic(..) | OperandKind::Negate(_)) {
            if let Token::Symbol(symbol @ (Symbol::Contains | Symbol::Matches)) = self.token {
                self.advance()?;
                let operator =
                    if symbol == Symbol::Contains { Comparison::Contains } else { Comparison::Matches };
                let right = self.entity()?;
                return Ok(Expr::Compare { quantifier, operator, left, right });
            }
            if let Token::Symbol(symbol @ (Symbol::In | Symbol::Not)) = self.token {
                self.advance()?;
                let negated = symbol == Symbol::Not;
                if negated {
                    self.expect(Symbol::In, "\"in\" behind \"not\"")?;
                }
                let set = self.set()?;
                return Ok(Expr::In { quantifier, negated, left, set });
            }
        }
        match self.comparison() {
            Some(operator) => self.comparisons(quantifier, left, operator),
            None if quantifier.is_some() => Err(self.unexpected("a comparison behind \"any\" or \"all\"")),
            None => Ok(Expr::Test(left)),
        }
    }

    /// `a < b < c` stands for `a < b and b < c`.
    fn comparisons(
        &mut self,
        quantifier: Option<Quantifier>,
        mut left: Operand,
        mut operator: Comparison,
    ) -> Result<Expr, Error> {
        let mut terms = Vec::new();
        loop {
            self.advance()?;
            let right = self.operand()?;
            let next = self.comparison();
            if next.is_none() && terms.is_empty() {
                return Ok(Expr::Compare { quantifier, operator, left, right });
            }
            terms.push(Expr::Compare { quantifier, operator, left, right: right.clone() });
            match next {
                Some(next) => (left, operator) = (right, next),
                None => return Ok(Expr::And(terms)),
            }
        }
    }

    fn comparison(&self) -> Option<Comparison> {
        let Token::Symbol(symbol) = self.token else { return None };
        Some(match symbol {
            Symbol::AnyEqual => Comparison::AnyEqual,
            Symbol::AllNotEqual => Comparison::AllNotEqual,
            Symbol::AllEqual => Comparison::AllEqual,
            Symbol::AnyNotEqual => Comparison::AnyNotEqual,
            Symbol::Greater => Comparison::Greater,
            Symbol::GreaterOrEqual => Comparison::GreaterOrEqual,
            Symbol::Less => Comparison::Less,
            Symbol::LessOrEqual => Comparison::LessOrEqual,
            _ => return None,
        })
    }

    fn set(&mut self) -> Result<Vec<Member>, Error> {
        self.expect(Symbol::LeftBrace, "a set: \"{\", values, \"}\"")?;
        let mut set = Vec::new();
        loop {
            let low = self.signed()?;
            let high = if self.accept(Symbol::DotDot)? { Some(self.signed()?) } else { None };
            set.push(Member { low, high });
            if !self.accept(Symbol::Comma)? {
                break;
            }
        }
        self.expect(Symbol::RightBrace, "\",\", \"..\" or \"}\"")?;
        Ok(set)
    }

    fn operand(&mut self) -> Result<Operand, Error> {
        self.binary(0)
    }

    /// Arithmetic of at least this rank: 0 is `&`, 1 `+ -`, 2 `* / %`.
    fn binary(&mut self, rank: usize) -> Result<Operand, Error> {
        if rank > 2 {
            return self.factor();
        }
        let mut left = self.binary(rank + 1)?;
        while let Some(operator) = self.arithmetic(rank) {
            self.operator()?;
            self.advance()?;
            let right = self.binary(rank + 1)?;
            let span = left.span.to(right.span);
            let kind = OperandKind::Arithmetic(operator, Box::new(left), Box::new(right));
            left = Operand { span, kind };
        }
        Ok(left)
    }

    fn arithmetic(&self, rank: usize) -> Option<Arithmetic> {
        let Token::Symbol(symbol) = self.token else { return None };
        Some(match (rank, symbol) {
            (0, Symbol::Ampersand) => Arithmetic::And,
            (1, Symbol::Plus) => Arithmetic::Add,
            (1, Symbol::Minus) => Arithmetic::Subtract,
            (2, Symbol::Star) => Arithmetic::Multiply,
            (2, Symbol::Slash) => Arithmetic::Divide,
            (2, Symbol::Percent) => Arithmetic::Modulo,
            _ => return None,
        })
    }

    fn factor(&mut self) -> Result<Operand, Error> {
        let start = self.span;
        if self.accept(Symbol::LeftBrace)? {
            let inner = self.descend(Self::operand)?;
            let end = self.expect(Symbol::RightBrace, "an arithmetic operator or \"}\"")?;
            return Ok(Operand { span: start.to(end), ..inner });
        }
        self.signed()
    }

    fn signed(&mut self) -> Result<Operand, Error> {
        let start = self.span;
        if self.accept(Symbol::Plus)? {
            return self.entity();
        }
        if self.accept(Symbol::Minus)? {
            let inner = self.entity()?;
            return Ok(Operand { span: start.to(inner.span), kind: OperandKind::Negate(Box::new(inner)) });
        }
        self.entity()
    }

    /// A field, a value or a call, with slices behind it.
    fn entity(&mut self) -> Result<Operand, Error> {
        let mut operand = self.atom()?;
        while self.token == Token::Symbol(Symbol::LeftBracket) {
            self.operator()?;
            let (list, end) = self.ranges()?;
            let span = operand.span.to(end);
            operand = Operand { span, kind: OperandKind::Slice(Box::new(operand), list) };
        }
        Ok(operand)
    }

    fn atom(&mut self) -> Result<Operand, Error> {
        if !matches!(
            self.token,
            Token::Word(_)
                | Token::Literal(_)
                | Token::Name(_)
                | Token::Text(_)
                | Token::Char(_)
                | Token::Symbol(Symbol::At)
        ) {
            return Err(self.unexpected("a field, a value or a function"));
        }
        let (token, span) = self.advance()?;
        let (name, dotted, raw) = match token {
            Token::Literal(text) => return Ok(Operand { span, kind: OperandKind::Literal(text.into()) }),
            Token::Text(bytes) => return Ok(Operand { span, kind: OperandKind::Text(bytes) }),
            Token::Char(value) => return Ok(Operand { span, kind: OperandKind::Char(value) }),
            Token::Word(name) if self.token == Token::Symbol(Symbol::LeftParenthesis) => {
                return self.call(name, span);
            }
            Token::Word(name) => (name, false, false),
            Token::Name(name) => (name, true, false),
            _ => match self.advance()? {
                (Token::Word(name) | Token::Name(name), _) => (name, true, true),
                (_, span) => {
                    let expected = "a field behind \"@\"";
                    let found = found_text(self.lexer.text(span));
                    return Err(Error::new(span, Problem::Expected { expected, found }));
                }
            },
        };
        let (layers, end) = self.layers()?;
        let span = end.map_or(span, |end| span.to(end));
        if layers.is_empty() && !dotted {
            return Ok(Operand { span, kind: OperandKind::Word(name.into()) });
        }
        Ok(Operand { span, kind: OperandKind::Field { name: name.into(), layers, raw } })
    }

    fn call(&mut self, name: &str, span: Span) -> Result<Operand, Error> {
        self.expect(Symbol::LeftParenthesis, "\"(\"")?;
        let mut arguments = Vec::new();
        let mut end = self.span;
        if !self.accept(Symbol::RightParenthesis)? {
            loop {
                arguments.push(self.descend(Self::operand)?);
                if !self.accept(Symbol::Comma)? {
                    break;
                }
            }
            end = self.expect(Symbol::RightParenthesis, "\",\" or \")\"")?;
        }
        Ok(Operand { span: span.to(end), kind: OperandKind::Call(name.into(), arguments) })
    }

    /// `#2` or `#[2-4]` behind a field.
    fn layers(&mut self) -> Result<(Vec<Range>, Option<Span>), Error> {
        if !self.accept(Symbol::Hash)? {
            return Ok((Vec::new(), None));
        }
        if let Token::Layer(text) = self.token {
            let (_, span) = self.advance()?;
            return Ok((vec![range(text, span)?], Some(span)));
        }
        let (list, end) = self.ranges()?;
        Ok((list, Some(end)))
    }

    fn ranges(&mut self) -> Result<(Vec<Range>, Span), Error> {
        self.expect(Symbol::LeftBracket, "\"[\"")?;
        let mut list = Vec::new();
        loop {
            let Token::Range(text) = self.token else { return Err(self.unexpected("an offset")) };
            let (_, span) = self.advance()?;
            list.push(range(text, span)?);
            if !self.accept(Symbol::Comma)? {
                break;
            }
        }
        let end = self.expect(Symbol::RightBracket, "\",\" or \"]\"")?;
        Ok((list, end))
    }
}

/// One item between brackets: `i`, `i:length`, `i-j`, `:length`, `i:` or `:`.
fn range(text: &str, span: Span) -> Result<Range, Error> {
    let wrong =
        |expected: &'static str| Error::new(span, Problem::Expected { expected, found: found_text(text) });
    let offset =
        |text: &str| number(text.trim()).ok_or_else(|| wrong("a range: i, i:length, i-j, :length or i:"));
    let trimmed = text.trim();
    if let Some((start, length)) = trimmed.split_once(':') {
        let start = if start.is_empty() { 0 } else { offset(start)? };
        if length.is_empty() {
            return Ok(Range::From(start));
        }
        let length = offset(length)?;
        if length <= 0 {
            return Err(wrong("a length above 0"));
        }
        return Ok(Range::Length { start, length });
    }
    // The minus between two offsets is not the sign of the first.
    let dash = trimmed.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
    let Some(dash) = dash else { return Ok(Range::Length { start: offset(trimmed)?, length: 1 }) };
    let (start, end) = (offset(&trimmed[..dash])?, offset(&trimmed[dash + 1..])?);
    if start >= end && (start < 0) == (end < 0) {
        return Err(wrong("an end behind the start"));
    }
    Ok(Range::Inclusive { start, end })
}

fn number(text: &str) -> Option<i32> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let value = i32::try_from(super::literal::unsigned(digits)?).ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> String {
        parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).map_or(String::new(), |expr| expr.to_string())
    }

    #[test]
    fn precedence_is_wiresharks() {
        for (text, same) in [
            ("a and b or not c or d and not e or f", "(a and b) or not c or (d and not e) or f"),
            ("not a and b", "not a and b"),
            ("a or b xor c and d", "a or (b xor (c and d))"),
            ("!a==1&&b", "not a == 1 and b"),
            ("a & 2 == 2", "{a & 2} == 2"),
            ("a + 1 * 2 == 3", "{a + {1 * 2}} == 3"),
            ("a - b - c == d", "{{a - b} - c} == d"),
            ("{a + 1} * -2 > 3", "{{a + 1} * -2} > 3"),
            ("a < b <= c", "a < b and b <= c"),
            ("any a != b", "any a != b"),
            ("a ne b and a any_ne c", "a != b and a !== c"),
            ("a not in {1,2..3, -4 .. 5}", "a not in {1, 2 .. 3, -4 .. 5}"),
            ("((((a))))", "a"),
            ("a[1:2,3-4,5,6:,:7,:][0]", "a[1:2,3-4,5:1,6:,0:7,0:][0:1]"),
            ("a#2[1] == @b#[1-2]", "a#[2:1][1:1] == @b#[1-2]"),
            (".a == :47", ".a == :47"),
            ("max(a, b + 1) > len(c)", "max(a, {b + 1}) > len(c)"),
            ("a == \"\\x41\\\"\" or a == 'b'", "a == \"A\\\"\" or a == '\\x62'"),
            ("", ""),
        ] {
            assert_eq!(printed(text), same, "{text}");
            assert_eq!(parse(text).unwrap(), parse(same).unwrap(), "{text}");
        }
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, column, expected) in [
            ("tcp and", 8, "a field, a value or a function"),
            ("tcp udp", 5, "an operator or the end of the filter"),
            ("(tcp", 5, "an operator or \")\""),
            ("tcp)", 4, "an operator or the end of the filter"),
            ("a in {}", 7, "a field, a value or a function"),
            ("a in 80", 6, "a set: \"{\", values, \"}\""),
            ("a in {1 2}", 9, "\",\", \"..\" or \"}\""),
            ("tcp[0", 6, "\"]\" at the end of a slice"),
            ("a[x] == 1", 3, "a range: i, i:length, i-j, :length or i:"),
            ("a[5-2] == 1", 3, "an end behind the start"),
            ("a[1:0] == 1", 3, "a length above 0"),
            ("a#x", 3, "a layer number or \"[\" right behind \"#\""),
            ("any tcp", 8, "a comparison behind \"any\" or \"all\""),
            ("a + 1 in {2}", 7, "an operator or the end of the filter"),
            ("(a + 1) == 2", 9, "an operator or the end of the filter"),
            ("a == 80;", 8, "a field, a value or an operator"),
        ] {
            let error = parse(text).unwrap_err();
            let Problem::Expected { expected: wanted, .. } = &error.problem else {
                panic!("{text}: {error}")
            };
            assert_eq!((error.column(), *wanted), (column, expected), "{text}");
        }
        assert!(matches!(parse("${tcp.port}").unwrap_err().problem, Problem::Unsupported(_)));
    }

    #[test]
    fn nesting_has_a_limit() {
        for deep in [
            format!("{}tcp", "!".repeat(100_000)),
            format!("{}tcp", "(".repeat(100_000)),
            format!("a == 1{}", "+1".repeat(100_000)),
            format!("a{} == 1", "[0]".repeat(100_000)),
            format!("a == {}", "{".repeat(100_000)),
            format!("{}a", "len(".repeat(100_000)),
        ] {
            assert!(matches!(parse(&deep).unwrap_err().problem, Problem::TooDeep(_)));
        }
        assert!(parse(&format!("tcp{}", " or tcp".repeat(100_000))).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_parses_or_errors(text in "\\PC{0,60}") {
            if let Err(error) = parse(&text) {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
                error.underline(&text);
            }
        }

        #[test]
        fn printing_and_parsing_gives_the_same_tree(
            words in prop::collection::vec(prop::sample::select(PIECES), 1..14)
        ) {
            let text = words.join(" ");
            if let Ok(Some(tree)) = parse(&text) {
                let again = tree.to_string();
                prop_assert_eq!(parse(&again).map_err(|e| e.to_string()), Ok(Some(tree)), "{}", again);
            }
        }
    }

    const PIECES: &[&str] = &[
        "tcp",
        "ip.src",
        "80",
        "0x1f",
        "10.0.0.0/8",
        "fe80::1",
        "aa:bb",
        ":47",
        ".udp",
        "\"a\\\"b\"",
        "'c'",
        "r\"\\d\"",
        "==",
        "!=",
        "===",
        "!==",
        "~=",
        "<",
        ">=",
        "contains",
        "matches",
        "in {1, 2 .. 3}",
        "not in {a}",
        "and",
        "or",
        "xor",
        "not",
        "!",
        "(",
        ")",
        "{",
        "}",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "[0:2]",
        "[-1]",
        "[1-2,4:]",
        "#2",
        "#[1-2]",
        "@",
        "any",
        "all",
        "len(tcp)",
        "max(a, b)",
        "a == 1",
        "b",
        "and c",
        "or d",
    ];
}
