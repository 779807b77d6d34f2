#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures_executor::block_on;
use futures_util::future::{join, join3};

use super::lane::{Lane, Patience};
use super::work::{Answer, Answered, Boxed, Weight, Work};
use crate::port::{Clock, StoreError};
use crate::value::{TenantId, Timestamp};

/// A number that makes the store panic.
const PANICS: u64 = 1_000_000_007;

/// A number that makes the store fail.
const FAILS: u64 = 1_000_000_009;

/// Doubles numbers, but only once somebody opens the door.
#[derive(Clone, Default)]
struct Doubling {
    door: Arc<Door>,
    tenants_max: usize,
}

#[derive(Default)]
struct Door {
    /// How many batches may still end.
    open: AtomicUsize,
    wakers: Mutex<Vec<Waker>>,
    /// What went together, with its tenant.
    sent: Mutex<Vec<(TenantId, Vec<u64>)>>,
}

impl Door {
    fn open(&self, batches: usize) {
        self.open.fetch_add(batches, Ordering::SeqCst);
        for waker in self.wakers.lock().unwrap().drain(..) {
            waker.wake();
        }
    }

    fn sent(&self) -> Vec<Vec<u64>> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(_, numbers)| numbers.clone()).collect()
    }

    async fn pass(&self) {
        std::future::poll_fn(|context| {
            let left = self.open.load(Ordering::SeqCst);
            let Some(fewer) = left.checked_sub(1) else {
                self.wakers.lock().unwrap().push(context.waker().clone());
                return Poll::Pending;
            };
            self.open.store(fewer, Ordering::SeqCst);
            Poll::Ready(())
        })
        .await;
    }
}

impl Work for Doubling {
    type Request = u64;
    type Answer = u64;

    fn run(&self, tenant: TenantId, requests: Vec<u64>) -> Boxed<Answered<u64>> {
        let door = self.door.clone();
        Box::pin(async move {
            door.sent.lock().unwrap().push((tenant, requests.clone()));
            door.pass().await;
            assert!(!requests.contains(&PANICS), "a defect of the store");
            if requests.contains(&FAILS) {
                let detail = "a test".to_owned();
                return Err(StoreError::Busy { detail });
            }
            Ok(requests.iter().map(|n| Ok(n * 2)).collect())
        })
    }

    fn tenants_max(&self) -> usize {
        self.tenants_max
    }
}

const LIMIT: Weight = Weight {
    items: 3,
    lines: 100,
    bytes: 1_000,
};

const ONE: Weight = Weight {
    items: 1,
    lines: 1,
    bytes: 1,
};

type Doubled = Boxed<Answer<u64>>;

struct Scene {
    door: Arc<Door>,
    lane: Arc<Lane<Doubling>>,
}

impl Scene {
    fn new(waiting_max: usize) -> Self {
        Self::patient(waiting_max, None)
    }

    fn patient(waiting_max: usize, patience: Option<Patience>) -> Self {
        Self::with(Doubling::default(), waiting_max, patience)
    }

    /// A lane in which so many tenants go together.
    fn of_several(tenants_max: usize) -> Self {
        Self::of_several_patient(tenants_max, None)
    }

    fn of_several_patient(tenants_max: usize, patience: Option<Patience>) -> Self {
        let work = Doubling {
            tenants_max,
            ..Doubling::default()
        };
        Self::with(work, 100, patience)
    }

    fn with(work: Doubling, waiting_max: usize, patience: Option<Patience>) -> Self {
        let door = work.door.clone();
        let lane = Lane::new(work, LIMIT, waiting_max, patience);
        Self { door, lane }
    }

    fn call_of(&self, tenant: &str, n: u64, weight: Weight) -> Doubled {
        let (lane, tenant) = (self.lane.clone(), TenantId::parse(tenant).unwrap());
        Box::pin(async move { lane.call(&tenant, n, weight).await })
    }

    /// A call that got as far as it can for now.
    fn begin(&self, n: u64) -> Doubled {
        self.begin_as("acme", n, ONE)
    }

    fn begin_as(&self, tenant: &str, n: u64, weight: Weight) -> Doubled {
        let mut call = self.call_of(tenant, n, weight);
        assert!(poll(&mut call).is_pending());
        call
    }
}

