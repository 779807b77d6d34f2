//! Plain words for what the library says in types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use oms_core::channel::csv::Headers;
use oms_core::channel::{ChannelError, ChannelErrorKind, ORDER_NUMBER, Suggestion};
use oms_core::order::{BookedSlot, ExternalReference, Hold, HoldReason, OrderDraft, OrderStatus};
use oms_core::plan::{Rejection, Shortage, UnknownLineSku};
use oms_core::value::{AttributeKey, AttributeValue, OrderNumber};

/// At most this many order numbers are listed in a sentence.
const NUMBERS_LISTED: usize = 12;

/// As [`reference()`], of an order that was not placed yet.
#[must_use]
pub fn reference_of(draft: &OrderDraft) -> String {
    reference(&draft.external, &draft.attributes)
}

/// What people call an order: its number at the channel, else its id there.
#[must_use]
pub fn reference(
    external: &[ExternalReference],
    attributes: &BTreeMap<AttributeKey, AttributeValue>,
) -> String {
    let mut kept = attributes.iter();
    if let Some((_, number)) = kept.find(|(key, _)| key.as_str() == ORDER_NUMBER) {
        return number.to_string();
    }
    let mut all = external.iter();
    let found = all.find(|reference| reference.kind.as_str() == "order");
    let found = found.or_else(|| external.first());
    found.map_or_else(|| "(none)".to_owned(), |reference| reference.id.to_string())
}

/// `1 unit`, `2 units`.
pub fn units(count: u64) -> String {
    format!("{count} {}", if count == 1 { "unit" } else { "units" })
}

/// `1 unit is`, `2 units are`.
pub fn are(count: u64) -> String {
    format!("{} {}", units(count), if count == 1 { "is" } else { "are" })
}

/// `1 is still`, `2 are still`.
pub fn still(count: u64) -> String {
    format!("{count} {} still", if count == 1 { "is" } else { "are" })
}

/// `Order 3 was`, `Orders 3, 4 and 9 were`, `120 orders were`.
pub fn orders(numbers: &[OrderNumber]) -> String {
    let listed: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match listed.as_slice() {
        [one] => format!("Order {one} was"),
        many if many.len() > NUMBERS_LISTED => format!("{} orders were", many.len()),
        [all @ .., last] => format!("Orders {} and {last} were", all.join(", ")),
        [] => "No order was".to_owned(),
    }
}

