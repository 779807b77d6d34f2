//! Why a command was refused. Nothing was written, and its key may be used again.

use serde::{Deserialize, Serialize};

use crate::hub::{HubError, SlotProblem};
use crate::order::OrderRejection;
use crate::plan::{CounterKey, CounterRefusal, DecodeError, DocumentKey, Requirement, UniqueKey};
use crate::reservation::{Owner, ReservationKey, ReservationRefusal};
use crate::routing::{Explanation, NotServiceable, RoutePolicyError};
use crate::stock::{StockKey, StockRefusal, StockRejection, TransferRejection};
use crate::value::{
    CustomerId, ExternalId, IdempotencyKey, LineId, Money, OrderId, Sku, SlotKey, TenantId,
    TransferId, Units, Version,
};

/// A SKU that cannot be covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for, over all lines.
    pub asked: Units,
    /// The most units one hub could give.
    pub available: Units,
    /// What the hubs that may share the order could give together.
    #[serde(default)]
    pub together: Units,
    /// What all hubs could give together if all might share the order, of what was asked for.
    #[serde(default)]
    pub everywhere: Units,
}

/// A line whose SKU the catalogue does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownLineSku {
    /// The line.
    pub line: LineId,
    /// What the source called it.
    pub sku: Option<ExternalId>,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "rejected")]
#[non_exhaustive]
pub enum Rejection {
    /// The tenant has no settings, so it does not exist.
    #[error("tenant {tenant} does not exist")]
    UnknownTenant {
        /// What was named.
        tenant: TenantId,
    },
    /// A hub, SKU, channel, customer or order does not exist.
    #[error("{document} does not exist")]
    NotFound {
        /// What was named.
        document: DocumentKey,
    },
    /// A hub, SKU, channel or customer is switched off, or an address was erased.
    #[error("{document} is not active")]
    Inactive {
        /// What was named.
        document: DocumentKey,
    },
    /// The version the caller saw is not the present one.
    #[error("{document} changed: version {expected} was expected, {current} is current")]
    Changed {
        /// What changed.
        document: DocumentKey,
        /// What the caller saw.
        expected: Version,
        /// What it is.
        current: Version,
    },
    /// The key was used before for another command.
    #[error("key {key} was used for another command")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// The order refuses.
    #[error(transparent)]
    Order {
        /// Why.
        #[from]
        reason: OrderRejection,
    },
    /// A stock row refuses.
    #[error("{key}: {reason}")]
    Stock {
        /// Which.
        key: StockKey,
        /// Why.
        reason: StockRejection,
    },
    /// A transfer of stock between hubs refuses.
    #[error("transfer {transfer}: {reason}")]
    Transfer {
        /// Which.
        transfer: TransferId,
        /// Why.
        reason: Box<TransferRejection>,
    },
    /// Stock does not cover the demand, or was not found at as many hubs as may share it, and the
    /// caller wants to be told.
    #[error("{}: {}", told_shortage(.shortages), list_shortages(.shortages))]
    Short {
        /// What is missing.
        shortages: Vec<Shortage>,
        /// What was tried.
        tried: Box<Explanation>,
    },
    /// No hub may be chosen for the address.
    #[error(transparent)]
    Unserviceable {
        /// What each hub lacked.
        tried: NotServiceable,
    },
    /// The tenant switched routing off, so somebody has to name a hub.
    #[error("routing is switched off: name a hub")]
    RoutingOff,
    /// A delivery slot cannot be booked, or binds the work to its hub.
    #[error("{slot}: {reason}")]
    Slot {
        /// Which.
        slot: Box<SlotKey>,
        /// Why.
        reason: Box<SlotProblem>,
    },
    /// A hub, a zone or a delivery slot is not as it has to be.
    #[error(transparent)]
    Hub {
        /// What is wrong, and in which field.
        reason: Box<HubError>,
    },
    /// A routing policy is not as it has to be.
    #[error("routing.{reason}")]
    Policy {
        /// What is wrong, and in which field.
        reason: Box<RoutePolicyError>,
    },
    /// Lines name SKUs the catalogue does not have.
    #[error("unknown SKU: {}", list_unknown(.lines))]
    UnknownSkus {
        /// Which.
        lines: Vec<UnknownLineSku>,
    },
    /// The source's total differs from the sum of the parts.
    #[error("the source says {stated}, the parts add up to {total}")]
    TotalsDiffer {
        /// What the source says.
        stated: Money,
        /// What the parts add up to.
        total: Money,
    },
    /// A reservation refuses.
    #[error("reservation {key}: {reason}")]
    Reservation {
        /// Which.
        key: ReservationKey,
        /// Why.
        reason: ReservationRefusal,
    },
    /// The owner has no live reservation the command could be about.
    #[error("{owner} has no live reservation")]
    NothingReserved {
        /// Whose.
        owner: Owner,
    },
    /// Reservations of an order are changed by commands on the order.
    #[error("the reservations of {owner} follow its order")]
    OwnedByOrder {
        /// Whose.
        owner: Owner,
    },
    /// A list is longer than it may be, or empty where it may not be.
    #[error("{field}: {found} items, 1 to {max} are allowed")]
    WrongCount {
        /// Which list.
        field: String,
        /// Its length.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// A value is outside its range.
    #[error("{field}: {found} is not between {min} and {max}")]
    OutOfRange {
        /// Which value.
        field: String,
        /// What it is.
        found: i64,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
    },
    /// Only contacts, payloads and personal documents of the host's own can be erased, and only
    /// those of the customer or of the order.
    #[error("{document} holds no personal data of the customer or order")]
    NotErasable {
        /// What was named.
        document: DocumentKey,
    },
    /// What was given for an order that is not finished is erased by order only where it names no
    /// customer.
    #[error(
        "order {order} is not finished and names customer {customer}, with whose data its own is \
         erased"
    )]
    NamesCustomer {
        /// Which order.
        order: OrderId,
        /// Whose it is.
        customer: CustomerId,
    },
    /// A row with an address that was given for another customer or another order, or that stays
    /// with the customer it is of when the order gets another one.
    #[error("{document} belongs to another customer or order")]
    OtherCustomer {
        /// What was named.
        document: DocumentKey,
    },
    /// Stock rows refuse what the command needs of them.
    #[error("stock refuses: {}", list_rows(.rows))]
    StockRefused {
        /// Which, and why.
        rows: Vec<(StockKey, StockRefusal)>,
    },
    /// A counter refuses, and no rival explains it.
    #[error("{key}: {reason}")]
    Counter {
        /// Which.
        key: CounterKey,
        /// Why.
        reason: CounterRefusal,
    },
    /// A unique name belongs to another document.
    #[error("{key} is taken by {holder}")]
    Taken {
        /// The name.
        key: UniqueKey,
        /// Who has it.
        holder: DocumentKey,
    },
    /// Something the command relies on does not exist or is switched off.
    #[error("not as it has to be: {requirement}")]
    Unmet {
        /// What has to be.
        requirement: Requirement,
    },
    /// Something stored cannot be read. The service answers this as a failure of the store.
    #[error(transparent)]
    Unreadable {
        /// What, and why.
        #[from]
        error: DecodeError,
    },
    /// A version is expected by a command whose subject has none.
    #[error("{command} has no version to expect")]
    NotVersioned {
        /// The command's name.
        command: String,
    },
}

