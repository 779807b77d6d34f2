//! A stock command together with what it leaves behind.

use crate::port::ReservationFilter;
use crate::service::{Call, Error, StockDone, Tenant};
use crate::stock::{StockCommand, StockKey};
use crate::value::Reason;
use crate::value::limits::PAGE_ITEMS_MAX;

impl Tenant {
    /// Moves stock, then reads the row; names the live reservations of the row while it is short of
    /// what is reserved, a page of them. [`stock_command`](Self::stock_command) does the same
    /// without the reads.
    ///
    /// An error is always about the command: when it is committed and only the reading fails, the
    /// answer is `Ok` with [`StockDone::unreadable`].
    ///
    /// # Errors
    /// [`Error`]; see [`StockRejection`](crate::stock::StockRejection).
    pub async fn move_stock(
        &self,
        key: StockKey,
        command: StockCommand,
        reason: Reason,
        call: Call,
    ) -> Result<StockDone, Error> {
        let done = self
            .stock_command(key.clone(), command, reason, call)
            .await?;
        let mut answer = StockDone {
            done,
            level: None,
            affected: Vec::new(),
            affected_next: None,
            unreadable: None,
        };
        if let Err(error) = self.look_after(&key, &mut answer).await {
            answer.unreadable = Some(error);
        }
        Ok(answer)
    }

    async fn look_after(&self, key: &StockKey, answer: &mut StockDone) -> Result<(), Error> {
        let level = self.stock_level(key).await?;
        answer.level = Some(level);
        if level.shortfall.is_zero() {
            return Ok(());
        }
        let filter = ReservationFilter {
            sku: Some(key.sku.clone()),
            hub: Some(key.hub.clone()),
            live: true,
            ..ReservationFilter::default()
        };
        // Pages may be empty on the way.
        loop {
            let left = PAGE_ITEMS_MAX.saturating_sub(answer.affected.len());
            let (store, after) = (&self.engine.store, answer.affected_next.as_ref());
            let page = store.reservations(&self.id, &filter, after, left).await?;
            let read = page.items.into_iter().map(|(key, _)| key);
            // What it holds is unknown; that it holds something is not.
            let unreadable = page.unreadable.into_iter().map(|unreadable| unreadable.at);
            answer.affected.extend(read.chain(unreadable));
            answer.affected_next = page.next;
            if answer.affected_next.is_none() || answer.affected.len() >= PAGE_ITEMS_MAX {
                return Ok(());
            }
        }
    }
}
