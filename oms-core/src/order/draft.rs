//! A draft: what a source asks for, before the catalogue and the stock were asked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::customer::Contact;
use crate::order::{Charge, ExternalReference, Payment, Source, TaxMode};
use crate::value::{
    AttributeKey, AttributeValue, ChannelPlace, Currency, CustomerId, ExternalId, LineId, Money,
    Note, Quantity, Rate, SlotKey, Tag, Timestamp, Title, UnitPrice,
};

/// What a source asks for. Every field is valid by itself; placing it checks them together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDraft {
    /// Where it comes from.
    pub source: Source,
    /// What the source calls it; an order with a reference already known is the same order.
    pub external: Vec<ExternalReference>,
    /// The one currency of every amount.
    pub currency: Currency,
    /// Who buys, if known.
    pub customer: Option<CustomerId>,
    /// Names and addresses.
    pub contacts: Contacts,
    /// The lines.
    pub lines: Vec<DraftLine>,
    /// Everything charged beside the lines.
    pub charges: Vec<Charge>,
    /// Discount on the order as a whole, not negative.
    pub discount: Money,
    /// Tax for the whole order, where the source states it; it may differ from the sum of the
    /// line taxes by rounding.
    pub order_tax: Option<Money>,
    /// Whether prices contain the tax.
    pub tax_mode: TaxMode,
    /// What the source says the buyer owes.
    pub stated_total: Option<Money>,
    /// What the source knows about the payment.
    pub payment: Payment,
    /// When the buyer ordered, by the source's clock.
    pub ordered_at: Option<Timestamp>,
    /// When the buyer was promised it.
    pub promised_by: Option<Timestamp>,
    /// The delivery slot to book with the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<SlotKey>,
    /// Tags.
    pub tags: BTreeSet<Tag>,
    /// Notes, such as the buyer's message.
    pub notes: Vec<Note>,
    /// The host's own data.
    pub attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// The bytes the source sent, kept for later questions.
    pub payload: Option<RawPayload>,
}

/// Names and addresses of a draft; stored in erasable rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// Who receives it.
    pub ship_to: Option<Contact>,
    /// Who pays, where that differs.
    pub bill_to: Option<Contact>,
    /// The channel's own words for city, state and country.
    pub place: Option<ChannelPlace>,
}

/// A line of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// The number of the line, unique in the order.
    pub id: LineId,
    /// The SKU as the source sent it, if it sent any.
    pub sku: Option<ExternalId>,
    /// The source's words for it.
    pub title: Option<Title>,
    /// The channel's id of the line, as sent.
    pub channel_item: Option<ExternalId>,
    /// Units ordered.
    pub quantity: Quantity,
    /// Price of one unit before discount.
    pub unit_price: UnitPrice,
    /// Discount on the whole line, not negative.
    pub discount: Money,
    /// Tax on the whole line.
    pub tax: Money,
    /// The rate behind the tax, if known.
    pub tax_rate: Option<Rate>,
}

/// What a source sent, as text, kept in an erasable row.
///
/// Its `Debug` tells how long the text is, not what it says: it may reach a log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RawPayload {
    /// Its media type, such as `application/json`.
    pub media_type: &'static str,
    /// The text, byte for byte.
    pub text: String,
}

impl std::fmt::Debug for RawPayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawPayload")
            .field("media_type", &self.media_type)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .finish()
    }
}

/// The media types that readers of this library write.
const MEDIA_TYPES: [&str; 3] = ["application/json", "text/csv", "text/plain"];

impl<'de> Deserialize<'de> for RawPayload {
    /// A media type that no reader of this library writes is read as `application/octet-stream`:
    /// names of others cannot be kept for ever.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Kept {
            media_type: String,
            text: String,
        }
        let Kept { media_type, text } = Kept::deserialize(deserializer)?;
        let known = MEDIA_TYPES.into_iter().find(|known| *known == media_type);
        Ok(Self {
            media_type: known.unwrap_or("application/octet-stream"),
            text,
        })
    }
}

impl OrderDraft {
    /// An empty draft in `currency`; add lines before placing it.
    ///
    /// ```
    /// use oms_core::order::{DraftLine, OrderDraft, Source, SourceKind};
    /// use oms_core::value::{ChannelId, Currency};
    /// let source = Source { kind: SourceKind::Manual, channel: ChannelId::parse("desk")? };
    /// let mut draft = OrderDraft::new(source, Currency::parse("EUR")?);
    /// draft.push_line("TEA-01", 2, "4.50")?;
    /// assert_eq!(draft.lines.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(source: Source, currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            source,
            external: Vec::new(),
            currency,
            customer: None,
            contacts: Contacts {
                ship_to: None,
                bill_to: None,
                place: None,
            },
            lines: Vec::new(),
            charges: Vec::new(),
            discount: zero,
            order_tax: None,
            tax_mode: TaxMode::Exclusive,
            stated_total: None,
            payment: Payment::none(currency),
            ordered_at: None,
            promised_by: None,
            slot: None,
            tags: BTreeSet::new(),
            notes: Vec::new(),
            attributes: BTreeMap::new(),
            payload: None,
        }
    }

    /// Appends a line with the next free number, no discount and no tax.
    ///
    /// # Errors
    /// The first value that does not parse: SKU text, quantity or price.
    pub fn push_line(
        &mut self,
        sku: &str,
        quantity: u32,
        unit_price: &str,
    ) -> Result<&mut DraftLine, crate::value::ValueError> {
        let next = self
            .lines
            .iter()
            .map(|line| line.id.get())
            .max()
            .unwrap_or(0);
        let line = DraftLine {
            id: LineId::new(next.saturating_add(1))?,
            sku: Some(ExternalId::parse(sku)?),
            title: None,
            channel_item: None,
            quantity: Quantity::new(quantity)?,
            unit_price: UnitPrice::parse(unit_price, self.currency)?,
            discount: Money::zero(self.currency),
            tax: Money::zero(self.currency),
            tax_rate: None,
        };
        Ok(self.lines.push_mut(line))
    }
}