/// Set when what is polled wants to be polled again at once.
#[derive(Default)]
struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls as an executor with nothing else to do does.
fn poll(call: &mut Doubled) -> Poll<Answer<u64>> {
    let again = Arc::new(Again::default());
    let waker = Waker::from(again.clone());
    loop {
        let polled = call.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || !again.0.swap(false, Ordering::SeqCst) {
            return polled;
        }
    }
}

fn answer(mut call: Doubled) -> u64 {
    match poll(&mut call) {
        Poll::Ready(answer) => answer.unwrap(),
        Poll::Pending => panic!("no answer yet"),
    }
}

#[test]
fn a_call_that_is_alone_goes_at_once_and_later_ones_go_together() {
    let scene = Scene::new(10);
    let first = scene.begin(1);
    assert_eq!(scene.door.sent(), [[1]]);
    let second = scene.begin(2);
    let third = scene.begin(3);
    assert_eq!(scene.door.sent(), [[1]], "they wait");
    let fourth = scene.begin(4);
    assert_eq!(scene.lane.waiting(), 3);
    drop(fourth);
    assert_eq!(scene.lane.waiting(), 2, "one left");
    scene.door.open(2);
    assert_eq!(answer(first), 2);
    assert_eq!(answer(second), 4);
    assert_eq!(answer(third), 6);
    assert_eq!(scene.lane.waiting(), 0);
    assert_eq!(scene.door.sent(), [vec![1], vec![2, 3]]);
}

#[test]
fn who_was_just_answered_and_calls_again_goes_along_with_those_who_waited() {
    let scene = Scene::new(10);
    let answered = AtomicUsize::new(0);
    let caller = |n: u64| {
        let (scene, answered) = (&scene, &answered);
        async move {
            for round in 0..4 {
                let doubled = scene.call_of("acme", n + round, ONE).await.unwrap();
                assert_eq!(doubled, (n + round) * 2);
            }
            answered.fetch_add(1, Ordering::SeqCst);
        }
    };
    let opening = async {
        while answered.load(Ordering::SeqCst) < 3 {
            scene.door.open(1);
            yield_now().await;
        }
    };
    let callers = join3(caller(10), caller(20), caller(30));
    block_on(join(callers, opening));
    let sent = scene.door.sent();
    let sizes: Vec<usize> = sent.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 3, 3, 3, 2], "{sent:?}");
}

/// Lets others be polled once.
async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn who_stood_back_and_is_polled_no_more_holds_nobody_up() {
    let scene = Scene::new(10);
    let first = scene.begin(1);
    let (mut second, third) = (scene.begin(2), scene.begin(3));
    scene.door.open(1);
    assert_eq!(answer(first), 2);
    let once = &mut Context::from_waker(Waker::noop());
    assert!(second.as_mut().poll(once).is_pending());
    assert_eq!(scene.door.sent(), [[1]], "it lets the others go first");
    scene.door.open(1);
    assert_eq!(answer(third), 6);
    assert_eq!(answer(second), 4);
    assert_eq!(scene.door.sent(), [vec![1], vec![2, 3]]);
}

#[test]
fn who_waits_among_other_tenants_does_not_stand_back_for_them() {
    let scene = Scene::new(10);
    let first = scene.begin(1);
    let tenants = ["first", "second", "third"];
    let mut waiting = tenants.map(|tenant| scene.begin_as(tenant, 2, ONE));
    scene.door.open(1);
    assert_eq!(answer(first), 2);
    let once = &mut Context::from_waker(Waker::noop());
    assert!(waiting[0].as_mut().poll(once).is_pending());
    assert_eq!(scene.door.sent(), [[1], [2]], "none of them would go along");
    scene.door.open(3);
    assert_eq!(waiting.map(answer), [4, 4, 4]);
}

