//! What words mean, and what can be said.

use super::{Broken, ChannelHarness, Kept, check, read, sample};
use crate::channel::{
    Channel, Inbound, LineView, NoChange, ParcelReport, PersonCause, Says, StatusPolicy,
    StatusReport, View, Vocabulary,
};
use crate::order::OrderStatus;
use crate::testing::channels::cases::outbound::update;
use crate::value::{ExternalId, LineId, Units};

/// Most combinations of words that are tried one by one; the rest of a product is sampled evenly.
const COMBINATIONS_MAX: usize = 5_000;

const UNHEARD: &str = "unheard-of";

fn view(harness: &dyn ChannelHarness, status: OrderStatus) -> Result<View, Broken> {
    let shipped = match status {
        OrderStatus::Shipped | OrderStatus::Delivered | OrderStatus::Returned => true,
        OrderStatus::Pending
        | OrderStatus::OnHold
        | OrderStatus::Approved
        | OrderStatus::Picking
        | OrderStatus::Picked
        | OrderStatus::Packing
        | OrderStatus::Packed
        | OrderStatus::Cancelled => false,
    };
    let arrived = matches!(status, OrderStatus::Delivered | OrderStatus::Returned);
    let mut view = View::new(status).held_by_channel();
    let mut next = Some(LineId::FIRST);
    for line in &sample(harness).lines {
        let Some(id) = next else { break };
        next = id.next();
        let ordered = read("units", Units::new(line.quantity))?;
        let all = |yes: bool| if yes { ordered } else { Units::ZERO };
        view.lines.push(LineView {
            line: id,
            item: Some(read("a line id", ExternalId::parse(&line.item))?),
            ordered,
            shipped: all(shipped),
            delivered: all(arrived),
            cancelled: all(status == OrderStatus::Cancelled),
            returned: all(status == OrderStatus::Returned),
        });
    }
    Ok(view)
}

fn say(report: &mut StatusReport, field: &'static str, word: &str) {
    if word.is_empty() {
        return;
    }
    if field == "parcel" {
        let (word, lines) = (word.to_owned(), Vec::new());
        report.parcels.push(ParcelReport { word, lines });
    } else {
        *report = report.clone().with(field, word);
    }
}

/// Every combination of words, each field saying nothing too, or an even sample of them.
fn each_combination(
    vocabulary: &[Vocabulary],
    mut visit: impl FnMut(&[(&'static str, &'static str)]) -> Kept,
) -> Kept {
    let sizes: Vec<usize> = vocabulary
        .iter()
        .map(|field| field.words.len() + 1)
        .collect();
    let all = sizes
        .iter()
        .fold(1_usize, |all, size| all.saturating_mul(*size));
    let mut step = (all / COMBINATIONS_MAX).saturating_add(1);
    // A step that shares a factor with a field's size would pass over some of its words for ever.
    while sizes.iter().any(|size| shared(step, *size) > 1) {
        step += 1;
    }
    let mut number = 0;
    while number < all {
        let mut rest = number;
        let mut words = Vec::new();
        for (field, size) in vocabulary.iter().zip(&sizes) {
            let at = rest % size;
            rest /= size;
            let word = at.checked_sub(1).and_then(|at| field.words.get(at));
            words.push((field.field, word.copied().unwrap_or_default()));
        }
        visit(&words)?;
        number += step;
    }
    Ok(())
}

