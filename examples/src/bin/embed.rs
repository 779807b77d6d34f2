//! The library in a program of your own, from an empty store to a parcel that left: copy this.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::Hub;
use oms_core::order::{OrderCommand, OrderDraft, Source, SourceKind, Tracking};
use oms_core::plan::{Command, PlaceOrder};
use oms_core::service::{Call, Oms};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::tenant::Settings;
use oms_core::value::{FulfillmentId, Quantity};
use oms_store_memory::MemoryStore;

fn main() -> Result<(), Box<dyn Error>> {
    futures_executor::block_on(run()) // any executor will do
}

async fn run() -> Result<(), Box<dyn Error>> {
    let oms = Oms::builder(Arc::new(MemoryStore::new())).build();
    let shop = oms.tenant("tea-shop".parse()?);

    // A channel, a hub, a SKU and five units of it. The settings create the tenant.
    let settings = Settings::default();
    shop.put_settings(settings, Call::default()).await?;
    let desk = SalesChannel::new("desk".parse()?, "Order desk".parse()?);
    shop.put_channel(desk, Call::default()).await?;
    let berlin = Hub::new("berlin".parse()?, "Berlin warehouse".parse()?);
    shop.put_hub(berlin, Call::default()).await?;
    let tea = Product::new("TEA-01".parse()?, "Assam tea".parse()?);
    shop.put_product(tea, Call::default()).await?;
    let shelf = StockKey::new("berlin".parse()?, "TEA-01".parse()?);
    let quantity = Quantity::new(5)?;
    let receive = StockCommand::Receive { quantity };
    let reason = "first delivery".parse()?;
    let call = Call::default().with_key("delivery-1".parse()?); // asked twice, done once
    shop.stock_command(shelf, receive, reason, call).await?;

    // An order: first dry, which is the same answer and writes nothing, then in earnest.
    let source = Source::new(SourceKind::Manual, "desk".parse()?);
    let mut draft = OrderDraft::new(source, "EUR".parse()?);
    draft.push_line("TEA-01", 3, "8.50")?;
    let place = PlaceOrder::new(draft);
    let command = Command::Place(Box::new(place.clone()));
    let dry = shop.dry_run(command, Call::default()).await?;
    println!("it would do {:?}", dry.receipt.events);
    let call = Call::default().with_key("checkout-1".parse()?);
    let placed = shop.place(place.clone(), call).await?;
    let order = placed.order()?;
    println!("order {} is {}", order.number, order.status);
    if let Err(refused) = shop.place(place, Call::default()).await {
        println!("a second one is refused: {refused}");
    }

    // The work of its hub, and what is known of all that.
    let work = FulfillmentId::FIRST;
    let pick = OrderCommand::pick_all(work);
    let pack = OrderCommand::pack_all(work);
    let ship = OrderCommand::ship_all(work, Tracking::default());
    for command in [pick, pack, ship] {
        let call = Call::default();
        shop.order_command(order.id, command, call).await?;
    }
    for entry in shop.history(order.id).await? {
        println!("{}  {}", entry.at, entry.event.name());
    }
    Ok(())
}
