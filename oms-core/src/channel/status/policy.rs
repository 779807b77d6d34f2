//! How a tenant settles the words that mean two things.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A status of a channel that means two things. Each has a few legal [choices](Self::choices).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ambiguity {
    /// Shopify: unpaid. Waiting for money, or net terms and cash on delivery that ship unpaid.
    ShopifyUnpaid,
    /// Shopify: authorised, not captured. Wait for the capture, or capture on shipping.
    ShopifyAuthorised,
    /// Shopify: the payment expired or was voided, the order is not cancelled.
    ShopifyPaymentGone,
    /// Shopify: refunded and nothing shipped. Cancelled, or goodwill.
    ShopifyRefunded,
    /// Shopify: the fulfilment service declined, or a fulfilment order is incomplete.
    ShopifyDeclined,
    /// Shopify: the old word `restocked`.
    ShopifyRestocked,
    /// WooCommerce: in the bin. Deleted for good, or to be restored.
    WooTrash,
    /// WooCommerce: `refunded`. Returned if it was shipped, else cancelled; the shop does not say.
    WooRefunded,
    /// WooCommerce: `completed`. Shipped, delivered (virtual goods), or paid with nothing to ship.
    WooCompleted,
    /// WooCommerce: a status word of a plugin that [`StatusPolicy::word`] does not settle.
    WooOtherWord,
    /// Amazon: unfulfillable.
    AmazonUnfulfillable,
    /// Amazon: returned to the seller, rejected or refused by the buyer.
    AmazonReturned,
    /// Amazon: lost, damaged or undeliverable.
    AmazonUndeliverable,
    /// eBay: the buyer asked to cancel, the seller has not answered.
    EbayCancelRequested,
    /// eBay: refunded in full after shipping. A refund, or a return.
    EbayRefundedShipped,
    /// eBay: refunded in full, nothing shipped, no cancellation.
    EbayRefunded,
    /// eBay: fulfilled, though of a line of several units a single one may have left.
    EbayFulfilled,
}

/// What an ambiguous status is to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Leave the order as it is.
    NoChange,
    /// It waits.
    Pending,
    /// Stop it.
    OnHold,
    /// Work on it.
    Approved,
    /// It has left.
    Shipped,
    /// It has arrived.
    Delivered,
    /// It is cancelled.
    Cancelled,
    /// It came back if it was shipped, else it is cancelled.
    ReturnedOrCancelled,
    /// Ask a person.
    Ask,
}

impl Ambiguity {
    /// Every ambiguous status.
    pub const ALL: [Self; 17] = [
        Self::ShopifyUnpaid,
        Self::ShopifyAuthorised,
        Self::ShopifyPaymentGone,
        Self::ShopifyRefunded,
        Self::ShopifyDeclined,
        Self::ShopifyRestocked,
        Self::WooTrash,
        Self::WooRefunded,
        Self::WooCompleted,
        Self::WooOtherWord,
        Self::AmazonUnfulfillable,
        Self::AmazonReturned,
        Self::AmazonUndeliverable,
        Self::EbayCancelRequested,
        Self::EbayRefundedShipped,
        Self::EbayRefunded,
        Self::EbayFulfilled,
    ];

