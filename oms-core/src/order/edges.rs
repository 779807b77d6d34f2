//! The two edge tables. Code, allowed commands, diagrams and the exhaustive test read these and
//! nothing else.

use FulfillmentStatus as F;
use OrderState::{Cancelled, Closed, OnHold, Open, Pending};

use crate::order::{CommandKind as C, FulfillmentStatus, OrderState};

/// A step of the order's own machine that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderEdge {
    /// The state before.
    pub from: OrderState,
    /// The command.
    pub command: C,
    /// The state after; the same one when the command leaves the state alone.
    pub to: OrderState,
}

/// A step of a fulfillment that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FulfillmentEdge {
    /// The status before.
    pub from: FulfillmentStatus,
    /// The command.
    pub command: C,
    /// The status after; the same one when the command leaves the status alone.
    pub to: FulfillmentStatus,
}

const fn order(from: OrderState, command: C, to: OrderState) -> OrderEdge {
    OrderEdge { from, command, to }
}

const fn work(from: FulfillmentStatus, command: C, to: FulfillmentStatus) -> FulfillmentEdge {
    FulfillmentEdge { from, command, to }
}

/// Every step of the order's own machine, for every command; an order enters as `Pending`.
///
/// A command that changes nothing counts as a step to the same state: (`Cancelled`, `Cancel`,
/// `Cancelled`) and (`Closed`, `Deliver`, `Closed`) are repeats and never write an event.
pub const ORDER_EDGES: &[OrderEdge] = &[
    order(Pending, C::Approve, Open),
    order(Pending, C::Hold, OnHold),
    order(Open, C::Hold, OnHold),
    order(OnHold, C::Hold, OnHold),
    order(OnHold, C::Release, OnHold),
    order(OnHold, C::Release, Pending),
    order(OnHold, C::Release, Open),
    order(Pending, C::Cancel, Cancelled),
    order(Open, C::Cancel, Cancelled),
    order(OnHold, C::Cancel, Cancelled),
    order(Cancelled, C::Cancel, Cancelled),
    order(Pending, C::CancelLines, Pending),
    order(Pending, C::CancelLines, Cancelled),
    order(Open, C::CancelLines, Open),
    order(Open, C::CancelLines, Cancelled),
    order(Open, C::CancelLines, Closed),
    order(OnHold, C::CancelLines, OnHold),
    order(OnHold, C::CancelLines, Cancelled),
    order(OnHold, C::CancelLines, Closed),
    order(Open, C::CancelRest, Open),
    order(Open, C::CancelRest, Closed),
    order(OnHold, C::CancelRest, OnHold),
    order(OnHold, C::CancelRest, Closed),
    order(Pending, C::Allocate, Pending),
    order(Open, C::Allocate, Open),
    order(OnHold, C::Allocate, OnHold),
    order(Pending, C::Withdraw, Pending),
    order(Open, C::Withdraw, Open),
    order(OnHold, C::Withdraw, OnHold),
    order(Pending, C::Backorder, Pending),
    order(Open, C::Backorder, Open),
    order(OnHold, C::Backorder, OnHold),
    order(Pending, C::Confirm, Pending),
    order(Open, C::Confirm, Open),
    order(OnHold, C::Confirm, OnHold),
    order(Pending, C::Expire, Pending),
    order(Pending, C::Expire, OnHold),
    order(Open, C::Expire, Open),
    order(Open, C::Expire, OnHold),
    order(OnHold, C::Expire, OnHold),
    order(Open, C::Pick, Open),
    order(Open, C::Pack, Open),
    order(Open, C::Unpick, Open),
    order(OnHold, C::Unpick, OnHold),
    order(Open, C::Ship, Open),
    order(Open, C::ChangeTracking, Open),
    order(OnHold, C::ChangeTracking, OnHold),
    order(Closed, C::ChangeTracking, Closed),
    order(Open, C::Deliver, Open),
    order(Open, C::Deliver, Closed),
    order(OnHold, C::Deliver, OnHold),
    order(OnHold, C::Deliver, Closed),
    order(Closed, C::Deliver, Closed),
    order(Open, C::FailDelivery, Open),
    order(Open, C::FailDelivery, Closed),
    order(OnHold, C::FailDelivery, OnHold),
    order(OnHold, C::FailDelivery, Closed),
    order(Closed, C::FailDelivery, Closed),
    order(Open, C::Return, Open),
    order(OnHold, C::Return, OnHold),
    order(Closed, C::Return, Closed),
    order(Pending, C::ChangeCustomer, Pending),
    order(Open, C::ChangeCustomer, Open),
    order(OnHold, C::ChangeCustomer, OnHold),
    order(Pending, C::ChangeContacts, Pending),
    order(Open, C::ChangeContacts, Open),
    order(OnHold, C::ChangeContacts, OnHold),
    order(Pending, C::BookSlot, Pending),
    order(Open, C::BookSlot, Open),
    order(OnHold, C::BookSlot, OnHold),
    order(Pending, C::Promise, Pending),
    order(Open, C::Promise, Open),
    order(OnHold, C::Promise, OnHold),
    order(Pending, C::EditLines, Pending),
    order(Open, C::EditLines, Open),
    order(OnHold, C::EditLines, OnHold),
    order(Pending, C::RecordPayment, Pending),
    order(Open, C::RecordPayment, Open),
    order(OnHold, C::RecordPayment, OnHold),
    order(Cancelled, C::RecordPayment, Cancelled),
    order(Closed, C::RecordPayment, Closed),
    order(Pending, C::Tag, Pending),
    order(Open, C::Tag, Open),
    order(OnHold, C::Tag, OnHold),
    order(Cancelled, C::Tag, Cancelled),
    order(Closed, C::Tag, Closed),
    order(Pending, C::AddNote, Pending),
    order(Open, C::AddNote, Open),
    order(OnHold, C::AddNote, OnHold),
    order(Cancelled, C::AddNote, Cancelled),
    order(Closed, C::AddNote, Closed),
    order(Pending, C::SetAttribute, Pending),
    order(Open, C::SetAttribute, Open),
    order(OnHold, C::SetAttribute, OnHold),
    order(Cancelled, C::SetAttribute, Cancelled),
    order(Closed, C::SetAttribute, Closed),
    order(Pending, C::SetStage, Pending),
    order(Open, C::SetStage, Open),
    order(OnHold, C::SetStage, OnHold),
];

