//! All that a sync remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::channel::sync::SyncKind;
use crate::value::{ExternalId, Timestamp};

/// All that a sync remembers: plain data, stored as JSON, versioned.
///
/// It grows with the items of the present window and of the overlap before it, not with the
/// channel's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct SyncState {
    pub(super) schema: u32,
    pub(super) kind: SyncKind,
    /// Everything changed before this was taken.
    pub(super) done_until: Timestamp,
    /// No question before this.
    pub(super) not_before: Timestamp,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The number of the next question.
    pub(super) ticket: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) window: Option<Window>,
    /// What was handed on, and which change of it; enough of it to know repeats.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) handed: BTreeMap<ExternalId, Timestamp>,
    /// The newest change that the channel told of and that was not ahead of the clock here; before
    /// the first, where the first window begins. `None` as an earlier build stored it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) heard: Option<Timestamp>,
}

/// The window being walked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// The page to ask for.
    pub(super) page: Option<String>,
    /// What the first page of this pass said.
    pub(super) total: Option<u64>,
    /// The number changed while the pass was under way.
    pub(super) moved: bool,
    /// Items of this pass, where their number is known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) pass: BTreeSet<ExternalId>,
    /// Items of the pass before, where one pass does not prove that nothing shifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<BTreeSet<ExternalId>>,
    /// When the first page of this pass was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) began: Option<Timestamp>,
    /// Items of this pass without a readable id.
    #[serde(default)]
    pub(super) nameless: u64,
    /// Pages of this pass.
    #[serde(default)]
    pub(super) pages: u32,
    /// Passes that were not whole.
    pub(super) reruns: u32,
    /// The end is as near to the present as it may be.
    pub(super) newest: bool,
}

#[derive(Deserialize)]
struct Wire {
    schema: u32,
    kind: SyncKind,
    done_until: Timestamp,
    not_before: Timestamp,
    failures: u32,
    ticket: u64,
    #[serde(default)]
    window: Option<Window>,
    #[serde(default)]
    handed: BTreeMap<ExternalId, Timestamp>,
    #[serde(default)]
    heard: Option<Timestamp>,
}

impl TryFrom<Wire> for SyncState {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        if wire.schema != Self::SCHEMA {
            let (found, known) = (wire.schema, Self::SCHEMA);
            return Err(format!(
                "sync state has schema {found}, this release reads {known}"
            ));
        }
        Ok(Self {
            schema: wire.schema,
            kind: wire.kind,
            done_until: wire.done_until,
            not_before: wire.not_before,
            failures: wire.failures,
            ticket: wire.ticket,
            window: wire.window.filter(|window| window.from < window.to),
            handed: wire.handed,
            heard: wire.heard,
        })
    }
}

impl SyncState {
    /// The schema this release writes and reads.
    pub const SCHEMA: u32 = 1;

    /// Nothing taken yet; the first window begins at `from`.
    #[must_use]
    pub const fn new(kind: SyncKind, from: Timestamp) -> Self {
        Self {
            schema: Self::SCHEMA,
            kind,
            done_until: from,
            not_before: Timestamp::EPOCH,
            failures: 0,
            ticket: 0,
            window: None,
            handed: BTreeMap::new(),
            heard: Some(from),
        }
    }

    /// Everything changed before this was taken, by the clock that the sync was walked with.
    #[must_use]
    pub const fn done_until(&self) -> Timestamp {
        self.done_until
    }

    /// Failures in a row; a host raises an alarm when they do not end.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// What is pulled.
    #[must_use]
    pub const fn kind(&self) -> SyncKind {
        self.kind
    }
}

/// How a delivery relates to what was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// A change not seen yet.
    New,
    /// The same change once more.
    Repeat,
    /// An older change, overtaken on the way.
    Late,
}

/// Tells a delivery from its repeats and from older ones by the channel's own change time, which
/// the host keeps beside the order. Without a time nothing is known, and it counts as new.
///
/// ```
/// use oms_core::channel::{Arrival, arrival};
/// use oms_core::value::Timestamp;
/// let (one, two) = (Timestamp::from_unix_secs(1)?, Timestamp::from_unix_secs(2)?);
/// assert_eq!(arrival(Some(one), Some(two)), Arrival::New);
/// assert_eq!(arrival(Some(two), Some(two)), Arrival::Repeat);
/// assert_eq!(arrival(Some(two), Some(one)), Arrival::Late);
/// assert_eq!(arrival(Some(two), None), Arrival::New);
/// # Ok::<(), oms_core::value::TimestampError>(())
/// ```
#[must_use]
pub fn arrival(known: Option<Timestamp>, delivered: Option<Timestamp>) -> Arrival {
    match known.zip(delivered) {
        None => Arrival::New,
        Some((known, delivered)) if delivered > known => Arrival::New,
        Some((known, delivered)) if delivered == known => Arrival::Repeat,
        Some(_) => Arrival::Late,
    }
}
