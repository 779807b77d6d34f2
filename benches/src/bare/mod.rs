//! The measure: a program that does what placing an order needs with structs and hash maps.
//!
//! It does, as the library on the memory store does:
//! - check every text, quantity and amount, duplicate lines, channel, customer and SKUs;
//! - hash the order (SHA-256 of its JSON) and keep hash and receipt under the idempotency key;
//!   answer a repeated key with the first receipt, refuse it for another order;
//! - answer a known external reference with the order it belongs to; give an order number;
//! - add the totals up with `rust_decimal` and compare them with what the channel states;
//! - look at every hub (active, serves the country, has every SKU), choose by priority, say why;
//! - claim three stock rows, write three reservations, and what points from rows to them;
//! - write the order head, the fulfillment, the contact and the explanation as JSON, and three
//!   events (placed with the whole head, allocated, approved) as JSON, as a durable store would;
//! - keep orders in lists by time, by status and by customer, contacts by customer and order, and
//!   keys by time.
//!
//! It does not: separate deciding from writing (it writes while it goes, so it has no dry run, no
//! batch and nothing to retry), read what it stored, keep versions or check them again at commit,
//! know tenants, currencies other than one, tentative claims, holds, backorders, guards or
//! stages, nor lock anything: one thread owns it.

mod audit;
mod draft;
mod make;
mod stored;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use oms_core::port::{Clock, IdSource};
use oms_core::system::{SystemClock, SystemIds};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use draft::Draft;
use make::{Bodies, head, totals};
pub use stored::Receipt;
use stored::{Explanation, Totals, Verdict};

use crate::request::{CHANNEL, CUSTOMERS, customer, sku};
use crate::world::{STOCK, Size, hub_id, keeps, only_country};

/// What is wrong with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// Everything of one tenant.
#[derive(Debug)]
pub struct Shop {
    channels: HashMap<String, bool>,
    /// In the order in which they are tried.
    hubs: Vec<Hub>,
    mappings: HashMap<String, String>,
    product_places: HashMap<String, usize>,
    products: Vec<Product>,
    customers: HashMap<Uuid, bool>,
    orders: HashMap<Uuid, Order>,
    contacts: HashMap<Uuid, Box<str>>,
    references: HashMap<String, Uuid>,
    numbers: HashMap<u64, Uuid>,
    next_number: u64,
    commands: HashMap<Arc<str>, Command>,
    commands_by_time: VecDeque<(i64, Arc<str>)>,
    placed: BTreeSet<(i64, Uuid)>,
    unfinished: BTreeSet<(&'static str, i64, Uuid)>,
    orders_of_customer: BTreeSet<(Uuid, Uuid)>,
    contacts_of_customer: BTreeSet<(Uuid, Uuid)>,
    contacts_of_order: BTreeSet<(Uuid, Uuid)>,
}

#[derive(Debug)]
struct Hub {
    id: String,
    active: bool,
    countries: Vec<String>,
}

#[derive(Debug)]
struct Product {
    active: bool,
    /// By place of the hub.
    stock: Vec<Stock>,
}

#[derive(Debug, Default)]
struct Stock {
    on_hand: u32,
    reserved: u32,
    safety: u32,
    claims: Vec<(Uuid, u32)>,
}

impl Stock {
    const fn sellable(&self) -> u32 {
        self.on_hand
            .saturating_sub(self.reserved)
            .saturating_sub(self.safety)
    }
}

#[derive(Debug)]
struct Order {
    number: u64,
    version: u64,
    status: &'static str,
    head: Box<str>,
    fulfillment: Box<str>,
    explanation: Box<str>,
    events: Vec<Event>,
    reservations: Vec<Reservation>,
}

#[derive(Debug)]
struct Event {
    name: &'static str,
    at: i64,
    key: Arc<str>,
    body: Box<str>,
}

#[derive(Debug)]
struct Reservation {
    hub: usize,
    product: usize,
    line: u32,
    quantity: u32,
}

#[derive(Debug)]
struct Command {
    fingerprint: [u8; 32],
    receipt: Box<str>,
    at: i64,
}

/// Where an order is taken from, and why.
struct Choice {
    /// By line.
    products: Vec<usize>,
    hub: usize,
    explanation: Box<str>,
}

/// The events of every placement.
const EVENTS: [&str; 3] = ["order.placed", "order.allocated", "order.approved"];

impl Shop {
    /// A tenant of that size, with the stock of [`World`](crate::world::World).
    #[must_use]
    pub fn new(size: Size) -> Self {
        let hub = |number| Hub {
            id: hub_id(number),
            active: true,
            countries: only_country(number)
                .map(str::to_owned)
                .into_iter()
                .collect(),
        };
        let stock = |hub, product| Stock {
            on_hand: if keeps(hub, product) { STOCK } else { 0 },
            ..Stock::default()
        };
        let product = |number| Product {
            active: true,
            stock: (1..=size.hubs).map(|hub| stock(hub, number)).collect(),
        };
        Self {
            channels: HashMap::from([(CHANNEL.to_owned(), true)]),
            hubs: (1..=size.hubs).map(hub).collect(),
            mappings: HashMap::new(),
            product_places: (0..size.skus).map(sku).zip(0..).collect(),
            products: (0..size.skus).map(product).collect(),
            customers: (0..CUSTOMERS).map(|n| (customer(n), true)).collect(),
            orders: HashMap::new(),
            contacts: HashMap::new(),
            references: HashMap::new(),
            numbers: HashMap::new(),
            next_number: 1,
            commands: HashMap::new(),
            commands_by_time: VecDeque::new(),
            placed: BTreeSet::new(),
            unfinished: BTreeSet::new(),
            orders_of_customer: BTreeSet::new(),
            contacts_of_customer: BTreeSet::new(),
            contacts_of_order: BTreeSet::new(),
        }
    }