/// Every step of a fulfillment, for every command that writes an event about it; a fulfillment
/// enters as `Approved` when units are allocated.
pub const FULFILLMENT_EDGES: &[FulfillmentEdge] = &[
    work(F::Approved, C::Approve, F::Approved),
    work(F::Approved, C::Confirm, F::Approved),
    work(F::Approved, C::Withdraw, F::Approved),
    work(F::Approved, C::Withdraw, F::Cancelled),
    work(F::Approved, C::Expire, F::Cancelled),
    work(F::Approved, C::EditLines, F::Cancelled),
    work(F::Approved, C::Pick, F::Picking),
    work(F::Approved, C::Pick, F::Picked),
    work(F::Picking, C::Pick, F::Picking),
    work(F::Picking, C::Pick, F::Picked),
    work(F::Picking, C::Pick, F::Packing),
    work(F::Picking, C::Withdraw, F::Picking),
    work(F::Picking, C::Withdraw, F::Picked),
    work(F::Picking, C::Withdraw, F::Packing),
    work(F::Picking, C::Withdraw, F::Packed),
    work(F::Picking, C::Withdraw, F::Shipped),
    work(F::Picking, C::Withdraw, F::Delivered),
    work(F::Picking, C::Pack, F::Picking),
    work(F::Picked, C::Pack, F::Packing),
    work(F::Picked, C::Pack, F::Packed),
    work(F::Packing, C::Pack, F::Packing),
    work(F::Packing, C::Pack, F::Packed),
    work(F::Picking, C::Unpick, F::Approved),
    work(F::Picking, C::Unpick, F::Picking),
    work(F::Picked, C::Unpick, F::Approved),
    work(F::Picked, C::Unpick, F::Picking),
    work(F::Picked, C::Unpick, F::Picked),
    work(F::Picked, C::Unpick, F::Cancelled),
    work(F::Packing, C::Unpick, F::Approved),
    work(F::Packing, C::Unpick, F::Picking),
    work(F::Packing, C::Unpick, F::Picked),
    work(F::Packing, C::Unpick, F::Packing),
    work(F::Packing, C::Unpick, F::Packed),
    work(F::Packing, C::Unpick, F::Shipped),
    work(F::Packing, C::Unpick, F::Delivered),
    work(F::Packing, C::Unpick, F::Cancelled),
    work(F::Packed, C::Unpick, F::Approved),
    work(F::Packed, C::Unpick, F::Picking),
    work(F::Packed, C::Unpick, F::Packed),
    work(F::Packed, C::Unpick, F::Shipped),
    work(F::Packed, C::Unpick, F::Delivered),
    work(F::Packed, C::Unpick, F::Cancelled),
    work(F::Picking, C::Ship, F::Picking),
    work(F::Packing, C::Ship, F::Packing),
    work(F::Packed, C::Ship, F::Packed),
    work(F::Packed, C::Ship, F::Shipped),
    work(F::Picking, C::ChangeTracking, F::Picking),
    work(F::Packing, C::ChangeTracking, F::Packing),
    work(F::Packed, C::ChangeTracking, F::Packed),
    work(F::Shipped, C::ChangeTracking, F::Shipped),
    work(F::Delivered, C::ChangeTracking, F::Delivered),
    work(F::Picking, C::Deliver, F::Picking),
    work(F::Packing, C::Deliver, F::Packing),
    work(F::Packed, C::Deliver, F::Packed),
    work(F::Shipped, C::Deliver, F::Shipped),
    work(F::Shipped, C::Deliver, F::Delivered),
    work(F::Picking, C::FailDelivery, F::Picking),
    work(F::Packing, C::FailDelivery, F::Packing),
    work(F::Packed, C::FailDelivery, F::Packed),
    work(F::Shipped, C::FailDelivery, F::Shipped),
    work(F::Shipped, C::FailDelivery, F::Delivered),
    work(F::Delivered, C::FailDelivery, F::Delivered),
    work(F::Picking, C::Return, F::Picking),
    work(F::Packing, C::Return, F::Packing),
    work(F::Packed, C::Return, F::Packed),
    work(F::Shipped, C::Return, F::Shipped),
    work(F::Delivered, C::Return, F::Delivered),
    work(F::Approved, C::Cancel, F::Cancelled),
    work(F::Picking, C::Cancel, F::Cancelled),
    work(F::Picked, C::Cancel, F::Cancelled),
    work(F::Packing, C::Cancel, F::Cancelled),
    work(F::Packed, C::Cancel, F::Cancelled),
    work(F::Approved, C::CancelRest, F::Cancelled),
    work(F::Picking, C::CancelRest, F::Shipped),
    work(F::Picking, C::CancelRest, F::Delivered),
    work(F::Picking, C::CancelRest, F::Cancelled),
    work(F::Picked, C::CancelRest, F::Cancelled),
    work(F::Packing, C::CancelRest, F::Shipped),
    work(F::Packing, C::CancelRest, F::Delivered),
    work(F::Packing, C::CancelRest, F::Cancelled),
    work(F::Packed, C::CancelRest, F::Shipped),
    work(F::Packed, C::CancelRest, F::Delivered),
    work(F::Packed, C::CancelRest, F::Cancelled),
    work(F::Approved, C::CancelLines, F::Approved),
    work(F::Approved, C::CancelLines, F::Cancelled),
    work(F::Picking, C::CancelLines, F::Approved),
    work(F::Picking, C::CancelLines, F::Picking),
    work(F::Picking, C::CancelLines, F::Picked),
    work(F::Picking, C::CancelLines, F::Packing),
    work(F::Picking, C::CancelLines, F::Packed),
    work(F::Picking, C::CancelLines, F::Shipped),
    work(F::Picking, C::CancelLines, F::Delivered),
    work(F::Picking, C::CancelLines, F::Cancelled),
    work(F::Picked, C::CancelLines, F::Picked),
    work(F::Picked, C::CancelLines, F::Cancelled),
    work(F::Packing, C::CancelLines, F::Picked),
    work(F::Packing, C::CancelLines, F::Packing),
    work(F::Packing, C::CancelLines, F::Packed),
    work(F::Packing, C::CancelLines, F::Shipped),
    work(F::Packing, C::CancelLines, F::Delivered),
    work(F::Packing, C::CancelLines, F::Cancelled),
    work(F::Packed, C::CancelLines, F::Packed),
    work(F::Packed, C::CancelLines, F::Shipped),
    work(F::Packed, C::CancelLines, F::Delivered),
    work(F::Packed, C::CancelLines, F::Cancelled),
];

