//! The beginning of a run: tenants, channels, hubs, SKUs, customers and some stock.

use crate::catalog::{SalesChannel, SkuMapping};
use crate::event::{Actor, ActorKind};
use crate::hub::Hub;
use crate::plan::Command;
use crate::service::Call;
use crate::stock::{StockCommand, StockKey};
use crate::testing::build;
use crate::testing::simulation::report::Checked;
use crate::testing::simulation::run::Run;
use crate::testing::simulation::workload::{
    CUSTOMERS, Wish, customer, name, product, reason, slots,
};
use crate::value::{CountryCode, TenantId};

impl Run {
    /// Stores what the callers need, without any trouble.
    pub(super) async fn open(&mut self) -> Checked {
        for tenant in self.tenants.clone() {
            let commands = self.furnishing(&tenant);
            let call = Call::by(Actor::new(ActorKind::Person));
            let all = (0..).zip(commands).map(|(at, command)| {
                let key = build::idempotency_key(&format!("open-{at}"));
                (command, call.clone().with_key(key))
            });
            self.alone(tenant.clone(), Wish::Bulk(all.collect()))
                .await?;
            self.check_opened(&tenant)?;
        }
        Ok(())
    }

    fn furnishing(&mut self, tenant: &TenantId) -> Vec<Command> {
        let mut all = vec![Command::PutSettings(self.first_settings(tenant))];
        for id in ["web", "desk"] {
            all.push(Command::PutChannel(SalesChannel::new(
                build::channel(id),
                name(id),
            )));
        }
        for (priority, id) in (0_u32..).zip(&self.mix.hubs) {
            let mut hub = Hub::new(id.clone(), name(id.as_str()));
            hub.priority = priority;
            if priority == 1 {
                // One hub serves one country only, so that some addresses cannot be served.
                hub.area.countries.extend(CountryCode::parse("DE"));
            }
            all.push(Command::PutHub(hub));
            all.push(slots(id));
        }
        for sku in &self.mix.skus {
            all.push(Command::PutProduct(product(sku.clone())));
            all.push(Command::PutSkuMapping(SkuMapping::new(
                build::channel("web"),
                build::external(&format!("web/{sku}")),
                sku.clone(),
            )));
        }
        for number in 1..=CUSTOMERS {
            let customer = customer(build::customer_id(number));
            let contact = None;
            all.push(Command::PutCustomer { customer, contact });
        }
        for hub in self.mix.hubs.clone() {
            for sku in self.mix.skus.clone() {
                let most = u64::from(self.options.units.max(1));
                let units = u32::try_from(1 + self.random.below(most)).unwrap_or(1);
                all.push(Command::Stock {
                    key: StockKey {
                        hub: hub.clone(),
                        sku,
                    },
                    command: StockCommand::Receive {
                        quantity: build::quantity(units),
                    },
                    reason: reason("opening stock"),
                });
            }
        }
        all
    }

    /// Everything was taken: without trouble nothing of this may be refused.
    fn check_opened(&self, tenant: &TenantId) -> Checked {
        let mut state = self.network.state();
        let furnished = u64::try_from(self.mix.hubs.len() * self.mix.skus.len()).unwrap_or(0);
        let rows = u64::try_from(state.book(tenant).rows.len()).unwrap_or(0);
        crate::testing::simulation::report::check(rows == furnished, "end", || {
            format!("{tenant} was opened with {rows} of {furnished} stock rows")
        })
    }
}
