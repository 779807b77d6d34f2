//! How queues and subscribers stand and what a handle did, as Prometheus reads it.

use std::fmt::Write;

use serde::Serialize;

use crate::port::{QueueReport, QueueStats, Subscription};
use crate::service::Stats;
use crate::value::{TenantId, Timestamp};

/// What a metric counts in one queue.
type Count = fn(&QueueStats) -> u64;

/// The states that jobs are counted in.
const STATES: [(&str, Count); 5] = [
    ("ready", |stats| stats.ready),
    ("scheduled", |stats| stats.scheduled),
    ("running", |stats| stats.running),
    ("retrying", |stats| stats.retrying),
    ("dead", |stats| stats.dead),
];

/// What a tenant's queues and subscribers look like at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whose.
    pub tenant: TenantId,
    /// Its queues.
    pub queues: QueueReport,
    /// Its subscribers.
    pub subscriptions: Vec<Subscription>,
}

/// The text format 0.0.4 of Prometheus, for a host's `/metrics`.
///
/// Metrics: `oms_queue_jobs` (by `state`), `oms_queue_oldest_age_seconds`, `oms_queue_done_total`,
/// `oms_queue_died_total`, `oms_feed_behind_events` (counted up to
/// [`LAG_COUNTED_MAX`](crate::port::LAG_COUNTED_MAX)), `oms_feed_oldest_age_seconds`; labels
/// `tenant` and `queue` or `subscriber`. Throughput is `rate(oms_queue_done_total[5m])`.
///
/// The format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
///
/// ```
/// use oms_core::port::{QueueReport, QueueStats};
/// use oms_core::service::{Standing, prometheus_text};
/// use oms_core::value::{QueueName, TenantId, Timestamp};
///
/// let mut mail = QueueStats::empty(QueueName::parse("mail")?);
/// mail.dead = 2;
/// let queues = QueueReport { now: Timestamp::EPOCH, queues: vec![mail] };
/// let tenant = TenantId::parse("acme")?;
/// let text = prometheus_text(&[Standing { tenant, queues, subscriptions: Vec::new() }]);
/// let line = r#"oms_queue_jobs{tenant="acme",queue="mail",state="dead"} 2"#;
/// assert!(text.lines().any(|found| found == line));
/// # Ok::<(), oms_core::value::IdError>(())
/// ```
#[must_use]
pub fn prometheus_text(standings: &[Standing]) -> String {
    let mut text = Text(String::new());
    text.head(
        "oms_queue_jobs",
        "gauge",
        "Jobs that are not done, by state.",
    );
    each_queue(standings, |labels, stats, _| {
        for (state, count) in STATES {
            let labels = format!("{labels},state=\"{state}\"");
            text.sample("oms_queue_jobs", &labels, count(stats));
        }
    });
    let age = "oms_queue_oldest_age_seconds";
    text.head(age, "gauge", "How long the oldest due job has waited.");
    each_queue(standings, |labels, stats, now| {
        let secs = stats
            .oldest_due_at
            .map_or(0.0, |since| secs_since(since, now));
        text.sample(age, labels, secs);
    });
    let done = "oms_queue_done_total";
    text.head(done, "counter", "Jobs that were ever done.");
    each_queue(standings, |labels, stats, _| {
        text.sample(done, labels, stats.done)
    });
    let died = "oms_queue_died_total";
    text.head(died, "counter", "Jobs that ever failed for good.");
    each_queue(standings, |labels, stats, _| {
        text.sample(died, labels, stats.died)
    });
    let behind = "oms_feed_behind_events";
    text.head(
        behind,
        "gauge",
        "Events that a subscriber has not acknowledged.",
    );
    each_subscriber(standings, |labels, place, _| {
        text.sample(behind, labels, place.behind)
    });
    let age = "oms_feed_oldest_age_seconds";
    text.head(
        age,
        "gauge",
        "How old the oldest event is that it has not acknowledged.",
    );
    each_subscriber(standings, |labels, place, now| {
        let secs = place.oldest_at.map_or(0.0, |since| secs_since(since, now));
        text.sample(age, labels, secs);
    });
    text.0
}

/// What a handle did, in the same format, to be appended to [`prometheus_text`].
///
/// Metrics: `oms_committed_total`, `oms_replans_total`, `oms_looks_total` (by `at`: what is
/// remembered, or the store), `oms_calls_waiting` (by `way`). They are of this process, which is
/// for the scraper to name.
///
/// ```
/// use oms_core::service::{Stats, prometheus_stats};
///
/// let text = prometheus_stats(&Stats::default());
/// assert!(text.lines().any(|line| line == "oms_committed_total 0"));
/// assert!(text.lines().any(|line| line == r#"oms_looks_total{at="memory"} 0"#));
/// ```
#[must_use]
pub fn prometheus_stats(stats: &Stats) -> String {
    let mut text = Text(String::new());
    let committed = "oms_committed_total";
    text.head(committed, "counter", "Commands that were committed.");
    text.plain(committed, stats.committed);
    let replans = "oms_replans_total";
    text.head(
        replans,
        "counter",
        "Plans that the store did not take, or whose answer was lost.",
    );
    text.plain(replans, stats.replans);
    let looks = "oms_looks_total";
    text.head(
        looks,
        "counter",
        "Questions of plans, by what answered them.",
    );
    text.sample(looks, "at=\"memory\"", stats.recalled);
    text.sample(looks, "at=\"store\"", stats.asked);
    let waiting = "oms_calls_waiting";
    text.head(
        waiting,
        "gauge",
        "Calls that wait for those before them, by way.",
    );
    text.sample(waiting, "way=\"commit\"", stats.commits_waiting);
    text.sample(waiting, "way=\"read\"", stats.reads_waiting);
    text.0
}

