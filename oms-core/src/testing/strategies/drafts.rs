//! Drafts that can be placed.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use crate::customer::Contact;
use crate::order::{
    Charge, ChargeKind, Contacts, DraftLine, ExternalReference, OrderDraft, Payment, PaymentMethod,
    RawPayload, Source, SourceKind, TaxMode,
};
use crate::testing::build::{channel, customer_id};
use crate::testing::strategies::values::{
    address, amount, attribute_key, currency, external_id, name, note, plain, rate, small_quantity,
    tag, text, timestamp, title, unit_price,
};
use crate::value::{Currency, EmailAddress, ExternalId, LineId, Money, Phone, Sku};

/// Most minor units of an amount that stands beside the lines.
const ASIDE_MAX: i64 = 100_000;

// Strategies are boxed: the trees behind a draft are too large for the stack of a test thread.

/// A draft that can be placed: one currency, different line numbers, no discount above what it
/// lowers, no gift card above the order. Lines name one of `skus`, or now and then something that
/// nobody knows. What its source states as the total may differ from the sum, which is kept and
/// not refused.
pub fn draft(skus: Vec<Sku>) -> impl Strategy<Value = OrderDraft> {
    currency().prop_flat_map(move |currency| draft_in(currency, skus.clone()))
}

fn draft_in(currency: Currency, skus: Vec<Sku>) -> BoxedStrategy<OrderDraft> {
    let lines = vec((1..=9_u32, line(currency, skus)), 1..=8);
    let money = (
        vec(charge(currency), 0..=3),
        0..=100_i64,
        option::of(amount(currency, ASIDE_MAX)),
        prop_oneof![Just(TaxMode::Inclusive), Just(TaxMode::Exclusive)],
        option::of(amount(currency, ASIDE_MAX)),
        payment(currency),
    );
    let about = (source(), references(), option::of(1..=2_u64), contacts());
    let extras = (
        option::of(timestamp()),
        option::of(timestamp()),
        btree_set(tag(), 0..=3),
        vec(note(), 0..=2),
        btree_map(attribute_key(), text(), 0..=3),
        option::of(payload()),
    );
    (lines, money, about, extras)
        .prop_map(move |(lines, money, about, extras)| {
            let (charges, percent, order_tax, tax_mode, stated_total, payment) = money;
            let (source, external, customer, contacts) = about;
            let (ordered_at, promised_by, tags, notes, attributes, payload) = extras;
            let lines = numbered(lines);
            let net = net(currency, &lines);
            let discount = part(net, percent);
            let charges = paid_for(charges, net.minor().saturating_sub(discount.minor()));
            OrderDraft {
                source,
                external,
                currency,
                customer: customer.map(customer_id),
                contacts,
                discount,
                lines,
                charges,
                order_tax,
                tax_mode,
                stated_total,
                payment,
                ordered_at,
                promised_by,
                slot: None,
                tags,
                notes,
                attributes,
                payload,
            }
        })
        .boxed()
}

/// Gives lines rising numbers with gaps of the sizes given.
fn numbered(lines: Vec<(u32, DraftLine)>) -> Vec<DraftLine> {
    let mut last = 0_u32;
    let number = |(gap, line): (u32, DraftLine)| {
        last = last.saturating_add(gap.max(1));
        let id = LineId::new(last).unwrap_or(line.id);
        DraftLine { id, ..line }
    };
    lines.into_iter().map(number).collect()
}

/// The charges without those that would lower the total below nothing.
fn paid_for(charges: Vec<Charge>, mut left: i64) -> Vec<Charge> {
    let mut fits = |charge: &Charge| {
        let after = left.saturating_add(charge.amount.minor());
        let fits = after >= 0;
        left = if fits { after } else { left };
        fits
    };
    charges.into_iter().filter(|charge| fits(charge)).collect()
}

/// `percent` of an amount, rounded down.
fn part(of: Money, percent: i64) -> Money {
    let minor = of.minor().saturating_mul(percent.clamp(0, 100)) / 100;
    Money::from_minor(minor, of.currency()).unwrap_or_else(|_| Money::zero(of.currency()))
}

/// What the lines cost after their own discounts.
fn net(currency: Currency, lines: &[DraftLine]) -> Money {
    let net = |line: &DraftLine| {
        let gross = line.unit_price.times(line.quantity).ok()?;
        gross.checked_sub(line.discount).ok()
    };
    let sum = |sum: Money, line: &DraftLine| sum.checked_add(net(line)?).ok();
    lines
        .iter()
        .try_fold(Money::zero(currency), sum)
        .unwrap_or_else(|| Money::zero(currency))
}

