//! Answers of Admin GraphQL that were damaged on the way: whatever can still be read of one, it
//! never ends a window over orders that nobody saw.

use crate::shared::fixture;
use crate::shopify_graphql_sync::{ANSWER, fetch};
use oms_core::channel::{Channel, Response, ShopifyGraphql, SyncPage};
use proptest::prelude::*;

/// The page of an answer to a page of that name, if it is one.
fn page(name: Option<&str>, answer: Vec<u8>) -> Option<SyncPage> {
    let answer = Response::new(200, answer);
    ShopifyGraphql.page(&fetch(name), &answer).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_answer_never_ends_a_window_early(
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..4),
        cut in any::<bool>(),
        alone in any::<bool>(),
    ) {
        let mut answer = fixture(ANSWER).into_bytes();
        let at = at.index(answer.len());
        match cut {
            true => answer.truncate(at),
            false => {
                answer.splice(at..at, bytes);
            }
        }
        if let Some(page) = page(alone.then_some("alone:x"), answer) {
            prop_assert!(page.next.is_some(), "{page:?}");
        }
    }
}

/// Nearly nothing of what chance does to an answer leaves one that can be read. This does.
#[test]
fn an_answer_with_a_space_too_many_never_ends_a_window_early() {
    let answer = fixture(ANSWER).into_bytes();
    for name in [None, Some("alone:x")] {
        let (mut read, mut unread) = (0, 0);
        for at in (0..answer.len()).step_by(3) {
            let mut damaged = answer.clone();
            damaged.insert(at, b' ');
            match page(name, damaged) {
                Some(page) => {
                    assert!(page.next.is_some(), "at {at}: {page:?}");
                    read += 1;
                }
                None => unread += 1,
            }
        }
        assert!(read > 0 && unread > 0, "{read} of {}", read + unread);
    }
}
