//! What a tenant adds to an order's life without touching its tables: stages and guards, as data.

use serde::{Deserialize, Serialize};

use crate::order::{CommandKind, OrderStatus};
use crate::value::{AttributeKey, AttributeValue, Money, StageId, Tag};

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
    /// What the buyer owes is captured or authorised.
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
    /// How an order leaves `Pending` [automatic].
    #[serde(default)]
    pub approval: ApprovalMode,
    /// The stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// The guards, checked in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
}
