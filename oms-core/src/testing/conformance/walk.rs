//! Walking through the pages of a list.

/// How many pages a walk takes at most, so that a list without an end is noticed.
pub(super) const PAGES_MAX: usize = 20;

/// All items of a list, by pages of `limit`: `walk!(2, |after, limit| future of a page)`.
macro_rules! walk {
    ($limit:expr, |$after:ident, $max:ident| $page:expr) => {{
        let $max: usize = $limit;
        let mut items = Vec::new();
        let mut cursor = None;
        let mut pages = 0_usize;
        loop {
            let page = {
                let $after = cursor.clone();
                $page.await?
            };
            pages = pages.saturating_add(1);
            let fits = page.items.len() <= $max;
            $crate::testing::conformance::failure::check(fits, "a page is larger than its limit")?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            let ends = pages < $crate::testing::conformance::walk::PAGES_MAX;
            $crate::testing::conformance::failure::check(ends, "the list does not end")?;
        }
        items
    }};
}

pub(super) use walk;
