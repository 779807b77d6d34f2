//! What may happen next, in numbers that shrink well.

use proptest::prelude::*;

/// Carts that are told apart.
pub(crate) const CARTS: u64 = 3;

/// One thing that happens. Orders are named by their place among those stored, modulo how many
/// there are; SKUs by 0 and 1; carts by number.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Receive(usize, u32),
    Issue(usize, u32),
    Count(usize, u32),
    Place(Vec<(usize, u32)>),
    Cancel(usize),
    Pick(usize),
    Pack(usize),
    Ship(usize),
    /// A cart claims units for a minute; at most one line per SKU.
    Reserve(u64, [u32; 2]),
    Confirm(u64),
    Release(u64),
    Consume(u64),
    Wait(i64),
    Sweep,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let lines = prop::collection::vec((0..2_usize, 1..=3_u32), 1..=2);
    let claims = prop_oneof![
        (1..=3_u32).prop_map(|units| [units, 0]),
        (1..=3_u32).prop_map(|units| [0, units]),
        (1..=2_u32, 1..=2_u32).prop_map(|(first, second)| [first, second]),
    ];
    let order = || 0..8_usize;
    let cart = || 0..CARTS;
    prop_oneof![
        2 => (0..2_usize, 1..=3_u32).prop_map(|(sku, units)| Step::Receive(sku, units)),
        1 => (0..2_usize, 1..=2_u32).prop_map(|(sku, units)| Step::Issue(sku, units)),
        1 => (0..2_usize, 0..=5_u32).prop_map(|(sku, units)| Step::Count(sku, units)),
        4 => lines.prop_map(Step::Place),
        1 => order().prop_map(Step::Cancel),
        2 => order().prop_map(Step::Pick),
        2 => order().prop_map(Step::Pack),
        2 => order().prop_map(Step::Ship),
        5 => (cart(), claims).prop_map(|(cart, units)| Step::Reserve(cart, units)),
        2 => cart().prop_map(Step::Confirm),
        1 => cart().prop_map(Step::Release),
        2 => cart().prop_map(Step::Consume),
        3 => time(),
    ]
}

/// Time passes: until some claims are due, or all, and who sweeps them.
pub(crate) fn time() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => prop_oneof![Just(30_i64), Just(60), Just(61)].prop_map(Step::Wait),
        1 => Just(Step::Sweep),
    ]
}

/// Up to `most` steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..=most)
}
