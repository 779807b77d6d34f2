//! What every plan is given, and what it answers.

use std::borrow::Cow;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::{EventDraft, Origin, StreamId};
use crate::plan::codec::to_json;
use crate::plan::{ChangeSet, DecodeError, Fingerprint, Keys, Receipt, Rejection, Snapshot};
use crate::plan::{DocumentKey, DocumentKind, Stored};
use crate::routing::HubBook;
use crate::tenant::Settings;
use crate::value::{OrderNumber, TenantId, Timestamp, Version};

/// What every plan is given: what the store said, who asks, and ids nobody used before.
///
/// ```
/// use oms_core::event::{Actor, ActorKind, Origin};
/// use oms_core::plan::{Command, Context, Planned, Snapshot, fingerprint, keys, plan};
/// use oms_core::tenant::Settings;
/// use oms_core::uuid::Uuid;
/// use oms_core::value::{TenantId, Timestamp};
///
/// let tenant: TenantId = "acme".parse()?;
/// let command = Command::PutSettings(Settings::default());
/// let keys = keys(&command);
/// let snapshot = Snapshot::empty(Timestamp::EPOCH); // what `Store::prefetch` answers for the keys
/// let origin = Origin {
///     actor: Actor::new(ActorKind::System),
///     reason: None,
///     request_id: None,
///     key: "set-up-1".parse()?,
/// };
/// let ids = Uuid::nil; // of the host's own, each another one
/// let context = Context::new(&tenant, &keys, &snapshot, &origin, &ids);
/// let context = context.with_fingerprint(fingerprint(&command));
/// // `Store::commit` takes the change set.
/// assert!(matches!(plan(&context, &command)?, Planned::Write(..)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The tenant.
    pub(crate) tenant: &'a TenantId,
    /// What the store was asked for this plan.
    pub(crate) keys: &'a Keys,
    /// What the store answered.
    pub(crate) snapshot: &'a Snapshot,
    /// Whether the store answered for this plan. If not, the answer is remembered: it may be out of
    /// date, and there may be more than is in it.
    pub(crate) fresh: bool,
    /// The hubs and zones of the tenant, where they were decoded already; else the plan looks into
    /// the snapshot.
    pub(crate) book: Option<&'a HubBook>,
    /// The settings of the tenant, where they were decoded already.
    pub(crate) settings: Option<&'a Settings>,
    /// Who asks, why, and under which key.
    pub(crate) origin: &'a Origin,
    /// The hash of what is asked.
    pub(crate) fingerprint: Fingerprint,
    /// The version the caller saw, if the caller wants to be told of changes.
    pub(crate) expected: Option<Version>,
    /// Ids nobody used before.
    pub(crate) ids: &'a dyn Fn() -> Uuid,
    /// A human order number nobody used before, where the command may need one.
    pub(crate) number: Option<OrderNumber>,
}

impl<'a> Context<'a> {
    /// What the store answered for these keys just now, who asks, why and under which key, and ids
    /// nobody used before.
    #[must_use]
    pub const fn new(
        tenant: &'a TenantId,
        keys: &'a Keys,
        snapshot: &'a Snapshot,
        origin: &'a Origin,
        ids: &'a dyn Fn() -> Uuid,
    ) -> Self {
        Self {
            tenant,
            keys,
            snapshot,
            fresh: true,
            book: None,
            settings: None,
            origin,
            fingerprint: Fingerprint::NONE,
            expected: None,
            ids,
            number: None,
        }
    }