#[test]
fn whoever_is_dropped_takes_nothing_from_the_others() {
    for dropped in 0..3 {
        for begun in [false, true] {
            let scene = Scene::new(10);
            let first = scene.begin(1);
            let mut calls: Vec<Doubled> = (2..5).map(|n| scene.begin(n)).collect();
            if begun {
                scene.door.open(1);
                assert_eq!(answer(first), 2);
                // Each of them has been polled on its way.
                assert!(calls.iter_mut().all(|call| poll(call).is_pending()));
                drop(calls.remove(dropped));
                scene.door.open(1);
            } else {
                drop(calls.remove(dropped));
                scene.door.open(2);
                assert_eq!(answer(first), 2);
            }
            let answers: Vec<u64> = calls.into_iter().map(answer).collect();
            let wanted: Vec<u64> = [4, 6, 8]
                .into_iter()
                .enumerate()
                .filter_map(|(place, answer)| (place != dropped).then_some(answer))
                .collect();
            assert_eq!(answers, wanted, "dropped {dropped}, begun {begun}");
            // Who left before its batch began was not sent.
            let sent = scene.door.sent().pop().unwrap().len();
            assert_eq!(sent, if begun { 3 } else { 2 });
        }
    }
}

#[test]
fn the_lane_goes_on_when_all_of_a_batch_are_dropped() {
    let scene = Scene::new(10);
    drop(scene.begin(1));
    let second = scene.begin(2);
    assert_eq!(scene.door.sent(), [[1], [2]]);
    scene.door.open(1);
    assert_eq!(answer(second), 4);

    // Also when nobody was polled since the batch was put together.
    let first = scene.begin(1);
    let (second, third) = (scene.begin(2), scene.begin(3));
    scene.door.open(1);
    assert_eq!(answer(first), 2);
    drop((second, third));
    scene.door.open(1);
    assert_eq!(answer(scene.call_of("acme", 9, ONE)), 18);
}

#[test]
fn who_waits_finishes_what_all_others_left() {
    let scene = Scene::new(10);
    let first = scene.begin(1);
    let second = scene.begin(2);
    drop(first);
    scene.door.open(2);
    assert_eq!(answer(second), 4);
    assert_eq!(scene.door.sent(), [[1], [2]]);
}

#[test]
fn a_caller_that_is_kept_without_being_polled_holds_nobody_up() {
    let scene = Scene::new(10);
    let kept = scene.begin(1);
    let second = scene.begin(2);
    scene.door.open(2);
    assert_eq!(answer(second), 4);
    assert_eq!(answer(kept), 2);

    // It is woken by what it drives, not by what it waits for alone.
    let kept = scene.begin(3);
    let second = scene.call_of("acme", 4, ONE);
    let opening = async { scene.door.open(2) };
    assert_eq!(block_on(join(second, opening)).0.unwrap(), 8);
    assert_eq!(answer(kept), 6);
}

#[test]
fn a_panic_is_an_unknown_outcome_and_the_lane_goes_on() {
    let scene = Scene::new(10);
    let mut first = scene.begin(PANICS);
    let second = scene.begin(2);
    scene.door.open(2);
    let Poll::Ready(Err(error)) = poll(&mut first) else {
        panic!("no error");
    };
    assert!(
        matches!(&*error, StoreError::OutcomeUnknown { .. }),
        "{error}"
    );
    assert_eq!(answer(second), 4);
}

#[test]
fn a_batch_is_bounded_by_items_lines_and_bytes_but_never_empty() {
    let cases = [
        (ONE, 3),
        (Weight { lines: 50, ..ONE }, 2),
        (Weight { bytes: 600, ..ONE }, 1),
        (
            Weight {
                bytes: 5_000,
                ..ONE
            },
            1,
        ),
    ];
    for (weight, together) in cases {
        let scene = Scene::new(10);
        let first = scene.begin(1);
        let mut calls: Vec<Doubled> = (2..6).map(|n| scene.begin_as("acme", n, weight)).collect();
        scene.door.open(100);
        assert_eq!(answer(first), 2);
        // A later batch goes on its way when the one before it is done.
        for _ in 0..4 {
            calls.retain_mut(|call| poll(call).is_pending());
        }
        assert!(calls.is_empty());
        let sent = scene.door.sent();
        assert_eq!(sent[1].len(), together, "{weight:?}: {sent:?}");
        let all: Vec<u64> = sent.into_iter().flatten().collect();
        assert_eq!(all, [1, 2, 3, 4, 5], "in the order in which they came");
    }
}

