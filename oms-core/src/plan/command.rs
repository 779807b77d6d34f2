//! Everything that can be asked of the system, as one type: so that any command can be run alone,
//! in bulk, or dry.

use serde::{Deserialize, Serialize};

use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::{Contact, Customer};
use crate::hub::{Hub, SlotDay, ZoneBook};
use crate::order::{Contacts, OrderCommand, OrderDraft};
use crate::plan::{DocumentKey, Intake, Switchable};
use crate::reservation::Owner;
use crate::stock::{StockCommand, StockKey, TransferCommand};
use crate::tenant::Settings;
use crate::value::{
    CustomerId, FulfillmentId, HubId, LineId, OrderId, Quantity, Reason, Sku, SlotKey, TransferId,
};

/// What to do when an order cannot be placed as it is.
///
/// When goods do not suffice the tenant has a say, too
/// ([`RoutePolicy::on_shortage`](crate::routing::RoutePolicy::on_shortage)): the more patient of
/// both wins. To backorder what is short is the most patient, to refuse the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnProblem {
    /// Refuse it: for callers who can tell the buyer.
    #[default]
    Refuse,
    /// Claim what is there; what is short waits for stock. Other problems are refused.
    Backorder,
    /// Store it on hold with the reason: for orders somebody paid for elsewhere. Never lost.
    Hold,
}

/// How firmly an order claims its stock when it is placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReserveMode {
    /// Until shipped or cancelled.
    #[default]
    Confirmed,
    /// For some seconds, until confirmed by an approval, by `Confirm`, or by a payment or a promise
    /// that covers what is owed; the tenant's time when none is given. An order of which all is
    /// covered as it is placed is confirmed at once, unless a channel keeps it, too: it has a
    /// reference of the kind `order`.
    Tentative {
        /// How long, in seconds.
        ttl_secs: Option<i64>,
    },
}

/// An order to place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOrder {
    /// What is asked for.
    pub draft: OrderDraft,
    /// What to do when something stands against it.
    pub on_problem: OnProblem,
    /// How firmly it claims its stock.
    pub reserve: ReserveMode,
    /// The cart, or whatever else of the host's own, whose claims the order takes the place of:
    /// what they hold counts as free for it, and they are released in the same commit, so no rival
    /// can come in between. A claim that is over is left to end; an order that is known already
    /// releases nothing. With routing switched off and no [`hub`](Self::hub) named, the order is
    /// claimed where they are, as by a hub that is named, as far as they go; the rest stays open,
    /// and so does what they hold at a hub that is off or not that of its delivery slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<Owner>,
    /// The hub that does the work, as for a sale at its counter or a cart that is claimed there:
    /// no other is looked at, and neither its hours nor its capacity keep the order out, only what
    /// it has and where it delivers. It is named for this placement alone: what waits for goods,
    /// and an edit that needs more, goes by the policy. `None` lets the tenant's policy choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubId>,
}

impl PlaceOrder {
    /// Refuses on problems, claims firmly.
    #[must_use]
    pub const fn new(draft: OrderDraft) -> Self {
        Self {
            draft,
            on_problem: OnProblem::Refuse,
            reserve: ReserveMode::Confirmed,
            takes_over: None,
            hub: None,
        }
    }
}

/// Units to claim for an owner that is not an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveLine {
    /// The owner's line.
    pub line: LineId,
    /// What to claim.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
}

/// Stock to claim for an owner that is not an order: all lines at one hub, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveStock {
    /// Whom for.
    pub owner: Owner,
    /// What.
    pub lines: Vec<ReserveLine>,
    /// Where; `None` lets the tenant's routing policy choose one hub that covers everything, or the
    /// hubs' priority where routing is off.
    #[serde(default)]
    pub hub: Option<HubId>,
    /// How firmly, all of it; a tentative claim ends so long after the command.
    #[serde(default)]
    pub mode: ReserveMode,
}

impl ReserveStock {
    /// Claims firmly, where the tenant's policy chooses.
    #[must_use]
    pub const fn new(owner: Owner, lines: Vec<ReserveLine>) -> Self {
        Self {
            owner,
            lines,
            hub: None,
            mode: ReserveMode::Confirmed,
        }
    }
}

