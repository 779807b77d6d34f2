//! Whether a change set may be committed, judged by plain numbers and maps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Book, Claim, Row, Told};
use crate::event::StreamId;
use crate::plan::{ChangeSet, CounterKey, DocumentWrite, Expected, Refusal};
use crate::reservation::{Owner, ReservationDelta, ReservationKey, ReservedUnits};
use crate::stock::{MovementKind, StockKey};
use crate::value::limits::CLOCK_SKEW_MAX_SECS;
use crate::value::{HubId, Quantity, Sku, Timestamp, Units};

/// What a change set makes of the counters.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) claims: BTreeMap<ReservationKey, Claim>,
    pub(super) counters: BTreeMap<CounterKey, i64>,
    pub(super) rows: BTreeMap<StockKey, Row>,
    /// What the store must tell about claims it ended to make room.
    pub(super) lapses: BTreeMap<StreamId, Told>,
}

/// What must become of a change set.
#[derive(Debug)]
pub(super) enum Verdict {
    Accept(Effects),
    Repeat,
    Refuse(Why),
}

/// Why it must be refused.
#[derive(Debug)]
pub(super) struct Why {
    kind: Kind,
    /// The invariant that would be broken.
    pub(super) invariant: &'static str,
    pub(super) detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Clock,
    Key,
    Name,
    Version,
    Requirement,
    Claim,
    Counter,
    Stock,
}

impl Why {
    fn new(kind: Kind, invariant: &'static str, detail: String) -> Self {
        Self {
            kind,
            invariant,
            detail,
        }
    }

    /// Whether a refusal is of this kind.
    pub(super) fn matches(&self, refusal: &Refusal) -> bool {
        let kind = match refusal {
            Refusal::Defect { .. } | Refusal::Unfit { .. } => return false,
            Refusal::ClockSkew { .. } => Kind::Clock,
            Refusal::KeyReused { .. } => Kind::Key,
            Refusal::Taken { .. } => Kind::Name,
            Refusal::Conflict { .. } => Kind::Version,
            Refusal::Unmet { .. } => Kind::Requirement,
            Refusal::Reservation { .. } => Kind::Claim,
            Refusal::Counter { .. } => Kind::Counter,
            Refusal::Stock { .. } => Kind::Stock,
        };
        kind == self.kind
    }
}

/// What a change set does to one stock row.
#[derive(Default)]
struct Net {
    on_hand: i64,
    reserved: i64,
    claims: bool,
    issues: bool,
    expected: Option<Units>,
    safety: Option<Units>,
    incoming: Option<Units>,
}

impl Book {
    /// Judges a change set as the store must, checks in the same order.
    pub(super) fn judge(&self, set: &ChangeSet, now: Timestamp) -> Verdict {
        let skew = set.planned_at.micros_since(now).abs();
        if skew > CLOCK_SKEW_MAX_SECS * 1_000_000 {
            let detail = format!("planned at {}, it is {now}", set.planned_at);
            return Verdict::Refuse(Why::new(Kind::Clock, "clock", detail));
        }
        let key = &set.origin.key;
        match self.commands.get(key) {
            Some(entry) if entry.record.fingerprint == set.fingerprint => return Verdict::Repeat,
            Some(_) => {
                let detail = format!("key {key} was committed with another command");
                return Verdict::Refuse(Why::new(Kind::Key, "I7", detail));
            }
            None => {}
        }
        match self.judge_rows(set, now) {
            Ok(effects) => Verdict::Accept(effects),
            Err(why) => Verdict::Refuse(why),
        }
    }

    fn judge_rows(&self, set: &ChangeSet, now: Timestamp) -> Result<Effects, Why> {
        for claim in &set.unique {
            if let Some(holder) = self
                .unique
                .get(&claim.key)
                .filter(|has| **has != claim.holder)
            {
                let detail = format!("{:?} belongs to {holder}", claim.key);
                return Err(Why::new(Kind::Name, "I8", detail));
            }
        }
        for write in &set.documents {
            self.judge_document(write)?;
        }
        for requirement in &set.requires {
            if !self.holds(requirement) {
                let detail = format!("{requirement:?} does not hold");
                return Err(Why::new(Kind::Requirement, "requirement", detail));
            }
        }
        let claims = self.judge_claims(set, now)?;
        let counters = self.judge_counters(set)?;
        let mut effects = self.judge_stock(set, claims, now)?;
        effects.counters = counters;
        self.judge_events(set)?;
        Ok(effects)
    }

