//! The handler that places orders that were taken in.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::ahead::{bound_command, bound_draft, kept_time};
use super::asked::{Step, counted_as, steps};
use super::refused::{first_version, forgotten, tombstone};
use super::{FORGET_KIND, IntakeRefusal, Intakes, Reading, placed_key, refused_key};
use crate::event::{Actor, ActorKind, Origin};
use crate::job::{AttemptFailure, Job, JobDraft};
use crate::order::{CommandKind, ExternalReference, Order, OrderCommand, OrderRejection};
use crate::plan::{
    ChangeSet, Command, DecodeError, DocumentKey, Fingerprint, INTAKE_QUEUE, Intake, Keys, Outcome,
    PayloadDocument, PlaceOrder, Receipt, Refusal, Rejection, Requirement, UniqueKey, fingerprint,
    intake_row,
};
use crate::service::paid::is_overtaken;
use crate::service::{Call, Done, Error, Extension, Handler};
use crate::tenant::Settings;
use crate::value::limits::{JOB_ATTEMPTS_MAX, JOB_DELAY_MAX_SECS};
use crate::value::{
    ChannelId, IdempotencyKey, IntakeId, JobId, JobKind, OrderId, QueueName, RequestId, Timestamp,
    Version,
};

const DAY_SECS: i64 = 86_400;

/// How often a payload is compared with an order that goes on meanwhile, before the job waits.
const COMPARED_TIMES_MAX: u32 = 5;

/// How often what became of a payload is dated anew before the job waits.
const DATED_TIMES_MAX: u32 = 3;

/// How many notes of one payload have a key.
const STEP_TIMES_MAX: u32 = 10;

#[async_trait]
impl Handler for Intakes {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let id = IntakeId::from_uuid(job.draft.id.as_uuid());
        if let Some(id) = forgotten(job) {
            let id = id.map_err(|problem| AttemptFailure::permanent(problem.to_string()))?;
            return self.forget(id).await.map_err(failure);
        }
        self.place_one(id, job).await
    }
}

/// What is known of an order that was taken in when its turn comes.
pub(super) struct Turn {
    id: IntakeId,
    trace: Option<RequestId>,
    now: Timestamp,
    settings: Settings,
}

impl Intakes {
    async fn place_one(&self, id: IntakeId, job: &Job) -> Result<(), AttemptFailure> {
        let row = intake_row(id);
        let keys = Keys::of(row.clone());
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await;
        let snapshot = snapshot.map_err(|error| failure(error.into()))?;
        let settings = snapshot.read(&DocumentKey::Settings);
        let settings: Option<Settings> = settings.map_err(|error| failure(error.into()))?;
        let turn = Turn {
            id,
            trace: job.draft.trace.clone(),
            now: snapshot.now,
            settings: settings.unwrap_or_default(),
        };
        let kept = snapshot.read(&row).map_err(|error| failure(error.into()))?;
        let (media_type, text) = match kept {
            Some(PayloadDocument::Present { media_type, text }) => (media_type, text),
            // It is erased when all is done, or because its customer was.
            Some(PayloadDocument::Erased { .. }) => return self.settle_erased(&turn).await,
            None => return Err(AttemptFailure::permanent("nothing was taken in")),
        };
        let intake = Intake::read(&media_type, &text).map_err(unreadable)?;
        let (channel, text) = match intake {
            Intake::Order(place) => return self.place(&turn, *place, Vec::new(), |_| vec![]).await,
            Intake::Payload { channel, text } => (channel, text),
        };
        let nobody = || format!("nobody reads payloads of channel {channel}");
        let reader = self.reader.as_ref();
        let reader = reader.ok_or_else(|| AttemptFailure::permanent(nobody()))?;
        let reading = reader.read(&channel, &text);
        let follow = |known: &Order| {
            let commands = reader.follow(&channel, &text, known).into_iter();
            let bound = |command| bound_command(command, job.pushed_at);
            let said = reader.contacts(&channel, &text, known);
            steps(commands.map(bound).collect(), said)
        };
        match reading.map_err(AttemptFailure::permanent)? {
            Reading::LeaveOut(refusal) => self.refuse(&turn, refusal).await,
            Reading::FollowOnly {
                source,
                external,
                refusal,
            } => {
                if let Some(order) = self.known(&source, &external).await? {
                    self.follow_known(&turn, order, follow).await?;
                }
                self.refuse(&turn, refusal).await
            }
            Reading::Place { mut place, then } => {
                bound_draft(&mut place.draft, job.pushed_at);
                self.place(&turn, *place, then, follow).await
            }
        }
    }

