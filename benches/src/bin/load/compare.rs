//! Contenders that are measured in turns, and the rows that come of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::Failure;
use crate::measure::{Sample, Side, best, median, per, run};

/// A side is warm after so long at most.
const WARM_UP_MAX: Duration = Duration::from_millis(500);

/// One that is measured beside others.
#[derive(Clone)]
pub(crate) struct Contender {
    /// Library, one, batch: the name of the row.
    pub(crate) side: &'static str,
    /// How it works, for people.
    pub(crate) how: String,
    /// How many call it at once.
    pub(crate) callers: usize,
    /// The work.
    pub(crate) work: Arc<dyn Side>,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Of the scenario.
    pub(crate) scenario: String,
    /// Library, one, batch and so on.
    pub(crate) side: &'static str,
    /// How it works.
    pub(crate) how: String,
    /// Callers of the library; a ceiling of batches has its own number.
    pub(crate) callers: usize,
    /// The median of the repeats.
    pub(crate) orders_per_second: f64,
    /// Of each repeat.
    pub(crate) rates: Vec<f64>,
    /// Latency of a call, the median of the repeats.
    pub(crate) p50_ms: f64,
    /// As above.
    pub(crate) p99_ms: f64,
    /// The longest of all.
    pub(crate) max_ms: f64,
    /// The rate divided by that of `one`.
    pub(crate) to_one: Option<f64>,
    /// The rate divided by that of `batch`.
    pub(crate) to_batch: Option<f64>,
    /// The rate divided by that of `bounded`.
    pub(crate) to_bounded: Option<f64>,
    /// The rate divided by that of `batch50`.
    pub(crate) to_batch50: Option<f64>,
    /// What went wrong, and how often.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Measures every contender so often, in turns; the samples stand as the contenders do. Before that
/// each works for as long once, so that statements are prepared and what can be remembered is, and
/// before each of its turns for a moment, because the others worked in between.
pub(crate) async fn in_turns(
    contenders: &[Contender],
    repeats: u32,
    span: Duration,
) -> Result<Vec<Vec<Sample>>, Failure> {
    for contender in contenders {
        run(&contender.work, contender.callers, span).await?;
    }
    let mut samples = vec![Vec::new(); contenders.len()];
    for _ in 0..repeats {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(warm(&contender.work, contender.callers, span).await?);
        }
    }
    Ok(samples)
}

/// Measures one turn, after a part of its length that does not count.
pub(crate) async fn warm(
    work: &Arc<dyn Side>,
    callers: usize,
    span: Duration,
) -> Result<Sample, Failure> {
    run(work, callers, (span / 8).min(WARM_UP_MAX)).await?;
    run(work, callers, span).await
}

/// The fastest of the candidates in a short run of each.
pub(crate) async fn fastest(
    candidates: Vec<Contender>,
    span: Duration,
) -> Result<Contender, Failure> {
    let mut rates = Vec::new();
    for candidate in &candidates {
        // Statements are prepared and planned before it counts.
        run(&candidate.work, candidate.callers, span / 4).await?;
        let sample = run(&candidate.work, candidate.callers, span).await?;
        rates.push(sample.rate());
    }
    let place = best(&rates).ok_or("no candidates")?;
    let fastest = candidates.into_iter().nth(place);
    Ok(fastest.ok_or("no candidates")?)
}

/// The rows of contenders that were measured in turns.
pub(crate) fn rows(
    scenario: &str,
    callers: usize,
    contenders: &[Contender],
    samples: &[Vec<Sample>],
) -> Vec<Row> {
    let rates = |side: &str| {
        let place = contenders.iter().position(|c| c.side == side)?;
        let samples = samples.get(place)?;
        Some(samples.iter().map(Sample::rate).collect::<Vec<f64>>())
    };
    let [one, batch, bounded, batch50] = ["one", "batch", "bounded", "batch50"].map(rates);
    let row = |(contender, samples): (&Contender, &Vec<Sample>)| {
        let rates: Vec<f64> = samples.iter().map(Sample::rate).collect();
        let mut errors = BTreeMap::new();
        for (why, count) in samples.iter().flat_map(|sample| &sample.record.errors) {
            *errors.entry(why.clone()).or_default() += count;
        }
        Row {
            scenario: scenario.to_owned(),
            side: contender.side,
            how: contender.how.clone(),
            callers,
            orders_per_second: median(rates.iter().copied()),
            p50_ms: median(samples.iter().map(|sample| sample.percentile(50.0))),
            p99_ms: median(samples.iter().map(|sample| sample.percentile(99.0))),
            max_ms: samples.iter().map(Sample::longest).fold(0.0, f64::max),
            to_one: one.as_deref().map(|one| ratio(&rates, one)),
            to_batch: batch.as_deref().map(|batch| ratio(&rates, batch)),
            to_bounded: bounded.as_deref().map(|batch| ratio(&rates, batch)),
            to_batch50: batch50.as_deref().map(|batch| ratio(&rates, batch)),
            rates,
            errors,
        }
    };
    contenders.iter().zip(samples).map(row).collect()
}

/// The median of the ratios of each repeat: both of one repeat met the same machine, so their ratio
/// is steadier than their rates.
pub(crate) fn ratio(rates: &[f64], to: &[f64]) -> f64 {
    median(rates.iter().zip(to).map(|(rate, to)| per(*rate, *to)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use async_trait::async_trait;

    use super::*;
    use crate::measure::Record;

    /// Handles so many orders per millisecond.
    struct Steady(u64);

    #[async_trait]
    impl Side for Steady {
        async fn work(&self, _caller: usize, record: &mut Record) {
            let began = Instant::now();
            tokio::time::sleep(Duration::from_millis(1)).await;
            record.call(began, Ok::<_, String>(()));
            record.orders += self.0;
        }
    }

    fn contender(side: &'static str, orders: u64) -> Contender {
        Contender {
            side,
            how: String::new(),
            callers: 2,
            work: Arc::new(Steady(orders)),
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn the_fastest_candidate_is_taken() {
        let candidates = vec![contender("a", 1), contender("b", 1_000), contender("c", 2)];
        let fastest = block_on(fastest(candidates, Duration::from_millis(20)));
        assert_eq!(fastest.unwrap().side, "b");
    }

    #[test]
    fn ratios_are_those_of_each_repeat() {
        assert_eq!(ratio(&[10.0, 20.0, 90.0], &[10.0, 10.0, 10.0]), 2.0);
        let contenders = [contender("library", 1), contender("one", 100_000)];
        let samples = block_on(in_turns(&contenders, 2, Duration::from_millis(10))).unwrap();
        let rows = rows("uniform", 8, &contenders, &samples);
        assert_eq!(rows[0].rates.len(), 2);
        assert!(rows[0].to_one.unwrap() < 0.5);
        assert_eq!(rows[1].to_one, Some(1.0));
        assert_eq!((rows[0].to_batch, rows[0].callers), (None, 8));
    }
}
