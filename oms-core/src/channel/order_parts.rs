//! What the orders of every JSON channel have in common: how a draft begins and ends, references
//! and numbered lines.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::channel::check::compare;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range};
use crate::channel::history::History;
use crate::channel::incoming::{ChannelState, Incoming, ORDER_NUMBER};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::{
    Charge, ChargeKind, DraftLine, ExternalReference, OrderDraft, RawPayload, Source, SourceKind,
};
use crate::value::limits::ATTRIBUTES_MAX;
use crate::value::{
    AttributeKey, ChannelId, Currency, ExternalId, LineId, Money, MoneyError, Title,
};

/// The draft of an order of `channel`, with nothing in it yet.
pub(super) fn draft_of(kind: SourceKind, channel: &ChannelId, currency: Currency) -> OrderDraft {
    OrderDraft::new(Source::new(kind, channel.clone()), currency)
}

/// Puts together what was read of `payload`, which is kept byte for byte, and tells every sum that
/// differs from what the channel states.
pub(super) fn finish(
    fields: Fields,
    payload: &Object<'_>,
    mut draft: OrderDraft,
    state: ChannelState,
    history: History,
) -> Result<Incoming, ChannelError> {
    draft.payload = Some(RawPayload {
        media_type: "application/json",
        text: payload.raw().to_owned(),
    });
    within_goods(&mut draft).map_err(|problem| out_of_range(&problem, "discount"))?;
    let mut warnings = fields.into_warnings();
    compare(&draft, &mut warnings)?;
    Ok(Incoming {
        draft,
        state,
        history,
        warnings,
        hub: None,
    })
}

/// Moves what the order's discount takes beyond the goods to a fee below zero: it is a discount on
/// shipping or the like, and an order discount beyond the goods is refused when it is placed.
fn within_goods(draft: &mut OrderDraft) -> Result<(), MoneyError> {
    let mut goods = Money::zero(draft.currency);
    for line in &draft.lines {
        let gross = line.unit_price.times(line.quantity)?;
        goods = goods.checked_add(gross)?.checked_sub(line.discount)?;
    }
    let beyond = draft.discount.checked_sub(goods)?;
    if !beyond.is_positive() || goods.is_negative() {
        return Ok(());
    }
    draft.discount = goods;
    draft.charges.push(Charge {
        kind: ChargeKind::Fee,
        title: Title::truncated("discount on shipping"),
        amount: beyond.negated(),
        tax: Money::zero(draft.currency),
    });
    Ok(())
}

/// The order's id, which must be there, as the reference of kind `order`.
pub(super) fn order_reference(
    order: &Object<'_>,
    key: &str,
) -> Result<ExternalReference, ChannelError> {
    let (path, expected) = (order.path_of(key), "the channel's id of the order");
    let Some(text) = order.literal(key)? else {
        return Err(ChannelError::missing(path, expected));
    };
    let id = ExternalId::parse(&text)
        .map_err(|problem| ChannelError::invalid(problem.code(), path, &text, expected))?;
    Ok(ExternalReference {
        kind: kind("order")?,
        id,
    })
}

/// Another id of the order, if there is one that can be kept.
pub(super) fn reference(
    fields: &mut Fields,
    order: &Object<'_>,
    key: &str,
    name: &'static str,
) -> Result<Option<ExternalReference>, ChannelError> {
    let Some(id) = fields.id(order, key) else {
        return Ok(None);
    };
    let kind = kind(name)?;
    Ok(Some(ExternalReference { kind, id }))
}

/// The name of a kind of reference; ours are valid.
pub(super) fn kind(name: &'static str) -> Result<ExternalId, ChannelError> {
    ExternalId::parse(name)
        .map_err(|problem| ChannelError::invalid(problem.code(), "id", name, "a kind of reference"))
}

/// One line of an order; `None` for one that counts for nothing.
pub(super) type MaybeLine = Result<Option<DraftLine>, ChannelError>;