/// Everything that can be asked of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Store the tenant's settings; the first time, this creates the tenant.
    PutSettings(Settings),
    /// Create or change a sales channel; activates or deactivates it, too.
    PutChannel(SalesChannel),
    /// Create or change a hub; activates or deactivates it, too.
    PutHub(Hub),
    /// Store the tenant's delivery zones, all of them.
    PutZones(ZoneBook),
    /// Store the delivery slots of a hub on one of its days, all of them.
    PutSlots(SlotDay),
    /// Create or change a SKU; activates or deactivates it, too.
    PutProduct(Product),
    /// Say what a channel calls a SKU; takes the name back, too.
    PutSkuMapping(SkuMapping),
    /// Create or change a customer; a given contact replaces the one before, and an empty one takes
    /// it away.
    PutCustomer {
        /// The customer; its contact id is set by the command.
        customer: Customer,
        /// Name and address, kept in an erasable row.
        contact: Option<Contact>,
    },
    /// Switch a hub, SKU, SKU mapping, channel or customer on or off.
    SetActive {
        /// Which.
        document: Switchable,
        /// On or off.
        active: bool,
    },
    /// Erase personal data of a customer, up to a page of rows at a time.
    EraseCustomer {
        /// Whose.
        customer: CustomerId,
        /// The rows, as the store's `personal` names them.
        rows: Vec<DocumentKey>,
    },
    /// Erase personal data that was given for an order which is finished or names no customer, up
    /// to a page of rows at a time.
    EraseOrder {
        /// For which.
        order: OrderId,
        /// The rows: contacts, payloads and personal documents of the host's own.
        rows: Vec<DocumentKey>,
    },
    /// Move stock, or set how it is kept.
    Stock {
        /// Which row.
        key: StockKey,
        /// What to do.
        command: StockCommand,
        /// Why.
        reason: Reason,
    },
    /// A command on a transfer of stock between hubs.
    Transfer {
        /// Which.
        transfer: TransferId,
        /// What to do.
        command: TransferCommand,
    },
    /// Place an order.
    Place(Box<PlaceOrder>),
    /// Take an order in, to be placed later by a job.
    Enqueue(Box<Intake>),
    /// A command on an order.
    Order {
        /// Which.
        order: OrderId,
        /// What to do.
        command: OrderCommand,
    },
    /// Claim stock for the open and backordered units of an order, at the hub named or the best.
    Assign {
        /// Which order.
        order: OrderId,
        /// Where; `None` lets the hub choice decide.
        hub: Option<HubId>,
    },
    /// Move the work of a hub that has not begun it to another hub, with its claims on stock; all
    /// of it or nothing.
    Reassign {
        /// Which order.
        order: OrderId,
        /// Whose work.
        fulfillment: FulfillmentId,
        /// Where to; `None` lets the hub choice decide among the other hubs.
        hub: Option<HubId>,
    },
    /// Book another delivery slot for an order; `None` gives the one it has back.
    BookSlot {
        /// Which order.
        order: OrderId,
        /// Which slot.
        slot: Option<SlotKey>,
    },
    /// Give an order other addresses; `None` leaves an address.
    ChangeContacts {
        /// Which order.
        order: OrderId,
        /// Whom to ship to.
        ship_to: Option<Contact>,
        /// Whom to bill.
        bill_to: Option<Contact>,
    },
    /// Follow what the channel of an order says of who receives it and who pays: what it changed
    /// since it said so last.
    FollowContacts {
        /// Which order.
        order: OrderId,
        /// All that a copy of the order says; what it leaves out is as it was.
        said: Box<Contacts>,
    },
    /// Claim stock for an owner that is not an order, beside what it has claimed.
    Reserve(ReserveStock),
    /// Claim stock for an owner that is not an order in place of all that it has claimed: what it
    /// holds afterwards is exactly this. Where no hub is named, it is chosen anew.
    SetReservation(ReserveStock),
    /// Make the owner's tentative claims firm.
    ConfirmReservation {
        /// Whose.
        owner: Owner,
    },
    /// Give all live claims of the owner back.
    ReleaseReservation {
        /// Whose.
        owner: Owner,
    },
    /// The owner's confirmed units leave the hub.
    ConsumeReservation {
        /// Whose.
        owner: Owner,
        /// Why, for the movements.
        reason: Reason,
    },
    /// End the owner's due claims, and tell its order; the sweeper's command.
    ExpireReservation {
        /// Whose.
        owner: Owner,
    },
}

