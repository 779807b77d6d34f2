//! What should be so after each step: plain numbers and maps, and nothing of the service.

use std::collections::BTreeMap;

use crate::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Approved,
    Picked,
    Packed,
    Shipped,
    Cancelled,
}

impl Phase {
    /// The status that people see.
    pub(crate) const fn status(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Picked => "picked",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Units per SKU, and how far the work is.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) units: [u32; 2],
    pub(crate) phase: Phase,
}

/// What a cart has of one SKU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) tentative: u32,
    pub(crate) confirmed: u32,
    pub(crate) consumed: u32,
    pub(crate) expired: u32,
    /// Of the expired ones, those that ended before the cart was last released or taken.
    settled: u32,
    expires_at: i64,
}

impl Claim {
    const fn is_due(&self, now: i64) -> bool {
        self.tentative > 0 && self.expires_at <= now
    }

    const fn live(&self) -> u32 {
        self.tentative + self.confirmed
    }

    const fn expire(&mut self) {
        self.expired += self.tentative;
        self.tentative = 0;
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Naive {
    now: i64,
    pub(crate) on_hand: [u32; 2],
    pub(crate) orders: Vec<Order>,
    /// By cart and SKU; a row exists once something was claimed.
    pub(crate) carts: BTreeMap<(u64, usize), Claim>,
}

impl Naive {
    pub(crate) fn reserved(&self, sku: usize) -> u32 {
        let orders = self.orders.iter().map(|order| match order.phase {
            Phase::Approved | Phase::Picked | Phase::Packed => order.units[sku],
            Phase::Shipped | Phase::Cancelled => 0,
        });
        let carts = self.carts.iter().filter(|((_, of), _)| *of == sku);
        orders.sum::<u32>() + carts.map(|(_, claim)| claim.live()).sum::<u32>()
    }

    /// The order that a step means.
    pub(crate) fn index(&self, order: usize) -> Option<usize> {
        order.checked_rem(self.orders.len())
    }

    /// Takes the step; false when it must be refused, and then nothing changed.
    pub(crate) fn take(&mut self, step: &Step) -> bool {
        match step {
            Step::Receive(sku, units) => self.on_hand[*sku] += units,
            Step::Issue(sku, units) => {
                if self.reserved(*sku) + units > self.on_hand[*sku] {
                    return false;
                }
                self.on_hand[*sku] -= units;
            }
            Step::Count(sku, units) => self.on_hand[*sku] = *units,
            Step::Place(lines) => return self.place(lines),
            Step::Cancel(order) => return self.cancel(*order),
            Step::Pick(order) => return self.work(*order, Phase::Approved, Phase::Picked),
            Step::Pack(order) => return self.work(*order, Phase::Picked, Phase::Packed),
            Step::Ship(order) => return self.work(*order, Phase::Packed, Phase::Shipped),
            Step::Reserve(cart, units) => return self.reserve(*cart, *units),
            Step::Confirm(cart) => return self.confirm(*cart),
            Step::Release(cart) => return self.release(*cart),
            Step::Consume(cart) => return self.consume(*cart),
            Step::Wait(secs) => self.now += secs,
            Step::Sweep => {
                let now = self.now;
                for claim in self.carts.values_mut().filter(|claim| claim.is_due(now)) {
                    claim.expire();
                }
            }
        }
        true
    }

    /// Units of a SKU in claims whose time is over: they are free for whoever claims next, also
    /// for the cart that had them.
    fn due(&self, sku: usize) -> u32 {
        let due = self.carts.iter();
        let due = due.filter(|((_, of), claim)| *of == sku && claim.is_due(self.now));
        due.map(|(_, claim)| claim.tentative).sum()
    }

    /// Ends the due claims on every row that has no room for the units without.
    fn make_room(&mut self, units: [u32; 2]) {
        for (sku, units) in units.into_iter().enumerate() {
            if units == 0 || self.reserved(sku) + units <= self.on_hand[sku] {
                continue;
            }
            let now = self.now;
            for ((_, of), claim) in &mut self.carts {
                if *of == sku && claim.is_due(now) {
                    claim.expire();
                }
            }
        }
    }

    fn place(&mut self, lines: &[(usize, u32)]) -> bool {
        let mut units = [0; 2];
        for (sku, count) in lines {
            units[*sku] += count;
        }
        for (sku, asked) in units.into_iter().enumerate() {
            let firm = self.reserved(sku) - self.due(sku);
            if asked > 0 && firm + asked > self.on_hand[sku] {
                return false;
            }
        }
        self.make_room(units);
        let phase = Phase::Approved;
        self.orders.push(Order { units, phase });
        true
    }

    fn cancel(&mut self, order: usize) -> bool {
        let Some(index) = self.index(order) else {
            return false;
        };
        let order = &mut self.orders[index];
        if order.phase == Phase::Shipped {
            return false;
        }
        order.phase = Phase::Cancelled;
        true
    }

    fn work(&mut self, order: usize, from: Phase, to: Phase) -> bool {
        let Some(index) = self.index(order) else {
            return false;
        };
        let order = &mut self.orders[index];
        if order.phase != from {
            return false;
        }
        if to == Phase::Shipped {
            let units = order.units;
            if !leave(&mut self.on_hand, units) {
                return false;
            }
        }
        order.phase = to;
        true
    }

    fn reserve(&mut self, cart: u64, units: [u32; 2]) -> bool {
        for (sku, asked) in units.into_iter().enumerate() {
            let firm = self.reserved(sku) - self.due(sku);
            if asked > 0 && firm + asked > self.on_hand[sku] {
                return false;
            }
        }
        let now = self.now;
        let own = self
            .carts
            .iter_mut()
            .filter(|((owner, _), _)| *owner == cart);
        for (_, claim) in own.filter(|(_, claim)| claim.is_due(now)) {
            claim.expire();
        }
        self.make_room(units);
        for (sku, asked) in units
            .into_iter()
            .enumerate()
            .filter(|(_, asked)| *asked > 0)
        {
            let claim = self.carts.entry((cart, sku)).or_default();
            claim.tentative += asked;
            claim.expires_at = now + 60;
        }
        true
    }

    fn of(&mut self, cart: u64) -> Vec<&mut Claim> {
        let rows = self.carts.iter_mut();
        let own = rows.filter(|((owner, _), _)| *owner == cart);
        own.map(|(_, claim)| claim).collect()
    }

    fn confirm(&mut self, cart: u64) -> bool {
        let now = self.now;
        let mut rows = self.of(cart);
        let nothing_lives = rows.iter().all(|claim| claim.live() == 0);
        let gone = |claim: &Claim| claim.live() == 0 && claim.expired > claim.settled;
        if rows.iter().any(|claim| claim.is_due(now) || gone(claim)) || nothing_lives {
            return false;
        }
        for claim in &mut rows {
            claim.confirmed += claim.tentative;
            claim.tentative = 0;
        }
        true
    }

    fn release(&mut self, cart: u64) -> bool {
        let rows = self.of(cart);
        let known = !rows.is_empty();
        for claim in rows {
            (claim.tentative, claim.confirmed) = (0, 0);
            claim.settled = claim.expired;
        }
        known
    }

    fn consume(&mut self, cart: u64) -> bool {
        let mut units = [0; 2];
        for ((_, sku), claim) in self.carts.iter().filter(|((owner, _), _)| *owner == cart) {
            units[*sku] = claim.confirmed;
        }
        if units == [0; 2] {
            return self.of(cart).iter().any(|claim| claim.consumed > 0);
        }
        if !leave(&mut self.on_hand, units) {
            return false;
        }
        for claim in self.of(cart) {
            claim.consumed += claim.confirmed;
            claim.confirmed = 0;
            claim.settled = claim.expired;
        }
        true
    }
}

/// The units leave, all of them or none.
fn leave(on_hand: &mut [u32; 2], units: [u32; 2]) -> bool {
    let enough = on_hand
        .iter()
        .zip(units)
        .all(|(found, asked)| *found >= asked);
    if enough {
        for (found, asked) in on_hand.iter_mut().zip(units) {
            *found -= asked;
        }
    }
    enough
}
