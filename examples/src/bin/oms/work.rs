//! The work on approved orders: whatever is there is worked on, one of each kind of ending.

use std::collections::VecDeque;

use oms_core::event::ActorKind;
use oms_core::order::{
    Fulfillment, LineQuantity, Order, OrderCommand, OrderDraft, OrderStatus, ShipParcel, Source,
    SourceKind, Tracking,
};
use oms_core::plan::{Command, PlaceOrder};
use oms_core::port::StockFilter;
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{
    ChannelId, Currency, ExternalId, FulfillmentId, Name, OrderId, OrderNumber, Quantity, Reason,
    ShipmentId,
};

use crate::clock::Pace;
use crate::failure::{Failure, Trying};
use crate::report::{Step, StepKind};
use crate::{who, words};

/// How long parcels travel.
const TRAVEL_SECS: i64 = 2 * 86_400;

/// Does the work and writes down what it did.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) tenant: Tenant,
    pub(crate) pace: Pace,
    /// The orders that this run stored; those of other runs are theirs to work on.
    pub(crate) ours: Vec<OrderId>,
    pub(crate) steps: Vec<Step>,
    /// The order whose history tells most.
    pub(crate) telling: Option<OrderId>,
}

/// Orders by what is to become of them.
#[derive(Debug, Default)]
struct Plan {
    two_parcels: Option<Order>,
    partly: Option<Order>,
    cancel: Option<Order>,
    under_way: Option<Order>,
    deliver: Vec<Order>,
}

impl Plan {
    /// Gives orders their parts in the story, oldest first.
    fn of(orders: Vec<Order>) -> Self {
        let mut plan = Self::default();
        let mut orders = VecDeque::from(orders);
        plan.two_parcels = take_divisible(&mut orders);
        plan.partly = take_divisible(&mut orders);
        plan.cancel = orders.pop_front();
        if orders.len() > 1 {
            plan.under_way = orders.pop_back();
        }
        plan.deliver = orders.into();
        plan
    }
}

impl Work {
    /// Nothing done yet.
    pub(crate) const fn new(tenant: Tenant, pace: Pace, ours: Vec<OrderId>) -> Self {
        Self {
            tenant,
            pace,
            ours,
            steps: Vec::new(),
            telling: None,
        }
    }

    /// Picks, packs, ships, cancels, lets unpaid orders expire, and delivers.
    pub(crate) async fn run(&mut self) -> Result<(), Failure> {
        if self.ours.is_empty() && matches!(self.pace, Pace::Wait) {
            self.not_shown("No order was new, so there was nothing to work on.");
            return Ok(());
        }
        let plan = Plan::of(self.approved().await?);
        let mut parcels = Vec::new();
        match &plan.two_parcels {
            Some(order) => parcels.push(self.two_parcels(order).await?),
            None => self.not_shown("No order has two units or more to ship in two parcels."),
        }
        match &plan.partly {
            Some(order) => self.partly(order).await?,
            None => self.not_shown("No further order has two units or more to ship a part of."),
        }
        match &plan.cancel {
            Some(order) => self.cancel(order).await?,
            None => self.not_shown("No order is left to cancel."),
        }
        let last = plan.under_way.iter();
        let rest: Vec<&Order> = plan.deliver.iter().chain(last).collect();
        self.ship_whole(&rest).await?;
        self.expire().await?;
        parcels.extend(plan.deliver.iter().map(|order| order.head.id));
        self.deliver(&parcels, plan.under_way.as_ref()).await
    }

    /// Says how many stock rows the store had already.
    pub(crate) fn tell_kept(&mut self, rows: usize) {
        if rows > 0 {
            let text = format!("Stock rows that were there and not counted again: {rows}.");
            self.step(StepKind::StockKept, Vec::new(), text);
        }
    }

    /// Asks, without writing anything, for one unit more than any hub has: it must be refused.
    pub(crate) async fn try_to_oversell(&mut self, channel: &ChannelId) -> Result<(), Failure> {
        let all = StockFilter::default();
        let page = self.tenant.stock(&all, None, PAGE_ITEMS_MAX).await;
        let page = page.and_then(|page| Ok(page.whole()?));
        let page = page.trying("reading the stock")?;
        let most = page
            .items
            .into_iter()
            .max_by_key(|(_, level)| level.sellable());
        let Some((key, level)) = most else {
            return Ok(());
        };
        let asked = level.sellable().get().saturating_add(1);
        let Some(draft) = draft(channel, key.sku.as_str(), asked) else {
            return Ok(());
        };
        let command = Command::Place(Box::new(PlaceOrder::new(draft)));
        let call = who::by(ActorKind::Person, "desk");
        if let Err(Error::Rejected(rejection)) = self.tenant.dry_run(command, call).await {
            let why = words::rejection(&rejection);
            let text = format!(
                "A dry run of an order for {asked} x {} is refused: {why}.",
                key.sku
            );
            self.step(StepKind::DryRunRefused, Vec::new(), text);
        }
        Ok(())
    }

