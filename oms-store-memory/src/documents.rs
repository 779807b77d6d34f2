//! The documents of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use oms_core::plan::{DocumentKey, DocumentKind, Index, OrderIndex, StoredDocument};
use oms_core::value::{ContactId, CustomerId, FulfillmentId, OrderId, PayloadId, Version};

use crate::hashed::HashMap;

/// Documents by key, each kind where it is found soonest.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// Keys made of ids, by kind: compared without following a pointer, and they arrive nearly
    /// sorted.
    by_id: BTreeMap<DocumentKind, BTreeMap<IdKey, Document>>,
    /// Kinds with few documents, which are often read all at once.
    few: BTreeMap<DocumentKind, BTreeMap<DocumentKey, Document>>,
    /// Kinds with many documents named by text: walking a tree of them would miss the cache at
    /// every step.
    by_name: HashMap<DocumentKey, Document>,
    /// The order of those.
    names: BTreeMap<DocumentKind, BTreeSet<DocumentKey>>,
}

/// A key made of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum IdKey {
    Customer(CustomerId),
    Contact(ContactId),
    Order(OrderId),
    Fulfillment(OrderId, FulfillmentId),
    Payload(PayloadId),
    Explanation(OrderId, Version),
}

impl From<IdKey> for DocumentKey {
    fn from(key: IdKey) -> Self {
        match key {
            IdKey::Customer(id) => Self::Customer(id),
            IdKey::Contact(id) => Self::Contact(id),
            IdKey::Order(id) => Self::Order(id),
            IdKey::Fulfillment(order, id) => Self::Fulfillment(order, id),
            IdKey::Payload(id) => Self::Payload(id),
            IdKey::Explanation(order, version) => Self::Explanation(order, version),
        }
    }
}

/// Where the document of a key lies.
enum Place {
    ById(IdKey),
    Few,
    ByName,
}

const fn place(key: &DocumentKey) -> Place {
    Place::ById(match key {
        DocumentKey::Settings
        | DocumentKey::Channel(_)
        | DocumentKey::Hub(_)
        | DocumentKey::Zones => {
            return Place::Few;
        }
        DocumentKey::Product(_)
        | DocumentKey::SkuMapping(..)
        | DocumentKey::Host(..)
        | DocumentKey::Slots(..)
        | DocumentKey::Transfer(_) => {
            return Place::ByName;
        }
        DocumentKey::Customer(id) => IdKey::Customer(*id),
        DocumentKey::Contact(id) => IdKey::Contact(*id),
        DocumentKey::Order(id) => IdKey::Order(*id),
        DocumentKey::Fulfillment(order, id) => IdKey::Fulfillment(*order, *id),
        DocumentKey::Payload(id) => IdKey::Payload(*id),
        DocumentKey::Explanation(order, version) => IdKey::Explanation(*order, *version),
    })
}

/// A document without its key.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) version: Version,
    pub(crate) schema: u16,
    pub(crate) json: Arc<str>,
    pub(crate) columns: Columns,
}

/// The index columns, with the large ones behind a pointer: most documents have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    None,
    Active(bool),
    Large(Box<Index>),
}

impl Columns {
    pub(crate) fn order(&self) -> Option<&OrderIndex> {
        match self {
            Self::Large(index) => match &**index {
                Index::Order(order) => Some(order),
                Index::None | Index::Active(_) | Index::Personal { .. } => None,
            },
            Self::None | Self::Active(_) => None,
        }
    }

    /// Customer and order, when the document is personal.
    pub(crate) fn personal(&self) -> Option<(Option<CustomerId>, Option<OrderId>)> {
        match self {
            Self::Large(index) => match &**index {
                Index::Personal { customer, order } => Some((*customer, *order)),
                Index::None | Index::Active(_) | Index::Order(_) => None,
            },
            Self::None | Self::Active(_) => None,
        }
    }
}

impl From<&Index> for Columns {
    fn from(index: &Index) -> Self {
        match index {
            Index::None => Self::None,
            Index::Active(active) => Self::Active(*active),
            Index::Personal { .. } | Index::Order(_) => Self::Large(Box::new(index.clone())),
        }
    }
}

impl From<&Columns> for Index {
    fn from(columns: &Columns) -> Self {
        match columns {
            Columns::None => Self::None,
            Columns::Active(active) => Self::Active(*active),
            Columns::Large(index) => Self::clone(index),
        }
    }
}

impl Document {
    pub(crate) fn stored(&self, key: DocumentKey) -> StoredDocument {
        StoredDocument {
            key,
            version: self.version,
            schema: self.schema,
            json: Arc::clone(&self.json),
            index: Index::from(&self.columns),
        }
    }
}

