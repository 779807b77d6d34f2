//! What accompanies a command: who, why, under which key, and what the author saw.

use std::sync::Arc;

use crate::event::{Actor, ActorKind};
use crate::plan::ChangeSet;
use crate::value::{IdempotencyKey, Reason, RequestId, Version};

/// Something a host adds to the change set of a command: its own documents, unique names, events
/// and jobs, committed together with it or not at all. It may run several times, once per change
/// set that is planned; only what is committed counts. A dry run runs it, too.
///
/// Where an answer needs no commit, nothing of it is stored, and it is mostly not even run:
///
/// - the key was committed before: the first answer is given again;
/// - the order is known already by an external reference (`receipt.known`), under whatever key;
/// - everything is so already, and the caller gave no key.
///
/// With a key of the caller's ([`Call::with_key`]) a command that finds everything so already is
/// committed, so that the key is remembered, and the extension with it. Whoever must have the
/// extension stored gives a key, and for orders looks at `receipt.known`.
///
/// A call that stands for several commands, such as
/// [`hand_out`](crate::service::Tenant::hand_out), runs no extension; each says so.
///
/// A document of the host's own that is indexed [`Personal`](crate::plan::Index::Personal) is
/// erased with its customer ([`erase_customer`](crate::service::Tenant::erase_customer)): its body
/// becomes `{"state":"erased","at":"..."}`, whatever it was, under the schema that it has, and its
/// index [`None`](crate::plan::Index::None). Its readers have to know that.
pub type Extension = Arc<dyn Fn(&mut ChangeSet) + Send + Sync>;

/// What accompanies a command.
///
/// ```
/// use oms_core::event::{Actor, ActorKind};
/// use oms_core::service::Call;
/// use oms_core::value::{ActorId, IdempotencyKey};
/// let call = Call::by(Actor::new(ActorKind::Person).with_id(ActorId::parse("desk-3")?))
///     .with_key(IdempotencyKey::parse("checkout-8d2f")?);
/// # Ok::<(), oms_core::value::IdError>(())
/// ```
#[derive(Clone)]
pub struct Call {
    pub(crate) actor: Actor,
    pub(crate) reason: Option<Reason>,
    pub(crate) request_id: Option<RequestId>,
    key: Option<Key>,
    pub(crate) expected: Option<Version>,
    pub(crate) extension: Option<Extension>,
}

/// A key, and who chose it.
#[derive(Clone)]
enum Key {
    /// The caller, who may use it again.
    Given(IdempotencyKey),
    /// The service, for this once.
    Made(IdempotencyKey),
}

impl Default for Call {
    /// A call by a program of the host's, with a key of the service's own making.
    fn default() -> Self {
        Self::by(Actor::new(ActorKind::System))
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("actor", &self.actor)
            .field("reason", &self.reason)
            .field("request_id", &self.request_id)
            .field("key", &self.key())
            .field("expected", &self.expected)
            .field("extension", &self.extension.is_some())
            .finish()
    }
}

impl Call {
    /// A call by `actor`.
    #[must_use]
    pub const fn by(actor: Actor) -> Self {
        Self {
            actor,
            reason: None,
            request_id: None,
            key: None,
            expected: None,
            extension: None,
        }
    }

    /// Says why, for the history.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Names the request, for finding it in logs and in the history.
    #[must_use]
    pub fn with_request_id(mut self, request_id: RequestId) -> Self {
        self.request_id = Some(request_id);
        self
    }

    /// Makes the command repeatable: the same key with the same command is done once and answered
    /// the same way each time; with another command it is refused.
    #[must_use]
    pub fn with_key(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(Key::Given(key));
        self
    }

    /// Refuses the command if its subject is not at the version its author saw.
    ///
    /// This is for commands about one document that has a version
    /// ([`Command::is_versioned`](crate::plan::Command::is_versioned)): the settings, a channel,
    /// hub, SKU, SKU mapping or customer, the delivery zones, the delivery slots of a hub's day, a
    /// transfer, and an order, also when it is assigned, moved to another hub, given other
    /// addresses or another slot. Erasing, placing, taking in, and commands on stock and
    /// reservations have no such document; with an expected version they are refused with
    /// [`NotVersioned`](crate::plan::Rejection::NotVersioned). A count says itself what its author
    /// saw on hand ([`StockCommand::Count`](crate::stock::StockCommand::Count)), and is refused
    /// where goods moved since.
    ///
    /// A call that stands for several commands, such as
    /// [`hand_out`](crate::service::Tenant::hand_out), asks for no version; each says so.
    ///
    /// `expecting(Version::ZERO)` means *create only*: a document that is there already is refused
    /// with [`Changed`](crate::plan::Rejection::Changed), even if it would stay as it is.
    ///
    /// An order tells its version ([`Order::version`](crate::order::Order)), everything else is
    /// read with it by [`Tenant::versioned`](crate::service::Tenant::versioned). It is in the
    /// receipt of the command that wrote the document, too, and in the refusal.
    #[must_use]
    pub const fn expecting(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// Commits something of the host's own together with the command. Not every answer needs a
    /// commit: [`Extension`] says where nothing of it is stored.
    #[must_use]
    pub fn with_extension(mut self, extension: Extension) -> Self {
        self.extension = Some(extension);
        self
    }

    /// The key, where there is one by now.
    pub(crate) fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref().map(|key| match key {
            Key::Given(key) | Key::Made(key) => key,
        })
    }

    /// Whether the caller chose the key and may use it again.
    pub(crate) const fn is_keyed(&self) -> bool {
        matches!(self.key, Some(Key::Given(_)))
    }

    /// The same call with a key of the service's own, where the caller gave none.
    pub(crate) fn or_key(mut self, make: impl FnOnce() -> IdempotencyKey) -> Self {
        self.key.get_or_insert_with(|| Key::Made(make()));
        self
    }

    /// For one of several commands that this call stands for: who, why and which request are those
    /// of all. A key cannot stand for several commands, a version is that of one document, and what
    /// the host adds is added once or not at all: none of them goes along.
    pub(crate) fn for_a_step(&self) -> Self {
        Self {
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            request_id: self.request_id.clone(),
            key: None,
            expected: None,
            extension: None,
        }
    }
}
