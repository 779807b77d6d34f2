//! One number that stands for everything a choice was made from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hub::{AreaVerdict, HubKind, Opening, ServedBy};
use crate::routing::{
    ALGORITHM, Capacity, Considered, Demand, Explanation, Fallback, Goal, HubFacts, LeftOut,
    OnShortage, OpeningCheck, RoutePolicy, RouteStrategy, Split, StockVerdict,
};
use crate::value::{HubId, Timestamp, Units, zone_database};

/// Everything a choice is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) at: Timestamp,
    pub(super) demand: Vec<Demand>,
    pub(super) policy: RoutePolicy,
    pub(super) considered: Considered,
    /// By hub.
    pub(super) hubs: Vec<HubFacts>,
}

/// SHA-256 of everything a choice was made from: version of the rules, version of the time zone
/// database, time, demand, policy, the facts of every hub, and which hubs were looked at. Equal
/// hashes mean equal choices.
///
/// It covers what the choice knows, so neither the address nor what a hub has beyond the demand is
/// in it; nobody can find an address by trying hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct InputsHash([u8; 32]);

impl InputsHash {
    pub(super) fn of(facts: &Facts, zone_database: &str) -> Self {
        let mut bytes = Bytes(Vec::with_capacity(1_024));
        bytes.number(ALGORITHM.into());
        bytes.text(zone_database);
        bytes.number(facts.at.micros().unsigned_abs());
        bytes.policy(&facts.policy);
        bytes.length(facts.demand.len());
        for demand in &facts.demand {
            bytes.text(demand.sku.as_str());
            bytes.units(demand.units);
        }
        bytes.length(facts.hubs.len());
        for hub in &facts.hubs {
            bytes.hub(hub);
        }
        bytes.considered(&facts.considered);
        Self(Sha256::digest(&bytes.0).into())
    }

    /// The hash of what a shortened explanation lists and counts, with its choice, which cannot
    /// always be made again from that, and the hash of everything.
    pub(super) fn of_listed(listed: &Explanation, left: &LeftOut) -> Self {
        let mut bytes = Bytes(Vec::with_capacity(1_024));
        bytes.0.extend_from_slice(&listed.inputs.0);
        let facts = Self::of(&listed.facts(), &listed.zone_database);
        bytes.0.extend_from_slice(&facts.0);
        bytes.choice(listed);
        bytes.left_out(left);
        Self(Sha256::digest(&bytes.0).into())
    }

    /// The hash of facts looked at by this build.
    pub(super) fn now(facts: &Facts) -> Self {
        Self::of(facts, zone_database())
    }

