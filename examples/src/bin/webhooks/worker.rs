//! The loop that works on deliveries, beside the server in the same process.

use std::sync::Arc;
use std::time::Duration;

use oms_core::plan::INTAKE_QUEUE;
use oms_core::port::{JobQueue, StoreError};
use oms_core::service::{Intakes, Worker};
use oms_core::value::{QueueName, TenantId};
use oms_examples::program::Failure;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use crate::{say, until_stopped};

/// How many deliveries are worked on at once.
const CONCURRENCY: usize = 4;

/// A pause after the store could not be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// How long what runs may take to end when everything stops.
const ENDING: Duration = Duration::from_secs(10);

/// The worker.
pub(crate) fn worker(
    queue: Arc<dyn JobQueue>,
    tenant: TenantId,
    intakes: &Intakes,
) -> Result<Worker, Failure> {
    let name = QueueName::parse(INTAKE_QUEUE).map_err(|problem| problem.to_string())?;
    Ok(intakes
        .handle(Worker::builder(queue, tenant))
        .concurrency(name, CONCURRENCY)
        .build())
}

/// Works until everything is to end; then lets what runs end, and gives back what does not.
pub(crate) async fn run(
    mut worker: Worker,
    pushed: &Notify,
    stopped: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let stopping = until_stopped(stopped);
    tokio::pin!(stopping);
    loop {
        let pause = match worker.tick().await {
            Ok(ticked) => ticked.next.pause(),
            Err(problem) if problem.is_retryable() => {
                say(&format!("worker: {problem}"));
                PAUSE
            }
            Err(problem) => return Err(problem),
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = worker.work() => {}
            () = pushed.notified() => {}
            () = &mut stopping => break,
        }
    }
    worker.stop();
    let ending = timeout(ENDING, end(&mut worker)).await;
    if let Ok(ended) = ending {
        ended?;
    }
    worker.hand_back().await.map(|_| ())
}

/// Ticks until nothing runs and everything was told.
async fn end(worker: &mut Worker) -> Result<(), StoreError> {
    loop {
        worker.tick().await?;
        if worker.is_idle() {
            return Ok(());
        }
        if worker.running() > 0 {
            worker.work().await;
        }
    }
}
