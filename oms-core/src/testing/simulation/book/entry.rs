//! What the book keeps of each kind.

use std::sync::Arc;

use crate::event::{EventDraft, Origin};
use crate::plan::{CommandRecord, Index};
use crate::reservation::ReservedUnits;
use crate::stock::MovementDraft;
use crate::value::{IdempotencyKey, Timestamp, Version};

/// A document.
#[derive(Clone, Debug)]
pub(in crate::testing::simulation) struct Kept {
    pub(in crate::testing::simulation) version: Version,
    pub(in crate::testing::simulation) schema: u16,
    pub(in crate::testing::simulation) json: Arc<str>,
    pub(in crate::testing::simulation) index: Index,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            version: Version::ZERO,
            schema: 0,
            json: Arc::from(""),
            index: Index::None,
        }
    }
}

impl Kept {
    pub(in crate::testing::simulation) fn is_active(&self) -> bool {
        self.index == Index::Active(true)
    }
}

/// A committed command.
#[derive(Clone, Debug)]
pub(in crate::testing::simulation) struct Entry {
    /// The operation that did it.
    pub(in crate::testing::simulation) op: usize,
    pub(in crate::testing::simulation) record: CommandRecord,
}

/// A movement.
#[derive(Clone, Debug)]
pub(in crate::testing::simulation) struct Moved {
    pub(in crate::testing::simulation) draft: MovementDraft,
    pub(in crate::testing::simulation) origin: Origin,
    pub(in crate::testing::simulation) at: Timestamp,
}

/// An event: one of a change set, or one the store wrote when it made room.
#[derive(Clone, Debug)]
pub(in crate::testing::simulation) enum Told {
    Draft {
        draft: EventDraft,
        origin: Origin,
        at: Timestamp,
    },
    Lapsed {
        units: Vec<ReservedUnits>,
        key: IdempotencyKey,
        at: Timestamp,
    },
}

impl Told {
    pub(super) fn draft(draft: &EventDraft, origin: &Origin, at: Timestamp) -> Self {
        Self::Draft {
            draft: draft.clone(),
            origin: Origin {
                actor: draft.actor.clone().unwrap_or_else(|| origin.actor.clone()),
                ..origin.clone()
            },
            at,
        }
    }
}
