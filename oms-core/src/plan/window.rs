//! One row of a line at a hub ends at one time.

use std::collections::BTreeMap;

use crate::order::Assignment;
use crate::plan::Rejection;
use crate::plan::context::Context;
use crate::plan::write::OrderWork;
use crate::reservation::{Reservation, ReservationKey, ReservationRefusal};
use crate::value::Timestamp;

/// Shares by when their claims end: those that do not end by themselves come first.
pub(super) type ByEnd = BTreeMap<Option<Timestamp>, Vec<Assignment>>;

/// A second tentative claim on a row has to wait, unless it ends with the first.
pub(super) fn refuse_second_window(
    context: &Context<'_>,
    work: &OrderWork,
    share: &Assignment,
    until: Option<Timestamp>,
) -> Result<(), Rejection> {
    // A firm claim ends with no other, so nothing is looked for.
    if until.is_none() {
        return Ok(());
    }
    let Some((key, row)) = row(context, work, share) else {
        return Ok(());
    };
    let reason = match row {
        Err(reason) => reason,
        Ok(row) => match row.expires_at {
            Some(_) if row.expires_at == until && !row.is_due(context.now()) => return Ok(()),
            Some(expires_at) if !row.is_due(context.now()) => {
                ReservationRefusal::NotDue { expires_at }
            }
            Some(_) => ReservationRefusal::Expired {
                expires_at: row.expires_at,
            },
            None if !row.lapsed.is_zero() => ReservationRefusal::Expired { expires_at: None },
            None => return Ok(()),
        },
    };
    Err(Rejection::Reservation { key, reason })
}

/// Shares that are to end at `until`, but for those of a row that ends at another time already:
/// one of them must not keep the others from being claimed.
pub(super) fn by_end(
    context: &Context<'_>,
    work: &OrderWork,
    assignments: &[Assignment],
    until: Option<Timestamp>,
) -> ByEnd {
    let mut shares = ByEnd::new();
    for share in assignments {
        let row = row(context, work, share).and_then(|(_, row)| row.ok());
        let live = row.filter(|row| !row.is_due(context.now()));
        let ends = live.and_then(|row| row.expires_at);
        let end = until.map(|until| ends.unwrap_or(until));
        shares.entry(end).or_default().push(share.clone());
    }
    shares
}

/// The row of a share as it is when the work so far is done, which may have given its units back.
fn row(
    context: &Context<'_>,
    work: &OrderWork,
    share: &Assignment,
) -> Option<(ReservationKey, Result<Reservation, ReservationRefusal>)> {
    let order = &work.order;
    let sku = order.line(share.line)?.sku.known()?.clone();
    let key = ReservationKey::of_order(order.head.id, share.line, share.hub.clone(), sku);
    let stored = context.snapshot.reservation(&key);
    let mut changes = work.reservations.iter().filter(|change| change.key == key);
    let row = changes.try_fold(stored, |row, change| row.apply(change.delta, context.now()));
    Some((key, row))
}
