//! A loop on Tokio: ticks workers, relays and the sweeper, sleeps until their next wake, wakes
//! early when PostgreSQL tells of new jobs, and ends gracefully.
//!
//! ```no_run
//! use std::sync::Arc;
//! use oms_core::service::{Oms, Relay, Worker};
//! use oms_examples::run::{Run, ToStop};
//! use oms_store_postgres::PgStore;
//!
//! async fn serve(store: PgStore, oms: Oms, worker: Worker, relay: Relay, to_stop: ToStop) {
//!     Run::default()
//!         .worker(worker)
//!         .relay(relay)
//!         .sweeper(oms)
//!         .postgres(&store)
//!         .until(to_stop.told())
//!         .await;
//! }
//! ```

mod drive;
mod stop;
mod tell;
mod word;

use std::fmt;
use std::time::Duration;

use oms_core::service::{Crew, Oms, Relay, Worker};
use oms_store_postgres::PgStore;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

pub use drive::Drive;
pub use stop::ToStop;
pub use tell::{AttemptsFailed, NotEnded, OnError, SweepFailed, TenantFailed, to_stderr};
pub use word::{Bell, Word};

/// How long what runs may go on after the loop was told to end, unless told otherwise.
const GRACE: Duration = Duration::from_secs(20);

/// How long jobs may take to be handed back once the grace time is over.
const MARGIN: Duration = Duration::from_secs(5);

/// Pauses after failures: the first, doubling up to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// What a loop drives.
#[must_use]
pub struct Run {
    crews: Vec<Box<dyn Drive>>,
    relays: Vec<Relay>,
    sweeper: Option<Oms>,
    store: Option<PgStore>,
    grace: Duration,
    bell: Bell,
    on_error: OnError,
}

impl Default for Run {
    /// Nothing yet; failures are told on the standard error.
    fn default() -> Self {
        Self {
            crews: Vec::new(),
            relays: Vec::new(),
            sweeper: None,
            store: None,
            grace: GRACE,
            bell: Bell::default(),
            on_error: to_stderr(),
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("workers", &self.crews.len())
            .field("relays", &self.relays)
            .field("sweeper", &self.sweeper.is_some())
            .finish_non_exhaustive()
    }
}

impl Run {
    /// Drives a worker of one tenant.
    pub fn worker(mut self, worker: Worker) -> Self {
        self.crews.push(Box::new(worker));
        self
    }

    /// Drives workers of many tenants on one task.
    pub fn crew(mut self, crew: Crew) -> Self {
        self.crews.push(Box::new(crew));
        self
    }

    /// Drives a relay. Make its subscribers first.
    pub fn relay(mut self, relay: Relay) -> Self {
        self.relays.push(relay);
        self
    }

    /// Sweeps all tenants.
    pub fn sweeper(mut self, oms: Oms) -> Self {
        self.sweeper = Some(oms);
        self
    }

    /// Sends word of jobs that this store keeps, and wakes the workers when there is word of any.
    /// Behind a pooler nobody can listen: the workers poll there.
    pub fn postgres(mut self, store: &PgStore) -> Self {
        self.store = Some(store.clone());
        self
    }

