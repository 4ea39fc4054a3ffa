//! Fewer decisions for the same answer.
//!
//! Two steps in turn, until neither changes anything:
//!
//! - *threading*: where the tests on the way to a node already settle it (`ip` behind `not ip6` says nothing, but behind
//!   `ip` it does), the way goes on to where the node would have sent it. What is known on a way are the outcomes of the
//!   tests that every way to it has passed: those up the dominator tree.
//! - *grouping*: among tests in a row of which any (or each) decides alike, those on the same value come together, so
//!   that it is loaded once.
//!
//! A test whose value could not be loaded rejects the packet; a test that is skipped had its value loaded before, or does
//! not matter either way. Grouping can accept a cut packet by a test that stood behind the load that fails, as libpcap's
//! optimizer can.

use super::graph::{Comparison, Graph, Node, NodeId, Test};
use super::values::{ValueId, Values};

/// How often the steps are repeated at most; each costs time linear in the tests.
const MAXIMUM_ROUNDS: usize = 12;

/// How many outcomes are looked at to settle one test.
const MAXIMUM_OUTCOMES: usize = 64;

/// The graph with the same answers and fewer tests.
pub(super) fn optimize(values: &Values, mut graph: Graph) -> Graph {
    for _ in 0..MAXIMUM_ROUNDS {
        let (threaded, changed) = thread(values, &graph);
        let (grouped, moved) = group(&threaded);
        graph = grouped;
        if !changed && !moved {
            break;
        }
    }
    graph
}

/// Sends every way past the nodes that it has already settled.
fn thread(values: &Values, graph: &Graph) -> (Graph, bool) {
    let tree = Dominators::new(graph);
    let mut walk = Walk {
        values,
        graph,
        outcomes: vec![Vec::new(); values.len()],
        ways: vec![(0, 0); graph.len()],
        reached: vec![false; graph.len()],
        changed: false,
    };
    walk.run(&tree);
    (rebuild(graph, &walk.reached, |id, _| walk.ways[id], |_, test| test), walk.changed)
}

/// The reachable part of `graph` with other ways on and other tests.
fn rebuild(
    graph: &Graph,
    reachable: &[bool],
    ways: impl Fn(NodeId, (NodeId, NodeId)) -> (NodeId, NodeId),
    test_of: impl Fn(NodeId, Test) -> Test,
) -> Graph {
    let mut new = Graph::empty();
    let mut place: Vec<NodeId> = (0..graph.len()).collect();
    for id in (0..graph.len()).filter(|&id| reachable[id]) {
        if let Node::Branch { test, yes, no } = graph.node(id) {
            let (yes, no) = ways(id, (yes, no));
            place[id] = new.branch(test_of(id, test), place[yes], place[no]);
        }
    }
    new.root = place[graph.root];
    new
}

/// The walk down the dominator tree that knows, at each node, the outcomes of the tests above it.
struct Walk<'a> {
    values: &'a Values,
    graph: &'a Graph,
    /// By the value tested.
    outcomes: Vec<Vec<Outcome>>,
    /// By node: where its two ways go on now.
    ways: Vec<(NodeId, NodeId)>,
    /// By node: whether a way of now leads there. Only such nodes are followed, which keeps the time linear where each of
    /// many hosts would be passed from each of the others.
    reached: Vec<bool>,
    changed: bool,
}

/// A test and how it came out.
#[derive(Clone, Copy)]
struct Outcome {
    test: Test,
    holds: bool,
}

enum Step {
    Enter(NodeId),
    Leave(ValueId),
}

