//! Where the tenant delivers to, asked before there is an order.

use std::sync::Arc;

use crate::plan::Keys;
use crate::routing::{HubBook, Serving};
use crate::service::{Error, Tenant};
use crate::value::Address;

impl Tenant {
    /// Which hubs deliver to an address, and why the others do not: for a shop front that asks
    /// before there is a cart. An order is routed among these hubs, by what they have, their hours
    /// and their room, none of which is asked here; nothing is written.
    ///
    /// It reads the hubs and the zones. Where they are remembered
    /// ([`OmsBuilder::caching`](crate::service::OmsBuilder::caching)), the store only tells that
    /// they did not change since.
    ///
    /// # Errors
    /// [`Error`]; that no hub delivers there is an answer.
    pub async fn serving(&self, address: &Address) -> Result<Serving, Error> {
        Ok(self.hub_book().await?.serving(address))
    }

    /// All hubs and the zones as they are now.
    async fn hub_book(&self) -> Result<Arc<HubBook>, Error> {
        let mut keys = Keys::default();
        keys.ask_hubs();
        let view = self.engine.view.as_ref();
        if let Some(view) = view
            && let Some(rest) = view.rest(&self.id, &keys)
        {
            let mut snapshot = self.look(&rest).await?;
            view.learn(&self.id, &rest, &snapshot);
            let decoded = view.complete(&self.id, &keys, &rest, &mut snapshot);
            if let Some(book) = decoded.and_then(|decoded| decoded.book) {
                return Ok(book);
            }
        }
        let snapshot = self.look(&keys).await?;
        let learned = view.and_then(|view| view.learn(&self.id, &keys, &snapshot).book);
        match learned {
            Some(book) => Ok(book),
            // Nothing is remembered, or something of it cannot be read.
            None => Ok(Arc::new(snapshot.hub_book()?)),
        }
    }
}