/// The lines under `line_items`, numbered in the order they appear; see [`numbered`].
pub(super) fn lines(
    fields: &mut Fields,
    order: &Object<'_>,
    read: impl FnMut(&mut Fields, &Object<'_>, LineId) -> MaybeLine,
) -> Result<Vec<DraftLine>, ChannelError> {
    if !order.has("line_items") {
        return Err(lines_missing(order));
    }
    numbered(fields, &order.objects("line_items")?, read)
}

pub(super) fn lines_missing(order: &Object<'_>) -> ChannelError {
    ChannelError::missing(order.path_of("line_items"), "the lines of the order")
}

/// Lines numbered in the order they appear; one for which `read` answers `None` counts for nothing.
pub(super) fn numbered(
    fields: &mut Fields,
    items: &[Object<'_>],
    mut read: impl FnMut(&mut Fields, &Object<'_>, LineId) -> MaybeLine,
) -> Result<Vec<DraftLine>, ChannelError> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = Some(LineId::FIRST);
    for item in items {
        let Some(number) = next else {
            return Err(ChannelError::missing(
                item.path(),
                "a smaller number of lines",
            ));
        };
        let Some(line) = read(fields, item, number)? else {
            fields.warn(ChannelWarning::LineLeftOut { path: item.path() });
            continue;
        };
        match &line.channel_item {
            None => fields.warn(ChannelWarning::LineWithoutId { path: item.path() }),
            Some(id) if !seen.insert(id.clone()) => {
                let (path, id) = (item.path(), id.to_string());
                fields.warn(ChannelWarning::LineIdRepeated { path, id });
            }
            Some(_) => {}
        }
        lines.push(line);
        next = number.next();
    }
    Ok(lines)
}

/// What of an order's discount fell on no line: the rest of `stated` beyond what the parts were
/// given, and what a line was given beyond its price, which is taken from the line.
///
/// Where the parts were given more than is stated they count, and a warning says so.
pub(super) fn rest_of_discount(
    fields: &mut Fields,
    stated: Option<Money>,
    other_parts: Money,
    lines: &mut [DraftLine],
    path: &str,
) -> Result<Money, ChannelError> {
    let given = lines.iter().map(|line| line.discount).chain([other_parts]);
    let parts = fields.sum(given, path)?;
    let stated = stated.unwrap_or(parts);
    let out = |problem: MoneyError| out_of_range(&problem, path);
    let mut rest = stated.checked_sub(parts).map_err(out)?;
    if rest.is_negative() {
        fields.warn(ChannelWarning::DiscountDiffers { stated, parts });
        rest = fields.zero();
    }
    for line in lines {
        let gross = line.unit_price.times(line.quantity).map_err(out)?;
        let beyond = line.discount.checked_sub(gross).map_err(out)?;
        if beyond.is_positive() {
            line.discount = gross;
            rest = fields.sum([rest, beyond], path)?;
        }
    }
    Ok(rest)
}

/// A charge of an amount, unless there is nothing to charge. What may not be below zero and is all
/// the same becomes a fee, which may: the sum counts.
pub(super) fn charge(
    kind: ChargeKind,
    title: Option<Title>,
    amount: Money,
    tax: Money,
) -> Option<Charge> {
    if amount.is_zero() && tax.is_zero() {
        return None;
    }
    let rebate = amount.is_negative() || tax.is_negative();
    let kind = if rebate { ChargeKind::Fee } else { kind };
    Some(Charge {
        kind,
        title,
        amount,
        tax,
    })
}

/// A title with the words that tell the variation from others, but for those it says already.
pub(super) fn varied<'w>(title: Cow<'w, str>, values: Vec<Cow<'w, str>>) -> Cow<'w, str> {
    let said = title.to_lowercase();
    let new = values.iter().map(|value| value.trim());
    let new = new.filter(|value| !value.is_empty() && !said.contains(&value.to_lowercase()));
    let new: Vec<&str> = new.collect();
    match new.is_empty() {
        true => title,
        false => Cow::Owned(format!("{title} - {}", new.join(" / "))),
    }
}

/// Keeps what people call the order by. It is no reference: shops begin their numbers again, and
/// an order that shares one with an older order is another order all the same.
pub(super) fn keep_number(
    fields: &mut Fields,
    draft: &mut OrderDraft,
    from: &Object<'_>,
    key: &str,
) {
    keep(fields, draft, from, key, ORDER_NUMBER);
}

/// Keeps a word of the channel that has no field of its own. It goes before what buyers and shops
/// attach to an order, which makes room for it.
pub(super) fn keep(
    fields: &mut Fields,
    draft: &mut OrderDraft,
    from: &Object<'_>,
    key: &str,
    name: &str,
) {
    let Some(value) = fields.text(from, key) else {
        return;
    };
    // Names of ours are valid keys.
    let Ok(name) = AttributeKey::parse(name) else {
        return;
    };
    if draft.attributes.len() >= ATTRIBUTES_MAX
        && !draft.attributes.contains_key(&name)
        && let Some((gone, _)) = draft.attributes.pop_last()
    {
        fields.left_out(format!("attributes.{gone}"), "too_many");
    }
    draft.attributes.insert(name, value);
}
