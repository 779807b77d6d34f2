#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::order::{OrderDraft, OrderEvent, OrderRejection, Place, decide_place};
use crate::testing::build::{number, order_id, sku};
use crate::value::{Sku, Timestamp, Units};

fn skus() -> Vec<Sku> {
    vec![sku("TEA"), sku("MUG")]
}

fn place(draft: &OrderDraft) -> Result<OrderEvent, OrderRejection> {
    let place = Place {
        id: order_id(1),
        number: number(1),
        draft,
        skus: &[],
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    decide_place(&place, Timestamp::EPOCH)
}

/// What a way of spoiling a draft that can be placed leads to; `None` when it is still placed.
fn code_of(way: Hostility) -> Option<&'static str> {
    match way {
        Hostility::NoLines => Some("empty_order"),
        Hostility::TooManyLines => Some("too_many"),
        Hostility::TwinLines => Some("duplicate_line"),
        Hostility::TwinReferences => Some("duplicate_reference"),
        Hostility::OtherCurrency => Some("mixed_currencies"),
        Hostility::NegativeTax | Hostility::NegativeShipping => Some("negative_amount"),
        Hostility::PositiveGiftCard => Some("positive_amount"),
        Hostility::LargeLineDiscount | Hostility::LargeDiscount => Some("discount_too_large"),
        Hostility::HugeLine | Hostility::HugeCharges => Some("amount"),
        Hostility::LargeRefund => Some("refund_too_large"),
        Hostility::WrongTotal | Hostility::UnknownSku | Hostility::UnknownCustomer => None,
    }
}

proptest! {
    #[test]
    fn drafts_can_be_placed(draft in draft(skus())) {
        let placed = place(&draft);
        prop_assert!(placed.is_ok(), "{:?}", placed);
    }

    #[test]
    fn each_hostility_is_refused_for_its_own_reason(
        draft in draft(skus()),
        way in proptest::sample::select(Hostility::ALL.to_vec()),
        at in any::<usize>(),
    ) {
        let mut draft = draft;
        spoil(&mut draft, way, at);
        let code = place(&draft).err().map(|rejection| rejection.code());
        prop_assert_eq!(code, code_of(way));
    }

    #[test]
    fn hostile_drafts_never_panic((draft, ways) in hostile_draft(skus())) {
        let refused = place(&draft).is_err();
        let expected = ways.iter().any(|way| code_of(*way).is_some());
        prop_assert_eq!(refused, expected, "{:?}", ways);
    }

    #[test]
    fn stock_rows_are_sound_and_stay_so(level in stock_level(), delta in stock_delta()) {
        prop_assert!(level.is_sound());
        if let Ok(after) = delta.apply(&level) {
            prop_assert!(after.is_sound());
        }
    }

    #[test]
    fn reservations_keep_their_end(
        row in reservation(),
        delta in reservation_delta(),
        now in timestamp(),
    ) {
        prop_assert_eq!(row.expires_at.is_some(), !row.tentative.is_zero());
        prop_assert!(row.lapsed <= row.expired);
        prop_assert!(row.tentative.checked_add(row.confirmed).is_some());
        if let Ok(after) = row.apply(delta, now) {
            prop_assert_eq!(after.expires_at.is_some(), after.tentative > Units::ZERO);
        }
    }

    #[test]
    fn phrases_keep_their_length(text in phrase(7)) {
        prop_assert!((1..=7).contains(&text.chars().count()));
        prop_assert_eq!(text.trim(), &text);
    }

    #[test]
    fn amounts_stay_within_their_bound(money in amount(eur(), 500)) {
        prop_assert!((0..=500).contains(&money.minor()));
    }
}

fn eur() -> crate::value::Currency {
    crate::value::Currency::parse("EUR").unwrap()
}

/// A strategy that never gives the interesting values would test nothing.
#[test]
fn strategies_reach_what_matters() {
    let mut runner = TestRunner::deterministic();
    let (mut commands, mut short, mut hostile, mut unknown) =
        (BTreeSet::new(), 0, BTreeSet::new(), 0);
    let (all_commands, levels) = (stock_command(), stock_level());
    let (drafts, spoilt) = (draft(skus()), hostile_draft(skus()));
    for _ in 0..150 {
        let command = all_commands.new_tree(&mut runner).unwrap().current();
        commands.insert(format!("{command:?}").split(' ').next().map(str::to_owned));
        let level = levels.new_tree(&mut runner).unwrap().current();
        short += usize::from(!level.shortfall.is_zero());
        hostile.extend(spoilt.new_tree(&mut runner).unwrap().current().1);
        let draft = drafts.new_tree(&mut runner).unwrap().current();
        let known = |text: &str| skus().iter().any(|sku| sku.as_str() == text);
        let strange = |line: &crate::order::DraftLine| {
            line.sku.as_ref().is_none_or(|sku| !known(sku.as_str()))
        };
        unknown += usize::from(draft.lines.iter().any(strange));
    }
    assert_eq!(commands.len(), 7);
    assert_eq!(hostile.len(), Hostility::ALL.len());
    assert!(short > 20, "{short}");
    assert!((20..140).contains(&unknown), "{unknown}");
}
