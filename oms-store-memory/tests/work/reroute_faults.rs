//! Re-routing while the store fails: every call of it in turn, by the simulated clock.

use std::sync::Arc;
use std::thread;

use futures_executor::block_on;
use oms_core::hub::Hub;
use oms_core::plan::{PlaceOrder, Switchable};
use oms_core::service::{Call, Oms, RerouteState, Rerouting, Tenant, Worker};
use oms_core::testing::{Chances, FakeClock, FakeIds, Fault, FaultStore, Method, build};
use oms_core::value::{JobId, Name, OrderId};
use oms_store_memory::MemoryStore;

use crate::reroute::north;
use crate::world::{Shop, drain, order};

/// A shop whose hub was switched off, and the store that its workers see.
struct Scene {
    clock: FakeClock,
    shop: Shop,
    orders: Vec<OrderId>,
    store: Arc<FaultStore>,
    worker: Worker,
}

impl Scene {
    /// So many orders at the hub that goes down, and room for so many at the other.
    async fn open(orders: u32, room: u32) -> Self {
        let clock = FakeClock::default();
        let memory = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&memory).await;
        shop.receive(orders).await;
        let orders = shop.fill_north(usize::try_from(orders).unwrap()).await;
        shop.open_south(room).await;
        let store = Arc::new(FaultStore::new(shop.store.clone()));
        let oms = Oms::builder(store.clone());
        let tenant = oms
            .build_with_ids(Arc::new(FakeIds::new(1_000_000)))
            .tenant(shop.tenant.id().clone());
        let off = shop.rerouting();
        off.switch_off(&north(), Call::default()).await.unwrap();
        // With the usual pauses between attempts.
        let builder = Worker::builder(shop.queue.clone(), shop.tenant.id().clone());
        let rerouting = Rerouting::new(tenant, shop.queue.clone());
        Self {
            worker: rerouting.handle(builder).build(),
            clock,
            shop,
            orders,
            store,
        }
    }

    /// Its job notes what it tries, and then nothing can be moved.
    async fn fail_once(&mut self) {
        self.store.fail_when(|call| {
            let moves = call.method == Method::Commit && call.number > 1;
            moves.then_some(Fault::Unavailable)
        });
        drain(&mut self.worker).await;
        self.store.heal();
        let report = self.shop.report_of(&north()).await.unwrap();
        assert_eq!((report.state, report.moved), (RerouteState::Running, 0));
    }

    async fn switch_on(&mut self) {
        let hub = Switchable::Hub(north());
        let done = self.shop.tenant.activate(hub, Call::default());
        done.await.unwrap();
    }

    async fn switch_off_without_a_job(&mut self) {
        let hub = Switchable::Hub(north());
        let done = self.shop.tenant.deactivate(hub, Call::default());
        done.await.unwrap();
    }

    /// Two more orders at the hub, while it is on.
    async fn two_more(&mut self) {
        for name in ["again-1", "again-2"] {
            let place = PlaceOrder {
                hub: Some(north()),
                ..order("desk", name, 1)
            };
            let done = self.shop.tenant.place(place, Call::default()).await;
            self.orders.push(done.unwrap().receipt.order.unwrap().id);
        }
    }

    /// Works until the job is done, an hour between attempts.
    async fn work(&mut self) {
        for _ in 0..10 {
            drain(&mut self.worker).await;
            self.clock.advance_secs(3_600);
        }
        let jobs = self.shop.store.jobs(self.shop.tenant.id(), None, 1).await;
        assert_eq!(jobs.unwrap().items, [], "the job is done");
    }

    /// The report counts each order once, and no order moved twice.
    async fn check(&mut self, room: u32, case: &str) {
        let report = self.shop.report_of(&north()).await.unwrap();
        let orders = u64::try_from(self.orders.len()).unwrap();
        assert_eq!(report.state, RerouteState::Done, "{case}");
        let counted = (report.moved, report.left);
        assert_eq!(counted, (room.into(), orders - u64::from(room)), "{case}");
        let mut moved = 0;
        for id in &self.orders {
            let order = self.shop.tenant.order(*id).await.unwrap();
            let works = order.fulfillments.len();
            assert!(works <= 2, "{case}: {works} works");
            moved += u64::from(works == 2);
        }
        assert_eq!(moved, report.moved, "{case}");
        assert_eq!(self.shop.reserved("south").await, room, "{case}");
        self.shop.check().await;
    }
}

#[test]
fn a_rerouting_goes_on_whatever_call_fails() {
    block_on(async {
        let mut met = 0;
        for fault in [Fault::LostReply, Fault::LostRequest, Fault::Unavailable] {
            for method in [Method::Prefetch, Method::Commit, Method::Reservations] {
                for nth in 1..8 {
                    let mut scene = Scene::open(5, 3).await;
                    scene.store.fail_nth(method, nth, fault);
                    scene.work().await;
                    scene.check(3, &format!("{fault:?} {method:?} {nth}")).await;
                    let calls = scene.store.calls();
                    met += calls.iter().filter(|call| call.fault.is_some()).count();
                }
            }
        }
        assert!(met > 25, "{met} faults were met");
    });
}

