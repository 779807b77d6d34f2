//! What goes out, and what comes back.

use super::{Broken, ChannelHarness, Kept, SampleOrder, check, read, sample};
use crate::channel::{
    Answer, CancelCause, CancelUpdate, ChannelRefusalKind, ItemQuantity, ItemStock, Method,
    ParcelUpdate, Reads, RefundCause, RefundLine, RefundUpdate, Repeat, Request, Response,
    RetryWhy, ShipUpdate, Update, UpdateKind,
};
use crate::order::{HoldReason, Tracking};
use crate::value::{
    Currency, ExternalId, IdempotencyKey, Link, Money, Name, Quantity, ShipmentId, Timestamp, Units,
};

/// The number of the sample parcel's first shipment.
fn parcel(order: &SampleOrder) -> Result<ParcelUpdate, Broken> {
    let name = |text: &str| read("a name", Name::parse(text));
    let page = "https://parcel.example/00340434161094021501";
    let mut lines = Vec::new();
    for line in &order.lines {
        lines.push(ItemQuantity {
            item: read("a line id", ExternalId::parse(&line.item))?,
            quantity: read("units", Quantity::new(line.quantity))?,
        });
    }
    Ok(ParcelUpdate {
        shipment: read("a number", ShipmentId::new(1))?,
        channel_id: Some(read("a parcel id", ExternalId::parse("9007199254740993"))?),
        lines,
        tracking: Tracking {
            carrier: Some(name("Parcel Post")?),
            service: Some(name("Express")?),
            number: Some(read("a number", ExternalId::parse("00340434161094021501"))?),
            url: Some(read("a link", Link::parse(page))?),
        },
        shipped_at: read("a time", Timestamp::parse_rfc3339("2026-11-20T10:00:00Z"))?,
    })
}

/// An update of this kind about the sample order.
pub(super) fn update(kind: UpdateKind, order: &SampleOrder) -> Result<Update, Broken> {
    let parcel = parcel(order)?;
    let at = parcel.shipped_at;
    let euro = read("a currency", Currency::parse("EUR"))?;
    let item = |place: usize| {
        let line = parcel.lines.get(place);
        line.map_or_else(|| parcel.shipment.to_string(), |line| line.item.to_string())
    };
    let item = read("a line id", ExternalId::parse(&item(0)))?;
    let key = read("a key", IdempotencyKey::parse("event-1"))?;
    Ok(match kind {
        UpdateKind::Ship => Update::Ship(ShipUpdate {
            parcels: vec![parcel],
            complete: true,
            notify_buyer: true,
        }),
        UpdateKind::ChangeTracking => Update::ChangeTracking {
            parcel,
            notify_buyer: false,
        },
        UpdateKind::Deliver => Update::Deliver { parcel, at },
        UpdateKind::Cancel => Update::Cancel(CancelUpdate {
            cause: CancelCause::OutOfStock,
            lines: Vec::new(),
            restock: true,
            note: None,
            notify_buyer: true,
            key: Some(key),
        }),
        UpdateKind::Refund => Update::Refund(RefundUpdate {
            cause: RefundCause::Returned,
            lines: vec![RefundLine {
                item,
                quantity: Some(Quantity::ONE),
                amount: read("an amount", Money::parse("10.10", euro))?,
                tax: None,
                restock: true,
            }],
            shipping: None,
            other: None,
            note: None,
            notify_buyer: true,
            key: Some(key),
        }),
        UpdateKind::Hold => Update::Hold {
            reason: HoldReason::Payment,
            note: None,
        },
        UpdateKind::Release => Update::Release,
        UpdateKind::Stock => Update::Stock {
            levels: vec![ItemStock {
                item: read("an item id", ExternalId::parse("9007199254740993"))?,
                parent: None,
                location: Some(read("a place", ExternalId::parse("9007199254740995"))?),
                available: read("units", Units::new(7))?,
            }],
            key: Some(key),
        },
    })
}