    /// Places the order and erases what is kept of it, in one commit where nothing else is to do.
    async fn place(
        &self,
        turn: &Turn,
        place: PlaceOrder,
        then: Vec<OrderCommand>,
        follow: impl Fn(&Order) -> Vec<Step> + Send + Sync,
    ) -> Result<(), AttemptFailure> {
        let beside = if then.is_empty() {
            turn.erasure()
        } else {
            turn.presence()
        };
        let call = turn.call(placed_key(turn.id)).with_extension(beside);
        let heard = kept_time(&place.draft.attributes);
        let command = Command::Place(Box::new(place));
        let receipt = match self.tenant.execute(command.clone(), call).await {
            Ok(done) => done.receipt,
            // No refusal of the order: where nobody gave it up, the next attempt says what became
            // of it.
            Err(Error::Rejected(Rejection::Unmet { requirement }))
                if requirement == turn.kept() =>
            {
                let message = "what it said was erased while it was placed";
                return Err(AttemptFailure::transient(message));
            }
            Err(Error::Rejected(rejection)) => match self.placed_before(turn, &rejection).await? {
                Some(receipt) => receipt,
                None => {
                    let refusal = IntakeRefusal {
                        code: rejection.code().to_owned(),
                        message: rejection.to_string(),
                    };
                    return self.refuse(turn, refusal).await;
                }
            },
            Err(error) => return Err(failure(error)),
        };
        if receipt.known {
            if let Some(order) = &receipt.order {
                self.follow_known(turn, order.id, follow).await?;
            }
            // Nothing was written for it, so what became of it is noted here.
            return self.note_known(turn, &command, &receipt).await;
        }
        if then.is_empty() {
            return Ok(());
        }
        if let Some(order) = &receipt.order {
            // What this payload asks for is over once a newer one made the order firm.
            let rest = |known: &Order| {
                let newer = kept_time(&known.head.attributes) != heard;
                let over = newer && !known.head.tentative;
                let then = if over { Vec::new() } else { then.clone() };
                steps(then, None)
            };
            self.follow_known(turn, order.id, rest).await?;
        }
        self.forget(turn.id).await.map_err(failure)
    }

    /// The order that is there already under one of these references.
    async fn known(
        &self,
        source: &ChannelId,
        external: &[ExternalReference],
    ) -> Result<Option<OrderId>, AttemptFailure> {
        let name = |reference: &ExternalReference| {
            let (kind, id) = (reference.kind.clone(), reference.id.clone());
            UniqueKey::ExternalReference(source.clone(), kind, id)
        };
        let mut keys = Keys::default();
        keys.unique.extend(external.iter().map(name));
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await;
        let snapshot = snapshot.map_err(|error| failure(error.into()))?;
        for document in snapshot.unique.values() {
            if let DocumentKey::Order(id) = document {
                return Ok(Some(*id));
            }
        }
        Ok(None)
    }

    /// What came of it when it was read in another way and placed: by another release of the
    /// reader, whose worker died before all was done.
    async fn placed_before(
        &self,
        turn: &Turn,
        rejection: &Rejection,
    ) -> Result<Option<Receipt>, AttemptFailure> {
        if !matches!(rejection, Rejection::KeyReused { .. }) {
            return Ok(None);
        }
        let recorded = self.recorded(turn.id).await.map_err(failure)?;
        Ok(recorded.placed)
    }

