//! Orders 2026-01-01: one answer holds the order, its items, people, money and parcels.
//!
//! `grandTotal = sum(proceedsTotal of the items) + DELIVERY_TIP`, and a line's `proceedsTotal` is
//! the sum of its breakdowns.

use crate::channel::amazon::v2026_money::{self, currency};
use crate::channel::amazon::v2026_state::{Words, state};
use crate::channel::amazon::{Extras, people, tax_mode, wait_until_stated};
use crate::channel::bag::AMAZON_2026;
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
use crate::order::{DraftLine, OrderDraft, Payment, PaymentMethod, SourceKind};
use crate::value::ChannelId;
use crate::value::limits::NOTES_MAX;

/// Reads one order.
pub(in crate::channel) fn read(
    order: &Object<'_>,
    channel: &ChannelId,
) -> Result<Incoming, ChannelError> {
    if !order.has("orderItems") {
        let (path, expected) = (order.path_of("orderItems"), "the items of the order");
        return Err(ChannelError::missing(path, expected));
    }
    let items = order.objects("orderItems")?;
    let mut fields = Fields::in_currency(currency(order, &items)?);
    let mut draft = draft_of(SourceKind::Channel, channel, fields.currency);
    draft.external = vec![order_reference(order, "orderId")?];
    let (mut history, mut extras) = (History::default(), Extras::default());
    draft.lines = numbered(&mut fields, &items, |fields, item, id| {
        let line = v2026_money::line(fields, item, id, &mut extras)?;
        if let Some(line) = &line {
            past(fields, item, line, &mut history)?;
        }
        Ok(line)
    })?;
    if let Some(proceeds) = order.object("proceeds")? {
        v2026_money::tip(&fields, &proceeds, &mut extras)?;
        draft.stated_total = AMAZON_2026.not_negative(&fields, &proceeds, "grandTotal")?;
    }
    if draft.stated_total.is_none() {
        fields.warn(ChannelWarning::TotalNotStated {
            path: order.path_of("proceeds.grandTotal"),
        });
    }
    draft.charges = extras.charges(&mut fields)?;
    let zero = fields.zero();
    draft.discount = rest_of_discount(&mut fields, None, zero, &mut draft.lines, "orderItems")?;
    let sales = order.object("salesChannel")?;
    let marketplace = sales
        .as_ref()
        .and_then(|sales| sales.literal("marketplaceId").ok()?);
    tax_mode(&mut draft, marketplace.as_deref());
    people(&mut fields, order, &mut draft, &mut history)?;
    terms(&mut fields, order, sales.as_ref(), &mut draft)?;
    seller_number(&mut fields, order, &mut draft)?;
    gifts(&mut fields, &items, &mut draft)?;
    let words = Words::of(order, &items)?;
    draft.payment = payment(&mut fields, order, &draft, &words)?;
    history.takes_at_most = words.takes_at_most(&draft);
    let mut state = state(&mut fields, order, &words);
    wait_until_stated(&draft, &mut state);
    keep_sold(&mut draft);
    finish(fields, order, draft, state, history)
}

/// What the seller calls the order.
fn seller_number(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for alias in &order.objects("orderAliases")? {
        if alias.literal("aliasType")?.as_deref() == Some("SELLER_ORDER_ID")
            && alias.value("aliasId").is_some()
        {
            keep_number(fields, draft, alias, "aliasId");
            break;
        }
    }
    Ok(())
}

/// Units already sent, and units of a cancelled line. A line may be both: then it was sent.
fn past(
    fields: &mut Fields,
    item: &Object<'_>,
    line: &DraftLine,
    history: &mut History,
) -> Result<(), ChannelError> {
    let shipped = match item.object("fulfillment")? {
        Some(fulfillment) => units(fields, &fulfillment, "quantityFulfilled"),
        None => 0,
    };
    let cancelled = match item.object("cancellation")? {
        Some(cancellation) => cancellation.object("cancellationExecution")?.is_some(),
        None => false,
    };
    let removed = match cancelled {
        true => line.quantity.get().saturating_sub(shipped),
        false => 0,
    };
    history.line(line.id, shipped, removed);
    Ok(())
}

fn people(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
    history: &mut History,
) -> Result<(), ChannelError> {
    let buyer = order.object("buyer")?;
    let recipient = order.object("recipient")?;
    let address = match &recipient {
        Some(recipient) => recipient.object("deliveryAddress")?,
        None => None,
    };
    let customer = people::V2026.read(fields, address.as_ref(), buyer.as_ref(), draft)?;
    history.customer(customer);
    history.offset_of(order, &["createdTime"]);
    if let Some(buyer) = &buyer {
        keep(
            fields,
            draft,
            buyer,
            "buyerPurchaseOrderNumber",
            "purchase_order_number",
        );
    }
    let wishes = match &recipient {
        Some(recipient) => recipient.object("deliveryPreference")?,
        None => None,
    };
    if let Some(wishes) = wishes {
        keep(
            fields,
            draft,
            &wishes,
            "dropOffLocation",
            "drop_off_location",
        );
        draft
            .notes
            .extend(fields.text(&wishes, "addressInstruction"));
    }
    Ok(())
}

fn terms(
    fields: &mut Fields,
    order: &Object<'_>,
    sales: Option<&Object<'_>>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    draft.ordered_at = fields.time(order, "createdTime");
    if let Some(sales) = sales {
        keep(fields, draft, sales, "marketplaceId", "marketplace_id");
        keep(fields, draft, sales, "marketplaceName", "sales_channel");
    }
    let Some(fulfillment) = order.object("fulfillment")? else {
        return Ok(());
    };
    keep(
        fields,
        draft,
        &fulfillment,
        "fulfilledBy",
        "fulfillment_channel",
    );
    keep(
        fields,
        draft,
        &fulfillment,
        "fulfillmentServiceLevel",
        "ship_service_level",
    );
    if let Some(window) = fulfillment.object("shipByWindow")? {
        keep(fields, draft, &window, "latestDateTime", "latest_ship_date");
    }
    if let Some(window) = fulfillment.object("deliverByWindow")? {
        draft.promised_by = fields.time(&window, "latestDateTime");
    }
    Ok(())
}

/// What buyers wrote with their gifts.
fn gifts(
    fields: &mut Fields,
    items: &[Object<'_>],
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for item in items {
        let mut from = Some(item.clone());
        for key in ["fulfillment", "packing", "giftOption"] {
            from = match from {
                Some(object) => object.object(key)?,
                None => None,
            };
        }
        let note = from.and_then(|gift| fields.text(&gift, "giftMessage"));
        let room = draft.notes.len() < NOTES_MAX;
        draft
            .notes
            .extend(note.filter(|note| room && !draft.notes.contains(note)));
    }
    Ok(())
}

/// An order that left `PENDING` is paid to Amazon, which takes the money as the goods leave.
fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
    words: &Words,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    if let Some(said) = order.object("payment")? {
        for execution in &said.objects("paymentExecutions")? {
            if payment.method.is_none() {
                payment.method = fields.text(execution, "paymentMethod").map(PaymentMethod);
            }
        }
    }
    if words.is_paid() {
        payment.captured = draft.stated_total.unwrap_or(payment.captured);
    }
    Ok(payment)
}
