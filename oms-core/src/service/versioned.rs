//! What is stored, with its version: for whoever shows it, lets somebody change it, and stores it
//! only if nobody else was faster.

use serde::Serialize;

use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::Customer;
use crate::hub::{Hub, SlotDay, ZoneBook};
use crate::plan::{DocumentKey, Keys, Stored};
use crate::service::{Error, Tenant};
use crate::stock::Transfer;
use crate::tenant::Settings;
use crate::value::{ChannelId, CustomerId, ExternalId, HubId, LocalDate, Sku, TransferId, Version};

/// A value as it is stored, and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Versioned<T> {
    /// The version: give it to [`Call::expecting`](crate::service::Call::expecting) when the
    /// changed value is stored.
    pub version: Version,
    /// The value.
    pub value: T,
}

/// What a tenant keeps one of per id, and a command stores as a whole.
pub trait Registered: Stored + Send {
    /// What names it.
    type Id: Sync;

    /// The document it is stored as.
    fn document(id: &Self::Id) -> DocumentKey;
}

impl Registered for Settings {
    type Id = ();

    fn document((): &()) -> DocumentKey {
        DocumentKey::Settings
    }
}

impl Registered for ZoneBook {
    type Id = ();

    fn document((): &()) -> DocumentKey {
        DocumentKey::Zones
    }
}

impl Registered for Hub {
    type Id = HubId;

    fn document(id: &HubId) -> DocumentKey {
        DocumentKey::Hub(id.clone())
    }
}

impl Registered for SlotDay {
    type Id = (HubId, LocalDate);

    fn document((hub, date): &(HubId, LocalDate)) -> DocumentKey {
        DocumentKey::Slots(hub.clone(), *date)
    }
}

impl Registered for Product {
    type Id = Sku;

    fn document(sku: &Sku) -> DocumentKey {
        DocumentKey::Product(sku.clone())
    }
}

impl Registered for SalesChannel {
    type Id = ChannelId;

    fn document(id: &ChannelId) -> DocumentKey {
        DocumentKey::Channel(id.clone())
    }
}

impl Registered for SkuMapping {
    type Id = (ChannelId, ExternalId);

    fn document((channel, external): &(ChannelId, ExternalId)) -> DocumentKey {
        DocumentKey::SkuMapping(channel.clone(), external.clone())
    }
}

impl Registered for Customer {
    type Id = CustomerId;

    fn document(id: &CustomerId) -> DocumentKey {
        DocumentKey::Customer(*id)
    }
}

impl Registered for Transfer {
    type Id = TransferId;

    fn document(id: &TransferId) -> DocumentKey {
        DocumentKey::Transfer(id.clone())
    }
}

impl Tenant {
    /// What is stored under an id, with its version; `None` if nothing is.
    ///
    /// ```
    /// use oms_core::hub::Hub;
    /// use oms_core::service::{Call, Error, Tenant, Versioned};
    /// use oms_core::value::HubId;
    ///
    /// /// Refused with `changed` when somebody else changed the hub in between.
    /// async fn prefer(tenant: &Tenant, id: &HubId) -> Result<(), Error> {
    ///     if let Some(Versioned { version, mut value }) = tenant.versioned::<Hub>(id).await? {
    ///         value.priority = 1;
    ///         tenant.put_hub(value, Call::default().expecting(version)).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn versioned<T: Registered>(
        &self,
        id: &T::Id,
    ) -> Result<Option<Versioned<T>>, Error> {
        let document = T::document(id);
        let snapshot = self.look(&Keys::of(document.clone())).await?;
        let value: Option<T> = snapshot.read(&document)?;
        let found = value.zip(snapshot.version(&document));
        Ok(found.map(|(value, version)| Versioned { version, value }))
    }
}
