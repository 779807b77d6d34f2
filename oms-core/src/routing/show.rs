//! An explanation as text for people.

use std::fmt::{Display, Formatter, Result};

use crate::hub::{AreaVerdict, HubKind, ServedBy};
use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::{Considered, Explanation, HubFacts, Lack, RouteStrategy};

/// Millionths with three decimals.
struct Share(u32);

impl Display for Share {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let thousandths = self.0 / 1_000;
        f.pad(&format!(
            "{}.{:03}",
            thousandths / 1_000,
            thousandths % 1_000
        ))
    }
}

impl Display for Explanation {
    /// A few lines on the choice, then a table with a line per hub. A hub that was not chosen says
    /// first what kept it back: a filter, or what it had too little of.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [proximity, performance, workload] = self.policy.weights.millionths().map(Share);
        writeln!(f, "decided   {}", self.decided_at)?;
        writeln!(f, "strategy  {}", self.strategy.label())?;
        match &self.considered {
            Considered::Every => {}
            Considered::Named => writeln!(f, "looked at the hub that was named")?,
            Considered::Slot => writeln!(f, "looked at the hub of the delivery slot")?,
            Considered::AllBut(hub) => writeln!(f, "looked at all but {hub}")?,
        }
        for chosen in &self.chosen {
            writeln!(f, "chosen    {}, {} units", chosen.hub, chosen.units)?;
        }
        if let Some(gap) = self.gap {
            writeln!(
                f,
                "gap       {} found, at least {} needed",
                gap.found, gap.at_least
            )?;
        }
        if let Some(runner_up) = &self.runner_up {
            writeln!(f, "runner-up {runner_up}")?;
        }
        for step in &self.given_up {
            writeln!(f, "gave up   {step:?}")?;
        }
        writeln!(
            f,
            "weights   near {proximity}, good {performance}, free {workload}",
        )?;
        writeln!(f, "inputs    {}", self.inputs)?;
        let width = self
            .hubs
            .iter()
            .map(|hub| hub.hub.as_str().chars().count())
            .max();
        let width = width.unwrap_or(0).max("hub".len());
        writeln!(
            f,
            "\n{:width$}  {:>6}  {:>5}  {:>5}  {:>5}  {:>5}  verdict",
            "hub", "km", "near", "good", "free", "score",
        )?;
        for hub in &self.hubs {
            let km = hub.distance_m.map_or_else(|| "-".to_owned(), kilometres);
            let score = &hub.score;
            writeln!(
                f,
                "{:width$}  {km:>6}  {}  {}  {}  {}  {}",
                hub.hub,
                Share(score.proximity),
                Share(score.performance),
                Share(score.workload),
                Share(score.total),
                self.verdict(hub),
            )?;
        }
        match &self.left_out {
            Some(left) if !left.hubs.is_empty() => {
                let counts = left.hubs.iter();
                let counts: Vec<String> =
                    counts.map(|(why, hubs)| format!("{hubs} {why}")).collect();
                writeln!(f, "and more: {}", counts.join(", "))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn kilometres(metres: u32) -> String {
    format!("{}.{}", metres / 1_000, metres % 1_000 / 100)
}

impl RouteStrategy {
    const fn label(self) -> &'static str {
        match self {
            Self::OneHub => "one hub has everything",
            Self::SplitExact => "the best of all splits",
            Self::SplitGreedy => "a good split; there are too many to try all",
            Self::Partial => "as much as there is",
            Self::Nothing => "no hub",
        }
    }
}

impl Explanation {
    fn verdict(&self, hub: &HubFacts) -> String {
        let rules = Rules::after(&self.policy, &self.given_up);
        let mut parts: Vec<String> = lacks(hub, rules)
            .map(Lack::label)
            .map(str::to_owned)
            .collect();
        if self.chosen.iter().any(|chosen| chosen.hub == hub.hub) {
            parts.push("CHOSEN".to_owned());
        } else if self.runner_up.as_ref() == Some(&hub.hub) {
            parts.push("runner-up".to_owned());
        }
        parts.push(format!("stock {}", hub.stock.label()));
        let short = hub.short.iter().filter_map(|short| {
            let demand = self.demand.get(usize::try_from(short.demand).ok()?)?;
            Some(format!(
                "{} {}/{}",
                demand.sku,
                short.sellable.get(),
                demand.units.get()
            ))
        });
        // An order of a thousand lines would fill the screen.
        parts.extend(short.take(3));
        let left = self.left_out.as_ref();
        let counted = left.and_then(|left| left.skus.get(&hub.hub)).copied();
        let counted = counted.and_then(|skus| usize::try_from(skus).ok());
        let more = hub.short.len().saturating_sub(3);
        let more = more.saturating_add(counted.unwrap_or(0));
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        parts.extend(served(hub.area).map(str::to_owned));
        if hub.kind == HubKind::External {
            parts.push("external".to_owned());
        }
        parts.join(", ")
    }
}

const fn served(area: AreaVerdict) -> Option<&'static str> {
    match area {
        AreaVerdict::Served(by) => match by {
            ServedBy::NoDestination | ServedBy::Everywhere => None,
            ServedBy::PostalCode => Some("by postal code"),
            ServedBy::PostalPrefix => Some("by prefix"),
            ServedBy::PostalRange => Some("by postal range"),
            ServedBy::Zone => Some("by zone"),
            ServedBy::Radius => Some("by radius"),
        },
        AreaVerdict::OtherCountry | AreaVerdict::Outside => None,
    }
}