#[test]
fn tenants_take_turns_and_go_together_only_where_they_may() {
    let scene = Scene::new(20);
    let mut calls = vec![scene.begin_as("busy", 0, ONE)];
    calls.extend((1..8).map(|n| scene.begin_as("busy", n, ONE)));
    calls.push(scene.begin_as("small", 100, ONE));
    scene.door.open(100);
    for _ in 0..8 {
        calls.retain_mut(|call| poll(call).is_pending());
    }
    assert!(calls.is_empty());
    let sent = scene.door.sent.lock().unwrap();
    let order: Vec<(&str, usize)> = sent
        .iter()
        .map(|(tenant, numbers)| (tenant.as_str(), numbers.len()))
        .collect();
    assert_eq!(
        order,
        [
            ("busy", 1),
            ("busy", 3),
            ("small", 1),
            ("busy", 3),
            ("busy", 1)
        ]
    );
}

#[test]
fn several_tenants_go_together_in_turn_and_none_is_passed_over() {
    let scene = Scene::of_several(3);
    let mut calls = vec![scene.begin_as("busy", 0, ONE)];
    calls.extend((1..6).map(|n| scene.begin_as("busy", n, ONE)));
    calls.extend((6..8).map(|n| scene.begin_as("pair", n, ONE)));
    for tenant in ["one", "two", "three"] {
        calls.push(scene.begin_as(tenant, 9, ONE));
    }
    scene.door.open(100);
    for _ in 0..11 {
        calls.retain_mut(|call| poll(call).is_pending());
    }
    assert!(calls.is_empty());
    let sent = scene.door.sent.lock().unwrap();
    let order: Vec<(&str, &[u64])> = sent
        .iter()
        .map(|(tenant, numbers)| (tenant.as_str(), numbers.as_slice()))
        .collect();
    let batches: [&[(&str, &[u64])]; 4] = [
        &[("busy", &[0])],
        // Three items fill a batch, so the pair still has its turn.
        &[("busy", &[1, 2, 3])],
        &[("pair", &[6, 7]), ("one", &[9])],
        &[("two", &[9]), ("three", &[9]), ("busy", &[4])],
    ];
    let mut expected = batches.concat();
    expected.push(("busy", &[5]));
    assert_eq!(order, expected);
}

#[test]
fn who_goes_along_with_other_tenants_stands_back_for_them_and_fails_alone() {
    let scene = Scene::of_several(3);
    let first = scene.begin_as("first", 1, ONE);
    let waiting = [("second", 2), ("third", FAILS), ("fourth", 4)];
    let mut waiting = waiting.map(|(tenant, n)| scene.begin_as(tenant, n, ONE));
    scene.door.open(1);
    assert_eq!(answer(first), 2);
    let once = &mut Context::from_waker(Waker::noop());
    assert!(waiting[0].as_mut().poll(once).is_pending());
    assert_eq!(scene.door.sent(), [[1]], "it lets the others go first once");
    scene.door.open(3);
    let [second, mut third, fourth] = waiting;
    assert_eq!(answer(second), 4);
    let Poll::Ready(Err(error)) = poll(&mut third) else {
        panic!("the store failed");
    };
    assert!(matches!(&*error, StoreError::Busy { .. }), "{error}");
    assert_eq!(answer(fourth), 8);
}

#[test]
fn a_panic_of_one_tenant_leaves_unknown_those_who_went_along_and_the_lane_goes_on() {
    let scene = Scene::of_several(3);
    let first = scene.begin_as("first", 1, ONE);
    let waiting = [("second", 2), ("third", PANICS)];
    let waiting = waiting.map(|(tenant, n)| scene.begin_as(tenant, n, ONE));
    scene.door.open(4);
    assert_eq!(answer(first), 2);
    for mut call in waiting {
        let Poll::Ready(Err(error)) = poll(&mut call) else {
            panic!("no error");
        };
        assert!(error.is_outcome_unknown(), "{error}");
    }
    assert_eq!(answer(scene.call_of("fourth", 4, ONE)), 8);
}

#[test]
fn a_call_that_fills_a_batch_is_not_passed_over_for_lighter_ones() {
    let scene = Scene::of_several(3);
    let full = Weight {
        bytes: LIMIT.bytes,
        ..ONE
    };
    let mut calls = vec![scene.begin_as("first", 1, ONE)];
    calls.push(scene.begin_as("light", 2, ONE));
    calls.push(scene.begin_as("heavy", 3, full));
    for tenant in ["third", "fourth", "fifth", "sixth"] {
        calls.push(scene.begin_as(tenant, 4, ONE));
    }
    scene.door.open(100);
    for _ in 0..7 {
        calls.retain_mut(|call| poll(call).is_pending());
    }
    assert!(calls.is_empty());
    let sent = scene.door.sent.lock().unwrap();
    let order: Vec<&str> = sent.iter().map(|(tenant, _)| tenant.as_str()).collect();
    let wanted = [
        "first", "light", "heavy", "third", "fourth", "fifth", "sixth",
    ];
    assert_eq!(order, wanted);
}

