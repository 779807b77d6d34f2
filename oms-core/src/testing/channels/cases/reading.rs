//! What comes in.

use super::{Broken, ChannelHarness, Kept, SampleOrder, check, own_id, read, sample};
use crate::channel::{ChannelWarning, Incoming, computed_total};
use crate::testing::Random;

fn one(harness: &dyn ChannelHarness, bytes: &[u8]) -> Result<Incoming, Broken> {
    let mut found = read(
        "the payload",
        harness.channel().read_orders(bytes, &own_id()?),
    )?;
    check(found.len() == 1, || {
        format!("{} orders read, 1 sent", found.len())
    })?;
    match found.pop() {
        Some(order) => read("the order", order),
        None => Err(Broken {
            message: "no order".to_owned(),
            at: None,
        }),
    }
}

pub(in crate::testing::channels) fn an_order_reads_the_same_from_what_was_kept(
    harness: &dyn ChannelHarness,
) -> Kept {
    let bytes = harness.payload(&sample(harness));
    let first = one(harness, &bytes)?;
    check(one(harness, &bytes)? == first, || {
        "the same bytes read differently".to_owned()
    })?;
    let Some(kept) = &first.draft.payload else {
        return check(false, || "the payload is not kept".to_owned());
    };
    let again = one(harness, kept.text.as_bytes())?;
    check(again.draft == first.draft, || {
        "the payload that was kept reads to another order".to_owned()
    })?;
    let lines = first.draft.lines.iter();
    let lines: Vec<_> = lines
        .map(|line| {
            (
                line.sku.as_ref().map(|sku| sku.as_str()),
                line.quantity.get(),
            )
        })
        .collect();
    check(lines == [(Some("TEA-01"), 2), (Some("CUP-07"), 1)], || {
        format!("the lines read as {lines:?}")
    })
}

pub(in crate::testing::channels) fn ids_stay_as_sent(harness: &dyn ChannelHarness) -> Kept {
    for order in harness.order_ids() {
        for pair in harness.line_ids().windows(2) {
            let [first, second] = pair else { continue };
            let sent = SampleOrder::standard(order, [first, second]);
            let bytes = harness.payload(&sent);
            let draft = one(harness, &bytes)?.draft;
            let named = |id: &str| draft.external.iter().any(|known| known.id.as_str() == id);
            check(named(order), || {
                format!("order {order} is known as {:?}", draft.external)
            })?;
            let items = draft.lines.iter().map(|line| line.channel_item.as_ref());
            let items: Vec<_> = items.map(|item| item.map(|id| id.as_str())).collect();
            check(items == [Some(*first), Some(*second)], || {
                format!("lines {pair:?} are known as {items:?}")
            })?;
            let reports = read("the words", harness.channel().read_statuses(&bytes))?;
            let ids: Vec<_> = reports.iter().flatten().map(|r| r.order.as_str()).collect();
            check(ids == [order], || {
                format!("order {order} reports as {ids:?}")
            })?;
        }
    }
    Ok(())
}

pub(in crate::testing::channels) fn the_stated_total_is_the_truth(
    harness: &dyn ChannelHarness,
) -> Kept {
    let plain = sample(harness);
    let incoming = one(harness, &harness.payload(&plain))?;
    let stated = incoming.draft.stated_total.map(|total| total.to_string());
    check(stated.as_deref() == Some("41.03 EUR"), || {
        format!("41.03 EUR reads as {stated:?}")
    })?;
    let computed = read("the sum", computed_total(&incoming.draft))?;
    check(incoming.draft.stated_total == Some(computed), || {
        format!("the parts sum to {computed}, not 41.03 EUR")
    })?;
    let differs = |incoming: &Incoming| {
        let mut warnings = incoming.warnings.iter();
        warnings.any(|warning| matches!(warning, ChannelWarning::TotalDiffers { .. }))
    };
    check(!differs(&incoming), || {
        "a total that adds up is doubted".to_owned()
    })?;
    let wrong = SampleOrder {
        total: "41.04".to_owned(),
        ..plain
    };
    let incoming = one(harness, &harness.payload(&wrong))?;
    let stated = incoming.draft.stated_total.map(|total| total.to_string());
    check(stated.as_deref() == Some("41.04 EUR"), || {
        format!("the channel says 41.04, the order says {stated:?}")
    })?;
    check(differs(&incoming), || {
        "a cent too much is not told".to_owned()
    })
}

pub(in crate::testing::channels) fn one_bad_order_never_loses_the_others(
    harness: &dyn ChannelHarness,
) -> Kept {
    let good = harness.payload(&sample(harness));
    for bad in [b"null".as_slice(), b"7", b"{}", b"[]", b"\"x\""] {
        let page = harness.page(&[good.clone(), bad.to_vec(), good.clone()]);
        let found = read("the page", harness.channel().read_orders(&page, &own_id()?))?;
        let fine = found.iter().filter(|order| order.is_ok()).count();
        let shown = String::from_utf8_lossy(bad);
        check(fine == 2, || {
            format!("{fine} of two orders beside {shown} were read")
        })?;
        check(found.len() == 3, || {
            format!("{shown} is passed over in silence")
        })?;
    }
    let none = read(
        "an empty page",
        harness
            .channel()
            .read_orders(&harness.page(&[]), &own_id()?),
    )?;
    check(none.is_empty(), || "an empty page has orders".to_owned())
}

pub(in crate::testing::channels) fn hostile_bytes_are_answered(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let id = own_id()?;
    let good = harness.payload(&sample(harness));
    let page = harness.page(&[good.clone(), good.clone()]);
    // Whatever the answer is, it is one; a panic is caught by the runner.
    let feed = |bytes: &[u8]| {
        let _answer = (
            channel.read_orders(bytes, &id),
            channel.read_statuses(bytes),
        );
    };
    for whole in [&good, &page] {
        for cut in 0..whole.len() {
            feed(whole.get(..cut).unwrap_or_default());
        }
    }
    for open in ["[", "{\"a\":", "{\"orders\":[", "{\"order\":{"] {
        feed(open.repeat(20_000).as_bytes());
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    feed(deep.as_bytes());
    feed(&[0xFF; 64]);
    feed("\u{0}\u{feff}".as_bytes());
    let mut random = Random::new(7);
    for _ in 0..2_000 {
        let mut bytes = if random.chance(500) {
            good.clone()
        } else {
            page.clone()
        };
        for _ in 0..=random.index(4) {
            let at = random.index(bytes.len());
            let byte = u8::try_from(random.below(256)).unwrap_or_default();
            match random.below(3) {
                0 => bytes.insert(at, byte),
                1 if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {
                    if let Some(place) = bytes.get_mut(at) {
                        *place = byte;
                    }
                }
            }
        }
        feed(&bytes);
    }
    Ok(())
}
