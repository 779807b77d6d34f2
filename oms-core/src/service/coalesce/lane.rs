//! A lane: calls that arrive while one is on its way wait, and go together as the next one.
//!
//! Nothing is spawned and nothing waits for a timer. What is on its way is one future that all its
//! callers share; whichever of them is polled drives it, so none of them can stop it for the
//! others. When the last one is dropped, it is dropped with it, and the lane goes on.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::Shared;

use crate::port::StoreError;
use crate::value::TenantId;

/// An answer, with an error that all callers share.
pub(super) type Answer<A> = Result<A, Arc<StoreError>>;

/// A future that owns what it needs.
pub(super) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a lane does with calls that go together.
pub(super) trait Work: Send + Sync + 'static {
    /// What one caller asks.
    type Request: Send + 'static;
    /// What it is answered.
    type Answer: Send + 'static;

    /// Answers requests of one tenant, one by one in their order; an error is everybody's.
    fn run(
        &self,
        tenant: TenantId,
        requests: Vec<Self::Request>,
    ) -> Boxed<Result<Vec<Answer<Self::Answer>>, StoreError>>;
}

/// How much a request is, and how much may go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) items: usize,
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

impl Weight {
    const fn and(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            lines: self.lines.saturating_add(other.lines),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    const fn exceeds(self, limit: Self) -> bool {
        self.items > limit.items || self.lines > limit.lines || self.bytes > limit.bytes
    }
}

/// Calls of any tenants, of which one batch is on its way at a time.
pub(super) struct Lane<W: Work> {
    work: W,
    limit: Weight,
    waiting_max: usize,
    state: Mutex<State<W>>,
}

struct State<W: Work> {
    running: bool,
    waiting: usize,
    /// Tenants with waiting calls, in the order in which they take their turns.
    turns: VecDeque<TenantId>,
    calls: HashMap<TenantId, VecDeque<Waiting<W>>>,
}

struct Waiting<W: Work> {
    request: W::Request,
    weight: Weight,
    seat: Arc<Seat<W::Answer>>,
}

type Answers<A> = Answer<Arc<Vec<Mutex<Option<Answer<A>>>>>>;
type Ride<A> = Shared<Boxed<Answers<A>>>;

/// Where a caller finds what became of its call.
struct Seat<A: Send + 'static>(Mutex<Place<A>>);

enum Place<A: Send + 'static> {
    Waiting(Option<Waker>),
    /// On its way, as the so-manieth of those that go together.
    Riding(Ride<A>, usize),
    /// The caller is no longer there.
    Left,
}

impl<W: Work> Lane<W> {
    pub(super) fn new(work: W, limit: Weight, waiting_max: usize) -> Arc<Self> {
        let state = State {
            running: false,
            waiting: 0,
            turns: VecDeque::new(),
            calls: HashMap::new(),
        };
        Arc::new(Self {
            work,
            limit,
            waiting_max,
            state: Mutex::new(state),
        })
    }

    /// Answers a request, together with others of the same tenant if there are any.
    pub(super) async fn call(
        self: &Arc<Self>,
        tenant: &TenantId,
        request: W::Request,
        weight: Weight,
    ) -> Answer<W::Answer> {
        let seat = Arc::new(Seat(Mutex::new(Place::Waiting(None))));
        self.queue(tenant, request, weight, &seat)?;
        let caller = Caller(seat);
        self.start();
        let (ride, place) = poll_fn(|context| caller.0.poll(context)).await;
        let answers = ride.await?;
        let answer = answers.get(place).and_then(|answer| locked(answer).take());
        // Each place belongs to one caller, so its answer is there.
        answer.unwrap_or_else(|| Err(lost()))
    }

