//! Orders v0: the order, and the answers about its items, address and buyer.
//!
//! `OrderTotal = sum(ItemPrice + ItemTax + ShippingPrice + ShippingTax + GiftWrapPrice +
//! GiftWrapTax + CODFee - discounts)`; `ItemPrice` is the amount of the whole line.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::amazon::state::{V0Words, v0_state};
use crate::channel::amazon::{
    Extras, inner, marketplace, people, tax_mode, v0_money, v0_order, wait_until_stated,
};
use crate::channel::bag::AMAZON_V0;
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{History, units};
use crate::channel::incoming::Incoming;
use crate::channel::json::Object;
use crate::channel::order_parts::{
    draft_of, finish, keep, keep_number, numbered, order_reference, rest_of_discount,
};
use crate::channel::sold::keep_sold;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod, SourceKind};
use crate::value::{ChannelId, Currency};

/// The answers one order is made of.
struct Answers<'a> {
    order: Object<'a>,
    items: Vec<Object<'a>>,
    /// What `getOrderItemsBuyerInfo` says, by the id of the item.
    gifts: Gifts<'a>,
    address: Option<Object<'a>>,
    buyer: Option<Object<'a>>,
    regulated: Option<Object<'a>>,
}

impl<'a> Answers<'a> {
    fn of(root: &Object<'a>) -> Result<Self, ChannelError> {
        let order = v0_order(root).unwrap_or_else(|| root.clone());
        let open = |key: &str| match root.object(key)? {
            Some(answer) => inner(&answer).map(Some),
            None => Ok(None),
        };
        let (mut pages, mut gifts) = (Vec::new(), Gifts::new());
        let mut seen = BTreeSet::new();
        for page in &root.objects("items")? {
            // A page that was fetched twice counts once.
            if !seen.insert(page.raw()) {
                continue;
            }
            let page = inner(page)?;
            match about_buyers(&page)? {
                Some(told) => gifts.extend(told),
                None => pages.push(page),
            }
        }
        // Some programs keep the items in the order itself.
        if pages.is_empty() && order.has("OrderItems") {
            pages.push(order.clone());
        }
        let expected = "the items of the order: give the answer of getOrderItems with it";
        if pages.is_empty() {
            return Err(ChannelError::missing("OrderItems", expected));
        }
        if pages.iter().all(|page| page.value("NextToken").is_some()) {
            let expected = "the answers of getOrderItems up to the one without NextToken";
            let path = pages
                .iter()
                .map(|page| page.path_of("NextToken"))
                .next_back();
            return Err(ChannelError::invalid(
                "items_incomplete",
                path.unwrap_or_default(),
                "",
                expected,
            ));
        }
        let mut items = Vec::new();
        for page in &pages {
            items.extend(page.objects("OrderItems")?);
        }
        let address = match open("address")? {
            Some(answer) => answer.object("ShippingAddress")?,
            None => None,
        };
        Ok(Self {
            address: match address {
                Some(address) => Some(address),
                None => order.object("ShippingAddress")?,
            },
            buyer: match open("buyer")? {
                Some(buyer) => Some(buyer),
                None => order.object("BuyerInfo")?,
            },
            regulated: open("regulated")?,
            order,
            items,
            gifts,
        })
    }

    /// The total's, else that of the first price, else the marketplace's: an order not yet
    /// authorised has neither.
    fn currency(&self) -> Result<Currency, ChannelError> {
        if let Some(currency) = AMAZON_V0.currency(&self.order, "OrderTotal")? {
            return Ok(currency);
        }
        for item in &self.items {
            if let Some(currency) = AMAZON_V0.currency(item, "ItemPrice")? {
                return Ok(currency);
            }
        }
        let id = self.order.literal("MarketplaceId")?.unwrap_or_default();
        marketplace::currency(&id).ok_or_else(|| {
            let expected = "a total, a price or a known marketplace, to tell the currency by";
            ChannelError::invalid(
                "currency_unknown",
                self.order.path_of("MarketplaceId"),
                &id,
                expected,
            )
        })
    }
}

/// What buyers wrote and chose for items, by the items' ids.
pub(super) type Gifts<'a> = BTreeMap<String, Object<'a>>;

/// The items of an answer of `getOrderItemsBuyerInfo`, which names items and says nothing of what
/// they are; `None` for a page of items.
fn about_buyers<'a>(page: &Object<'a>) -> Result<Option<Gifts<'a>>, ChannelError> {
    const OF_ITEMS: [&str; 5] = ["ASIN", "SellerSKU", "Title", "QuantityOrdered", "ItemPrice"];
    let items = page.objects("OrderItems")?;
    let is_item = |item: &Object<'_>| OF_ITEMS.iter().any(|key| item.has(key));
    if items.is_empty() || items.iter().any(is_item) {
        return Ok(None);
    }
    let mut told = Gifts::new();
    for item in items {
        let Some(id) = item.owned("OrderItemId")? else {
            return Ok(None);
        };
        told.insert(id, item);
    }
    Ok(Some(told))
}

