//! What a pull by Admin GraphQL asks of Shopify, and that it is what the readers read.

use std::collections::{BTreeMap, BTreeSet};

use crate::shared::{channel, codes, fixture, reconciled};
use oms_core::channel::{
    Channel, ChannelError, Fetch, Incoming, Reads, Repeat, Request, ShopifyGraphql, StatusReport,
    SyncKind,
};
use oms_core::value::Timestamp;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn fetch(page: Option<&str>) -> Fetch {
    Fetch {
        kind: SyncKind::Orders,
        from: at("2026-11-03T00:00:00.9+01:00"),
        to: at("2026-11-04T00:00:00.5Z"),
        page: page.map(str::to_owned),
        items: 25,
        scope: None,
        ticket: 7,
    }
}

fn asked(fetch: &Fetch) -> Request {
    ShopifyGraphql.fetch(fetch).unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}

fn variables(page: Option<&str>) -> Value {
    body(&asked(&fetch(page)))["variables"].clone()
}

#[test]
fn a_window_is_asked_by_change_time_with_whole_seconds_in_quotes() {
    let request = asked(&fetch(None));
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "graphql.json")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        (&request.reads, request.repeat),
        (&Reads::Page, Repeat::Safe)
    );
    let body = body(&request);
    let query = body["query"].as_str().unwrap();
    assert!(query.starts_with(
        "query Orders($first: Int!, $after: String, $changed: String!, $lines: Int!) { \
         orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $changed) {"
    ));
    let changed =
        "updated_at:>='2026-11-02T23:00:00Z' AND updated_at:<='2026-11-04T00:00:00Z'".to_owned();
    let first = json!({"first": 25, "changed": changed, "lines": 50});
    assert_eq!(body["variables"], first);
    for kind in [SyncKind::Returns, SyncKind::Stock] {
        let other = Fetch {
            kind,
            ..fetch(None)
        };
        assert_eq!(ShopifyGraphql.fetch(&other), None);
        assert_eq!(ShopifyGraphql.sync_settings(kind), None);
    }
    let settings = ShopifyGraphql.sync_settings(SyncKind::Orders).unwrap();
    assert_eq!(settings.page_items, 25);
    assert!(settings.check().is_ok());
}

#[test]
fn a_cursor_is_asked_for_as_it_came_whatever_it_is() {
    for cursor in [
        "eyJsYXN0X2lkIjoxfQ==",
        "a\"}) { shop }",
        "\u{1f600}\n",
        "after:",
        "alone:",
    ] {
        let named = format!("after:{cursor}");
        let asked = variables(Some(&named));
        assert_eq!(
            (&asked["after"], &asked["lines"]),
            (&json!(cursor), &json!(50))
        );
        let asked = variables(Some(&format!("alone:{cursor}")));
        let alone = json!({"first": 1, "lines": 250, "after": cursor, "changed": asked["changed"]});
        assert_eq!(asked, alone);
    }
    // An order asked alone from the start of the window, and a name of another release.
    assert_eq!(variables(Some("alone:")).get("after"), None);
    assert_eq!(
        variables(Some("page-info-of-rest"))["after"],
        "page-info-of-rest"
    );
}

/// A field of the query, the size of its page, and what is selected of it.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    first: Option<String>,
    inner: Vec<Self>,
}

/// Reads the selection of a query, with its fragments put in place.
struct Selection<'q> {
    words: Vec<&'q str>,
    next: usize,
    fragments: BTreeMap<String, Vec<Field>>,
}

impl<'q> Selection<'q> {
    fn of(query: &'q str) -> Vec<Field> {
        let spaced: Vec<&str> = query
            .split_inclusive(['{', '}', '(', ')', ' ', ',', ':'])
            .flat_map(|word| match word.char_indices().next_back() {
                Some((cut, _)) if word.ends_with(['{', '}', '(', ')', ' ', ',', ':']) => {
                    vec![&word[..cut], &word[cut..]]
                }
                _ => vec![word],
            })
            .filter(|word| !word.trim().is_empty() && *word != ",")
            .collect();
        let mut read = Self {
            words: spaced,
            next: 0,
            fragments: BTreeMap::new(),
        };
        while let Some(at) = read.find("fragment") {
            let name = read.words[at + 1].to_owned();
            read.next = at + 4;
            let fields = read.block();
            read.fragments.insert(name, fields);
            read.words.drain(at..read.next);
        }
        read.next = read.find("{").unwrap();
        read.block()
    }