impl Documents {
    pub(crate) fn get(&self, key: &DocumentKey) -> Option<&Document> {
        match place(key) {
            Place::ById(id) => {
                let documents = self.by_id.get(&key.kind())?;
                // A new one is mostly behind all others of its kind, for ids grow with time.
                let (last, _) = documents.last_key_value()?;
                if id > *last {
                    return None;
                }
                documents.get(&id)
            }
            Place::Few => self.few.get(&key.kind())?.get(key),
            Place::ByName => self.by_name.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &DocumentKey) -> Option<&mut Document> {
        match place(key) {
            Place::ById(id) => self.by_id.get_mut(&key.kind())?.get_mut(&id),
            Place::Few => self.few.get_mut(&key.kind())?.get_mut(key),
            Place::ByName => self.by_name.get_mut(key),
        }
    }

    /// Stores a document that did not exist.
    pub(crate) fn insert(&mut self, key: DocumentKey, document: Document) {
        match place(&key) {
            Place::ById(id) => {
                let documents = self.by_id.entry(key.kind()).or_default();
                documents.insert(id, document);
            }
            Place::Few => {
                let few = self.few.entry(key.kind()).or_default();
                few.insert(key, document);
            }
            Place::ByName => {
                let names = self.names.entry(key.kind()).or_default();
                names.insert(key.clone());
                self.by_name.insert(key, document);
            }
        }
    }

    /// The documents of one kind after a key, by key.
    pub(crate) fn of_kind<'a>(
        &'a self,
        kind: DocumentKind,
        after: Option<&'a DocumentKey>,
    ) -> Box<dyn Iterator<Item = (DocumentKey, &'a Document)> + 'a> {
        // All of this kind come before a key of a later one.
        if after.is_some_and(|after| after.kind() > kind) {
            return Box::new(std::iter::empty());
        }
        match kind {
            DocumentKind::Settings
            | DocumentKind::Channel
            | DocumentKind::Hub
            | DocumentKind::Zones => Box::new(self.few_of_kind(kind, after)),
            DocumentKind::Product
            | DocumentKind::SkuMapping
            | DocumentKind::Host
            | DocumentKind::Slots
            | DocumentKind::Transfer => Box::new(self.named_of_kind(kind, after)),
            DocumentKind::Customer
            | DocumentKind::Contact
            | DocumentKind::Order
            | DocumentKind::Fulfillment
            | DocumentKind::Payload
            | DocumentKind::Explanation => Box::new(self.ids_of_kind(kind, after)),
        }
    }

    fn ids_of_kind<'a>(
        &'a self,
        kind: DocumentKind,
        after: Option<&DocumentKey>,
    ) -> impl Iterator<Item = (DocumentKey, &'a Document)> + use<'a> {
        let from = match after.map(place) {
            Some(Place::ById(id)) => Bound::Excluded(id),
            Some(Place::Few | Place::ByName) | None => Bound::Unbounded,
        };
        let by_id = self.by_id.get(&kind).into_iter();
        let found = by_id.flat_map(move |by_id| by_id.range((from, Bound::Unbounded)));
        found.map(|(id, document)| (DocumentKey::from(*id), document))
    }

    fn few_of_kind<'a>(
        &'a self,
        kind: DocumentKind,
        after: Option<&'a DocumentKey>,
    ) -> impl Iterator<Item = (DocumentKey, &'a Document)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let few = self.few.get(&kind).into_iter();
        let found = few.flat_map(move |few| few.range((from, Bound::Unbounded)));
        found.map(|(key, document)| (key.clone(), document))
    }

    fn named_of_kind<'a>(
        &'a self,
        kind: DocumentKind,
        after: Option<&'a DocumentKey>,
    ) -> impl Iterator<Item = (DocumentKey, &'a Document)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let names = self.names.get(&kind).into_iter();
        let names = names.flat_map(move |names| names.range((from, Bound::Unbounded)));
        names.filter_map(|key| Some((key.clone(), self.by_name.get(key)?)))
    }

    /// The fulfillments of an order.
    pub(crate) fn fulfillments(
        &self,
        order: OrderId,
    ) -> impl Iterator<Item = (DocumentKey, &Document)> {
        let first = IdKey::Fulfillment(order, FulfillmentId::FIRST);
        let works = self.by_id.get(&DocumentKind::Fulfillment).into_iter();
        let found = works
            .flat_map(move |works| works.range(first..))
            .take_while(move |(key, _)| matches!(key, IdKey::Fulfillment(of, _) if *of == order));
        found.map(|(key, document)| (DocumentKey::from(*key), document))
    }

    /// Every document, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (DocumentKey, &Document)> {
        let by_id = self.by_id.values().flatten();
        let by_id = by_id.map(|(id, document)| (DocumentKey::from(*id), document));
        let few = self.few.values().flatten();
        let others = self.by_name.iter().chain(few);
        others
            .map(|(key, document)| (key.clone(), document))
            .chain(by_id)
    }

    /// Spoils the order of the names.
    #[cfg(test)]
    pub(crate) fn forget_names(&mut self) {
        self.names.clear();
    }

    /// True when the ordered names are exactly the hashed ones.
    pub(crate) fn names_agree(&self) -> bool {
        let mut listed = self
            .names
            .iter()
            .flat_map(|(kind, keys)| keys.iter().map(move |k| (kind, k)));
        let count = self.names.values().map(BTreeSet::len).sum::<usize>();
        count == self.by_name.len()
            && listed.all(|(kind, key)| key.kind() == *kind && self.by_name.contains_key(key))
    }
}
