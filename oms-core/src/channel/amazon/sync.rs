//! Pulling orders from Amazon: Orders 2026-01-01, whose pages hold whole orders.

use crate::channel::amazon::status;
use crate::channel::json::document;
use crate::channel::outbound::{Reads, Request, Response, segment};
use crate::channel::status::{report_of, text};
use crate::channel::sync::{Fetch, PageProblem, SyncKind, SyncPage, SyncSettings, page_of};

/// The end of a window lies at least two minutes back; the library keeps three.
const LAG_SECS: u32 = 180;

/// Most orders of a page.
const ITEMS_MAX: u32 = 100;

/// One question in three minutes is what the channel refills, so a rest is no shorter.
pub(super) const fn settings(kind: SyncKind) -> Option<SyncSettings> {
    match kind {
        SyncKind::Orders => {
            let mut settings = SyncSettings::new(kind);
            settings.lag_secs = LAG_SECS;
            Some(settings)
        }
        SyncKind::Returns | SyncKind::Stock => None,
    }
}

/// Asks one marketplace, the scope of the sync; without one there is nothing to ask.
pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    let mut path = format!(
        "/orders/2026-01-01/orders?marketplaceIds={}&lastUpdatedAfter={}&lastUpdatedBefore={}\
         &maxResultsPerPage={}&includedData=BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,\
         PACKAGES",
        segment(fetch.scope.as_ref()?.as_str()),
        segment(&fetch.from.to_string()),
        segment(&fetch.to.to_string()),
        fetch.items_up_to(ITEMS_MAX),
    );
    if let Some(page) = &fetch.page {
        path.push_str("&paginationToken=");
        path.push_str(&segment(page));
    }
    Some(Request::get(path, Reads::Page))
}

pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
    let mut page = page_of(fetch, response, |body| {
        report_of(body, &["orders"], status::report)
    })?;
    let root = document(&response.body).and_then(|root| root.object());
    let root = root.map_err(PageProblem::Unreadable)?;
    let pagination = root.object("pagination").ok().flatten();
    page.next = pagination.and_then(|pagination| text(&pagination, "nextToken"));
    Ok(page)
}
