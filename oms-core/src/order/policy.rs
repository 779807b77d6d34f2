//! What a tenant adds to an order's life without touching its tables: stages and guards, as data.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::order::{Claim, CommandKind, Fulfillment, Order, OrderStatus};
use crate::value::{AttributeKey, AttributeValue, LineId, Money, Sku, StageId, Tag};

/// How an order leaves `Pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// At once, when nothing stands against it.
    #[default]
    Automatic,
    /// By somebody's command.
    Manual,
}

/// A named step of the tenant's own within a status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub id: StageId,
    /// The status it belongs to.
    pub status: OrderStatus,
}

/// What must hold for a command, beyond the tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "needs")]
pub enum Condition {
    /// What the buyer owes is captured.
    Paid,
    /// What the buyer owes is captured or authorised, or a part of it captured and the rest
    /// authorised beside it.
    PaidOrAuthorised,
    /// The order costs at most this much; an order in another currency does not pass.
    TotalAtMost {
        /// The limit.
        amount: Money,
    },
    /// The order has the tag.
    HasTag {
        /// The tag.
        tag: Tag,
    },
    /// The order does not have the tag.
    LacksTag {
        /// The tag.
        tag: Tag,
    },
    /// The attribute has the value.
    AttributeIs {
        /// The attribute.
        key: AttributeKey,
        /// The value.
        value: AttributeValue,
    },
    /// The order is in the stage.
    StageIs {
        /// The stage.
        stage: StageId,
    },
}

/// A condition on a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Guard {
    /// Its name, told when it refuses.
    pub name: StageId,
    /// The command it guards.
    pub command: CommandKind,
    /// What must hold.
    pub condition: Condition,
}

/// The tenant's stages, guards and way of approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// How an order leaves `Pending`; automatic by default.
    #[serde(default)]
    pub approval: ApprovalMode,
    /// The stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// The guards, checked in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
}

impl Workflow {
    /// The first guard that stands against the command; `None` when all let it pass.
    #[must_use]
    pub fn refusing(&self, order: &Order, command: CommandKind) -> Option<&Guard> {
        self.guards
            .iter()
            .find(|guard| guard.command == command && !guard.condition.holds(order))
    }

    /// The stages alone, for what the library does by itself: no guard stands against that, and an
    /// order that gets to another status leaves its stage only where that status has none such.
    pub(crate) fn unguarded(&self) -> Self {
        Self {
            approval: self.approval,
            stages: self.stages.clone(),
            guards: Vec::new(),
        }
    }

    /// Whether the tenant has that stage within that status.
    #[must_use]
    pub fn has_stage(&self, id: &StageId, status: OrderStatus) -> bool {
        self.stages
            .iter()
            .any(|stage| stage.id == *id && stage.status == status)
    }
}

impl Condition {
    /// Whether it holds for the order as it is.
    ///
    /// Paid is what was captured and not refunded; promised is what was authorised and no capture
    /// drew on, see [`PaymentReference`](crate::order::PaymentReference). What the order costs is
    /// what the buyer owes for what was not cancelled and was not let off: [`Order::owed`]. Units
    /// that came back need not be paid, and what went back for them, as a refund or to a gift card,
    /// need not be paid again up to their worth.
    #[must_use]
    pub fn holds(&self, order: &Order) -> bool {
        let head = &order.head;
        let payment = &head.payment;
        let kept = |taken: Decimal| taken - payment.refunded.amount() >= order.to_keep();
        match self {
            Self::Paid => kept(payment.captured.amount()),
            Self::PaidOrAuthorised => kept(payment.secured()),
            Self::TotalAtMost { amount } => {
                let owed = order.owed();
                owed.currency() == amount.currency() && owed.amount() <= amount.amount()
            }
            Self::HasTag { tag } => head.tags.contains(tag),
            Self::LacksTag { tag } => !head.tags.contains(tag),
            Self::AttributeIs { key, value } => head.attributes.get(key) == Some(value),
            Self::StageIs { stage } => head.stage.as_ref() == Some(stage),
        }
    }
}

impl Order {
    /// Whether there is something that a tentative order waits for: money, as more is owed than was
    /// captured or promised; or the word of the channel that keeps the order, too, as paid is not
    /// yet to be sent there.
    pub(crate) fn has_to_wait(&self) -> bool {
        self.head.channel_id().is_some() || !Condition::PaidOrAuthorised.holds(self)
    }

    /// Whether anything was paid, promised, let off or covered by gift cards, and did not go back.
    pub(crate) fn has_some_payment(&self) -> bool {
        let payment = &self.head.payment;
        let money = payment.secured() - payment.refunded.amount();
        let cards = self.head.totals.covered().amount() - payment.credited.amount();
        money.max(cards) > Decimal::ZERO || payment.waived.is_positive()
    }

    /// Whether units of it are open that stock could be claimed for: somebody could name them, and
    /// nobody left them to wait on backorder.
    pub(crate) fn is_short(&self) -> bool {
        self.unclaimed().next().is_some()
    }

    /// Whether claims of it are over and nothing took their place: it is short on a line that one
    /// of them was for. What it never had claimed is another matter.
    pub(crate) fn has_lost(&self) -> bool {
        let ended = |work: &&Fulfillment| work.claim == Claim::Expired;
        self.unclaimed().any(|(line, sku)| {
            let had = |work: &Fulfillment| work.line(line).is_some_and(|share| share.sku == *sku);
            self.fulfillments.values().filter(ended).any(had)
        })
    }

    /// Whether that is all of it: no hub has anything any more.
    pub(crate) fn has_lost_all(&self) -> bool {
        let mut works = self.fulfillments.values();
        self.has_lost() && !works.any(Fulfillment::is_live)
    }

    /// The lines it is short on.
    fn unclaimed(&self) -> impl Iterator<Item = (LineId, &Sku)> {
        let open = self.head.lines.iter().filter(|line| !line.open.is_zero());
        open.filter_map(|line| Some((line.id, line.sku.known()?)))
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Paid => f.write_str("the order is paid"),
            Self::PaidOrAuthorised => f.write_str("the order is paid or authorised"),
            Self::TotalAtMost { amount } => write!(f, "the order costs at most {amount}"),
            Self::HasTag { tag } => write!(f, "the order has tag {tag}"),
            Self::LacksTag { tag } => write!(f, "the order does not have tag {tag}"),
            Self::AttributeIs { key, value } => write!(f, "attribute {key} is {value}"),
            Self::StageIs { stage } => write!(f, "the order is in stage {stage}"),
        }
    }
}
