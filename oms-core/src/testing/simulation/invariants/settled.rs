//! The way out (I5): once everything is healed, swept and wound up, no unit is claimed any more
//! and every order is at its end.

use crate::order::Order;
use crate::port::ReservationFilter;
use crate::testing::simulation::book::Book;
use crate::testing::simulation::picture::Picture;
use crate::testing::simulation::report::{Checked, check};
use crate::value::Timestamp;

/// After the sweeper has nothing more to do, no claim is overdue and no order waits for one that
/// is.
pub(crate) fn check_swept(book: &Book, now: Timestamp) -> Checked {
    for (key, claim) in &book.claims {
        let over = claim.tentative > 0 && claim.expires_at.is_none_or(|at| at <= now);
        let untold = key.owner.order().is_some() && claim.lapsed > 0;
        check(!over && !untold, "I2", || {
            format!("the sweeper left {key} as {claim:?} at {now}")
        })?;
    }
    for order in book.orders.values() {
        let late = overdue(order, now);
        check(!late, "I5", || {
            format!("the sweeper left order {order:?} at {now}")
        })?;
    }
    Ok(())
}

fn overdue(order: &Order, now: Timestamp) -> bool {
    order
        .fulfillments
        .values()
        .filter_map(|work| work.tentative_until())
        .any(|until| until <= now)
}

/// The filter of what the sweeper looks for.
pub(crate) fn due_filter() -> ReservationFilter {
    ReservationFilter {
        due: true,
        ..ReservationFilter::default()
    }
}

/// Everything is at its end.
pub(crate) fn check_wound_up(book: &Book, picture: &Picture) -> Checked {
    for order in book.orders.values() {
        let over = order.head.state.is_terminal();
        check(over, "I5", || {
            format!("order {} has no way out: {order:?}", order.head.id)
        })?;
    }
    for (key, level) in &picture.levels {
        check(level.reserved.is_zero(), "I2", || {
            format!("{key} is still reserved after everything ended: {level:?}")
        })?;
    }
    Ok(())
}
