//! Which of two messages about an order is the newer one: when the channel last changed the order
//! stands on the order itself, as messages overtake one another on the way here.

use std::collections::BTreeSet;

use crate::channel::incoming::{
    FinancialState, FulfillmentState, Incoming, ORDER_NUMBER, Suggestion,
};
use crate::channel::money_since::more;
use crate::channel::status::{LineView, View, is_same_item};
use crate::channel::sync::{Arrival, arrival};
use crate::channel::warning::ChannelWarning;
use crate::order::{HoldReason, Order, OrderCommand, OrderStatus};
use crate::value::limits::ATTRIBUTES_MAX;
use crate::value::{AttributeKey, AttributeValue, Note, Reason, Timestamp};

/// The attribute of an order that holds when its channel last changed it, as far as was heard here.
pub const CHANGED_AT: &str = "channel_changed_at";

/// What is told where a channel cancels an order that left by its word, but not from here.
const CANCELLED_ELSEWHERE: &str =
    "cancelled on the channel after a parcel left by its word, but none left here: who sent it?";

/// What is told where a channel cancels an order of which units have left.
const CANCELLED_TOO_LATE: &str = "cancelled on the channel after a parcel left: is it coming back?";

/// What a person is asked, once, of an order that is cancelled here and goes on on its channel.
const CANCELLED_HERE: &str = "but the order is cancelled here: place it anew, or pay back?";

/// How the reasons begin that the readers give for a cancellation on a channel.
const BY_THE_CHANNEL: [&str; 6] = [
    "cancelled on the channel",
    "cancelled where it was taken",
    "moved to the bin on the channel",
    "refunded in full",
    "restocked on the channel",
    "the verification of regulated goods failed",
];

fn attribute(at: Timestamp) -> Option<(AttributeKey, AttributeValue)> {
    let key = AttributeKey::parse(CHANGED_AT).ok()?;
    Some((key, AttributeValue::parse(at.to_string()).ok()?))
}

impl Incoming {
    /// Writes into the draft when the channel last changed the order, so that a message which is
    /// older is known as such once the order is placed. Of too many attributes the last one of the
    /// shop's goes. [`Intakes`](crate::service::Intakes) keeps no time far ahead of the clock here.
    pub fn keep_changed_at(&mut self) {
        let Some((key, value)) = self.state.changed_at.and_then(attribute) else {
            return;
        };
        let kept = &mut self.draft.attributes;
        // What people call the order by is no attribute of the shop's.
        let mut names = kept.keys().rev();
        let last = names.find(|name| name.as_str() != ORDER_NUMBER).cloned();
        if kept.len() >= ATTRIBUTES_MAX
            && !kept.contains_key(&key)
            && let Some(gone) = last
        {
            kept.remove(&gone);
            self.warnings.push(ChannelWarning::LeftOut {
                path: format!("attributes.{gone}"),
                cause: "too_many",
            });
        }
        kept.insert(key, value);
    }

    /// How this message relates to what was heard of the stored order before. Nothing of one that
    /// is [`Late`](Arrival::Late) is to be done: what it says is over. Channels that count whole
    /// seconds say two things at the same time, so a [`Repeat`](Arrival::Repeat) may have news.
    #[must_use]
    pub fn arrival(&self, known: &Order) -> Arrival {
        let kept = known.head.attributes.get(CHANGED_AT);
        let kept = kept.and_then(|at| Timestamp::parse_rfc3339(at.as_str()).ok());
        arrival(kept, self.state.changed_at)
    }

    /// The command that keeps on the stored order when the channel changed it; nothing when that is
    /// kept already. Do it before whatever else follows from the message, but for what
    /// [`paid_though_cancelled`](Self::paid_though_cancelled) asks, and with the version of the
    /// order that it was compared with ([`Call::expecting`](crate::service::Call::expecting)): two
    /// messages of one order may be worked on at once.
    #[must_use]
    pub fn seen(&self, known: &Order) -> Option<OrderCommand> {
        match self.arrival(known) {
            Arrival::New => {}
            Arrival::Repeat | Arrival::Late => return None,
        }
        let (key, value) = self.state.changed_at.and_then(attribute)?;
        let value = Some(value);
        Some(OrderCommand::SetAttribute { key, value })
    }

