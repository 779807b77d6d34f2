//! Claiming: how many jobs of which queues a tick asks for.

use super::{Worker, secs_until};
use crate::port::{QueueDemand, StoreError};
use crate::value::limits::JOBS_PER_CALL_MAX;
use crate::value::{QueueName, Timestamp};

/// A queue that may still be asked in a tick.
struct Open {
    queue: QueueName,
    /// How many more of its jobs may run.
    room: usize,
    /// How many it is asked for.
    asked: usize,
}

impl Worker {
    /// Claims as many jobs as have room, at most `most`, and begins them; answers the store's time
    /// and how many seconds until more may be due.
    ///
    /// What a queue does not use of its share goes to those that may have more, in the same tick.
    pub(super) async fn claim(
        &mut self,
        most: usize,
    ) -> Result<(Option<Timestamp>, u32), StoreError> {
        if self.stopping {
            return Ok((None, self.poll_secs));
        }
        let mut open = self.open();
        let bound = within_call(open.len());
        let mut left = most.min(bound);
        if let Some(first) = open.first().filter(|_| left > 0) {
            self.first = Some(first.queue.clone());
        }
        let mut wait = self.poll_secs;
        loop {
            let asked = deal(&mut open, left);
            let wanted = open.iter().filter(|queue| queue.asked > 0);
            let wanted = wanted.map(|open| QueueDemand {
                queue: open.queue.clone(),
                jobs: open.asked,
            });
            let wanted: Vec<QueueDemand> = wanted.collect();
            let claim = self.queue.claim(&self.tenant, &wanted, self.lease_secs);
            let claimed = claim.await?;
            let found = claimed.jobs.len();
            open.retain_mut(|open| {
                let jobs = claimed.jobs.iter();
                let found = jobs.filter(|job| job.draft.queue == open.queue).count();
                open.room = open.room.saturating_sub(found);
                // One that gave less than it was asked for has no more.
                open.room > 0 && found >= open.asked
            });
            left = left.saturating_sub(found);
            self.untold.claimed += found;
            for job in claimed.jobs {
                self.begin(job);
            }
            // With no room left, an end of a job is what to wait for.
            let full = found == asked;
            if let Some(at) = claimed.next_at.filter(|_| !full) {
                wait = wait.min(secs_until(claimed.now, at).max(1));
            }
            if left == 0 || open.is_empty() {
                // There may be more for the room that is left: not that was the bound, but what
                // one call may ask for.
                if most > bound && !open.is_empty() {
                    wait = 0;
                }
                return Ok((Some(claimed.now), wait));
            }
        }
    }

    /// Whether a claim may end a job that runs here, in its last attempt, should its lease be over.
    pub(super) fn may_kill(&self, most: usize) -> bool {
        if self.stopping || most == 0 || !self.held.values().any(|held| held.last) {
            return false;
        }
        let open = self.open();
        let mut last = self.held.values().filter(|held| held.last);
        last.any(|held| open.iter().any(|open| open.queue == held.queue))
    }

    /// The store's time, if it tells.
    pub(super) async fn time(&mut self) -> Option<Timestamp> {
        let claim = self.queue.claim(&self.tenant, &[], self.lease_secs);
        Some(claim.await.ok()?.now)
    }

    /// The queues that have room, beginning behind the one that the last claim began with.
    fn open(&self) -> Vec<Open> {
        let open = self.concurrency.iter().map(|(queue, limit)| {
            let busy = self.held.values().filter(|held| held.queue == *queue);
            let room = limit.saturating_sub(busy.count());
            let (queue, asked) = (queue.clone(), 0);
            Open { queue, room, asked }
        });
        // A full queue is not asked: its jobs are due, and the worker would look again and again.
        let mut open: Vec<Open> = open.filter(|queue| queue.room > 0).collect();
        let behind = |queue: &Open| Some(&queue.queue) > self.first.as_ref();
        let first = open.iter().position(behind).unwrap_or_default();
        open.rotate_left(first);
        open
    }
}

/// How many jobs `queues` queues may be asked for in one call, which counts the queues that are
/// asked, too.
fn within_call(queues: usize) -> usize {
    JOBS_PER_CALL_MAX
        .saturating_sub(queues)
        .max(JOBS_PER_CALL_MAX / 2)
}

/// Deals a number of jobs to queues: to each the same, but no more than it has room for, and what
/// cannot be parted to the first ones. Answers how many were dealt.
fn deal(open: &mut [Open], mut left: usize) -> usize {
    for queue in open.iter_mut() {
        queue.asked = 0;
    }
    let mut dealt = 0;
    loop {
        let hungry = open.iter().filter(|queue| queue.asked < queue.room).count();
        if hungry == 0 || left == 0 {
            return dealt;
        }
        let share = (left / hungry).max(1);
        for queue in open.iter_mut() {
            let more = share.min(left).min(queue.room - queue.asked);
            queue.asked += more;
            left -= more;
            dealt += more;
        }
    }
}