/// The states a command may lead to from `from`; none when the command is illegal there.
///
/// ```
/// use oms_core::order::{CommandKind, OrderState, order_edge};
/// let after: Vec<_> = order_edge(OrderState::OnHold, CommandKind::Release).collect();
/// // It stays on hold while other reasons are left.
/// assert_eq!(after, [OrderState::OnHold, OrderState::Pending, OrderState::Open]);
/// assert_eq!(order_edge(OrderState::Cancelled, CommandKind::Pick).count(), 0);
/// ```
pub fn order_edge(from: OrderState, command: C) -> impl Iterator<Item = OrderState> {
    ORDER_EDGES
        .iter()
        .filter(move |edge| edge.from == from && edge.command == command)
        .map(|edge| edge.to)
}

/// The statuses a command may bring a fulfillment to from `from`; none when it is illegal there.
///
/// ```
/// use oms_core::order::{CommandKind, FulfillmentStatus, fulfillment_edge};
/// assert_eq!(fulfillment_edge(FulfillmentStatus::Approved, CommandKind::Ship).count(), 0);
/// ```
pub fn fulfillment_edge(
    from: FulfillmentStatus,
    command: C,
) -> impl Iterator<Item = FulfillmentStatus> {
    FULFILLMENT_EDGES
        .iter()
        .filter(move |edge| edge.from == from && edge.command == command)
        .map(|edge| edge.to)
}
