//! What the channels of orders say of who receives and who pays them.

use crate::order::{Contacts, Order};
use crate::plan::{Command, Keys, contacts_to_know, says_contacts_anew};
use crate::service::{Call, Done, Error, Tenant};
use crate::value::OrderId;
use crate::value::limits::PAGE_ITEMS_MAX;

/// How many rows an order has at most: who receives it and who pays, here and by its channel.
const ROWS_MAX: usize = 4;

impl Tenant {
    /// Follows what the channel of an order says of who receives it and who pays: give it all that
    /// a copy of the order says, with each that is not out of date, as
    /// [`Intakes`](crate::service::Intakes) does. What is new is what the channel did not say
    /// before; what people here corrected since stays. What a copy leaves out is as it was.
    ///
    /// While no work has begun the order is given the change, and is held for
    /// [`Unserviceable`](crate::order::HoldReason::Unserviceable) where its hubs do not deliver
    /// there ([`change_contacts`](Self::change_contacts)). Later, and where a guard stands against
    /// it, a note names the contact that the channel says, once, and what is to go elsewhere is
    /// held for [`Address`](crate::order::HoldReason::Address) until all of it has left: who gives
    /// the work up points the order to that contact
    /// ([`OrderCommand::ChangeContacts`](crate::order::OrderCommand::ChangeContacts)). Nothing is
    /// done for an order that is finished, or whose contacts were erased; of one without a contact,
    /// whose payload or customer was.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn follow_contacts(
        &self,
        order: OrderId,
        said: Contacts,
        call: Call,
    ) -> Result<Done, Error> {
        let said = Box::new(said);
        let command = Command::FollowContacts { order, said };
        self.execute(command, call).await
    }

    /// Whether what channels say of who receives and who pays these orders is new, each order as
    /// it stands: for whoever reads many copies of orders, of which few changed. One call of the
    /// store for a good many of them.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked, or a contact cannot be read.
    pub async fn says_new_contacts(
        &self,
        said: &[(&Order, &Contacts)],
    ) -> Result<Vec<bool>, Error> {
        let mut new = Vec::with_capacity(said.len());
        for page in said.chunks(PAGE_ITEMS_MAX / ROWS_MAX) {
            let mut keys = Keys::default();
            let rows = page.iter().flat_map(|(order, _)| contacts_to_know(order));
            keys.documents.extend(rows);
            let snapshot = self.look(&keys).await?;
            for (order, said) in page {
                new.push(says_contacts_anew(&snapshot, order, said)?);
            }
        }
        Ok(new)
    }
}
