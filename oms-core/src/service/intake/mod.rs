//! Orders that are taken in at once and placed later by a worker.
//!
//! There is no document of its own behind it. A receipt is the row of the idempotency key it was
//! given for, what became of the order is the row of the key that its worker places it under, and
//! whether it still waits is the job. All of that is kept and forgotten by what is there already;
//! only what the order says lies in a row of its own, because people's data must be erasable.

mod ahead;
mod asked;
#[cfg(feature = "channels")]
mod payload;
mod place;
mod refused;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::job::{AttemptError, Job, JobState};
use crate::order::{Contacts, ExternalReference, Order, OrderCommand};
use crate::plan::{
    Command, DecodeError, INTAKE_KIND, INTAKE_QUEUE, Intake, Keys, PlaceOrder, Receipt, Snapshot,
};
use crate::port::{JobQueue, Pushed, StoreError};
use crate::service::item::read_receipt;
use crate::service::{Call, Error, Tenant, WorkerBuilder};
use crate::value::{
    ChannelId, IdempotencyKey, IntakeId, JobId, JobKind, OrderId, OrderNumber, QueueName, Timestamp,
};

#[cfg(feature = "channels")]
pub use payload::ChannelReader;
pub(super) use place::{failure, origin};

/// The kind of the jobs that forget what a refused order said.
const FORGET_KIND: &str = "forget_intake";

/// Takes orders in, tells what became of them, and is the handler that places them.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::plan::Intake;
/// use oms_core::port::JobQueue;
/// use oms_core::service::{Call, Error, IntakeStatus, Intakes, Tenant, Worker};
/// use oms_core::value::IdempotencyKey;
///
/// async fn take_in(tenant: Tenant, queue: Arc<dyn JobQueue>, order: Intake) -> Result<(), Error> {
///     let intakes = Intakes::new(tenant.clone(), queue.clone());
///     let call = Call::default().with_key(IdempotencyKey::parse("delivery-77").unwrap());
///     let receipt = intakes.enqueue(order, call).await?;
///     // In any process of the host:
///     let worker = Worker::builder(queue, tenant.id().clone());
///     let worker = intakes.handle(worker).build();
///     // Later:
///     if let Some(IntakeStatus::Placed(order)) = intakes.status(receipt.id).await? {
///         println!("order {}", order.number);
///     }
///     # drop(worker);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Intakes {
    tenant: Tenant,
    queue: Arc<dyn JobQueue>,
    reader: Option<Arc<dyn IntakeReader>>,
}

/// Says that an order was taken in; it is not placed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IntakeReceipt {
    /// Ask for its status with this.
    pub id: IntakeId,
    /// When it was taken in, by the store's clock.
    pub at: Timestamp,
    /// True when it was taken in before under the same key, and nothing changed now.
    pub repeated: bool,
}

/// What became of an order that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum IntakeStatus {
    /// It waits for a worker, or for another attempt.
    Waiting {
        /// How often it was tried.
        attempts: u16,
        /// When it may be tried at the earliest; while a worker has it, when its lease is over.
        due_at: Timestamp,
        /// Why the last attempt failed.
        last_error: Option<String>,
    },
    /// It is placed.
    Placed(IntakeOrder),
    /// The order was there already under the same external reference.
    Known(IntakeOrder),
    /// It was refused. What it said is kept as long as keys are, for
    /// [`retry`](Intakes::retry) once the obstacle is gone.
    Refused(IntakeRefusal),
    /// Every attempt failed, or it could not be read at all. It stays until somebody decides:
    /// [`retry`](Intakes::retry) or [`discard`](Intakes::discard).
    Dead {
        /// The attempts that failed, the oldest first.
        errors: Vec<AttemptError>,
        /// The order, where that is placed and something else the payload asks for is not done.
        order: Option<IntakeOrder>,
    },
}

/// The order that came of one that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct IntakeOrder {
    /// Its id.
    pub order: OrderId,
    /// The number people use.
    pub number: OrderNumber,
}

/// Why an order that was taken in was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeRefusal {
    /// The stable code of the rejection.
    pub code: String,
    /// The rejection in words.
    #[serde(alias = "text")]
    pub message: String,
}

/// What a payload asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Place the order, then do this with it.
    Place {
        /// The order.
        place: Box<PlaceOrder>,
        /// Commands on the order once it is placed, each under a key of its own. What the order
        /// refuses is left: it may have gone on. Where a guard of the tenant's refuses, the job is
        /// dead until somebody decides ([`Intakes::retry`] or [`Intakes::discard`]). A
        /// [`Confirm`](OrderCommand::Confirm) after the order's time is done as
        /// [`Tenant::confirm_paid`] does it.
        then: Vec<OrderCommand>,
    },
    /// Do not take it in.
    LeaveOut(IntakeRefusal),
    /// Do not take it in, but where its order is there already do what it asks of that
    /// ([`IntakeReader::follow`]): an order that was shipped by somebody else was mostly paid
    /// before.
    FollowOnly {
        /// The channel that the order came by.
        source: ChannelId,
        /// What the channel calls it.
        external: Vec<ExternalReference>,
        /// Why it is not taken in.
        refusal: IntakeRefusal,
    },
}