    /// What it may be taken for; the first is the default.
    #[must_use]
    pub const fn choices(self) -> &'static [Choice] {
        use Choice::{Approved, Ask, Cancelled, Delivered, NoChange, OnHold, Pending};
        use Choice::{ReturnedOrCancelled, Shipped};
        match self {
            Self::ShopifyUnpaid | Self::ShopifyAuthorised => &[Pending, Approved, OnHold, Ask],
            Self::ShopifyPaymentGone => &[OnHold, Cancelled, Ask],
            Self::ShopifyRefunded | Self::ShopifyRestocked => &[Cancelled, OnHold, NoChange, Ask],
            Self::ShopifyDeclined => &[OnHold, NoChange, Ask],
            Self::WooTrash => &[Cancelled, OnHold, NoChange, Ask],
            Self::WooRefunded => &[ReturnedOrCancelled, OnHold, NoChange, Ask],
            Self::WooCompleted => &[Shipped, Delivered, NoChange, Ask],
            Self::WooOtherWord => &[OnHold, NoChange, Pending, Approved, Ask],
            Self::AmazonUnfulfillable => &[OnHold, Cancelled, Ask],
            Self::AmazonReturned => &[ReturnedOrCancelled, Shipped, Ask],
            Self::AmazonUndeliverable => &[Shipped, ReturnedOrCancelled, Ask],
            Self::EbayCancelRequested => &[OnHold, NoChange, Ask],
            Self::EbayRefundedShipped => &[Shipped, ReturnedOrCancelled, Ask],
            Self::EbayRefunded => &[Cancelled, OnHold, NoChange, Ask],
            Self::EbayFulfilled => &[Shipped, Ask],
        }
    }

    /// What is meant when the tenant says nothing.
    #[must_use]
    pub const fn default_choice(self) -> Choice {
        match self.choices() {
            [first, ..] => *first,
            [] => Choice::Ask,
        }
    }

    /// The two meanings, as a question to a person.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::ShopifyUnpaid => "unpaid: wait for the money, or ship on terms?",
            Self::ShopifyAuthorised => "authorised: wait for the capture, or ship now?",
            Self::ShopifyPaymentGone => "the payment is gone, the order is not: hold or cancel?",
            Self::ShopifyRefunded => "refunded before shipping: cancelled, or goodwill?",
            Self::ShopifyDeclined => "declined by the fulfilment service: who ships it?",
            Self::ShopifyRestocked => "restocked: cancelled, or to be sent again?",
            Self::WooTrash => "in the bin: cancelled, or to be restored?",
            Self::WooRefunded => "refunded: did it come back, or was it never sent?",
            Self::WooCompleted => "completed: shipped, delivered, or nothing to ship?",
            Self::WooOtherWord => "a status word of a plugin: what does it mean?",
            Self::AmazonUnfulfillable => "unfulfillable: hold or cancel?",
            Self::AmazonReturned => "on its way back: did the goods arrive?",
            Self::AmazonUndeliverable => "lost, damaged or undeliverable: what now?",
            Self::EbayCancelRequested => "the buyer asks to cancel: agree or ship?",
            Self::EbayRefundedShipped => "refunded after shipping: goodwill, or a return?",
            Self::EbayRefunded => "refunded before shipping: cancelled, or goodwill?",
            Self::EbayFulfilled => "fulfilled: how many units of each line have left?",
        }
    }
}

/// A tenant's answers to what channels leave open. Valid by construction, stored as JSON.
///
/// ```
/// use oms_core::channel::{Ambiguity, Choice, StatusPolicy};
/// let policy = StatusPolicy::new()
///     .choose(Ambiguity::ShopifyAuthorised, Choice::Approved)?
///     .word("pre-ordered", Choice::Pending)?;
/// let stored = serde_json::to_string(&policy)?;
/// assert_eq!(
///     stored,
///     r#"{"choices":{"shopify_authorised":"approved"},"words":{"pre-ordered":"pending"}}"#
/// );
/// assert_eq!(serde_json::from_str::<StatusPolicy>(&stored)?, policy);
/// let refused = StatusPolicy::new().choose(Ambiguity::WooTrash, Choice::Shipped);
/// assert_eq!(refused.map_err(|e| e.code()), Err("status_choice_not_offered"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct StatusPolicy {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    choices: BTreeMap<Ambiguity, Choice>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    words: BTreeMap<String, Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default)]
    choices: BTreeMap<Ambiguity, Choice>,
    #[serde(default)]
    words: BTreeMap<String, Choice>,
}

/// Why a policy was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusPolicyError {
    /// A choice that an ambiguous status does not offer.
    #[error("{row:?} cannot be taken for {choice:?}; offered: {offered:?}")]
    NotOffered {
        /// The ambiguous status.
        row: Ambiguity,
        /// The choice.
        choice: Choice,
        /// What is offered.
        offered: &'static [Choice],
    },
    /// A status word that is empty, too long, or has another shape than a slug.
    #[error("{word:?} is no status word: lower-case letters, digits, - and _, at most {max}")]
    BadWord {
        /// The word, shortened.
        word: String,
        /// Most characters allowed.
        max: usize,
    },
    /// More words than a shop has.
    #[error("{found} status words, {max} at most")]
    TooManyWords {
        /// Words given.
        found: usize,
        /// Most allowed.
        max: usize,
    },
}

impl StatusPolicyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOffered { .. } => "status_choice_not_offered",
            Self::BadWord { .. } => "status_word_malformed",
            Self::TooManyWords { .. } => "status_words_too_many",
        }
    }
}

