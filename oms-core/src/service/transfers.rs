//! The calls about transfers of stock between hubs.

use std::collections::BTreeMap;

use crate::plan::{Command, DocumentKey, DocumentKind};
use crate::port::{DocumentFilter, Page};
use crate::service::view::{TransferDraft, TransferFilter};
use crate::service::{Call, Done, Error, Tenant};
use crate::stock::{Transfer, TransferCommand};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{HubId, Reason, Sku, TransferId, Units};

impl Tenant {
    /// Asks for a transfer from one hub to another. Nothing moves yet, and nothing is reserved for
    /// it. Repeating it changes nothing while the transfer is open. An id is used once: for one
    /// that was received or cancelled it is refused with `transfer_exists`.
    ///
    /// # Errors
    /// [`Error`]; refusals are those of [`TransferRejection`](crate::stock::TransferRejection), and
    /// a hub or SKU that does not exist.
    pub async fn request_transfer(
        &self,
        transfer: TransferId,
        draft: TransferDraft,
        call: Call,
    ) -> Result<Done, Error> {
        let TransferDraft { from, to, lines } = draft;
        let command = TransferCommand::Request { from, to, lines };
        self.transfer_command(transfer, command, call).await
    }

    /// The goods of a transfer leave: from now on they are at neither hub. `sent` names the SKUs of
    /// which more or fewer units leave than were asked for, and with none of it all leave as they
    /// were. What stays behind is awaited no more; ask for another transfer of it. Repeating it
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error`]; refused with `stock_refused` where goods are not there or are reserved, naming
    /// every row, with `transfer_not_asked` for a SKU that is not of the transfer, with
    /// `transfer_nothing_sent` where no unit leaves, with `transfer_illegal` once others left, and
    /// for a transfer that was received or cancelled.
    pub async fn ship_transfer(
        &self,
        transfer: TransferId,
        sent: BTreeMap<Sku, Units>,
        call: Call,
    ) -> Result<Done, Error> {
        let command = TransferCommand::Ship { sent };
        self.transfer_command(transfer, command, call).await
    }

    /// Some of the goods of a transfer arrive, in one delivery of several: units by SKU, and how
    /// many of those cannot be sold. They are at their hub at once, and what came damaged is taken
    /// off again by a movement of its own. What is still to come is told by
    /// [`Transfer::under_way`]; when that is nothing, the transfer is received. Units beyond those
    /// that were sent are a movement of their own, too, and so is what turns up once the transfer
    /// is received or closed: its state stays, and less of it is lost.
    ///
    /// The delivery that ends a transfer tells `transfer.part_received` like any other, and no
    /// `transfer.received` comes after it: whoever waits for the end reads the state.
    ///
    /// Give each delivery a key of its own: told twice without one, it counts twice.
    ///
    /// # Errors
    /// [`Error`]; refused with `transfer_not_sent`, `transfer_nothing_arrived`,
    /// `transfer_not_arrived` for more damaged units than arrived, `transfer_too_many`, and with
    /// `transfer_illegal` before the goods have left and for a transfer that was cancelled.
    pub async fn receive_transfer_part(
        &self,
        transfer: TransferId,
        arrived: BTreeMap<Sku, Units>,
        damaged: BTreeMap<Sku, Units>,
        call: Call,
    ) -> Result<Done, Error> {
        let command = TransferCommand::ReceivePart { arrived, damaged };
        self.transfer_command(transfer, command, call).await
    }

    /// The goods of a transfer arrive, or the last of them. `counted` names the SKUs of which more
    /// or fewer units came in all, with earlier deliveries, than were sent; the difference is a
    /// movement of its own, with the call's reason. Whatever a delivery brings that is told after
    /// it comes on top, so tell all deliveries in the one way or in the other.
    ///
    /// # Errors
    /// [`Error`]; refused with `transfer_not_sent` for a SKU that is not of the transfer, with
    /// `transfer_arrived_already` for fewer units than earlier deliveries brought, with
    /// `transfer_illegal` unless goods are in transit or were received with the same counts.
    pub async fn receive_transfer(
        &self,
        transfer: TransferId,
        counted: BTreeMap<Sku, Units>,
        call: Call,
    ) -> Result<Done, Error> {
        let command = TransferCommand::Receive { counted };
        self.transfer_command(transfer, command, call).await
    }

    /// Nothing more of a transfer is awaited: it is received, and what is still under way is lost,
    /// which is a movement of its own with this reason. Once it is received this changes nothing.
    /// What turns up all the same is told by
    /// [`receive_transfer_part`](Self::receive_transfer_part).
    ///
    /// # Errors
    /// [`Error`]; refused with `transfer_illegal` before the goods have left, and for a transfer
    /// that was cancelled.
    pub async fn close_transfer(
        &self,
        transfer: TransferId,
        reason: Reason,
        call: Call,
    ) -> Result<Done, Error> {
        let command = TransferCommand::Close { reason };
        self.transfer_command(transfer, command, call).await
    }

    /// Calls a transfer off before its goods leave. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error`]; refused with `transfer_illegal` once the goods have left.
    pub async fn cancel_transfer(
        &self,
        transfer: TransferId,
        reason: Reason,
        call: Call,
    ) -> Result<Done, Error> {
        let command = TransferCommand::Cancel { reason };
        self.transfer_command(transfer, command, call).await
    }

    async fn transfer_command(
        &self,
        transfer: TransferId,
        command: TransferCommand,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::Transfer { transfer, command }, call)
            .await
    }

    /// A transfer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn transfer(&self, id: &TransferId) -> Result<Option<Transfer>, Error> {
        self.read(DocumentKey::Transfer(id.clone())).await
    }

    /// Transfers by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn transfers(
        &self,
        filter: &TransferFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Transfer, DocumentKey>, Error> {
        let filter = DocumentFilter {
            active: filter.open,
            from: filter.from.clone(),
            to: filter.to.clone(),
            ..DocumentFilter::of(DocumentKind::Transfer)
        };
        self.list_by(&filter, after, limit).await
    }

    /// What is on its way to a hub, units by SKU: of all transfers there whose goods have left, as
    /// far as no delivery brought them. It is read page by page, so what is shipped or received
    /// meanwhile may be in it or not.
    ///
    /// Nobody keeps this number, so it cannot go wrong, and `incoming` of a stock row, which the
    /// host sets, has no part in it. To show what a hub expects in all, add the two, and leave
    /// transfers out of what you set; or go on setting both, and leave this out.
    ///
    /// # Errors
    /// [`Error`], also for a transfer that cannot be read: a sum leaves nothing out.
    pub async fn under_way_to(&self, hub: &HubId) -> Result<BTreeMap<Sku, u64>, Error> {
        let mut sum: BTreeMap<Sku, u64> = BTreeMap::new();
        let mut after: Option<DocumentKey> = None;
        let filter = TransferFilter {
            open: Some(true),
            to: Some(hub.clone()),
            ..TransferFilter::default()
        };
        loop {
            let page = self
                .transfers(&filter, after.as_ref(), PAGE_ITEMS_MAX)
                .await?
                .whole()?;
            for (sku, units) in page.items.iter().flat_map(Transfer::under_way) {
                let sum = sum.entry(sku).or_default();
                *sum = sum.saturating_add(u64::from(units.get()));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(sum),
            }
        }
    }
}