    fn queue(
        &self,
        tenant: &TenantId,
        request: W::Request,
        weight: Weight,
        seat: &Arc<Seat<W::Answer>>,
    ) -> Result<(), Arc<StoreError>> {
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        if state.waiting >= self.waiting_max {
            let detail = format!("{} calls are waiting already", state.waiting);
            return Err(Arc::new(StoreError::Busy { detail }));
        }
        state.waiting += 1;
        let seat = seat.clone();
        let waiting = Waiting {
            request,
            weight,
            seat,
        };
        let calls = state.calls.entry(tenant.clone()).or_default();
        if calls.is_empty() {
            state.turns.push_back(tenant.clone());
        }
        calls.push_back(waiting);
        Ok(())
    }

    /// Sends the next batch on its way, unless one is on its way already.
    fn start(self: &Arc<Self>) {
        let Some((tenant, batch)) = self.next() else {
            return;
        };
        let release = Release(self.clone());
        let (requests, seats): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.request, waiting.seat))
            .unzip();
        let running = self.work.run(tenant, requests);
        let ride = async move {
            let answers = running.await;
            drop(release);
            let kept = |answer| Mutex::new(Some(answer));
            match answers {
                Ok(answers) => Ok(Arc::new(answers.into_iter().map(kept).collect())),
                Err(error) => Err(Arc::new(error)),
            }
        };
        let ride: Ride<W::Answer> = (Box::pin(ride) as Boxed<_>).shared();
        for (place, seat) in seats.iter().enumerate() {
            seat.take_along(&ride, place);
        }
    }

    /// The next batch: of the tenant whose turn it is, as much as may go together.
    fn next(&self) -> Option<(TenantId, Vec<Waiting<W>>)> {
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        if state.running {
            return None;
        }
        while let Some(tenant) = state.turns.pop_front() {
            let calls = state.calls.entry(tenant.clone()).or_default();
            let mut batch: Vec<Waiting<W>> = Vec::new();
            let mut weight = Weight::default();
            while let Some(waiting) = calls.pop_front() {
                if waiting.seat.is_left() {
                    state.waiting -= 1;
                    continue;
                }
                let heavier = weight.and(waiting.weight);
                if !batch.is_empty() && heavier.exceeds(self.limit) {
                    calls.push_front(waiting);
                    break;
                }
                state.waiting -= 1;
                weight = heavier;
                batch.push(waiting);
            }
            if calls.is_empty() {
                state.calls.remove(&tenant);
            } else {
                state.turns.push_back(tenant.clone());
            }
            if !batch.is_empty() {
                state.running = true;
                return Some((tenant, batch));
            }
        }
        None
    }
}

/// Frees the lane when what is on its way has come to an end, or was dropped by everybody.
struct Release<W: Work>(Arc<Lane<W>>);

impl<W: Work> Drop for Release<W> {
    fn drop(&mut self) {
        locked(&self.0.state).running = false;
        self.0.start();
    }
}

/// A caller, for as long as it waits for its answer.
struct Caller<A: Send + 'static>(Arc<Seat<A>>);

impl<A: Send + 'static> Drop for Caller<A> {
    fn drop(&mut self) {
        // Dropped outside of the lock: this may be what ends a batch, and starts the next one.
        let before = mem::replace(&mut *locked(&self.0.0), Place::Left);
        drop(before);
    }
}

impl<A: Send + 'static> Seat<A> {
    fn is_left(&self) -> bool {
        matches!(&*locked(&self.0), Place::Left)
    }

    fn take_along(&self, ride: &Ride<A>, place: usize) {
        let mut seat = locked(&self.0);
        if matches!(&*seat, Place::Left) {
            return;
        }
        let before = mem::replace(&mut *seat, Place::Riding(ride.clone(), place));
        drop(seat);
        if let Place::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<(Ride<A>, usize)> {
        match &mut *locked(&self.0) {
            Place::Riding(ride, place) => Poll::Ready((ride.clone(), *place)),
            Place::Waiting(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            Place::Left => Poll::Pending,
        }
    }
}

fn lost() -> Arc<StoreError> {
    Arc::new(StoreError::OutcomeUnknown {
        detail: "a call was left without its answer".to_owned(),
        source: None,
    })
}

/// What the lock guards is whole between any two statements, also after a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
