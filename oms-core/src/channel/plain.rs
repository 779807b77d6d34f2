//! Orders of a point of sale, or typed in by people, as plain JSON of this library's own.
//!
//! ```json
//! {"order_id":"T-0042","source":"pos","currency":"EUR","prices_include_tax":true,"total":"13.80",
//!  "lines":[{"id":"1","sku":"TEA-01","title":"Tea","quantity":2,"unit_price":"4.50"},
//!           {"id":"2","sku":"007-MUG","quantity":1,"unit_price":"9.90","discount":"5.10"}],
//!  "payment":{"method":"cash","captured":"13.80"},"hub":"bonn","delivered":true}
//! ```
//!
//! Amounts are texts or numbers, taken digit by digit. Everything but `order_id`, `currency` and
//! the lines' `quantity` and `unit_price` may be absent.

use crate::channel::attributes::attributes_of;
use crate::channel::check::computed_total;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, quantity};
use crate::channel::history::{ChannelCustomer, History, units};
use crate::channel::incoming::{
    ChannelState, FinancialState, FulfillmentState, Incoming, Suggestion,
};
use crate::channel::json::{Object, Value};
use crate::channel::order_parts::{
    draft_of, finish, keep_number, numbered, order_reference, rest_of_discount,
};
use crate::channel::people::{AddressKeys, contact};
use crate::channel::warning::ChannelWarning;
use crate::customer::Contact;
use crate::order::{
    Charge, ChargeKind, DraftLine, OrderDraft, Payment, PaymentMethod, SourceKind, TaxMode,
};
use crate::value::limits::{NOTES_MAX, TAGS_MAX};
use crate::value::{
    ChannelId, ChannelPlace, EmailAddress, HubId, IdError, LineId, Name, Phone, Rate, Tag,
};

const KEYS: AddressKeys = AddressKeys {
    company: "company",
    lines: ["line1", "line2", ""],
    city: "city",
    region: &["region"],
    postal_code: "postal_code",
    country: &["country"],
    country_name: "country",
    location: Some(["latitude", "longitude"]),
};

/// True for an object with lines of ours.
pub(super) fn is_order(object: &Object<'_>) -> bool {
    object.has("lines") && (object.has("order_id") || object.has("currency"))
}

/// Reads one order.
pub(super) fn read(order: &Object<'_>, channel: &ChannelId) -> Result<Incoming, ChannelError> {
    let mut fields = Fields::of(order, false)?;
    let mut draft = draft_of(source(order)?, channel, fields.currency);
    draft.external = vec![order_reference(order, "order_id")?];
    draft.tax_mode = match order.flag("prices_include_tax")? {
        true => TaxMode::Inclusive,
        false => TaxMode::Exclusive,
    };
    let mut history = History::default();
    draft.lines = numbered(&mut fields, &order.objects("lines")?, |fields, item, id| {
        let line = line(fields, item, id)?;
        if line.is_some() {
            let shipped = units(fields, item, "shipped");
            let removed = units(fields, item, "removed");
            history.line(id, shipped, removed);
        }
        Ok(line)
    })?;
    for entry in &order.objects("charges")? {
        draft.charges.push(charge(&mut fields, entry)?);
    }
    let on_order = fields
        .not_negative(order, "discount")?
        .unwrap_or_else(|| fields.zero());
    let beyond = rest_of_discount(&mut fields, None, on_order, &mut draft.lines, "discount")?;
    draft.discount = fields.sum([on_order, beyond], "discount")?;
    draft.order_tax = fields.not_negative(order, "tax")?;
    draft.stated_total = fields.not_negative(order, "total")?;
    history.customer(people(&mut fields, order, &mut draft)?);
    history.offset_of(order, &["ordered_at"]);
    draft.ordered_at = fields.time(order, "ordered_at");
    draft.promised_by = fields.time(order, "promised_by");
    words(&mut fields, order, &mut draft)?;
    keep_number(&mut fields, &mut draft, order, "number");
    draft.payment = payment(&mut fields, order, &draft)?;
    let state = state(&mut fields, order, &draft)?;
    let hub = hub(order)?;
    let read = finish(fields, order, draft, state, history)?;
    Ok(Incoming { hub, ..read })
}