/// `15 minutes`, `2 days`.
pub fn span(secs: i64) -> String {
    let (count, unit) = match secs {
        secs if secs % 86_400 == 0 => (secs / 86_400, "day"),
        secs if secs % 3_600 == 0 => (secs / 3_600, "hour"),
        secs if secs % 60 == 0 => (secs / 60, "minute"),
        secs => (secs, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A status as people say it.
pub const fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::OnHold => "on hold",
        OrderStatus::Pending
        | OrderStatus::Approved
        | OrderStatus::Picking
        | OrderStatus::Picked
        | OrderStatus::Packing
        | OrderStatus::Packed
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Cancelled
        | OrderStatus::Returned => status.as_str(),
    }
}

/// Why an order is on hold.
pub fn hold(hold: &Hold) -> String {
    let told = hold.reasons.iter().map(|reason| {
        let words = hold_reason(*reason);
        match hold.notes.get(reason) {
            Some(note) => format!("{words} ({note})"),
            None => words.to_owned(),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The delivery slot an order has now.
pub fn slot(slot: Option<&BookedSlot>) -> String {
    slot.map_or_else(
        || "no delivery slot any more".to_owned(),
        |slot| format!("booked {}", slot.key),
    )
}

/// A reason to stop an order.
pub const fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::UnknownSku => "a SKU is not in the catalogue",
        HoldReason::Shortage => "not enough stock",
        HoldReason::Unserviceable => "no active hub delivers there",
        HoldReason::Capacity => "every hub is full or closed today",
        HoldReason::TotalsDiffer => "the total is not the sum of the parts",
        HoldReason::ReservationExpired => "not paid in time, the reservation ended",
        HoldReason::Payment => "the payment is missing or doubtful",
        HoldReason::Address => "the address needs a look",
        HoldReason::Slot => "the delivery slot cannot be had, or was given back",
        HoldReason::Review => "a person has to look at it",
        HoldReason::Other => "another reason",
    }
}

/// Why a command was not done.
pub fn refusal(error: &oms_core::service::Error) -> String {
    match error.rejection() {
        Some(rejected) => rejection(rejected),
        None => error.to_string(),
    }
}

/// Why an order was refused.
pub fn rejection(rejection: &Rejection) -> String {
    if let Rejection::Short { shortages, .. } = rejection {
        let each: Vec<String> = shortages.iter().map(shortage).collect();
        return format!("not enough stock: {}", each.join("; "));
    }
    if let Rejection::UnknownSkus { lines } = rejection {
        let each: Vec<Cow<'_, str>> = lines.iter().map(unknown_sku).collect();
        return format!("not in the catalogue: {}", each.join(", "));
    }
    rejection.to_string()
}

fn shortage(short: &Shortage) -> String {
    let Shortage {
        sku,
        asked,
        available,
        together,
        everywhere,
    } = short;
    if everywhere > together {
        return format!(
            "{asked} x {sku} ordered, all hubs have {everywhere}, those that may share the order \
             {together}, one at most {available}"
        );
    }
    if together > available {
        return format!(
            "{asked} x {sku} ordered, all hubs have {together}, one at most {available}"
        );
    }
    format!("{asked} x {sku} ordered, no hub can give more than {available}")
}

fn unknown_sku(line: &UnknownLineSku) -> Cow<'_, str> {
    match &line.sku {
        Some(sku) => Cow::Borrowed(sku.as_str()),
        None => Cow::Owned(format!("line {} has no SKU", line.line)),
    }
}

/// Why an order is nothing to work on.
pub fn left_out(suggestion: &Suggestion) -> String {
    match suggestion {
        Suggestion::Shipped => "shipped already, by the channel's word".to_owned(),
        Suggestion::Delivered => "delivered already, by the channel's word".to_owned(),
        Suggestion::Ignore { why }
        | Suggestion::OnHold { why }
        | Suggestion::Cancelled { why }
        | Suggestion::NeedsPerson { why } => why.to_string(),
        Suggestion::Pending | Suggestion::Approved => String::new(),
    }
}

/// Why a JSON file cannot be read at all, as the rest of a sentence.
pub fn bad_payload(problem: &ChannelError) -> String {
    match problem.kind {
        ChannelErrorKind::NotUtf8 => "is not UTF-8 text".to_owned(),
        ChannelErrorKind::NotJson => format!("is not JSON: expected {}", problem.expected),
        ChannelErrorKind::UnknownFormat => {
            "is JSON, but no order of Shopify or WooCommerce".to_owned()
        }
        ChannelErrorKind::Missing
        | ChannelErrorKind::WrongType
        | ChannelErrorKind::Invalid { .. }
        | ChannelErrorKind::MissingColumn
        | ChannelErrorKind::RepeatedColumn
        | _ => format!("cannot be read: {problem}"),
    }
}

/// Why a CSV file cannot be read at all, as the rest of a sentence.
pub fn bad_table(problem: &ChannelError) -> String {
    match problem.kind {
        ChannelErrorKind::NotUtf8 => format!("cannot be read: expected {}", problem.expected),
        ChannelErrorKind::MissingColumn if problem.path.is_empty() => {
            "has no header row".to_owned()
        }
        ChannelErrorKind::MissingColumn => format!(
            "has no column {} in its header row ({})",
            problem.path, problem.value
        ),
        ChannelErrorKind::RepeatedColumn => {
            format!("has two columns for {} in its header row", problem.path)
        }
        ChannelErrorKind::NotJson
        | ChannelErrorKind::UnknownFormat
        | ChannelErrorKind::Missing
        | ChannelErrorKind::WrongType
        | ChannelErrorKind::Invalid { .. }
        | _ => format!("cannot be read: {problem}"),
    }
}

/// What is wrong with a field of an order.
pub fn bad_field(problem: &ChannelError) -> String {
    match problem.kind {
        ChannelErrorKind::Missing => format!("missing; expected {}", problem.expected),
        ChannelErrorKind::UnknownFormat => "no order of Shopify or WooCommerce".to_owned(),
        ChannelErrorKind::NotUtf8
        | ChannelErrorKind::NotJson
        | ChannelErrorKind::WrongType
        | ChannelErrorKind::Invalid { .. }
        | ChannelErrorKind::MissingColumn
        | ChannelErrorKind::RepeatedColumn
        | _ => format!("expected {}", problem.expected),
    }
}

/// The columns of a file that nobody reads, for people; `None` when all are read.
#[must_use]
pub fn unread_columns(headers: &Headers) -> Option<String> {
    let clean = |name: &String| name.chars().filter(|c| !c.is_control()).collect::<String>();
    let names: Vec<String> = headers.ignored().iter().map(clean).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("column {name} is not read")),
        names => Some(format!("columns {} are not read", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{are, orders, span, still, units};
    use oms_core::value::OrderNumber;

    fn numbers(count: u64) -> Vec<OrderNumber> {
        (1..=count)
            .filter_map(|number| OrderNumber::new(number).ok())
            .collect()
    }

    #[test]
    fn counts_are_in_the_right_number() {
        assert_eq!(units(1), "1 unit");
        assert_eq!(are(2), "2 units are");
        assert_eq!(still(1), "1 is still");
        assert_eq!(span(900), "15 minutes");
        assert_eq!(span(86_400), "1 day");
        assert_eq!(span(7_200), "2 hours");
        assert_eq!(span(61), "61 seconds");
    }

    #[test]
    fn order_numbers_are_listed_until_there_are_too_many() {
        assert_eq!(orders(&numbers(0)), "No order was");
        assert_eq!(orders(&numbers(1)), "Order 1 was");
        assert_eq!(orders(&numbers(3)), "Orders 1, 2 and 3 were");
        assert_eq!(orders(&numbers(13)), "13 orders were");
    }
}
