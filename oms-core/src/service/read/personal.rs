//! Where personal data is kept, and what it says: for whoever asks what is known of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::customer::{Contact, ContactDocument};
use crate::order::OrderEvent;
use crate::plan::{DocumentKey, Index, Keys, PayloadDocument, Rejection, StoredDocument, heard_by};
use crate::port::Page;
use crate::service::{Error, Tenant};
use crate::value::limits::BATCH_ITEMS_MAX;
use crate::value::{ChannelPlace, CustomerId, OrderId};

/// An erasable row with somebody's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PersonalRow {
    /// Where: a contact, a payload, or a document of the host's own.
    pub document: DocumentKey,
    /// Whose it is; `None` where that is whoever has the order.
    pub customer: Option<CustomerId>,
    /// The order it was given for, if any.
    pub order: Option<OrderId>,
}

/// What an erasable row says.
///
/// Its `Debug` tells what is known, not what it is: it may reach a log. As JSON it has all of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum PersonalData {
    /// Name, address, e-mail and phone.
    Contact {
        /// The data.
        contact: Box<Contact>,
        /// The channel's own words for city, state and country, if it gave any.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<ChannelPlace>,
    },
    /// What a source sent.
    Payload {
        /// Its media type.
        media_type: String,
        /// The text, byte for byte.
        text: String,
    },
    /// A document of the host's own.
    Host {
        /// The host's version of its schema.
        schema: u16,
        /// The body, JSON.
        #[serde(serialize_with = "crate::value::raw_json::serialize")]
        json: Arc<str>,
    },
}

impl std::fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Contact { contact, place } => f
                .debug_struct("Contact")
                .field("contact", contact)
                .field("place", place)
                .finish(),
            Self::Payload { media_type, text } => f
                .debug_struct("Payload")
                .field("media_type", media_type)
                .field("text", &format_args!("{} bytes", text.len()))
                .finish(),
            Self::Host { schema, json } => f
                .debug_struct("Host")
                .field("schema", schema)
                .field("json", &format_args!("{} bytes", json.len()))
                .finish(),
        }
    }
}

impl PersonalRow {
    /// The row of a document that holds personal data; erased ones do not.
    fn of(stored: StoredDocument) -> Option<Self> {
        match stored.index {
            Index::Personal { customer, order } => Some(Self {
                document: stored.key,
                customer,
                order,
            }),
            Index::None | Index::Active(_) | Index::Order(_) => None,
        }
    }
}

impl Tenant {
    /// Where personal data of a customer is kept: the rows that
    /// [`erase_customer`](Self::erase_customer) would erase now, by key, a page at a time. What
    /// they say is told by [`personal_data`](Self::personal_data). None of a customer who does not
    /// exist.
    ///
    /// What people wrote into notes, attributes and other parts of orders is not among them, nor is
    /// what was taken in and not placed yet, unless its draft names the customer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn personal_rows(
        &self,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<PersonalRow, DocumentKey>, Error> {
        self.known().await?;
        let found = self.personal(customer, after, limit).await?;
        let next = found.last().filter(|_| found.len() >= limit).cloned();
        let mut rows = self.rows_at(&found).await?;
        // One may have been handed over since, by itself or with its order.
        let theirs = self.orders_had(customer, &rows).await?;
        rows.retain(|row| match (row.customer, row.order) {
            (Some(whose), _) => whose == customer,
            (None, Some(order)) => theirs.contains(&order),
            (None, None) => false,
        });
        Ok(Page::new(rows, next))
    }

    /// Where personal data that was given for an order is kept, by key: every name and address that
    /// it has or had, what its channel said last of who receives it and who pays, its payload, and
    /// its customer's own address where it points to that. Each says whose it is: what came for a
    /// customer who had the order before may still be theirs.
    ///
    /// Documents of the host's own that are indexed as personal for the order are known to the host
    /// alone, and found by customer ([`personal_rows`](Self::personal_rows)).
    ///
    /// # Errors
    /// [`Error`]; an unknown order is refused with `not_found`.
    pub async fn personal_rows_of_order(&self, order: OrderId) -> Result<Vec<PersonalRow>, Error> {
        let buyer = self.order(order).await?.head.customer;
        let mut rows = self.rows_ever_of(order).await?;
        // An attribute names a row, and anybody may set it: what is somebody else's is not told.
        rows.retain(|row| match row.order {
            Some(given_for) => given_for == order,
            None => row.customer.is_none() || row.customer == buyer,
        });
        Ok(rows)
    }

    /// What an erasable row says; `None` when it was erased or never there, and of a document of
    /// the host's own that is not indexed as personal.
    ///
    /// # Errors
    /// [`Error`]; a document that is neither a contact, nor a payload, nor the host's own is
    /// refused with `not_erasable`.
    pub async fn personal_data(&self, row: &DocumentKey) -> Result<Option<PersonalData>, Error> {
        match row {
            DocumentKey::Contact(_) => {
                let row: Option<ContactDocument> = self.read(row.clone()).await?;
                Ok(row.and_then(contact_data))
            }
            DocumentKey::Payload(_) => {
                let row: Option<PayloadDocument> = self.read(row.clone()).await?;
                Ok(row.and_then(payload_data))
            }
            DocumentKey::Host(..) => {
                let mut found = self.look(&Keys::of(row.clone())).await?;
                Ok(found.documents.remove(row).and_then(host_data))
            }
            DocumentKey::Settings
            | DocumentKey::Channel(_)
            | DocumentKey::Hub(_)
            | DocumentKey::Product(_)
            | DocumentKey::SkuMapping(..)
            | DocumentKey::Customer(_)
            | DocumentKey::Order(_)
            | DocumentKey::Fulfillment(..)
            | DocumentKey::Explanation(..)
            | DocumentKey::Zones
            | DocumentKey::Slots(..)
            | DocumentKey::Transfer(_) => {
                let document = row.clone();
                Err(Rejection::NotErasable { document }.into())
            }
        }
    }