    /// Approved orders with something to pick, oldest first.
    async fn approved(&self) -> Result<Vec<Order>, Failure> {
        let mut orders = Vec::new();
        for id in &self.ours {
            let order = self.tenant.order(*id).await.trying("reading an order")?;
            if order.status() == OrderStatus::Approved && shares(&order).next().is_some() {
                orders.push(order);
            }
        }
        orders.sort_by_key(|order| order.head.number);
        Ok(orders)
    }

    /// Half of the units leave in one parcel, the rest in another, whose label is then replaced.
    async fn two_parcels(&mut self, order: &Order) -> Result<OrderId, Failure> {
        let id = order.head.id;
        let number = order.head.number;
        let Some((work, first)) = divisible(order) else {
            return Ok(id);
        };
        let fulfillment = work.id;
        let pick = OrderCommand::pick_all(fulfillment);
        self.at_hub(id, pick).await?;
        let pack = OrderCommand::pack_all(fulfillment);
        self.at_hub(id, pack).await?;
        let units = count(&first);
        let rest = reserved(work).saturating_sub(units);
        let parcel = ShipParcel {
            lines: first,
            tracking: tracking(number, 1),
        };
        let ship = OrderCommand::Ship {
            fulfillment,
            parcel,
        };
        self.at_hub(id, ship).await?;
        let second = OrderCommand::ship_all(fulfillment, tracking(number, 2));
        let done = self.at_hub(id, second).await?;
        if let Some(shipment) = done.receipt.order.and_then(|order| order.shipment) {
            let tracking = tracking(number, 3);
            let relabel = OrderCommand::ChangeTracking { shipment, tracking };
            let why = "the first label could not be read";
            let call = who::by_because(ActorKind::Warehouse, "scanner-7", why);
            self.order_command(id, relabel, call).await?;
        }
        let text = format!(
            "Order {number} was shipped in two parcels ({} and {}); the second got a new label.",
            words::units(units),
            words::units(rest)
        );
        self.step(StepKind::TwoParcels, vec![number], text);
        self.telling = Some(id);
        Ok(id)
    }

    /// Half of the units leave; the others stay reserved.
    async fn partly(&mut self, order: &Order) -> Result<(), Failure> {
        let id = order.head.id;
        let number = order.head.number;
        let Some((work, lines)) = divisible(order) else {
            return Ok(());
        };
        let fulfillment = work.id;
        let units = count(&lines);
        let rest = reserved(work).saturating_sub(units);
        let pick = OrderCommand::Pick { fulfillment, lines };
        self.at_hub(id, pick).await?;
        let pack = OrderCommand::pack_all(fulfillment);
        self.at_hub(id, pack).await?;
        self.at_hub(id, OrderCommand::ship_all(fulfillment, tracking(number, 1)))
            .await?;
        let text = format!(
            "Order {number} was shipped in part: {} sent, {} to be picked.",
            words::units(units),
            words::still(rest)
        );
        self.step(StepKind::PartlyShipped, vec![number], text);
        Ok(())
    }

    async fn cancel(&mut self, order: &Order) -> Result<(), Failure> {
        let id = order.head.id;
        let number = order.head.number;
        let Some(reason) = Reason::truncated("the buyer changed their mind") else {
            return Ok(());
        };
        let units: u64 = order.fulfillments.values().map(reserved).sum();
        let text = format!(
            "Order {number} was cancelled: {reason}; {} free again.",
            words::are(units)
        );
        let call = who::by(ActorKind::Person, "support");
        self.order_command(id, OrderCommand::Cancel { reason }, call)
            .await?;
        self.step(StepKind::Cancelled, vec![number], text);
        Ok(())
    }

    /// Picks, packs and ships orders whole, each hub's share in one parcel.
    async fn ship_whole(&mut self, orders: &[&Order]) -> Result<(), Failure> {
        let scanner = who::by(ActorKind::Warehouse, "scanner-7");
        let pick = |_, work| OrderCommand::pick_all(work);
        let pack = |_, work| OrderCommand::pack_all(work);
        let ship = |number, work: FulfillmentId| {
            OrderCommand::ship_all(work, tracking(number, work.get()))
        };
        self.bulk(per_share(orders, pick), &scanner).await?;
        self.bulk(per_share(orders, pack), &scanner).await?;
        self.bulk(per_share(orders, ship), &scanner).await?;
        if !orders.is_empty() {
            let numbers: Vec<OrderNumber> = orders.iter().map(|order| order.head.number).collect();
            let text = format!(
                "{} picked, packed and shipped whole.",
                words::orders(&numbers)
            );
            self.step(StepKind::Shipped, numbers, text);
        }
        Ok(())
    }

