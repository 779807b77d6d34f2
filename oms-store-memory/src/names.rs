//! Who holds which unique name.

use std::collections::BTreeMap;

use oms_core::plan::{DocumentKey, UniqueKey};
use oms_core::value::OrderNumber;

use crate::hashed::HashMap;

/// Unique names and the documents that hold them.
///
/// Order numbers rise, so a tree of them grows at one end, where it is in the cache already; a hash
/// map would put each one somewhere else.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: BTreeMap<OrderNumber, DocumentKey>,
    others: HashMap<UniqueKey, DocumentKey>,
}

impl Names {
    pub(crate) fn get(&self, name: &UniqueKey) -> Option<&DocumentKey> {
        match name {
            UniqueKey::OrderNumber(number) => self.numbers.get(number),
            UniqueKey::ExternalReference(..) | UniqueKey::Host(..) => self.others.get(name),
        }
    }

    pub(crate) fn insert(&mut self, name: UniqueKey, holder: DocumentKey) {
        match name {
            UniqueKey::OrderNumber(number) => self.numbers.insert(number, holder),
            UniqueKey::ExternalReference(..) | UniqueKey::Host(..) => {
                self.others.insert(name, holder)
            }
        };
    }

    /// Every name, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (UniqueKey, &DocumentKey)> {
        let numbers = self.numbers.iter();
        let numbers = numbers.map(|(number, holder)| (UniqueKey::OrderNumber(*number), holder));
        let others = self.others.iter();
        numbers.chain(others.map(|(name, holder)| (name.clone(), holder)))
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len() + self.others.len()
    }
}