    /// How long handlers, a tick of a relay and a sweep may go on after the loop was told to end;
    /// what runs then is handed back or dropped. 5 s later the loop ends, whatever happens.
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Tells somebody else of failures than the standard error.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// What wakes the workers of this loop, for hosts that know of jobs by other ways.
    #[must_use]
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Runs until `stop` ends. Then nothing more is claimed, what runs may go on for the
    /// [grace time](Self::grace), and jobs that still run are handed back. What does not even end
    /// then, since its store or broker does not answer, is aborted, and that is told. A failure
    /// ends nothing: it is told and tried again after a pause. Only a panic ends whom it befalls,
    /// and that is told, too.
    pub async fn until(self, stop: impl Future<Output = ()> + Send) {
        let (stopper, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let tell = &self.on_error;
        for crew in self.crews {
            let heard = self.bell.heard();
            let stopped = stopped.clone();
            let tell = tell.clone();
            tasks.spawn(drive::work(crew, heard, stopped, self.grace, tell));
        }
        for relay in self.relays {
            let stopped = stopped.clone();
            tasks.spawn(relay_on(relay, stopped, self.grace, tell.clone()));
        }
        if let Some(oms) = self.sweeper {
            let stopped = stopped.clone();
            tasks.spawn(sweep_on(oms, stopped, self.grace, tell.clone()));
        }
        if let Some(store) = self.store {
            let stopped = stopped.clone();
            let tell = tell.clone();
            tasks.spawn(word::send(store.notifier(), stopped.clone(), tell.clone()));
            tasks.spawn(word::hear(store, self.bell.clone(), stopped, tell));
        }
        drop(stopped);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = tasks.join_next() => told(ended, &self.on_error),
            }
        }
        // Nobody listens any more when all have ended by themselves.
        let _ = stopper.send(true);
        let last = Instant::now() + self.grace + MARGIN;
        while let Ok(ended) = timeout_at(last, tasks.join_next()).await {
            match ended {
                Some(ended) => told(ended, &self.on_error),
                None => return,
            }
        }
        let tasks_left = tasks.len();
        (self.on_error)("loop", &NotEnded { tasks: tasks_left });
        tasks.shutdown().await;
    }
}

/// A task that ended by itself has told why; one that panicked, in code of the host's, has not.
fn told(ended: Result<(), JoinError>, tell: &OnError) {
    if let Err(panic) = ended {
        tell("loop", &panic);
    }
}

/// Pauses that grow while something fails.
#[derive(Debug, Default)]
struct Failing {
    pause: Option<Duration>,
}

impl Failing {
    /// It failed again: how long to wait.
    fn again(&mut self) -> Duration {
        let (first, longest) = PAUSES;
        let pause = self.pause.map_or(first, |pause| pause.saturating_mul(2));
        let pause = if pause > longest { longest } else { pause };
        self.pause = Some(pause);
        pause
    }

    /// It went well.
    const fn over(&mut self) {
        self.pause = None;
    }
}

/// Sleeps, unless the loop is told to end; says whether it goes on.
async fn rest(pause: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    if *stopped.borrow() {
        return false;
    }
    tokio::select! {
        () = sleep(pause) => true,
        _ = stopped.changed() => false,
    }
}

/// Does it to its end, unless that is not there when the grace time of a loop that was told to end
/// is over.
async fn in_time<T: Send>(
    work: impl Future<Output = T> + Send,
    stopped: &watch::Receiver<bool>,
    grace: Duration,
) -> Option<T> {
    let mut stopped = stopped.clone();
    let over = async {
        // A sender that is gone says the same.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        sleep(grace).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = over => None,
    }
}

async fn relay_on(
    relay: Relay,
    mut stopped: watch::Receiver<bool>,
    grace: Duration,
    tell: OnError,
) {
    let mut failing = Failing::default();
    loop {
        // What was handed over and not acknowledged comes once more.
        let Some(ticked) = in_time(relay.tick(), &stopped, grace).await else {
            return;
        };
        let pause = match ticked {
            Ok(relayed) => {
                failing.over();
                relayed.next.pause()
            }
            Err(error) => {
                tell("relay", &error);
                failing.again()
            }
        };
        if !rest(pause, &mut stopped).await {
            return;
        }
    }
}

async fn sweep_on(oms: Oms, mut stopped: watch::Receiver<bool>, grace: Duration, tell: OnError) {
    let mut failing = Failing::default();
    loop {
        // What it did is committed; the rest is for the next one.
        let Some(swept) = in_time(oms.sweep(), &stopped, grace).await else {
            return;
        };
        let pause = match swept {
            Ok(sweep) => {
                failing.over();
                if let Some(failed) = SweepFailed::of(&sweep) {
                    tell("sweeper", &failed);
                }
                sweep.next.pause()
            }
            Err(error) => {
                tell("sweeper", &error);
                failing.again()
            }
        };
        if !rest(pause, &mut stopped).await {
            return;
        }
    }
}