    /// What a stored order that is not cancelled here is told when its channel took money for it
    /// since, or gave money back: both, under the names of the channel's sums
    /// ([`paid_reference`](crate::channel::paid_reference),
    /// [`refund_reference`](crate::channel::refund_reference)). That is so wherever the order
    /// stands: cash on delivery is paid once it has arrived, and a seller gives back on the
    /// channel's own pages what was shipped long ago. A host that takes money, or gives it back, on
    /// the channel itself records nothing, and leaves it to this. What it records all the same goes
    /// under that name, and before it asks the channel, so that it is not counted twice; where the
    /// channel then fails, a person has to put it right. So has one where less went back by the
    /// channel's word than it said before: a note asks, once. What Amazon, which takes the money as
    /// the goods leave, does not take after all is recorded as given back
    /// ([`History::takes_at_most`](crate::channel::History::takes_at_most)).
    ///
    /// What the buyer's bank promised since is recorded, too, and that a promise was given up or
    /// ran out ([`PaymentEntry`](crate::order::PaymentEntry)), so that guards and the state of the
    /// payment go by it as where it was known when the order was placed. With money or a promise
    /// comes how the buyer pays, where the order says otherwise or nothing.
    ///
    /// One that waits here, and is to be worked on by the channel's word, is told that its stock is
    /// kept, also while it is on hold, be it for a claim that is over: so confirm it with
    /// [`confirm_paid`](crate::service::Tenant::confirm_paid), as
    /// [`Intakes`](crate::service::Intakes) does. Where the tenant approves automatically and
    /// nothing stands against it, that approves it. Where it is on hold for its
    /// [`Payment`](HoldReason::Payment), and nothing is left to collect, it is released for that
    /// reason first, and for no other: that is what it waited for. A hold for the payment of an
    /// order that was paid and firm before, such as a person's for a dispute, stays. One that was
    /// shipped meanwhile, by somebody else, goes on waiting.
    ///
    /// One that is paid, and of which nothing was sent, is confirmed also where the channel leaves
    /// open which units are to be sent, as it took some off: but before that it is held for
    /// [`Review`](HoldReason::Review) and noted, once, unless these are gone here, too.
    #[must_use]
    pub fn paid_since(&self, known: &Order) -> Vec<OrderCommand> {
        self.paid_or_settled(known, None, &[])
    }

