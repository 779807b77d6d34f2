//! Re-routing as a job: it goes on where its worker died, tries each order once, keeps a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Open, Work, hidden};
use crate::event::{Actor, ActorKind};
use crate::hub::Hub;
use crate::job::{AttemptFailure, Job, JobDraft};
use crate::plan::{
    ChangeSet, DocumentKey, DocumentWrite, Expected, Fingerprint, Index, Keys, Stored, Switchable,
    encode,
};
use crate::port::{JobQueue, Pushed};
use crate::reservation::ReservationKey;
use crate::service::derived::id_of;
use crate::service::intake::{failure, origin};
use crate::service::upkeep::QUEUE;
use crate::service::{Call, Done, Error, Extension, Handler, Tenant, WorkerBuilder, trace};
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX, REROUTE_LISTED_MAX};
use crate::value::{
    ExternalId, FulfillmentId, HubId, IdempotencyKey, JobId, JobKey, JobKind, OrderId, QueueName,
    TenantId, Timestamp, Version,
};

/// The kind of its jobs.
const KIND: &str = "reroute_hub";

/// How often a job is tried: with the usual pauses for 21 to 43 minutes.
const ATTEMPTS: u16 = 10;

/// Moves the open work of hubs that are switched off, by jobs.
///
/// A job notes which work it tries next before it tries it, under keys of its own. So a worker that
/// takes it over goes on where the last one was heard of: each fulfillment is tried once by a job,
/// and counted once in its report. When the hub is switched on again, the job ends where it is.
/// Where the hub was on meanwhile and is off again, it looks at everything once more when it is
/// through: the hub may have taken work. Other changes of the hub are nothing to it.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::port::JobQueue;
/// use oms_core::service::{Call, Error, Rerouting, Tenant, Worker};
/// use oms_core::value::HubId;
///
/// async fn flooded(tenant: Tenant, queue: Arc<dyn JobQueue>, hub: HubId) -> Result<(), Error> {
///     let rerouting = Rerouting::new(tenant.clone(), queue.clone());
///     rerouting.switch_off(&hub, Call::default()).await?;
///     // In any process of the host:
///     let worker = Worker::builder(queue, tenant.id().clone());
///     let worker = rerouting.handle(worker).build();
///     // Later:
///     if let Some(report) = rerouting.report(&hub).await? {
///         println!("{} moved, {} left", report.moved, report.left);
///     }
///     # drop(worker);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rerouting {
    tenant: Tenant,
    queue: Arc<dyn JobQueue>,
}

/// What a job did with the open work of a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RerouteReport {
    /// The job.
    pub job: JobId,
    /// How far it came.
    pub state: RerouteState,
    /// When this was noted, by the store's clock.
    pub at: Timestamp,
    /// Fulfillments whose work is at other hubs now.
    pub moved: u64,
    /// Fulfillments that stayed.
    pub left: u64,
    /// Orders that could not be read, such as those that a newer release wrote. Their work stayed.
    #[serde(default, alias = "unread")]
    pub unreadable: u64,
    /// Those that stayed, with reasons: the first
    /// [`REROUTE_LISTED_MAX`](crate::value::limits::REROUTE_LISTED_MAX) of them.
    pub listed: Vec<RerouteLeft>,
}

/// Work that stayed at a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RerouteLeft {
    /// The order.
    pub order: OrderId,
    /// Which of its fulfillments.
    pub fulfillment: FulfillmentId,
    /// The stable code of the reason.
    pub code: String,
    /// The reason in words. They are for operators: of what is no rejection they may name rows and
    /// the insides of a store.
    #[serde(alias = "text")]
    pub message: String,
}

/// How far a job came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RerouteState {
    /// There is more to look at.
    Running,
    /// Everything was tried.
    Done,
    /// The hub was switched on again before everything was tried.
    Stopped,
}

