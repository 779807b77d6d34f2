//! An order that its channel has on hold.

use crate::channel::incoming::{FinancialState, Incoming, Suggestion};
use crate::channel::newest::{is_noted, is_unconfirmed};
use crate::order::{HoldReason, Order, OrderCommand, OrderStatus};
use crate::value::{Note, Reason};

impl Incoming {
    /// What a new order is told that its channel has on hold: it is held, and what for is noted, so
    /// that [`held_since`](Self::held_since) overrules nobody who released it.
    pub(crate) fn held_at_first(&self) -> Vec<OrderCommand> {
        let Suggestion::OnHold { why } = &self.state.suggestion else {
            return Vec::new();
        };
        let reason = self.hold_reason();
        let noted = noted(reason, why).map(|text| OrderCommand::AddNote { text });
        [hold(reason, why)].into_iter().chain(noted).collect()
    }

    /// What a known order is told that its channel has on hold, as where the buyer asks to cancel
    /// it or fraud is suspected: it is held while a unit of it has not left, and noted. What is
    /// noted is not told again in the same words, also where the channel let it go in between: what
    /// a person released stays released. One that is paid here does not wait for that, unless the
    /// channel says that the payment was given up or ran out.
    pub(crate) fn held_since(&self, known: &Order) -> Vec<OrderCommand> {
        let Suggestion::OnHold { why } = &self.state.suggestion else {
            return Vec::new();
        };
        let asked = self.hold_reason();
        let over = match known.status() {
            OrderStatus::Cancelled | OrderStatus::Returned => true,
            OrderStatus::Pending
            | OrderStatus::OnHold
            | OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Shipped
            | OrderStatus::Delivered => false,
        };
        // What was recorded here ahead of the channel may have failed there.
        let denied = matches!(
            self.state.financial,
            Some(FinancialState::Voided | FinancialState::Expired)
        );
        let paid = asked == HoldReason::Payment && !denied && known.to_collect().is_zero();
        let text = noted(asked, why).filter(|text| !over && !paid && !is_noted(known, text));
        let Some(text) = text else {
            return Vec::new();
        };
        // A payment ends the hold of no order that is firm: a person does.
        let reason = match is_unconfirmed(known) {
            true => asked,
            false => HoldReason::Review,
        };
        let holds = known.is_to_leave() && !known.head.is_held_for(reason);
        let hold = holds.then(|| hold(reason, why));
        // Last: once it is noted, nothing tells that the hold is missing.
        let note = OrderCommand::AddNote { text };
        hold.into_iter().chain([note]).collect()
    }

    fn hold_reason(&self) -> HoldReason {
        match self.state.financial {
            Some(
                FinancialState::Paid
                | FinancialState::PartlyRefunded
                | FinancialState::Refunded
                | FinancialState::Unknown,
            )
            | None => HoldReason::Review,
            Some(
                FinancialState::Pending
                | FinancialState::Authorised
                | FinancialState::PartlyPaid
                | FinancialState::Voided
                | FinancialState::Expired,
            ) => HoldReason::Payment,
        }
    }
}

fn hold(reason: HoldReason, why: &str) -> OrderCommand {
    OrderCommand::Hold {
        reason,
        note: Reason::truncated(why),
    }
}

/// What is noted of a hold. A shop says the same words of each: what it is for tells one that waits
/// for the payment from a later one.
fn noted(reason: HoldReason, why: &str) -> Option<Note> {
    Note::truncated(&format!(
        "on hold by the channel's word, for {reason}: {why}"
    ))
}