    fn find(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|known| *known == word)
    }

    fn block(&mut self) -> Vec<Field> {
        assert_eq!(self.words[self.next], "{");
        self.next += 1;
        let mut fields = Vec::new();
        while self.words[self.next] != "}" {
            let name = self.words[self.next];
            self.next += 1;
            if let Some(fragment) = name.strip_prefix("...") {
                fields.extend(self.fragments[fragment].clone());
                continue;
            }
            let mut first = None;
            if self.words[self.next] == "(" {
                while self.words[self.next] != ")" {
                    if self.words[self.next] == "first" {
                        first = Some(self.words[self.next + 2].to_owned());
                    }
                    self.next += 1;
                }
                self.next += 1;
            }
            let inner = match self.words[self.next] {
                "{" => self.block(),
                _ => Vec::new(),
            };
            let name = name.to_owned();
            fields.push(Field { name, first, inner });
        }
        self.next += 1;
        fields
    }
}

fn selection() -> Vec<Field> {
    let body = body(&asked(&fetch(None)));
    Selection::of(
        &body["query"]
            .as_str()
            .unwrap()
            .replace("first: ", "first : "),
    )
}

fn inside<'f>(fields: &'f [Field], path: &[&str]) -> &'f [Field] {
    path.iter().fold(fields, |fields, name| {
        &fields.iter().find(|f| f.name == **name).unwrap().inner
    })
}

/// Points by the rule beside the page size.
fn points(fields: &[Field], lines: u32, first: u32) -> u32 {
    let each = fields.iter().map(|field| {
        if field.inner.is_empty() || field.name.ends_with("Set") || field.name == "pageInfo" {
            return 0;
        }
        let inner = points(&field.inner, lines, first);
        let Some(size) = &field.first else {
            return match field.name.as_str() {
                "edges" => inner,
                _ => 1 + inner,
            };
        };
        if !field
            .inner
            .iter()
            .any(|f| ["nodes", "edges"].contains(&f.name.as_str()))
        {
            return 1 + inner;
        }
        let size = match size.as_str() {
            "$lines" => lines,
            "$first" => first,
            digits => digits.parse().unwrap(),
        };
        // 2 ln(size), cut, and one at least.
        let times = (1..).take_while(|times| f64::from(*times) <= 2.0 * f64::from(size).ln());
        2 + times.last().unwrap_or(1) * inner
    });
    each.sum()
}

#[test]
fn the_query_costs_less_than_a_question_may() {
    let fields = selection();
    assert_eq!(points(&fields, 50, 25), 374);
    assert_eq!(points(&fields, 50, 200), 622);
    assert_eq!(points(&fields, 250, 1), 84);
}

/// The keys of the answer are those of the query, all of them, wherever it is not null.
fn same_shape(fields: &[Field], answer: &Value, path: &str) {
    match answer {
        Value::Null => {}
        Value::Array(all) => all.iter().for_each(|one| same_shape(fields, one, path)),
        Value::Object(found) => {
            let asked: BTreeSet<&str> = fields.iter().map(|f| f.name.as_str()).collect();
            let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
            assert_eq!(asked, found, "{path}");
            for field in fields {
                same_shape(
                    &field.inner,
                    &answer[&field.name],
                    &format!("{path}.{}", field.name),
                );
            }
        }
        _ => assert!(fields.is_empty(), "{path}"),
    }
}

#[test]
fn the_fixture_is_an_answer_to_the_query() {
    let answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
    same_shape(&selection(), &answer["data"], "data");
}

const ANSWER: &str = "shopify_graphql_pull.json";

/// What orders read as, but for the text that is kept of them.
type Read = (
    Vec<Result<Incoming, ChannelError>>,
    Vec<Result<StatusReport, ChannelError>>,
);