    fn judge_document(&self, write: &DocumentWrite) -> Result<(), Why> {
        let current = self.documents.get(&write.key).map(|kept| kept.version);
        let expected = match write.expected {
            Expected::Absent => None,
            Expected::Version(version) => Some(version),
        };
        if current == expected && Some(write.version) > current {
            return Ok(());
        }
        let detail = format!(
            "{} is at {current:?}, the change set says {expected:?} and goes to {}",
            write.key, write.version
        );
        Err(Why::new(Kind::Version, "I6", detail))
    }

    fn judge_claims(
        &self,
        set: &ChangeSet,
        now: Timestamp,
    ) -> Result<BTreeMap<ReservationKey, Claim>, Why> {
        let mut claims: BTreeMap<ReservationKey, Claim> = BTreeMap::new();
        for change in &set.reservations {
            let stored = || self.claims.get(&change.key).copied().unwrap_or_default();
            let claim = claims.entry(change.key.clone()).or_insert_with(stored);
            *claim = claim.after(change.delta, now).map_err(|why| {
                let detail = format!("{}: {:?}: {why}", change.key, change.delta);
                Why::new(Kind::Claim, "I2", detail)
            })?;
        }
        Ok(claims)
    }

    fn judge_counters(&self, set: &ChangeSet) -> Result<BTreeMap<CounterKey, i64>, Why> {
        let mut counters = BTreeMap::new();
        for change in &set.counters {
            let before = self.counters.get(&change.key).copied().unwrap_or_default();
            let after = (before + i64::from(change.delta)).max(0);
            let limit = change.limit.filter(|_| change.delta > 0);
            if limit.is_some_and(|limit| after > i64::from(limit.get())) {
                let detail = format!("{}: {before} taken, {change:?}", change.key);
                return Err(Why::new(Kind::Counter, "capacity", detail));
            }
            counters.insert(change.key.clone(), after);
        }
        Ok(counters)
    }

    fn judge_stock(
        &self,
        set: &ChangeSet,
        claims: BTreeMap<ReservationKey, Claim>,
        now: Timestamp,
    ) -> Result<Effects, Why> {
        let mut effects = Effects {
            claims,
            ..Effects::default()
        };
        let mut short = Vec::new();
        let mut ended = BTreeMap::new();
        for (key, net) in nets(set) {
            let before = self.rows.get(&key).copied().unwrap_or_default();
            let after = match net.after(before) {
                Ok(after) => Ok(after),
                Err(why) if set.reclaim && net.claims => {
                    let due = self.due(set, &key, now);
                    let freed: i64 = due.iter().map(|(_, claim)| claim.tentative).sum();
                    let room = Row {
                        reserved: before.reserved - freed,
                        ..before
                    };
                    net.after(room)
                        .inspect(|_| ended.extend(due))
                        .map_err(|_| why)
                }
                Err(why) => Err(why),
            };
            match after {
                Ok(after) => drop(effects.rows.insert(key, after)),
                Err(why) => short.push((key, why)),
            }
        }
        if !short.is_empty() {
            let named: Vec<String> = short.iter().map(|(key, _)| key.to_string()).collect();
            let detail = format!("{}: {:?}", named.join(", "), short);
            return Err(Why::new(Kind::Stock, "I1", detail));
        }
        effects.end(ended, set);
        Ok(effects)
    }

    /// Due claims of others on a row.
    fn due(&self, set: &ChangeSet, row: &StockKey, now: Timestamp) -> Vec<(ReservationKey, Claim)> {
        let own: BTreeSet<&Owner> = set.reservations.iter().map(|c| &c.key.owner).collect();
        let due = self.claims.iter().filter(|(key, claim)| {
            let here = key.hub == row.hub && key.sku == row.sku;
            here && claim.is_due(now) && !own.contains(&key.owner)
        });
        due.map(|(key, claim)| (key.clone(), *claim)).collect()
    }