impl Walk<'_> {
    fn run(&mut self, tree: &Dominators) {
        self.reached[self.graph.root] = true;
        let mut steps = vec![Step::Enter(self.graph.root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(value) => drop(self.outcomes[Values::index(value)].pop()),
                Step::Enter(id) => {
                    if let Some(outcome) = self.outcome_before(tree, id) {
                        self.outcomes[Values::index(outcome.test.left)].push(outcome);
                        steps.push(Step::Leave(outcome.test.left));
                    }
                    if let (true, Node::Branch { test, yes, no }) = (self.reached[id], self.graph.node(id)) {
                        let settled = (self.follow(test, true, yes), self.follow(test, false, no));
                        self.changed |= settled != (yes, no);
                        self.ways[id] = settled;
                        self.reached[settled.0] = true;
                        self.reached[settled.1] = true;
                    }
                    // The greatest comes off the stack first, so that all ways into a node are settled before it.
                    steps.extend(tree.children(id).map(Step::Enter));
                }
            }
        }
    }

    /// The outcome by which the only way into a node comes.
    fn outcome_before(&self, tree: &Dominators, id: NodeId) -> Option<Outcome> {
        if id == self.graph.root || tree.ways_in[id] != 1 {
            return None;
        }
        match self.graph.node(tree.parent[id]) {
            Node::Branch { test, yes, .. } => Some(Outcome { test, holds: yes == id }),
            Node::Return(_) => None,
        }
    }

    /// Where the way on from `test` really goes.
    fn follow(&mut self, test: Test, holds: bool, mut target: NodeId) -> NodeId {
        self.outcomes[Values::index(test.left)].push(Outcome { test, holds });
        while let Node::Branch { test, yes, no } = self.graph.node(target) {
            match self.settled(test) {
                Some(true) => target = yes,
                Some(false) => target = no,
                None => break,
            }
        }
        self.outcomes[Values::index(test.left)].pop();
        target
    }

    fn settled(&self, test: Test) -> Option<bool> {
        let outcomes = &self.outcomes[Values::index(test.left)];
        outcomes.iter().rev().take(MAXIMUM_OUTCOMES).find_map(|outcome| implied(self.values, *outcome, test))
    }
}

/// What an outcome says about another test of the same value.
fn implied(values: &Values, outcome: Outcome, test: Test) -> Option<bool> {
    if outcome.test == test {
        return Some(outcome.holds);
    }
    let known = values.constant_of(outcome.test.right)?;
    let asked = values.constant_of(test.right)?;
    match (outcome.test.comparison, outcome.holds) {
        (Comparison::Equal, true) => Some(test.comparison.holds(known, asked)),
        (Comparison::Equal, false) => None,
        (Comparison::Greater, true) => at_least(known.saturating_add(1), test.comparison, asked),
        (Comparison::GreaterOrEqual, true) => at_least(known, test.comparison, asked),
        (Comparison::Greater, false) => at_most(known, test.comparison, asked),
        (Comparison::GreaterOrEqual, false) => at_most(known.saturating_sub(1), test.comparison, asked),
        (Comparison::AnyBit, true) => match test.comparison {
            Comparison::AnyBit if known & !asked == 0 => Some(true),
            Comparison::Equal if asked & known == 0 => Some(false),
            _ => None,
        },
        (Comparison::AnyBit, false) => match test.comparison {
            Comparison::AnyBit if asked & !known == 0 => Some(false),
            Comparison::Equal if asked & known != 0 => Some(false),
            _ => None,
        },
    }
}

/// What is known of a value that is at least `minimum`.
fn at_least(minimum: u32, comparison: Comparison, asked: u32) -> Option<bool> {
    match comparison {
        Comparison::Equal if asked < minimum => Some(false),
        Comparison::Greater if asked < minimum => Some(true),
        Comparison::GreaterOrEqual if asked <= minimum => Some(true),
        _ => None,
    }
}

/// What is known of a value that is at most `maximum`.
fn at_most(maximum: u32, comparison: Comparison, asked: u32) -> Option<bool> {
    match comparison {
        Comparison::Equal if asked > maximum => Some(false),
        Comparison::Greater if asked >= maximum => Some(false),
        Comparison::GreaterOrEqual if asked > maximum => Some(false),
        _ => None,
    }
}

/// Puts tests of the same value next to each other where the order does not matter.
fn group(graph: &Graph) -> (Graph, bool) {
    let reachable = graph.reachable();
    let ways_in = ways_in(graph, &reachable);
    let mut tests: Vec<Option<Test>> = vec![None; graph.len()];
    let mut seen = [vec![false; graph.len()], vec![false; graph.len()]];
    let mut moved = false;
    for id in (0..graph.len()).rev().filter(|&id| reachable[id]) {
        for by_yes in [false, true] {
            if tests[id].is_some() || seen[usize::from(by_yes)][id] {
                continue;
            }
            let row = row(graph, &ways_in, id, by_yes, &tests);
            row.iter().for_each(|&(id, _)| seen[usize::from(by_yes)][id] = true);
            let ordered = grouped(&row);
            if row.len() > 2 && ordered.iter().zip(&row).any(|(new, (_, old))| new != old) {
                moved = true;
                for (new, (id, _)) in ordered.into_iter().zip(row) {
                    tests[id] = Some(new);
                }
            }
        }
    }
    (rebuild(graph, &reachable, |_, ways| ways, |id, test| tests[id].unwrap_or(test)), moved)
}