/// The largest number that divides both.
const fn shared(a: usize, b: usize) -> usize {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn report(harness: &dyn ChannelHarness) -> Result<StatusReport, Broken> {
    let id = read("an order id", ExternalId::parse(&sample(harness).id))?;
    Ok(StatusReport::new(id))
}

fn is_flag(field: &Vocabulary) -> bool {
    field
        .words
        .iter()
        .all(|word| matches!(*word, "true" | "false"))
}

pub(in crate::testing::channels) fn every_word_is_answered(harness: &dyn ChannelHarness) -> Kept {
    let channel = harness.channel();
    let policy = StatusPolicy::new();
    let vocabulary = channel.vocabulary();
    check(
        vocabulary.iter().any(|field| !field.words.is_empty()),
        || "the channel documents no words".to_owned(),
    )?;
    let (empty, view) = (report(harness)?, view(harness, OrderStatus::Approved)?);
    each_combination(vocabulary, |words| {
        let mut report = empty.clone();
        for (field, word) in words {
            say(&mut report, field, word);
        }
        let answer = channel.inbound(&report, &view, &policy);
        check(channel.inbound(&report, &view, &policy) == answer, || {
            format!("{words:?} is answered in two ways")
        })?;
        let unknown = matches!(
            &answer,
            Inbound::NeedsPerson {
                cause: PersonCause::UnknownWord { .. }
            }
        );
        check(!unknown, || {
            format!("{words:?}: a documented word is not known: {answer:?}")
        })
    })?;
    // Beside words that mean something, an unknown one asks a person, in every field.
    let Some(base) = harness.after(OrderStatus::Approved) else {
        return check(false, || {
            "the channel cannot show an order that is ready".to_owned()
        });
    };
    for field in vocabulary.iter().filter(|field| !is_flag(field)) {
        let mut report = base.clone();
        report.words.retain(|word| word.field != field.field);
        say(&mut report, field.field, UNHEARD);
        let answer = channel.inbound(&report, &view, &policy);
        check(matches!(answer, Inbound::NeedsPerson { .. }), || {
            format!("{} = {UNHEARD:?} is answered with {answer:?}", field.field)
        })?;
    }
    Ok(())
}

/// How far along the road a status is; `None` for the exits.
const fn place(status: OrderStatus) -> Option<u8> {
    match status {
        OrderStatus::Pending => Some(0),
        OrderStatus::Approved => Some(1),
        OrderStatus::Picking => Some(2),
        OrderStatus::Picked => Some(3),
        OrderStatus::Packing => Some(4),
        OrderStatus::Packed => Some(5),
        OrderStatus::Shipped => Some(6),
        OrderStatus::Delivered => Some(7),
        OrderStatus::Returned => Some(8),
        OrderStatus::OnHold | OrderStatus::Cancelled => None,
    }
}

/// Whether an order may be moved so by a channel.
fn may_move(from: OrderStatus, to: OrderStatus) -> bool {
    match (from, to) {
        (OrderStatus::Cancelled | OrderStatus::Returned, _) => false,
        (OrderStatus::OnHold, OrderStatus::Pending | OrderStatus::OnHold) => false,
        (OrderStatus::OnHold, _) => true,
        (_, OrderStatus::OnHold | OrderStatus::Cancelled) => {
            place(from) < place(OrderStatus::Shipped)
        }
        (_, _) => place(to) > place(from),
    }
}

pub(in crate::testing::channels) fn an_order_never_moves_back(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let policy = StatusPolicy::new();
    let empty = report(harness)?;
    for status in OrderStatus::ALL {
        let view = view(harness, status)?;
        each_combination(channel.vocabulary(), |words| {
            let mut report = empty.clone();
            for (field, word) in words {
                say(&mut report, field, word);
            }
            let to = match channel.inbound(&report, &view, &policy) {
                Inbound::MoveTo { status, .. } => Some(status),
                Inbound::LineChange { then, changes, .. } => {
                    check(!changes.is_empty(), || format!("{words:?} changes no line"))?;
                    then
                }
                Inbound::NoChange { .. } | Inbound::NeedsPerson { .. } => None,
            };
            let legal = to.is_none_or(|to| may_move(status, to));
            check(legal, || {
                format!("{words:?} moves an order from {status} to {to:?}")
            })
        })?;
    }
    Ok(())
}

pub(in crate::testing::channels) fn what_it_says_it_can_express(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let order = sample(harness);
    let facts = harness.facts(&order);
    for status in OrderStatus::ALL {
        let Some(kind) = channel.says(status).update() else {
            continue;
        };
        let sent = channel.outgoing(&facts, &update(kind, &order)?);
        let sent = read(&format!("{status} is said by {kind}"), sent)?;
        check(!sent.requests.is_empty(), || {
            format!("{status} is said by no request at all")
        })?;
    }
    Ok(())
}

/// Statuses that must come back as themselves when nothing is lost on the way.
fn is_said_in_full(channel: &dyn Channel, status: OrderStatus) -> bool {
    matches!(channel.says(status), Says::By(_) | Says::Already)
}

pub(in crate::testing::channels) fn its_own_echo_changes_nothing(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let policy = StatusPolicy::new();
    for status in OrderStatus::ALL {
        let told = channel.says(status).update().is_some();
        let Some(echo) = harness.after(status) else {
            check(!told, || {
                format!("{status} can be told, but nobody says how it shows")
            })?;
            continue;
        };
        let known = channel.inbound(&echo, &view(harness, status)?, &policy);
        // Where something is lost, the channel shows less than is known here.
        let quiet = match known {
            Inbound::NoChange {
                why: NoChange::Same,
            } => true,
            Inbound::NoChange {
                why: NoChange::Behind,
            } => channel.says(status).loss().is_some(),
            Inbound::NoChange { .. }
            | Inbound::MoveTo { .. }
            | Inbound::LineChange { .. }
            | Inbound::NeedsPerson { .. } => false,
        };
        check(quiet, || format!("{status} comes back as {known:?}"))?;
        if !is_said_in_full(channel.as_ref(), status) || status == OrderStatus::Pending {
            continue;
        }
        // Somebody else did it there: the order follows.
        let before = match status {
            OrderStatus::Returned => OrderStatus::Delivered,
            OrderStatus::Delivered => OrderStatus::Shipped,
            OrderStatus::Pending
            | OrderStatus::OnHold
            | OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed
            | OrderStatus::Shipped
            | OrderStatus::Cancelled => OrderStatus::Pending,
        };
        let moved = match channel.inbound(&echo, &view(harness, before)?, &policy) {
            Inbound::MoveTo { status, .. } => Some(status),
            Inbound::LineChange { then, .. } => then,
            Inbound::NoChange { .. } | Inbound::NeedsPerson { .. } => None,
        };
        check(moved == Some(status), || {
            format!("{status} on the channel moves a {before} order to {moved:?}")
        })?;
    }
    Ok(())
}
