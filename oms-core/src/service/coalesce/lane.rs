//! A lane: calls that arrive while one is on its way wait, and go together as the next one.
//!
//! Nothing is spawned and nothing waits for a timer. What is on its way is one future that all its
//! callers share, and so do those who wait behind it; whichever of them is polled drives it, so
//! none of them can stop it for the others, neither by being dropped nor by being kept without
//! being polled. When the last one is dropped, it is dropped with it, and the lane goes on.
//!
//! When a batch ends, whoever waits or calls again starts the next one, but where several went or
//! wait together it lets the others of its executor go first once. So all who were answered
//! together and call again go together again; otherwise every second batch would be theirs, and
//! half as large.

use std::collections::{HashMap, VecDeque};
use std::future::{poll_fn, ready};
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};

use super::seat::Seat;
use super::work::{Answer, Answered, Boxed, Weight, Work};
use crate::port::{Clock, StoreError};
use crate::value::{TenantId, Timestamp};

/// How long a call may wait before it is answered with [`StoreError::Busy`], and by which clock.
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) micros: i64,
}

/// Calls of any tenants, of which one batch is on its way at a time.
pub(super) struct Lane<W: Work> {
    work: W,
    limit: Weight,
    /// Of one tenant.
    waiting_max: usize,
    patience: Option<Patience>,
    state: Mutex<State<W>>,
}

struct State<W: Work> {
    running: Running<W::Answer>,
    /// How many went together last.
    together: usize,
    /// Who found nothing to drive for the moment: woken when that has changed.
    idle: Vec<Waker>,
    /// Tenants with waiting calls, in the order in which they take their turns.
    turns: VecDeque<TenantId>,
    calls: HashMap<TenantId, VecDeque<Waiting<W>>>,
}

impl<W: Work> State<W> {
    /// True where several wait that may go together, or were answered together and may be about to
    /// call again. Where tenants do not go together, it does not matter how many of them wait.
    fn has_company(&self, tenants_max: usize) -> bool {
        let next = self.turns.iter().take(tenants_max);
        let calls = next.filter_map(|tenant| self.calls.get(tenant));
        self.together > 1 || calls.map(VecDeque::len).take(2).sum::<usize>() > 1
    }
}

enum Running<A: Send + 'static> {
    Nothing,
    /// A batch that is about to go on its way.
    Starting,
    /// The lane holds on to nothing: a batch that all have left ends.
    Riding(WeakShared<Boxed<Answers<A>>>),
}

struct Waiting<W: Work> {
    request: W::Request,
    weight: Weight,
    seat: Arc<Seat<W::Answer>>,
    /// Where the lane has a clock.
    since: Option<Timestamp>,
}

/// Calls that go together, by tenant.
type Batch<W> = Vec<(TenantId, Vec<Waiting<W>>)>;

/// What a caller that waits finds before it.
enum Ahead<A: Send + 'static> {
    /// Nothing, so it is free to start the next batch.
    Free,
    /// Nothing, but it has company, and has not stood back yet.
    Crowded,
    /// A batch that has not set out yet, or whose callers all left: the caller is woken when the
    /// lane is free.
    Between,
    Riding(Ride<A>),
}

type Answers<A> = Answer<Arc<Vec<Mutex<Option<Answer<A>>>>>>;
/// What is on its way, as all who are part of it and who wait behind it share it.
pub(super) type Ride<A> = Shared<Boxed<Answers<A>>>;

impl<W: Work> Lane<W> {
    pub(super) fn new(
        work: W,
        limit: Weight,
        waiting_max: usize,
        patience: Option<Patience>,
    ) -> Arc<Self> {
        let state = State {
            running: Running::Nothing,
            together: 0,
            idle: Vec::new(),
            turns: VecDeque::new(),
            calls: HashMap::new(),
        };
        Arc::new(Self {
            work,
            limit,
            waiting_max,
            patience,
            state: Mutex::new(state),
        })
    }

    fn tenants_max(&self) -> usize {
        self.work.tenants_max().max(1)
    }

    fn now(&self) -> Option<Timestamp> {
        let patience = self.patience.as_ref();
        patience.map(|patience| patience.clock.now())
    }

    /// True of a call that waited for too long.
    fn is_late(&self, since: Option<Timestamp>, now: Option<Timestamp>) -> bool {
        let waited = now.zip(since);
        let waited = waited.map_or(0, |(now, since)| now.micros_since(since));
        self.patience.as_ref().is_some_and(|p| waited > p.micros)
    }

    /// How many calls wait, without those whose callers left.
    pub(super) fn waiting(&self) -> usize {
        let state = locked(&self.state);
        let calls = state.calls.values().flatten();
        calls.filter(|waiting| !waiting.seat.is_left()).count()
    }

