//! What a channel says of an order's money since it was stored, as it is recorded.

use crate::channel::incoming::{FinancialState, Incoming, Suggestion};
use crate::channel::newest::is_noted;
use crate::channel::status::{Inbound, LineMove, LineMoveKind, NoChange, Remark};
use crate::order::{
    ExternalReference, HoldReason, LineQuantity, Order, OrderCommand, OrderStatus, PaymentEntry,
    PaymentKind, PaymentMethod,
};
use crate::value::{ExternalId, Money, Note};

impl Incoming {
    /// Whether the order is on hold for its payment, which the channel's sums cover.
    pub(super) fn ends_hold_for_payment(&self, known: &Order) -> bool {
        if known.status() != OrderStatus::OnHold || !known.head.is_held_for(HoldReason::Payment) {
            return false;
        }
        let there = &self.draft.payment;
        let mut paid = known.clone();
        let here = &mut paid.head.payment;
        if more(there.captured, here.captured).is_some() {
            here.captured = there.captured;
        }
        if more(there.refunded, here.refunded).is_some() {
            here.refunded = there.refunded;
        }
        paid.to_collect().is_zero()
    }

    /// What the channel took and gave back beyond what is known, as it is recorded behind these
    /// other commands of the message.
    pub(super) fn money_since(
        &self,
        known: &Order,
        others: &[OrderCommand],
    ) -> [Option<OrderCommand>; 2] {
        let (there, here) = (&self.draft.payment, &known.head.payment);
        let named = &self.draft.external;
        let taken = more(there.captured, here.captured).map(|amount| {
            let entry = PaymentEntry::Captured { amount };
            let name = sum_name(named, "paid", there.captured);
            record(entry, self.method_since(known), name)
        });
        let back = more(there.refunded, here.refunded).map(|amount| {
            let entry = PaymentEntry::Refunded { amount };
            record(entry, None, sum_name(named, "refunded", there.refunded))
        });
        [taken, back.or_else(|| self.never_taken(known, others))]
    }

