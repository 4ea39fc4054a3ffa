//! Decisions to instructions: which register holds what, and how far the jumps go.
//!
//! Each node becomes the loads its test needs and a jump. What the registers A, X and M[0..16] hold where a node begins
//! is what they hold at the end of every node before it; loads of that are left out. Values that cost more than a load
//! and are used again are kept in M; stores that nothing reads are dropped at the end.

use std::collections::HashMap;

use super::error::Error;
use super::graph::{Comparison, Graph, Node, NodeId, Test};
use super::program::{Instruction, MAXIMUM_INSTRUCTIONS, MEMORY_SLOTS, Program, code};
use super::syntax::Operator;
use super::values::{Value, ValueId, Values, Width, commutes};

/// The program of `graph`; `accept` is what it returns for a packet that matches.
pub(super) fn assemble(values: &Values, graph: &Graph, accept: u32) -> Result<Program, Error> {
    let reachable = graph.reachable();
    let uses = Uses::count(values, graph, &reachable);
    let mut blocks: Vec<Block> = Vec::new();
    let mut entry: Vec<Option<State>> = vec![None; graph.len()];
    let mut length = 0;
    entry[graph.root] = Some(State::default());
    for id in (0..=graph.root).rev().filter(|&id| reachable[id]) {
        let Node::Branch { test, yes, no } = graph.node(id) else { continue };
        let state = entry[id].take().unwrap_or_default();
        let mut emitter = Emitter {
            values,
            uses: &uses,
            state,
            code: Vec::new(),
            pinned: 0,
            clock: 0,
            used: [0; MEMORY_SLOTS],
        };
        let jump = emitter.test(test)?;
        length += emitter.code.len() + 1;
        if length > MAXIMUM_INSTRUCTIONS {
            return Err(Error::TooLarge { what: "instructions", maximum: MAXIMUM_INSTRUCTIONS });
        }
        for target in [yes, no] {
            entry[target] = Some(match entry[target].take() {
                Some(known) => known.common(&emitter.state),
                None => emitter.state.clone(),
            });
        }
        blocks.push(Block { id, code: emitter.code, jump, yes, no });
    }
    drop_dead_stores(&mut blocks, graph.len());
    let (blocks, root) = merge_equal(blocks, graph);
    Ok(lay_out(&blocks, graph, root, accept))
}

/// Blocks that came out alike, with the same ways on, become one: where registers held what they need, tests of different
/// values can be the same instruction.
fn merge_equal(blocks: Vec<Block>, graph: &Graph) -> (Vec<Block>, NodeId) {
    let mut place: Vec<NodeId> = (0..graph.len()).collect();
    let mut seen = HashMap::new();
    let mut kept = Vec::with_capacity(blocks.len());
    for mut block in blocks.into_iter().rev() {
        (block.yes, block.no) = (place[block.yes], place[block.no]);
        let key = (block.code.clone(), block.jump, block.yes, block.no);
        let canonical = *seen.entry(key).or_insert(block.id);
        place[block.id] = canonical;
        if canonical == block.id {
            kept.push(block);
        }
    }
    kept.reverse();
    (kept, place[graph.root])
}

/// A node's instructions.
struct Block {
    id: NodeId,
    code: Vec<Instruction>,
    jump: Instruction,
    yes: NodeId,
    no: NodeId,
}

/// What the registers hold.
#[derive(Clone, Default, PartialEq)]
struct State {
    a: Option<ValueId>,
    x: Option<ValueId>,
    memory: [Option<ValueId>; MEMORY_SLOTS],
}

impl State {
    /// What both states have.
    fn common(mut self, other: &Self) -> Self {
        let keep = |mine: &mut Option<ValueId>, theirs: Option<ValueId>| {
            if *mine != theirs {
                *mine = None;
            }
        };
        keep(&mut self.a, other.a);
        keep(&mut self.x, other.x);
        self.memory.iter_mut().zip(other.memory).for_each(|(mine, theirs)| keep(mine, theirs));
        self
    }

    fn slot_of(&self, value: ValueId) -> Option<usize> {
        self.memory.iter().position(|&held| held == Some(value))
    }
}

/// How many tests and values use a value, and how many instructions it takes to compute it.
struct Uses {
    count: Vec<u32>,
    cost: Vec<u32>,
}