    /// Answers a request, together with others if there are any.
    pub(super) async fn call(
        self: &Arc<Self>,
        tenant: &TenantId,
        request: W::Request,
        weight: Weight,
    ) -> Answer<W::Answer> {
        let since = self.now();
        let seat = Arc::new(Seat::new());
        let mut caller = Caller {
            seat: seat.clone(),
            since,
            ahead: None,
            stood_back: false,
        };
        let waiting = Waiting {
            request,
            weight,
            seat,
            since,
        };
        self.queue(tenant, waiting)?;
        let (ride, place) = poll_fn(|context| self.poll(&mut caller, context)).await?;
        let answers = ride.await?;
        let answer = answers.get(place).and_then(|answer| locked(answer).take());
        // Each place belongs to one caller, so its answer is there.
        answer.unwrap_or_else(|| Err(lost()))
    }

    /// Waits for the ride of a caller, and meanwhile drives the one that is ahead of it. Where that
    /// is held up, a caller that waited for too long leaves once it is polled for any reason.
    fn poll(
        self: &Arc<Self>,
        caller: &mut Caller<W::Answer>,
        context: &mut Context<'_>,
    ) -> Poll<Answer<(Ride<W::Answer>, usize)>> {
        loop {
            if let Poll::Ready(found) = caller.seat.poll(context) {
                caller.ahead = None;
                return Poll::Ready(Ok(found));
            }
            if self.is_late(caller.since, self.now()) && caller.seat.leave() {
                return Poll::Ready(Err(too_late()));
            }
            if caller.ahead.is_none() {
                match self.on_its_way(caller.stood_back, context) {
                    Ahead::Free => {
                        self.start();
                        continue;
                    }
                    Ahead::Crowded => caller.stood_back = true,
                    Ahead::Between => {}
                    Ahead::Riding(ride) => {
                        caller.ahead = Some(ride);
                        caller.stood_back = false;
                    }
                }
            }
            let Some(ahead) = &mut caller.ahead else {
                return Poll::Pending;
            };
            if ahead.poll_unpin(context).is_pending() {
                return Poll::Pending;
            }
            caller.ahead = None;
        }
    }

    /// What a caller finds before it. Where it finds nothing to do, it is woken when it will.
    fn on_its_way(&self, stood_back: bool, context: &Context<'_>) -> Ahead<W::Answer> {
        let tenants_max = self.tenants_max();
        let mut state = locked(&self.state);
        let riding = match &state.running {
            Running::Nothing if stood_back || !state.has_company(tenants_max) => {
                return Ahead::Free;
            }
            Running::Nothing => {
                drop(state);
                context.waker().wake_by_ref();
                return Ahead::Crowded;
            }
            Running::Starting => None,
            Running::Riding(ride) => ride.upgrade(),
        };
        riding.map_or_else(
            || {
                state.idle.push(context.waker().clone());
                Ahead::Between
            },
            Ahead::Riding,
        )
    }

    /// Lets a call wait, unless too many of its tenant do. Nobody waits for the calls of another
    /// tenant to become fewer, and those whose callers left are forgotten first.
    fn queue(&self, tenant: &TenantId, waiting: Waiting<W>) -> Result<(), Arc<StoreError>> {
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        let calls = state.calls.entry(tenant.clone()).or_default();
        if calls.is_empty() {
            state.turns.push_back(tenant.clone());
        } else if calls.len() >= self.waiting_max {
            calls.retain(|waiting| !waiting.seat.is_left());
            if !calls.is_empty() && calls.len() >= self.waiting_max {
                let detail = format!("{} calls are waiting already", calls.len());
                return Err(Arc::new(StoreError::Busy { detail }));
            }
        }
        calls.push_back(waiting);
        Ok(())
    }

    /// Sends the next batch on its way, unless one is on its way already.
    fn start(self: &Arc<Self>) {
        let mut late = Vec::new();
        let next = self.next(&mut late);
        if !late.is_empty() {
            refuse(&late);
        }
        let Some(batch) = next else {
            return;
        };
        let release = Release(self.clone());
        let mut seats = Vec::new();
        let mut counts = Vec::with_capacity(batch.len());
        let mut parts = Vec::with_capacity(batch.len());
        for (tenant, calls) in batch {
            counts.push(calls.len());
            let (requests, taken): (Vec<_>, Vec<_>) = calls
                .into_iter()
                .map(|waiting| (waiting.request, waiting.seat))
                .unzip();
            seats.extend(taken);
            parts.push((tenant, requests));
        }
        // A panic would go through everybody who polls, also those whose calls still wait.
        let running = AssertUnwindSafe(self.work.run_each(parts)).catch_unwind();
        let ride = async move {
            let answered = running.await;
            drop(release);
            let answered = answered.map_err(|_| Arc::new(panicked()))?;
            let answers = each(&counts, answered);
            let kept = answers.into_iter().map(|answer| Mutex::new(Some(answer)));
            Ok(Arc::new(kept.collect()))
        };
        let ride: Ride<W::Answer> = (Box::pin(ride) as Boxed<_>).shared();
        let mut state = locked(&self.state);
        if let Some(weak) = ride.downgrade() {
            state.running = Running::Riding(weak);
        }
        let idle = mem::take(&mut state.idle);
        drop(state);
        idle.into_iter().for_each(Waker::wake);
        for (place, seat) in seats.iter().enumerate() {
            seat.take_along(&ride, place);
        }
    }

