//! Pulling orders from eBay: pages by offset, so a window that moves is walked again.

use crate::channel::ebay::status;
use crate::channel::json::document;
use crate::channel::outbound::{Reads, Request, Response, milliseconds, segment};
use crate::channel::status::{report_of, text};
use crate::channel::sync::{Fetch, PageProblem, SyncKind, SyncPage, SyncSettings, page_of};

/// Most orders of a page: the documents allow more, and it fails with more.
const ITEMS_MAX: u32 = 200;

pub(super) const fn settings(kind: SyncKind) -> Option<SyncSettings> {
    match kind {
        SyncKind::Orders => Some(SyncSettings::new(kind)),
        SyncKind::Returns | SyncKind::Stock => None,
    }
}

fn offset(fetch: &Fetch) -> Option<u64> {
    match &fetch.page {
        Some(page) => page.parse().ok(),
        None => Some(0),
    }
}

/// By change time alone: with a creation time beside it, only that one would count.
pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    let (from, to) = (milliseconds(fetch.from), milliseconds(fetch.to));
    let path = format!(
        "/sell/fulfillment/v1/order?filter={}&limit={}&offset={}",
        segment(&format!("lastmodifieddate:[{from}..{to}]")),
        fetch.items_up_to(ITEMS_MAX),
        offset(fetch)?,
    );
    Some(Request::get(path, Reads::Page))
}

pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
    let Some(offset) = offset(fetch) else {
        return Err(PageProblem::Restart);
    };
    let mut page = page_of(fetch, response, |body| {
        report_of(body, &["orders"], status::report)
    })?;
    let root = document(&response.body).and_then(|root| root.object());
    let root = root.map_err(PageProblem::Unreadable)?;
    page.total = text(&root, "total").and_then(|total| total.parse().ok());
    if text(&root, "next").is_some() {
        let asked = u64::from(fetch.items_up_to(ITEMS_MAX));
        page.next = Some(offset.saturating_add(asked).to_string());
    }
    Ok(page)
}
