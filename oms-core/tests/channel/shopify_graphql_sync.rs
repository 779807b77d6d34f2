//! Pages of a pull by Admin GraphQL: where they go on, how orders with many lines come whole, and
//! that nothing that went wrong counts as a page.

use std::collections::BTreeMap;

use crate::shared::{channel, fixture, with};
use oms_core::channel::{
    Channel, ChannelRefusalKind, Fetch, PageProblem, Response, RetryWhy, Shopify, ShopifyGraphql,
    SyncKind, SyncPage, SyncSettings, SyncState, SyncStep, SyncWalk,
};
use oms_core::testing::Random;
use oms_core::value::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const ANSWER: &str = "shopify_graphql_pull.json";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(1_700_000_000 + secs).unwrap()
}

pub(crate) fn fetch(page: Option<&str>) -> Fetch {
    Fetch {
        kind: SyncKind::Orders,
        from: at(0),
        to: at(3_600),
        page: page.map(str::to_owned),
        items: 25,
        scope: None,
        ticket: 7,
    }
}

fn page(name: Option<&str>, body: &str) -> Result<SyncPage, PageProblem> {
    ShopifyGraphql.page(&fetch(name), &Response::new(200, body))
}

fn good(name: Option<&str>, body: &str) -> SyncPage {
    page(name, body).unwrap_or_else(|problem| panic!("{problem:?}"))
}

fn ids(page: &SyncPage) -> Vec<Option<&str>> {
    let ids = page.items.iter().map(|item| item.id.as_ref());
    ids.map(|id| id.map(|id| id.as_str())).collect()
}

fn one(number: u32) -> String {
    format!("gid://shopify/Order/900719925474099300{number}")
}

// Pages.

#[test]
fn a_page_names_its_orders_and_where_it_goes_on() {
    let found = good(None, &fixture(ANSWER));
    let all = [one(1), one(2), one(3)];
    let all: Vec<_> = all.iter().map(|id| Some(id.as_str())).collect();
    assert_eq!(ids(&found), all);
    let changed = found.items[1].changed_at.unwrap();
    assert_eq!(changed.to_string(), "2026-11-03T09:30:05.000000Z");
    assert_eq!(found.next.as_deref(), Some("after:eyJsYXN0X2lkIjozfQ=="));
    assert_eq!(found.total, None);
    let last = with(
        &fixture(ANSWER),
        r#""hasNextPage":true,"endCursor":"eyJsYXN0X2lkIjozfQ==""#,
        r#""hasNextPage":false,"endCursor":"eyJsYXN0X2lkIjozfQ==""#,
    );
    assert_eq!(good(Some("after:x"), &last).next, None);
}

#[test]
fn an_empty_page_is_one_that_says_so() {
    let empty = r#"{"data":{"orders":{"edges":[],"pageInfo":{"hasNextPage":false}}}}"#;
    assert_eq!(good(None, empty), SyncPage::last(Vec::new()));
    // Whatever is amiss, the window must not close over it.
    for (old, new, path) in [
        ("false", "null", "data.orders.pageInfo.hasNextPage"),
        ("false", "\"perhaps\"", "data.orders.pageInfo.hasNextPage"),
        ("false", "true", "data.orders.pageInfo.endCursor"),
        ("hasNextPage", "x", "data.orders.pageInfo.hasNextPage"),
        ("pageInfo", "x", "data.orders.pageInfo.hasNextPage"),
        ("{\"hasNextPage\":false}", "7", "data.orders.pageInfo"),
        ("edges", "nodes", "data.orders.edges"),
        ("[]", "null", "data.orders.edges"),
        ("[]", "{}", "data.orders.edges"),
        ("[]", "[7]", "data.orders.edges[0]"),
        ("orders", "order", "data.orders"),
        ("data", "x", "data.orders"),
    ] {
        let Err(PageProblem::Unreadable(problem)) = page(None, &with(empty, old, new)) else {
            panic!("{old} as {new} is a page");
        };
        assert_eq!(problem.path, path, "{old} as {new}");
    }
}

