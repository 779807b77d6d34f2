//! The machine: what to ask, and what an answer changes.

use std::collections::BTreeSet;

use crate::channel::outbound::{RetryWhy, Throttle};
use crate::channel::sync::state::Window;
use crate::channel::sync::{
    Arrival, Fetch, PageItem, PageProblem, SyncPage, SyncSettings, SyncSettingsError, SyncState,
    arrival,
};
use crate::value::Timestamp;

const MICROS_PER_SEC: i64 = 1_000_000;
/// Most pages of one pass: half a million orders at 50 a page.
const PAGES_MAX: u32 = 10_000;
/// The longest pause that a channel can ask for, in seconds: a day.
const ASKED_MAX_SECS: u32 = 86_400;

/// Walks a channel's changes. See the [channel guide](crate::docs::channel_guide).
///
/// ```
/// use oms_core::channel::{PageItem, SyncKind, SyncPage, SyncSettings, SyncState};
/// use oms_core::channel::{SyncStep, SyncWalk};
/// use oms_core::value::{ExternalId, Timestamp};
/// let now = Timestamp::parse_rfc3339("2026-11-20T10:00:00Z")?;
/// let from = Timestamp::parse_rfc3339("2026-11-20T09:00:00Z")?;
/// let state = SyncState::new(SyncKind::Orders, from);
/// let mut sync = SyncWalk::new(SyncSettings::new(SyncKind::Orders), state)?;
/// let SyncStep::Fetch(fetch) = sync.next(now) else { panic!("something to fetch") };
/// let item = PageItem { id: Some(ExternalId::parse("1001")?), changed_at: Some(from) };
/// let taken = sync.page(now, &fetch, &SyncPage::last(vec![item]));
/// assert_eq!(taken.fresh, [0]);
/// // Store the orders at `fresh`, then save the state.
/// let saved = serde_json::to_string(sync.state())?;
/// let again = SyncWalk::new(SyncSettings::new(SyncKind::Orders), serde_json::from_str(&saved)?)?;
/// assert_eq!(again.state(), sync.state());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SyncWalk {
    settings: SyncSettings,
    state: SyncState,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncStep {
    /// Nothing before this time. Hosts with many syncs add a little chance of their own.
    Wait {
        /// The time.
        until: Timestamp,
    },
    /// Ask the channel for this page.
    Fetch(Fetch),
}

/// What a page brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Places in the page of items not handed on before: store these, then save the state.
    pub fresh: Vec<usize>,
    /// Items known already.
    pub repeated: usize,
    /// The answer was to another question and changed nothing.
    pub stale: bool,
    /// The window is whole, and everything changed before its end was taken.
    pub window_done: bool,
    /// The pass was not whole and is walked again.
    pub rerun: bool,
}

impl SyncWalk {
    /// Walks on from a state, new or saved.
    ///
    /// # Errors
    /// [`SyncSettingsError`].
    pub fn new(settings: SyncSettings, state: SyncState) -> Result<Self, SyncSettingsError> {
        match settings.check() {
            Ok(()) => Ok(Self { settings, state }),
            Err(problem) => Err(problem),
        }
    }

    /// What is to be saved.
    #[must_use]
    pub const fn state(&self) -> &SyncState {
        &self.state
    }

    /// What to do now. Asking again without an answer in between asks the same question.
    ///
    /// Where the clock here was ahead before, by more than windows overlap, the sync goes back to
    /// the newest change that the channel told of by then; where it told of none, to the start.
    #[must_use]
    pub fn next(&mut self, now: Timestamp) -> SyncStep {
        self.come_back(now);
        if now < self.state.not_before {
            let until = self.state.not_before;
            return SyncStep::Wait { until };
        }
        if self.state.window.is_none() {
            match self.open(now) {
                Ok(window) => self.state.window = Some(window),
                Err(until) => return SyncStep::Wait { until },
            }
        }
        if let Some(window) = self.state.window.as_mut() {
            window.began.get_or_insert(now);
        }
        match self.question() {
            Some(fetch) => SyncStep::Fetch(fetch),
            None => SyncStep::Wait { until: now },
        }
    }