impl From<HubError> for Rejection {
    fn from(reason: HubError) -> Self {
        let reason = Box::new(reason);
        Self::Hub { reason }
    }
}

impl From<RoutePolicyError> for Rejection {
    fn from(reason: RoutePolicyError) -> Self {
        let reason = Box::new(reason);
        Self::Policy { reason }
    }
}

impl Rejection {
    /// The stable code; for an order, stock row, transfer, slot, hub or policy that of the inner
    /// reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownTenant { .. } => "unknown_tenant",
            Self::NotFound { .. } => "not_found",
            Self::Inactive { .. } => "inactive",
            Self::Changed { .. } => "changed",
            Self::KeyReused { .. } => "key_reused",
            Self::Order { reason } => reason.code(),
            Self::Stock { reason, .. } => reason.code(),
            Self::Transfer { reason, .. } => reason.code(),
            Self::Short { .. } => "short",
            Self::Unserviceable { .. } => "unserviceable",
            Self::RoutingOff => "routing_off",
            Self::Slot { reason, .. } => reason.code(),
            Self::Hub { reason } => reason.code(),
            Self::Policy { reason } => reason.code(),
            Self::UnknownSkus { .. } => "unknown_skus",
            Self::TotalsDiffer { .. } => "totals_differ",
            Self::Reservation { .. } => "reservation",
            Self::NothingReserved { .. } => "nothing_reserved",
            Self::OwnedByOrder { .. } => "owned_by_order",
            Self::WrongCount { .. } => "wrong_count",
            Self::OutOfRange { .. } => "out_of_range",
            Self::NotErasable { .. } => "not_erasable",
            Self::NamesCustomer { .. } => "names_customer",
            Self::OtherCustomer { .. } => "other_customer",
            Self::StockRefused { .. } => "stock_refused",
            Self::Counter { .. } => "counter",
            Self::Taken { .. } => "taken",
            Self::Unmet { .. } => "unmet",
            Self::Unreadable { .. } => "unreadable",
            Self::NotVersioned { .. } => "not_versioned",
        }
    }
}

/// Goods that are there, but at too many hubs, are not called too few.
fn told_shortage(all: &[Shortage]) -> &'static str {
    if !all.is_empty() && all.iter().all(|short| short.everywhere >= short.asked) {
        "found not enough stock at as many hubs as may share it"
    } else {
        "not enough stock"
    }
}

fn list_shortages(all: &[Shortage]) -> String {
    let parts = all.iter().map(|shortage| {
        let Shortage {
            sku,
            asked,
            available,
            together,
            everywhere,
        } = shortage;
        if everywhere > together && together > available {
            format!(
                "{asked} x {sku}, {together} at hubs that may share it, at most {available} at \
                 one, {everywhere} at all"
            )
        } else if everywhere > together {
            format!("{asked} x {sku}, at most {available} at one hub, {everywhere} at all")
        } else if together > available {
            format!("{asked} x {sku}, {together} at all hubs, at most {available} at one")
        } else {
            format!("{asked} x {sku}, at most {available} at one hub")
        }
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn list_unknown(lines: &[UnknownLineSku]) -> String {
    let parts = lines.iter().map(|line| match &line.sku {
        Some(sku) => format!("{sku} on line {}", line.line),
        None => format!("none on line {}", line.line),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Stock rows and why they refuse, in one line.
pub(super) fn list_rows(rows: &[(StockKey, StockRefusal)]) -> String {
    let parts = rows
        .iter()
        .map(|(key, refusal)| format!("{key}: {refusal}"));
    parts.collect::<Vec<_>>().join("; ")
}
