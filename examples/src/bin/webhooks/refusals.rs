//! Lines of the log that strangers can cause: a few a minute, and then how many more there were.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines a minute. More would tell nothing new, fill a disk, and hold up whoever writes them; the
/// metrics count every refusal.
const LINES_MAX: u32 = 20;

/// What is called a minute.
const MINUTE: Duration = Duration::from_secs(60);

/// How many refusals were told lately.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    minute: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    began: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Refusals {
    /// Whether one more is to be told now; with it, how many were not since the last one.
    pub(crate) fn tell(&self, now: Instant) -> Option<u64> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |began: Instant| now.saturating_duration_since(began) >= MINUTE;
        if minute.began.is_none_or(over) {
            minute.began = Some(now);
            minute.told = 0;
        }
        if minute.told < LINES_MAX {
            minute.told += 1;
            return Some(mem::take(&mut minute.untold));
        }
        minute.untold += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LINES_MAX, Refusals};

    #[test]
    fn a_minute_has_so_many_lines_and_the_next_one_tells_of_the_rest() {
        let refusals = Refusals::default();
        let begun = Instant::now();
        for second in 0..LINES_MAX {
            let now = begun + Duration::from_secs(u64::from(second));
            assert_eq!(refusals.tell(now), Some(0));
        }
        for second in LINES_MAX..60 {
            let now = begun + Duration::from_secs(u64::from(second));
            assert_eq!(refusals.tell(now), None);
        }
        let later = begun + Duration::from_secs(60);
        let untold = u64::from(60 - LINES_MAX);
        assert_eq!(refusals.tell(later), Some(untold));
        assert_eq!(refusals.tell(later), Some(0));
    }
}