    /// Takes back what was noted while the clock here was ahead by more than windows overlap: else
    /// nothing is asked before that time, and what changes until then is passed over. All up to the
    /// newest change that was heard of was taken, but for what a second window of such a clock left
    /// out at its beginning; where that change is still to come, it is the clock that is behind.
    fn come_back(&mut self, now: Timestamp) {
        let (settings, state) = (&self.settings, &mut self.state);
        let Some(heard) = state.heard.filter(|heard| *heard <= now) else {
            return;
        };
        let latest = later(now, settings.overlap_secs);
        let is_ahead =
            |window: &Window| window.to > latest || window.began.is_some_and(|at| at > latest);
        let window = state.window.as_ref().is_some_and(is_ahead);
        if window {
            state.window = None;
            state.ticket = state.ticket.saturating_add(1);
        }
        let done = state.done_until > latest;
        if done {
            state.done_until = heard;
        }
        let pauses = [settings.freeze_secs, settings.backoff_max_secs];
        let longest = pauses.into_iter().fold(ASKED_MAX_SECS, Ord::max);
        if window || done || state.not_before > later(now, longest) {
            state.not_before = Ord::min(state.not_before, now);
        }
    }

    fn open(&self, now: Timestamp) -> Result<Window, Timestamp> {
        let settings = &self.settings;
        let done = self.state.done_until;
        let rest = later(Timestamp::EPOCH, settings.lag_secs).micros();
        let edge = now.checked_add_micros(-rest).unwrap_or(Timestamp::EPOCH);
        let to = Ord::min(later(done, settings.window_secs), edge);
        if to <= done {
            // At least a second later, or a clock that stands still would spin.
            let due = later(later(done, settings.lag_secs), 1);
            return Err(Ord::max(due, later(now, 1)));
        }
        let back = i64::from(settings.overlap_secs);
        let from = done.checked_add_secs(-back).unwrap_or(Timestamp::EPOCH);
        Ok(Window {
            from,
            to,
            page: None,
            total: None,
            moved: false,
            pass: BTreeSet::new(),
            before: None,
            began: None,
            nameless: 0,
            pages: 0,
            reruns: 0,
            newest: to == edge,
        })
    }

    fn question(&self) -> Option<Fetch> {
        let window = self.state.window.as_ref()?;
        Some(Fetch {
            kind: self.settings.kind,
            from: window.from,
            to: window.to,
            page: window.page.clone(),
            items: self.settings.page_items,
            scope: self.settings.scope.clone(),
            ticket: self.state.ticket,
        })
    }

    /// Takes a page. An answer to any other question than the present one changes nothing.
    ///
    /// Store what is fresh, then save the [state](Self::state). If storing fails, forget this
    /// machine and go on from the state saved last.
    pub fn page(&mut self, now: Timestamp, fetch: &Fetch, page: &SyncPage) -> Taken {
        if self.question().as_ref() != Some(fetch) {
            return Taken {
                stale: true,
                ..Taken::default()
            };
        }
        let mut taken = Taken::default();
        for (place, item) in page.items.iter().enumerate() {
            if self.is_fresh(item) {
                taken.fresh.push(place);
            } else {
                taken.repeated = taken.repeated.saturating_add(1);
            }
        }
        let heard = page.items.iter().filter_map(|item| item.changed_at);
        let heard = heard.filter(|at| *at <= now).max();
        self.state.heard = Ord::max(self.state.heard, heard);
        self.state.failures = 0;
        self.state.ticket = self.state.ticket.saturating_add(1);
        let Some(window) = self.state.window.as_mut() else {
            return taken;
        };
        window.pages = window.pages.saturating_add(1);
        if page.total.is_some() {
            let ids = page.items.iter().filter_map(|item| item.id.clone());
            window.pass.extend(ids);
            let nameless = page.items.iter().filter(|item| item.id.is_none()).count();
            let nameless = u64::try_from(nameless).unwrap_or(u64::MAX);
            window.nameless = window.nameless.saturating_add(nameless);
            window.moved |= window.total.is_some_and(|total| Some(total) != page.total);
            window.total = page.total;
        }
        match &page.next {
            // A page that names itself as the next one has no end, and a circle of pages neither.
            Some(next) if window.page.as_ref() == Some(next) || window.pages >= PAGES_MAX => {
                taken.rerun = true;
                self.rerun(now);
            }
            Some(next) => window.page = Some(next.clone()),
            None if window.is_whole() && window.is_proven(self.settings.overlap_secs) => {
                taken.window_done = true;
                self.close(now);
            }
            None if window.is_whole() && window.before.is_none() => {
                taken.rerun = true;
                window.before = Some(window.pass.clone());
                window.begin_again();
                self.state.ticket = self.state.ticket.saturating_add(1);
            }
            None => {
                taken.rerun = true;
                self.rerun(now);
            }
        }
        taken
    }

