//! Tokens to a tree.
//!
//! Two things make the grammar odd. An id without qualifiers takes those of the id before it (`host a or b`), also
//! through parentheses. And a parenthesis may open a condition, a list of ids or a sum; which one shows only inside, so
//! [`Operand`] says what was found and the caller goes on from there: one pass, no trying again.

mod primitive;

use super::error::Error;
use super::lex::{self, Spanned, Token};
use super::syntax::{
    Arithmetic, Connective, Expression, Id, Operator, Primitive, Qualifiers, Relation, Span,
};
use super::words::Keyword;

/// How deep parentheses, `not` and the like may nest.
const MAXIMUM_DEPTH: usize = 200;

/// How many operators one sum may have.
const MAXIMUM_OPERATORS: usize = 200;

/// The tree of `text`; none for a text without any token, which matches every packet.
///
/// # Errors
/// Where the text is no expression: the column, what was expected and what stands there.
pub fn parse(text: &str) -> Result<Option<Expression>, Error> {
    let mut parser = Parser { text, tokens: lex::tokens(text)?, at: 0, depth: 0, operators: 0 };
    if parser.peek() == Token::End {
        return Ok(None);
    }
    let (operand, _) = parser.chain(None)?;
    let Operand::Condition(expression) = operand else { return Err(parser.expected("a comparison")) };
    match parser.peek() {
        Token::End => Ok(Some(expression)),
        _ => Err(parser.expected("'and', 'or' or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned<'a>>,
    at: usize,
    depth: usize,
    operators: usize,
}

/// What a piece of text turned out to be.
enum Operand {
    /// A condition.
    Condition(Expression),
    /// One or more ids with the qualifiers of the context: a condition that only ids may be joined to in parentheses.
    Ids(Expression),
    /// A number: an id if there are qualifiers for it, else the beginning of a sum.
    Number(u32, Span),
    /// A sum, not yet compared with anything.
    Arithmetic(Arithmetic),
}

impl<'a> Parser<'a> {
    /// Operands joined by `and` and `or`; the qualifiers that an id behind them takes.
    fn chain(&mut self, inherited: Option<Qualifiers>) -> Result<(Operand, Option<Qualifiers>), Error> {
        let (first, mut qualifiers) = self.operand(inherited)?;
        let Some(mut connective) = self.connective() else { return Ok((first, qualifiers)) };
        let (first, only_ids) = match first {
            Operand::Condition(expression) => (expression, false),
            Operand::Ids(expression) => (expression, true),
            Operand::Number(number, span) => (self.number_id(number, span, qualifiers)?, true),
            Operand::Arithmetic(_) => return Err(self.expected("a comparison")),
        };
        let mut rest = Vec::new();
        loop {
            self.at += 1;
            let before = self.at;
            let (operand, next) = self.operand(qualifiers)?;
            let member = match operand {
                Operand::Condition(expression) if !only_ids => expression,
                Operand::Ids(expression) => expression,
                Operand::Number(number, span) => self.number_id(number, span, qualifiers)?,
                Operand::Condition(_) => {
                    return Err(self.expected_at(before, "another name, address or number"));
                }
                Operand::Arithmetic(_) => return Err(self.expected("a comparison")),
            };
            rest.push((connective, member));
            qualifiers = next;
            match self.connective() {
                Some(next) => connective = next,
                None => break,
            }
        }
        let chain = Expression::Chain(Box::new(first), rest);
        Ok((if only_ids { Operand::Ids(chain) } else { Operand::Condition(chain) }, qualifiers))
    }

    /// One operand of a chain, and the qualifiers that an id behind it takes.
    fn operand(&mut self, inherited: Option<Qualifiers>) -> Result<(Operand, Option<Qualifiers>), Error> {
        let start = self.at;
        match self.peek() {
            Token::Symbol("!") | Token::Keyword(Keyword::Not) => {
                self.at += 1;
                let (inner, qualifiers) = self.nested(|parser| parser.operand(inherited))?;
                let negated = |expression| Expression::Not(Box::new(expression));
                let operand = match inner {
                    Operand::Condition(expression) => Operand::Condition(negated(expression)),
                    Operand::Ids(expression) => Operand::Ids(negated(expression)),
                    Operand::Number(number, span) => {
                        Operand::Ids(negated(self.number_id(number, span, qualifiers)?))
                    }
                    Operand::Arithmetic(_) => return Err(self.expected("a comparison")),
                };
                Ok((operand, qualifiers))
            }
            Token::Symbol("(") => {
                self.at += 1;
                let (inner, _) = self.nested(|parser| parser.chain(inherited))?;
                self.symbol(")")?;
                match inner {
                    Operand::Number(number, span) => self.number(number, span, inherited),
                    Operand::Arithmetic(arithmetic) => self.sum(arithmetic, start),
                    other => Ok((other, inherited)),
                }
            }
            Token::Number(number) => {
                let span = self.span();
                self.at += 1;
                self.number(number, span, inherited)
            }
            Token::Symbol("-") | Token::Keyword(Keyword::Length) => {
                let left = self.term()?;
                self.sum(left, start)
            }
            Token::Protocol(_) if self.peek_at(1) == Token::Symbol("[") => {
                let left = self.term()?;
                self.sum(left, start)
            }
            _ if self.is_id() => match inherited {
                Some(qualifiers) => Ok((Operand::Ids(self.id(qualifiers)?), inherited)),
                None => Err(self.expected("a keyword such as 'host', 'port' or 'tcp'")),
            },
            _ => self.primitive(),
        }
    }

    /// A number where an operand may be: an id, or the beginning of a sum.
    fn number(
        &mut self,
        number: u32,
        span: Span,
        inherited: Option<Qualifiers>,
    ) -> Result<(Operand, Option<Qualifiers>), Error> {
        if binary_operator(self.peek()).is_some() || relation(self.peek()).is_some() {
            return self.sum(Arithmetic::Number(number), self.at.saturating_sub(1));
        }
        Ok((Operand::Number(number, span), inherited))
    }

    /// The rest of a sum that begins with `left`, and its comparison if there is one.
    fn sum(&mut self, left: Arithmetic, start: usize) -> Result<(Operand, Option<Qualifiers>), Error> {
        let left = self.binary(left, 0)?;
        let Some(relation) = relation(self.peek()) else { return Ok((Operand::Arithmetic(left), None)) };
        self.at += 1;
        let right = self.arithmetic(0)?;
        let span = Span { start: self.tokens[start].start, end: self.tokens[self.at - 1].end };
        Ok((
            Operand::Condition(Expression::Primitive(Primitive::Relation(left, relation, right), span)),
            None,
        ))
    }

    /// A sum whose operators bind at least as strongly as `binding`.
    fn arithmetic(&mut self, binding: u8) -> Result<Arithmetic, Error> {
        let left = self.term()?;
        self.binary(left, binding)
    }

    fn binary(&mut self, mut left: Arithmetic, binding: u8) -> Result<Arithmetic, Error> {
        while let Some((operator, strength)) =
            binary_operator(self.peek()).filter(|&(_, strength)| strength >= binding)
        {
            self.operators += 1;
            if self.operators > MAXIMUM_OPERATORS {
                return Err(Error::TooLarge { what: "operators of arithmetic", maximum: MAXIMUM_OPERATORS });
            }
            let span = self.span();
            self.at += 1;
            let right = self.nested(|parser| parser.arithmetic(strength + 1))?;
            left = Arithmetic::Binary(Box::new(left), operator, Box::new(right), span);
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Arithmetic, Error> {
        let span = self.span();
        let token = self.peek();
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Arithmetic::Number(number)),
            Token::Keyword(Keyword::Length) => Ok(Arithmetic::Length),
            Token::Symbol("-") => Ok(Arithmetic::Negate(Box::new(self.nested(Self::term)?))),
            Token::Symbol("(") => {
                let inner = self.nested(|parser| parser.arithmetic(0))?;
                self.symbol(")")?;
                Ok(inner)
            }
            Token::Protocol(protocol) => {
                self.symbol("[")?;
                let offset = self.nested(|parser| parser.arithmetic(0))?;
                let size = if self.peek() == Token::Symbol(":") {
                    self.at += 1;
                    let size = self.plain_number("1, 2 or 4")?;
                    if !matches!(size, 1 | 2 | 4) {
                        return Err(self.expected_at(self.at - 1, "1, 2 or 4"));
                    }
                    size
                } else {
                    1
                };
                self.symbol("]")?;
                Ok(Arithmetic::Load(protocol, Box::new(offset), size, span))
            }
            _ => Err(self.expected_at(self.at - 1, "a number, 'len', or a protocol and '['")),
        }
    }

    /// A list of ids in parentheses, an id with `not` before it, or one id.
    fn id(&mut self, qualifiers: Qualifiers) -> Result<Expression, Error> {
        match self.peek() {
            Token::Symbol("!") | Token::Keyword(Keyword::Not) => {
                self.at += 1;
                Ok(Expression::Not(Box::new(self.nested(|parser| parser.id(qualifiers))?)))
            }
            Token::Symbol("(") => {
                self.at += 1;
                let first = self.nested(|parser| parser.id(qualifiers))?;
                let mut rest = Vec::new();
                while let Some(connective) = self.connective() {
                    self.at += 1;
                    rest.push((connective, self.nested(|parser| parser.id(qualifiers))?));
                }
                self.symbol(")")?;
                Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
            }
            _ => self.single_id(qualifiers),
        }
    }

    fn single_id(&mut self, qualifiers: Qualifiers) -> Result<Expression, Error> {
        let start = self.span().start;
        let token = self.peek();
        let id = match token {
            Token::Name(name) => Id::Name(name.to_owned()),
            Token::Number(number) => Id::Number(number),
            Token::Ethernet(address) => Id::Ethernet(address),
            Token::Arcnet(address) => Id::Arcnet(address),
            Token::Ipv6(address) => match self.prefix_length()? {
                Some(length) => Id::Ipv6Prefix(address, length),
                None => Id::Ipv6(address),
            },
            Token::Dotted(text) => match self.prefix_length()? {
                Some(length) => Id::DottedPrefix(text.to_owned(), length),
                None if self.peek_at(1) == Token::Keyword(Keyword::Mask) => {
                    self.at += 2;
                    match self.peek() {
                        Token::Dotted(mask) => Id::DottedMask(text.to_owned(), mask.to_owned()),
                        _ => return Err(self.expected("a mask such as 255.255.255.0")),
                    }
                }
                None => Id::Dotted(text.to_owned()),
            },
            _ => return Err(self.expected("a name, an address or a number")),
        };
        self.at += 1;
        let span = Span { start, end: self.tokens[self.at - 1].end };
        Ok(Expression::Primitive(Primitive::Qualified(qualifiers, id), span))
    }

    /// The number behind `ADDRESS/`; stops on the last token of what it takes.
    fn prefix_length(&mut self) -> Result<Option<u32>, Error> {
        if self.peek_at(1) != Token::Symbol("/") {
            return Ok(None);
        }
        self.at += 2;
        match self.peek() {
            Token::Number(length) => Ok(Some(length)),
            _ => Err(self.expected("a prefix length")),
        }
    }

    fn number_id(
        &self,
        number: u32,
        span: Span,
        qualifiers: Option<Qualifiers>,
    ) -> Result<Expression, Error> {
        match qualifiers {
            Some(qualifiers) => {
                Ok(Expression::Primitive(Primitive::Qualified(qualifiers, Id::Number(number)), span))
            }
            None => Err(self.expected("an operator or a comparison")),
        }
    }

    fn is_id(&self) -> bool {
        matches!(
            self.peek(),
            Token::Name(_) | Token::Dotted(_) | Token::Ipv6(_) | Token::Ethernet(_) | Token::Arcnet(_)
        )
    }

    fn connective(&self) -> Option<Connective> {
        match self.peek() {
            Token::Keyword(Keyword::And) => Some(Connective::And),
            Token::Keyword(Keyword::Or) => Some(Connective::Or),
            _ => None,
        }
    }

    fn symbol(&mut self, symbol: &'static str) -> Result<(), Error> {
        if self.peek() != Token::Symbol(symbol) {
            return Err(self.expected(match symbol {
                ")" => "')'",
                "]" => "']'",
                _ => "'['",
            }));
        }
        self.at += 1;
        Ok(())
    }

    fn plain_number(&mut self, expected: &'static str) -> Result<u32, Error> {
        let Token::Number(number) = self.peek() else { return Err(self.expected(expected)) };
        self.at += 1;
        Ok(number)
    }

    /// Goes one level down, if that is allowed.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return Err(Error::TooLarge { what: "levels of nesting", maximum: MAXIMUM_DEPTH });
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> Token<'a> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token<'a> {
        self.tokens.get(self.at + ahead).map_or(Token::End, |spanned| spanned.token)
    }

    fn span(&self) -> Span {
        let spanned = self.tokens[self.at.min(self.tokens.len() - 1)];
        Span { start: spanned.start, end: spanned.end }
    }

    fn expected(&self, expected: &'static str) -> Error {
        self.expected_at(self.at, expected)
    }

    fn expected_at(&self, token: usize, expected: &'static str) -> Error {
        let Spanned { token, start, end } = self.tokens[token.min(self.tokens.len() - 1)];
        let found = match token {
            Token::End => "the end".to_owned(),
            _ => format!("'{}'", &self.text[start..end]),
        };
        Error::Syntax { column: start + 1, expected, found }
    }
}

/// Binary operators and how strongly they bind; as in C, but that `==` and the like join no sums.
fn binary_operator(token: Token<'_>) -> Option<(Operator, u8)> {
    let Token::Symbol(symbol) = token else { return None };
    Some(match symbol {
        "|" => (Operator::Or, 1),
        "^" => (Operator::Xor, 2),
        "&" => (Operator::And, 3),
        "<<" => (Operator::ShiftLeft, 4),
        ">>" => (Operator::ShiftRight, 4),
        "+" => (Operator::Add, 5),
        "-" => (Operator::Subtract, 5),
        "*" => (Operator::Multiply, 6),
        "/" => (Operator::Divide, 6),
        "%" => (Operator::Modulo, 6),
        _ => return None,
    })
}

fn relation(token: Token<'_>) -> Option<Relation> {
    let Token::Symbol(symbol) = token else { return None };
    Some(match symbol {
        "=" => Relation::Equal,
        "!=" => Relation::NotEqual,
        ">" => Relation::Greater,
        ">=" => Relation::GreaterOrEqual,
        "<" => Relation::Less,
        "<=" => Relation::LessOrEqual,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(expression: &str) -> String {
        parse(expression).unwrap().unwrap().to_string()
    }

    #[test]
    fn ids_take_the_qualifiers_before_them() {
        assert_eq!(
            text("tcp dst port ftp or 20 or domain"),
            "tcp dst port ftp or tcp dst port 20 or tcp dst port domain"
        );
        assert_eq!(text("not host vs and ace"), "not host vs and host ace");
        assert_eq!(text("not host (vs or ace)"), "not (host vs or host ace)");
        assert_eq!(text("host vs and not (a or b)"), "host vs and not (host a or host b)");
        assert_eq!(text("port 1 and (2 or 3)"), "port 1 and (port 2 or port 3)");
        assert_eq!(text("dst or src net ::/0"), "src or dst net ::/0");
        assert_eq!(text("ether proto \\ip"), "link proto \\ip");
    }

    #[test]
    fn a_parenthesis_may_hold_conditions_ids_or_sums() {
        assert_eq!(text("((ip[2:2] - 4)) != (1)"), "(ip[2 : 2] - 4) != 1");
        assert_eq!(text("(tcp or udp) and port (80)"), "(tcp or udp) and port 80");
        assert_eq!(text("(1 + 2) * 3 = 9"), "((1 + 2) * 3) = 9");
        assert_eq!(text("tcp[13] & 3 << 1 == 2"), "(tcp[13] & (3 << 1)) = 2");
    }

    #[test]
    fn errors_say_what_was_expected() {
        for (expression, message) in [
            ("10.0.0.1", "column 1: expected a keyword such as 'host', 'port' or 'tcp', found '10.0.0.1'"),
            ("tcp)", "column 4: expected 'and', 'or' or the end, found ')'"),
            ("tcp[0:3] = 1", "column 7: expected 1, 2 or 4, found '3'"),
            ("port", "column 5: expected a name, an address or a number, found the end"),
            ("host (a or port b)", "column 12: expected a name, an address or a number, found 'port'"),
            ("ip[2", "column 5: expected ']', found the end"),
        ] {
            assert_eq!(parse(expression).unwrap_err().to_string(), message);
        }
        let deep = "(".repeat(100_000);
        assert!(matches!(parse(&deep), Err(Error::TooLarge { .. })));
    }
}