    /// What was known as taken and never was, where the channel takes nothing before the goods
    /// leave: the buyer has it back, and no refund of it will ever be told. What was taken under
    /// another name than those of the channel's sums, as in cash, is none of it; without a name it
    /// cannot be told from what was known as the order was placed.
    fn never_taken(&self, known: &Order, others: &[OrderCommand]) -> Option<OrderCommand> {
        let here = &known.head.payment;
        let start = format!("{}-paid-", self.draft.external.first()?.id);
        let mut beside = here
            .recorded
            .iter()
            .filter(|known| !known.id.as_str().starts_with(start.as_str()));
        let held = here.captured.checked_sub(here.refunded).ok()?;
        let held = beside.try_fold(held, |held, known| match known.entry {
            PaymentEntry::Captured { amount } => held.checked_sub(amount).ok(),
            PaymentEntry::Authorised { .. }
            | PaymentEntry::Refunded { .. }
            | PaymentEntry::Voided { .. }
            | PaymentEntry::Waived { .. }
            | PaymentEntry::Credited { .. }
            | PaymentEntry::Retained { .. } => Some(held),
        })?;
        let amount = more(held, self.history.takes_at_most?)?;
        // A total that is lower alone, as another version of its API may state one, takes nothing
        // off what the buyer owes for the units that stay here.
        let due = match &self.state.suggestion {
            Suggestion::Cancelled { .. } => amount,
            Suggestion::Approved
            | Suggestion::Pending
            | Suggestion::OnHold { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered
            | Suggestion::NeedsPerson { .. }
            | Suggestion::Ignore { .. } => {
                let gone = worth_of_gone(known, others)?;
                known.to_give_back().money.checked_add(gone).ok()?
            }
        };
        let amount = Money::from_minor(amount.minor().min(due.minor()), amount.currency()).ok()?;
        if !amount.is_positive() {
            return None;
        }
        let sum = here.refunded.checked_add(amount).ok()?;
        let name = sum_name(&self.draft.external, "refunded", sum);
        Some(record(PaymentEntry::Refunded { amount }, None, name))
    }

    /// What a person is asked, once, where less went back by the channel's word than it said
    /// before, as where a refund failed there or was deleted: what was recorded stays.
    pub(super) fn less_went_back(&self, known: &Order) -> Option<OrderCommand> {
        let (said, before) = (self.all_that_went_back()?, self.said_to_go_back(known)?);
        more(before, said)?;
        let text = Note::truncated(&format!(
            "{said} went back by the channel's word, which said {before} before: did a refund fail \
             there, or was it deleted?"
        ))?;
        (!is_noted(known, &text)).then_some(OrderCommand::AddNote { text })
    }

    /// What went back by the message, where it says so; also of money that it does not say was
    /// taken.
    fn all_that_went_back(&self) -> Option<Money> {
        let back = self.draft.payment.refunded;
        let none = Money::zero(back.currency());
        let refunds = self.history.refunds.iter();
        let mut parts = refunds.filter_map(|refund| refund.amount);
        let sum = parts.try_fold(none, |sum, part| sum.checked_add(part).ok())?;
        let said = if sum.minor() > back.minor() {
            sum
        } else {
            back
        };
        // Refunded, and nobody says how much.
        let unknown = said.is_zero()
            && matches!(
                self.state.financial,
                Some(FinancialState::PartlyRefunded | FinancialState::Refunded)
            );
        (self.history.refunds_are_all && !unknown).then_some(said)
    }

    /// The most that went back by what the channel said before: as the order was placed, and by the
    /// names of its sums since. What a host gave back past the channel is not in it.
    fn said_to_go_back(&self, known: &Order) -> Option<Money> {
        let payment = &known.head.payment;
        let start = format!("{}-refunded-", self.draft.external.first()?.id);
        let sums = payment.recorded.iter().filter_map(|known| {
            let sum = known.id.as_str().strip_prefix(start.as_str())?;
            Money::from_minor(sum.parse().ok()?, payment.currency).ok()
        });
        let placed = match &payment.covered {
            Some(_) => payment.covered_sums.get(&PaymentKind::Refunded).copied(),
            None if payment.references.is_empty() => None,
            None => Some(payment.refunded),
        };
        sums.chain(placed).max_by_key(|sum| sum.minor())
    }

    /// What [`Channel::inbound`](crate::channel::Channel::inbound) answers about the order here,
    /// without the question which units refunds are for that name none, where there is nothing to
    /// ask: what went back by the channel's word was recorded here, or is to be given back, as for
    /// units that are cancelled here or by this answer. So it is with a refund that the host made
    /// there itself.
    #[must_use]
    pub fn without_known_refunds(&self, answer: Inbound, known: &Order) -> Inbound {
        match answer {
            Inbound::NeedsPerson { cause } if self.gave_back_what_is_known(known, &[]) => {
                match cause.without_refunds() {
                    Some(cause) => cause.into(),
                    None => Inbound::NoChange {
                        why: NoChange::Same,
                    },
                }
            }
            Inbound::LineChange {
                changes,
                then,
                remark: Some(Remark::UnitsRefunded { .. }),
            } if self.gave_back_what_is_known(known, &changes) => Inbound::LineChange {
                changes,
                then,
                remark: None,
            },
            Inbound::NoChange { .. }
            | Inbound::MoveTo { .. }
            | Inbound::LineChange { .. }
            | Inbound::NeedsPerson { .. } => answer,
        }
    }

    /// Whether what went back by the channel's word was recorded here, or is to be given back once
    /// these units are cancelled, too: then it tells of no others.
    fn gave_back_what_is_known(&self, known: &Order, changes: &[LineMove]) -> bool {
        let (there, here) = (self.draft.payment.refunded, known.head.payment.refunded);
        let owed = known.to_give_back().money;
        let more = worth_of_cancelled(known, changes);
        let owed = more.and_then(|more| owed.checked_add(more).ok());
        let news = there.checked_sub(here);
        there.is_positive()
            && news.is_ok_and(|news| owed.is_some_and(|owed| news.minor() <= owed.minor()))
    }

    /// What the channel says of a promise that is not known yet, or is given up, as it is recorded:
    /// without a name, as captures draw on it, and those have the names of the channel's sums.
    pub(super) fn promise_since(&self, known: &Order) -> Option<OrderCommand> {
        let (there, here) = (&self.draft.payment, &known.head.payment);
        if self.is_denied() {
            return self.promise_gone(known);
        }
        // What was captured here already is promised no more.
        more(there.authorised, here.captured)?;
        let promised = more(there.authorised, here.authorised);
        promised.map(|amount| {
            let entry = PaymentEntry::Authorised { amount };
            record(entry, self.method_since(known), None)
        })
    }

    /// That a promise was given up or ran out by the channel's word, as it is recorded.
    pub(super) fn promise_gone(&self, known: &Order) -> Option<OrderCommand> {
        let here = &known.head.payment;
        let gone = more(here.authorised, here.captured).filter(|_| self.is_denied());
        gone.map(|amount| record(PaymentEntry::Voided { amount }, None, None))
    }

    /// Whether the channel says that the payment was given up or ran out.
    const fn is_denied(&self) -> bool {
        matches!(
            self.state.financial,
            Some(FinancialState::Voided | FinancialState::Expired)
        )
    }

    /// How the buyer pays, where the order does not say so.
    fn method_since(&self, known: &Order) -> Option<PaymentMethod> {
        let (there, here) = (&self.draft.payment.method, &known.head.payment.method);
        there.clone().filter(|_| there != here)
    }
}

const fn record(
    entry: PaymentEntry,
    method: Option<PaymentMethod>,
    reference: Option<ExternalId>,
) -> OrderCommand {
    OrderCommand::RecordPayment {
        entry,
        method,
        reference,
    }
}

/// The reference under which a channel's word is recorded that `amount` more was taken for an
/// order. A host that captures through the channel's API, as when it ships, does best to record
/// nothing and leave it to the channel's next word. Where it has to, it records it under this name,
/// made of the order as it stood before, and before it asks the channel: then the channel's word is
/// no news, and a capture that fails counts as paid until a person puts it right. Recorded after
/// that it is a repeat where no other payment came between, and else is counted twice.
#[must_use]
pub fn paid_reference(known: &Order, amount: Money) -> Option<ExternalId> {
    let sum = known.head.payment.captured.checked_add(amount).ok()?;
    sum_name(&known.head.external, "paid", sum)
}

/// The reference under which a channel's word is recorded that `amount` more went back of the money
/// for an order. A host that gives money back through the channel's API records it under this name
/// as it does a capture ([`paid_reference`]), before it asks the channel.
#[must_use]
pub fn refund_reference(known: &Order, amount: Money) -> Option<ExternalId> {
    let sum = known.head.payment.refunded.checked_add(amount).ok()?;
    sum_name(&known.head.external, "refunded", sum)
}

/// What the units that an answer cancels are worth.
fn worth_of_cancelled(known: &Order, changes: &[LineMove]) -> Option<Money> {
    let gone = changes
        .iter()
        .filter(|change| change.kind == LineMoveKind::Cancelled);
    let gone = gone.map(|change| LineQuantity {
        line: change.line,
        quantity: change.quantity,
    });
    worth(known, &gone.collect::<Vec<_>>())
}

/// What the units that commands cancel are worth.
fn worth_of_gone(known: &Order, commands: &[OrderCommand]) -> Option<Money> {
    let mut gone = Vec::new();
    for command in commands {
        if let OrderCommand::CancelLines { lines, .. } = command {
            gone.extend(lines.iter().map(|cancel| LineQuantity {
                line: cancel.line,
                quantity: cancel.quantity,
            }));
        }
    }
    worth(known, &gone)
}

fn worth(known: &Order, units: &[LineQuantity]) -> Option<Money> {
    let parts = known.worth_of(units).ok()?;
    let none = Money::zero(known.head.totals.currency());
    let mut parts = parts.iter();
    parts.try_fold(none, |sum, part| sum.checked_add(part.amount).ok())
}

/// The name of a sum of the channel's, so that two messages that say the same count once.
fn sum_name(named: &[ExternalReference], word: &str, sum: Money) -> Option<ExternalId> {
    let named = named.first()?;
    ExternalId::parse(&format!("{}-{word}-{}", named.id, sum.minor())).ok()
}

/// What the channel's sum is more than the known one.
pub(super) fn more(sum: Money, known: Money) -> Option<Money> {
    let more = sum.checked_sub(known).ok()?;
    more.is_positive().then_some(more)
}