/// What a buyer wrote and chose for an item: in the item itself, and in an answer of its own.
pub(super) fn buyer_infos<'a>(
    item: &Object<'a>,
    gifts: &Gifts<'a>,
) -> Result<Vec<Object<'a>>, ChannelError> {
    let own = item.object("BuyerInfo")?;
    let id = item.literal("OrderItemId")?;
    let apart = id.and_then(|id| gifts.get(&*id).cloned());
    Ok(own.into_iter().chain(apart).collect())
}

/// Reads one order.
pub(in crate::channel) fn read(
    root: &Object<'_>,
    channel: &ChannelId,
) -> Result<Incoming, ChannelError> {
    let answers = Answers::of(root)?;
    let order = &answers.order;
    let mut fields = Fields::in_currency(answers.currency()?);
    let mut draft = draft_of(SourceKind::Channel, channel, fields.currency);
    draft.external = vec![order_reference(order, "AmazonOrderId")?];
    let words = V0Words::of(order, &answers.items, answers.regulated.as_ref())?;
    let mut history = History::default();
    let mut extras = Extras::default();
    draft.lines = numbered(&mut fields, &answers.items, |fields, item, id| {
        let line = v0_money::line(fields, item, id, &answers.gifts, &mut extras)?;
        let shipped = units(fields, item, "QuantityShipped");
        if line.is_some() {
            history.line(id, shipped, 0);
        }
        Ok(line)
    })?;
    draft.charges = extras.charges(&mut fields)?;
    let zero = fields.zero();
    draft.discount = rest_of_discount(&mut fields, None, zero, &mut draft.lines, "OrderItems")?;
    draft.stated_total = AMAZON_V0.not_negative(&fields, order, "OrderTotal")?;
    priced(&mut fields, order, &draft);
    tax_mode(&mut draft, order.literal("MarketplaceId")?.as_deref());
    let customer = people::V0.read(
        &mut fields,
        answers.address.as_ref(),
        answers.buyer.as_ref(),
        &mut draft,
    )?;
    history.customer(customer);
    history.offset_of(order, &["PurchaseDate"]);
    terms(&mut fields, order, &mut draft);
    notes(&mut fields, &answers, &mut draft)?;
    draft.payment = payment(&mut fields, order, &draft, &words)?;
    history.takes_at_most = words.takes_at_most(&draft);
    let mut state = v0_state(&mut fields, order, &words);
    wait_until_stated(&draft, &mut state);
    keep_sold(&mut draft);
    finish(fields, root, draft, state, history)
}

/// Says so when the channel tells no total, as before the payment is authorised.
fn priced(fields: &mut Fields, order: &Object<'_>, draft: &OrderDraft) {
    if draft.stated_total.is_none() {
        fields.warn(ChannelWarning::TotalNotStated {
            path: order.path_of("OrderTotal"),
        });
    }
}

fn terms(fields: &mut Fields, order: &Object<'_>, draft: &mut OrderDraft) {
    draft.ordered_at = fields.time(order, "PurchaseDate");
    draft.promised_by = fields.time(order, "LatestDeliveryDate");
    for (key, name) in [
        ("MarketplaceId", "marketplace_id"),
        ("SalesChannel", "sales_channel"),
        ("FulfillmentChannel", "fulfillment_channel"),
        ("ShipServiceLevel", "ship_service_level"),
        ("LatestShipDate", "latest_ship_date"),
        ("OrderType", "order_type"),
        ("IsPrime", "is_prime"),
        ("IsBusinessOrder", "is_business_order"),
        ("IsISPU", "is_store_pickup"),
        ("ReplacedOrderId", "replaced_order_id"),
    ] {
        keep(fields, draft, order, key, name);
    }
    // Where the seller has no number of his own, Amazon repeats its id.
    let id = |key: &str| order.literal(key).ok().flatten();
    if id("SellerOrderId") != id("AmazonOrderId") {
        keep_number(fields, draft, order, "SellerOrderId");
    }
}

/// What buyers wrote with their gifts.
fn notes(
    fields: &mut Fields,
    answers: &Answers<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for item in &answers.items {
        for buyer in buyer_infos(item, &answers.gifts)? {
            let note = fields.text(&buyer, "GiftMessageText");
            draft.notes.extend(
                note.filter(|note| !draft.notes.contains(note))
                    .filter(|_| draft.notes.len() < crate::value::limits::NOTES_MAX),
            );
        }
    }
    Ok(())
}

/// An order that left `Pending` is paid to Amazon, which takes the money as the goods leave; cash
/// on delivery is not, until it is delivered.
fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
    words: &V0Words,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    payment.method = fields.text(order, "PaymentMethod").map(PaymentMethod);
    if words.is_paid() {
        payment.captured = draft.stated_total.unwrap_or(payment.captured);
    }
    Ok(payment)
}
