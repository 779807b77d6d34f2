//! Who receives and who pays a stored order, and what the buyer wrote, by its channel's later word.

use crate::channel::incoming::{Incoming, Suggestion};
use crate::channel::newest::is_noted;
use crate::channel::sync::Arrival;
use crate::order::{Contacts, Order, OrderCommand};

impl Incoming {
    /// Who receives and who pays a stored order by this message, for
    /// [`Tenant::follow_contacts`](crate::service::Tenant::follow_contacts), which compares it with
    /// what the channel said before: do that once [`seen`](Self::seen) is done, and before what
    /// sets the order going. `None` where the message says nothing of that, is
    /// [`Late`](Arrival::Late), does not say when the channel changed the order, or is about one
    /// that is cancelled or is not worked on here. What has no time, such as a CSV file, may be
    /// read again when it is long out of date.
    #[must_use]
    pub fn contacts_since(&self, known: &Order) -> Option<Contacts> {
        let said = &self.draft.contacts;
        let says = said.ship_to.is_some() || said.bill_to.is_some();
        let dated = self.state.changed_at.is_some();
        (says && dated && self.is_alive(known)).then(|| said.clone())
    }

    /// The notes of the buyer's that a stored order does not have: they are added, where the buyer
    /// or the seller wrote them on the channel since. What was written before stays. None of a
    /// message that is [`Late`](Arrival::Late), or about an order that is cancelled or is not
    /// worked on here.
    ///
    /// Notes are not erased, and whether the contacts of the order were is not looked at: nothing
    /// here reads them. A host that keeps people's words out of notes clears those of the draft
    /// before it asks.
    #[must_use]
    pub fn notes_since(&self, known: &Order) -> Vec<OrderCommand> {
        if !self.is_alive(known) {
            return Vec::new();
        }
        let notes = self.draft.notes.iter();
        let new = notes.filter(|text| !is_noted(known, text));
        let add = |text| OrderCommand::AddNote { text };
        new.cloned().map(add).collect()
    }

    /// Whether the order is still worked on, there and here, and nothing newer was heard of it.
    fn is_alive(&self, known: &Order) -> bool {
        let there = match &self.state.suggestion {
            Suggestion::Ignore { .. } | Suggestion::Cancelled { .. } => false,
            Suggestion::Pending
            | Suggestion::Approved
            | Suggestion::OnHold { .. }
            | Suggestion::NeedsPerson { .. }
            | Suggestion::Shipped
            | Suggestion::Delivered => !self.state.cancelled,
        };
        there && !known.status().is_terminal() && self.arrival(known) != Arrival::Late
    }
}
