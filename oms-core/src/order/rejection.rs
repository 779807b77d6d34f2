//! Why an order command was refused: what was asked, what stands against it, what would be legal.

use serde::{Deserialize, Serialize};

use crate::order::{CommandKind, OrderState, OrderStatus};
use crate::value::{
    Currency, ExternalId, FulfillmentId, LineId, Money, MoneyError, ShipmentId, StageId, Timestamp,
    Units,
};

/// Why an order command was refused. Checks run in a fixed order, so the first reason is always
/// the same. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum OrderRejection {
    /// Two amounts, or two reservations, would not add up to a number in range.
    #[error("{field}: {problem}")]
    Amount {
        /// The field whose value is at fault.
        field: String,
        /// What is wrong with it.
        problem: MoneyError,
    },
    /// An attribute, tag, note, reference or fulfillment too many.
    #[error("{field}: {found} are more than the limit of {max}")]
    TooMany {
        /// What there are too many of.
        field: String,
        /// How many were given.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// The order is closed or cancelled, or in another state the command has no edge from.
    #[error("cannot {command} an order that is {state} ({status}); legal: {}", list(.legal))]
    IllegalCommand {
        /// What was asked.
        command: CommandKind,
        /// The order's own state.
        state: OrderState,
        /// The status people see.
        status: OrderStatus,
        /// What may be asked now.
        legal: Vec<CommandKind>,
    },
    /// The claim on stock ended before it was confirmed.
    #[error("the reservation of fulfillment {fulfillment} expired at {expired_at}")]
    ReservationExpired {
        /// The fulfillment.
        fulfillment: FulfillmentId,
        /// When its claim ended.
        expired_at: Timestamp,
    },
    /// A line id occurs twice.
    #[error("line {line} occurs twice")]
    DuplicateLine {
        /// The line.
        line: LineId,
    },
    /// An external reference kind occurs twice in one order.
    #[error("external reference {id} occurs twice")]
    DuplicateReference {
        /// The reference.
        id: ExternalId,
    },
    /// There is no line to order.
    #[error("the order has no lines")]
    EmptyOrder,
    /// Nothing would change.
    #[error("{command} names nothing to do")]
    NothingToDo {
        /// What was asked.
        command: CommandKind,
    },
    /// A tenant's guard stands against the command.
    #[error("guard {guard} refuses {command}: {needs}")]
    Guarded {
        /// The guard's name.
        guard: StageId,
        /// What was asked.
        command: CommandKind,
        /// What would make it pass.
        needs: String,
    },
    /// An amount in another currency than the order's.
    #[error("{field} is in {found}, the order is in {expected}")]
    MixedCurrencies {
        /// The field.
        field: String,
        /// The order's currency.
        expected: Currency,
        /// The field's currency.
        found: Currency,
    },
    /// An amount that may not be negative is.
    #[error("{field} is negative: {found}")]
    NegativeAmount {
        /// The field.
        field: String,
        /// The amount.
        found: Money,
    },
    /// An amount that only lowers the total, such as a gift card, would raise it.
    #[error("{field} is positive: {found}")]
    PositiveAmount {
        /// The field.
        field: String,
        /// The amount.
        found: Money,
    },
    /// The discount is larger than what it lowers.
    #[error("{field}: a discount of {discount} on {of}")]
    DiscountTooLarge {
        /// The field.
        field: String,
        /// The discount.
        discount: Money,
        /// What it lowers.
        of: Money,
    },
    /// More is given back than was taken.
    #[error("cannot refund {asked}: {captured} were captured and {refunded} refunded")]
    RefundTooLarge {
        /// The refund.
        asked: Money,
        /// Sum of captures.
        captured: Money,
        /// Sum of refunds before.
        refunded: Money,
    },
    /// A larger promise is taken back than was made.
    #[error("cannot void {asked}: {authorised} are authorised")]
    VoidTooLarge {
        /// The promise to take back.
        asked: Money,
        /// Sum of promises, less those voided before.
        authorised: Money,
    },
    /// The buyer is let off more than is still to be paid.
    #[error("cannot waive {asked}: {outstanding} are still to be paid")]
    WaiverTooLarge {
        /// What the buyer was to be let off.
        asked: Money,
        /// What is owed and not paid yet; at placement what is owed without the waiver.
        outstanding: Money,
    },
    /// More goes back to gift cards than they cover.
    #[error("cannot credit {asked}: gift cards cover {covered} and {credited} were credited")]
    CreditTooLarge {
        /// What was to go back.
        asked: Money,
        /// What gift cards cover of the order.
        covered: Money,
        /// Sum of what went back before.
        credited: Money,
    },
    /// The seller keeps more than is to be given back.
    #[error("cannot retain {asked}: {left} are to be given back")]
    RetentionTooLarge {
        /// What was to be kept.
        asked: Money,
        /// What is to be given back, of money and to gift cards; nothing when an order is placed.
        left: Money,
    },
    /// The line has fewer units where the command needs them.
    #[error("line {line}: {asked} units asked, {found} are {bucket}")]
    TooFewUnits {
        /// The line.
        line: LineId,
        /// Units asked.
        asked: Units,
        /// Units found.
        found: Units,
        /// Where they had to be, such as `reserved`.
        bucket: String,
    },
    /// Too many units in total.
    #[error("line {line}: too many units")]
    UnitsOverflow {
        /// The line.
        line: LineId,
    },
    /// The order has no such fulfillment.
    #[error("the order has no fulfillment {fulfillment}")]
    UnknownFulfillment {
        /// What was named.
        fulfillment: FulfillmentId,
    },
    /// The order has no such line.
    #[error("the order has no line {line}")]
    UnknownLine {
        /// What was named.
        line: LineId,
    },
    /// The order has no such shipment.
    #[error("the order has no shipment {shipment}")]
    UnknownShipment {
        /// What was named.
        shipment: ShipmentId,
    },
    /// A line without a SKU of the catalogue cannot be allocated.
    #[error("line {line} has no SKU of the catalogue")]
    UnknownSku {
        /// The line.
        line: LineId,
    },
    /// The tenant has no such stage within the order's status.
    #[error("stage {stage} is not one of status {status}")]
    UnknownStage {
        /// What was named.
        stage: StageId,
        /// The order's status.
        status: OrderStatus,
    },
    /// Work has begun, so the order cannot be edited this way any more.
    #[error("update not allowed: work has begun ({status})")]
    UpdateNotAllowed {
        /// The order's status.
        status: OrderStatus,
    },
    /// A whole cancellation after a unit was shipped; `cancel_rest` is the command for that.
    #[error("cannot cancel: {shipped} units are shipped; cancel_rest cancels the others")]
    AlreadyShipped {
        /// Units that left.
        shipped: Units,
    },
}

