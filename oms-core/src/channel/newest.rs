//! Which of two messages about an order is the newer one: when the channel last changed the order
//! stands on the order itself, as messages overtake one another on the way here.

use crate::channel::incoming::{Incoming, Suggestion};
use crate::channel::sync::{Arrival, arrival};
use crate::channel::warning::ChannelWarning;
use crate::order::{Order, OrderCommand, OrderStatus, PaymentEntry};
use crate::value::limits::ATTRIBUTES_MAX;
use crate::value::{AttributeKey, AttributeValue, ExternalId, Note, Timestamp};

/// The attribute of an order that holds when its channel last changed it, as far as was heard here.
pub const CHANGED_AT: &str = "channel_changed_at";

fn attribute(at: Timestamp) -> Option<(AttributeKey, AttributeValue)> {
    let key = AttributeKey::parse(CHANGED_AT).ok()?;
    Some((key, AttributeValue::parse(at.to_string()).ok()?))
}

impl Incoming {
    /// Writes into the draft when the channel last changed the order, so that a message which is
    /// older is known as such once the order is placed. Of too many attributes the last one goes.
    pub fn keep_changed_at(&mut self) {
        let Some((key, value)) = self.state.changed_at.and_then(attribute) else {
            return;
        };
        let kept = &mut self.draft.attributes;
        if kept.len() >= ATTRIBUTES_MAX
            && !kept.contains_key(&key)
            && let Some((gone, _)) = kept.pop_last()
        {
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
    /// kept already. Do it before whatever else follows from the message, and with the version of the
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

    /// What a stored order that is cancelled is told when its channel took money for it since: the
    /// money, under the name of the channel's sum, and a note, as a person has to decide. A shop
    /// cancels what is not paid in time, and the payment may still come. The note is first, as it is
    /// what is recorded that says that nobody has to be told any more.
    #[must_use]
    pub fn paid_though_cancelled(&self, known: &Order) -> Vec<OrderCommand> {
        let alive = match &self.state.suggestion {
            Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::NeedsPerson { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered => true,
            Suggestion::Ignore { .. } | Suggestion::Pending | Suggestion::Cancelled { .. } => false,
        };
        let sum = self.draft.payment.captured;
        let more = sum.checked_sub(known.head.payment.captured).ok();
        let Some(amount) = more.filter(|more| more.is_positive()) else {
            return Vec::new();
        };
        if !alive || known.status() != OrderStatus::Cancelled {
            return Vec::new();
        }
        let named = self.draft.external.first();
        let reference = named.map(|named| format!("{}-paid-{}", named.id, sum.minor()));
        let payment = OrderCommand::RecordPayment {
            entry: PaymentEntry::Captured { amount },
            method: None,
            reference: reference.and_then(|text| ExternalId::parse(&text).ok()),
        };
        let told = format!(
            "{sum} was paid on the channel, but the order is cancelled here: place it anew, or pay \
             back?"
        );
        let note = Note::truncated(&told).filter(|text| !is_noted(known, text));
        let note = note.map(|text| OrderCommand::AddNote { text });
        note.into_iter().chain([payment]).collect()
    }
}

fn is_noted(known: &Order, text: &Note) -> bool {
    known.head.notes.iter().any(|note| note.text == *text)
}