/// What is kept of a job: the report, and where to go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Progress {
    report: RerouteReport,
    /// When the job was pushed; not known of those that earlier releases kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed: Option<Timestamp>,
    /// The version at which the hub was off before the first claim was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    off: Option<Version>,
    /// Work that is being tried: what became of it is not noted yet.
    trying: Vec<Work>,
    /// Claims up to here were looked at.
    after: Option<ReservationKey>,
    /// All claims were looked at.
    ended: bool,
    /// The last order whose work was tried: more of its claims may follow.
    last: Option<OrderId>,
}

impl Stored for Progress {}

impl Rerouting {
    /// Work of a tenant's hubs, with jobs in `queue`: the queue of the same store.
    #[must_use]
    pub const fn new(tenant: Tenant, queue: Arc<dyn JobQueue>) -> Self {
        Self { tenant, queue }
    }

    /// Switches a hub off and pushes the job that moves its open work: both in one commit, or
    /// neither. A hub that is off already gets its job if it has none of this time that it was
    /// switched off; to try again later what stayed then, [`start`](Self::start). An unfinished job
    /// of an earlier time keeps none from being pushed, and gives way to it. A change of the hub
    /// while it is off begins another time.
    ///
    /// What can be sold changes with it, and no stock row does: a relay
    /// [with switches](crate::service::Relay::with_switches) tells whoever tells sales channels.
    ///
    /// # Errors
    /// [`Error`]; refused for a hub that does not exist. After a failure call again.
    pub async fn switch_off(&self, hub: &HubId, mut call: Call) -> Result<JobId, Error> {
        let (tenant, of) = (self.tenant.id().clone(), hub.clone());
        let key = DocumentKey::Hub(hub.clone());
        let hosts = call.extension.take();
        let extension: Extension = Arc::new(move |change_set: &mut ChangeSet| {
            if let Some(hosts) = &hosts {
                hosts(change_set);
            }
            let mut writes = change_set.documents.iter();
            let version = writes.find(|write| write.key == key);
            let version = version.map(|write| write.version);
            let id = |version| id_at(&tenant, &of, version);
            let draft = version.map(|version| Self::draft(&of, id(version), version));
            change_set.jobs.extend(draft);
        });
        let call = call.with_extension(extension);
        let document = Switchable::Hub(hub.clone());
        let done = self.tenant.deactivate(document, call).await?;
        let version = done.receipt.version;
        let id = id_at(self.tenant.id(), hub, version);
        // Kept already, unless the hub was off before: then nothing was committed.
        self.push(Self::draft(hub, id, version)).await
    }

    /// Pushes a job that moves the open work of a hub; it ends at once if the hub is not off.
    /// Answers the unfinished one of this time that it is off, if there is one. A change of the hub
    /// while it is off begins another time, as for [`switch_off`](Self::switch_off).
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked; refused for an unknown tenant.
    pub async fn start(&self, hub: &HubId) -> Result<JobId, Error> {
        let id = JobId::from_uuid(self.tenant.engine.ids.next_id());
        let seen = self.seen(hub).await?;
        let version = seen.version.filter(|_| !seen.active);
        self.push(Self::draft(hub, id, version.unwrap_or_default()))
            .await
    }

    async fn push(&self, draft: JobDraft) -> Result<JobId, Error> {
        let id = draft.id;
        match self.queue.push(self.tenant.id(), &[draft]).await?.pop() {
            Some(Pushed::Taken { by }) => Ok(by),
            Some(Pushed::Kept | Pushed::Repeated) => Ok(id),
            answer @ (Some(Pushed::Refused(_)) | None) => Err(Error::Defect {
                problem: format!("the job of a hub was not kept: {answer:?}"),
            }),
        }
    }

    /// The job, for hosts that push it themselves. There is at most one unfinished one of them of a
    /// hub: while there is, a further one is dropped. Who pushes it because the hub was switched
    /// off gives it a key of that time ([`JobDraft::with_unique`]); [`start`](Self::start) does so.
    #[must_use]
    pub fn job(hub: &HubId, id: JobId) -> JobDraft {
        Self::draft(hub, id, Version::ZERO)
    }

