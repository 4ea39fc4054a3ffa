//! The decisions of a program: a graph of tests, each with a way on for yes and for no.
//!
//! Nodes are made from the end to the beginning, so a node's number is greater than those of all nodes behind it. Equal
//! nodes are one node, and a test that leads to the same place either way is no node: both follow from how nodes are made.

use std::collections::HashMap;

use super::error::Error;
use super::syntax::{Connective, Operator, Relation};
use super::values::{Value, ValueId, Values};

/// The most tests that one expression may have.
pub(super) const MAXIMUM_TESTS: usize = 65_536;

/// What a packet has to be: primitives combined.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Constant(bool),
    Test(Test),
    Not(Box<Self>),
    Chain(Box<Self>, Vec<(Connective, Self)>),
}

impl Condition {
    pub(super) fn and(self, other: Self) -> Self {
        self.join(Connective::And, other)
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.join(Connective::Or, other)
    }

    pub(super) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Any of the conditions; false if there are none.
    pub(super) fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        conditions.into_iter().reduce(Self::or).unwrap_or(Self::Constant(false))
    }

    fn join(self, connective: Connective, other: Self) -> Self {
        match self {
            // A chain is read from left to right, so whatever comes behind joins all of it.
            Self::Chain(first, mut rest) => {
                rest.push((connective, other));
                Self::Chain(first, rest)
            }
            first => Self::Chain(Box::new(first), vec![(connective, other)]),
        }
    }
}

/// A comparison as the machine has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Test {
    pub(super) left: ValueId,
    pub(super) comparison: Comparison,
    pub(super) right: ValueId,
}

/// The machine's jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    /// A bit is set in both.
    AnyBit,
}

impl Comparison {
    pub(super) const fn holds(self, left: u32, right: u32) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::AnyBit => left & right != 0,
        }
    }
}

/// The condition that `left` `relation` `right`, in as few operations as it takes.
pub(super) fn relation(values: &mut Values, left: ValueId, relation: Relation, right: ValueId) -> Condition {
    match relation {
        Relation::Equal => equal(values, left, right),
        Relation::NotEqual => equal(values, left, right).negated(),
        Relation::Greater => greater(values, left, right, false),
        Relation::LessOrEqual => greater(values, left, right, false).negated(),
        Relation::GreaterOrEqual => greater(values, left, right, true),
        Relation::Less => greater(values, left, right, true).negated(),
    }
}

/// Whether `value` and `mask` have a bit in common.
pub(super) fn any_bit(values: &mut Values, value: ValueId, mask: u32) -> Condition {
    match (values.constant_of(value), mask) {
        (Some(number), _) => Condition::Constant(number & mask != 0),
        (None, 0) => Condition::Constant(false),
        _ => Condition::Test(Test {
            left: value,
            comparison: Comparison::AnyBit,
            right: values.constant(mask),
        }),
    }
}

fn equal(values: &mut Values, left: ValueId, right: ValueId) -> Condition {
    let (left, number) = match (values.constant_of(left), values.constant_of(right)) {
        (Some(l), Some(r)) => return Condition::Constant(l == r),
        (Some(l), None) => (right, l),
        (None, Some(r)) => (left, r),
        (None, None) => return Condition::Test(Test { left, comparison: Comparison::Equal, right }),
    };
    if let Value::Binary(operator, operand, constant) = values.value(left) {
        match (operator, values.constant_of(constant)) {
            (Operator::Add, Some(addend)) => {
                let right = values.constant(number.wrapping_sub(addend));
                return equal(values, operand, right);
            }
            (Operator::Xor, Some(mask)) => {
                let right = values.constant(number ^ mask);
                return equal(values, operand, right);
            }
            (Operator::And, Some(mask)) if number == 0 => return any_bit(values, operand, mask).negated(),
            (Operator::And, Some(mask)) if number == mask && mask.is_power_of_two() => {
                return any_bit(values, operand, mask);
            }
            _ => {}
        }
    }
    Condition::Test(Test { left, comparison: Comparison::Equal, right: values.constant(number) })
}

/// `left` > `right`, or `left` >= `right` if `or_equal`.
fn greater(values: &mut Values, left: ValueId, right: ValueId, or_equal: bool) -> Condition {
    let comparison = if or_equal { Comparison::GreaterOrEqual } else { Comparison::Greater };
    match (values.constant_of(left), values.constant_of(right)) {
        (Some(l), Some(r)) => Condition::Constant(comparison.holds(l, r)),
        // c > v is not v >= c.
        (Some(_), None) => greater(values, right, left, !or_equal).negated(),
        _ => Condition::Test(Test { left, comparison, right }),
    }
}

/// A node's place in its [`Graph`].
pub(super) type NodeId = usize;

/// One decision, or the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Return(bool),
    Branch { test: Test, yes: NodeId, no: NodeId },
}

/// The decisions of a program.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    index: HashMap<Node, NodeId>,
    pub(super) root: NodeId,
}

impl Graph {
    pub(super) const REJECT: NodeId = 0;
    pub(super) const ACCEPT: NodeId = 1;

    /// A graph that has only the two ends.
    pub(super) fn empty() -> Self {
        Self {
            nodes: vec![Node::Return(false), Node::Return(true)],
            index: HashMap::new(),
            root: Self::REJECT,
        }
    }

    /// The graph that accepts what satisfies `condition`.
    pub(super) fn new(condition: &Condition) -> Result<Self, Error> {
        let mut graph = Self::empty();
        graph.root = graph.lower(condition, Self::ACCEPT, Self::REJECT)?;
        Ok(graph)
    }

    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes[id]
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node that goes on at `yes` or `no`, by the test.
    pub(super) fn branch(&mut self, test: Test, yes: NodeId, no: NodeId) -> NodeId {
        if yes == no {
            return yes;
        }
        let node = Node::Branch { test, yes, no };
        let next = self.nodes.len();
        *self.index.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            next
        })
    }

    /// Which nodes the program can come to, by number.
    pub(super) fn reachable(&self) -> Vec<bool> {
        let mut reachable = vec![false; self.nodes.len()];
        reachable[self.root] = true;
        for id in (0..=self.root).rev() {
            if let (true, Node::Branch { yes, no, .. }) = (reachable[id], self.nodes[id]) {
                reachable[yes] = true;
                reachable[no] = true;
            }
        }
        reachable
    }

    fn lower(&mut self, condition: &Condition, yes: NodeId, no: NodeId) -> Result<NodeId, Error> {
        if self.nodes.len() > MAXIMUM_TESTS {
            return Err(Error::TooLarge { what: "tests", maximum: MAXIMUM_TESTS });
        }
        match condition {
            Condition::Constant(true) => Ok(yes),
            Condition::Constant(false) => Ok(no),
            Condition::Test(test) => Ok(self.branch(*test, yes, no)),
            Condition::Not(inner) => self.lower(inner, no, yes),
            Condition::Chain(first, rest) => {
                let (mut yes, mut no) = (yes, no);
                for (connective, member) in rest.iter().rev() {
                    let start = self.lower(member, yes, no)?;
                    match connective {
                        Connective::And => yes = start,
                        Connective::Or => no = start,
                    }
                }
                self.lower(first, yes, no)
            }
        }
    }
}
