//! What callers want: chosen by chance, mostly what the state allows, sometimes nonsense.

mod goods;
mod order;
mod place;
mod slots;

pub(super) use goods::{customer, name, product};
pub(super) use slots::{slot_places, slots};

use std::sync::Arc;

use crate::event::{Actor, ActorKind, EventDraft};
use crate::order::Order;
use crate::plan::{ChangeSet, Command, UniqueClaim, UniqueKey};
use crate::service::{Call, Extension};
use crate::testing::Random;
use crate::testing::build;
use crate::testing::simulation::book::Book;
use crate::testing::simulation::options::{Options, Plot};
use crate::value::{
    CustomerId, ExternalId, HubId, IdempotencyKey, OrderId, Quantity, Reason, Sku, Timestamp,
    Units, Version,
};

/// Customers of each tenant.
pub(super) const CUSTOMERS: u64 = 3;

const HUBS: [&str; 4] = ["north", "south", "west", "east"];
const SKUS: [&str; 6] = ["TEA", "MUG", "POT", "JAR", "CUP", "TIN"];

/// Commands that may be sent a second time.
const REMEMBERED: usize = 24;

/// What one caller wants now.
#[derive(Debug)]
pub(super) enum Wish {
    One(Command, Call),
    Bulk(Vec<(Command, Call)>),
    Dry(Command, Call),
    Sweep,
    Look(OrderId),
    List,
    Erase(CustomerId, Call),
}

/// What callers of one tenant know.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Commands sent lately, for sending them again.
    sent: Vec<(Command, Call)>,
    /// Commands that nobody knows the fate of.
    pub(super) doubts: Vec<(Command, Call)>,
    keys: u64,
    references: u64,
}

/// How likely each activity is in a run; some are left out.
#[derive(Debug)]
pub(super) struct Mix {
    pub(super) hubs: Vec<HubId>,
    pub(super) skus: Vec<Sku>,
    activities: Vec<(u64, Activity)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    Place,
    Work,
    Cart,
    Goods,
    Registry,
    Bulk,
    Dry,
    Sweep,
    Look,
    Again,
    OtherBody,
    Doubt,
    Erase,
    LastUnits,
}

const EVERYDAY: [(u64, Activity); 13] = [
    (18, Activity::Place),
    (56, Activity::Work),
    (9, Activity::Cart),
    (9, Activity::Goods),
    (4, Activity::Registry),
    (6, Activity::Bulk),
    (3, Activity::Dry),
    (4, Activity::Sweep),
    (4, Activity::Look),
    (5, Activity::Again),
    (2, Activity::OtherBody),
    (6, Activity::Doubt),
    (1, Activity::Erase),
];

impl Board {
    /// Remembers a command that nobody knows the fate of.
    pub(super) fn doubt(&mut self, command: &Command, call: &Call) {
        let known = self
            .doubts
            .iter()
            .any(|(of, with)| of == command && with.key() == call.key());
        if !known && call.key().is_some() {
            self.doubts.push((command.clone(), call.clone()));
        }
    }
}

impl Mix {
    pub(super) fn new(options: &Options, random: &mut Random) -> Self {
        let hubs = HUBS
            .iter()
            .take(options.hubs.max(1))
            .map(|id| build::hub(id));
        let skus = SKUS
            .iter()
            .take(options.skus.max(1))
            .map(|id| build::sku(id));
        let activities = match options.plot {
            Plot::SellOut => vec![(1, Activity::LastUnits)],
            Plot::Everyday => EVERYDAY
                .into_iter()
                .filter(|(weight, _)| *weight > 15 || !random.chance(150))
                .collect(),
        };
        Self {
            hubs: hubs.collect(),
            skus: skus.collect(),
            activities,
        }
    }

    fn activity(&self, random: &mut Random) -> Activity {
        let total: u64 = self.activities.iter().map(|(weight, _)| *weight).sum();
        let mut left = random.below(total);
        for (weight, activity) in &self.activities {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *activity,
            }
        }
        Activity::Place
    }
}

/// What a wish is chosen from.
pub(super) struct Chooser<'a> {
    pub(super) random: &'a mut Random,
    pub(super) mix: &'a Mix,
    pub(super) book: &'a Book,
    pub(super) board: &'a mut Board,
    pub(super) now: Timestamp,
}

