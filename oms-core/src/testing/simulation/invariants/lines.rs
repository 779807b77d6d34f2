//! I3: line quantities are conserved; no bucket is negative.

use std::collections::BTreeMap;

use crate::order::{Order, OrderState};
use crate::testing::simulation::book::number;
use crate::testing::simulation::report::{Checked, check};
use crate::value::LineId;

const INVARIANT: &str = "I3";

/// Every unit of every line is in exactly one place, counted in the fulfillments.
pub(crate) fn check_order(order: &Order) -> Checked {
    let id = order.head.id;
    let mut placed: BTreeMap<LineId, i64> = BTreeMap::new();
    for share in order.fulfillments.values().flat_map(|work| &work.lines) {
        let buckets = [
            share.reserved,
            share.picked,
            share.packed,
            share.shipped,
            share.delivered,
            share.returned,
        ];
        *placed.entry(share.line).or_default() += buckets.map(number).iter().sum::<i64>();
    }
    for line in &order.head.lines {
        let here = placed.remove(&line.id).unwrap_or_default();
        check(here == number(line.allocated), INVARIANT, || {
            format!(
                "order {id}: line {:?} is {here} times in fulfillments",
                line
            )
        })?;
        let sum = [line.open, line.backordered, line.cancelled].map(number);
        let sum = sum.iter().sum::<i64>() + here;
        check(sum == number(line.ordered), INVARIANT, || {
            format!("order {id}: {sum} units of line {line:?}")
        })?;
    }
    let left_over: i64 = placed.values().sum();
    check(left_over == 0, INVARIANT, || {
        format!("order {id}: fulfillments hold units of lines that are gone: {placed:?}")
    })?;
    check_parcels(order)?;
    let quantities = order.quantities();
    let conserved = quantities.values().all(|units| units.is_conserved());
    check(conserved, INVARIANT, || {
        format!("order {id}: {quantities:?}")
    })?;
    check_end(order)
}

/// What left and what arrived, or never will, is what the parcels hold.
fn check_parcels(order: &Order) -> Checked {
    for work in order.fulfillments.values() {
        let mut sent: BTreeMap<LineId, (i64, i64)> = BTreeMap::new();
        for shipment in &work.shipments {
            for (line, quantity) in &shipment.lines {
                let entry = sent.entry(*line).or_default();
                let units = i64::from(quantity.get());
                if shipment.is_under_way() {
                    entry.0 += units;
                } else {
                    entry.1 += units;
                }
            }
        }
        for share in &work.lines {
            let (travelling, arrived) = sent.remove(&share.line).unwrap_or_default();
            let agrees = travelling == number(share.shipped)
                && arrived == number(share.delivered) + number(share.returned);
            check(agrees, INVARIANT, || {
                format!(
                    "order {}: {share:?}, its parcels hold {travelling} and delivered {arrived}",
                    order.head.id
                )
            })?;
        }
        check(sent.is_empty(), INVARIANT, || {
            format!(
                "order {}: parcels hold lines of nothing: {sent:?}",
                order.head.id
            )
        })?;
        check(work.status == work.derived_status(), INVARIANT, || {
            format!(
                "order {}: {work:?} is not where its units are",
                order.head.id
            )
        })?;
    }
    Ok(())
}

/// A finished order has no unit that waits or travels; a cancelled one sent nothing.
fn check_end(order: &Order) -> Checked {
    let shares = || order.fulfillments.values().flat_map(|work| &work.lines);
    let waiting = order.head.lines.iter();
    let waiting: i64 = waiting
        .map(|line| number(line.open) + number(line.backordered))
        .sum();
    let here: i64 = shares().map(|share| number(share.here())).sum();
    let travelling: i64 = shares().map(|share| number(share.shipped)).sum();
    let arrived = shares().map(|share| number(share.delivered) + number(share.returned));
    let arrived: i64 = arrived.sum();
    let unfinished = waiting + here + travelling;
    let agrees = match order.head.state {
        OrderState::Cancelled => unfinished == 0 && arrived == 0,
        OrderState::Closed => unfinished == 0 && arrived > 0,
        OrderState::Pending | OrderState::Open | OrderState::OnHold => unfinished > 0,
    };
    check(agrees, INVARIANT, || {
        format!("order {} is {}: {order:?}", order.head.id, order.head.state)
    })
}