    fn is_fresh(&mut self, item: &PageItem) -> bool {
        let Some((id, at)) = item.id.as_ref().zip(item.changed_at) else {
            return true;
        };
        let known = self.state.handed.get(id).copied();
        if arrival(known, Some(at)) == Arrival::New {
            self.state.handed.insert(id.clone(), at);
            return true;
        }
        false
    }

    /// The window is whole: the next one begins where it ends, less the overlap.
    fn close(&mut self, now: Timestamp) {
        let Some(window) = self.state.window.take() else {
            return;
        };
        let overlap = i64::from(self.settings.overlap_secs);
        self.state.done_until = Ord::max(self.state.done_until, window.to);
        let kept = self.state.done_until.checked_add_secs(-overlap);
        let kept = kept.unwrap_or(Timestamp::EPOCH);
        self.state.handed.retain(|_, at| *at >= kept);
        if window.newest {
            self.state.not_before = later(now, self.settings.freeze_secs);
        }
    }

    /// Walks the window again from its start; half of it when it will not hold still.
    fn rerun(&mut self, now: Timestamp) {
        let done = self.state.done_until;
        let Some(window) = self.state.window.as_mut() else {
            return;
        };
        window.before = None;
        window.begin_again();
        window.reruns = window.reruns.saturating_add(1);
        let half = window.to.micros_since(done) / 2;
        if half >= MICROS_PER_SEC {
            window.to = done.checked_add_micros(half).unwrap_or(window.to);
            window.newest = false;
        }
        let reruns = window.reruns;
        self.state.ticket = self.state.ticket.saturating_add(1);
        if reruns > 1 {
            self.state.not_before = later(now, self.backoff(reruns));
        }
    }

    /// Takes a failure: the same question is asked again, later. A failure of another question
    /// than the present one changes nothing.
    pub fn failed(&mut self, now: Timestamp, fetch: &Fetch, problem: &PageProblem) {
        if self.question().as_ref() != Some(fetch) {
            return;
        }
        self.state.failures = self.state.failures.saturating_add(1);
        let pause = self.backoff(self.state.failures);
        let pause = match problem {
            PageProblem::Retry(Throttle { wait_secs, .. }) => {
                let asked = wait_secs.unwrap_or(0);
                let asked = u32::try_from(asked).unwrap_or(u32::MAX);
                Ord::max(pause, Ord::min(asked, ASKED_MAX_SECS))
            }
            PageProblem::Restart => {
                self.rerun(now);
                pause
            }
            // A person may mend it at any time, so it is asked again, seldom.
            PageProblem::Refused(_) | PageProblem::Unreadable(_) => self.settings.backoff_max_secs,
        };
        self.state.not_before = Ord::max(self.state.not_before, later(now, pause));
    }

    /// Takes an answer that never came.
    pub fn lost(&mut self, now: Timestamp, fetch: &Fetch) {
        let throttle = Throttle {
            why: RetryWhy::Unavailable,
            wait_secs: None,
        };
        self.failed(now, fetch, &PageProblem::Retry(throttle));
    }

    /// The first pause, doubled with each further failure, up to the longest.
    fn backoff(&self, failures: u32) -> u32 {
        let doublings = Ord::min(failures.saturating_sub(1), 20);
        let pause = self.settings.backoff_secs.saturating_mul(1 << doublings);
        Ord::min(pause, self.settings.backoff_max_secs)
    }
}

impl Window {
    fn begin_again(&mut self) {
        self.page = None;
        self.total = None;
        self.moved = false;
        self.pass.clear();
        self.began = None;
        self.nameless = 0;
        self.pages = 0;
    }

    /// True when no item can have been skipped. Where pages are counted off, one that leaves the
    /// window pulls the others forward, and one that enters keeps the number as it was. So a pass
    /// of several pages must see the same items twice; unless all of the window was indexed when
    /// it began, so that none can enter.
    fn is_proven(&self, overlap_secs: u32) -> bool {
        let indexed = later(self.to, overlap_secs);
        self.total.is_none()
            || self.pages <= 1
            || self.began.is_some_and(|began| began >= indexed)
            || self.before.as_ref() == Some(&self.pass)
    }

    /// True when the pass saw as many items as there are, and that number held still.
    fn is_whole(&self) -> bool {
        let seen = u64::try_from(self.pass.len()).unwrap_or(u64::MAX);
        let seen = seen.saturating_add(self.nameless);
        !self.moved && self.total.is_none_or(|total| seen >= total)
    }
}

fn later(at: Timestamp, secs: u32) -> Timestamp {
    at.checked_add_secs(i64::from(secs))
        .unwrap_or(Timestamp::MAX)
}