fn line(currency: Currency, skus: Vec<Sku>) -> BoxedStrategy<DraftLine> {
    let known = any::<proptest::sample::Index>().prop_filter_map("no SKU", move |index| {
        let sku = skus.get(index.index(skus.len().max(1)))?;
        ExternalId::parse(sku.as_str()).ok()
    });
    let sku = prop_oneof![8 => option::weighted(0.95, known), 1 => option::of(external_id())];
    let texts = (sku, option::of(title()), option::of(external_id()));
    let price = (unit_price(currency), small_quantity(1_000));
    let extras = (
        prop_oneof![3 => Just(0), 1 => 0..=100_i64],
        option::of(rate()),
    );
    (texts, price, extras, amount(currency, ASIDE_MAX))
        .prop_map(
            move |(
                (sku, title, channel_item),
                (unit_price, quantity),
                (percent, tax_rate),
                tax,
            )| {
                let gross = unit_price.times(quantity);
                DraftLine {
                    id: LineId::FIRST,
                    sku,
                    title,
                    channel_item,
                    quantity,
                    unit_price,
                    discount: gross
                        .map_or_else(|_| Money::zero(currency), |gross| part(gross, percent)),
                    tax,
                    tax_rate,
                }
            },
        )
        .boxed()
}

fn charge(currency: Currency) -> BoxedStrategy<Charge> {
    let kinds = prop_oneof![
        Just(ChargeKind::Shipping),
        Just(ChargeKind::Fee),
        Just(ChargeKind::Tip),
        Just(ChargeKind::Duty),
        Just(ChargeKind::GiftCard),
    ];
    let amounts = (
        amount(currency, ASIDE_MAX),
        amount(currency, ASIDE_MAX / 10),
        any::<bool>(),
    );
    let parts = (kinds, option::of(title()), amounts);
    parts
        .prop_map(|(kind, title, (amount, tax, rebate))| {
            let negative = match kind {
                ChargeKind::GiftCard => true,
                ChargeKind::Fee => rebate,
                ChargeKind::Shipping | ChargeKind::Tip | ChargeKind::Duty => false,
            };
            let amount = if negative { amount.negated() } else { amount };
            Charge {
                kind,
                title,
                amount,
                tax,
            }
        })
        .boxed()
}

fn payment(currency: Currency) -> BoxedStrategy<Payment> {
    let amounts = (
        amount(currency, ASIDE_MAX),
        amount(currency, ASIDE_MAX),
        0..=100_i64,
    );
    let names = (option::of(name()), btree_set(external_id(), 0..=2));
    (amounts, names)
        .prop_map(
            move |((authorised, captured, percent), (method, references))| Payment {
                method: method.map(PaymentMethod),
                authorised,
                captured,
                refunded: part(captured, percent),
                references: references.into_iter().collect(),
                ..Payment::none(currency)
            },
        )
        .boxed()
}

fn source() -> BoxedStrategy<Source> {
    let kinds = [
        SourceKind::Channel,
        SourceKind::PointOfSale,
        SourceKind::Manual,
    ];
    let source = (proptest::sample::select(kinds.to_vec()), any::<bool>());
    source
        .prop_map(|(kind, web)| Source {
            kind,
            channel: channel(if web { "web" } else { "desk" }),
        })
        .boxed()
}

/// References to other systems, each kind at most once.
fn references() -> BoxedStrategy<Vec<ExternalReference>> {
    let kinds = proptest::sample::subsequence(vec!["order", "invoice", "basket"], 0..=3);
    (kinds, vec(external_id(), 3))
        .prop_map(|(kinds, ids)| {
            let reference = |(kind, id): (&str, ExternalId)| {
                let kind = ExternalId::parse(kind).ok()?;
                Some(ExternalReference { kind, id })
            };
            kinds.into_iter().zip(ids).filter_map(reference).collect()
        })
        .boxed()
}

/// Somebody to send things to; any part may be missing.
pub fn contact() -> BoxedStrategy<Contact> {
    let email = (plain("abcxyz._+-", 1..=8), plain("abcxyz", 1..=8));
    let email = email.prop_filter_map("not an address", |(mailbox, host)| {
        EmailAddress::parse(&format!("{mailbox}@{host}.example")).ok()
    });
    let phone = plain("0123456789 ()/-+", 4..=16);
    let phone = phone.prop_filter_map("not a phone", |text| Phone::parse(&text).ok());
    (address(), option::of(email), option::of(phone))
        .prop_map(|(address, email, phone)| Contact {
            address,
            email,
            phone,
        })
        .boxed()
}

fn contacts() -> BoxedStrategy<Contacts> {
    (option::of(contact()), option::of(contact()))
        .prop_map(|(ship_to, bill_to)| Contacts {
            ship_to,
            bill_to,
            place: None,
        })
        .boxed()
}

fn payload() -> BoxedStrategy<RawPayload> {
    let texts: BTreeSet<&str> = [
        "{}",
        "{\"id\":1e400}",
        "not json",
        "\u{feff}{\"a\":\"\\u0000\"}",
    ]
    .into();
    proptest::sample::select(texts.into_iter().collect::<Vec<_>>())
        .prop_map(|text| RawPayload {
            media_type: "application/json",
            text: text.to_owned(),
        })
        .boxed()
}