#[test]
fn an_order_that_cannot_be_read_has_no_id_and_loses_no_other() {
    let answer = fixture(ANSWER);
    let first = answer.find(r#"{"id":"gid"#).unwrap();
    let second = answer
        .rfind("\n{\"cursor\":\"eyJsYXN0X2lkIjoyfQ==\"")
        .unwrap();
    for odd in [
        "null",
        "7",
        "[]",
        "{}",
        "{\"id\":null,\"displayFinancialStatus\":null}",
    ] {
        let text = format!("{}{odd}}},{}", &answer[..first], &answer[second..]);
        let found = good(None, &text);
        let (two, three) = (one(2), one(3));
        assert_eq!(
            ids(&found),
            [None, Some(two.as_str()), Some(three.as_str())],
            "{odd}"
        );
        // The places are those of the orders that are read.
        let orders = ShopifyGraphql
            .read_orders(text.as_bytes(), &channel())
            .unwrap();
        assert_eq!(orders.len(), 3);
        assert!(orders[0].is_err() && orders[1].is_ok());
    }
}

// Orders with many lines.

/// The answer with more lines to come at the nth order: of the order or of its first parcel.
fn more(order: usize, key: &str) -> String {
    let mut answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
    let mut place = &mut answer["data"]["orders"]["edges"][order]["node"];
    if key == "fulfillmentLineItems" {
        place = &mut place["fulfillments"][0];
    }
    place[key]["pageInfo"]["hasNextPage"] = json!(true);
    answer.to_string()
}

#[test]
fn a_page_ends_before_an_order_that_is_cut_and_it_is_asked_alone() {
    let (first, second) = (one(1), one(2));
    let (first, second) = (Some(first.as_str()), Some(second.as_str()));
    let cut = good(None, &more(0, "lineItems"));
    assert_eq!((ids(&cut), cut.next.as_deref()), (vec![], Some("alone:")));
    let cut = good(Some("after:abc"), &more(0, "fulfillmentLineItems"));
    assert_eq!(
        (ids(&cut), cut.next.as_deref()),
        (vec![], Some("alone:abc"))
    );
    let cut = good(None, &more(2, "lineItems"));
    let next = Some("alone:eyJsYXN0X2lkIjoyfQ==");
    assert_eq!(
        (ids(&cut), cut.next.as_deref()),
        (vec![first, second], next)
    );
    // Alone there is no further page to wait for: it is handed on, and refused by its lines.
    let alone = good(Some("alone:"), &more(0, "lineItems"));
    assert_eq!(ids(&alone)[0], first);
    assert_eq!(alone.next.as_deref(), Some("after:eyJsYXN0X2lkIjozfQ=="));
}

#[test]
fn an_order_that_is_cut_is_refused_and_no_other() {
    for (order, key, path) in [
        (0, "lineItems", "lineItems.pageInfo.hasNextPage"),
        (1, "shippingLines", "shippingLines.pageInfo.hasNextPage"),
        (
            0,
            "fulfillmentLineItems",
            "fulfillments[0].fulfillmentLineItems.pageInfo.hasNextPage",
        ),
    ] {
        let body = more(order, key);
        let read = ShopifyGraphql
            .read_orders(body.as_bytes(), &channel())
            .unwrap();
        let refused: Vec<_> = read.iter().map(|order| order.as_ref().err()).collect();
        assert_eq!(refused.iter().flatten().count(), 1, "{key}");
        let problem = refused[order].unwrap();
        assert_eq!(
            (problem.path.as_str(), problem.cause()),
            (path, Some("lines_incomplete"))
        );
    }
}

#[test]
fn an_order_without_the_cursor_before_it_is_not_guessed_at() {
    let mut answer: Value = serde_json::from_str(&more(1, "lineItems")).unwrap();
    answer["data"]["orders"]["edges"][0]["cursor"] = Value::Null;
    let Err(PageProblem::Unreadable(problem)) = page(None, &answer.to_string()) else {
        panic!("a page");
    };
    assert_eq!(problem.path, "data.orders.edges.cursor");
}

// What is no page.

fn retry(body: &str) -> (RetryWhy, Option<u64>) {
    match page(Some("after:x"), body) {
        Err(PageProblem::Retry(throttle)) => (throttle.why, throttle.wait_secs),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_throttled_pull_waits_for_its_points() {
    let throttled = |errors: &str, available: &str| {
        format!(
            r#"{{"errors":[{errors}],"extensions":{{"cost":{{"requestedQueryCost":374,
            "actualQueryCost":null,"throttleStatus":{{"maximumAvailable":1000.0,
            "currentlyAvailable":{available},"restoreRate":50.0}}}}}}}}"#
        )
    };
    let coded = r#"{"message":"Throttled","extensions":{"code":"THROTTLED"}}"#;
    let wait = |secs| (RetryWhy::Throttled, secs);
    assert_eq!(retry(&throttled(coded, "20")), wait(Some(8)));
    assert_eq!(
        retry(&throttled(r#"{"message":"Throttled"}"#, "374.0")),
        wait(Some(1))
    );
    assert_eq!(retry(&throttled(coded, "\"x\"")), wait(None));
    assert_eq!(
        retry(&format!(r#"{{"data":null,"errors":[{coded}]}}"#)),
        wait(None)
    );
    for code in ["INTERNAL_SERVER_ERROR", "TIMEOUT"] {
        let body = format!(r#"{{"errors":[{{"message":"x","extensions":{{"code":"{code}"}}}}]}}"#);
        assert_eq!(retry(&body), (RetryWhy::Unavailable, None));
    }
    // The machine waits as long as it is told.
    let settings = ShopifyGraphql.sync_settings(SyncKind::Orders).unwrap();
    let mut sync = SyncWalk::new(settings, SyncState::new(SyncKind::Orders, at(0))).unwrap();
    let SyncStep::Fetch(asked) = sync.next(at(1_000)) else {
        panic!("nothing to ask")
    };
    let slow = throttled(coded, "-3000");
    let problem = ShopifyGraphql
        .page(&asked, &Response::new(200, slow))
        .unwrap_err();
    sync.failed(at(1_000), &asked, &problem);
    assert_eq!(sync.next(at(1_000)), SyncStep::Wait { until: at(1_068) });
}

fn refusal(name: Option<&str>, body: &str) -> (ChannelRefusalKind, String, String) {
    match page(name, body) {
        Err(PageProblem::Refused(refusal)) => (refusal.kind, refusal.code, refusal.reason),
        other => panic!("{body}: {other:?}"),
    }
}

/// The whole answer, with a complaint beside it.
fn complaining(message: &str, code: &str) -> String {
    let mut answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
    answer["errors"] =
        json!([{"message": message, "path": ["orders"], "extensions": {"code": code}}]);
    answer.to_string()
}

#[test]
fn orders_without_what_may_not_be_read_are_no_page() {
    let denied =
        "Access denied for customer field. Required access: `read_customers` access scope.";
    let body = complaining(denied, "ACCESS_DENIED");
    let expected = (
        ChannelRefusalKind::NotAllowed,
        "ACCESS_DENIED".to_owned(),
        denied.to_owned(),
    );
    assert_eq!(refusal(None, &body), expected);
    assert_eq!(refusal(Some("after:x"), &body), expected);
    // Whatever the complaint is, orders beside it or none, it is no page.
    assert_eq!(
        retry(&complaining("try again", "INTERNAL_SERVER_ERROR")).1,
        None
    );
    for errors in [
        json!("x"),
        json!(["x"]),
        json!([7]),
        json!([{}]),
        json!([null]),
        json!({"a": 1}),
    ] {
        let mut answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
        answer["errors"] = errors.clone();
        assert!(page(None, &answer.to_string()).is_err(), "{errors}");
    }
    // No complaint is none.
    for errors in [json!([]), json!(null)] {
        let mut answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
        answer["errors"] = errors;
        assert_eq!(good(None, &answer.to_string()).items.len(), 3);
    }
}

#[test]
fn a_cursor_that_is_refused_walks_the_window_again() {
    let told = |message: &str, code: &str| {
        json!({"errors": [{"message": message, "extensions": {"code": code}}]}).to_string()
    };
    let cursor = told("Invalid cursor for current pagination sort.", "BAD_REQUEST");
    assert_eq!(page(Some("after:x"), &cursor), Err(PageProblem::Restart));
    assert_eq!(page(Some("alone:x"), &cursor), Err(PageProblem::Restart));
    // Without a cursor it cannot be the cursor.
    assert_eq!(refusal(None, &cursor).0, ChannelRefusalKind::Invalid);
    // What walking again would not mend is told at once.
    let unknown = "Field 'x' doesn't exist on type 'Order'";
    let costly = "Query cost is 1070, which exceeds the single query max cost limit (1000).";
    for (message, code, kind) in [
        (unknown, "undefinedField", ChannelRefusalKind::NotSupported),
        (costly, "MAX_COST_EXCEEDED", ChannelRefusalKind::Invalid),
    ] {
        let found = refusal(Some("after:x"), &told(message, code));
        assert_eq!(found, (kind, code.to_owned(), message.to_owned()));
    }
    let unauthorised = Response::new(401, r#"{"errors":"[API] Invalid API key"}"#);
    let Err(PageProblem::Refused(found)) = ShopifyGraphql.page(&fetch(None), &unauthorised) else {
        panic!("a page")
    };
    assert_eq!(found.kind, ChannelRefusalKind::Unauthorised);
}

#[test]
fn the_two_apis_do_not_read_each_others_pages() {
    let rest = fixture("shopify.json");
    assert!(matches!(page(None, &rest), Err(PageProblem::Unreadable(_))));
    let answer = Response::new(200, fixture(ANSWER));
    let read = Shopify.page(&fetch(None), &answer);
    assert!(matches!(read, Err(PageProblem::Unreadable(_))), "{read:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_name_of_a_page_is_asked_for(name in any::<Option<String>>()) {
        let request = ShopifyGraphql.fetch(&fetch(name.as_deref())).unwrap();
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let changed = body["variables"]["changed"].as_str().unwrap();
        prop_assert_eq!(changed.matches('\'').count(), 4);
        prop_assert!(body["variables"]["first"].as_u64().unwrap() >= 1);
    }
}

// A whole pull.

/// A shop that answers the query: orders by change time, each with so many lines.
struct Shop {
    orders: BTreeMap<(i64, u64), usize>,
}

impl Shop {
    fn lines(from: usize, to: usize) -> Value {
        let line = |n: usize| {
            json!({"id": format!("gid://shopify/LineItem/{n}"), "sku": "TEA-01", "name": "Tea",
            "quantity": 1, "currentQuantity": 1, "originalUnitPriceSet": Self::bag(1)})
        };
        Value::Array((from..to).map(line).collect())
    }

    fn bag(amount: usize) -> Value {
        json!({"shopMoney": {"amount": format!("{amount}.0"), "currencyCode": "EUR"}})
    }

    fn answer(&self, fetch: &Fetch) -> Response {
        let request = ShopifyGraphql.fetch(fetch).unwrap();
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let asked = &body["variables"];
        let number = |key: &str| usize::try_from(asked[key].as_u64().unwrap()).unwrap();
        let times: Vec<_> = asked["changed"].as_str().unwrap().split('\'').collect();
        let secs = |text| Timestamp::parse_rfc3339(text).unwrap().unix_secs() - at(0).unix_secs();
        let window = secs(times[1])..=secs(times[3]);
        let after = asked["after"].as_str().map(|cursor| {
            let (changed, order) = cursor.split_once(' ').unwrap();
            (
                changed.parse::<i64>().unwrap(),
                order.parse::<u64>().unwrap(),
            )
        });
        let found = self.orders.iter().filter(|(place, _)| {
            window.contains(&place.0) && after.is_none_or(|after| **place > after)
        });
        let mut found: Vec<_> = found.take(number("first") + 1).collect();
        let goes_on = found.len() > number("first");
        found.truncate(number("first"));
        let edge = |((changed, order), lines): &(&(i64, u64), &usize)| {
            let shown = Ord::min(**lines, number("lines"));
            json!({"cursor": format!("{changed} {order}"), "node": {
            "id": format!("gid://shopify/Order/{order}"), "updatedAt": at(*changed).to_string(),
            "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED",
            "totalPriceSet": Self::bag(**lines), "lineItems": {"nodes": Self::lines(0, shown),
            "pageInfo": {"hasNextPage": shown < **lines}}}})
        };
        let edges: Vec<Value> = found.iter().map(edge).collect();
        let end = edges.last().map(|edge| edge["cursor"].clone());
        let info = json!({"hasNextPage": goes_on, "endCursor": end});
        let body = json!({"data": {"orders": {"edges": edges, "pageInfo": info}}});
        Response::new(200, body.to_string())
    }
}

/// Pulls everything, with a crash after every so many pages; the lines of each order, as read.
fn pull(shop: &Shop, settings: &SyncSettings, crash: u64, random: &mut Random) -> Pulled {
    let mut saved = serde_json::to_string(&SyncState::new(SyncKind::Orders, at(0))).unwrap();
    let open = |saved: &str| {
        let state = serde_json::from_str(saved).unwrap();
        SyncWalk::new(settings.clone(), state).unwrap()
    };
    let mut sync = open(&saved);
    let mut pulled = Pulled::default();
    loop {
        let SyncStep::Fetch(asked) = sync.next(at(10_000)) else {
            return pulled;
        };
        pulled.questions += 1;
        assert!(pulled.questions < 10_000);
        let response = shop.answer(&asked);
        let page = ShopifyGraphql.page(&asked, &response).unwrap();
        let orders = ShopifyGraphql
            .read_orders(&response.body, &channel())
            .unwrap();
        let taken = sync.page(at(10_000), &asked, &page);
        for place in taken.fresh {
            let id = page.items[place].id.clone().unwrap().as_str().to_owned();
            let lines = match &orders[place] {
                Ok(order) => order.draft.lines.len().to_string(),
                Err(problem) => problem.cause().unwrap_or_default().to_owned(),
            };
            let before = pulled.orders.insert(id, lines.clone());
            // After a crash an order may come again, but never in another way.
            assert!(before.is_none_or(|before| crash > 0 && before == lines));
        }
        if crash > 0 && random.below(crash) == 0 {
            sync = open(&saved);
        } else {
            saved = serde_json::to_string(sync.state()).unwrap();
        }
    }
}

#[derive(Default)]
struct Pulled {
    orders: BTreeMap<String, String>,
    questions: u32,
}

#[test]
fn every_order_comes_once_and_whole_however_many_lines_it_has() {
    let sizes = [1, 2, 50, 51, 250, 251];
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let orders = (0..40_u64).map(|order| {
            let changed = i64::try_from(random.below(9_000)).unwrap();
            ((changed, order), sizes[random.index(sizes.len())])
        });
        let shop = Shop {
            orders: orders.collect(),
        };
        let mut settings = ShopifyGraphql.sync_settings(SyncKind::Orders).unwrap();
        settings.page_items = 1 + u32::try_from(random.below(8)).unwrap();
        settings.window_secs = 3_600;
        for crash in [0, 3] {
            let pulled = pull(&shop, &settings, crash, &mut random);
            for ((_, order), lines) in &shop.orders {
                let found = &pulled.orders[&format!("gid://shopify/Order/{order}")];
                // More than can be asked for at once is told, not cut.
                let whole = match lines {
                    251 => "lines_incomplete".to_owned(),
                    lines => lines.to_string(),
                };
                assert_eq!(found, &whole, "seed {seed}, order {order}");
            }
            assert_eq!(pulled.orders.len(), 40);
        }
    }
}