impl Uses {
    fn count(values: &Values, graph: &Graph, reachable: &[bool]) -> Self {
        let mut uses = Self { count: vec![0; values.len()], cost: vec![0; values.len()] };
        for id in (0..graph.len()).filter(|&id| reachable[id]) {
            if let Node::Branch { test, .. } = graph.node(id) {
                uses.visit(values, test.left);
                uses.visit(values, test.right);
            }
        }
        uses
    }

    /// Counts one use of `id` and, the first time, those of its operands. As deep as an expression is.
    fn visit(&mut self, values: &Values, id: ValueId) -> u32 {
        let index = Values::index(id);
        self.count[index] += 1;
        if self.cost[index] == 0 {
            self.cost[index] = match values.value(id) {
                Value::Constant(_) | Value::Length | Value::Load { base: None, .. } => 1,
                Value::Load { base: Some(base), .. } => self.visit(values, base).saturating_add(2),
                Value::Negate(operand) => self.visit(values, operand).saturating_add(1),
                Value::Binary(_, left, right) if values.constant_of(right).is_some() => {
                    self.visit(values, left).saturating_add(1)
                }
                Value::Binary(_, left, right) => {
                    self.visit(values, left).saturating_add(self.visit(values, right)).saturating_add(2)
                }
            };
        }
        self.cost[index]
    }

    /// Whether it pays to keep a computed value: a store and a load are cheaper than computing it again.
    fn worth_keeping(&self, id: ValueId) -> bool {
        self.count[Values::index(id)] > 1 && self.cost[Values::index(id)] > 2
    }
}

/// Emits one node.
struct Emitter<'a> {
    values: &'a Values,
    uses: &'a Uses,
    state: State,
    code: Vec<Instruction>,
    /// Slots of M that hold an operand of something under way.
    pinned: u16,
    clock: u32,
    /// When a slot of M was used last.
    used: [u32; MEMORY_SLOTS],
}

