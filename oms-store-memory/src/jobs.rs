//! The jobs of a tenant, and what finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use oms_core::job::{
    Job, JobCommand, JobDraft, JobEvent, JobRefusal, JobState, Priority, decide, evolve,
};
use oms_core::port::{
    Fired, JobFilter, Page, Pushed, QueueDemand, QueueReport, QueueStats, RedriveAnswer,
};
use oms_core::value::limits::SCHEDULE_AHEAD_MAX_SECS;
use oms_core::value::{JobId, JobKey, QueueName, ScheduleName, Timestamp};
use uuid::Uuid;

use crate::list::page;

/// Jobs that are not done.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    by_id: BTreeMap<JobId, Job>,
    /// Live jobs in the order in which they are claimed.
    due: BTreeSet<(QueueName, Priority, Timestamp, JobId)>,
    /// The live jobs that hold a unique key.
    keys: BTreeMap<(QueueName, JobKey), JobId>,
    finished: BTreeMap<QueueName, Finished>,
    schedules: BTreeMap<ScheduleName, Timestamp>,
}

/// How many jobs of a queue came to an end.
#[derive(Clone, Copy, Debug, Default)]
struct Finished {
    done: u64,
    died: u64,
}

impl Jobs {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn get(&self, id: JobId) -> Option<&Job> {
        self.by_id.get(&id)
    }

    /// Keeps a job, unless its id or its key is known.
    pub(crate) fn push(&mut self, draft: &JobDraft, now: Timestamp) -> Pushed {
        if let Err(why) = draft.check() {
            return Pushed::Refused(why);
        }
        if self.by_id.contains_key(&draft.id) {
            return Pushed::Repeated;
        }
        let job = Job::new(draft.clone(), now);
        if let Some(by) = self.holder(&job.draft) {
            return Pushed::Taken { by };
        }
        self.enter(job);
        Pushed::Kept
    }

    fn holder(&self, draft: &JobDraft) -> Option<JobId> {
        let key = draft.unique.clone()?;
        self.keys.get(&(draft.queue.clone(), key)).copied()
    }

    /// Writes a job and what finds it.
    fn enter(&mut self, job: Job) {
        let (id, queue) = (job.draft.id, job.draft.queue.clone());
        if job.holds_key()
            && let Some(key) = job.draft.unique.clone()
        {
            self.keys.insert((queue.clone(), key), id);
        }
        if job.state.is_live() {
            self.due.insert((queue, job.draft.priority, job.due_at, id));
        }
        self.by_id.insert(id, job);
    }

    /// Takes a job out, with what finds it.
    fn leave(&mut self, id: JobId) -> Option<Job> {
        let job = self.by_id.remove(&id)?;
        let queue = job.draft.queue.clone();
        if job.holds_key()
            && let Some(key) = job.draft.unique.clone()
        {
            self.keys.remove(&(queue.clone(), key));
        }
        let place = (queue, job.draft.priority, job.due_at, id);
        self.due.remove(&place);
        Some(job)
    }

    /// Does what a command leads to; `None` where there is no such job.
    pub(crate) fn change(
        &mut self,
        id: JobId,
        command: &JobCommand,
        now: Timestamp,
    ) -> Option<Result<JobEvent, JobRefusal>> {
        let event = match decide(self.by_id.get(&id)?, command, now) {
            Ok(event) => event,
            Err(lost) => return Some(Err(lost)),
        };
        let mut job = self.leave(id)?;
        let was = job.state;
        evolve(&mut job, &event);
        match job.state {
            JobState::Done => self.finished(&job).done += 1,
            JobState::Dead => {
                if was.is_live() {
                    self.finished(&job).died += 1;
                }
                self.enter(job);
            }
            JobState::Ready | JobState::Running | JobState::Retrying => self.enter(job),
        }
        Some(Ok(event))
    }

    fn finished(&mut self, job: &Job) -> &mut Finished {
        self.finished.entry(job.draft.queue.clone()).or_default()
    }

    /// Claims what is due, and says when the next one is.
    pub(crate) fn claim(
        &mut self,
        wanted: &[QueueDemand],
        lease_secs: u32,
        now: Timestamp,
    ) -> (Vec<Job>, Option<Timestamp>) {
        let mut claimed = Vec::new();
        for demand in wanted {
            let ids = self.due_ids(demand, now);
            for id in ids {
                let event = self.change(id, &JobCommand::Claim { lease_secs }, now);
                if let Some(Ok(JobEvent::Claimed { .. })) = event {
                    claimed.extend(self.by_id.get(&id).cloned());
                }
            }
        }
        let next = wanted.iter().filter_map(|demand| self.next(&demand.queue));
        (claimed, next.min())
    }