/// Reads what channels sent. Hosts with channels of their own implement it; [`ChannelReader`]
/// reads what this library reads.
pub trait IntakeReader: Send + Sync + std::fmt::Debug {
    /// What the payload asks for; the same for the same payload.
    ///
    /// # Errors
    /// Why it cannot be read, without anybody's personal data: the job is dead at once then.
    fn read(&self, channel: &ChannelId, payload: &str) -> Result<Reading, String>;

    /// What the payload asks of its order when that was there already, and stands as it does now:
    /// commands, at most one of each kind, but for notes, parcels that arrived, and one that
    /// records a refund beside, each done under a key of its own. What the order refuses is left,
    /// but for guards as in [`Reading::Place`]. Where the order goes on before all of it is done,
    /// as by another payload of it, this is asked again. Nothing, unless a reader says otherwise.
    fn follow(&self, _channel: &ChannelId, _payload: &str, _known: &Order) -> Vec<OrderCommand> {
        Vec::new()
    }

    /// Who receives and who pays such an order by the payload's word, for
    /// [`Tenant::follow_contacts`]: done once the attributes that [`follow`](Self::follow) begins
    /// with are set, and before its other commands. `None` where the payload does not say, or is
    /// out of date, and unless a reader says otherwise.
    fn contacts(&self, _channel: &ChannelId, _payload: &str, _known: &Order) -> Option<Contacts> {
        None
    }
}

impl Intakes {
    /// Orders of a tenant, with jobs in `queue`: the queue of the same store. Reads payloads with
    /// [`ChannelReader`] where there is one (feature `channels`).
    #[must_use]
    pub fn new(tenant: Tenant, queue: Arc<dyn JobQueue>) -> Self {
        #[cfg(feature = "channels")]
        let reader: Option<Arc<dyn IntakeReader>> = Some(Arc::new(ChannelReader::default()));
        #[cfg(not(feature = "channels"))]
        let reader = None;
        Self {
            tenant,
            queue,
            reader,
        }
    }

    /// Reads payloads with another reader.
    #[must_use]
    pub fn with_reader(mut self, reader: Arc<dyn IntakeReader>) -> Self {
        self.reader = Some(reader);
        self
    }

    /// Takes an order in: one commit of the order as it came and the job that places it, both or
    /// neither. Nothing is checked yet but its size.
    ///
    /// The same key gives the same receipt. [`Tenant::bulk`] takes many in with
    /// [`Command::Enqueue`].
    ///
    /// # Errors
    /// [`Error`]; refused for an unknown tenant, or when it is larger than
    /// [`INTAKE_BYTES_MAX`](crate::value::limits::INTAKE_BYTES_MAX).
    pub async fn enqueue(&self, intake: Intake, call: Call) -> Result<IntakeReceipt, Error> {
        let command = Command::Enqueue(Box::new(intake));
        let done = self.tenant.execute(command, call).await?;
        let id = done.receipt.intake.ok_or_else(|| StoreError::Corrupt {
            what: "the receipt of an order that was taken in".to_owned(),
            detail: "it names no intake".to_owned(),
        })?;
        Ok(IntakeReceipt {
            id,
            at: done.at,
            repeated: done.repeated,
        })
    }