    /// Sets the clock ahead and delivers every parcel of these orders.
    async fn deliver(&mut self, ids: &[OrderId], late: Option<&Order>) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        if let Pace::SetAhead(clock) = &self.pace {
            clock.advance_secs(TRAVEL_SECS);
            let ahead = words::span(TRAVEL_SECS);
            let text =
                format!("The clock was set {ahead} ahead again, so that parcels could arrive.");
            self.step(StepKind::ClockAhead, Vec::new(), text);
        }
        let mut commands = Vec::new();
        let mut numbers = Vec::new();
        for id in ids {
            let order = self.tenant.order(*id).await.trying("reading an order")?;
            let shipments = order.fulfillments.values().flat_map(|work| &work.shipments);
            let ids: Vec<ShipmentId> = shipments.map(|shipment| shipment.id).collect();
            let deliver = |shipment| Command::Order {
                order: *id,
                command: OrderCommand::Deliver { shipment },
            };
            commands.extend(ids.into_iter().map(deliver));
            numbers.push(order.head.number);
        }
        let parcels = commands.len();
        self.bulk(commands, &who::by(ActorKind::System, "carrier"))
            .await?;
        let text = format!(
            "{} delivered, {parcels} parcels in all.",
            words::orders(&numbers)
        );
        self.step(StepKind::Delivered, numbers, text);
        if let Some(order) = late {
            let number = order.head.number;
            let text = format!("Order {number} is still under way.");
            self.step(StepKind::UnderWay, vec![number], text);
        }
        Ok(())
    }

    async fn at_hub(&self, order: OrderId, command: OrderCommand) -> Result<Done, Failure> {
        let call = who::by(ActorKind::Warehouse, "scanner-7");
        self.order_command(order, command, call).await
    }

    async fn order_command(
        &self,
        order: OrderId,
        command: OrderCommand,
        call: Call,
    ) -> Result<Done, Failure> {
        let what = format!("the command {}", command.kind());
        let done = self.tenant.order_command(order, command, call).await;
        done.trying(&what)
    }

    async fn bulk(&self, commands: Vec<Command>, call: &Call) -> Result<(), Failure> {
        let commands: Vec<(Command, Call)> = commands
            .into_iter()
            .map(|command| (command, call.clone()))
            .collect();
        let results = self.tenant.bulk(&commands).await;
        for ((command, _), result) in commands.iter().zip(results) {
            result.trying(&format!("the command {}", command.name()))?;
        }
        Ok(())
    }

    pub(crate) fn step(&mut self, step: StepKind, orders: Vec<OrderNumber>, text: String) {
        self.steps.push(Step { step, orders, text });
    }

    pub(crate) fn not_shown(&mut self, text: &str) {
        self.step(StepKind::NotShown, Vec::new(), text.to_owned());
    }
}

/// A command for each hub's share of each order.
fn per_share(
    orders: &[&Order],
    command: fn(OrderNumber, FulfillmentId) -> OrderCommand,
) -> Vec<Command> {
    let mut commands = Vec::new();
    for order in orders {
        let head = &order.head;
        commands.extend(shares(order).map(|work| Command::Order {
            order: head.id,
            command: command(head.number, work.id),
        }));
    }
    commands
}

/// The shares of an order with units on the shelf.
fn shares(order: &Order) -> impl Iterator<Item = &Fulfillment> {
    let shares = order.fulfillments.values();
    shares.filter(|work| reserved(work) > 0)
}

/// The first order that can be divided, taken out.
fn take_divisible(orders: &mut VecDeque<Order>) -> Option<Order> {
    let at = orders.iter().position(|order| divisible(order).is_some())?;
    orders.remove(at)
}

/// The only hub's share of an order, if it has two units or more, and the first half of it.
fn divisible(order: &Order) -> Option<(&Fulfillment, Vec<LineQuantity>)> {
    let mut shares = shares(order);
    let work = shares.next().filter(|work| reserved(work) > 1)?;
    if shares.next().is_some() {
        return None;
    }
    let mut wanted = reserved(work) / 2;
    let mut half = Vec::new();
    for share in &work.lines {
        let units = u64::from(share.reserved.get()).min(wanted);
        wanted = wanted.saturating_sub(units);
        let quantity = u32::try_from(units)
            .ok()
            .and_then(|units| Quantity::new(units).ok());
        half.extend(quantity.map(|quantity| LineQuantity {
            line: share.line,
            quantity,
        }));
    }
    Some((work, half))
}

/// Units on the shelf for this share.
pub(crate) fn reserved(work: &Fulfillment) -> u64 {
    work.lines
        .iter()
        .map(|share| u64::from(share.reserved.get()))
        .sum()
}

fn count(lines: &[LineQuantity]) -> u64 {
    lines
        .iter()
        .map(|line| u64::from(line.quantity.get()))
        .sum()
}

/// A label of an invented carrier.
fn tracking(order: OrderNumber, label: u32) -> Tracking {
    Tracking {
        carrier: Name::parse("Sample Post").ok(),
        service: Name::parse("standard").ok(),
        number: ExternalId::parse(&format!("SP{:05}-{label}", order.get())).ok(),
        url: None,
    }
}

fn draft(channel: &ChannelId, sku: &str, units: u32) -> Option<OrderDraft> {
    let source = Source {
        kind: SourceKind::Manual,
        channel: channel.clone(),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").ok()?);
    draft.push_line(sku, units, "1.00").ok()?;
    Some(draft)
}
