//! Ids that are text: natural keys, and ids exactly as another system sent them.

use super::{IdError, IdRule};
use crate::value::limits::{EXTERNAL_ID_CHARS_MAX, ID_CHARS_MAX, KEY_CHARS_MAX};
use crate::value::text::is_plain;
use crate::value::wire::serde_as_text;
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A key a person may have typed: clean whitespace, case-sensitive.
fn natural(text: &str, max: usize) -> Result<(), IdRule> {
    let found = if is_plain(text, b'!') {
        text.len()
    } else {
        natural_chars(text)?
    };
    within(found, max)
}

/// How many characters a key has, looked at one by one.
fn natural_chars(text: &str) -> Result<usize, IdRule> {
    let mut after_space = true;
    let mut end = 0_usize;
    for (position, c) in text.chars().enumerate() {
        if c.is_control() {
            return Err(IdRule::Control { position });
        }
        if c.is_whitespace() && (c != ' ' || after_space) {
            return Err(IdRule::Whitespace { position });
        }
        after_space = c == ' ';
        end = position.saturating_add(1);
    }
    if end > 0 && after_space {
        return Err(IdRule::Whitespace {
            position: end.saturating_sub(1),
        });
    }
    Ok(end)
}

/// An id of another system: every character counts, so nothing is trimmed or folded.
fn exact(text: &str, max: usize) -> Result<(), IdRule> {
    let found = if is_plain(text, b' ') {
        text.len()
    } else {
        exact_chars(text)?
    };
    within(found, max)
}

/// How many characters an id has, looked at one by one.
fn exact_chars(text: &str) -> Result<usize, IdRule> {
    let mut found = 0_usize;
    for (position, c) in text.chars().enumerate() {
        if c.is_control() {
            return Err(IdRule::Control { position });
        }
        found = position.saturating_add(1);
    }
    Ok(found)
}