    /// What became of an order that was taken in; `None` when there is none, when it was
    /// [discarded](Self::discard), or when that was forgotten with old keys.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn status(&self, id: IntakeId) -> Result<Option<IntakeStatus>, Error> {
        // The job first: once it is gone, what became of it is written.
        let job = self.queue.job(self.tenant.id(), job_id(id)).await?;
        let job = job.filter(|job| job.draft.kind.as_str() == INTAKE_KIND);
        let recorded = self.recorded(id).await?;
        let refused = recorded.refused.map(IntakeStatus::Refused);
        Ok(match (recorded.placed, job) {
            // The order is there, and something that was asked of it is not done.
            (Some(receipt), Some(job)) if job.state == JobState::Dead => {
                Some(waiting(job, order_of(&receipt)))
            }
            (Some(receipt), _) => placed(&receipt),
            (None, Some(job)) => Some(waiting(job, None)),
            (None, None) => refused,
        })
    }

    /// Lets an order be placed again that was refused or whose job is dead; says whether there was
    /// anything to try again.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn retry(&self, id: IntakeId) -> Result<bool, Error> {
        let tenant = self.tenant.id();
        match self.status(id).await? {
            Some(IntakeStatus::Dead { .. }) => {
                let answers = self.queue.redrive(tenant, &[job_id(id)]).await?;
                Ok(answers == [crate::port::RedriveAnswer::Ready])
            }
            Some(IntakeStatus::Refused(_)) => {
                let pushed = self
                    .queue
                    .push(tenant, &[crate::plan::intake_job(id)])
                    .await?;
                Ok(pushed == [Pushed::Kept])
            }
            Some(
                IntakeStatus::Waiting { .. } | IntakeStatus::Placed(_) | IntakeStatus::Known(_),
            )
            | None => Ok(false),
        }
    }

    /// Deletes the job of an order that is not placed yet, and erases what the order said. It has
    /// no status then, and [`refused`](Self::refused) lists it no more.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked; call again.
    pub async fn discard(&self, id: IntakeId) -> Result<(), Error> {
        self.queue.delete(self.tenant.id(), &[job_id(id)]).await?;
        self.forget(id).await
    }

    /// Lets a worker place the orders.
    pub fn handle(&self, worker: WorkerBuilder) -> WorkerBuilder {
        let handler = Arc::new(self.clone());
        let kinds = [JobKind::own(INTAKE_KIND), JobKind::own(FORGET_KIND)];
        kinds.into_iter().fold(worker, |worker, kind| {
            worker.handler(QueueName::own(INTAKE_QUEUE), kind, handler.clone())
        })
    }

    /// What is recorded of it.
    async fn recorded(&self, id: IntakeId) -> Result<Recorded, Error> {
        let mut keys = Keys::default();
        keys.commands.extend(recorded_keys(id));
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await?;
        Ok(Self::recorded_in(&snapshot, id)?)
    }

    /// The same, of what was read.
    fn recorded_in(snapshot: &Snapshot, id: IntakeId) -> Result<Recorded, DecodeError> {
        let placed = snapshot.commands.get(&placed_key(id));
        let placed = placed.map(|record| read_receipt(&record.receipt));
        // What nobody waits for any more was refused, and is not.
        let erased = snapshot.commands.contains_key(&erased_key(id));
        let refused = snapshot.commands.get(&refused_key(id));
        let refused = refused.filter(|_| !erased);
        let refused = refused.map(|record| serde_json::from_str(&record.receipt));
        let unreadable = |error: serde_json::Error| DecodeError::Corrupt {
            what: "the refusal of an order that was taken in".to_owned(),
            detail: error.to_string(),
        };
        Ok(Recorded {
            placed: placed.transpose()?,
            refused: refused.transpose().map_err(unreadable)?,
        })
    }
}

/// What is recorded of an order that was taken in.
struct Recorded {
    placed: Option<Receipt>,
    refused: Option<IntakeRefusal>,
}

fn order_of(receipt: &Receipt) -> Option<IntakeOrder> {
    let order = receipt.order.as_ref()?;
    Some(IntakeOrder {
        order: order.id,
        number: order.number,
    })
}

fn placed(receipt: &Receipt) -> Option<IntakeStatus> {
    let order = order_of(receipt)?;
    Some(if receipt.known {
        IntakeStatus::Known(order)
    } else {
        IntakeStatus::Placed(order)
    })
}

fn waiting(job: Job, order: Option<IntakeOrder>) -> IntakeStatus {
    match job.state {
        JobState::Dead => IntakeStatus::Dead {
            errors: job.errors,
            order,
        },
        JobState::Ready | JobState::Running | JobState::Retrying | JobState::Done => {
            IntakeStatus::Waiting {
                attempts: job.attempts,
                due_at: job.due_at,
                last_error: job.errors.last().map(|error| error.error.clone()),
            }
        }
    }
}

const fn job_id(id: IntakeId) -> JobId {
    JobId::from_uuid(id.as_uuid())
}

/// The key under which its order is placed: however often it is tried, it is one order.
fn placed_key(id: IntakeId) -> IdempotencyKey {
    IdempotencyKey::of_step("intake-placed", id.as_uuid())
}

fn refused_key(id: IntakeId) -> IdempotencyKey {
    IdempotencyKey::of_step("intake-refused", id.as_uuid())
}

/// The key under which what it said is erased when nobody waits for it any more.
fn erased_key(id: IntakeId) -> IdempotencyKey {
    IdempotencyKey::of_step("intake-erased", id.as_uuid())
}

/// The keys under which it is recorded what became of it.
fn recorded_keys(id: IntakeId) -> [IdempotencyKey; 3] {
    [placed_key(id), refused_key(id), erased_key(id)]
}
