//! What other queues on PostgreSQL do, to stand beside the figures.
//!
//! Measured once on another machine, each as its own documentation recommends for throughput:
//! PostgreSQL 15.18 with fsync and synchronous_commit on, two cores (AMD EPYC, Zen 4) for clients
//! and server, 20,000 jobs with a handler that does nothing, medians of 3. The limits beside them
//! are plain SQL on that machine and tables of that run. Rates do not carry over to another
//! machine; what part of its machine's limit a queue reaches does.

use crate::compare::Row;
use crate::measure::per;

/// What was measured of the best peer.
struct Peer {
    /// The rows it belongs beside.
    scenario: &'static str,
    /// Name, version and how it was driven.
    name: &'static str,
    /// Jobs per second.
    rate: f64,
    /// Jobs per second of plain SQL there.
    limit: f64,
    /// The least part of its limit that the library is to reach, and the least multiple of the
    /// peer's rate.
    goals: (Option<f64>, f64),
}

const BEST: [Peer; 3] = [
    Peer {
        scenario: "queue, done",
        name: "graphile_worker (Rust) 0.14.1, local queue of 500, completions by batches",
        rate: 49_700.0,
        limit: 103_000.0,
        goals: (Some(0.7), 1.4),
    },
    Peer {
        scenario: "queue, pushed",
        name: "apalis-postgres 1.0.0",
        rate: 3_748.0,
        limit: 21_074.0,
        goals: (Some(0.8), 4.0),
    },
    Peer {
        scenario: "queue, bulk",
        name: "graphile-worker 0.17.3 (npm)",
        rate: 72_000.0,
        limit: 393_000.0,
        goals: (None, 2.0),
    },
];

/// A line about the best peer of these rows.
pub(super) fn beside(rows: &[Row]) -> Vec<String> {
    let library = rows.iter().find(|row| row.side == "library");
    let Some(library) = library else {
        return Vec::new();
    };
    let of = |peer: &&Peer| peer.scenario == library.scenario;
    BEST.iter()
        .filter(of)
        .map(|peer| line(peer, library))
        .collect()
}

fn line(peer: &Peer, library: &Row) -> String {
    let goal = match peer.goals {
        (Some(part), times) => format!("{part} of the limit, {times} x the peer"),
        (None, times) => format!("{times} x the peer"),
    };
    format!(
        "{}: goal {goal}. Best peer: {}, {:.0} per second on its machine, {:.2} of the limit \
         there; {:.1} x that rate here",
        peer.scenario,
        peer.name,
        peer.rate,
        per(peer.rate, peer.limit),
        per(library.orders_per_second, peer.rate),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_stands_beside_its_rows_only() {
        let row = |scenario: &str, side| Row {
            scenario: scenario.to_owned(),
            side,
            how: String::new(),
            callers: 4,
            orders_per_second: 99_400.0,
            rates: Vec::new(),
            p50_ms: 1.0,
            p99_ms: 1.0,
            max_ms: 1.0,
            to_one: None,
            to_batch: None,
            to_bounded: None,
            to_batch50: None,
            errors: std::collections::BTreeMap::new(),
        };
        let lines = beside(&[row("queue, done", "library"), row("queue, done", "one")]);
        assert_eq!(lines.len(), 1);
        assert!(
            lines
                .iter()
                .all(|line| line.ends_with("2.0 x that rate here"))
        );
        assert!(beside(&[row("queue, done", "one")]).is_empty());
        assert!(beside(&[row("uniform", "library")]).is_empty());
    }
}
