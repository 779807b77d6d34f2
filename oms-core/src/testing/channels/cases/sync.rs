//! Pull syncs.

use super::{ChannelHarness, Kept, check, read, sample};
use crate::channel::{Fetch, PageProblem, Request, Response, RetryWhy, SyncKind};
use crate::value::{ExternalId, Timestamp};

fn first(harness: &dyn ChannelHarness) -> Result<Fetch, super::Broken> {
    let facts = harness.facts(&sample(harness));
    Ok(Fetch {
        kind: SyncKind::Orders,
        from: read("a time", Timestamp::parse_rfc3339("2026-11-19T00:00:00Z"))?,
        to: read("a time", Timestamp::parse_rfc3339("2026-11-20T00:00:00Z"))?,
        page: None,
        items: 50,
        scope: facts.marketplace,
        ticket: 0,
    })
}

/// All that is asked, wherever the channel wants it.
fn question(request: Request) -> String {
    let body = request.body.unwrap_or_default();
    format!("{} {body}", request.path)
}

pub(in crate::testing::channels) fn pages_follow_one_another(harness: &dyn ChannelHarness) -> Kept {
    let channel = harness.channel();
    for kind in SyncKind::ALL {
        let settings = channel.sync_settings(kind);
        let fetch = Fetch {
            kind,
            ..first(harness)?
        };
        let asked = channel.fetch(&fetch);
        check(settings.is_some() == asked.is_some(), || {
            format!("{kind:?} has settings or a request, but not both")
        })?;
        if let Some(settings) = settings {
            read("the settings", settings.check())?;
        }
    }
    let fetch = first(harness)?;
    let Some(asked) = channel.fetch(&fetch) else {
        return Ok(());
    };
    let asked = question(asked);
    for part in ["50", "2026-11-19", "2026-11-20"] {
        check(asked.contains(part), || {
            format!("{part} is not asked: {asked}")
        })?;
    }
    let order = sample(harness);
    let payload = harness.payload(&order);
    let page = channel.page(
        &fetch,
        &harness.answer(std::slice::from_ref(&payload), Some("2")),
    );
    let page = match page {
        Ok(page) => page,
        Err(problem) => return check(false, || format!("a page is refused: {problem:?}")),
    };
    let ids: Vec<_> = page.items.iter().map(|item| item.id.as_ref()).collect();
    let known = read("an order id", ExternalId::parse(&order.id))?;
    check(ids == [Some(&known)], || {
        format!("a page of {} holds {ids:?}", order.id)
    })?;
    check(
        page.items.iter().all(|item| item.changed_at.is_some()),
        || "the page does not say when its orders changed".to_owned(),
    )?;
    check(page.next.is_some(), || {
        "the next page is not named".to_owned()
    })?;
    let second = Fetch {
        page: page.next,
        ..fetch.clone()
    };
    let next = channel.fetch(&second).map(question);
    check(next.is_some() && next.as_ref() != Some(&asked), || {
        "the second page is asked like the first".to_owned()
    })?;
    let last = channel.page(&second, &harness.answer(&[payload], None));
    let ended = last.is_ok_and(|page| page.next.is_none());
    check(ended, || "the last page names another one".to_owned())
}

pub(in crate::testing::channels) fn an_overloaded_channel_is_left_alone(
    harness: &dyn ChannelHarness,
) -> Kept {
    let channel = harness.channel();
    let fetch = first(harness)?;
    if channel.fetch(&fetch).is_none() {
        return Ok(());
    }
    let asked = Response::new(429, "").with("Retry-After", "7");
    let told = |problem: &PageProblem| {
        matches!(problem, PageProblem::Retry(throttle)
            if throttle.why == RetryWhy::Throttled && throttle.wait_secs == Some(7))
    };
    check(
        channel
            .page(&fetch, &asked)
            .is_err_and(|problem| told(&problem)),
        || "429 with Retry-After: 7 is not a pause of 7 seconds".to_owned(),
    )?;
    for status in [500, 502, 503, 504] {
        let answer = channel.page(&fetch, &Response::new(status, "<html>"));
        let later = matches!(&answer, Err(PageProblem::Retry(_)));
        check(later, || format!("{status} means {answer:?}"))?;
    }
    let bodies = [
        "",
        "{",
        "<html>",
        "[7]",
        r#"{"orders":7}"#,
        r#"{"data":{"orders":null}}"#,
        r#"{"errors":[{"message":"no"}]}"#,
        r#"{"data":null,"errors":[{"message":"no"}]}"#,
    ];
    for body in bodies {
        // Whatever this is, a window must not close over it as if it were an empty page.
        let answer = channel.page(&fetch, &Response::new(200, body));
        let empty = answer.is_ok_and(|page| page.items.is_empty() && page.next.is_none());
        check(!empty, || format!("{body:?} counts as an empty page"))?;
    }
    Ok(())
}
