//! What finds documents by their index columns.

use std::collections::BTreeSet;

use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, OrderIndex};
use oms_core::port::OrderCursor;
use oms_core::value::{CustomerId, OrderId};
use uuid::Uuid;

use crate::documents::Columns;

/// Finds orders by place in time, by status and by customer, and personal documents by whose they
/// are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Indexes {
    /// Every order.
    pub(crate) placed: BTreeSet<OrderCursor>,
    /// Orders whose status is not terminal.
    pub(crate) unfinished: BTreeSet<(OrderStatus, OrderCursor)>,
    /// The orders of every customer.
    pub(crate) customers: BTreeSet<(CustomerId, OrderId)>,
    /// Personal documents of customers.
    pub(crate) personal: BTreeSet<(CustomerId, DocumentKey)>,
    /// Personal documents given for orders.
    pub(crate) given_for: BTreeSet<(OrderId, DocumentKey)>,
}

impl Indexes {
    /// Writes down that the columns of a document changed.
    pub(crate) fn changed(&mut self, key: &DocumentKey, before: Option<&Columns>, after: &Columns) {
        if let DocumentKey::Order(id) = key {
            let before = before.and_then(Columns::order);
            self.order_changed(*id, before, after.order());
        }
        let (before, after) = (before.and_then(Columns::personal), after.personal());
        if before == after {
            return;
        }
        if let Some((customer, order)) = before {
            customer.map(|id| self.personal.remove(&(id, key.clone())));
            order.map(|id| self.given_for.remove(&(id, key.clone())));
        }
        if let Some((customer, order)) = after {
            customer.map(|id| self.personal.insert((id, key.clone())));
            order.map(|id| self.given_for.insert((id, key.clone())));
        }
    }

    fn order_changed(
        &mut self,
        id: OrderId,
        before: Option<&OrderIndex>,
        after: Option<&OrderIndex>,
    ) {
        let place = |index: &OrderIndex| OrderCursor {
            placed_at: index.placed_at,
            id,
        };
        let (was, is) = (before.map(place), after.map(place));
        if was != is {
            was.map(|cursor| self.placed.remove(&cursor));
            is.map(|cursor| self.placed.insert(cursor));
        }
        let stage = |index: &OrderIndex| {
            (!index.status.is_terminal()).then(|| (index.status, place(index)))
        };
        let (was, is) = (before.and_then(stage), after.and_then(stage));
        if was != is {
            was.map(|entry| self.unfinished.remove(&entry));
            is.map(|entry| self.unfinished.insert(entry));
        }
        let customer = after.and_then(|index| index.customer);
        let former = before.and_then(|index| index.customer);
        if customer != former {
            former.map(|customer| self.customers.remove(&(customer, id)));
            customer.map(|customer| self.customers.insert((customer, id)));
        }
    }

    /// Every order of a customer.
    pub(crate) fn orders_of(&self, customer: CustomerId) -> impl Iterator<Item = OrderId> {
        let first = (customer, OrderId::from_uuid(Uuid::nil()));
        let found = self.customers.range(first..);
        found
            .take_while(move |(of, _)| *of == customer)
            .map(|(_, order)| *order)
    }

    /// The personal documents of a customer, and those given for any order of theirs, whomever
    /// they name.
    pub(crate) fn personal_of(&self, customer: CustomerId) -> BTreeSet<&DocumentKey> {
        // The settings are the least key of all.
        let own = self.personal.range((customer, DocumentKey::Settings)..);
        let own = own
            .take_while(move |(of, _)| *of == customer)
            .map(|(_, key)| key);
        let given = self.orders_of(customer).flat_map(|order| {
            let found = self.given_for.range((order, DocumentKey::Settings)..);
            found
                .take_while(move |(of, _)| *of == order)
                .map(|(_, key)| key)
        });
        own.chain(given).collect()
    }
}