    /// The job of the time that a hub is off, which is a version of it; zero says of no certain
    /// time. One key for all would drop the job of a hub that is switched off again while an
    /// earlier job is about to end.
    fn draft(hub: &HubId, id: JobId, off: Version) -> JobDraft {
        let (queue, kind) = (QueueName::own(QUEUE), JobKind::own(KIND));
        let payload = serde_json::Value::from(hub.as_str()).to_string();
        let unique = id_of(&[KIND, hub.as_str()], off.get());
        JobDraft::new(id, queue, kind, payload)
            .with_unique(JobKey::from_uuid(unique))
            .with_max_attempts(ATTEMPTS)
    }

    /// Lets a worker do these jobs.
    pub fn handle(&self, worker: WorkerBuilder) -> WorkerBuilder {
        let handler: Arc<dyn Handler> = Arc::new(self.clone());
        worker.handler(QueueName::own(QUEUE), JobKind::own(KIND), handler)
    }

    /// What the newest job of a hub did, and how far it is; `None` when none has begun. It is kept
    /// until the next one of the hub begins.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn report(&self, hub: &HubId) -> Result<Option<RerouteReport>, Error> {
        let kept = self.kept(hub).await?;
        Ok(kept.progress.map(|progress| progress.report))
    }

    async fn kept(&self, hub: &HubId) -> Result<Kept, Error> {
        let key = document(hub);
        let keys = Keys::of(key.clone());
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await?;
        Ok(Kept {
            progress: snapshot.read(&key)?,
            version: snapshot.version(&key),
        })
    }

    /// How the hub stands now.
    async fn seen(&self, hub: &HubId) -> Result<Seen, Error> {
        let document = DocumentKey::Hub(hub.clone());
        let snapshot = self.tenant.look(&Keys::of(document.clone())).await?;
        let entry: Option<Hub> = snapshot.read(&document)?;
        Ok(Seen {
            active: entry.is_some_and(|hub| hub.active),
            version: snapshot.version(&document),
            now: snapshot.now,
        })
    }

    async fn run(&self, hub: &HubId, job: &Job) -> Result<(), Error> {
        let Kept {
            progress,
            mut version,
        } = self.kept(hub).await?;
        let seen = self.seen(hub).await?;
        let mut progress = match progress {
            Some(own) if own.report.job == job.draft.id => Progress {
                pushed: Some(job.pushed_at),
                ..own
            },
            // A later one has begun: it looks at everything that this one would.
            Some(Progress {
                pushed: Some(other),
                ..
            }) if other > job.pushed_at => return Ok(()),
            Some(_) | None => Progress::of(job, &seen),
        };
        let over = progress.report.state != RerouteState::Running;
        if over && !seen.active && self.was_on(hub, &progress, &seen).await? {
            progress.begin_anew(seen.version);
        }
        while progress.report.state == RerouteState::Running {
            self.try_noted(&mut progress).await?;
            let now = self.find_more(hub, &mut progress).await?;
            // What became of the last ones is noted together with what is tried next.
            version = Some(self.note(hub, &mut progress, version, now).await?);
        }
        Ok(())
    }

    /// Moves what was noted to be tried.
    async fn try_noted(&self, progress: &mut Progress) -> Result<(), Error> {
        let job = progress.report.job.as_uuid().simple();
        let call = |(order, fulfillment): Work| {
            let step = format!("reroute-{job}-{fulfillment}");
            let key = IdempotencyKey::of_step(&step, order.as_uuid());
            Call::by(Actor::new(ActorKind::Job)).with_key(key)
        };
        let trying = progress.trying.clone();
        for ((order, fulfillment), result) in self.tenant.move_all(trying, call).await {
            progress.report.count(order, fulfillment, result)?;
        }
        progress.trying.clear();
        Ok(())
    }

    /// Whether the hub was on since the first claim was looked at.
    async fn was_on(&self, hub: &HubId, progress: &Progress, seen: &Seen) -> Result<bool, Error> {
        self.tenant.was_on(hub, progress.off, seen.version).await
    }

    /// Looks for the next work to try while the hub is off; answers the store's time.
    async fn find_more(&self, hub: &HubId, progress: &mut Progress) -> Result<Timestamp, Error> {
        loop {
            let seen = self.seen(hub).await?;
            let through = progress.ended && progress.trying.is_empty();
            if seen.active {
                progress.trying.clear();
                progress.report.state = RerouteState::Stopped;
            } else if through && self.was_on(hub, progress, &seen).await? {
                progress.begin_anew(seen.version);
            } else if through {
                progress.report.state = RerouteState::Done;
            }
            if progress.report.state != RerouteState::Running || !progress.trying.is_empty() {
                return Ok(seen.now);
            }
            self.read_on(hub, progress).await?;
        }
    }

    /// Reads a page of claims: open work of theirs is tried next.
    async fn read_on(&self, hub: &HubId, progress: &mut Progress) -> Result<(), Error> {
        let after = progress.after.as_ref();
        let page = self.tenant.claiming(hub, after, PAGE_ITEMS_MAX).await?;
        let mut hidden: BTreeMap<OrderId, Error> = hidden(page.unreadable).collect();
        hidden.retain(|order, _| Some(*order) != progress.last);
        let mut orders = page.items;
        orders.dedup();
        orders.retain(|order| Some(*order) != progress.last);
        let last = orders.last().max(hidden.keys().next_back()).copied();
        orders.retain(|order| !hidden.contains_key(order));
        for (order, error) in &hidden {
            self.pass_over(progress, *order, error);
        }
        for orders in orders.chunks(BATCH_ITEMS_MAX) {
            let Open { works, unreadable } = self.tenant.open_at(orders, hub).await?;
            progress.trying.extend(works);
            for (order, error) in unreadable {
                self.pass_over(progress, order, &error);
            }
        }
        progress.last = last.or(progress.last);
        progress.ended = page.next.is_none();
        progress.after = page.next;
        Ok(())
    }

    /// Counts an order that cannot be read.
    fn pass_over(&self, progress: &mut Progress, order: OrderId, error: &Error) {
        trace::passed_over(self.tenant.id(), order, error.code());
        progress.report.unreadable = progress.report.unreadable.saturating_add(1);
    }

    /// Keeps how far it came; answers the version of what is kept. Another worker that has the job
    /// wrote first if this is refused.
    async fn note(
        &self,
        hub: &HubId,
        progress: &mut Progress,
        version: Option<Version>,
        now: Timestamp,
    ) -> Result<Version, Error> {
        progress.report.at = now;
        let key = IdempotencyKey::from_uuid(self.tenant.engine.ids.next_id());
        let mut change_set = ChangeSet::new(origin(key, None), Fingerprint::NONE, "null", now);
        let next = version.unwrap_or_default().next();
        change_set.documents.push(DocumentWrite {
            key: document(hub),
            expected: version.map_or(Expected::Absent, Expected::Version),
            version: next,
            body: encode(progress),
            index: Index::None,
        });
        let store = &self.tenant.engine.store;
        Error::unless_stored(store.commit(self.tenant.id(), &[change_set]).await?.pop())?;
        Ok(next)
    }
}