impl StatusPolicy {
    /// Longest status word of a plugin; WordPress itself keeps 20.
    pub const WORD_CHARS_MAX: usize = 64;
    /// Most words of plugins.
    pub const WORDS_MAX: usize = 200;

    /// Every ambiguity at its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same policy with an ambiguous status settled.
    ///
    /// # Errors
    /// [`StatusPolicyError::NotOffered`].
    pub fn choose(mut self, row: Ambiguity, choice: Choice) -> Result<Self, StatusPolicyError> {
        let offered = row.choices();
        if !offered.contains(&choice) {
            return Err(StatusPolicyError::NotOffered {
                row,
                choice,
                offered,
            });
        }
        self.choices.insert(row, choice);
        Ok(self)
    }

    /// The same policy with a status word of a WooCommerce plugin settled; any choice will do.
    ///
    /// # Errors
    /// [`StatusPolicyError::BadWord`] and [`StatusPolicyError::TooManyWords`].
    pub fn word(mut self, word: &str, choice: Choice) -> Result<Self, StatusPolicyError> {
        let max = Self::WORD_CHARS_MAX;
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if word.is_empty() || word.len() > max || !word.chars().all(slug) {
            let word = crate::channel::error::shortened(word);
            return Err(StatusPolicyError::BadWord { word, max });
        }
        self.words.insert(word.to_owned(), choice);
        if self.words.len() > Self::WORDS_MAX {
            let (found, max) = (self.words.len(), Self::WORDS_MAX);
            return Err(StatusPolicyError::TooManyWords { found, max });
        }
        Ok(self)
    }

    /// What an ambiguous status is taken for.
    #[must_use]
    pub fn choice(&self, row: Ambiguity) -> Choice {
        let chosen = self.choices.get(&row).copied();
        chosen.unwrap_or_else(|| row.default_choice())
    }

    /// True when the tenant settled it, be it as the default does.
    #[must_use]
    pub fn is_chosen(&self, row: Ambiguity) -> bool {
        self.choices.contains_key(&row)
    }

    /// What a plugin's status word is taken for, if the tenant says.
    #[must_use]
    pub fn meaning(&self, word: &str) -> Option<Choice> {
        self.words.get(word).copied()
    }
}

impl TryFrom<Wire> for StatusPolicy {
    type Error = StatusPolicyError;

    fn try_from(wire: Wire) -> Result<Self, StatusPolicyError> {
        let mut policy = Self::new();
        for (row, choice) in wire.choices {
            policy = policy.choose(row, choice)?;
        }
        for (word, choice) in wire.words {
            policy = policy.word(&word, choice)?;
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ambiguity, Choice, StatusPolicy};

    #[test]
    fn every_row_is_listed_once_and_has_a_default_that_it_offers() {
        for (at, row) in Ambiguity::ALL.iter().enumerate() {
            assert!(!Ambiguity::ALL[..at].contains(row), "{row:?}");
            assert!(row.choices().len() > 1 && row.choices().contains(&Choice::Ask));
            assert_eq!(StatusPolicy::new().choice(*row), row.choices()[0]);
            assert!(row.question().ends_with('?'));
        }
    }

    #[test]
    fn a_stored_policy_is_checked_when_it_is_read() {
        let read = serde_json::from_str::<StatusPolicy>;
        assert!(read(r#"{"choices":{"woo_trash":"on_hold"}}"#).is_ok());
        assert!(read("{}").is_ok());
        for bad in [
            r#"{"choices":{"woo_trash":"shipped"}}"#,
            r#"{"choices":{"woo_bin":"ask"}}"#,
            r#"{"choices":{"woo_trash":"perhaps"}}"#,
            r#"{"words":{"Pre Ordered":"ask"}}"#,
            r#"{"words":{"":"ask"}}"#,
            r#"{"choice":{}}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn there_is_an_end_to_words() {
        let mut policy = StatusPolicy::new();
        for number in 0..StatusPolicy::WORDS_MAX {
            policy = policy.word(&format!("w{number}"), Choice::Ask).unwrap();
        }
        let problem = policy.clone().word("one-more", Choice::Ask).unwrap_err();
        assert_eq!(problem.code(), "status_words_too_many");
        assert!(policy.word("w0", Choice::Pending).is_ok());
        let long = "x".repeat(StatusPolicy::WORD_CHARS_MAX + 1);
        let problem = StatusPolicy::new().word(&long, Choice::Ask).unwrap_err();
        assert_eq!(problem.code(), "status_word_malformed");
    }
}