impl Emitter<'_> {
    fn test(&mut self, test: Test) -> Result<Instruction, Error> {
        let jump = code::JUMP
            | match test.comparison {
                Comparison::Equal => code::EQUAL,
                Comparison::Greater => code::GREATER,
                Comparison::GreaterOrEqual => code::GREATER_OR_EQUAL,
                Comparison::AnyBit => code::ANY_BIT,
            };
        if let Some(constant) = self.values.constant_of(test.right) {
            self.load_a(test.left)?;
            return Ok(Instruction::new(jump | code::CONSTANT, constant));
        }
        self.load_pair(test.left, test.right)?;
        Ok(Instruction::new(jump | code::X, 0))
    }

    /// Brings a value into A.
    fn load_a(&mut self, id: ValueId) -> Result<(), Error> {
        if self.state.a == Some(id) {
            return Ok(());
        }
        if self.state.x == Some(id) {
            self.emit(code::MOVE_X_TO_A, 0)?;
        } else if let Some(slot) = self.state.slot_of(id) {
            self.touch(slot);
            self.emit(code::LOAD | code::MEMORY, slot_number(slot))?;
        } else {
            self.compute_a(id)?;
            self.keep(id)?;
        }
        self.state.a = Some(id);
        Ok(())
    }

    fn compute_a(&mut self, id: ValueId) -> Result<(), Error> {
        match self.values.value(id) {
            Value::Constant(number) => self.emit(code::LOAD | code::IMMEDIATE, number),
            Value::Length => self.emit(code::LOAD | code::LENGTH, 0),
            Value::Load { width, base: None, offset } => {
                self.emit(code::LOAD | size(width) | code::ABSOLUTE, offset)
            }
            Value::Load { width, base: Some(base), offset } => {
                self.load_x(base)?;
                self.emit(code::LOAD | size(width) | code::INDIRECT, offset)
            }
            Value::Negate(operand) => {
                self.load_a(operand)?;
                self.emit(code::ALU | code::NEGATE, 0)
            }
            Value::Binary(operator, left, right) => match self.values.constant_of(right) {
                Some(number) => {
                    self.load_a(left)?;
                    self.emit(code::ALU | operation(operator) | code::CONSTANT, number)
                }
                None => {
                    let swap = commutes(operator) && !self.keeps_x(left, right) && self.keeps_x(right, left);
                    let (left, right) = if swap { (right, left) } else { (left, right) };
                    self.load_pair(left, right)?;
                    self.emit(code::ALU | operation(operator) | code::X, 0)
                }
            },
        }
    }

    /// Brings a value into X. What A holds may be lost.
    fn load_x(&mut self, id: ValueId) -> Result<(), Error> {
        if self.state.x == Some(id) {
            return Ok(());
        }
        if self.state.a == Some(id) {
            self.emit(code::MOVE_A_TO_X, 0)?;
        } else if let Some(slot) = self.state.slot_of(id) {
            self.touch(slot);
            self.emit(code::LOAD_X | code::MEMORY, slot_number(slot))?;
        } else if let Some(offset) = self.header_length(id) {
            self.emit(code::LOAD_X | code::BYTE | code::HEADER_LENGTH, offset)?;
        } else {
            match self.values.value(id) {
                Value::Constant(number) => self.emit(code::LOAD_X | code::IMMEDIATE, number)?,
                Value::Length => self.emit(code::LOAD_X | code::LENGTH, 0)?,
                _ => {
                    self.load_a(id)?;
                    self.emit(code::MOVE_A_TO_X, 0)?;
                }
            }
        }
        self.state.x = Some(id);
        Ok(())
    }

    /// Brings `left` into A and `right` into X.
    fn load_pair(&mut self, left: ValueId, right: ValueId) -> Result<(), Error> {
        if self.keeps_x(left, right) {
            self.load_x(right)?;
            self.load_a(left)?;
            // The store that `left` was to come from may have been given away meanwhile.
            if self.state.x == Some(right) {
                return Ok(());
            }
        }
        self.load_a(right)?;
        let slot = match self.state.slot_of(right) {
            Some(slot) => slot,
            None => self.store(right)?,
        };
        let pinned = self.pinned;
        self.pinned |= 1 << slot;
        self.load_a(left)?;
        self.pinned = pinned;
        self.load_x_from(slot, right)
    }

    fn load_x_from(&mut self, slot: usize, id: ValueId) -> Result<(), Error> {
        if self.state.x != Some(id) {
            self.touch(slot);
            self.emit(code::LOAD_X | code::MEMORY, slot_number(slot))?;
            self.state.x = Some(id);
        }
        Ok(())
    }

    /// Whether `id` can be computed in A while X holds `x` throughout.
    fn keeps_x(&self, id: ValueId, x: ValueId) -> bool {
        if id == x || self.state.slot_of(id).is_some() {
            return true;
        }
        match self.values.value(id) {
            Value::Constant(_) | Value::Length | Value::Load { base: None, .. } => true,
            Value::Load { base: Some(base), .. } => base == x,
            Value::Negate(operand) => self.keeps_x(operand, x),
            Value::Binary(_, left, right) => {
                (right == x || self.values.constant_of(right).is_some()) && self.keeps_x(left, x)
            }
        }
    }

    /// The offset of the byte if the value is 4 * (byte & 15), which one instruction loads into X.
    fn header_length(&self, id: ValueId) -> Option<u32> {
        let Value::Binary(Operator::ShiftLeft, masked, shift) = self.values.value(id) else { return None };
        let Value::Binary(Operator::And, byte, mask) = self.values.value(masked) else { return None };
        let Value::Load { width: Width::Byte, base: None, offset } = self.values.value(byte) else {
            return None;
        };
        (self.values.constant_of(shift) == Some(2) && self.values.constant_of(mask) == Some(0x0f))
            .then_some(offset)
    }

    /// Stores A, which holds `id`, if it will be wanted again.
    fn keep(&mut self, id: ValueId) -> Result<(), Error> {
        if self.uses.worth_keeping(id) && self.state.slot_of(id).is_none() && self.header_length(id).is_none()
        {
            self.state.a = Some(id);
            self.store(id)?;
        }
        Ok(())
    }

    /// Stores A, which holds `id`, in the slot that was not used for the longest time.
    fn store(&mut self, id: ValueId) -> Result<usize, Error> {
        let slot = (0..MEMORY_SLOTS)
            .filter(|slot| self.pinned & (1 << slot) == 0)
            .min_by_key(|&slot| (self.state.memory[slot].is_some(), self.used[slot]))
            .ok_or(Error::TooLarge { what: "intermediate results", maximum: MEMORY_SLOTS })?;
        self.emit(code::STORE, slot_number(slot))?;
        self.state.memory[slot] = Some(id);
        self.touch(slot);
        Ok(slot)
    }

    fn touch(&mut self, slot: usize) {
        self.clock += 1;
        self.used[slot] = self.clock;
    }

    fn emit(&mut self, code: u16, k: u32) -> Result<(), Error> {
        if self.code.len() >= MAXIMUM_INSTRUCTIONS {
            return Err(Error::TooLarge { what: "instructions", maximum: MAXIMUM_INSTRUCTIONS });
        }
        self.code.push(Instruction::new(code, k));
        Ok(())
    }
}

