//! Many workers in one process: one for each tenant, in fair rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::port::{Clock, StoreError};
use crate::service::worker::secs_until;
use crate::service::{Ticked, Wake, Worker};
use crate::value::{TenantId, Timestamp};

/// How long a worker whose store failed is left alone, in seconds.
const PAUSE_SECS: u32 = 5;

/// Workers that ask the store at the same time.
const AT_ONCE: usize = 8;

/// Workers that one tick serves at most: handlers of all go on between two ticks only.
const SERVED_MAX: usize = 64;

/// Workers of many tenants that share one task and one number of jobs at once.
///
/// A tick goes round: it ticks the workers whose time has come or that have something to tell, and
/// begins each time behind the one that began last, so that no tenant is served before the others
/// for long. Of more than 64 the others have their turn at the next tick, which is to come at once,
/// so that handlers go on meanwhile. A few of them ask the store at the same time. What room is
/// left is shared by those that ask for it: a tenant with a thousand jobs takes its share and waits
/// for the next round. A store that fails for one tenant keeps no other from its turn.
///
/// Drive it as a [`Worker`]: tick, then [`work`](Self::work) or sleep until the next wake. An idle
/// crew asks the store once per tenant and poll.
#[derive(Debug)]
pub struct Crew {
    clock: Arc<dyn Clock>,
    jobs_max: usize,
    members: Vec<Member>,
    first: usize,
}

#[derive(Debug)]
struct Member {
    worker: Worker,
    /// Until when it is left alone; `None` for a tick at once.
    rest: Option<Rest>,
    /// It might have claimed more, had there been room.
    hungry: bool,
    /// Its store failed at its last turn.
    failing: bool,
}

/// How long a member is left alone.
#[derive(Clone, Copy, Debug)]
struct Rest {
    since: Timestamp,
    until: Timestamp,
}

impl Rest {
    fn new(now: Timestamp, secs: u32) -> Option<Self> {
        let until = now.checked_add_secs(i64::from(secs))?;
        Some(Self { since: now, until })
    }

    /// Also where the clock was set back: how much of it has passed nobody knows, and leases do not
    /// wait.
    fn is_over(self, now: Timestamp) -> bool {
        !(self.since..self.until).contains(&now)
    }
}

/// What a tick did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CrewTicked {
    /// What the workers did, together; its `next` is the earliest of theirs.
    pub ticked: Ticked,
    /// Workers that were ticked.
    pub workers: usize,
    /// Tenants whose store failed; they have their turn again after a pause.
    pub failed: Vec<(TenantId, StoreError)>,
}