fn read(body: &str) -> Read {
    let mut orders = ShopifyGraphql
        .read_orders(body.as_bytes(), &channel())
        .unwrap();
    for order in orders.iter_mut().flatten() {
        order.draft.payload = None;
    }
    (
        orders,
        ShopifyGraphql.read_statuses(body.as_bytes()).unwrap(),
    )
}

#[test]
fn an_answer_to_the_query_reads_whole() {
    let (orders, reports) = read(&fixture(ANSWER));
    let orders: Vec<Incoming> = orders.into_iter().map(Result::unwrap).collect();
    let totals: Vec<_> = orders.iter().map(reconciled).collect();
    assert_eq!(totals, ["59.15 CAD", "20.00 CAD", "5.00 CAD"]);
    for order in &orders {
        assert_eq!(codes(order), [""; 0]);
    }
    let suggestions: Vec<_> = orders.iter().map(|o| o.state.suggestion.code()).collect();
    assert_eq!(suggestions, ["needs_person", "delivered", "cancelled"]);
    let customer = orders[0].history.customer.clone().unwrap();
    assert_eq!(customer.email.unwrap().as_str(), "account@example.com");
    assert_eq!(orders[0].draft.payment.references.len(), 2);
    assert_eq!(orders[1].draft.payment.authorised.minor(), 1_500);
    assert_eq!(orders[1].draft.payment.references.len(), 1);
    let words: Vec<_> = reports
        .iter()
        .map(|report| report.as_ref().unwrap().word("return_status"))
        .collect();
    assert_eq!(words, [Some("NO_RETURN"); 3]);
}

/// The fields that are asked and have none inside.
fn scalars(fields: &[Field], place: &str) -> BTreeSet<String> {
    let each = fields.iter().flat_map(|field| {
        let place = format!("{place}.{}", field.name);
        match field.inner.is_empty() {
            true => BTreeSet::from([place]),
            false => scalars(&field.inner, &place),
        }
    });
    each.collect()
}

/// Every leaf of the orders: where it stands, and the same without the numbers in it.
fn leaves(value: &Value, pointer: &str, kind: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                leaves(
                    inner,
                    &format!("{pointer}/{key}"),
                    &format!("{kind}.{key}"),
                    found,
                );
            }
        }
        Value::Array(all) if all.iter().any(Value::is_object) => {
            for (at, inner) in all.iter().enumerate() {
                leaves(inner, &format!("{pointer}/{at}"), kind, found);
            }
        }
        // What an order has nothing of, another one has.
        Value::Null => {}
        Value::Array(all) if all.is_empty() => {}
        _ => found.push((pointer.to_owned(), kind.to_owned())),
    }
}

/// Other values in place of one.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(yes) => vec![json!(!yes)],
        Value::Number(number) => vec![json!(number.as_f64().unwrap() + 1.0), json!(7)],
        Value::String(text) => vec![json!(format!("{text}1")), json!("USD"), Value::Null],
        _ => vec![Value::Null, json!([])],
    }
}

#[test]
fn nothing_is_asked_that_is_not_read() {
    let answer: Value = serde_json::from_str(&fixture(ANSWER)).unwrap();
    let before = read(&answer.to_string());
    let mut found = Vec::new();
    let place = "/data/orders/edges";
    leaves(answer.pointer(place).unwrap(), place, "", &mut found);
    let mut unread: BTreeSet<String> = found.iter().map(|(_, kind)| kind.clone()).collect();
    // All that is asked is there, in one order or another.
    assert_eq!(
        scalars(inside(&selection(), &["orders", "edges"]), ""),
        unread
    );
    for (pointer, kind) in found {
        if !unread.contains(&kind) {
            continue;
        }
        for other in others(answer.pointer(&pointer).unwrap()) {
            let mut changed = answer.clone();
            *changed.pointer_mut(&pointer).unwrap() = other;
            if read(&changed.to_string()) != before {
                unread.remove(&kind);
            }
        }
    }
    // Where an order stands among the others is read by the sync.
    assert_eq!(unread, BTreeSet::from([".cursor".to_owned()]));
}
