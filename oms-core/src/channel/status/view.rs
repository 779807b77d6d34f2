//! What a report is compared with: the order as it stands here.

use std::collections::BTreeMap;

use crate::channel::sold::sold;
use crate::order::{Order, OrderStatus};
use crate::value::{ExternalId, LineId, Units};

/// An order as far as a channel's report is about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The status people see.
    pub status: OrderStatus,
    /// The order is on hold for a reason of our own, so the channel's word does not release it.
    pub held_here: bool,
    /// What the channel's last report meant; `None` before the first.
    pub last_seen: Option<OrderStatus>,
    /// The lines.
    pub lines: Vec<LineView>,
    /// Units that the channel had sold when the order came, by its ids of the lines, where that was
    /// kept ([`SOLD_UNITS`](crate::channel::SOLD_UNITS)).
    pub sold: BTreeMap<ExternalId, Units>,
}

/// A line as far as a channel's report is about it. Totals so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// The line.
    pub line: LineId,
    /// The channel's id of it.
    pub item: Option<ExternalId>,
    /// Units ordered.
    pub ordered: Units,
    /// Units that left, arrived and returned ones included.
    pub shipped: Units,
    /// Units that arrived, returned ones included.
    pub delivered: Units,
    /// Units that will not be sent.
    pub cancelled: Units,
    /// Units that came back.
    pub returned: Units,
}

impl View {
    /// An order of this status without a line.
    #[must_use]
    pub const fn new(status: OrderStatus) -> Self {
        Self {
            status,
            held_here: matches!(status, OrderStatus::OnHold),
            last_seen: None,
            lines: Vec::new(),
            sold: BTreeMap::new(),
        }
    }

    /// The order as it stands. A hold counts as our own unless
    /// [`held_by_channel`](Self::held_by_channel) says otherwise.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let sum = |line: LineId, units: fn(&crate::order::FulfillmentLine) -> [Units; 3]| {
            let all = order.fulfillments.values().flat_map(|f| &f.lines);
            let found = all.filter(|share| share.line == line).flat_map(units);
            // Conserved quantities of one line always fit.
            Units::try_sum(found).unwrap_or(Units::ZERO)
        };
        let lines = order.head.lines.iter().map(|line| LineView {
            line: line.id,
            item: line.channel_item.clone(),
            ordered: line.ordered,
            shipped: sum(line.id, |f| [f.shipped, f.delivered, f.returned]),
            delivered: sum(line.id, |f| [Units::ZERO, f.delivered, f.returned]),
            cancelled: line.cancelled,
            returned: sum(line.id, |f| [Units::ZERO, Units::ZERO, f.returned]),
        });
        let lines = lines.collect();
        Self {
            lines,
            sold: sold(&order.head.attributes),
            ..Self::new(order.status())
        }
    }

    /// The same view, the channel's last report having meant `status`.
    #[must_use]
    pub const fn seen(mut self, status: OrderStatus) -> Self {
        self.last_seen = Some(status);
        self
    }

    /// The same view of an order that is on hold only because the channel said so.
    #[must_use]
    pub const fn held_by_channel(mut self) -> Self {
        self.held_here = false;
        self
    }

    /// True when a unit has left.
    #[must_use]
    pub fn any_shipped(&self) -> bool {
        match self.status {
            OrderStatus::Shipped | OrderStatus::Delivered | OrderStatus::Returned => true,
            OrderStatus::Pending
            | OrderStatus::OnHold
            | OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Cancelled => self.lines.iter().any(|line| !line.shipped.is_zero()),
        }
    }
}