    fn judge_events(&self, set: &ChangeSet) -> Result<(), Why> {
        let mut places = BTreeMap::new();
        for event in &set.events {
            let place = places
                .entry(&event.stream)
                .or_insert_with(|| self.last_place(&event.stream));
            *place = place.next();
            if event.seq.is_some_and(|seq| seq != *place) {
                let detail = format!("{} has place {:?} for {place}", event.stream, event.seq);
                return Err(Why::new(Kind::Version, "I6", detail));
            }
        }
        Ok(())
    }
}

impl Effects {
    /// Ends claims to make room: one event per owner.
    fn end(&mut self, ended: BTreeMap<ReservationKey, Claim>, set: &ChangeSet) {
        for (key, claim) in ended {
            let quantity = u32::try_from(claim.tentative).ok();
            let quantity = quantity.and_then(|units| Quantity::new(units).ok());
            let unit = quantity.map(|quantity| ReservedUnits::of(&key, quantity));
            let told = self
                .lapses
                .entry(key.owner.stream())
                .or_insert_with(|| Told::Lapsed {
                    units: Vec::new(),
                    key: set.origin.key.clone(),
                    at: set.planned_at,
                });
            if let Told::Lapsed { units, .. } = told {
                units.extend(unit);
            }
            let of_order = key.owner.order().is_some();
            self.claims.insert(key, claim.lapsed(of_order));
        }
    }
}

impl Net {
    /// The row afterwards, or why that cannot be.
    fn after(&self, mut row: Row) -> Result<Row, String> {
        let found = row.on_hand;
        if self
            .expected
            .is_some_and(|units| i64::from(units.get()) != found)
        {
            return Err(format!("{found} on hand, {:?} expected", self.expected));
        }
        row.on_hand += self.on_hand;
        row.reserved += self.reserved;
        row.safety = self
            .safety
            .map_or(row.safety, |units| i64::from(units.get()));
        row.incoming = self
            .incoming
            .map_or(row.incoming, |units| i64::from(units.get()));
        let oversold = self.claims && row.reserved + row.safety > row.on_hand;
        let taken = self.issues && row.reserved > row.on_hand;
        if oversold || taken || row.on_hand < 0 || row.reserved < 0 {
            return Err(format!(
                "{} on hand, {} reserved, {} safety",
                row.on_hand, row.reserved, row.safety
            ));
        }
        Ok(row)
    }
}

fn nets(set: &ChangeSet) -> BTreeMap<StockKey, Net> {
    let mut nets: BTreeMap<StockKey, Net> = BTreeMap::new();
    // Units that ended by themselves are everybody's, and those that left took their goods along:
    // taking as many again is a claim.
    let mut gone: BTreeMap<(&HubId, &Sku), i64> = BTreeMap::new();
    for change in &set.reservations {
        let reserved = change.delta.reserved_delta();
        if reserved != 0 {
            let net = nets.entry(StockKey {
                hub: change.key.hub.clone(),
                sku: change.key.sku.clone(),
            });
            let net = net.or_default();
            let gone = gone.entry((&change.key.hub, &change.key.sku)).or_default();
            if matches!(
                change.delta,
                ReservationDelta::Expire { .. } | ReservationDelta::Consume { .. }
            ) {
                *gone -= reserved;
            }
            net.reserved += reserved;
            net.claims = net.reserved + *gone > 0;
        }
    }
    for movement in &set.movements {
        let net = nets.entry(movement.stock.clone()).or_default();
        net.on_hand += movement.delta;
        net.issues |= movement.kind == MovementKind::Issued;
    }
    for setting in &set.stock {
        let net = nets.entry(setting.key.clone()).or_default();
        net.expected = setting.expected_on_hand;
        net.safety = setting.safety;
        net.incoming = setting.incoming;
    }
    nets
}