/// What the store keeps of a hub.
struct Kept {
    progress: Option<Progress>,
    version: Option<Version>,
}

/// How a hub stands.
struct Seen {
    active: bool,
    version: Option<Version>,
    /// The store's time.
    now: Timestamp,
}

impl Progress {
    const fn of(job: &Job, seen: &Seen) -> Self {
        Self {
            report: RerouteReport {
                job: job.draft.id,
                state: RerouteState::Running,
                at: seen.now,
                moved: 0,
                left: 0,
                unreadable: 0,
                listed: Vec::new(),
            },
            pushed: Some(job.pushed_at),
            off: seen.version,
            trying: Vec::new(),
            after: None,
            ended: false,
            last: None,
        }
    }

    /// Looks at all claims once more, for they may have come while the hub was on. What stayed is
    /// tried again, and counted then.
    fn begin_anew(&mut self, off: Option<Version>) {
        self.off = off;
        self.trying.clear();
        (self.after, self.last, self.ended) = (None, None, false);
        let report = &mut self.report;
        report.state = RerouteState::Running;
        (report.left, report.unreadable) = (0, 0);
        report.listed.clear();
    }
}

impl RerouteReport {
    /// Counts what became of work that was tried. A failure that may go away by itself is none of
    /// the work's: the job is tried again, and what is done already is found by its key.
    fn count(
        &mut self,
        order: OrderId,
        fulfillment: FulfillmentId,
        result: Result<Done, Error>,
    ) -> Result<(), Error> {
        let error = match result {
            Ok(_) => {
                self.moved = self.moved.saturating_add(1);
                return Ok(());
            }
            Err(error) if error.is_of_one_item() => error,
            Err(error) => return Err(error),
        };
        self.left = self.left.saturating_add(1);
        if self.listed.len() < REROUTE_LISTED_MAX {
            self.listed.push(RerouteLeft {
                order,
                fulfillment,
                code: error.code().to_owned(),
                message: error.to_string(),
            });
        }
        Ok(())
    }
}