    /// The rows that an order ever pointed to, whoever's they are, but for erased ones.
    pub(crate) async fn rows_ever_of(&self, order: OrderId) -> Result<Vec<PersonalRow>, Error> {
        let history = self.history(order).await?;
        let rows = history.iter().flat_map(|entry| rows_of(&entry.event));
        let rows: BTreeSet<DocumentKey> = rows.flatten().collect();
        let rows: Vec<DocumentKey> = rows.into_iter().collect();
        self.rows_at(&rows).await
    }

    /// The orders of rows that name no customer, as far as this customer has them now.
    async fn orders_had(
        &self,
        customer: CustomerId,
        rows: &[PersonalRow],
    ) -> Result<BTreeSet<OrderId>, Error> {
        let unnamed = rows.iter().filter(|row| row.customer.is_none());
        let orders: BTreeSet<OrderId> = unnamed.filter_map(|row| row.order).collect();
        let heads: Vec<DocumentKey> = orders.into_iter().map(DocumentKey::Order).collect();
        let had = |head: StoredDocument| {
            let DocumentKey::Order(id) = head.key else {
                return None;
            };
            let theirs =
                matches!(head.index, Index::Order(index) if index.customer == Some(customer));
            theirs.then_some(id)
        };
        Ok(self.told_of(&heads, had).await?.into_iter().collect())
    }

    /// The rows of these keys that hold personal data, by key.
    async fn rows_at(&self, documents: &[DocumentKey]) -> Result<Vec<PersonalRow>, Error> {
        let mut rows = self.told_of(documents, PersonalRow::of).await?;
        rows.sort_unstable_by(|one, other| one.document.cmp(&other.document));
        Ok(rows)
    }

    /// What documents tell. Their bodies are read, too, so not all at once.
    async fn told_of<T>(
        &self,
        documents: &[DocumentKey],
        told: impl Fn(StoredDocument) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::with_capacity(documents.len());
        for page in documents.chunks(BATCH_ITEMS_MAX) {
            let mut keys = Keys::default();
            keys.documents.extend(page.iter().cloned());
            let found = self.look(&keys).await?.documents;
            all.extend(found.into_values().filter_map(&told));
        }
        Ok(all)
    }
}

fn contact_data(row: ContactDocument) -> Option<PersonalData> {
    let (contact, place) = row.kept()?;
    let contact = Box::new(contact);
    Some(PersonalData::Contact { contact, place })
}

fn payload_data(row: PayloadDocument) -> Option<PersonalData> {
    match row {
        PayloadDocument::Present { media_type, text } => {
            Some(PersonalData::Payload { media_type, text })
        }
        PayloadDocument::Erased { .. } => None,
    }
}

fn host_data(stored: StoredDocument) -> Option<PersonalData> {
    let StoredDocument {
        schema,
        json,
        index,
        ..
    } = stored;
    matches!(index, Index::Personal { .. }).then_some(PersonalData::Host { schema, json })
}

/// The erasable rows that an event makes its order point to, or keeps beside.
fn rows_of(event: &OrderEvent) -> [Option<DocumentKey>; 3] {
    if let OrderEvent::Placed { head } = event {
        let ship_to = head.0.ship_to.map(DocumentKey::Contact);
        let bill_to = head.0.bill_to.map(DocumentKey::Contact);
        return [ship_to, bill_to, head.0.payload.map(DocumentKey::Payload)];
    }
    if let OrderEvent::ShipToChanged { new, .. } | OrderEvent::BillToChanged { new, .. } = event {
        return [Some(DocumentKey::Contact(*new)), None, None];
    }
    [heard_by(event).map(DocumentKey::Contact), None, None]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::PersonalData;
    use crate::customer::Contact;
    use crate::value::{ChannelPlace, EmailAddress, Name};

    #[test]
    fn what_rows_say_is_handed_over_and_does_not_reach_a_log() {
        let secret = Name::parse("secret").ok();
        let mut contact = Contact {
            email: EmailAddress::parse("secret@shop.example").ok(),
            ..Contact::default()
        };
        contact.address.name = secret.clone();
        let contact = Box::new(contact);
        let place = Some(ChannelPlace {
            city: secret,
            ..ChannelPlace::default()
        });
        let payload = PersonalData::Payload {
            media_type: "text/plain".to_owned(),
            text: "secret".to_owned(),
        };
        let host = PersonalData::Host {
            schema: 7,
            json: Arc::from(r#"{"note":"secret"}"#),
        };
        let written = [
            concat!(
                r#"{"kind":"contact","contact":{"address":{"name":"secret"},"#,
                r#""email":"secret@shop.example"},"place":{"city":"secret"}}"#,
            ),
            r#"{"kind":"payload","media_type":"text/plain","text":"secret"}"#,
            r#"{"kind":"host","schema":7,"json":{"note":"secret"}}"#,
        ];
        let said = [PersonalData::Contact { contact, place }, payload, host];
        for (said, written) in said.into_iter().zip(written) {
            let shown = format!("{said:?}");
            assert!(!shown.contains("secret"), "{shown}");
            assert_eq!(serde_json::to_string(&said).unwrap(), written);
        }
    }
}