impl Chooser<'_> {
    /// What the next caller wants.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others run one by one")]
    pub(super) fn wish(&mut self) -> Wish {
        match self.mix.activity(self.random) {
            Activity::Bulk => {
                let count = 2 + self.random.index(5);
                Wish::Bulk((0..count).map(|_| self.any_command()).collect())
            }
            Activity::Dry => {
                let (command, call) = self.any_command();
                Wish::Dry(command, call)
            }
            Activity::Sweep => Wish::Sweep,
            Activity::Look => match self.order().map(|order| order.head.id) {
                Some(id) if self.random.chance(700) => Wish::Look(id),
                Some(_) | None => Wish::List,
            },
            Activity::Erase => {
                let customer = self.customer();
                let call = self.call();
                Wish::Erase(customer, call)
            }
            activity => {
                let (command, call) = self.command(activity);
                Wish::One(command, call)
            }
        }
    }

    /// One command of any kind that fits a list.
    fn any_command(&mut self) -> (Command, Call) {
        let activity = self.mix.activity(self.random);
        self.command(activity)
    }

    fn command(&mut self, activity: Activity) -> (Command, Call) {
        let command = match activity {
            Activity::Work => self.work(),
            Activity::Cart => self.cart(),
            Activity::Goods => self.goods(),
            Activity::Registry => self.registry(),
            Activity::LastUnits => self.last_unit(),
            Activity::Again => match self.random.pick(&self.board.sent).cloned() {
                Some(again) => return again,
                None => self.place(),
            },
            Activity::Doubt => match self.random.pick(&self.board.doubts).cloned() {
                Some(again) => return again,
                None => self.place(),
            },
            Activity::OtherBody => match self.random.pick(&self.board.sent).cloned() {
                Some((_, call)) => return (self.work(), call),
                None => self.place(),
            },
            Activity::Place
            | Activity::Bulk
            | Activity::Dry
            | Activity::Sweep
            | Activity::Look
            | Activity::Erase => self.place(),
        };
        let call = self.call_for(&command);
        self.remember(&command, &call);
        (command, call)
    }

    fn remember(&mut self, command: &Command, call: &Call) {
        if self.board.sent.len() >= REMEMBERED {
            self.board.sent.remove(0);
        }
        self.board.sent.push((command.clone(), call.clone()));
    }

    fn key(&mut self) -> IdempotencyKey {
        self.board.keys += 1;
        build::idempotency_key(&format!("k{}", self.board.keys))
    }

    fn call(&mut self) -> Call {
        Call::by(Actor::new(ActorKind::Person)).with_key(self.key())
    }

    /// A call with a key of its own; sometimes with the version its author saw, sometimes with
    /// something of the host's own.
    fn call_for(&mut self, command: &Command) -> Call {
        let mut call = self.call();
        let seen = match command {
            Command::Order { order, .. }
            | Command::Assign { order, .. }
            | Command::Reassign { order, .. }
            | Command::BookSlot { order, .. } => {
                self.book.orders.get(order).map(|order| order.version)
            }
            Command::PutSettings(_)
            | Command::PutChannel(_)
            | Command::PutHub(_)
            | Command::PutZones(_)
            | Command::PutSlots(_)
            | Command::PutProduct(_)
            | Command::PutSkuMapping(_)
            | Command::PutCustomer { .. }
            | Command::SetActive { .. }
            | Command::EraseCustomer { .. }
            | Command::EraseOrder { .. }
            | Command::Stock { .. }
            | Command::Transfer { .. }
            | Command::Place(_)
            | Command::Enqueue(_)
            | Command::ChangeContacts { .. }
            | Command::FollowContacts { .. }
            | Command::Reserve(_)
            | Command::SetReservation(_)
            | Command::ConfirmReservation { .. }
            | Command::ReleaseReservation { .. }
            | Command::ConsumeReservation { .. }
            | Command::ExpireReservation { .. } => None,
        };
        if let Some(version) = seen.filter(|_| self.random.chance(150)) {
            let stale = self.random.chance(200);
            let stale = stale.then(|| Version::new(version.get().saturating_sub(1)).ok());
            call = call.expecting(stale.flatten().unwrap_or(version));
        }
        if self.random.chance(60) {
            call = call.with_extension(extension(self.board.keys));
        }
        if self.random.chance(100) {
            call = call.with_reason(reason("as the customer asked"));
        }
        call
    }

    /// An order, mostly one that something can still happen to, often one that much happened to.
    fn order(&mut self) -> Option<&Order> {
        let open = self.book.orders.values();
        let open: Vec<&Order> = open
            .filter(|order| !order.head.state.is_terminal())
            .collect();
        if !open.is_empty() && !self.random.chance(120) {
            let some = [(); 3].map(|()| self.random.pick(&open).copied());
            let last = some.into_iter().flatten().max_by_key(|order| order.version);
            return if self.random.chance(500) {
                last
            } else {
                self.random.pick(&open).copied()
            };
        }
        let all: Vec<&Order> = self.book.orders.values().collect();
        self.random.pick(&all).copied()
    }

    fn customer(&mut self) -> CustomerId {
        build::customer_id(1 + self.random.below(CUSTOMERS))
    }

    fn hub(&mut self) -> HubId {
        let hub = self.random.pick(&self.mix.hubs).cloned();
        hub.unwrap_or_else(|| build::hub("north"))
    }

    fn sku(&mut self) -> Sku {
        let sku = self.random.pick(&self.mix.skus).cloned();
        sku.unwrap_or_else(|| build::sku("TEA"))
    }

    /// From 1 up to `most`.
    fn quantity(&mut self, most: u32) -> Quantity {
        let units = 1 + self.random.below(u64::from(most.max(1)));
        build::quantity(u32::try_from(units).unwrap_or(1))
    }

    /// From 0 up to `most`.
    fn units(&mut self, most: u32) -> Units {
        let units = self.random.below(u64::from(most) + 1);
        build::units(u32::try_from(units).unwrap_or(0))
    }
}

pub(super) fn reason(text: &str) -> Reason {
    build::reason(text)
}

/// A document, a name, an event and a job of the host's own.
fn extension(number: u64) -> Extension {
    let id = build::external(&format!("x{number}"));
    let at = Timestamp::EPOCH;
    Arc::new(move |set: &mut ChangeSet| {
        let document = build::host_document(id.as_str());
        let holder = document.key.clone();
        set.documents.push(document);
        let kind: ExternalId = build::external("slip");
        set.unique.push(UniqueClaim {
            key: UniqueKey::Host(kind, id.clone()),
            holder,
        });
        set.events.push(EventDraft {
            stream: build::stream("slips"),
            seq: None,
            name: Arc::from("slip.printed"),
            schema: 1,
            body: Arc::from("{}"),
            actor: None,
        });
        set.jobs.push(build::job(number, at));
    })
}