#[test]
fn tenants_that_left_or_waited_too_long_take_no_place_of_others() {
    let clock = Seconds::default();
    let patience = Patience {
        clock: Arc::new(clock.clone()),
        micros: 3_000_000,
    };
    let scene = Scene::of_several_patient(2, Some(patience));
    let first = scene.begin_as("first", 1, ONE);
    let mut late = scene.begin_as("late", 2, ONE);
    drop(scene.begin_as("left", 3, ONE));
    clock.0.store(4, Ordering::SeqCst);
    let (mut second, third) = (
        scene.begin_as("second", 4, ONE),
        scene.begin_as("third", 5, ONE),
    );
    scene.door.open(2);
    assert_eq!(answer(first), 2);
    // Its own part is done; it is answered with those who went along.
    assert!(poll(&mut second).is_pending());
    assert_eq!(scene.door.sent(), [[1], [4], [5]]);
    let Poll::Ready(Err(error)) = poll(&mut late) else {
        panic!("it goes on");
    };
    assert!(matches!(&*error, StoreError::Busy { .. }), "{error:?}");
    scene.door.open(1);
    assert_eq!((answer(second), answer(third)), (8, 10));
}

#[test]
fn who_leaves_among_several_tenants_takes_nothing_from_the_others() {
    for dropped in 0..3 {
        let scene = Scene::of_several(3);
        let first = scene.begin_as("first", 1, ONE);
        let waiting = [("second", 2), ("third", 3), ("fourth", 4)];
        let mut waiting: Vec<Doubled> = waiting
            .into_iter()
            .map(|(tenant, n)| scene.begin_as(tenant, n, ONE))
            .collect();
        scene.door.open(2);
        assert_eq!(answer(first), 2);
        // They are on their way, the first of them is done.
        assert!(waiting.iter_mut().all(|call| poll(call).is_pending()));
        drop(waiting.remove(dropped));
        scene.door.open(2);
        let answers: Vec<u64> = waiting.into_iter().map(answer).collect();
        let wanted: Vec<u64> = [4, 6, 8]
            .into_iter()
            .enumerate()
            .filter_map(|(place, answer)| (place != dropped).then_some(answer))
            .collect();
        assert_eq!(answers, wanted, "dropped {dropped}");
        assert_eq!(scene.door.sent(), [[1], [2], [3], [4]]);
    }
}

#[test]
fn a_lane_with_too_many_waiting_is_busy() {
    let scene = Scene::new(2);
    let first = scene.begin(1);
    let (second, third) = (scene.begin(2), scene.begin(3));
    let mut fourth = scene.call_of("acme", 4, ONE);
    let Poll::Ready(Err(error)) = poll(&mut fourth) else {
        panic!("it waits");
    };
    assert!(matches!(&*error, StoreError::Busy { .. }), "{error:?}");
    assert!(error.is_retryable());
    scene.door.open(2);
    assert_eq!((answer(first), answer(second), answer(third)), (2, 4, 6));
    scene.door.open(1);
    assert_eq!(answer(scene.call_of("acme", 5, ONE)), 10);
}

#[test]
fn a_tenant_with_too_many_waiting_makes_no_other_busy() {
    for waiting_max in [0, 2] {
        let scene = Scene::new(waiting_max);
        let mut calls = vec![scene.begin_as("busy", 1, ONE)];
        calls.extend((0..waiting_max).map(|_| scene.begin_as("busy", 2, ONE)));
        calls.push(scene.begin_as("small", 100, ONE));
        scene.door.open(10);
        for _ in 0..4 {
            calls.retain_mut(|call| poll(call).is_pending());
        }
        assert!(calls.is_empty(), "at most {waiting_max}");
    }
}

