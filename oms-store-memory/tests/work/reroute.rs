//! A hub that is switched off loses its open work by a job; told of any store.

use oms_core::hub::Hub;
use oms_core::order::OrderCommand;
use oms_core::plan::Switchable;
use oms_core::service::{Call, RerouteReport, RerouteState, Rerouting};
use oms_core::stock::StockCommand;
use oms_core::testing::build;
use oms_core::value::{HubId, Name, OrderId};

use crate::world::{Shop, drain, order};

pub(crate) fn north() -> HubId {
    build::hub("north")
}

impl Shop {
    /// A second hub, with so many units.
    pub(crate) async fn open_south(&self, units: u32) {
        let hub = Hub::new(build::hub("south"), Name::parse("South").unwrap());
        self.tenant.put_hub(hub, Call::default()).await.unwrap();
        let quantity = build::quantity(units);
        let receive = StockCommand::Receive { quantity };
        let (row, reason) = (build::stock("south", "TEA"), build::reason("delivery"));
        let done = self
            .tenant
            .stock_command(row, receive, reason, Call::default());
        done.await.unwrap();
    }

    /// Orders of one unit each, all at the one hub there is.
    pub(crate) async fn fill_north(&self, orders: usize) -> Vec<OrderId> {
        let mut ids = Vec::new();
        for n in 0..orders {
            let place = order("desk", &n.to_string(), 1);
            let done = self.tenant.place(place, Call::default()).await.unwrap();
            ids.push(done.receipt.order.unwrap().id);
        }
        ids
    }

    pub(crate) async fn reserved(&self, hub: &str) -> u32 {
        let level = self.tenant.stock_level(&build::stock(hub, "TEA")).await;
        level.unwrap().reserved.get()
    }

    pub(crate) fn rerouting(&self) -> Rerouting {
        Rerouting::new(self.tenant.clone(), self.queue.clone())
    }

    /// Works until nothing is left, and reads the report.
    async fn report(&self, rerouting: &Rerouting) -> RerouteReport {
        drain(&mut rerouting.handle(self.builder()).build()).await;
        self.report_of(&north()).await.unwrap()
    }

    pub(crate) async fn report_of(&self, hub: &HubId) -> Option<RerouteReport> {
        self.rerouting().report(hub).await.unwrap()
    }

    async fn waiting(&self) -> usize {
        let jobs = self.store.jobs(self.tenant.id(), None, 10).await.unwrap();
        jobs.items.len()
    }
}

/// Switching off and the job are one commit; the report says what moved and what stayed, and a
/// later job tries what stayed once more.
pub(crate) async fn a_hub_that_is_switched_off_loses_its_work_by_a_job(shop: &Shop) {
    let orders = shop.fill_north(6).await;
    let pick = OrderCommand::pick_all(build::fulfillment(1));
    let picked = shop
        .tenant
        .order_command(orders[0], pick, Call::default())
        .await;
    picked.unwrap();
    shop.open_south(3).await;
    let rerouting = shop.rerouting();
    assert_eq!(shop.report_of(&north()).await, None);
    let job = rerouting.switch_off(&north(), Call::default()).await;
    let job = job.unwrap();
    let hub = shop.tenant.hub(&north()).await.unwrap().unwrap();
    assert!(!hub.active);
    assert_eq!(shop.waiting().await, 1);
    // Switched off already: the same job, once.
    let again = rerouting.switch_off(&north(), Call::default()).await;
    assert_eq!(again.unwrap(), job);
    assert_eq!(rerouting.start(&north()).await.unwrap(), job);
    assert_eq!(shop.waiting().await, 1);
    assert_eq!(shop.reserved("north").await, 6, "nothing is done yet");
    let report = shop.report(&rerouting).await;
    assert_eq!((report.job, report.state), (job, RerouteState::Done));
    assert_eq!((report.moved, report.left), (3, 3));
    assert_eq!(
        (shop.reserved("north").await, shop.reserved("south").await),
        (3, 3)
    );
    let code = |id: OrderId| {
        let mut listed = report.listed.iter();
        listed
            .find(|left| left.order == id)
            .map(|left| left.code.as_str())
    };
    assert_eq!(code(orders[0]), Some("illegal_command"), "it has begun");
    let codes: Vec<&str> = report.listed.iter().map(|left| &left.code[..]).collect();
    assert_eq!(codes.iter().filter(|code| **code == "short").count(), 2);
    // The time that it was switched off has had its job.
    rerouting
        .switch_off(&north(), Call::default())
        .await
        .unwrap();
    assert_eq!(shop.report(&rerouting).await, report);
    // With new goods the rest finds a place, but for what has begun.
    shop.open_south(5).await;
    let second = rerouting.start(&north()).await.unwrap();
    let report = shop.report(&rerouting).await;
    assert_eq!(report.job, second);
    assert_eq!((report.moved, report.left), (2, 1));
    shop.check().await;
}

/// An order that a newer release wrote keeps no others at a hub that is down, and is counted.
pub(crate) async fn an_unreadable_order_keeps_no_others_at_the_hub(shop: &Shop) {
    let orders = shop.fill_north(5).await;
    for order in [orders[0], orders[3]] {
        shop.spoil(order).await;
    }
    shop.open_south(2).await;
    let rerouting = shop.rerouting();
    rerouting
        .switch_off(&north(), Call::default())
        .await
        .unwrap();
    let report = shop.report(&rerouting).await;
    assert_eq!(report.state, RerouteState::Done);
    assert_eq!((report.moved, report.left, report.unreadable), (2, 1, 2));
    // And when it is done at once.
    shop.open_south(1).await;
    let done = shop.tenant.reroute(&north(), Call::default()).await;
    let done = done.unwrap();
    assert_eq!((done.moved.len(), done.left.len()), (1, 0));
    let mut unreadable: Vec<_> = done
        .unreadable
        .iter()
        .map(|(id, why)| (*id, why.code()))
        .collect();
    unreadable.sort_unstable();
    let mut wanted = [orders[0], orders[3]].map(|id| (id, "newer_schema"));
    wanted.sort_unstable();
    assert_eq!(unreadable, wanted);
}

/// Nothing moves from a hub that works again, and nothing at all from one that never stopped.
pub(crate) async fn a_hub_that_is_on_again_keeps_its_work(shop: &Shop) {
    shop.fill_north(2).await;
    shop.open_south(5).await;
    let rerouting = shop.rerouting();
    rerouting
        .switch_off(&north(), Call::default())
        .await
        .unwrap();
    let on = shop
        .tenant
        .activate(Switchable::Hub(north()), Call::default());
    on.await.unwrap();
    let report = shop.report(&rerouting).await;
    assert_eq!(report.state, RerouteState::Stopped);
    assert_eq!((report.moved, report.left), (0, 0));
    assert_eq!(shop.reserved("north").await, 2);
    let nowhere = build::hub("atlantis");
    let missing = rerouting.switch_off(&nowhere, Call::default());
    assert_eq!(missing.await.unwrap_err().code(), "not_found");
    assert_eq!(shop.waiting().await, 0);
}