fn slot_number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(0)
}

const fn size(width: Width) -> u16 {
    match width {
        Width::Byte => code::BYTE,
        Width::Half => code::HALF,
        Width::Word => code::WORD,
    }
}

const fn operation(operator: Operator) -> u16 {
    match operator {
        Operator::Add => code::ADD,
        Operator::Subtract => code::SUBTRACT,
        Operator::Multiply => code::MULTIPLY,
        Operator::Divide => code::DIVIDE,
        Operator::Modulo => code::MODULO,
        Operator::And => code::AND,
        Operator::Or => code::OR,
        Operator::Xor => code::XOR,
        Operator::ShiftLeft => code::SHIFT_LEFT,
        Operator::ShiftRight => code::SHIFT_RIGHT,
    }
}

/// Removes stores to slots that no instruction behind them loads.
fn drop_dead_stores(blocks: &mut [Block], nodes: usize) {
    let mut live_in = vec![0u16; nodes];
    for block in blocks.iter_mut().rev() {
        let mut live = live_in[block.yes] | live_in[block.no];
        let mut kept: Vec<Instruction> = Vec::with_capacity(block.code.len());
        for &instruction in block.code.iter().rev() {
            let slot = 1u16 << (instruction.k & 15);
            match instruction.code {
                code::STORE if live & slot == 0 => continue,
                code::STORE => live &= !slot,
                loads if loads == code::LOAD | code::MEMORY || loads == code::LOAD_X | code::MEMORY => {
                    live |= slot;
                }
                _ => {}
            }
            kept.push(instruction);
        }
        kept.reverse();
        block.code = kept;
        live_in[block.id] = live;
    }
}

/// Places the blocks one behind the other, from the last to the first, so that the length of every jump is known when
/// it is placed. A jump that is too long for its 8 bits goes over an instruction next to it.
fn lay_out(blocks: &[Block], graph: &Graph, root: NodeId, accept: u32) -> Program {
    /// Longest way of a conditional jump.
    const FARTHEST: usize = u8::MAX as usize;
    let mut reversed: Vec<Instruction> = Vec::new();
    // By node: how many instructions, its first one included, stand to the end.
    let mut distance = vec![0; graph.len()];
    for (node, k) in [(Graph::REJECT, 0), (Graph::ACCEPT, accept)] {
        if root == node || blocks.iter().any(|block| block.yes == node || block.no == node) {
            reversed.push(Instruction::new(code::RETURN, k));
            distance[node] = reversed.len();
        }
    }
    for block in blocks.iter().rev() {
        let mut jump = block.jump;
        let mut bridges = Vec::new();
        // A bridge lengthens the other jump by one, so allow for it.
        let far =
            |reversed: &Vec<Instruction>, target: NodeId| reversed.len() - distance[target] + 1 > FARTHEST;
        for target in [block.no, block.yes] {
            if far(&reversed, target) {
                reversed.push(bridge(graph, target, accept, reversed.len() - distance[target]));
                bridges.push((target, reversed.len()));
            }
        }
        let way = |target: NodeId| {
            let to = bridges.iter().find(|(node, _)| *node == target).map_or(distance[target], |&(_, at)| at);
            u8::try_from(reversed.len() - to).unwrap_or(u8::MAX)
        };
        (jump.jt, jump.jf) = (way(block.yes), way(block.no));
        reversed.push(jump);
        reversed.extend(block.code.iter().rev());
        distance[block.id] = reversed.len();
    }
    reversed.reverse();
    Program::assembled(reversed)
}

/// What stands next to a jump whose target is too far: the target itself if it is one instruction, else a long jump.
fn bridge(graph: &Graph, target: NodeId, accept: u32, way: usize) -> Instruction {
    match graph.node(target) {
        Node::Return(accepts) => Instruction::new(code::RETURN, if accepts { accept } else { 0 }),
        Node::Branch { .. } => {
            Instruction::new(code::JUMP | code::ALWAYS, u32::try_from(way).unwrap_or(u32::MAX))
        }
    }
}