/// The job of the time that a hub was switched off, which is a version of it.
fn id_at(tenant: &TenantId, hub: &HubId, version: Version) -> JobId {
    let parts = [tenant.as_str(), KIND, hub.as_str()];
    JobId::from_uuid(id_of(&parts, version.get()))
}

/// Where a hub's report is kept. The name goes into a hash, because it may be too long.
fn document(hub: &HubId) -> DocumentKey {
    let id = id_of(&[hub.as_str()], 0);
    DocumentKey::Host(ExternalId::own("reroute"), ExternalId::from_uuid(id))
}

#[async_trait]
impl Handler for Rerouting {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let hub = serde_json::from_str::<HubId>(&job.draft.payload);
        let hub = hub.map_err(|problem| AttemptFailure::permanent(problem.to_string()))?;
        Self::run(self, &hub, job).await.map_err(failure)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Progress;
    use crate::plan::{Stored, decode_json};

    /// A job that runs while a new release is installed goes on, and the report of the last one is
    /// read.
    #[test]
    fn what_was_noted_once_is_read_for_ever() {
        let noted = concat!(
            r#"{"report":{"job":"0a5d0000-0000-8000-8000-000000000007","state":"running","#,
            r#""at":"2026-02-25T06:13:20.000000Z","moved":3,"left":1,"unreadable":2,"#,
            r#""listed":[{"order":"0a5d0000-0000-8000-8000-000000000001","fulfillment":1,"#,
            r#""code":"short","message":"nobody has it"}]},"#,
            r#""trying":[["0a5d0000-0000-8000-8000-000000000002",1]],"#,
            r#""after":{"owner":{"order":"0a5d0000-0000-8000-8000-000000000002"},"line":1,"#,
            r#""hub":"north","sku":"TEA"},"ended":false,"#,
            r#""last":"0a5d0000-0000-8000-8000-000000000002"}"#,
        );
        let read: Progress = decode_json("a report", Progress::SCHEMA, noted).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), noted);
        // Before the words were called the message, and what cannot be read unreadable.
        let older = noted.replace(r#""message":"#, r#""text":"#);
        let older = older.replace(r#""unreadable":"#, r#""unread":"#);
        let read: Progress = decode_json("a report", 1, &older).unwrap();
        assert_eq!(read.report.listed[0].message, "nobody has it");
        assert_eq!(read.report.unreadable, 2);
        // Before orders were counted that cannot be read.
        let older = noted.replace(r#","unreadable":2"#, "");
        let read: Progress = decode_json("a report", 1, &older).unwrap();
        assert_eq!((read.report.moved, read.report.unreadable), (3, 0));
        // Before it was kept how often the hub was switched off: it is looked at anew.
        assert_eq!((read.off, read.pushed), (None, None));
    }
}