    fn due_ids(&self, demand: &QueueDemand, now: Timestamp) -> Vec<JobId> {
        let due = Priority::ALL.iter().flat_map(|priority| {
            let row = self.waiting(&demand.queue, *priority);
            row.take_while(|(at, _)| *at <= now)
        });
        due.take(demand.jobs).map(|(_, id)| id).collect()
    }

    fn next(&self, queue: &QueueName) -> Option<Timestamp> {
        let first = Priority::ALL
            .iter()
            .filter_map(|priority| self.waiting(queue, *priority).next());
        first.map(|(at, _)| at).min()
    }

    /// The live jobs of a queue and priority, by when they are due.
    fn waiting(
        &self,
        queue: &QueueName,
        priority: Priority,
    ) -> impl Iterator<Item = (Timestamp, JobId)> {
        let least = JobId::from_uuid(Uuid::nil());
        let from = (queue.clone(), priority, Timestamp::EPOCH, least);
        let same = {
            let queue = queue.clone();
            move |place: &&(QueueName, Priority, Timestamp, JobId)| {
                place.0 == queue && place.1 == priority
            }
        };
        let row = self.due.range(from..).take_while(same);
        row.map(|(_, _, at, id)| (*at, *id))
    }

    pub(crate) fn delete(&mut self, id: JobId) -> bool {
        self.leave(id).is_some()
    }

    pub(crate) fn redrive(&mut self, id: JobId, now: Timestamp) -> RedriveAnswer {
        let holder = self.by_id.get(&id).filter(|job| !job.state.is_live());
        let holder = holder.and_then(|job| self.holder(&job.draft));
        if let Some(by) = holder {
            return RedriveAnswer::Taken { by };
        }
        match self.change(id, &JobCommand::Redrive, now) {
            Some(Ok(_)) => RedriveAnswer::Ready,
            Some(Err(_)) | None => RedriveAnswer::NotDead,
        }
    }

    pub(crate) fn fire(
        &mut self,
        schedule: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
        now: Timestamp,
    ) -> Fired {
        let limit = now.checked_add_secs(SCHEDULE_AHEAD_MAX_SECS);
        let is_ahead = |at: Timestamp| limit.is_some_and(|limit| at > limit);
        match self.schedules.get(schedule).copied() {
            None => {
                self.schedules.insert(schedule.clone(), at);
                Fired::Noted
            }
            Some(last) if last >= at && (is_ahead(at) || !is_ahead(last)) => {
                Fired::Already { last }
            }
            Some(_) => {
                self.schedules.insert(schedule.clone(), at);
                Fired::Pushed(self.push(draft, now))
            }
        }
    }

    /// Jobs after an id, by id.
    pub(crate) fn after(&self, after: Option<JobId>) -> impl Iterator<Item = &Job> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id
            .range((from, Bound::Unbounded))
            .map(|(_, job)| job)
    }

    pub(crate) fn list(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Page<Job, JobId> {
        let found = self.after(after).filter(|job| {
            let queue = filter.queue.as_ref();
            queue.is_none_or(|queue| *queue == job.draft.queue)
                && filter.state.is_none_or(|state| state == job.state)
        });
        page(found.cloned(), limit, |job| job.draft.id)
    }

    pub(crate) fn report(&self, now: Timestamp) -> QueueReport {
        let mut queues: BTreeMap<QueueName, QueueStats> = BTreeMap::new();
        for (queue, finished) in &self.finished {
            let stats = queues.entry(queue.clone());
            let stats = stats.or_insert_with(|| QueueStats::empty(queue.clone()));
            (stats.done, stats.died) = (finished.done, finished.died);
        }
        for job in self.by_id.values() {
            let queue = &job.draft.queue;
            let stats = queues.entry(queue.clone());
            let stats = stats.or_insert_with(|| QueueStats::empty(queue.clone()));
            let due = job.due_at <= now;
            match job.state {
                JobState::Ready if due => stats.ready += 1,
                JobState::Ready => stats.scheduled += 1,
                JobState::Running => stats.running += 1,
                JobState::Retrying => stats.retrying += 1,
                JobState::Dead => stats.dead += 1,
                JobState::Done => {}
            }
            let waits = matches!(job.state, JobState::Ready | JobState::Retrying);
            if waits && due {
                let oldest = stats.oldest_due_at.unwrap_or(job.due_at);
                stats.oldest_due_at = Some(oldest.min(job.due_at));
            }
        }
        let queues = queues.into_values().collect();
        QueueReport { now, queues }
    }
}
