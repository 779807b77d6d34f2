//! When to try again.

use crate::value::JobId;

const MICROS_PER_SEC: u64 = 1_000_000;

/// When an attempt that failed is repeated: after a pause that doubles each time, up to a longest
/// one, less a share of chance so that jobs that failed together do not come back together.
///
/// The chance follows from the id of the job and the attempt, so the same failure has the same
/// pause on every machine and in every replay.
///
/// ```
/// use oms_core::job::RetryPolicy;
/// use oms_core::value::JobId;
/// use uuid::Uuid;
///
/// let policy = RetryPolicy { first_secs: 10, longest_secs: 60, jitter_percent: 0 };
/// let id = JobId::from_uuid(Uuid::from_u128(1));
/// let pauses = [1, 2, 3, 4, 50].map(|attempt| policy.pause_micros(id, attempt) / 1_000_000);
/// assert_eq!(pauses, [10, 20, 40, 60, 60]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pause after the first attempt, in seconds.
    pub first_secs: u32,
    /// The longest pause, in seconds.
    pub longest_secs: u32,
    /// Up to how much of a pause is left out, in percent; more than 100 counts as 100.
    pub jitter_percent: u8,
}

impl Default for RetryPolicy {
    /// 5 s, doubling, at most an hour, up to a half of it left out.
    fn default() -> Self {
        Self {
            first_secs: 5,
            longest_secs: 3_600,
            jitter_percent: 50,
        }
    }
}

impl RetryPolicy {
    /// The pause after attempt number `attempt` (from 1) of a job failed, in microseconds.
    #[must_use]
    pub fn pause_micros(&self, id: JobId, attempt: u16) -> u64 {
        let doublings = u32::from(attempt.saturating_sub(1)).min(32);
        let first = u64::from(self.first_secs);
        let secs = first
            .saturating_mul(1_u64 << doublings)
            .min(u64::from(self.longest_secs));
        let whole = secs.saturating_mul(MICROS_PER_SEC);
        let percent = u64::from(self.jitter_percent.min(100));
        // At most 2^32 s in microseconds, times 100, fits 64 bits.
        let share = whole.saturating_mul(percent) / 100;
        whole.saturating_sub(below(chance(id, attempt), share))
    }
}

/// A number from 0 to `most`, evenly, from an even number of 64 bits.
fn below(number: u64, most: u64) -> u64 {
    let wide = u128::from(number) * (u128::from(most) + 1);
    u64::try_from(wide >> 64).unwrap_or(most)
}

/// Even bits from a job and an attempt: the finaliser of SplitMix64 (Sebastiano Vigna,
/// <https://prng.di.unimi.it/splitmix64.c>) over both halves of the id.
fn chance(id: JobId, attempt: u16) -> u64 {
    let (high, low) = id.as_uuid().as_u64_pair();
    mixed(mixed(high.wrapping_add(u64::from(attempt))) ^ low)
}

const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
