//! Callers that call until the time is over, and what was seen of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hdrhistogram::Histogram;

use crate::Failure;

/// The longest latency that is told apart, in microseconds: one minute.
const LONGEST_US: u64 = 60_000_000;
/// How much of the text of an error is kept.
const ERROR_CHARS: usize = 100;
/// How many errors are told apart: some name what failed, so each has a text of its own.
const ERRORS_MAX: usize = 20;
/// What all others are called.
const OTHERS: &str = "something else";

/// Something that is called by many at once.
#[async_trait]
pub(crate) trait Side: Send + Sync {
    /// One piece of work of that caller, counted in the record.
    async fn work(&self, caller: usize, record: &mut Record);
}

/// What callers counted.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Latency of each call that succeeded, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// Orders that were handled.
    pub(crate) orders: u64,
    /// What went wrong, and how often.
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Record {
    /// Nothing yet.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            latency: Histogram::new_with_bounds(1, LONGEST_US, 3)?,
            orders: 0,
            errors: BTreeMap::new(),
        })
    }

    /// A call ended, and this is what became of it.
    pub(crate) fn call<T, E: ToString>(&mut self, began: Instant, done: Result<T, E>) -> Option<T> {
        match done {
            Ok(value) => {
                let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(LONGEST_US);
                self.latency.saturating_record(micros);
                Some(value)
            }
            Err(why) => {
                self.fail(&why);
                None
            }
        }
    }

    /// Something went wrong; only the beginning of the text tells one failure from another.
    pub(crate) fn fail<E: ToString>(&mut self, why: &E) {
        let kind: String = why.to_string().chars().take(ERROR_CHARS).collect();
        self.failed(kind, 1);
    }

    /// So many calls failed for that reason.
    pub(crate) fn failed(&mut self, why: String, count: u64) {
        let told_apart = self.errors.len() < ERRORS_MAX || self.errors.contains_key(&why);
        let why = if told_apart { why } else { OTHERS.to_owned() };
        *self.errors.entry(why).or_default() += count;
    }

    /// What was counted, if any call succeeded.
    ///
    /// # Errors
    /// Where every call failed, as on a server that is gone: such a rate is none.
    pub(crate) fn measured(self) -> Result<Self, Failure> {
        let failed: u64 = self.errors.values().sum();
        match self.errors.first_key_value() {
            Some((why, _)) if self.latency.is_empty() => {
                Err(format!("all of {failed} calls failed: {why}").into())
            }
            Some(_) | None => Ok(self),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Failure> {
        self.latency.add(&other.latency)?;
        self.orders += other.orders;
        for (why, count) in &other.errors {
            self.failed(why.clone(), *count);
        }
        Ok(())
    }
}

/// One measurement.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// What the callers counted.
    pub(crate) record: Record,
    /// From the first call to the end of the last.
    pub(crate) elapsed: Duration,
}

impl Sample {
    /// Orders per second.
    pub(crate) fn rate(&self) -> f64 {
        per(float(self.record.orders), self.elapsed.as_secs_f64())
    }

    /// A latency in milliseconds: so many percent of the calls were as fast or faster.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        float(self.record.latency.value_at_percentile(percent)) / 1e3
    }

    /// The longest latency, in milliseconds.
    pub(crate) fn longest(&self) -> f64 {
        float(self.record.latency.max()) / 1e3
    }
}

/// Lets so many callers work for so long.
pub(crate) async fn run(
    side: &Arc<dyn Side>,
    callers: usize,
    span: Duration,
) -> Result<Sample, Failure> {
    let began = Instant::now();
    run_while(side, callers, move |_| began.elapsed() < span).await
}

/// Lets so many callers work until none of them finds anything to do.
pub(crate) async fn drain(side: &Arc<dyn Side>, callers: usize) -> Result<Sample, Failure> {
    run_while(side, callers, |done| done != Some(0)).await
}

/// Lets each caller go on while `more` says so of the orders that its last piece of work handled,
/// if there was one.
async fn run_while(
    side: &Arc<dyn Side>,
    callers: usize,
    more: impl Fn(Option<u64>) -> bool + Copy + Send + 'static,
) -> Result<Sample, Failure> {
    let began = Instant::now();
    let mut running = Vec::with_capacity(callers);
    for caller in 0..callers {
        let side = side.clone();
        let mut record = Record::new()?;
        running.push(tokio::spawn(async move {
            let mut done = None;
            while more(done) {
                let before = record.orders;
                side.work(caller, &mut record).await;
                done = Some(record.orders - before);
            }
            record
        }));
    }
    let mut record = Record::new()?;
    for task in running {
        record.add(&task.await?)?;
    }
    let elapsed = began.elapsed();
    Ok(Sample {
        record: record.measured()?,
        elapsed,
    })
}

/// The middle value; of an even number the upper one of the two. Not a number where there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Where the largest value is.
pub(crate) fn best(values: &[f64]) -> Option<usize> {
    let largest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    largest.map(|(place, _)| place)
}

/// As a float; exact for every count that a run can reach.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below 2^53, and these are figures for people"
)]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// A quotient; not a number where there is nothing to divide by.
pub(crate) fn per(value: f64, by: f64) -> f64 {
    if by > 0.0 { value / by } else { f64::NAN }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0]), 4.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_best_is_the_largest() {
        assert_eq!(best(&[1.0, 7.0, 3.0]), Some(1));
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert!(per(1.0, 0.0).is_nan());
        assert_eq!(per(3.0, 2.0), 1.5);
    }

    /// Every third call fails, the others handle two orders each.
    struct Odd;

    #[async_trait]
    impl Side for Odd {
        async fn work(&self, caller: usize, record: &mut Record) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let done = if caller.is_multiple_of(3) {
                Err("refused")
            } else {
                Ok(())
            };
            if record.call(Instant::now(), done).is_some() {
                record.orders += 2;
            }
        }
    }

    #[test]
    fn calls_are_counted_and_errors_are_kept() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_time()
            .build()
            .unwrap();
        let side: Arc<dyn Side> = Arc::new(Odd);
        let sample = runtime.block_on(run(&side, 3, Duration::from_millis(20)));
        let sample = sample.unwrap();
        assert_eq!(sample.record.orders, sample.record.latency.len() * 2);
        assert!(sample.record.orders > 0);
        assert!(sample.record.errors["refused"] > 0);
        assert!(sample.rate() > 0.0);
        assert!(sample.percentile(50.0) <= sample.longest());
    }

    /// Is gone.
    struct Gone;

    #[async_trait]
    impl Side for Gone {
        async fn work(&self, _caller: usize, record: &mut Record) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            record.fail(&"nobody answers");
        }
    }

    #[test]
    fn a_run_without_a_call_that_succeeded_is_no_measurement() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_time()
            .build()
            .unwrap();
        let side: Arc<dyn Side> = Arc::new(Gone);
        let error = runtime.block_on(run(&side, 2, Duration::from_millis(10)));
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("calls failed: nobody answers"), "{error}");
    }

    #[test]
    fn errors_that_name_what_failed_do_not_fill_the_memory() {
        let mut record = Record::new().unwrap();
        for number in 0..1_000 {
            record.fail(&format!("order {number} is gone"));
        }
        let mut sum = Record::new().unwrap();
        sum.add(&record).unwrap();
        for record in [record, sum] {
            assert_eq!(record.errors.len(), ERRORS_MAX + 1);
            assert_eq!(record.errors.values().sum::<u64>(), 1_000);
        }
    }
}