    /// Places an order.
    ///
    /// # Errors
    /// [`Refused`]; nothing is written then.
    pub fn place(&mut self, draft: &Draft, key: &str) -> Result<Receipt, Refused> {
        let fingerprint: [u8; 32] = Sha256::digest(json(draft)?.as_bytes()).into();
        if let Some(command) = self.commands.get(key) {
            if command.fingerprint != fingerprint {
                return Err(Refused("key of another order"));
            }
            return serde_json::from_str(&command.receipt).map_err(|_| Refused("receipt"));
        }
        if let Some(known) = self.known(draft) {
            return Ok(known);
        }
        let products = self.check_parties(draft)?;
        let totals = totals(draft)?;
        if totals.total != totals.stated {
            return Err(Refused("total"));
        }
        let choice = self.choose(draft, products)?;
        self.write(draft, key, fingerprint, totals, choice)
    }

    fn known(&self, draft: &Draft) -> Option<Receipt> {
        let id = *self.references.get(&draft.reference)?;
        let order = self.orders.get(&id)?;
        Some(Receipt {
            order: id,
            number: order.number,
            version: order.version,
            status: order.status.to_owned(),
            events: Vec::new(),
            known: true,
        })
    }

    /// The places of the products of the lines, where everything named may be used.
    fn check_parties(&self, draft: &Draft) -> Result<Vec<usize>, Refused> {
        if self.channels.get(CHANNEL) != Some(&true) {
            return Err(Refused("channel"));
        }
        if self.customers.get(&draft.customer) != Some(&true) {
            return Err(Refused("customer"));
        }
        let product = |line: &draft::Line| {
            let sku = self.mappings.get(&line.sku).unwrap_or(&line.sku);
            let place = *self.product_places.get(sku)?;
            let product = self.products.get(place)?;
            product.active.then_some(place)
        };
        let places: Option<Vec<usize>> = draft.lines.iter().map(product).collect();
        places.ok_or(Refused("SKU"))
    }

    /// The first hub that may and can, and what was found about each.
    fn choose(&self, draft: &Draft, products: Vec<usize>) -> Result<Choice, Refused> {
        let mut chosen = None;
        let mut verdicts = Vec::with_capacity(self.hubs.len());
        for (place, hub) in self.hubs.iter().enumerate() {
            let mut verdict = self.verdict(place, hub, draft, &products);
            if matches!(verdict, Verdict::Chosen) {
                if chosen.is_none() {
                    chosen = Some(place);
                } else {
                    verdict = Verdict::AfterChosen;
                }
            }
            verdicts.push((hub.id.as_str(), verdict));
        }
        let hub = chosen.ok_or(Refused("stock"))?;
        let explanation = json(&Explanation {
            strategy: "priority_full_cover",
            hub: self.hubs.get(hub).map(|hub| hub.id.as_str()),
            verdicts,
        })?;
        Ok(Choice {
            products,
            hub,
            explanation,
        })
    }