/// Tests in a row from `first` on: each is reached only from the one before, by the same outcome, and the other outcome
/// leads to the same place from all.
fn row(
    graph: &Graph,
    ways_in: &[u32],
    first: NodeId,
    by_yes: bool,
    taken: &[Option<Test>],
) -> Vec<(NodeId, Test)> {
    let mut row = Vec::new();
    let mut exit = None;
    let mut next = first;
    while let Node::Branch { test, yes, no } = graph.node(next) {
        let (on, out) = if by_yes { (yes, no) } else { (no, yes) };
        let joins = next == first || (ways_in[next] == 1 && taken[next].is_none());
        if !joins || exit.is_some_and(|exit| exit != out) {
            break;
        }
        exit = Some(out);
        row.push((next, test));
        next = on;
    }
    row
}

/// The tests of a row, those of one value together, in the order of the values' first tests.
fn grouped(row: &[(NodeId, Test)]) -> Vec<Test> {
    let mut first = std::collections::HashMap::new();
    for (position, (_, test)) in row.iter().enumerate() {
        first.entry(test.left).or_insert(position);
    }
    let mut tests: Vec<Test> = row.iter().map(|&(_, test)| test).collect();
    tests.sort_by_key(|test| first[&test.left]);
    tests
}

fn ways_in(graph: &Graph, reachable: &[bool]) -> Vec<u32> {
    let mut ways_in = vec![0; graph.len()];
    for id in (0..graph.len()).filter(|&id| reachable[id]) {
        if let Node::Branch { yes, no, .. } = graph.node(id) {
            ways_in[yes] += 1;
            ways_in[no] += 1;
        }
    }
    ways_in
}

/// Which node every way to a node passes last.
struct Dominators {
    reachable: Vec<bool>,
    ways_in: Vec<u32>,
    parent: Vec<NodeId>,
    /// A node further up, so that common ancestors are found in logarithmic time.
    jump: Vec<NodeId>,
    depth: Vec<u32>,
    first_child: Vec<NodeId>,
    next_sibling: Vec<NodeId>,
}

const NONE: NodeId = usize::MAX;

impl Dominators {
    fn new(graph: &Graph) -> Self {
        let reachable = graph.reachable();
        let ways_in = ways_in(graph, &reachable);
        let none = vec![NONE; graph.len()];
        let mut tree = Self {
            reachable,
            ways_in,
            parent: none.clone(),
            jump: none.clone(),
            depth: vec![0; graph.len()],
            first_child: none.clone(),
            next_sibling: none,
        };
        tree.parent[graph.root] = graph.root;
        tree.jump[graph.root] = graph.root;
        // From the beginning to the end: all ways into a node are seen before it.
        for id in (0..=graph.root).rev() {
            if !tree.reachable[id] {
                continue;
            }
            if id != graph.root {
                tree.hang(id);
            }
            if let Node::Branch { yes, no, .. } = graph.node(id) {
                for target in [yes, no] {
                    tree.parent[target] = match tree.parent[target] {
                        NONE => id,
                        known => tree.common(known, id),
                    };
                }
            }
        }
        tree
    }

    fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(self.first_child[id]).filter(|&child| child != NONE), |&child| {
            Some(self.next_sibling[child]).filter(|&next| next != NONE)
        })
    }

    /// Enters a node whose parent is known into the tree.
    fn hang(&mut self, id: NodeId) {
        let parent = self.parent[id];
        let up = self.jump[parent];
        self.depth[id] = self.depth[parent] + 1;
        self.jump[id] = if self.depth[parent] - self.depth[up] == self.depth[up] - self.depth[self.jump[up]] {
            self.jump[up]
        } else {
            parent
        };
        self.next_sibling[id] = self.first_child[parent];
        self.first_child[parent] = id;
    }

    /// The nearest node above both.
    fn common(&self, a: NodeId, b: NodeId) -> NodeId {
        let (mut high, mut low) = if self.depth[a] <= self.depth[b] { (a, b) } else { (b, a) };
        while self.depth[low] > self.depth[high] {
            low = if self.depth[self.jump[low]] >= self.depth[high] {
                self.jump[low]
            } else {
                self.parent[low]
            };
        }
        while high != low {
            if self.jump[high] == self.jump[low] {
                (high, low) = (self.parent[high], self.parent[low]);
            } else {
                (high, low) = (self.jump[high], self.jump[low]);
            }
        }
        high
    }
}