    /// Does what the payload asks of an order that is there. Another payload of it may be worked on
    /// at the same time, so what is asked is asked anew where the order went on.
    async fn follow_known(
        &self,
        turn: &Turn,
        order: OrderId,
        follow: impl Fn(&Order) -> Vec<Step> + Send + Sync,
    ) -> Result<(), AttemptFailure> {
        for _ in 0..COMPARED_TIMES_MAX {
            let known = self.tenant.order(order).await.map_err(failure)?;
            if self.follow(turn, &known, follow(&known)).await? {
                return Ok(());
            }
        }
        let message = "the order goes on while it is compared with what came";
        Err(AttemptFailure::transient(message))
    }

    /// Does what the payload asks for, each under a key of its own, while the order stands as it
    /// was compared with the payload; once it went on, nothing more is done: the answer is false.
    async fn follow(
        &self,
        turn: &Turn,
        known: &Order,
        steps: Vec<Step>,
    ) -> Result<bool, AttemptFailure> {
        let (order, mut seen) = (known.head.id, known.version);
        let mut asked = BTreeMap::new();
        let mut guarded = None;
        for asks in steps {
            let command = match asks {
                Step::Command(command) => command,
                Step::Contacts(said) => {
                    match self.tell_contacts(turn, known, seen, &said).await? {
                        Some(now) => seen = now,
                        None => return Ok(false),
                    }
                    continue;
                }
            };
            let kind = command.kind();
            let step = counted_as(&command);
            let times = asked.entry(step.clone()).or_insert(0_u32);
            let confirms = kind == CommandKind::Confirm;
            // It does not go on while what came before it is left undone.
            if guarded.is_some() && (confirms || kind == CommandKind::Release) {
                continue;
            }
            if confirms {
                // Its time may be over: it is to have what is there all the same.
                match self.tenant.regain(order, Some(seen), &turn.by_job()).await {
                    Ok(now) => seen = now,
                    Err(error) if is_overtaken(&error) => return Ok(false),
                    Err(error) => return Err(failure(error)),
                }
            }
            let done = self.run_step(turn, order, seen, command, &step, times);
            match done.await {
                // What was done at an earlier attempt tells the version of then.
                Ok(done) => seen = seen.max(done.receipt.version),
                // An earlier attempt kept another time; the next message has a newer one.
                Err(Error::Rejected(Rejection::KeyReused { .. }))
                    if kind == CommandKind::SetAttribute => {}
                Err(Error::Rejected(reused @ Rejection::KeyReused { .. })) => {
                    return Err(AttemptFailure::permanent(reused.to_string()));
                }
                Err(Error::Rejected(Rejection::Changed { .. })) => return Ok(false),
                Err(error) if confirms && is_overtaken(&error) => return Ok(false),
                // The channel's word stands against the tenant's: a person has to decide.
                Err(Error::Rejected(Rejection::Order {
                    reason: problem @ OrderRejection::Guarded { .. },
                })) => guarded = guarded.or(Some(problem)),
                // The order may have gone on since, or stands where it should already.
                Err(Error::Rejected(_)) => {}
                Err(error) => return Err(failure(error)),
            }
        }
        guarded.map_or(Ok(true), |problem| {
            Err(AttemptFailure::permanent(problem.to_string()))
        })
    }

    /// One command under the next key of its step. A note whose words are others than those of an
    /// earlier attempt is another note, so it takes the key after that.
    async fn run_step(
        &self,
        turn: &Turn,
        order: OrderId,
        seen: Version,
        command: OrderCommand,
        step: &str,
        times: &mut u32,
    ) -> Result<Done, Error> {
        let note = command.kind() == CommandKind::AddNote;
        loop {
            *times = times.saturating_add(1);
            let call = turn.call(step_key(turn.id, step, *times));
            let call = call.expecting(seen);
            match self
                .tenant
                .order_command(order, command.clone(), call)
                .await
            {
                Err(Error::Rejected(Rejection::KeyReused { .. }))
                    if note && *times < STEP_TIMES_MAX => {}
                done => return done,
            }
        }
    }

