//! Pulling orders from WooCommerce: pages by number, so a window that moves is walked again.

use crate::channel::outbound::{Reads, Request, Response, segment};
use crate::channel::status::report_of;
use crate::channel::sync::{Fetch, Page, PageProblem, SyncKind, SyncSettings, page_of};
use crate::channel::woocommerce::status;

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

pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    let path = format!(
        "orders?dates_are_gmt=true&orderby=modified&order=asc&modified_after={}\
         &modified_before={}&per_page={}&page={}",
        segment(&fetch.from.to_string()),
        segment(&fetch.to.to_string()),
        fetch.items,
        number(fetch)?,
    );
    Some(Request::get(path, Reads::Page))
}

pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<Page, PageProblem> {
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
        None => u32::try_from(page.items.len()).is_ok_and(|items| items >= fetch.items),
    };
    page.next = more.then(|| number.saturating_add(1).to_string());
    Ok(page)
}