    /// The next batch: of the tenants whose turn it is, as much as may go together. Calls that
    /// waited for too long are put aside.
    fn next(&self, late: &mut Vec<Waiting<W>>) -> Option<Batch<W>> {
        let (now, tenants_max) = (self.now(), self.tenants_max());
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        match state.running {
            Running::Nothing => {}
            Running::Starting | Running::Riding(_) => return None,
        }
        let mut batch: Batch<W> = Vec::new();
        let (mut weight, mut together) = (Weight::default(), 0);
        // Each tenant has one turn.
        for _ in 0..state.turns.len() {
            if batch.len() >= tenants_max {
                break;
            }
            let Some(tenant) = state.turns.pop_front() else {
                break;
            };
            let calls = state.calls.entry(tenant.clone()).or_default();
            let (mut part, mut is_full) = (Vec::new(), false);
            while let Some(waiting) = calls.pop_front() {
                if waiting.seat.is_left() {
                    continue;
                }
                if self.is_late(waiting.since, now) {
                    late.push(waiting);
                    continue;
                }
                let heavier = weight.and(waiting.weight);
                if together > 0 && heavier.exceeds(self.limit) {
                    calls.push_front(waiting);
                    is_full = true;
                    break;
                }
                if waiting.seat.board() {
                    weight = heavier;
                    together += 1;
                    part.push(waiting);
                }
            }
            if calls.is_empty() {
                state.calls.remove(&tenant);
            } else if part.is_empty() {
                // There was no room left: the turn is still to come.
                state.turns.push_front(tenant.clone());
            } else {
                state.turns.push_back(tenant.clone());
            }
            if !part.is_empty() {
                batch.push((tenant, part));
            }
            if is_full {
                break;
            }
        }
        if batch.is_empty() {
            return None;
        }
        state.running = Running::Starting;
        state.together = together;
        Some(batch)
    }
}

/// The answer to each call, tenant by tenant.
fn each<A>(counts: &[usize], answered: Vec<Answered<A>>) -> Vec<Answer<A>> {
    let mut answered = answered.into_iter();
    let mut answers = Vec::with_capacity(counts.iter().sum());
    for count in counts {
        let upto = answers.len() + count;
        match answered.next() {
            Some(Ok(own)) => answers.extend(own.into_iter().take(*count)),
            Some(Err(error)) => {
                let error = Arc::new(error);
                answers.resize_with(upto, || Err(error.clone()));
            }
            None => {}
        }
        answers.resize_with(upto, || Err(lost()));
    }
    answers
}

/// Answers calls that waited for too long.
fn refuse<W: Work>(late: &[Waiting<W>]) {
    let answers: Boxed<Answers<W::Answer>> = Box::pin(ready(Err(too_late())));
    let answers = answers.shared();
    for waiting in late {
        waiting.seat.take_along(&answers, 0);
    }
}

/// Frees the lane when what is on its way has come to an end, or was dropped by everybody.
struct Release<W: Work>(Arc<Lane<W>>);

impl<W: Work> Drop for Release<W> {
    fn drop(&mut self) {
        // Who waits drives what ends here, and is woken by it, or is idle.
        let mut state = locked(&self.0.state);
        state.running = Running::Nothing;
        let idle = mem::take(&mut state.idle);
        drop(state);
        idle.into_iter().for_each(Waker::wake);
    }
}

/// A caller, for as long as it waits for its answer.
struct Caller<A: Send + 'static> {
    seat: Arc<Seat<A>>,
    /// Where the lane has a clock.
    since: Option<Timestamp>,
    /// What it drives while it waits.
    ahead: Option<Ride<A>>,
    /// Let others go first, since the lane was free.
    stood_back: bool,
}

impl<A: Send + 'static> Drop for Caller<A> {
    fn drop(&mut self) {
        self.seat.abandon();
    }
}

fn too_late() -> Arc<StoreError> {
    Arc::new(StoreError::Busy {
        detail: "the call waited too long for those before it".to_owned(),
    })
}

fn panicked() -> StoreError {
    StoreError::OutcomeUnknown {
        detail: "the store panicked".to_owned(),
        source: None,
    }
}

fn lost() -> Arc<StoreError> {
    Arc::new(StoreError::OutcomeUnknown {
        detail: "a call was left without its answer".to_owned(),
        source: None,
    })
}

/// What the lock guards is whole between any two statements, also after a panic.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