const fn within(found: usize, max: usize) -> Result<(), IdRule> {
    match found {
        0 => Err(IdRule::Empty),
        found if found > max => Err(IdRule::TooLong { max, found }),
        _ => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Most characters this id may have.
            pub const CHARS_MAX: usize = $max;

            /// Accepts the text as it is.
            ///
            /// # Errors
            #[doc = concat!(
                "An [`IdError`] of kind `", $kind, "` that names the broken rule: empty, ",
                "too long, a control character, or (natural keys only) misplaced whitespace."
            )]
            pub fn parse(text: &str) -> Result<Self, IdError> {
                match $rule(text, Self::CHARS_MAX) {
                    Ok(()) => Ok(Self(Arc::from(text))),
                    Err(rule) => Err(IdError::new($kind, rule, text)),
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn with_text<R>(&self, read: impl FnOnce(&str) -> R) -> R {
                read(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        serde_as_text!($name, $kind);
    };
}

text_id! {
    /// Whose data it is: the first part of every key.
    TenantId, "tenant_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A sales channel, such as one web shop or one marketplace account.
    ChannelId, "channel_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A hub: a warehouse or store that keeps stock and fulfils orders.
    HubId, "hub_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A delivery zone: a part of the map that the tenant gave a name.
    ZoneId, "zone_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A delivery slot, unique among those of a hub on a day.
    SlotId, "slot_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A transfer of stock between hubs, by the tenant's own number for it.
    TransferId, "transfer_id", natural, ID_CHARS_MAX
}
text_id! {
    /// What is kept in stock, by the tenant's own code; case-sensitive.
    ///
    /// ```
    /// use oms_core::value::Sku;
    ///
    /// let sku = Sku::parse("SHIRT-RED-M")?;
    /// assert_eq!(sku.as_str(), "SHIRT-RED-M");
    /// assert_eq!(Sku::parse(" SHIRT").map_err(|e| e.code()), Err("id_whitespace"));
    /// # Ok::<(), oms_core::value::IdError>(())
    /// ```
    Sku, "sku", natural, ID_CHARS_MAX
}
text_id! {
    /// A host's own stage inside a status.
    StageId, "stage_id", natural, ID_CHARS_MAX
}
text_id! {
    /// A label on an order, product or hub.
    Tag, "tag", natural, ID_CHARS_MAX
}
text_id! {
    /// The name of an attribute.
    AttributeKey, "attribute_key", natural, ID_CHARS_MAX
}
text_id! {
    /// Who gave a command: a person, a machine or a channel.
    ActorId, "actor_id", natural, ID_CHARS_MAX
}
text_id! {
    /// An id exactly as another system sent it; leading zeros and spaces are kept.
    ///
    /// ```
    /// use oms_core::value::ExternalId;
    ///
    /// assert_ne!(ExternalId::parse("0042")?, ExternalId::parse("42")?);
    /// # Ok::<(), oms_core::value::IdError>(())
    /// ```
    ExternalId, "external_id", exact, EXTERNAL_ID_CHARS_MAX
}
text_id! {
    /// The key under which the outcome of a command is recorded, so that it happens once.
    IdempotencyKey, "idempotency_key", exact, KEY_CHARS_MAX
}
text_id! {
    /// The request a command came with, for tracing.
    RequestId, "request_id", exact, KEY_CHARS_MAX
}

text_id! {
    /// A queue of jobs.
    QueueName, "queue_name", natural, ID_CHARS_MAX
}
text_id! {
    /// What a job does: the name under which its handler is registered.
    JobKind, "job_kind", natural, ID_CHARS_MAX
}
text_id! {
    /// A name that at most one unfinished job of a queue has.
    JobKey, "job_key", exact, KEY_CHARS_MAX
}
text_id! {
    /// The name of a recurring schedule.
    ScheduleName, "schedule_name", natural, ID_CHARS_MAX
}
text_id! {
    /// Who reads the events of a tenant, such as one service that follows them.
    SubscriberName, "subscriber_name", natural, ID_CHARS_MAX
}

impl Sku {
    /// The SKU of the same text, if it can be one; it shares the text.
    pub(crate) fn of(id: &ExternalId) -> Option<Self> {
        natural(&id.0, Self::CHARS_MAX).ok()?;
        Some(Self(Arc::clone(&id.0)))
    }
}

impl IdempotencyKey {
    /// A key from an id nobody used before.
    #[must_use]
    pub fn from_uuid(id: uuid::Uuid) -> Self {
        // A hyphenated uuid is 36 characters of the allowed kind.
        Self(id.hyphenated().to_string().into())
    }

    /// The key of a step that the library does for something with an id.
    pub(crate) fn of_step(step: &str, id: uuid::Uuid) -> Self {
        debug_assert!(exact(step, 64).is_ok(), "{step} leaves room for an id");
        Self(format!("{step}-{}", id.hyphenated()).into())
    }
}

/// Names of the library's own: literals that keep the rules.
macro_rules! own_name {
    ($($name:ident),*) => {$(
        impl $name {
            /// A name of the library's own.
            pub(crate) fn own(name: &'static str) -> Self {
                debug_assert!(Self::parse(name).is_ok(), "{name} keeps the rules");
                Self(name.into())
            }
        }
    )*};
}

/// Ids of the library's own that are made of a UUID.
macro_rules! of_uuid {
    ($($name:ident),*) => {$(
        impl $name {
            /// An id from a UUID.
            pub(crate) fn from_uuid(id: uuid::Uuid) -> Self {
                // A hyphenated uuid is 36 characters of the allowed kind.
                Self(id.hyphenated().to_string().into())
            }
        }
    )*};
}

of_uuid!(ExternalId, JobKey);
own_name!(ExternalId, JobKey, JobKind, QueueName);
#[cfg(feature = "calendar")]
own_name!(ScheduleName);

#[cfg(test)]
mod tests {
    use super::{ExternalId, Sku, exact_chars, natural_chars};
    use crate::value::text::is_plain;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plain_text_is_as_its_characters_are(text in "[ -~]{0,9}|\\PC{0,3}|[\0-\u{ff}]{0,3}") {
            if is_plain(&text, b' ') {
                prop_assert_eq!(exact_chars(&text), Ok(text.len()));
            }
            if is_plain(&text, b'!') {
                prop_assert_eq!(natural_chars(&text), Ok(text.len()));
            }
        }

        #[test]
        fn a_sku_of_another_id_is_that_of_its_text(text in "[ -~]{1,9}|[ a]{0,130}|\\PC{1,3}") {
            if let Ok(id) = ExternalId::parse(&text) {
                let sku = Sku::of(&id);
                prop_assert_eq!(&sku, &Sku::parse(&text).ok());
                let shared = sku.is_none_or(|sku| std::ptr::eq(sku.as_str(), id.as_str()));
                prop_assert!(shared, "the text is not copied");
            }
        }
    }
}
