//! Pulling orders from Shopify, by Admin REST.

use crate::channel::outbound::{Reads, Request, Response, segment};
use crate::channel::shopify::status;
use crate::channel::status::report_of;
use crate::channel::sync::{Fetch, PageProblem, SyncKind, SyncPage, SyncSettings, page_of};

/// Most orders of a page, by either API.
pub(super) const ITEMS_MAX: u32 = 250;

pub(super) const fn settings(kind: SyncKind) -> Option<SyncSettings> {
    match kind {
        SyncKind::Orders => Some(SyncSettings::new(kind)),
        SyncKind::Returns | SyncKind::Stock => None,
    }
}

/// The first page by change time; the others by the name the one before gave.
pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    let limit = fetch.items_up_to(ITEMS_MAX);
    let query = match &fetch.page {
        // A named page takes no other filter.
        Some(page) => format!("limit={limit}&page_info={}", segment(page)),
        None => format!(
            "status=any&order=updated_at%20asc&updated_at_min={}&updated_at_max={}&limit={limit}",
            segment(&fetch.from.to_string()),
            segment(&fetch.to.to_string()),
        ),
    };
    Some(Request::get(format!("orders.json?{query}"), Reads::Page))
}

pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
    let mut page = page_of(fetch, response, |body| {
        report_of(body, &["orders"], status::report)
    })?;
    page.next = response.header("Link").and_then(next);
    Ok(page)
}

/// The `page_info` of the link whose relation is `next`.
fn next(links: &str) -> Option<String> {
    let is_next = |link: &&str| {
        let relation = link.split(';').skip(1);
        relation
            .filter_map(|part| part.trim().strip_prefix("rel="))
            .any(|rel| rel.trim_matches('"') == "next")
    };
    let link = links.split(',').find(is_next)?;
    let address = link.trim().strip_prefix('<')?.split('>').next()?;
    let (_, query) = address.split_once('?')?;
    let named = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_info="));
    named.filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_named_by_its_link() {
        let both = "<https://s/admin/orders.json?limit=50&page_info=aaa>; rel=\"previous\", \
                    <https://s/admin/orders.json?page_info=bbb&limit=50>; rel=\"next\"";
        assert_eq!(next(both).as_deref(), Some("bbb"));
        assert_eq!(next("<https://s/?page_info=aaa>; rel=\"previous\""), None);
        for odd in [
            "",
            ",",
            "<>",
            "<x?page_info=>; rel=next",
            "page_info=x; rel=next",
        ] {
            assert_eq!(next(odd), None, "{odd}");
        }
    }
}