/// The hub whose goods it is about. One that cannot be read is not passed over: the goods of
/// another would be taken.
fn hub(order: &Object<'_>) -> Result<Option<HubId>, ChannelError> {
    let Some(id) = order.literal("hub")? else {
        return Ok(None);
    };
    let refused = |problem: IdError| {
        let (path, expected) = (order.path_of("hub"), "the id of a hub");
        ChannelError::invalid(problem.code(), path, &id, expected)
    };
    HubId::parse(&id).map(Some).map_err(refused)
}

fn source(order: &Object<'_>) -> Result<SourceKind, ChannelError> {
    let word = order.literal("source")?;
    match word.as_deref() {
        None | Some("pos") => Ok(SourceKind::PointOfSale),
        Some("manual") => Ok(SourceKind::Manual),
        Some("channel") => Ok(SourceKind::Channel),
        Some(other) => {
            let (path, expected) = (order.path_of("source"), "pos, manual or channel");
            Err(ChannelError::invalid(
                "source_unknown",
                path,
                other,
                expected,
            ))
        }
    }
}

fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let Some(unit_price) = fields.unit_price(item, "unit_price")? else {
        let (path, expected) = (item.path_of("unit_price"), "the price of one unit");
        return Err(ChannelError::missing(path, expected));
    };
    let Some(quantity) = quantity(item, "quantity")? else {
        let (path, expected) = (item.path_of("quantity"), "at least one unit");
        return Err(ChannelError::invalid("quantity_zero", path, "0", expected));
    };
    let zero = fields.zero();
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: fields.text(item, "title"),
        channel_item: fields.id(item, "id"),
        quantity,
        unit_price,
        discount: fields.not_negative(item, "discount")?.unwrap_or(zero),
        tax: fields.not_negative(item, "tax")?.unwrap_or(zero),
        tax_rate: fields.lenient(item, "tax_rate", Rate::parse),
    }))
}

fn charge(fields: &mut Fields, entry: &Object<'_>) -> Result<Charge, ChannelError> {
    let word = entry.literal("kind")?.unwrap_or_default();
    let kind = match &*word {
        "shipping" => ChargeKind::Shipping,
        "fee" => ChargeKind::Fee,
        "tip" => ChargeKind::Tip,
        "duty" => ChargeKind::Duty,
        "gift_card" => ChargeKind::GiftCard,
        other => {
            let path = entry.path_of("kind");
            let expected = "shipping, fee, tip, duty or gift_card";
            return Err(ChannelError::invalid(
                "charge_unknown",
                path,
                other,
                expected,
            ));
        }
    };
    let amount = fields.money_or_zero(entry, "amount")?;
    let amount = match kind {
        // A gift card lowers the total, whatever the sign it is written with.
        ChargeKind::GiftCard => amount.abs().negated(),
        ChargeKind::Fee => amount,
        ChargeKind::Shipping | ChargeKind::Tip | ChargeKind::Duty => {
            fields.not_negative(entry, "amount")?.unwrap_or(amount)
        }
    };
    Ok(Charge {
        kind,
        title: fields.text(entry, "title"),
        amount,
        tax: fields.money_or_zero(entry, "tax")?,
    })
}

