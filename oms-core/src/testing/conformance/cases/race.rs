//! Callers that race with each other.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::plan::{CounterKey, DocumentWrite, Keys, Outcome, Refusal, Requirement, UniqueKey};
use crate::testing::build::{
    Change, external, host, host_document, owner_cart, reservation, stock, stream, units, update,
    version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, some};
use crate::testing::conformance::scene::{PLENTY, Scene};

/// How many callers race.
const CALLERS: usize = 8;

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

pub(crate) async fn sellers_in_a_race_sell_exactly_the_stock(scene: Scene) -> Result<(), Failure> {
    const EACH: usize = 5;
    const UNITS: u32 = 21;
    let tea = stock("north", "TEA");
    scene
        .accept(Change::new("shelve").receive(&tea, UNITS))
        .await?;
    let sold = Arc::new(Mutex::new(0_u32));
    let sell = |scene: Scene, n| {
        let (sold, tea) = (sold.clone(), tea.clone());
        async move {
            for sale in 0..EACH {
                let claim = reservation(&owner_cart(number(n * EACH + sale)), 1, &tea);
                let change = Change::new(&format!("sale-{n}-{sale}")).reserve(&claim, 1);
                match scene.commit(change).await? {
                    Outcome::Committed { .. } => {
                        *sold.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                    }
                    Outcome::Refused(Refusal::Stock { .. }) => {}
                    outcome @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                        return Err(Failure::new(format!("found: {outcome:?}")));
                    }
                }
            }
            Ok(())
        }
    };
    scene.race(CALLERS, sell).await?;
    let sold = *sold.lock().unwrap_or_else(PoisonError::into_inner);
    let level = scene.level(&tea).await?;
    same(
        "(sold, reserved)",
        &(sold, level.reserved.get()),
        &(UNITS, UNITS),
    )
}

pub(crate) async fn changes_in_a_race_lose_no_update(scene: Scene) -> Result<(), Failure> {
    const EACH: usize = 3;
    scene
        .accept(Change::new("create").document(host_document("x")))
        .await?;
    let change = |scene: Scene, n| async move {
        let mut done = 0;
        for attempt in 0..PLENTY {
            let found = some("the document", scene.document(&host("x")).await?)?;
            let write = update(host_document("x"), found.version.get());
            let outcome = scene.commit(Change::new(&format!("{n}-{attempt}")).document(write));
            if outcome.await?.is_done() {
                done += 1;
            }
            if done == EACH {
                return Ok(());
            }
        }
        Err(Failure::new("a caller never got through"))
    };
    scene.race(CALLERS, change).await?;
    let found = some("the document", scene.document(&host("x")).await?)?;
    same(
        "its version",
        &found.version.get(),
        &number(1 + CALLERS * EACH),
    )
}

pub(crate) async fn a_key_is_committed_once_in_a_race(scene: Scene) -> Result<(), Failure> {
    let committed = Arc::new(AtomicUsize::new(0));
    let commit = |scene: Scene, _| {
        let committed = committed.clone();
        async move {
            let change = Change::new("the-key").event(&stream("told"), "told");
            match scene.commit(change).await? {
                Outcome::Committed { .. } => {
                    committed.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
                Outcome::Repeated { .. } => Ok(()),
                Outcome::Refused(refusal) => Err(Failure::new(format!("refused: {refusal:?}"))),
            }
        }
    };
    scene.race(CALLERS, commit).await?;
    same("committed", &committed.load(Ordering::SeqCst), &1)
}

pub(crate) async fn takers_in_a_race_stop_at_the_limit(scene: Scene) -> Result<(), Failure> {
    const EACH: usize = 3;
    const LIMIT: u32 = 10;
    let seats = CounterKey::Host(external("seats"), external("1"));
    let done = Arc::new(AtomicU32::new(0));
    let take = |scene: Scene, n| {
        let (seats, done) = (seats.clone(), done.clone());
        async move {
            for round in 0..EACH {
                let change = Change::new(&format!("take-{n}-{round}"));
                match scene.commit(change.counter(&seats, 1, Some(LIMIT))).await? {
                    Outcome::Committed { .. } => {
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Outcome::Refused(Refusal::Counter { .. }) => {}
                    outcome @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                        return Err(Failure::new(format!("found: {outcome:?}")));
                    }
                }
            }
            Ok(())
        }
    };
    scene.race(CALLERS, take).await?;
    let keys = Keys {
        counters: [seats.clone()].into(),
        ..Keys::default()
    };
    let taken = scene.prefetch(keys).await?.counters.remove(&seats);
    same(
        "(who took one, what is taken)",
        &(done.load(Ordering::SeqCst), taken),
        &(LIMIT, Some(units(LIMIT))),
    )
}

pub(crate) async fn a_name_is_taken_once_in_a_race(scene: Scene) -> Result<(), Failure> {
    let badge = UniqueKey::Host(external("badge"), external("7"));
    let done = Arc::new(AtomicU32::new(0));
    let take = |scene: Scene, n: usize| {
        let (badge, done) = (badge.clone(), done.clone());
        async move {
            let id = format!("{n}");
            let change = Change::new(&id).document(host_document(&id));
            match scene.commit(change.name(badge, host(&id))).await? {
                Outcome::Committed { .. } => {
                    done.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
                Outcome::Refused(Refusal::Taken { .. }) => Ok(()),
                outcome @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                    Err(Failure::new(format!("found: {outcome:?}")))
                }
            }
        }
    };
    scene.race(CALLERS, take).await?;
    same("who took it", &done.load(Ordering::SeqCst), &1)
}

/// The id of one of two documents.
fn of_pair(pair: usize, side: usize) -> String {
    format!("{pair}-{side}")
}

/// Two callers each change one of two documents and require the other as it was: whoever comes
/// second finds it changed.
pub(crate) async fn what_is_required_stays_until_the_commit_in_a_race(
    scene: Scene,
) -> Result<(), Failure> {
    const PAIRS: usize = CALLERS / 2;
    let both = |pair| [0, 1].map(|side| host_document(&of_pair(pair, side)));
    scene
        .accept(Change::new("create").documents((0..PAIRS).flat_map(both)))
        .await?;
    let done = Arc::new(Mutex::new(Vec::new()));
    let change = |scene: Scene, n: usize| {
        let done = done.clone();
        async move {
            let (pair, side) = (n / 2, n % 2);
            let seen = Requirement::Unchanged(host(&of_pair(pair, 1 - side)), version(1));
            let own = update(host_document(&of_pair(pair, side)), 1);
            let change = Change::new(&format!("change-{n}")).document(own);
            match scene.commit(change.requires(seen)).await? {
                Outcome::Committed { .. } => {
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(pair);
                    Ok(())
                }
                Outcome::Refused(Refusal::Unmet { .. }) => Ok(()),
                outcome @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                    Err(Failure::new(format!("found: {outcome:?}")))
                }
            }
        }
    };
    scene.race(CALLERS, change).await?;
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner).clone();
    done.sort_unstable();
    let pairs: Vec<usize> = (0..PAIRS).collect();
    same("in which pairs one was changed", &done, &pairs)
}