    /// Records under the key of placing that the order was there already.
    async fn note_known(
        &self,
        turn: &Turn,
        command: &Command,
        receipt: &Receipt,
    ) -> Result<(), AttemptFailure> {
        let origin = turn.origin(placed_key(turn.id));
        let receipt = receipt.stored();
        let mut change_set = ChangeSet::new(origin, fingerprint(command), receipt, turn.now);
        change_set.documents.push(tombstone(turn.id, turn.now));
        self.commit(change_set).await.map(|_| ())
    }

    /// Records a refusal, and a job that forgets what the order said when its time is over.
    async fn refuse(&self, turn: &Turn, refusal: IntakeRefusal) -> Result<(), AttemptFailure> {
        let json = serde_json::to_string(&refusal);
        let json = json.map_err(|error| AttemptFailure::permanent(error.to_string()))?;
        let origin = turn.origin(refused_key(turn.id));
        let mut change_set = ChangeSet::new(origin, Fingerprint::NONE, json, turn.now);
        let secs = turn.settings.key_retention_days.saturating_mul(DAY_SECS);
        let secs = u32::try_from(secs).unwrap_or(JOB_DELAY_MAX_SECS);
        let job = JobId::from_uuid(self.tenant.engine.ids.next_id());
        let (queue, kind) = (QueueName::own(INTAKE_QUEUE), JobKind::own(FORGET_KIND));
        // Nothing else forgets it: with the usual pauses it is tried for three days.
        let forget = JobDraft::new(job, queue, kind, format!("\"{}\"", turn.id))
            .after_secs(secs.min(JOB_DELAY_MAX_SECS))
            .with_max_attempts(JOB_ATTEMPTS_MAX);
        change_set.jobs.push(forget);
        let Some(before) = self.commit(change_set).await? else {
            return Ok(());
        };
        // Earlier releases wrote the same words in another form.
        if serde_json::from_str(&before).is_ok_and(|before: IntakeRefusal| before == refusal) {
            return Ok(());
        }
        // Refused before, for another reason: the job itself says the new one.
        Err(AttemptFailure::permanent(refusal.message))
    }

    /// Its text is gone: because it is placed, or because its customer was erased before.
    async fn settle_erased(&self, turn: &Turn) -> Result<(), AttemptFailure> {
        let recorded = self.recorded(turn.id).await.map_err(failure)?;
        if recorded.placed.is_some() {
            return Ok(());
        }
        let refusal = IntakeRefusal {
            code: "erased".to_owned(),
            message: "what it said was erased before it was placed".to_owned(),
        };
        self.refuse(turn, refusal).await
    }

    /// Commits what needs no plan. What is there already is as good, and answered. What took longer
    /// than a plan may is dated anew: nothing in it depends on the time.
    async fn commit(&self, mut change_set: ChangeSet) -> Result<Option<Arc<str>>, AttemptFailure> {
        let store = &self.tenant.engine.store;
        let mut dated = 0;
        loop {
            let outcomes = store.commit(self.tenant.id(), std::slice::from_ref(&change_set));
            let outcomes = outcomes.await;
            match outcomes.map_err(|error| failure(error.into()))?.pop() {
                Some(Outcome::Committed { .. }) => return Ok(None),
                Some(Outcome::Repeated { receipt, .. }) => return Ok(Some(receipt)),
                Some(Outcome::Refused(Refusal::ClockSkew { now, .. }))
                    if dated < DATED_TIMES_MAX =>
                {
                    dated += 1;
                    change_set.planned_at = now;
                }
                Some(Outcome::Refused(refusal)) => {
                    let message = format!("what became of it could not be kept: {refusal:?}");
                    return Err(AttemptFailure::transient(message));
                }
                None => return Err(AttemptFailure::transient("the store did not answer")),
            }
        }
    }
}

impl Turn {
    fn origin(&self, key: IdempotencyKey) -> Origin {
        origin(key, self.trace.clone())
    }

    fn call(&self, key: IdempotencyKey) -> Call {
        self.by_job().with_key(key)
    }

