//! What a reader noticed but did not refuse.

use crate::value::Money;

/// Something odd in an order that was read all the same.
///
/// Nothing of it loses money or units silently: amounts stay as the channel stated them, or it says
/// what they became.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelWarning {
    /// A line cannot be named to the channel later.
    #[error("{path}: line without the channel's id")]
    LineWithoutId {
        /// The line, such as `line_items[1]`.
        path: String,
    },
    /// Two lines carry one id; both are kept, told apart by our own line number.
    #[error("{path}: the channel's id {id} stands on an earlier line too")]
    LineIdRepeated {
        /// The later line.
        path: String,
        /// The id.
        id: String,
    },
    /// A line of no units and no money was left out.
    #[error("{path}: line left out, it has no units and no price")]
    LineLeftOut {
        /// The line.
        path: String,
    },
    /// The channel sends a state this library does not know; a new order is to be held.
    #[error("{path}: unknown state {value:?}")]
    UnknownState {
        /// The field.
        path: String,
        /// What was found, shortened.
        value: String,
    },
    /// The channel's state has two meanings; the safer one was taken.
    #[error("{path}: {value:?} may mean two things: {note}")]
    AmbiguousState {
        /// The field.
        path: String,
        /// The state.
        value: String,
        /// The two meanings and the one taken.
        note: &'static str,
    },
    /// The stated total is not the sum of the parts.
    #[error("stated total {stated}, the parts sum to {computed}, difference {difference}")]
    TotalDiffers {
        /// What the source says the buyer owes.
        stated: Money,
        /// What the parts sum to.
        computed: Money,
        /// Stated minus computed.
        difference: Money,
    },
    /// The order's tax is not the sum of the taxes of its parts, mostly by rounding.
    #[error("order tax {stated}, the parts' taxes sum to {parts}, difference {difference}")]
    TaxDiffers {
        /// The tax stated for the whole order, which counts.
        stated: Money,
        /// The sum over lines and charges.
        parts: Money,
        /// Stated minus sum.
        difference: Money,
    },
    /// The order's discount is less than what its parts were given.
    #[error("order discount {stated}, the parts were given {parts}")]
    DiscountDiffers {
        /// The discount stated for the whole order.
        stated: Money,
        /// The sum over lines and shipping, which counts.
        parts: Money,
    },
    /// No unit price with six decimals gives the line's amount; it was rounded up and the surplus
    /// added to the line's discount, so the line still costs exactly what the channel says.
    #[error("{path}: no exact unit price; rounded up, {surplus} added to the discount")]
    UnitPriceRounded {
        /// The line.
        path: String,
        /// What was added to the discount.
        surplus: Money,
    },
    /// An amount has more decimals than its currency, as in a shop that is set to; it was rounded
    /// to the nearest minor unit, halves to the even one.
    #[error("{path}: {literal} has more decimals than the currency, taken as {rounded}")]
    AmountRounded {
        /// The field.
        path: String,
        /// What stands there, shortened.
        literal: String,
        /// What was taken.
        rounded: Money,
    },
    /// A line has no price, as those of an order that is not authorised yet; it counts as nothing.
    #[error("{path}: no price is stated, the line counts as nothing")]
    PriceNotStated {
        /// The field.
        path: String,
    },
    /// The channel does not say what the order costs in all.
    #[error("{path}: no total is stated, nothing to check the parts against")]
    TotalNotStated {
        /// The field.
        path: String,
    },
    /// What the buyer paid or got back cannot be told from the payload.
    #[error("{path}: payment not taken over: {note}")]
    PaymentUnknown {
        /// The field.
        path: String,
        /// Why.
        note: &'static str,
    },
    /// A value was left out because it breaks a rule; it is not repeated, it may be somebody's.
    #[error("{path}: left out ({cause})")]
    LeftOut {
        /// The field.
        path: String,
        /// The stable code of the broken rule.
        cause: &'static str,
    },
    /// A text was cut or cleaned to fit.
    #[error("{path}: changed to fit")]
    Shortened {
        /// The field.
        path: String,
    },
}

impl ChannelWarning {
    /// The stable code of this warning.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LineWithoutId { .. } => "line_without_id",
            Self::LineIdRepeated { .. } => "line_id_repeated",
            Self::LineLeftOut { .. } => "line_left_out",
            Self::UnknownState { .. } => "unknown_state",
            Self::AmbiguousState { .. } => "ambiguous_state",
            Self::TotalDiffers { .. } => "total_differs",
            Self::TaxDiffers { .. } => "tax_differs",
            Self::DiscountDiffers { .. } => "discount_differs",
            Self::UnitPriceRounded { .. } => "unit_price_rounded",
            Self::AmountRounded { .. } => "amount_rounded",
            Self::PriceNotStated { .. } => "price_not_stated",
            Self::TotalNotStated { .. } => "total_not_stated",
            Self::PaymentUnknown { .. } => "payment_unknown",
            Self::LeftOut { .. } => "left_out",
            Self::Shortened { .. } => "shortened",
        }
    }
}
