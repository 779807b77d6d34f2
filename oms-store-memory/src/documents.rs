//! The documents of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use oms_core::plan::{DocumentKey, DocumentKind, Index, OrderIndex, StoredDocument};
use oms_core::value::{ContactId, CustomerId, FulfillmentId, OrderId, PayloadId, Version};
use uuid::Uuid;

use crate::hashed::HashMap;

/// Documents by key.
///
/// Keys made of text are hashed, because walking a tree of them misses the cache at every step;
/// a set beside keeps their order. Keys made of ids stay in one tree: they are compared without
/// following a pointer, arrive nearly sorted, and the documents of one order lie together.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    by_id: BTreeMap<DocumentKey, Document>,
    by_name: HashMap<DocumentKey, Document>,
    names: BTreeMap<DocumentKind, BTreeSet<DocumentKey>>,
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
    pub(crate) fn stored(&self, key: &DocumentKey) -> StoredDocument {
        StoredDocument {
            key: key.clone(),
            version: self.version,
            schema: self.schema,
            json: Arc::clone(&self.json),
            index: Index::from(&self.columns),
        }
    }
}

impl Documents {
    pub(crate) fn get(&self, key: &DocumentKey) -> Option<&Document> {
        match first_of(key.kind()) {
            None => self.by_name.get(key),
            Some(_) => self.by_id.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &DocumentKey) -> Option<&mut Document> {
        match first_of(key.kind()) {
            None => self.by_name.get_mut(key),
            Some(_) => self.by_id.get_mut(key),
        }
    }

    /// Stores a document that did not exist.
    pub(crate) fn insert(&mut self, key: DocumentKey, document: Document) {
        if first_of(key.kind()).is_some() {
            self.by_id.insert(key, document);
        } else {
            self.names
                .entry(key.kind())
                .or_default()
                .insert(key.clone());
            self.by_name.insert(key, document);
        }
    }

    /// The documents of one kind after a key, by key.
    pub(crate) fn of_kind<'a>(
        &'a self,
        kind: DocumentKind,
        after: Option<&DocumentKey>,
    ) -> Box<dyn Iterator<Item = (&'a DocumentKey, &'a Document)> + 'a> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let Some(first) = first_of(kind) else {
            let names = self.names.get(&kind).into_iter();
            let names = names.flat_map(move |names| names.range((after, Bound::Unbounded)));
            let found: Vec<_> = names.collect();
            return Box::new(
                found
                    .into_iter()
                    .filter_map(|key| Some((key, self.by_name.get(key)?))),
            );
        };
        let from = match after {
            Bound::Excluded(key) if *key >= first => after,
            Bound::Included(_) | Bound::Excluded(_) | Bound::Unbounded => Bound::Included(&first),
        };
        let range = self.by_id.range((from, Bound::Unbounded));
        Box::new(range.take_while(move |(key, _)| key.kind() == kind))
    }

    /// The fulfillments of an order.
    pub(crate) fn fulfillments(
        &self,
        order: OrderId,
    ) -> impl Iterator<Item = (&DocumentKey, &Document)> {
        let first = DocumentKey::Fulfillment(order, FulfillmentId::FIRST);
        self.by_id.range(first..).take_while(
            move |(key, _)| matches!(key, DocumentKey::Fulfillment(of, _) if *of == order),
        )
    }

    /// Every document, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DocumentKey, &Document)> {
        self.by_name.iter().chain(self.by_id.iter())
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

/// The least key of a kind whose keys are ids; `None` for kinds whose keys are text.
const fn first_of(kind: DocumentKind) -> Option<DocumentKey> {
    let nil = Uuid::nil();
    match kind {
        DocumentKind::Settings
        | DocumentKind::Channel
        | DocumentKind::Hub
        | DocumentKind::Product
        | DocumentKind::SkuMapping
        | DocumentKind::Host => None,
        DocumentKind::Customer => Some(DocumentKey::Customer(CustomerId::from_uuid(nil))),
        DocumentKind::Contact => Some(DocumentKey::Contact(ContactId::from_uuid(nil))),
        DocumentKind::Order => Some(DocumentKey::Order(OrderId::from_uuid(nil))),
        DocumentKind::Fulfillment => Some(DocumentKey::Fulfillment(
            OrderId::from_uuid(nil),
            FulfillmentId::FIRST,
        )),
        DocumentKind::Payload => Some(DocumentKey::Payload(PayloadId::from_uuid(nil))),
        DocumentKind::Explanation => Some(DocumentKey::Explanation(
            OrderId::from_uuid(nil),
            Version::ZERO,
        )),
    }
}