fn is_exact(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => !number.is_f64(),
        serde_json::Value::Array(items) => items.iter().all(is_exact),
        serde_json::Value::Object(fields) => fields.values().all(is_exact),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => true,
    }
}

pub(in crate::testing::channels) fn ids_and_amounts_are_exact_literals(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    for id in harness.order_ids() {
        let plain = sample(harness);
        let order = SampleOrder {
            id: id.to_owned(),
            ..plain
        };
        let facts = harness.facts(&order);
        for kind in UpdateKind::ALL {
            let update = update(kind, &order)?;
            let sent = channel.outgoing(&facts, &update);
            check(channel.outgoing(&facts, &update) == sent, || {
                format!("{kind} is sent in two ways")
            })?;
            let sent = match sent {
                Ok(sent) => sent,
                Err(cannot) => {
                    check(!cannot.cause.to_string().is_empty(), || {
                        format!("{kind} is refused without a reason")
                    })?;
                    continue;
                }
            };
            let mut whole = String::new();
            for request in &sent.requests {
                whole.push_str(&request.path);
                whole.push(' ');
                let Some(body) = &request.body else { continue };
                whole.push_str(body);
                whole.push(' ');
                if request.header("Content-Type") == Some("application/json") {
                    let value = read("a body", serde_json::from_str::<serde_json::Value>(body))?;
                    check(is_exact(&value), || {
                        format!("{kind} writes a float: {body}")
                    })?;
                }
                if let Reads::Feed(crate::channel::FeedStep::Document { content, .. }) =
                    &request.reads
                {
                    whole.push_str(content);
                }
            }
            if kind == UpdateKind::Cancel {
                check(whole.contains(id), || {
                    format!("order {id} is not named in {whole}")
                })?;
            }
            if kind == UpdateKind::Ship {
                let number = "00340434161094021501";
                check(whole.contains(number), || {
                    format!("{number} is not in {whole}")
                })?;
            }
            if kind == UpdateKind::Refund {
                check(whole.contains("10.10"), || {
                    format!("10.10 is not in {whole}")
                })?;
            }
        }
    }
    Ok(())
}

pub(in crate::testing::channels) fn every_answer_is_understood(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let order = sample(harness);
    let facts = harness.facts(&order);
    let mut requests = vec![Request::json(Method::Post, "x", "{}".to_owned())];
    for kind in UpdateKind::ALL {
        if let Ok(sent) = channel.outgoing(&facts, &update(kind, &order)?) {
            requests.extend(sent.requests);
        }
    }
    let deep = "[".repeat(5_000);
    let bodies = [
        "",
        "{}",
        "[]",
        "null",
        "<html>",
        "{\"errors\":[{}]}",
        "{\"errors\":7}",
        &deep,
    ];
    for request in &requests {
        // What failed half way may have been done.
        let failed = match request.repeat {
            Repeat::Safe => RetryWhy::Unavailable,
            Repeat::LookFirst => RetryWhy::Unclear,
        };
        for status in 0..700 {
            for body in bodies {
                let response = Response::new(status, body);
                let answer = channel.answer(request, &response);
                let throttled = |why| matches!(&answer, Answer::RetryAfter(t) if t.why == why);
                let fine = match status {
                    200..=299 => !matches!(&answer, Answer::RetryAfter(t)
                        if t.why == RetryWhy::Unavailable),
                    401 => matches!(&answer, Answer::Refused(refusal)
                        if refusal.kind == ChannelRefusalKind::Unauthorised),
                    429 => throttled(RetryWhy::Throttled),
                    408 | 500..=599 => throttled(failed),
                    _ => !matches!(&answer, Answer::Done { .. } | Answer::Accepted { .. }),
                };
                check(fine, || format!("{status} {body:.20} means {answer:?}"))?;
            }
        }
    }
    Ok(())
}
