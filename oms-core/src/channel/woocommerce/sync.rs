//! Pulling orders from WooCommerce: pages by number, so a window that moves is walked again.

use crate::channel::outbound::{Reads, Request, Response, segment};
use crate::channel::status::report_of;
use crate::channel::sync::{Fetch, PageProblem, SyncKind, SyncPage, SyncSettings, page_of};
use crate::channel::woocommerce::status;
use crate::value::Timestamp;

/// Most orders of a page: for more the shop refuses the question.
const ITEMS_MAX: u32 = 100;

pub(super) const fn settings(kind: SyncKind) -> Option<SyncSettings> {
    match kind {
        SyncKind::Orders => Some(SyncSettings::new(kind)),
        SyncKind::Returns | SyncKind::Stock => None,
    }
}

fn number(fetch: &Fetch) -> Option<u32> {
    match &fetch.page {
        Some(page) => page.parse().ok(),
        None => Some(1),
    }
}

const MICROS_PER_SEC: i64 = 1_000_000;

/// A time of GMT as the shop compares it, `2026-11-20T09:50:00`. WordPress moves a text that says
/// how far it is from UTC to the site's own zone (`rest_parse_date`, `get_date_from_gmt`), and then
/// compares that with the column of GMT.
fn gmt(at: Timestamp) -> String {
    let mut text = at.to_string();
    let whole = text.find(['.', 'Z']).unwrap_or(text.len());
    text.truncate(whole);
    text
}

pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    // The shop's clock has whole seconds: the window may grow, never shrink.
    let to = fetch.to;
    let part = MICROS_PER_SEC - 1;
    let last = to.checked_add_micros(part).unwrap_or(to);
    let path = format!(
        "orders?dates_are_gmt=true&orderby=modified&order=asc&modified_after={}\
         &modified_before={}&per_page={}&page={}",
        segment(&gmt(fetch.from)),
        segment(&gmt(last)),
        fetch.items_up_to(ITEMS_MAX),
        number(fetch)?,
    );
    Some(Request::get(path, Reads::Page))
}

pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
    let Some(number) = number(fetch) else {
        return Err(PageProblem::Restart);
    };
    let mut page = page_of(fetch, response, |body| report_of(body, &[], status::report))?;
    let header = |name: &str| response.header(name)?.trim().parse::<u64>().ok();
    page.total = header("X-WP-Total");
    let pages = header("X-WP-TotalPages");
    let more = match pages {
        Some(pages) => u64::from(number) < pages,
        // A proxy may drop the headers: a full page may have a follower.
        None => {
            let full = fetch.items_up_to(ITEMS_MAX);
            u32::try_from(page.items.len()).is_ok_and(|items| items >= full)
        }
    };
    page.next = more.then(|| number.saturating_add(1).to_string());
    Ok(page)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Fetch, SyncKind, fetch};
    use crate::value::Timestamp;

    fn asked(from: &str, to: &str) -> String {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let asked = Fetch {
            kind: SyncKind::Orders,
            from: at(from),
            to: at(to),
            page: None,
            items: 50,
            scope: None,
            ticket: 0,
        };
        fetch(&asked).unwrap().path
    }

    #[test]
    fn times_are_gmt_without_saying_so_and_the_window_never_shrinks() {
        let path = asked("2026-11-20T09:50:00.000000Z", "2026-11-20T10:00:00.000000Z");
        let plain =
            "&modified_after=2026-11-20T09%3A50%3A00&modified_before=2026-11-20T10%3A00%3A00&";
        assert!(path.contains(plain), "{path}");
        assert!(!path.contains(['Z', '.', '+']), "{path}");
        let path = asked("2026-11-20T09:50:00.999999Z", "2026-11-20T09:59:59.000001Z");
        assert!(path.contains(plain), "{path}");
    }
}
