//! The end of a run: everything is healed, every doubt resolved, every claim swept, every order
//! brought to its end; and everything is compared once more.

use crate::event::{Actor, ActorKind};
use crate::order::{Order, OrderCommand};
use crate::plan::{Command, fingerprint};
use crate::reservation::Owner;
use crate::service::Call;
use crate::testing::build;
use crate::testing::simulation::invariants::settled;
use crate::testing::simulation::options::Plot;
use crate::testing::simulation::report::{Checked, check};
use crate::testing::simulation::run::Run;
use crate::testing::simulation::workload::{Wish, reason};
use crate::value::TenantId;
use crate::value::limits::{CLOCK_SKEW_MAX_SECS, PAGE_ITEMS_MAX};

/// Longer than any claim of the workload lives for whose order no money is promised, in seconds.
const LATER_SECS: i64 = 3_600;

/// More sweeps than a run can need.
const SWEEPS_MAX: usize = 20;

/// More commands than an order can need to come to its end.
const WAY_OUT_MAX: usize = 20;

impl Run {
    pub(super) async fn finale(&mut self) -> Checked {
        self.heal();
        while !self.state().stragglers.is_empty() {
            self.deliver_one().await;
        }
        self.checkpoint().await?;
        if self.options.plot == Plot::SellOut {
            self.check_sold_out()?;
        }
        // From now on no late commit could be accepted any more.
        self.advance(CLOCK_SKEW_MAX_SECS + 1).await?;
        for tenant in self.tenants.clone() {
            self.resolve(&tenant).await?;
        }
        self.checkpoint().await?;
        self.advance(LATER_SECS).await?;
        for tenant in self.tenants.clone() {
            self.sweep_all(&tenant).await?;
            self.wind_up(&tenant).await?;
        }
        self.checkpoint().await?;
        let limit = PAGE_ITEMS_MAX;
        for tenant in self.tenants.clone() {
            let picture = self.picture(&tenant, limit).await?;
            self.check_histories(&tenant, &picture)?;
            settled::check_wound_up(self.network.state().book(&tenant), &picture)?;
        }
        Ok(())
    }

    /// Exactly as many units are sold as there were.
    fn check_sold_out(&self) -> Checked {
        let trouble = self.options.trouble != crate::testing::simulation::Trouble::none();
        if trouble {
            return Ok(());
        }
        let mut state = self.network.state();
        let contended = state.report.count("contended");
        check(contended == 0, "I1", || {
            format!("{contended} callers contended for nothing")
        })?;
        for tenant in &self.tenants {
            let book = state.book(tenant);
            let wanted = self.mix.skus.first();
            let rows = book.rows.iter().filter(|(key, _)| Some(&key.sku) == wanted);
            let left: i64 = rows.map(|(_, row)| row.on_hand - row.reserved).sum();
            let asked = self.operations.iter().filter(|one| one.tenant == *tenant);
            let asked = i64::try_from(asked.count()).unwrap_or(i64::MAX) - 1;
            let rows = book.rows.iter().filter(|(key, _)| Some(&key.sku) == wanted);
            let sold: i64 = rows.map(|(_, row)| row.reserved).sum();
            check(left == 0 || sold == asked, "I1", || {
                format!("{left} units of {wanted:?} are left, {sold} were sold, {asked} asked for")
            })?;
        }
        Ok(())
    }

    /// Asks again, with the same key, for everything nobody knows the fate of.
    async fn resolve(&mut self, tenant: &TenantId) -> Checked {
        let board = self.boards.entry(tenant.clone()).or_default();
        for (command, call) in std::mem::take(&mut board.doubts) {
            let Some(key) = call.key().cloned() else {
                continue;
            };
            let before = {
                let mut state = self.network.state();
                let asked = fingerprint(&command);
                let entry = state.book(tenant).commands.get(&key).cloned();
                entry.filter(|entry| entry.record.fingerprint == asked)
            };
            let committed = self.network.state().book(tenant).committed;
            let name = command.name();
            self.alone(tenant.clone(), Wish::One(command, call)).await?;
            let mut state = self.network.state();
            if before.is_some() {
                // It was done, so asking again changes nothing; the answer was checked already.
                let same = state.book(tenant).committed == committed;
                check(same, "I7", || {
                    format!("{name} under key {key} was done twice")
                })?;
            }
        }
        // Without any trouble, nothing can be unknown.
        let doubts = self.boards.entry(tenant.clone()).or_default().doubts.len();
        check(doubts == 0, "answer", || {
            format!("{doubts} answers are still unknown")
        })
    }

    /// Sweeps until nothing is due.
    async fn sweep_all(&mut self, tenant: &TenantId) -> Checked {
        for _ in 0..SWEEPS_MAX {
            self.alone(tenant.clone(), Wish::Sweep).await?;
            let filter = settled::due_filter();
            let due = self
                .world
                .store
                .reservations(tenant, &filter, None, PAGE_ITEMS_MAX);
            let due = due.await.map_err(|error| super::picture::failed(&error))?;
            if due.items.is_empty() {
                break;
            }
        }
        let mut state = self.network.state();
        let now = state.now;
        settled::check_swept(state.book(tenant), now)
    }

    /// Brings every order to its end and gives every other claim back.
    async fn wind_up(&mut self, tenant: &TenantId) -> Checked {
        let (orders, owners): (Vec<_>, Vec<Owner>) = {
            let mut state = self.network.state();
            let book = state.book(tenant);
            let mut owners: Vec<Owner> = book
                .claims
                .iter()
                .filter(|(key, claim)| key.owner.order().is_none() && claim.live() > 0)
                .map(|(key, _)| key.owner.clone())
                .collect();
            owners.dedup();
            (book.orders.keys().copied().collect(), owners)
        };
        for owner in owners {
            let command = Command::ReleaseReservation { owner };
            self.ask(tenant, command).await?;
        }
        for id in orders {
            for _ in 0..WAY_OUT_MAX {
                let order = self.network.state().book(tenant).orders.get(&id).cloned();
                let Some(command) = order.as_ref().and_then(way_out) else {
                    break;
                };
                self.ask(tenant, Command::Order { order: id, command })
                    .await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, tenant: &TenantId, command: Command) -> Checked {
        let key = build::idempotency_key(&format!("end-{}", self.operations.len()));
        let call = Call::by(Actor::new(ActorKind::Person)).with_key(key);
        self.alone(tenant.clone(), Wish::One(command, call)).await?;
        Ok(())
    }
}

/// The next command on the way of an order to its end; `None` when it is there.
fn way_out(order: &Order) -> Option<OrderCommand> {
    if order.head.state.is_terminal() {
        return None;
    }
    let reason = reason("the shop closes");
    if !order.any_shipped() {
        return Some(OrderCommand::Cancel { reason });
    }
    let here = order.fulfillments.values().flat_map(|work| &work.lines);
    let waiting = order.head.lines.iter();
    let unfinished = here.map(|share| share.here()).any(|units| !units.is_zero())
        || waiting
            .clone()
            .any(|line| !line.open.is_zero() || !line.backordered.is_zero());
    if unfinished {
        return Some(OrderCommand::CancelRest { reason });
    }
    let mut parcels = order.fulfillments.values().flat_map(|work| &work.shipments);
    let parcel = parcels.find(|parcel| parcel.is_under_way())?;
    Some(OrderCommand::Deliver {
        shipment: parcel.id,
    })
}
