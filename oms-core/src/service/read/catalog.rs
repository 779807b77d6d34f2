//! Settings, hubs, products, channels, customers and their addresses.

use super::within_a_page;
use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::{Contact, ContactDocument, Customer};
use crate::hub::{Hub, ZoneBook};
use crate::plan::{DocumentKey, DocumentKind, Keys, UniqueKey};
use crate::port::Page;
use crate::service::{Error, Tenant, trace};
use crate::tenant::Settings;
use crate::value::{ChannelPlace, ContactId, CustomerId, HubId, Sku};

impl Tenant {
    /// The tenant's settings.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn settings(&self) -> Result<Settings, Error> {
        let snapshot = self.look(&Keys::default()).await?;
        self.settings_in(&snapshot)
    }

    /// The tenant's delivery zones.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn zones(&self) -> Result<ZoneBook, Error> {
        let zones = self.read(DocumentKey::Zones).await?;
        Ok(zones.unwrap_or_default())
    }

    /// A hub.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hub(&self, id: &HubId) -> Result<Option<Hub>, Error> {
        self.read(DocumentKey::Hub(id.clone())).await
    }

    /// A SKU of the catalogue.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn product(&self, sku: &Sku) -> Result<Option<Product>, Error> {
        self.read(DocumentKey::Product(sku.clone())).await
    }

    /// A customer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn customer(&self, id: CustomerId) -> Result<Option<Customer>, Error> {
        self.read(DocumentKey::Customer(id)).await
    }

    /// The customer who holds a unique name of the host's own, such as the host's id of the
    /// customer; `None` when nobody does. [`Customer`] shows how one is given.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find_customer(&self, name: UniqueKey) -> Result<Option<Customer>, Error> {
        let mut keys = Keys::default();
        keys.unique.insert(name.clone());
        let snapshot = self.look(&keys).await?;
        let holder = snapshot.unique.get(&name);
        let customer = holder.filter(|holder| holder.kind() == DocumentKind::Customer);
        Ok(customer.map_or(Ok(None), |holder| snapshot.read(holder))?)
    }

    /// A contact; `None` when it was erased or never there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>, Error> {
        let row: Option<ContactDocument> = self.read(DocumentKey::Contact(id)).await?;
        let kept = row.and_then(ContactDocument::kept);
        Ok(kept.map(|(contact, _)| contact))
    }

    /// Contacts, read in one call of the store: at most
    /// [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX) of them. Answers in the order
    /// asked, to each id what [`contact`](Self::contact) answers: one that cannot be read keeps
    /// none of the others away.
    ///
    /// # Errors
    /// [`Error`]; more ids than that are refused with `wrong_count`.
    pub async fn contacts(
        &self,
        ids: &[ContactId],
    ) -> Result<Vec<Result<Option<Contact>, Error>>, Error> {
        within_a_page(ids)?;
        let mut keys = Keys::default();
        let rows = ids.iter().copied().map(DocumentKey::Contact);
        keys.documents.extend(rows);
        let snapshot = self.look(&keys).await?;
        let read = |id: &ContactId| -> Result<Option<Contact>, Error> {
            let row = snapshot.read::<ContactDocument>(&DocumentKey::Contact(*id));
            let row = row.inspect_err(|error| trace::unreadable(&self.id, error))?;
            let kept = row.and_then(ContactDocument::kept);
            Ok(kept.map(|(contact, _)| contact))
        };
        Ok(ids.iter().map(read).collect())
    }

    /// The channel's own words for city, state and country, kept beside a contact's address; `None`
    /// where it gave none, and when the contact was erased or never there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn channel_place(&self, id: ContactId) -> Result<Option<ChannelPlace>, Error> {
        let row: Option<ContactDocument> = self.read(DocumentKey::Contact(id)).await?;
        let kept = row.and_then(ContactDocument::kept);
        Ok(kept.and_then(|(_, place)| place))
    }

    /// Hubs by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hubs(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Hub, DocumentKey>, Error> {
        self.list(DocumentKind::Hub, active, after, limit).await
    }

    /// SKUs by code, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn products(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Product, DocumentKey>, Error> {
        self.list(DocumentKind::Product, active, after, limit).await
    }

    /// Sales channels by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn channels(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<SalesChannel, DocumentKey>, Error> {
        self.list(DocumentKind::Channel, active, after, limit).await
    }

    /// What channels call SKUs, by channel and by the channel's own name, a page at a time: for the
    /// way back from a SKU, which hosts keep on their side. Those that were taken back are among
    /// them, not [`active`](SkuMapping::active). One is read with [`versioned`](Self::versioned).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn sku_mappings(
        &self,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<SkuMapping, DocumentKey>, Error> {
        self.list(DocumentKind::SkuMapping, None, after, limit)
            .await
    }

    /// Customers by id, a page at a time.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn customers(
        &self,
        active: Option<bool>,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<Customer, DocumentKey>, Error> {
        self.list(DocumentKind::Customer, active, after, limit)
            .await
    }
}
