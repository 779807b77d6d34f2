//! What is taken of guarded counters is what the stored orders take up.

use std::collections::BTreeMap;

use oms_core::plan::{CounterKey, counter_taken, counters_kept_from};
use oms_core::value::Timestamp;

use super::Findings;
use crate::sound::json_problem;
use crate::tenant::Tenant;

const INVARIANT: &str = "capacity";

impl Tenant {
    /// Counters of hub days and delivery slots, as long as they are kept.
    pub(super) fn audit_counters(&self, found: &mut Findings, now: Timestamp) {
        let first = counters_kept_from(now);
        let kept = |key: &CounterKey| key.day().is_some_and(|day| Some(day) >= first);
        let mut orders: BTreeMap<CounterKey, u64> = BTreeMap::new();
        for (key, document) in self.documents.iter() {
            match counter_taken(&key, &document.json) {
                Ok(taken) => {
                    if let Some(counter) = taken.filter(kept) {
                        let count = orders.entry(counter).or_default();
                        *count = count.saturating_add(1);
                    }
                }
                // What is no JSON at all is found anyway.
                Err(why) if json_problem(&document.json).is_none() => {
                    found.add("I13", &key, why.to_string());
                }
                Err(_) => {}
            }
        }
        for (key, taken) in self.counters.iter().filter(|(key, _)| kept(key)) {
            let orders = orders.remove(key).unwrap_or_default();
            if u64::from(taken.get()) != orders {
                let detail = format!("{taken} are taken, its orders take up {orders}");
                found.add(INVARIANT, key, detail);
            }
        }
        for (key, orders) in orders {
            let detail = format!("0 are taken, its orders take up {orders}");
            found.add(INVARIANT, key, detail);
        }
    }
}