    fn verdict<'a>(
        &self,
        place: usize,
        hub: &Hub,
        draft: &'a Draft,
        products: &[usize],
    ) -> Verdict<'a> {
        if !hub.active {
            return Verdict::Inactive;
        }
        if !hub.countries.is_empty() && !hub.countries.contains(&draft.contact.country) {
            return Verdict::NotServiceable;
        }
        for (line, product) in draft.lines.iter().zip(products) {
            // Two lines of one SKU are one demand.
            let same = draft.lines.iter().zip(products);
            let asked = same.filter(|(_, other)| *other == product);
            let asked = asked.map(|(line, _)| line.quantity).sum();
            let stock = self.products.get(*product).and_then(|p| p.stock.get(place));
            let sellable = stock.map_or(0, Stock::sellable);
            if sellable < asked {
                let sku = &line.sku;
                return Verdict::Short {
                    sku,
                    asked,
                    sellable,
                };
            }
        }
        Verdict::Chosen
    }

    /// Writes everything; what can fail comes first.
    fn write(
        &mut self,
        draft: &Draft,
        key: &str,
        fingerprint: [u8; 32],
        totals: Totals,
        choice: Choice,
    ) -> Result<Receipt, Refused> {
        let at = SystemClock.now().micros();
        let (id, contact) = (SystemIds.next_id(), SystemIds.next_id());
        let number = self.next_number;
        let hub = self.hubs.get(choice.hub).map_or("", |hub| hub.id.as_str());
        let head = head(draft, id, contact, number, totals, at);
        let bodies = Bodies::new(draft, head, hub, at)?;
        let receipt = Receipt {
            order: id,
            number,
            version: 3,
            status: "approved".to_owned(),
            events: EVENTS.map(str::to_owned).into(),
            known: false,
        };
        let receipt_json = json(&receipt)?;
        let reservations = self.claim(draft, &choice, id);

        let key: Arc<str> = key.into();
        let event = |(name, body)| Event {
            name,
            at,
            key: Arc::clone(&key),
            body,
        };
        let order = Order {
            number,
            version: 3,
            status: "approved",
            head: bodies.head,
            fulfillment: bodies.fulfillment,
            explanation: choice.explanation,
            events: EVENTS.into_iter().zip(bodies.events).map(event).collect(),
            reservations,
        };
        self.orders.insert(id, order);
        self.contacts.insert(contact, bodies.contact);
        self.references.insert(draft.reference.clone(), id);
        self.numbers.insert(number, id);
        self.next_number += 1;
        self.list(draft.customer, contact, id, at);
        self.commands_by_time.push_back((at, Arc::clone(&key)));
        let command = Command {
            fingerprint,
            receipt: receipt_json,
            at,
        };
        self.commands.insert(key, command);
        Ok(receipt)
    }

    fn list(&mut self, customer: Uuid, contact: Uuid, order: Uuid, at: i64) {
        self.placed.insert((at, order));
        self.unfinished.insert(("approved", at, order));
        self.orders_of_customer.insert((customer, order));
        self.contacts_of_customer.insert((customer, contact));
        self.contacts_of_order.insert((order, contact));
    }

    fn claim(&mut self, draft: &Draft, choice: &Choice, order: Uuid) -> Vec<Reservation> {
        let hub = choice.hub;
        let mut reservations = Vec::with_capacity(draft.lines.len());
        for (line, place) in draft.lines.iter().zip(&choice.products) {
            let product = self.products.get_mut(*place);
            let Some(stock) = product.and_then(|product| product.stock.get_mut(hub)) else {
                continue;
            };
            stock.reserved += line.quantity;
            stock.claims.push((order, line.id));
            reservations.push(Reservation {
                hub,
                product: *place,
                line: line.id,
                quantity: line.quantity,
            });
        }
        reservations
    }
}

fn json(value: &impl Serialize) -> Result<Box<str>, Refused> {
    serde_json::to_string(value)
        .map(String::into_boxed_str)
        .map_err(|_| Refused("cannot be written as JSON"))
}

#[cfg(test)]
mod tests;