    pub(super) fn by_job(&self) -> Call {
        let call = Call::by(Actor::new(ActorKind::Job));
        match &self.trace {
            Some(trace) => call.with_request_id(trace.clone()),
            None => call,
        }
    }

    /// Erases what is kept of the order together with placing it.
    fn erasure(&self) -> Extension {
        let write = tombstone(self.id, self.now);
        Arc::new(move |change_set: &mut ChangeSet| change_set.documents.push(write.clone()))
    }

    /// What it said is there.
    fn kept(&self) -> Requirement {
        Requirement::Unchanged(intake_row(self.id), first_version())
    }

    /// Places the order only while it is kept: nobody has given it up.
    fn presence(&self) -> Extension {
        let kept = self.kept();
        Arc::new(move |change_set: &mut ChangeSet| change_set.requires.push(kept.clone()))
    }
}

/// Who does what a job does.
pub(in crate::service) fn origin(key: IdempotencyKey, request_id: Option<RequestId>) -> Origin {
    Origin {
        actor: Actor::new(ActorKind::Job),
        reason: None,
        request_id,
        key,
    }
}

/// The key of a command that a payload asks for. `times` counts the commands of its step from 1.
fn step_key(id: IntakeId, step: &str, times: u32) -> IdempotencyKey {
    let step = match times {
        1 => format!("intake-{step}"),
        more => format!("intake-{step}-{more}"),
    };
    IdempotencyKey::of_step(&step, id.as_uuid())
}

/// What was taken in and cannot be read: where a newer release wrote it, a host of that release may
/// have it next.
fn unreadable(error: DecodeError) -> AttemptFailure {
    match error {
        DecodeError::NewerSchema { .. } => AttemptFailure::transient(error.to_string()),
        DecodeError::Corrupt { .. } => AttemptFailure::permanent(error.to_string()),
    }
}

/// A failure of the service as a failure of an attempt. Whatever the store says is tried again,
/// also what does not help the caller to ask again at once: a newer host, a migration or a grant
/// ends it while the job waits.
pub(in crate::service) fn failure(error: Error) -> AttemptFailure {
    match error {
        Error::Rejected(_) | Error::Defect { .. } => AttemptFailure::permanent(error.to_string()),
        Error::Contended { .. } | Error::Store(_) | Error::OutcomeUnknown { .. } => {
            AttemptFailure::transient(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, IntakeRefusal, failure};
    use crate::job::FailureKind;
    use crate::plan::Rejection;
    use crate::port::StoreError;

    #[test]
    fn a_refusal_is_read_as_it_was_first_written() {
        let refusal = IntakeRefusal {
            code: "erased".to_owned(),
            message: "it is gone".to_owned(),
        };
        for (json, is_written) in [
            (r#"{"code":"erased","text":"it is gone"}"#, false),
            (r#"{"code":"erased","message":"it is gone"}"#, true),
        ] {
            assert_eq!(
                serde_json::from_str::<IntakeRefusal>(json).ok().as_ref(),
                Some(&refusal)
            );
            let written = serde_json::to_string(&refusal).ok();
            assert_eq!(written.as_deref() == Some(json), is_written);
        }
    }

    #[test]
    fn whatever_the_store_says_is_tried_again() {
        let detail = || "permission denied for function commit_v1 (42501)".to_owned();
        let what = || "the settings of the tenant".to_owned();
        let newer = StoreError::NewerSchema {
            what: what(),
            found: 2,
            known: 1,
        };
        let corrupt = StoreError::Corrupt {
            what: what(),
            detail: detail(),
        };
        for error in [
            newer,
            corrupt,
            StoreError::InvalidCall { detail: detail() },
            StoreError::Busy { detail: detail() },
        ] {
            assert_eq!(failure(error.into()).kind, FailureKind::Transient);
        }
        let defect = Error::Defect { problem: detail() };
        let rejection = Error::from(Rejection::RoutingOff);
        for error in [defect, rejection] {
            assert_eq!(failure(error).kind, FailureKind::Permanent);
        }
    }
}
