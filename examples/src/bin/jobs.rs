//! Jobs of your own, from the push to the end: one that is pushed, one that exists exactly if an
//! order was placed, and one that follows an event. Copy this.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::event::Topic;
use oms_core::hub::Hub;
use oms_core::job::{AttemptFailure, Job, JobDraft};
use oms_core::order::{OrderDraft, Source, SourceKind};
use oms_core::plan::{ChangeSet, PlaceOrder};
use oms_core::port::{FeedStart, IdSource, JobQueue, Pushed};
use oms_core::service::{Call, Handler, Jobs, Notifications, Oms, Relay, Tenant, Worker};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::system::SystemIds;
use oms_core::tenant::Settings;
use oms_core::value::{JobId, Quantity};
use oms_examples::run::Run;
use oms_store_memory::MemoryStore;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// The queue of all of them.
const QUEUE: &str = "letters";

/// Does the work of each kind: here it prints.
struct Letters {
    written: mpsc::UnboundedSender<()>,
}

#[async_trait]
impl Handler for Letters {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        // A payload that cannot be read now never can: dead at once, for a person to look at.
        let payload: Value = serde_json::from_str(&job.draft.payload)
            .map_err(|problem| AttemptFailure::permanent(problem.to_string()))?;
        // A worker that dies here leaves the job to another, and the letter is written twice. Hand
        // `job.draft.id` on to whatever can recognise a repeat by it.
        let text = payload.get("text").or_else(|| payload.get("event"));
        println!("{}: {}", job.draft.kind, text.unwrap_or(&payload));
        // Nobody may be waiting any more.
        let _ = self.written.send(());
        Ok(())
    }
}

fn draft(kind: &str, payload: &Value) -> Result<JobDraft, Box<dyn Error>> {
    let id = JobId::from_uuid(SystemIds.next_id());
    let draft = JobDraft::new(id, QUEUE.parse()?, kind.parse()?, payload.to_string());
    Ok(draft)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryStore::new();
    let queue: Arc<dyn JobQueue> = Arc::new(store.clone());
    let oms = Oms::builder(Arc::new(store.clone())).build();
    let shop = oms.tenant("tea-shop".parse()?);
    open(&shop).await?;

    // The worker knows the kinds, and so does whoever pushes: what has no handler is refused.
    let (written, mut ended) = mpsc::unbounded_channel();
    let handler = Arc::new(Letters { written });
    let mut worker = Worker::builder(queue.clone(), shop.id().clone())
        .concurrency(QUEUE.parse()?, 1) // one after the other
        .poll_secs(1); // in memory nobody sends word of new jobs
    for kind in ["report", "gift_card", "thanks"] {
        worker = worker.handler(QUEUE.parse()?, kind.parse()?, handler.clone());
    }
    let worker = worker.build();

    // A subscriber gets what happens from now on: subscribe before anything does.
    let thanks = Notifications::new(queue.clone());
    let thanks = thanks.on(Topic::OrderCreated, QUEUE.parse()?, "thanks".parse()?);
    let feed = Arc::new(store);
    let name = "thanks".parse()?;
    let relay = Relay::new(feed, Arc::new(thanks), shop.id().clone(), name);
    relay.subscribe(FeedStart::Now).await?;

    // Pushed, with a key: while there is an unfinished one, a second one is dropped.
    let jobs = Jobs::new(queue.clone(), worker.catalog().clone());
    for _ in 0..2 {
        let report = draft("report", &json!({"text": "Monday"}))?;
        let report = report.with_unique("report-monday".parse()?);
        match jobs.push(shop.id(), &[report]).await?.as_slice() {
            [Pushed::Kept] => println!("the report is to be written"),
            [Pushed::Taken { .. }] => println!("there is one already"),
            other => println!("not kept: {other:?}"),
        }
    }

    // In the change set of an order: both are committed, or neither. It asks no catalog, so we do.
    for (units, card) in [(3, "Enjoy your tea"), (9, "All our tea is yours")] {
        let card = draft("gift_card", &json!({ "text": card }))?;
        worker.catalog().check(&card)?;
        let extend = move |set: &mut ChangeSet| set.jobs.push(card.clone());
        let call = Call::default().with_extension(Arc::new(extend));
        match shop.place(order(units)?, call).await {
            Ok(_) => println!("{units} are sold, and a gift card is to be written"),
            Err(refused) => println!("{units} are not sold, and there is no card: {refused}"),
        }
    }

    // A host does this until it is told to stop; here until three letters are written.
    let all = async {
        for _ in 0..3 {
            ended.recv().await;
        }
    };
    Run::default()
        .worker(worker)
        .relay(relay)
        .sweeper(oms)
        .until(all)
        .await;
    for stats in queue.queue_stats(shop.id()).await?.queues {
        let waiting = stats.ready + stats.scheduled + stats.running + stats.retrying;
        println!("{}: {} done, {waiting} left", stats.queue, stats.done);
    }
    Ok(())
}

/// What a shop has before its first order.
async fn open(shop: &Tenant) -> Result<(), Box<dyn Error>> {
    let me = Call::default;
    let shelf = StockKey::new("berlin".parse()?, "TEA-01".parse()?);
    shop.put_settings(Settings::default(), me()).await?;
    let desk = SalesChannel::new("desk".parse()?, "Order desk".parse()?);
    shop.put_channel(desk, me()).await?;
    let hub = Hub::new(shelf.hub.clone(), "Berlin warehouse".parse()?);
    shop.put_hub(hub, me()).await?;
    let tea = Product::new(shelf.sku.clone(), "Assam tea".parse()?);
    shop.put_product(tea, me()).await?;
    let quantity = Quantity::new(5)?;
    let receive = StockCommand::Receive { quantity };
    shop.stock_command(shelf, receive, "first delivery".parse()?, me())
        .await?;
    Ok(())
}

fn order(units: u32) -> Result<PlaceOrder, Box<dyn Error>> {
    let source = Source::new(SourceKind::Manual, "desk".parse()?);
    let mut draft = OrderDraft::new(source, "EUR".parse()?);
    draft.push_line("TEA-01", units, "8.50")?;
    Ok(PlaceOrder::new(draft))
}