impl Crew {
    /// Nobody yet. At most `jobs_max` jobs of all tenants run at once, from 1; `clock` tells when a
    /// worker's time has come, and need not agree with the store's. Where it is set back, everybody
    /// has a turn at the next tick.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, jobs_max: usize) -> Self {
        Self {
            clock,
            jobs_max: jobs_max.max(1),
            members: Vec::new(),
            first: 0,
        }
    }

    /// Takes a worker in; it is ticked at the next tick. A second one of a tenant is one more
    /// place in the round.
    pub fn add(&mut self, worker: Worker) {
        self.members.push(Member {
            worker,
            rest: None,
            hungry: false,
            failing: false,
        });
    }

    /// Takes the workers of a tenant out, with what they run.
    pub fn remove(&mut self, tenant: &TenantId) -> Vec<Worker> {
        let of_tenant = |member: &mut Member| member.worker.tenant() == tenant;
        let removed = self.members.extract_if(.., of_tenant);
        let removed = removed.map(|member| member.worker).collect();
        self.first = 0;
        removed
    }

    /// How many workers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no worker.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many jobs run.
    #[must_use]
    pub fn running(&self) -> usize {
        let running = self.members.iter().map(|member| member.worker.running());
        running.sum()
    }

    /// Whether nothing runs and everything was told.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.members.iter().all(|member| member.worker.is_idle())
    }

    /// Lets the workers of these tenants look for jobs at the next tick.
    pub fn wake(&mut self, tenants: &BTreeSet<TenantId>) {
        for member in &mut self.members {
            if tenants.contains(member.worker.tenant()) {
                member.rest = None;
            }
        }
    }

    /// Lets all workers look for jobs at the next tick.
    pub fn wake_all(&mut self) {
        for member in &mut self.members {
            member.rest = None;
        }
    }

    /// Claims nothing from now on; what runs may end.
    pub fn stop(&mut self) {
        for member in &mut self.members {
            member.worker.stop();
        }
    }

    /// Goes round once, or a part of the way where many are due.
    pub async fn tick(&mut self) -> CrewTicked {
        let now = self.clock.now();
        // Those that come at the next tick have their shares, too.
        let (turn, mut asking) = self.turn(now);
        let mut done = CrewTicked::default();
        for places in turn.chunks(AT_ONCE) {
            let mut room = self.room();
            let mut shares = BTreeMap::new();
            for place in places {
                // What the others have not had yet is shared by those that still ask.
                let share = room.div_ceil(asking.max(1));
                shares.insert(*place, share);
                room = room.saturating_sub(share);
                asking = asking.saturating_sub(1);
            }
            let members = self.members.iter_mut().enumerate();
            let served = members.filter_map(|(place, member)| {
                let share = shares.remove(&place)?;
                Some(member.serve(share, now))
            });
            for served in join_all(served).await {
                done.note(served);
            }
        }
        done.ticked.next = self.next(now);
        done
    }

    /// How many more jobs may run: those that have ended make room before they are told.
    fn room(&self) -> usize {
        let working = self.members.iter().map(|member| member.worker.working());
        self.jobs_max.saturating_sub(working.sum())
    }

    /// The places of those that are served now, in this round's order, and how many are due.
    fn turn(&mut self, now: Timestamp) -> (Vec<usize>, usize) {
        let (count, room) = (self.members.len(), self.room());
        let first = self.first.min(count);
        let places = (first..count).chain(0..first);
        let is_due = |place: &usize| {
            let member = self.members.get(*place);
            member.is_some_and(|member| member.is_due(now, room))
        };
        let mut turn: Vec<usize> = places.filter(is_due).collect();
        let due = turn.len();
        turn.truncate(SERVED_MAX);
        let last = if due > turn.len() {
            turn.last()
        } else {
            turn.first()
        };
        if let Some(place) = last {
            self.first = (place + 1) % count.max(1);
        }
        (turn, due)
    }

    /// Drives the handlers of all until at least one has ended; as [`Worker::work`].
    pub async fn work(&mut self) {
        let members = &mut self.members;
        poll_fn(|context| {
            let mut ended = false;
            for member in members.iter_mut() {
                // Handlers that were stopped are dropped here, too; until then they keep whatever
                // they wait for, and others with it.
                if !member.worker.has_handlers() {
                    continue;
                }
                let mut work = Box::pin(member.worker.work());
                ended |= work.poll_unpin(context).is_ready();
            }
            if ended {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Stops, drops what runs, and gives its jobs back; answers how many. What became of the others
    /// is told by the ticks after it until one asks for no other at once: they claim nothing.
    ///
    /// # Errors
    /// The first [`StoreError`], after all were asked; call again, or tick, which gives back what
    /// was not, or let the leases run out.
    pub async fn hand_back(&mut self) -> Result<usize, StoreError> {
        let (mut given, mut problem) = (0, None);
        for member in &mut self.members {
            match member.worker.hand_back().await {
                Ok(jobs) => {
                    given += jobs;
                    // What a tick that failed did need not wait for its pause.
                    member.failing = false;
                }
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        match problem {
            None => Ok(given),
            Some(error) => Err(error),
        }
    }

    /// When the first worker's time comes.
    fn next(&self, now: Timestamp) -> Wake {
        let room = self.room();
        if self.members.iter().any(|member| member.is_due(now, room)) {
            return Wake::Now;
        }
        let rests = self.members.iter().filter_map(|member| member.rest);
        let waits = rests.map(|rest| secs_until(now, rest.until));
        Wake::AfterSecs(waits.min().unwrap_or(u32::MAX))
    }
}

impl CrewTicked {
    fn note(&mut self, served: Served) {
        match served {
            Served::NotAsked => return,
            Served::Ticked(ticked) => self.ticked.add(&ticked),
            Served::Failed(tenant, error) => self.failed.push((tenant, error)),
        }
        self.workers += 1;
    }
}

/// What a turn of a member came to.
enum Served {
    /// It could claim nothing and has nothing to tell.
    NotAsked,
    Ticked(Ticked),
    Failed(TenantId, StoreError),
}

impl Member {
    /// Ticks its worker, which may claim `share` jobs.
    async fn serve(&mut self, share: usize, now: Timestamp) -> Served {
        if share == 0 && self.worker.is_idle() && !self.worker.has_news() {
            // It could claim nothing; asking would be in vain.
            self.hungry = true;
            self.rest = Rest::new(now, PAUSE_SECS);
            return Served::NotAsked;
        }
        let ticked = self.worker.tick_within(share).await;
        self.failing = ticked.is_err();
        let (next, served) = match ticked {
            Ok(ticked) => {
                // What ticks before claimed that failed is among it.
                self.hungry = ticked.claimed >= share;
                (ticked.next, Served::Ticked(ticked))
            }
            Err(error) => {
                let failed = Served::Failed(self.worker.tenant().clone(), error);
                let most = self.worker.pause_max_secs().unwrap_or(PAUSE_SECS);
                (Wake::AfterSecs(PAUSE_SECS.min(most)), failed)
            }
        };
        self.rest = match next {
            Wake::Now => None,
            Wake::AfterSecs(secs) => Rest::new(now, secs),
        };
        served
    }

    fn is_due(&self, now: Timestamp, room: usize) -> bool {
        self.rest.is_none_or(|rest| rest.is_over(now))
            || (!self.failing && (self.worker.has_news() || (self.hungry && room > 0)))
    }
}
