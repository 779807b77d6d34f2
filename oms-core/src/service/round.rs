//! One round of a batch: which items can be planned now and committed together.
//!
//! The items of a round are committed one after another by one call, but they are planned before
//! any of them is stored. So an item may join a round only if its plan would be the same whatever
//! the store says to the items before it; the first item that may not ends the round, and nothing
//! behind it is planned: the order given is kept. An item that the store is going to refuse ends
//! it, too: it is planned again, and nothing behind it may be done by then.

use std::collections::{BTreeSet, HashSet};

use crate::order::{HoldReason, OrderCommand};
use crate::plan::{
    ChangeSet, Command, CounterKey, DocumentKey, Keys, Receipt, Snapshot, UniqueKey,
};
use crate::reservation::Owner;
use crate::service::cached::Decoded;
use crate::stock::StockKey;
use crate::value::{IdempotencyKey, Sku};

/// What a round came to.
pub(super) enum Round {
    /// The item at the first of these places has to know more before anything else; those behind
    /// it have to as well.
    Ask(Vec<(usize, Keys)>),
    /// The item at this place needs a human order number.
    Number(usize),
    /// These are to be committed together.
    Commit(Vec<Write>),
}

/// What the items of a round are planned on.
pub(super) struct Seen {
    pub(super) snapshot: Snapshot,
    /// What of it was decoded before.
    pub(super) decoded: Decoded,
    /// The store said so just now; else it is remembered.
    pub(super) fresh: bool,
}

/// A planned item: its place, what to write, what to answer then.
pub(super) struct Write {
    pub(super) place: usize,
    pub(super) change_set: ChangeSet,
    pub(super) receipt: Receipt,
}

/// What the items of a round so far will write.
#[derive(Default)]
pub(super) struct Written {
    documents: HashSet<DocumentKey>,
    unique: HashSet<UniqueKey>,
    owners: HashSet<Owner>,
    commands: HashSet<IdempotencyKey>,
    counters: HashSet<CounterKey>,
    stock: BTreeSet<StockKey>,
    skus: BTreeSet<Sku>,
}

impl Written {
    pub(super) fn add(&mut self, change_set: &ChangeSet) {
        let documents = change_set.documents.iter();
        self.documents
            .extend(documents.map(|write| write.key.clone()));
        self.unique
            .extend(change_set.unique.iter().map(|claim| claim.key.clone()));
        let reservations = change_set.reservations.iter();
        self.owners
            .extend(reservations.map(|change| change.key.owner.clone()));
        self.commands.insert(change_set.origin.key.clone());
        let counters = change_set.counters.iter();
        self.counters
            .extend(counters.map(|change| change.key.clone()));
        for key in change_set.stock_deltas().into_keys() {
            self.skus.insert(key.sku.clone());
            self.stock.insert(key);
        }
    }

    /// True when somebody who reads these keys would read something else afterwards, stock apart.
    /// A name comes with its holder's document, and the snapshot knows who that is.
    pub(super) fn changes(&self, keys: &Keys, snapshot: &Snapshot) -> bool {
        let documents = &self.documents;
        let held = |name| {
            let holder = snapshot.unique.get(name);
            holder.is_some_and(|holder| documents.contains(holder))
        };
        let orders = |order| documents.contains(&DocumentKey::Order(order));
        documents.contains(&DocumentKey::Settings)
            || keys.documents.iter().any(|key| documents.contains(key))
            || keys.orders.iter().copied().any(orders)
            || (keys.hubs
                && documents
                    .iter()
                    .any(|key| matches!(key, DocumentKey::Hub(_))))
            || keys
                .unique
                .iter()
                .any(|name| self.unique.contains(name) || held(name))
            || keys.owners.iter().any(|owner| self.owners.contains(owner))
            || keys.commands.iter().any(|key| self.commands.contains(key))
    }

    /// True when somebody who reads these keys would read other stock or counters afterwards.
    pub(super) fn changes_stock(&self, keys: &Keys) -> bool {
        keys.counters.iter().any(|key| self.counters.contains(key))
            || keys.stock.iter().any(|key| self.stock.contains(key))
            || keys.sku_stock.iter().any(|sku| self.skus.contains(sku))
    }
}

/// True of commands whose plans may leave units open of which nothing is told.
const fn may_leave_open(command: &Command) -> bool {
    matches!(
        command,
        Command::Assign { .. }
            | Command::Reassign { .. }
            | Command::Order {
                command: OrderCommand::EditLines { .. },
                ..
            }
    )
}

/// True when a plan got everything it wanted from the stock it saw, so that with more stock it
/// would be no other. With less, the store refuses it.
pub(super) fn is_content(command: &Command, receipt: &Receipt) -> bool {
    let holds = receipt.order.iter().flat_map(|order| &order.holds);
    let mut short = holds.filter(|hold| {
        matches!(
            hold,
            HoldReason::Shortage
                | HoldReason::Unserviceable
                | HoldReason::Capacity
                | HoldReason::Slot
        )
    });
    let backordered = receipt
        .events
        .iter()
        .any(|event| event == "order.backordered");
    short.next().is_none() && !backordered && !may_leave_open(command)
}