fn people(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<ChannelCustomer, ChannelError> {
    if let Some(from) = order.object("ship_to")? {
        let (ship_to, place) = person(fields, &from);
        draft.contacts.ship_to = ship_to;
        draft.contacts.place = (!place.is_empty()).then_some(place);
    }
    if let Some(from) = order.object("bill_to")? {
        let (bill_to, _) = person(fields, &from);
        let known = &mut draft.contacts;
        known.bill_to = bill_to.filter(|bill_to| Some(bill_to) != known.ship_to.as_ref());
    }
    let Some(from) = order.object("customer")? else {
        return Ok(ChannelCustomer::default());
    };
    if draft.contacts.ship_to.is_none() && draft.contacts.bill_to.is_none() {
        draft.contacts.bill_to = person(fields, &from).0;
    }
    Ok(ChannelCustomer {
        id: fields.id(&from, "id"),
        name: fields.text(&from, "name"),
        email: fields.lenient(&from, "email", EmailAddress::parse),
    })
}

fn person(fields: &mut Fields, from: &Object<'_>) -> (Option<Contact>, ChannelPlace) {
    let name: Option<Name> = fields.text(from, "name");
    let (address, place) = KEYS.read(fields, from, name);
    let email = fields.lenient(from, "email", EmailAddress::parse);
    let phone = fields.lenient(from, "phone", Phone::parse);
    (contact(address, email, phone), place)
}

/// Tags, notes and attributes.
fn words(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for value in &listed(order, "tags")? {
        let Some(words) = fields.words_of(value) else {
            continue;
        };
        match Tag::parse(words.trim()) {
            Ok(tag) if draft.tags.len() < TAGS_MAX => {
                draft.tags.insert(tag);
            }
            Ok(_) => fields.left_out(value.path(), "too_many"),
            Err(problem) => fields.left_out(value.path(), problem.code()),
        }
    }
    for value in &listed(order, "notes")? {
        if draft.notes.len() >= NOTES_MAX {
            fields.left_out(value.path(), "too_many");
            break;
        }
        if let Some(words) = fields.words_of(value) {
            draft.notes.extend(fields.fit(&words, || value.path()));
        }
    }
    draft.attributes = attributes_of(fields, order.object("attributes")?.as_ref());
    Ok(())
}

/// A list of words, or a single one.
fn listed<'a>(order: &Object<'a>, key: &str) -> Result<Vec<Value<'a>>, ChannelError> {
    match order.value(key) {
        None => Ok(Vec::new()),
        Some(value) if value.is_list() => value.list(),
        Some(value) => Ok(vec![value]),
    }
}

fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    let zero = fields.zero();
    if let Some(from) = order.object("payment")? {
        payment.method = fields.text(&from, "method").map(PaymentMethod);
        payment.authorised = fields.not_negative(&from, "authorised")?.unwrap_or(zero);
        payment.captured = fields.not_negative(&from, "captured")?.unwrap_or(zero);
        payment.refunded = fields.not_negative(&from, "refunded")?.unwrap_or(zero);
        payment.references.extend(fields.id(&from, "reference"));
    }
    if payment.captured.is_zero() && order.flag("paid")? {
        let total = draft.stated_total.or_else(|| computed_total(draft).ok());
        payment.captured = total.filter(|total| total.is_positive()).unwrap_or(zero);
    }
    if payment.refunded.minor() > payment.captured.minor() {
        payment.refunded = payment.captured;
        fields.warn(ChannelWarning::PaymentUnknown {
            path: order.path_of("payment.refunded"),
            note: "more went back than was taken; taken as all of it",
        });
    }
    Ok(payment)
}

fn state(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<ChannelState, ChannelError> {
    let (test, cancelled) = (order.flag("test")?, order.flag("cancelled")?);
    let (delivered, held) = (order.flag("delivered")?, order.flag("on_hold")?);
    let payment = &draft.payment;
    let due = draft.stated_total.or_else(|| computed_total(draft).ok());
    let due = due.unwrap_or_else(|| fields.zero());
    let financial = if payment.refunded.is_positive() {
        match payment.refunded == payment.captured {
            true => FinancialState::Refunded,
            false => FinancialState::PartlyRefunded,
        }
    } else if payment.captured.minor() >= due.minor() {
        FinancialState::Paid
    } else if payment.captured.is_positive() {
        FinancialState::PartlyPaid
    } else if payment.authorised.is_positive() {
        FinancialState::Authorised
    } else {
        FinancialState::Pending
    };
    let paid = financial == FinancialState::Paid;
    let suggestion = match () {
        () if test => Suggestion::Ignore {
            why: "test order".into(),
        },
        () if cancelled => Suggestion::Cancelled {
            why: "cancelled where it was taken".into(),
        },
        () if delivered => Suggestion::Delivered,
        () if held => Suggestion::held("put on hold where it was taken"),
        () if paid => Suggestion::Approved,
        () if payment.refunded.is_positive() => {
            let why = "money went back: which units are still to be handed over? if all are, \
                       waive what went back";
            Suggestion::person(why)
        }
        () => Suggestion::Pending,
    };
    Ok(ChannelState {
        test,
        cancelled,
        cancelled_at: fields.time(order, "cancelled_at"),
        changed_at: fields.time(order, "changed_at"),
        financial: Some(financial),
        fulfillment: delivered.then_some(FulfillmentState::Delivered),
        suggestion,
    })
}