/// More claims than a page holds, and a store that fails again and again.
#[test]
fn a_large_rerouting_ends_on_a_stormy_store() {
    block_on(async {
        let mut scene = Scene::open(700, 600).await;
        let stormy = Chances {
            unavailable: 40,
            lost_reply: 40,
            lost_request: 40,
            ..Chances::default()
        };
        scene.store.fail_randomly(7, stormy);
        // What fails for good is pushed again: what was tried is not tried again by that job.
        for _ in 0..10 {
            drain(&mut scene.worker).await;
            scene.clock.advance_secs(3_600);
        }
        scene.store.heal();
        let dead = scene.shop.store.jobs(scene.shop.tenant.id(), None, 1).await;
        let dead: Vec<_> = dead.unwrap().items.into_iter().map(|job| job.id).collect();
        let queue = &scene.shop.queue;
        queue.redrive(scene.shop.tenant.id(), &dead).await.unwrap();
        scene.work().await;
        scene.check(600, "stormy").await;
    });
}

/// The hub was on and took orders while its job waited for another attempt; the second time that it
/// is switched off has a job of its own, and the first job gives way to it.
#[test]
fn a_hub_that_is_switched_off_again_loses_its_new_work_too() {
    block_on(async {
        let mut scene = Scene::open(3, 5).await;
        scene.fail_once().await;
        let first = scene.shop.report_of(&north()).await.unwrap().job;
        scene.switch_on().await;
        scene.two_more().await;
        assert_eq!(scene.shop.reserved("north").await, 5);
        scene.clock.advance_secs(1);
        let off = scene.shop.rerouting();
        let second = off.switch_off(&north(), Call::default()).await.unwrap();
        assert_ne!(second, first);
        assert_eq!(off.start(&north()).await.unwrap(), second);
        scene.work().await;
        assert_eq!(scene.shop.reserved("north").await, 0);
        assert_eq!(scene.shop.reserved("south").await, 5);
        let report = scene.shop.report_of(&north()).await.unwrap();
        assert_eq!((report.job, report.state), (second, RerouteState::Done));
        scene.shop.check().await;
    });
}

/// No second job: the first one finds that the hub was on, and looks at everything anew.
#[test]
fn a_job_begins_anew_where_its_hub_was_on_meanwhile() {
    block_on(async {
        let mut scene = Scene::open(3, 4).await;
        scene.fail_once().await;
        scene.switch_on().await;
        scene.two_more().await;
        scene.switch_off_without_a_job().await;
        scene.work().await;
        scene.check(4, "anew").await;
        assert_eq!(scene.shop.reserved("north").await, 1);
    });
}

/// A host that stores what it measures of a hub does so while the hub is off, too.
#[test]
fn changes_of_a_hub_that_stays_off_keep_no_claims_from_being_tried() {
    block_on(async {
        let mut scene = Scene::open(600, 1).await;
        let tenant = scene.shop.tenant.clone();
        scene.store.fail_when(move |call| {
            if call.method == Method::Reservations && call.number <= 10 {
                let (tenant, number) = (tenant.clone(), call.number);
                // One thread waits for one thing at a time.
                let change = thread::spawn(move || block_on(rename(&tenant, number)));
                change.join().unwrap();
            }
            None
        });
        scene.work().await;
        scene.check(1, "changed").await;
        let calls = scene.store.calls().into_iter();
        let pages = calls.filter(|call| call.method == Method::Reservations);
        assert_eq!(pages.count(), 2, "each page of claims is read once");
    });
}

/// Stores the hub that is down with another name.
async fn rename(tenant: &Tenant, number: u64) {
    let hub = tenant.hub(&north()).await.unwrap().unwrap();
    assert!(!hub.active);
    let name = Name::parse(format!("North {number}")).unwrap();
    let done = tenant.put_hub(Hub { name, ..hub }, Call::default()).await;
    done.unwrap();
}

/// Earlier releases pushed all jobs of a hub under one key.
#[test]
fn a_job_under_the_key_of_all_times_keeps_no_other_from_being_pushed() {
    block_on(async {
        let mut scene = Scene::open(3, 5).await;
        // Its own job is done before the story begins.
        scene.work().await;
        scene.switch_on().await;
        scene.two_more().await;
        let id = JobId::from_uuid(build::uuid(7));
        let earlier = Rerouting::job(&north(), id);
        let tenant = scene.shop.tenant.id();
        scene.shop.queue.push(tenant, &[earlier]).await.unwrap();
        scene.clock.advance_secs(1);
        let off = scene.shop.rerouting();
        let later = off.switch_off(&north(), Call::default()).await.unwrap();
        assert_ne!(later, id);
        scene.work().await;
        assert_eq!(scene.shop.reserved("north").await, 0);
        let report = scene.shop.report_of(&north()).await.unwrap();
        assert_eq!((report.job, report.state), (later, RerouteState::Done));
    });
}
