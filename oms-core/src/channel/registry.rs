//! Channels by id.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::{Amazon, Channel, Ebay, Shopify, ShopifyGraphql, WooCommerce};
use crate::value::ChannelId;

/// The channels a host serves, by the tenant's id of each.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::channel::{Channels, Shopify};
/// use oms_core::value::ChannelId;
/// let mut channels = Channels::new();
/// channels.register(ChannelId::parse("web-de")?, Arc::new(Shopify))?;
/// channels.register_kind(ChannelId::parse("web-us")?, "woocommerce")?;
/// assert_eq!(channels.find(&ChannelId::parse("web-us")?)?.kind(), "woocommerce");
/// let unknown = channels.find(&ChannelId::parse("stall")?).map(|channel| channel.kind());
/// assert_eq!(unknown.map_err(|e| e.code()), Err("channel_not_registered"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Channels {
    by_id: BTreeMap<ChannelId, Arc<dyn Channel>>,
}

/// The kinds that are built in, for people.
const BUILT_IN: &str = "amazon, ebay, shopify, shopify_graphql, woocommerce";

/// What a registry refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The id is taken by another kind of channel.
    #[error("channel {id} is registered as {kind} already")]
    Taken {
        /// The id.
        id: ChannelId,
        /// What it is registered as.
        kind: &'static str,
    },
    /// Nobody registered the id.
    #[error("channel {id} is not registered")]
    NotRegistered {
        /// The id.
        id: ChannelId,
    },
    /// This library has no channel of that kind.
    #[error("no channel of kind {kind:?}; built in: {BUILT_IN}")]
    UnknownKind {
        /// The kind, shortened.
        kind: String,
    },
}

impl RegistryError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "channel_taken",
            Self::NotRegistered { .. } => "channel_not_registered",
            Self::UnknownKind { .. } => "channel_kind_unknown",
        }
    }
}

impl Channels {
    /// No channel yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The channel of this kind that is built in.
    ///
    /// # Errors
    /// [`RegistryError::UnknownKind`].
    pub fn built_in(kind: &str) -> Result<Arc<dyn Channel>, RegistryError> {
        let all: [Arc<dyn Channel>; 5] = [
            Arc::new(Amazon),
            Arc::new(Ebay),
            Arc::new(Shopify),
            Arc::new(ShopifyGraphql),
            Arc::new(WooCommerce),
        ];
        let mut all = all.into_iter();
        all.find(|channel| channel.kind() == kind)
            .ok_or_else(|| RegistryError::UnknownKind {
                kind: crate::channel::error::shortened(kind),
            })
    }

    /// Serves a channel under this id. Once more with the same kind changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Taken`] when the id stands for another kind.
    pub fn register(
        &mut self,
        id: ChannelId,
        channel: Arc<dyn Channel>,
    ) -> Result<(), RegistryError> {
        if let Some(known) = self.by_id.get(&id) {
            let kind = known.kind();
            return match kind == channel.kind() {
                true => Ok(()),
                false => Err(RegistryError::Taken { id, kind }),
            };
        }
        self.by_id.insert(id, channel);
        Ok(())
    }

    /// Serves a channel that is built in under this id.
    ///
    /// # Errors
    /// [`RegistryError::UnknownKind`] and [`RegistryError::Taken`].
    pub fn register_kind(&mut self, id: ChannelId, kind: &str) -> Result<(), RegistryError> {
        self.register(id, Self::built_in(kind)?)
    }

    /// The channel with this id.
    ///
    /// # Errors
    /// [`RegistryError::NotRegistered`].
    pub fn find(&self, id: &ChannelId) -> Result<&dyn Channel, RegistryError> {
        let found = self.by_id.get(id).map(AsRef::as_ref);
        found.ok_or_else(|| RegistryError::NotRegistered { id: id.clone() })
    }

    /// Every channel, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ChannelId, &dyn Channel)> {
        self.by_id
            .iter()
            .map(|(id, channel)| (id, channel.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Channels;
    use crate::channel::{Amazon, Shopify};
    use crate::value::ChannelId;

    #[test]
    fn an_id_stands_for_one_kind() {
        let id = || ChannelId::parse("web").unwrap();
        let mut channels = Channels::new();
        channels.register(id(), Arc::new(Shopify)).unwrap();
        channels.register_kind(id(), "shopify").unwrap();
        let problem = channels.register(id(), Arc::new(Amazon)).unwrap_err();
        assert_eq!(problem.code(), "channel_taken");
        // The two ways to tell Shopify are two kinds: neither takes the other's place unnoticed.
        let problem = channels.register_kind(id(), "shopify_graphql").unwrap_err();
        assert_eq!(problem.code(), "channel_taken");
        assert_eq!(channels.find(&id()).unwrap().kind(), "shopify");
        assert_eq!(channels.iter().count(), 1);
    }

    #[test]
    fn every_kind_built_in_is_found_by_its_name() {
        for kind in super::BUILT_IN.split(", ") {
            assert_eq!(Channels::built_in(kind).unwrap().kind(), kind);
        }
        let problem = Channels::built_in("stall").unwrap_err();
        assert_eq!(problem.code(), "channel_kind_unknown");
    }
}
