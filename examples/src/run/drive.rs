//! Driving workers.

use std::future::ready;
use std::time::Duration;

use async_trait::async_trait;
use oms_core::port::StoreError;
use oms_core::service::{Crew, Ticked, Wake, Worker};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::word::{Heard, Word};
use super::{AttemptsFailed, Failing, OnError, TenantFailed};

/// A worker or a crew.
#[async_trait]
pub trait Drive: Send {
    /// Ticks once; answers when to tick again. What failed and was passed it tells, and which jobs
    /// are dead.
    async fn tick(&mut self, tell: &OnError) -> Result<Wake, StoreError>;
    /// Drives handlers until one has ended.
    async fn work(&mut self);
    /// How long a tick that failed may be waited for at most, lest leases end.
    fn longest_pause(&self) -> Option<Duration>;
    /// Looks for jobs at the next tick, if they are for it; says whether it will.
    fn wake(&mut self, word: &Word) -> bool;
    /// Claims nothing more.
    fn stop(&mut self);
    /// Whether nothing runs and everything was told.
    fn is_idle(&self) -> bool;
    /// Gives back what runs.
    async fn hand_back(&mut self) -> Result<usize, StoreError>;
}

#[async_trait]
impl Drive for Worker {
    async fn tick(&mut self, tell: &OnError) -> Result<Wake, StoreError> {
        let ticked = Self::tick(self).await?;
        tell_jobs(&ticked, tell);
        Ok(ticked.next)
    }

    async fn work(&mut self) {
        Self::work(self).await;
    }

    fn longest_pause(&self) -> Option<Duration> {
        let secs = self.pause_max_secs()?;
        Some(Duration::from_secs(secs.into()))
    }

    fn wake(&mut self, word: &Word) -> bool {
        match word {
            Word::Anything => true,
            Word::Of(queues) => queues
                .iter()
                .any(|(of, queue)| of == self.tenant() && self.catalog().rules(queue).is_some()),
        }
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn is_idle(&self) -> bool {
        Self::is_idle(self)
    }

    async fn hand_back(&mut self) -> Result<usize, StoreError> {
        Self::hand_back(self).await
    }
}

#[async_trait]
impl Drive for Crew {
    async fn tick(&mut self, tell: &OnError) -> Result<Wake, StoreError> {
        let ticked = Self::tick(self).await;
        // They have their turn again after a pause of the crew's own.
        for (tenant, error) in ticked.failed {
            tell("worker", &TenantFailed { tenant, error });
        }
        tell_jobs(&ticked.ticked, tell);
        Ok(ticked.ticked.next)
    }

    async fn work(&mut self) {
        Self::work(self).await;
    }

    fn longest_pause(&self) -> Option<Duration> {
        // A tick of a crew does not fail; it sees to its workers itself.
        None
    }

    fn wake(&mut self, word: &Word) -> bool {
        match word {
            Word::Anything => self.wake_all(),
            Word::Of(queues) => {
                let tenants = queues.iter().map(|(tenant, _)| tenant.clone());
                Self::wake(self, &tenants.collect());
            }
        }
        true
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn is_idle(&self) -> bool {
        Self::is_idle(self)
    }

    async fn hand_back(&mut self) -> Result<usize, StoreError> {
        Self::hand_back(self).await
    }
}

/// Tells what became of jobs that failed: of each that is dead, and how many were not.
fn tell_jobs(ticked: &Ticked, tell: &OnError) {
    for death in &ticked.deaths {
        tell("worker", death);
    }
    if let Some(failed) = AttemptsFailed::of(ticked) {
        tell("worker", &failed);
    }
}

/// Ticks and drives until told to end, then lets handlers end, then hands back.
pub(super) async fn work(
    mut crew: Box<dyn Drive>,
    mut heard: Heard,
    mut stopped: watch::Receiver<bool>,
    grace: Duration,
    tell: OnError,
) {
    let mut failing = Failing::default();
    while !*stopped.borrow() {
        let pause = tick(&mut *crew, &mut failing, &tell).await;
        let until = Instant::now() + pause;
        if pause.is_zero() {
            // Below, what is first is left to chance, and handlers must go on.
            tokio::select! {
                biased;
                () = crew.work() => {}
                () = ready(()) => {}
            }
        }
        loop {
            tokio::select! {
                () = sleep_until(until) => break,
                () = crew.work() => break,
                _ = stopped.changed() => break,
                word = heard.next() => {
                    if crew.wake(&word) {
                        break;
                    }
                }
            }
        }
    }
    crew.stop();
    let last = Instant::now() + grace;
    while !crew.is_idle() && Instant::now() < last {
        let pause = tick(&mut *crew, &mut failing, &tell).await;
        if crew.is_idle() {
            break;
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = sleep_until(last) => {}
            () = crew.work() => {}
        }
    }
    if let Err(error) = crew.hand_back().await {
        tell("worker", &error);
    }
    // It claims nothing any more: it hands back what is left, and what died at last is told.
    while tick(&mut *crew, &mut failing, &tell).await.is_zero() {}
}

/// One tick; answers how long to wait for the next.
async fn tick(crew: &mut dyn Drive, failing: &mut Failing, tell: &OnError) -> Duration {
    match crew.tick(tell).await {
        Ok(wake) => {
            failing.over();
            wake.pause()
        }
        Err(error) => {
            tell("worker", &error);
            let pause = failing.again();
            crew.longest_pause().map_or(pause, |most| pause.min(most))
        }
    }
}