    /// Reads the hash as text, which is on the stack: one is written with every order.
    fn with_text<R>(&self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = [0; 64];
        for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
            digits.copy_from_slice(&[hex(byte >> 4), hex(byte & 0xf)]);
        }
        // Nothing but ASCII is in it.
        read(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The hexadecimal digit of a number below 16.
const fn hex(number: u8) -> u8 {
    match number {
        0..=9 => b'0' + number,
        _ => b'a' + number - 10,
    }
}

/// One way to write facts as bytes: numbers in groups of seven bits, texts and lists with their
/// length before them, so that no two facts are the same bytes.
struct Bytes(Vec<u8>);

impl Bytes {
    fn number(&mut self, mut number: u64) {
        loop {
            let low = u8::try_from(number & 0x7f).unwrap_or_default();
            number >>= 7;
            if number == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn units(&mut self, units: Units) {
        self.number(units.get().into());
    }

    /// One more than the number, so that nothing is not zero.
    fn maybe(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| number.saturating_add(1)));
    }

    fn policy(&mut self, policy: &RoutePolicy) {
        self.0.push(match policy.goal {
            Goal::FewestParcels => 0,
            Goal::Nearest => 1,
            Goal::Cheapest => 2,
            Goal::Priority => 3,
        });
        self.number(match policy.split {
            Split::Never => 0,
            Split::Free => 1,
            Split::AtMost(parcels) => u64::from(parcels) + 2,
        });
        for weight in policy.weights.millionths() {
            self.number(weight.into());
        }
        self.0.push(policy.check_capacity.into());
        self.0.push(match policy.check_opening {
            OpeningCheck::Off => 0,
            OpeningCheck::Today => 1,
            OpeningCheck::Now => 2,
        });
        self.0.push(policy.use_external.into());
        self.0.push(match policy.on_shortage {
            OnShortage::Refuse => 0,
            OnShortage::Backorder => 1,
            OnShortage::Review => 2,
        });
        self.steps(&policy.fallback);
        self.number(policy.half_distance_km.into());
        self.number(policy.distance_step_m.into());
        self.number(policy.unknown_performance.millionths().into());
        self.text(
            policy
                .currency
                .as_ref()
                .map_or("", |currency| currency.code()),
        );
    }

    fn steps(&mut self, steps: &[Fallback]) {
        self.length(steps.len());
        for step in steps {
            self.0.push(match step {
                Fallback::IgnoreOpening => 0,
                Fallback::IgnoreCapacity => 1,
                Fallback::UseExternal => 2,
                Fallback::SplitFreely => 3,
            });
        }
    }

    fn choice(&mut self, of: &Explanation) {
        self.0.push(match of.strategy {
            RouteStrategy::OneHub => 0,
            RouteStrategy::SplitExact => 1,
            RouteStrategy::SplitGreedy => 2,
            RouteStrategy::Partial => 3,
            RouteStrategy::Nothing => 4,
        });
        self.steps(&of.given_up);
        self.length(of.chosen.len());
        for chosen in &of.chosen {
            self.text(chosen.hub.as_str());
            self.number(chosen.units);
        }
        self.text(of.runner_up.as_ref().map_or("", HubId::as_str));
        self.maybe(of.gap.map(|gap| gap.found));
        self.maybe(of.gap.map(|gap| gap.at_least));
    }

    fn left_out(&mut self, left: &LeftOut) {
        self.length(left.hubs.len());
        for (why, hubs) in &left.hubs {
            self.text(why.as_str());
            self.number((*hubs).into());
        }
        self.length(left.skus.len());
        for (hub, skus) in &left.skus {
            self.text(hub.as_str());
            self.number((*skus).into());
        }
        self.length(left.missing.len());
        for missing in &left.missing {
            self.text(missing.sku.as_str());
            for units in [
                missing.asked,
                missing.given,
                missing.most,
                missing.everywhere,
            ] {
                self.units(units);
            }
        }
    }

    /// Nothing where every hub was looked at; it comes last, so that is no other facts' bytes.
    fn considered(&mut self, considered: &Considered) {
        match considered {
            Considered::Every => {}
            Considered::Named => self.0.push(1),
            Considered::Slot => self.0.push(2),
            Considered::AllBut(hub) => {
                self.0.push(3);
                self.text(hub.as_str());
            }
        }
    }

    fn hub(&mut self, hub: &HubFacts) {
        self.text(hub.hub.as_str());
        self.number(hub.priority.into());
        self.0.push(hub.active.into());
        self.0.push(match hub.kind {
            HubKind::Internal => 0,
            HubKind::External => 1,
        });
        self.0.push(area(hub.area));
        self.0.push(opening(hub.opening));
        match hub.capacity {
            Capacity::Unbounded => self.0.push(0),
            Capacity::Bounded { left, of } => {
                self.0.push(1);
                self.units(left);
                self.units(of);
            }
        }
        self.0.push(match hub.stock {
            StockVerdict::All => 0,
            StockVerdict::Part => 1,
            StockVerdict::Nothing => 2,
            StockVerdict::NotAsked => 3,
        });
        self.length(hub.short.len());
        for short in &hub.short {
            self.number(short.demand.into());
            self.units(short.sellable);
        }
        self.maybe(hub.distance_m.map(u64::from));
        self.maybe(hub.cost.map(|cost| cost.minor().unsigned_abs()));
        let score = &hub.score;
        for part in [
            score.proximity,
            score.performance,
            score.workload,
            score.total,
        ] {
            self.number(part.into());
        }
    }
}

const fn area(area: AreaVerdict) -> u8 {
    match area {
        AreaVerdict::OtherCountry => 0,
        AreaVerdict::Outside => 1,
        AreaVerdict::Served(by) => match by {
            ServedBy::NoDestination => 2,
            ServedBy::Everywhere => 3,
            ServedBy::PostalCode => 4,
            ServedBy::PostalPrefix => 5,
            ServedBy::PostalRange => 6,
            ServedBy::Zone => 7,
            ServedBy::Radius => 8,
        },
    }
}

const fn opening(opening: Opening) -> u8 {
    match opening {
        Opening::Always => 0,
        Opening::Open => 1,
        Opening::OpensLater => 2,
        Opening::AfterCutOff => 3,
        Opening::ClosedForToday => 4,
        Opening::ClosedToday => 5,
        Opening::ZoneUnknown => 6,
    }
}

impl fmt::Debug for InputsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InputsHash({self})")
    }
}

impl fmt::Display for InputsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl Serialize for InputsHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl FromStr for InputsHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{:.80?} is not a SHA-256 in 64 lower-case hexadecimal digits",
                text
            )
        };
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 64 || !text.bytes().all(lower) {
            return Err(refused());
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or_else(refused)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| refused())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for InputsHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<InputsHash> for String {
    fn from(hash: InputsHash) -> Self {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::InputsHash;

    #[test]
    fn every_byte_prints_as_two_lower_case_digits() {
        for byte in 0..=u8::MAX {
            let mut bytes = [0; 32];
            (bytes[0], bytes[31]) = (byte, !byte);
            let hash = InputsHash(bytes);
            let plain: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash.to_string(), plain);
            assert_eq!(serde_json::to_string(&hash).unwrap(), format!("{plain:?}"));
            assert_eq!(plain.parse::<InputsHash>().unwrap(), hash);
        }
    }
}