    /// The hash of what is asked, [`fingerprint`](crate::plan::fingerprint) of the command: a
    /// repeat under the same key is told from another command by it. Without it there is none.
    #[must_use]
    pub const fn with_fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.fingerprint = fingerprint;
        self
    }

    /// The version the caller saw, where the caller wants to be told of changes.
    #[must_use]
    pub const fn with_expected(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// A human order number nobody used before: a plan that answers [`Planned::Number`] is made
    /// again with one.
    #[must_use]
    pub const fn with_number(mut self, number: OrderNumber) -> Self {
        self.number = Some(number);
        self
    }

    /// The snapshot is remembered, not asked for: it may be out of date, and there may be more than
    /// is in it. Hubs and settings were decoded with it, so the snapshot need not have the hubs. A
    /// plan says what it relies on, so the commit refuses what is true no more; a refusal by such a
    /// plan means nothing before the store was asked.
    #[must_use]
    pub const fn with_remembered(mut self, book: &'a HubBook, settings: &'a Settings) -> Self {
        self.fresh = false;
        self.book = Some(book);
        self.settings = Some(settings);
        self
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("tenant", &self.tenant)
            .field("origin", &self.origin)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

/// What a plan answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Commit this; then the receipt is true.
    Write(Box<ChangeSet>, Receipt),
    /// It is so already; nothing to write.
    Already(Receipt),
    /// The plan needs a human order number first.
    Number,
    /// The plan needs to know more first.
    More(Keys),
}

impl Context<'_> {
    /// The store's clock.
    pub(crate) const fn now(&self) -> Timestamp {
        self.snapshot.now
    }

    /// The tenant's settings.
    pub(crate) fn settings(&self) -> Result<Cow<'_, Settings>, Rejection> {
        if let Some(settings) = self.settings {
            return Ok(Cow::Borrowed(settings));
        }
        self.read(&DocumentKey::Settings)?
            .map(Cow::Owned)
            .ok_or_else(|| Rejection::UnknownTenant {
                tenant: self.tenant.clone(),
            })
    }

    /// Every hub of the tenant, and its zones; the plan has asked for them.
    pub(crate) fn hubs(&self) -> Result<Cow<'_, HubBook>, DecodeError> {
        match self.book {
            Some(book) => Ok(Cow::Borrowed(book)),
            None => self.snapshot.hub_book().map(Cow::Owned),
        }
    }

    /// A document, if it exists.
    pub(crate) fn read<T: Stored>(&self, key: &DocumentKey) -> Result<Option<T>, DecodeError> {
        self.snapshot.read(key)
    }

    /// A document that must exist.
    pub(crate) fn require<T: Stored>(&self, key: &DocumentKey) -> Result<T, Rejection> {
        self.read(key)?.ok_or_else(|| Rejection::NotFound {
            document: key.clone(),
        })
    }

    /// The name of a document that exists and may be used.
    ///
    /// Its index says so, as it does to the store that checks the requirement at commit: the body
    /// need not be read.
    pub(crate) fn usable(&self, document: DocumentKey) -> Result<DocumentKey, Rejection> {
        match self.snapshot.is_active(&document) {
            // Customers are not remembered; the commit looks.
            None if !self.fresh && document.kind() == DocumentKind::Customer => Ok(document),
            None => Err(Rejection::NotFound { document }),
            Some(false) => Err(Rejection::Inactive { document }),
            Some(true) => Ok(document),
        }
    }

    /// A change set that changes nothing yet; its receipt is set when it is finished.
    pub(crate) fn change_set(&self) -> ChangeSet {
        ChangeSet::new(self.origin.clone(), self.fingerprint, "", self.now())
    }

    /// Refuses a caller who saw another version.
    pub(crate) fn check_expected(
        &self,
        document: &DocumentKey,
        current: Version,
    ) -> Result<(), Rejection> {
        match self.expected {
            Some(expected) if expected != current => Err(Rejection::Changed {
                document: document.clone(),
                expected,
                current,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Names the events in the receipt, writes it into the change set and answers both. What is added
/// to the change set from here on is read by stores before they keep it.
pub(crate) fn finish(mut change_set: ChangeSet, mut receipt: Receipt) -> Planned {
    receipt.events = change_set
        .events
        .iter()
        .map(|event| event.name.to_string())
        .collect();
    change_set.receipt = receipt.stored().into();
    change_set.note_own_bodies();
    Planned::Write(Box::new(change_set), receipt)
}

/// An event for the store to append.
pub(crate) fn draft<T: serde::Serialize>(
    stream: &StreamId,
    seq: Option<Version>,
    name: &str,
    schema: u16,
    body: &T,
) -> EventDraft {
    EventDraft {
        stream: stream.clone(),
        seq,
        name: Arc::from(name),
        schema,
        body: to_json(body).into(),
        actor: None,
    }
}