pub(crate) async fn events_in_a_race_leave_no_gap(scene: Scene) -> Result<(), Failure> {
    const EACH: usize = 3;
    let stream = stream("x");
    let append = |scene: Scene, n| {
        let stream = stream.clone();
        async move {
            for event in 0..EACH {
                let change = Change::new(&format!("{n}-{event}")).event(&stream, "happened");
                scene.accept(change).await?;
            }
            Ok(())
        }
    };
    scene.race(CALLERS, append).await?;
    let events = scene.history(&stream).await?;
    let places: Vec<u64> = events.iter().map(|event| event.id.seq.get()).collect();
    let wanted: Vec<u64> = (1..=number(CALLERS * EACH)).collect();
    same("the places", &places, &wanted)
}

pub(crate) async fn claims_in_opposite_order_do_not_block_each_other(
    scene: Scene,
) -> Result<(), Failure> {
    const EACH: usize = 3;
    let rows = [
        stock("north", "MUG"),
        stock("north", "TEA"),
        stock("south", "MUG"),
    ];
    let shelve = rows.iter().fold(Change::new("shelve"), |change, row| {
        change.receive(row, 100)
    });
    scene.accept(shelve).await?;
    let claim = |scene: Scene, n: usize| {
        let mut rows = rows.to_vec();
        if n % 2 == 1 {
            rows.reverse();
        }
        async move {
            for round in 0..EACH {
                let cart = owner_cart(number(n * EACH + round));
                let change = Change::new(&format!("{n}-{round}"));
                let claims = rows.iter().zip(1..).fold(change, |change, (row, line)| {
                    change.reserve(&reservation(&cart, line, row), 1)
                });
                scene.accept(claims).await?;
            }
            Ok(())
        }
    };
    scene.race(CALLERS, claim).await
}

/// Lets other tasks run.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn pair() -> [DocumentWrite; 2] {
    ["a", "b"].map(host_document)
}

/// How the writer and the readers of a pair tell each other where they are.
#[derive(Debug, Default)]
struct Signals {
    readers: AtomicUsize,
    written: AtomicBool,
}

const READERS: usize = 2;

/// Writes both documents again and again.
async fn write_pairs(scene: &Scene) -> Result<(), Failure> {
    const CHANGES: u64 = 25;
    for seen in 1..=CHANGES {
        let both = pair().map(|write| update(write, seen));
        scene
            .accept(Change::new(&format!("change-{seen}")).documents(both))
            .await?;
        pause().await;
    }
    Ok(())
}

/// Reads both documents.
async fn read_pair(scene: &Scene) -> Result<(), Failure> {
    let keys = Keys {
        documents: [host("a"), host("b")].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.documents;
    let version = |id| found.get(&host(id)).map(|document| document.version);
    check(version("a").is_some(), "the documents are gone")?;
    same("the versions", &version("a"), &version("b"))
}

pub(crate) async fn a_prefetch_is_one_moment(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("create").documents(pair()))
        .await?;
    let signals = Arc::new(Signals::default());
    let task = |scene: Scene, n| {
        let signals = signals.clone();
        async move {
            if n == READERS {
                while signals.readers.load(Ordering::SeqCst) < READERS {
                    pause().await;
                }
                let written = write_pairs(&scene).await;
                // Said whatever became of it: the readers wait for it.
                signals.written.store(true, Ordering::SeqCst);
                return written;
            }
            let mut found = read_pair(&scene).await;
            signals.readers.fetch_add(1, Ordering::SeqCst);
            while found.is_ok() && !signals.written.load(Ordering::SeqCst) {
                pause().await;
                found = read_pair(&scene).await;
            }
            found
        }
    };
    scene.race(READERS + 1, task).await
}