    /// The same where the tenant's policy settled where the order goes, which the channel's word
    /// alone left open: then that counts, and nobody is asked. The other commands of the message
    /// come before it.
    pub(crate) fn paid_or_settled(
        &self,
        known: &Order,
        settled: Option<OrderStatus>,
        others: &[OrderCommand],
    ) -> Vec<OrderCommand> {
        let to_be_sent = match &self.state.suggestion {
            Suggestion::Approved => true,
            Suggestion::NeedsPerson { .. } => match settled {
                Some(OrderStatus::OnHold) | None => self.is_paid_unsent(),
                Some(status) => status == OrderStatus::Approved,
            },
            Suggestion::Pending => settled == Some(OrderStatus::Approved),
            Suggestion::OnHold { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered
            | Suggestion::Cancelled { .. } => false,
            Suggestion::Ignore { .. } => return Vec::new(),
        };
        let waits = match known.status() {
            OrderStatus::Pending | OrderStatus::OnHold => true,
            OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Shipped
            | OrderStatus::Delivered
            | OrderStatus::Returned => false,
            // A person has to be told, too.
            OrderStatus::Cancelled => return Vec::new(),
        };
        let confirms = to_be_sent && waits && is_unconfirmed(known);
        let firm = confirms.then_some(OrderCommand::Confirm);
        let [taken, back] = self.money_since(known, others);
        // Before it is confirmed: as long as it is not firm, whoever died in between asks again.
        let news = taken.is_some() || firm.is_some();
        let released = to_be_sent && news && self.ends_hold_for_payment(known);
        let released = released.then(|| OrderCommand::Release {
            reasons: BTreeSet::from([HoldReason::Payment]),
        });
        let goes_on = released.into_iter().chain(firm);
        let goes_on: Vec<OrderCommand> = goes_on.collect();
        let asked = if goes_on.is_empty() || settled == Some(OrderStatus::Approved) {
            Vec::new()
        } else {
            self.asked_since(known)
        };
        let money = [taken, back, self.promise_since(known)];
        let money = money.into_iter().flatten();
        let money = money.chain(self.less_went_back(known));
        money.chain(asked).chain(goes_on).collect()
    }

    /// What a new order is told of which a person has to decide: it is held, and what for is noted,
    /// so that [`paid_since`](Self::paid_since) overrules nobody who released it. Any other order
    /// is told nothing.
    #[must_use]
    pub fn asked_at_first(&self) -> Vec<OrderCommand> {
        let Suggestion::NeedsPerson { why } = &self.state.suggestion else {
            return Vec::new();
        };
        let note = Reason::truncated(why);
        let hold = OrderCommand::Hold {
            reason: HoldReason::Review,
            note,
        };
        let noted = self.asked_of(why);
        let noted = noted.map(|text| OrderCommand::AddNote { text });
        [hold].into_iter().chain(noted).collect()
    }

    /// What stops an order that is paid, once, where a person has to say what of it is to be sent;
    /// nothing where all that is gone on the channel is gone here, too.
    fn asked_since(&self, known: &Order) -> Vec<OrderCommand> {
        match &self.state.suggestion {
            Suggestion::NeedsPerson { why } if !self.is_gone_here(known) => {
                stopped(known, self.asked_of(why), Reason::truncated(why))
            }
            Suggestion::NeedsPerson { .. }
            | Suggestion::Ignore { .. }
            | Suggestion::Pending
            | Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered
            | Suggestion::Cancelled { .. } => Vec::new(),
        }
    }

    /// What is noted of an order of which a person has to decide, and what of it is gone there: of
    /// what goes later a person is asked anew.
    fn asked_of(&self, why: &str) -> Option<Note> {
        let lines = self.draft.lines.iter().filter_map(|line| {
            let gone = self.history.lines.get(&line.id)?.removed;
            let item = line.channel_item.as_ref();
            let name = item.map_or_else(|| line.id.to_string(), ToString::to_string);
            (gone > 0).then(|| format!("{gone} of line {name}"))
        });
        let mut gone: Vec<String> = lines.collect();
        if gone.is_empty() {
            let refunds = self.history.refunds.iter();
            let names = refunds.filter_map(|refund| refund.id.as_ref());
            gone.extend(names.map(|name| format!("refund {name}")));
        }
        let back = self.draft.payment.refunded;
        if gone.is_empty() && back.is_positive() {
            gone.push(format!("{back} went back"));
        }
        let gone = match gone.is_empty() {
            true => String::new(),
            false => format!(" ({})", gone.join(", ")),
        };
        Note::truncated(&format!("asked by the channel's word{gone}: {why}"))
    }

    /// Whether it is paid by the channel's word, and neither cancelled nor sent.
    const fn is_paid_unsent(&self) -> bool {
        let paid = matches!(
            self.state.financial,
            Some(FinancialState::Paid | FinancialState::PartlyRefunded)
        );
        let unsent = matches!(
            self.state.fulfillment,
            Some(FulfillmentState::Unfulfilled) | None
        );
        paid && unsent && !self.state.cancelled
    }

    /// Whether the channel says which units are no longer wanted, and none of them is here.
    fn is_gone_here(&self, known: &Order) -> bool {
        let told = self.history.lines.iter();
        let mut gone = told.filter(|(_, line)| line.removed > 0).peekable();
        gone.peek().is_some()
            && gone.all(|(id, line)| {
                let mut lines = self.draft.lines.iter();
                let there = lines.find(|there| there.id == *id);
                let here = there.and_then(|there| {
                    let item = there.channel_item.as_ref()?;
                    let mut lines = known.head.lines.iter();
                    lines.find(|here| {
                        let known = here.channel_item.as_ref();
                        known.is_some_and(|known| is_same_item(known, item))
                    })
                });
                there.zip(here).is_some_and(|(there, here)| {
                    let left = here.ordered.saturating_sub(here.cancelled);
                    left.get() <= there.quantity.get().saturating_sub(line.removed)
                })
            })
    }

    /// What a stored order that is cancelled here is told when its channel took money for it since,
    /// or gave money back: both, under the names of the channel's sums, and a note where it is not
    /// cancelled there and money came, as a person has to decide about the rest. That a promise of
    /// money was given up or ran out is recorded, too. A shop cancels
    /// what is not paid in time, and the payment may still come, also in parts. The note is first:
    /// once the money is recorded, nothing tells that the note is missing. Where it was cancelled
    /// by the channel's word, and a newer message has it alive again there, a note asks that, once:
    /// do all of it before [`seen`](Self::seen), after which the same message is no newer one.
    #[must_use]
    pub fn paid_though_cancelled(&self, known: &Order) -> Vec<OrderCommand> {
        let alive = match &self.state.suggestion {
            Suggestion::Pending
            | Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::NeedsPerson { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered => true,
            Suggestion::Cancelled { .. } => false,
            Suggestion::Ignore { .. } => return Vec::new(),
        };
        if known.status() != OrderStatus::Cancelled {
            return Vec::new();
        }
        let there = &self.draft.payment;
        let [taken, back] = self.money_since(known, &[]);
        let rest = more(there.captured, there.refunded).filter(|_| alive && taken.is_some());
        let ask = |what: &str| Note::truncated(&format!("{what}, {CANCELLED_HERE}"));
        let paid = rest.and_then(|rest| ask(&format!("{rest} was paid on the channel")));
        let paid = paid.filter(|text| !is_noted(known, text));
        let again = alive && taken.is_none() && self.is_alive_again(known);
        let again = again.then(|| ask("alive again on the channel")).flatten();
        let told = paid.or(again).map(|text| OrderCommand::AddNote { text });
        let money = [taken, back, self.promise_gone(known)];
        told.into_iter()
            .chain(money.into_iter().flatten())
            .chain(self.less_went_back(known))
            .collect()
    }

    /// Whether an order that was cancelled here by its channel's word is not cancelled there any
    /// more, by a message that is newer than the last one, and nobody was asked about that yet. One
    /// that was cancelled here may not have been heard of there.
    fn is_alive_again(&self, known: &Order) -> bool {
        let kept = known.head.attributes.contains_key(CHANGED_AT);
        let newer = kept && self.seen(known).is_some();
        let reason = known.head.cancellation.as_ref().map(|gone| &gone.reason);
        let by_the_channel = reason.is_some_and(|reason| {
            let mut words = BY_THE_CHANNEL.iter();
            words.any(|words| reason.as_str().starts_with(words))
        });
        let mut notes = known.head.notes.iter();
        let asked = notes.any(|note| note.text.as_str().ends_with(CANCELLED_HERE));
        newer && by_the_channel && !self.state.cancelled && !asked
    }

    /// What a stored order is told when its channel cancelled it: it is cancelled. Where units have
    /// left already, what has not is cancelled, and a note asks a person, once, whether the rest
    /// comes back. Where a parcel left by the channel's word alone, somebody else sent it: a note
    /// tells a person, once, and the order is held for [`Review`](HoldReason::Review) while a unit
    /// of it is not picked. Nothing where it is cancelled here.
    ///
    /// Do it after [`paid_since`](Self::paid_since): whoever hears of the cancellation may pay back
    /// what is owed then.
    #[must_use]
    pub fn cancelled_since(&self, known: &Order) -> Vec<OrderCommand> {
        let (why, left_there) = match &self.state.suggestion {
            Suggestion::Cancelled { why } => (why, false),
            Suggestion::NeedsPerson { why } if self.state.cancelled => (why, true),
            Suggestion::Ignore { .. }
            | Suggestion::Pending
            | Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::NeedsPerson { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered => return Vec::new(),
        };
        let Some(reason) = Reason::truncated(why) else {
            return Vec::new();
        };
        if known.status() == OrderStatus::Cancelled {
            return Vec::new();
        }
        if !View::of(known).any_shipped() {
            return match left_there {
                true => stopped(known, Note::truncated(CANCELLED_ELSEWHERE), Some(reason)),
                false => vec![OrderCommand::Cancel { reason }],
            };
        }
        let lines = View::of(known).lines;
        let is_left = |line: &LineView| {
            let gone = line.shipped.checked_add(line.cancelled);
            gone.is_some_and(|gone| gone < line.ordered)
        };
        let rest = lines.iter().any(is_left);
        let rest = rest.then_some(OrderCommand::CancelRest { reason });
        let out = lines.iter().any(|line| line.returned < line.shipped);
        let told = Note::truncated(CANCELLED_TOO_LATE);
        let told = told.filter(|text| out && !is_noted(known, text));
        let told = told.map(|text| OrderCommand::AddNote { text });
        rest.into_iter().chain(told).collect()
    }

    /// Whether its channel cancelled an order of which units have left, here or by its own word.
    /// What [`cancelled_since`](Self::cancelled_since) says is all that follows from that.
    #[must_use]
    pub fn is_cancelled_too_late(&self, known: &Order) -> bool {
        match &self.state.suggestion {
            Suggestion::Cancelled { .. } => View::of(known).any_shipped(),
            Suggestion::NeedsPerson { .. } => self.state.cancelled,
            Suggestion::Ignore { .. }
            | Suggestion::Pending
            | Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered => false,
        }
    }
}

/// The order is stopped, once, for a person to find out what is noted.
fn stopped(known: &Order, text: Option<Note>, why: Option<Reason>) -> Vec<OrderCommand> {
    let Some(text) = text.filter(|text| !is_noted(known, text)) else {
        return Vec::new();
    };
    let held = known.head.is_held_for(HoldReason::Review);
    let hold = (known.is_to_pick() && !held).then_some(OrderCommand::Hold {
        reason: HoldReason::Review,
        note: why,
    });
    // Last: once it is noted, nothing tells that the hold is missing.
    let note = OrderCommand::AddNote { text };
    hold.into_iter().chain([note]).collect()
}

/// Whether the order waits to be confirmed.
pub(in crate::channel) fn is_unconfirmed(known: &Order) -> bool {
    let mut works = known.fulfillments.values();
    // A worker may have died between its end and its confirmation.
    known.head.tentative
        || works.any(|work| work.tentative_until().is_some())
        || known.head.is_held_for(HoldReason::ReservationExpired)
}

/// Whether the order says so already.
pub(in crate::channel) fn is_noted(known: &Order, text: &Note) -> bool {
    known.head.notes.iter().any(|note| note.text == *text)
}
