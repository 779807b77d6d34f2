//! A stock command together with what it leaves behind.

use crate::port::ReservationFilter;
use crate::reservation::ReservationKey;
use crate::service::{Call, Error, StockDone, Tenant};
use crate::stock::{StockCommand, StockKey};
use crate::value::Reason;
use crate::value::limits::PAGE_ITEMS_MAX;

impl Tenant {
    /// Moves stock, then reads the row; names every live reservation of the row while it is short
    /// of what is reserved. [`stock_command`](Self::stock_command) does the same without the reads.
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
        let mut after: Option<ReservationKey> = None;
        loop {
            let store = &self.engine.store;
            let page = store
                .reservations(&self.id, &filter, after.as_ref(), PAGE_ITEMS_MAX)
                .await?;
            let read = page.items.into_iter().map(|(key, _)| key);
            // What it holds is unknown; that it holds something is not.
            let unreadable = page.unreadable.into_iter().map(|unreadable| unreadable.at);
            answer.affected.extend(read.chain(unreadable));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
