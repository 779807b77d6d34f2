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
    let (shop, me) = (oms.tenant("tea-shop".parse()?), Call::default);
    let desk = SalesChannel::new("desk".parse()?, "Order desk".parse()?);
    let berlin = Hub::new("berlin".parse()?, "Berlin warehouse".parse()?);
    let tea = Product::new("TEA-01".parse()?, "Assam tea".parse()?);
    let source = Source::new(SourceKind::Manual, desk.id.clone());
    let shelf = StockKey::new(berlin.id.clone(), tea.sku.clone());
    let (quantity, reason) = (Quantity::new(5)?, "first delivery".parse()?);
    shop.put_settings(Settings::default(), me()).await?; // creates the tenant, or replaces them
    shop.put_channel(desk, me()).await?;
    shop.put_hub(berlin, me()).await?;
    shop.put_product(tea, me()).await?;
    let receive = StockCommand::Receive { quantity };
    let delivery = me().with_key("delivery-1".parse()?); // asked twice, done once
    shop.stock_command(shelf, receive, reason, delivery).await?;
    let mut draft = OrderDraft::new(source, "EUR".parse()?);
    draft.push_line("TEA-01", 3, "8.50")?;
    let place = PlaceOrder::new(draft);
    let command = Command::Place(Box::new(place.clone()));
    let dry = shop.dry_run(command, me()).await?; // the same answer, and nothing is written
    println!("it would do {:?}", dry.receipt.events);
    let checkout = me().with_key("checkout-1".parse()?);
    let placed = shop.place(place.clone(), checkout).await?;
    let order = placed.order()?;
    println!("order {} is {}", order.number, order.status);
    if let Err(refused) = shop.place(place, me()).await {
        println!("a second one is refused: {refused}");
    }
    let (work, label) = (FulfillmentId::FIRST, Tracking::default());
    let (pick, pack) = (OrderCommand::pick_all(work), OrderCommand::pack_all(work));
    let ship = OrderCommand::ship_all(work, label);
    for command in [pick, pack, ship] {
        shop.order_command(order.id, command, me()).await?;
    }
    for entry in shop.history(order.id).await? {
        println!("{}  {}", entry.at, entry.event.name());
    }
    Ok(())
}