#[test]
fn who_left_does_not_count_among_those_who_wait() {
    let scene = Scene::new(2);
    let first = scene.begin(1);
    drop((scene.begin(2), scene.begin(3)));
    let (fourth, fifth) = (scene.begin(4), scene.begin(5));
    let mut sixth = scene.call_of("acme", 6, ONE);
    assert!(matches!(poll(&mut sixth), Poll::Ready(Err(_))));
    scene.door.open(10);
    assert_eq!((answer(first), answer(fourth), answer(fifth)), (2, 8, 10));
    assert_eq!(scene.door.sent(), [vec![1], vec![4, 5]]);
}

/// A clock of whole seconds that are set.
#[derive(Clone, Debug, Default)]
struct Seconds(Arc<AtomicI64>);

impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        let secs = self.0.load(Ordering::SeqCst);
        Timestamp::from_micros(secs * 1_000_000).unwrap()
    }
}

#[test]
fn who_waited_too_long_is_told_and_the_others_go_on() {
    let clock = Seconds::default();
    let patience = Patience {
        clock: Arc::new(clock.clone()),
        micros: 3_000_000,
    };
    let scene = Scene::patient(10, Some(patience));
    let first = scene.begin(1);
    let mut late: Vec<Doubled> = (2..4).map(|n| scene.begin(n)).collect();
    late.push(scene.begin_as("other", 4, ONE));
    clock.0.store(1, Ordering::SeqCst);
    let fresh = scene.begin(5);
    clock.0.store(4, Ordering::SeqCst);
    scene.door.open(10);
    assert_eq!(answer(first), 2);
    assert_eq!(answer(fresh), 10, "three seconds are not too long");
    for mut call in late {
        let Poll::Ready(Err(error)) = poll(&mut call) else {
            panic!("it goes on");
        };
        assert!(matches!(&*error, StoreError::Busy { .. }), "{error:?}");
    }
    assert_eq!(scene.door.sent(), [[1], [5]]);
    // Nothing is left of them.
    assert_eq!(answer(scene.call_of("other", 6, ONE)), 12);
}

#[test]
fn who_waited_too_long_behind_what_is_held_up_is_told_when_it_is_polled() {
    let clock = Seconds::default();
    let patience = Patience {
        clock: Arc::new(clock.clone()),
        micros: 3_000_000,
    };
    let scene = Scene::patient(10, Some(patience));
    let mut first = scene.begin(1);
    let mut late = scene.begin_as("other", 2, ONE);
    clock.0.store(3, Ordering::SeqCst);
    assert!(
        poll(&mut late).is_pending(),
        "three seconds are not too long"
    );
    clock.0.store(4, Ordering::SeqCst);
    let Poll::Ready(Err(error)) = poll(&mut late) else {
        panic!("it waits");
    };
    assert!(matches!(&*error, StoreError::Busy { .. }), "{error:?}");
    assert_eq!(scene.lane.waiting(), 0);
    assert!(poll(&mut first).is_pending(), "what is on its way goes on");
    scene.door.open(2);
    assert_eq!(answer(first), 2);
    assert_eq!(answer(scene.call_of("other", 3, ONE)), 6);
    assert_eq!(scene.door.sent(), [[1], [3]]);
}

/// Real threads call, and give some of their calls up wherever they happen to be.
#[test]
fn callers_of_many_threads_each_get_their_own_answer() {
    const THREADS: u64 = 8;
    const CALLS: u64 = 400;
    let scene = Scene::new(1_000);
    let answered = AtomicU64::new(0);
    let calling = AtomicUsize::new(usize::try_from(THREADS).unwrap());
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let (scene, answered, calling) = (&scene, &answered, &calling);
            threads.spawn(move || {
                for n in 0..CALLS {
                    let n = thread * CALLS + n;
                    let mut call = pin!(scene.call_of("acme", n, ONE));
                    if n.is_multiple_of(7) {
                        // Given up after one look, on its way or still waiting.
                        let mut context = Context::from_waker(Waker::noop());
                        if call.as_mut().poll(&mut context).is_pending() {
                            continue;
                        }
                    } else {
                        assert_eq!(block_on(call).unwrap(), n * 2);
                    }
                    answered.fetch_add(1, Ordering::SeqCst);
                }
                calling.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while calling.load(Ordering::SeqCst) > 0 {
            scene.door.open(1);
            std::thread::yield_now();
        }
    });
    let kept = (0..THREADS * CALLS).filter(|n| n % 7 != 0).count();
    assert!(answered.load(Ordering::SeqCst) >= u64::try_from(kept).unwrap());
}
