//! I1 and I2: nothing is oversold, counters are the sums of their ledgers, no unit is lost.

use std::collections::BTreeMap;

use crate::stock::{MovementKind, StockKey};
use crate::testing::simulation::book::{Book, number};
use crate::testing::simulation::picture::Picture;
use crate::testing::simulation::report::{Checked, check};

/// What a stock row's ledgers add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Ledger {
    live: i64,
    consumed: i64,
    moved: i64,
    received: i64,
    shipped: i64,
}

/// Adds the stored reservations and movements up and compares with the stored rows.
pub(crate) fn check_rows(book: &Book, picture: &Picture) -> Checked {
    let mut ledgers: BTreeMap<StockKey, Ledger> = BTreeMap::new();
    for (key, row) in &picture.claims {
        let stock = StockKey {
            hub: key.hub.clone(),
            sku: key.sku.clone(),
        };
        let ledger = ledgers.entry(stock).or_default();
        ledger.live += number(row.tentative) + number(row.confirmed);
        ledger.consumed += number(row.consumed);
    }
    for movement in &picture.movements {
        let draft = &movement.draft;
        let ledger = ledgers.entry(draft.stock.clone()).or_default();
        ledger.moved += draft.delta;
        match draft.kind {
            MovementKind::Received => ledger.received += draft.delta,
            MovementKind::Shipped => ledger.shipped -= draft.delta,
            MovementKind::Issued
            | MovementKind::Adjusted
            | MovementKind::Counted
            | MovementKind::Damaged
            | MovementKind::TransferredOut
            | MovementKind::TransferredIn
            | MovementKind::TransferDifference => {}
        }
    }
    for (key, level) in &picture.levels {
        let ledger = ledgers.remove(key).unwrap_or_default();
        let (on_hand, reserved) = (number(level.on_hand), number(level.reserved));
        let shortfall = number(level.shortfall);
        let within = reserved <= on_hand + shortfall && (shortfall == 0 || reserved > on_hand);
        check(within, "I1", || format!("{key}: {level:?}"))?;
        check(
            ledger.live == reserved && ledger.moved == on_hand,
            "I2",
            || format!("{key}: {level:?}, its ledgers say {ledger:?}"),
        )?;
        check(ledger.consumed == ledger.shipped, "I2", || {
            format!("{key}: {ledger:?} does not ship what claims consumed")
        })?;
        // Only counts, damage and the like can take from under a claim.
        let adjusted = book.rows.get(key).is_some_and(|row| row.adjusted);
        let sold = ledger.consumed + ledger.live;
        check(adjusted || sold <= ledger.received, "I1", || {
            format!("{key}: {sold} units sold of {} received", ledger.received)
        })?;
    }
    let rest = ledgers
        .iter()
        .find(|(_, ledger)| ledger.live != 0 || ledger.moved != 0);
    check(rest.is_none(), "I2", || {
        format!("without a stock row: {rest:?}")
    })
}
