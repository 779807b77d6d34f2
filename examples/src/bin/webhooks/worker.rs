//! What goes on beside the server in the same process: orders are made of deliveries, and what
//! every shop has to do over time is done.

use std::time::Duration;

use oms_core::plan::INTAKE_QUEUE;
use oms_core::service::{Intakes, Tenant, Upkeep, Worker};
use oms_core::value::QueueName;
use oms_examples::program::Failure;
use oms_examples::run::Run;
use oms_examples::store::Opened;

/// How many deliveries are worked on at once.
const CONCURRENCY: usize = 4;

/// How long what runs may take to end when everything stops.
const ENDING: Duration = Duration::from_secs(10);

/// A loop that is ready to run; it tells its failures on the standard error and goes on after each.
pub(crate) fn ready(opened: &Opened, tenant: &Tenant, intakes: &Intakes) -> Result<Run, Failure> {
    let run = Run::default()
        .worker(worker(opened, tenant, intakes)?)
        .grace(ENDING);
    Ok(match &opened.postgres {
        Some(store) => run.postgres(store),
        None => run,
    })
}

/// Claims that are over end by a job each minute, so there is no sweeper beside.
fn worker(opened: &Opened, tenant: &Tenant, intakes: &Intakes) -> Result<Worker, Failure> {
    let name = QueueName::parse(INTAKE_QUEUE).map_err(|problem| problem.to_string())?;
    let builder = Worker::builder(opened.queue.clone(), tenant.id().clone());
    let builder = intakes.handle(builder).concurrency(name, CONCURRENCY);
    let builder = Upkeep::new(tenant.clone()).schedules(builder);
    Ok(builder.map_err(|problem| problem.to_string())?.build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use futures_executor::block_on;
    use oms_core::port::{JobQueue, Store};
    use oms_core::service::{Call, Intakes, Oms, Upkeep, UpkeepKind};
    use oms_core::tenant::Settings;
    use oms_core::testing::FakeClock;
    use oms_core::testing::build::job_id;
    use oms_examples::store::Opened;
    use oms_store_memory::MemoryStore;

    use super::worker;

    #[test]
    fn what_every_shop_has_to_do_is_done_at_its_times() {
        let clock = Arc::new(FakeClock::default());
        let store = Arc::new(MemoryStore::with_clock(clock.clone()));
        let opened = Opened {
            store: store.clone(),
            queue: store.clone(),
            postgres: None,
            in_memory: true,
        };
        block_on(async {
            let shop = Oms::builder(store.clone() as Arc<dyn Store>).build();
            let shop = shop.tenant("shop".parse().unwrap());
            let settings = Settings::default();
            shop.put_settings(settings, Call::default()).await.unwrap();
            let queue: Arc<dyn JobQueue> = store;
            let intakes = Intakes::new(shop.clone(), queue);
            let mut worker = worker(&opened, &shop, &intakes).unwrap();
            for kind in UpkeepKind::ALL {
                let job = Upkeep::job(kind, job_id(1));
                assert_eq!(worker.catalog().check(&job), Ok(()), "{kind:?}");
            }
            assert_eq!(worker.tick().await.unwrap().fired, 0);
            // Ten minutes later claims are to end, and orders to be approved and to be tried again.
            clock.advance_secs(600);
            assert_eq!(worker.tick().await.unwrap().fired, 3);
        });
    }
}