impl Command {
    /// True when the command is about one stored document, whose version its author may expect.
    #[must_use]
    pub const fn is_versioned(&self) -> bool {
        match self {
            Self::PutSettings(_)
            | Self::PutChannel(_)
            | Self::PutHub(_)
            | Self::PutZones(_)
            | Self::PutSlots(_)
            | Self::PutProduct(_)
            | Self::PutSkuMapping(_)
            | Self::PutCustomer { .. }
            | Self::SetActive { .. }
            | Self::Order { .. }
            | Self::Assign { .. }
            | Self::Reassign { .. }
            | Self::BookSlot { .. }
            | Self::Transfer { .. }
            | Self::ChangeContacts { .. }
            | Self::FollowContacts { .. } => true,
            Self::EraseCustomer { .. }
            | Self::EraseOrder { .. }
            | Self::Stock { .. }
            | Self::Place(_)
            | Self::Enqueue(_)
            | Self::Reserve(_)
            | Self::SetReservation(_)
            | Self::ConfirmReservation { .. }
            | Self::ReleaseReservation { .. }
            | Self::ConsumeReservation { .. }
            | Self::ExpireReservation { .. } => false,
        }
    }

    /// The command's name, for logs and traces.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PutSettings(_) => "put_settings",
            Self::PutChannel(_) => "put_channel",
            Self::PutHub(_) => "put_hub",
            Self::PutZones(_) => "put_zones",
            Self::PutSlots(_) => "put_slots",
            Self::PutProduct(_) => "put_product",
            Self::PutSkuMapping(_) => "put_sku_mapping",
            Self::PutCustomer { .. } => "put_customer",
            Self::SetActive { .. } => "set_active",
            Self::EraseCustomer { .. } => "erase_customer",
            Self::EraseOrder { .. } => "erase_order",
            Self::Stock { .. } => "stock",
            Self::Transfer { command, .. } => command.as_str(),
            Self::Place(_) => "place",
            Self::Enqueue(_) => "enqueue",
            Self::Order { command, .. } => command.kind().as_str(),
            Self::Assign { .. } => "assign",
            Self::Reassign { .. } => "reassign",
            Self::BookSlot { .. } => "book_slot",
            Self::ChangeContacts { .. } => "change_contacts",
            Self::FollowContacts { .. } => "follow_contacts",
            Self::Reserve(_) => "reserve",
            Self::SetReservation(_) => "set_reservation",
            Self::ConfirmReservation { .. } => "confirm_reservation",
            Self::ReleaseReservation { .. } => "release_reservation",
            Self::ConsumeReservation { .. } => "consume_reservation",
            Self::ExpireReservation { .. } => "expire_reservation",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Command, ReserveLine, ReserveMode, ReserveStock};
    use crate::testing::build;

    #[test]
    fn what_is_claimed_is_read_with_an_owner_and_lines_alone() {
        let (owner, line) = (build::owner_cart(1), build::line(1));
        let lines = vec![ReserveLine {
            line,
            sku: build::sku("TEA"),
            quantity: build::quantity(2),
        }];
        let short = json!({
            "owner": owner,
            "lines": [{"line": 1, "sku": "TEA", "quantity": 2}],
        });
        let claim = ReserveStock::new(owner, lines);
        assert_eq!(claim.mode, ReserveMode::Confirmed);
        assert_eq!(
            serde_json::from_value::<ReserveStock>(short.clone()).unwrap(),
            claim
        );
        let mut whole = short;
        (whole["hub"], whole["mode"]) = (json!(null), json!("confirmed"));
        let command = serde_json::to_value(Command::Reserve(claim)).unwrap();
        assert_eq!(command, json!({"reserve": whole}));
    }
}