fn each_queue(standings: &[Standing], mut tell: impl FnMut(&str, &QueueStats, Timestamp)) {
    for standing in standings {
        for stats in &standing.queues.queues {
            let labels = labels(&standing.tenant, "queue", stats.queue.as_str());
            tell(&labels, stats, standing.queues.now);
        }
    }
}

fn each_subscriber(standings: &[Standing], mut tell: impl FnMut(&str, &Subscription, Timestamp)) {
    for standing in standings {
        for place in &standing.subscriptions {
            let labels = labels(&standing.tenant, "subscriber", place.name.as_str());
            tell(&labels, place, standing.queues.now);
        }
    }
}

fn labels(tenant: &TenantId, name: &str, value: &str) -> String {
    let (tenant, value) = (escaped(tenant.as_str()), escaped(value));
    format!("tenant=\"{tenant}\",{name}=\"{value}\"")
}

/// A label's value; names have no line feeds, which would be escaped, too.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn secs_since(since: Timestamp, now: Timestamp) -> f64 {
    let millis = now.micros_since(since).max(0) / 1_000;
    // In two parts: as many milliseconds as fit would stand still after 49 days.
    let part = |part: i64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
    part(millis / 1_000) + part(millis % 1_000) / 1_000.0
}

struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    /// A sample without labels.
    fn plain(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Standing, prometheus_stats, prometheus_text, secs_since};
    use crate::port::{QueueReport, QueueStats, Subscription};
    use crate::service::Stats;
    use crate::value::{QueueName, SubscriberName, TenantId, Timestamp};

    #[test]
    fn every_sample_has_its_head_and_names_are_escaped() {
        let now = Timestamp::from_micros(90_500_000).unwrap();
        let mut stats = QueueStats::empty(QueueName::parse("a \"b\" \\c").unwrap());
        (stats.ready, stats.done, stats.died) = (3, 7, 1);
        stats.oldest_due_at = Some(Timestamp::from_micros(60_000_000).unwrap());
        let subscription = Subscription {
            name: SubscriberName::parse("mails").unwrap(),
            behind: 4,
            oldest_at: None,
        };
        let standing = Standing {
            tenant: TenantId::parse("acme").unwrap(),
            queues: QueueReport {
                now,
                queues: vec![stats],
            },
            subscriptions: vec![subscription],
        };
        let text = prometheus_text(&[standing]);
        for line in [
            r#"oms_queue_jobs{tenant="acme",queue="a \"b\" \\c",state="ready"} 3"#,
            r#"oms_queue_oldest_age_seconds{tenant="acme",queue="a \"b\" \\c"} 30.5"#,
            r#"oms_queue_done_total{tenant="acme",queue="a \"b\" \\c"} 7"#,
            r#"oms_queue_died_total{tenant="acme",queue="a \"b\" \\c"} 1"#,
            r#"oms_feed_behind_events{tenant="acme",subscriber="mails"} 4"#,
            r#"oms_feed_oldest_age_seconds{tenant="acme",subscriber="mails"} 0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        let mut told = Vec::new();
        for line in text.lines() {
            let Some(head) = line.strip_prefix("# TYPE ") else {
                if !line.starts_with('#') {
                    let name = line.split('{').next().unwrap();
                    assert_eq!(
                        told.last().map(String::as_str),
                        Some(name),
                        "grouped by name"
                    );
                }
                continue;
            };
            told.push(head.split(' ').next().unwrap().to_owned());
        }
        let mut once = told.clone();
        once.dedup();
        assert_eq!(once, told);
        assert_eq!(told.len(), 6);
    }

    #[test]
    fn an_age_goes_on_rising() {
        let since = Timestamp::EPOCH;
        for (days, secs) in [(0, 0.25), (49, 4_233_600.25), (5_000, 432_000_000.25)] {
            let micros = days * 86_400_000_000 + 250_000;
            let now = since.checked_add_micros(micros).unwrap();
            assert!((secs_since(since, now) - secs).abs() < 0.000_1, "{days}");
        }
        let later = since.checked_add_micros(1).unwrap();
        assert!(secs_since(later, since).abs() < f64::EPSILON);
    }

    #[test]
    fn what_a_handle_did_is_told_number_by_number() {
        let text = prometheus_stats(&Stats {
            committed: 1,
            replans: 2,
            recalled: 3,
            asked: 4,
            commits_waiting: 5,
            reads_waiting: 6,
        });
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let wanted = [
            "oms_committed_total 1",
            "oms_replans_total 2",
            r#"oms_looks_total{at="memory"} 3"#,
            r#"oms_looks_total{at="store"} 4"#,
            r#"oms_calls_waiting{way="commit"} 5"#,
            r#"oms_calls_waiting{way="read"} 6"#,
        ];
        assert_eq!(samples, wanted);
    }
}
