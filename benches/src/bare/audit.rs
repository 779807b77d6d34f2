//! Whether the plain program did its work.

use std::collections::HashMap;

use crate::bare::{Order, Shop};

impl Shop {
    /// Orders placed.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    /// Whether everything stored agrees: every order is in every list, has all its events, and
    /// every stock row has what the reservations say.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let mut claimed: HashMap<(usize, usize), u32> = HashMap::new();
        for (id, order) in &self.orders {
            for claim in &order.reservations {
                *claimed.entry((claim.hub, claim.product)).or_default() += claim.quantity;
                let row = self.products.get(claim.product);
                let row = row.and_then(|product| product.stock.get(claim.hub));
                if !row.is_some_and(|row| row.claims.contains(&(*id, claim.line))) {
                    return false;
                }
            }
            let told = order.events.iter().all(|event| {
                let command = self.commands.get(&event.key);
                event.name.starts_with("order.") && command.is_some_and(|c| c.at == event.at)
            });
            if !told || self.numbers.get(&order.number) != Some(id) {
                return false;
            }
        }
        let rows = self.products.iter().enumerate().all(|(product, found)| {
            let claimed = |hub| claimed.get(&(hub, product)).copied().unwrap_or(0);
            let mut rows = found.stock.iter().enumerate();
            rows.all(|(hub, row)| row.reserved == claimed(hub))
        });
        let lists = [
            self.contacts.len(),
            self.references.len(),
            self.commands.len(),
            self.commands_by_time.len(),
            self.placed.len(),
            self.unfinished.len(),
            self.orders_of_customer.len(),
            self.contacts_of_customer.len(),
            self.contacts_of_order.len(),
        ];
        rows && lists.into_iter().all(|len| len == self.orders.len())
    }

    /// Bytes of everything stored as JSON.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        let order = |order: &Order| {
            let events = order.events.iter().map(|event| event.body.len());
            order.head.len()
                + order.fulfillment.len()
                + order.explanation.len()
                + events.sum::<usize>()
        };
        self.orders.values().map(order).sum::<usize>()
            + self.contacts.values().map(|row| row.len()).sum::<usize>()
            + self
                .commands
                .values()
                .map(|command| command.receipt.len())
                .sum::<usize>()
    }
}
