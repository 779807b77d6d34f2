//! Stock, carts, and the registry: hubs, SKUs, channels, customers, settings.

use super::{Chooser, reason};
use crate::catalog::{Product, SkuMapping};
use crate::customer::Customer;
use crate::hub::Hub;
use crate::order::{ApprovalMode, CommandKind, Condition, Guard, OrderStatus, Stage};
use crate::plan::{Command, ReserveLine, ReserveMode, ReserveStock, Switchable};
use crate::reservation::Owner;
use crate::stock::{StockCommand, StockKey};
use crate::tenant::Settings;
use crate::testing::build;
use crate::value::{LineId, Name, Quantity, StageId, Title};

/// Carts of each tenant.
const CARTS: u64 = 4;

impl Chooser<'_> {
    /// Stock comes, goes, breaks and is counted.
    pub(super) fn goods(&mut self) -> Command {
        let key = StockKey {
            hub: self.hub(),
            sku: self.sku(),
        };
        let command = match self.random.below(12) {
            0..=4 => StockCommand::Receive {
                quantity: self.quantity(4),
            },
            5 | 6 => StockCommand::Issue {
                quantity: self.quantity(3),
            },
            7 => StockCommand::Adjust {
                delta: i64::try_from(self.random.below(7)).unwrap_or(0) - 3,
            },
            8 => StockCommand::Count {
                found: self.units(8),
                seen: None,
            },
            9 => StockCommand::Damage {
                quantity: self.quantity(3),
            },
            10 => StockCommand::SetSafety {
                safety: self.units(2),
            },
            _ => StockCommand::SetIncoming {
                incoming: self.units(5),
            },
        };
        Command::Stock {
            key,
            command,
            reason: reason("goods"),
        }
    }

    pub(super) fn owner(&mut self) -> Owner {
        match self.random.below(CARTS + 1) {
            0 => Owner::Host(build::external("stand")),
            cart => build::owner_cart(cart),
        }
    }

    /// Claims for a cart, and what becomes of them.
    pub(super) fn cart(&mut self) -> Command {
        let owner = self.owner();
        match self.random.below(8) {
            kind @ 0..=3 => {
                let hub = self.random.chance(300).then(|| self.hub());
                let count = 1 + self.random.index(2);
                let lines = (0..count).map(|at| self.reserve_line(at)).collect();
                let mode = match self.random.below(3) {
                    0 => ReserveMode::Confirmed,
                    1 => ReserveMode::Tentative { ttl_secs: None },
                    _ => ReserveMode::Tentative { ttl_secs: Some(30) },
                };
                let claim = ReserveStock {
                    owner,
                    lines,
                    hub,
                    mode,
                };
                if kind == 3 {
                    Command::SetReservation(claim)
                } else {
                    Command::Reserve(claim)
                }
            }
            4 => Command::ConfirmReservation { owner },
            5 => Command::ReleaseReservation { owner },
            6 => Command::ConsumeReservation {
                owner,
                reason: reason("handed over"),
            },
            _ => Command::ExpireReservation { owner },
        }
    }

    fn reserve_line(&mut self, at: usize) -> ReserveLine {
        let number = u32::try_from(at).unwrap_or(0).saturating_add(1);
        ReserveLine {
            line: LineId::new(number).unwrap_or(LineId::FIRST),
            sku: self.sku(),
            quantity: self.quantity(2),
        }
    }

    /// One unit of the SKU that everybody wants, for a cart of its own.
    pub(super) fn last_unit_for_a_cart(&mut self) -> Command {
        let number = self.random.next_u64() >> 1;
        let sku = self.mix.skus.first().cloned();
        let line = ReserveLine {
            line: LineId::FIRST,
            sku: sku.unwrap_or_else(|| build::sku("TEA")),
            quantity: Quantity::ONE,
        };
        Command::Reserve(ReserveStock::new(build::owner_cart(number), vec![line]))
    }

    /// Something of the registry changes; more is switched on than off.
    pub(super) fn registry(&mut self) -> Command {
        let active = self.random.chance(650);
        match self.random.below(9) {
            0 | 1 => Command::SetActive {
                document: Switchable::Hub(self.hub()),
                active,
            },
            2 => Command::SetActive {
                document: Switchable::Product(self.sku()),
                active,
            },
            3 => Command::SetActive {
                document: Switchable::Customer(self.customer()),
                active,
            },
            4 => Command::SetActive {
                document: Switchable::Channel(build::channel("desk")),
                active,
            },
            5 => {
                let mut hub = Hub::new(self.hub(), name("a hub"));
                hub.priority = u32::try_from(self.random.below(5)).unwrap_or(0);
                Command::PutHub(hub)
            }
            6 => {
                let sku = self.sku();
                Command::PutSkuMapping(SkuMapping::new(
                    build::channel("web"),
                    build::external(&format!("web/{sku}")),
                    self.sku(),
                ))
            }
            7 => {
                let id = self.customer();
                let contact = self.random.chance(500).then(|| self.contact());
                Command::PutCustomer {
                    customer: customer(id),
                    contact,
                }
            }
            _ => Command::PutSettings(self.settings()),
        }
    }

    pub(in crate::testing::simulation) fn settings(&mut self) -> Settings {
        let mut settings = Settings {
            tentative_ttl_secs: 60,
            ..Settings::default()
        };
        if self.random.chance(300) {
            settings.workflow.approval = ApprovalMode::Manual;
        }
        for status in [OrderStatus::Approved, OrderStatus::Pending] {
            let id = stage();
            settings.workflow.stages.push(Stage { id, status });
        }
        if self.random.chance(200) {
            settings.workflow.guards.push(Guard {
                name: stage(),
                command: CommandKind::Ship,
                condition: Condition::Paid,
            });
        }
        settings
    }
}

/// The one stage that tenants have.
#[expect(clippy::expect_used, reason = "a literal of a test")]
pub(super) fn stage() -> StageId {
    StageId::parse("check").expect("a stage")
}

/// A customer as at first.
pub(in crate::testing::simulation) const fn customer(id: crate::value::CustomerId) -> Customer {
    Customer {
        id,
        external: None,
        contact: None,
        active: true,
        erased: false,
    }
}

/// A SKU of the catalogue as at first.
pub(in crate::testing::simulation) fn product(sku: crate::value::Sku) -> Product {
    Product::new(sku, title("goods"))
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
pub(in crate::testing::simulation) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
fn title(text: &str) -> Title {
    Title::parse(text).expect("a title")
}