fn list(commands: &[CommandKind]) -> String {
    if commands.is_empty() {
        return "nothing".to_owned();
    }
    commands
        .iter()
        .map(|command| command.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

impl OrderRejection {
    /// The stable code, as in the serialised form.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Amount { .. } => "amount",
            Self::TooMany { .. } => "too_many",
            Self::IllegalCommand { .. } => "illegal_command",
            Self::ReservationExpired { .. } => "reservation_expired",
            Self::DuplicateLine { .. } => "duplicate_line",
            Self::DuplicateReference { .. } => "duplicate_reference",
            Self::EmptyOrder => "empty_order",
            Self::NothingToDo { .. } => "nothing_to_do",
            Self::Guarded { .. } => "guarded",
            Self::MixedCurrencies { .. } => "mixed_currencies",
            Self::NegativeAmount { .. } => "negative_amount",
            Self::PositiveAmount { .. } => "positive_amount",
            Self::DiscountTooLarge { .. } => "discount_too_large",
            Self::RefundTooLarge { .. } => "refund_too_large",
            Self::VoidTooLarge { .. } => "void_too_large",
            Self::WaiverTooLarge { .. } => "waiver_too_large",
            Self::CreditTooLarge { .. } => "credit_too_large",
            Self::RetentionTooLarge { .. } => "retention_too_large",
            Self::TooFewUnits { .. } => "too_few_units",
            Self::UnitsOverflow { .. } => "units_overflow",
            Self::UnknownFulfillment { .. } => "unknown_fulfillment",
            Self::UnknownLine { .. } => "unknown_line",
            Self::UnknownShipment { .. } => "unknown_shipment",
            Self::UnknownSku { .. } => "unknown_sku",
            Self::UnknownStage { .. } => "unknown_stage",
            Self::UpdateNotAllowed { .. } => "update_not_allowed",
            Self::AlreadyShipped { .. } => "already_shipped",
        }
    }
}
