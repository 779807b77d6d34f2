//! The long-form pages say what the code says: every limit with its value, every code of an error,
//! every event, every stored type with its schema.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::{ContactDocument, Customer};
use oms_core::hub::{Hub, SlotDay, ZoneBook};
use oms_core::order::{Fulfillment, Head, OrderEvent};
use oms_core::plan::{PayloadDocument, REGISTRY_EVENT_SCHEMA, Stored};
use oms_core::reservation::ReservationEvent;
use oms_core::routing::Explanation;
use oms_core::stock::{STOCK_EVENT_SCHEMA, Transfer, TransferEvent};
use oms_core::tenant::Settings;
use oms_core::value::limits;

const DAILY_WORK: &str = include_str!("../docs/daily-work.md");
const ERRORS: &str = include_str!("../docs/errors.md");
const JOBS: &str = include_str!("../docs/jobs.md");
const LIMITS: &str = include_str!("../docs/limits.md");
const OPERATIONS: &str = include_str!("../docs/operations.md");
const UPGRADE: &str = include_str!("../docs/upgrade.md");
const WATCHING: &str = include_str!("../docs/watching.md");

/// The first two cells of every table row that begins with one code span: span and value.
fn table(page: &str) -> BTreeMap<&str, &str> {
    let mut table = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (first, second) = (cells.next().unwrap(), cells.next().unwrap());
        let span = first
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'));
        if let Some(span) = span.filter(|span| !span.contains('`')) {
            assert!(table.insert(span, second).is_none(), "{span} has two rows");
        }
    }
    table
}

/// The code spans of a page.
fn spans(page: &str) -> BTreeSet<&str> {
    page.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// The texts that the arms of a function answer.
fn arms<'a>(source: &'a str, signature: &str) -> BTreeSet<&'a str> {
    let (_, rest) = source
        .split_once(signature)
        .unwrap_or_else(|| panic!("no `{signature}`"));
    let (body, _) = rest.split_once("\n    }\n").unwrap();
    let found = body
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.split('"').next());
    let found: BTreeSet<&str> = found.collect();
    assert!(!found.is_empty(), "`{signature}` answers no text");
    found
}

macro_rules! values {
    ($($name:ident)*) => { [$((stringify!($name), limits::$name.to_string())),*] };
}

/// Of two definitions of a link the first one counts: in the reference that of the module, in a
/// repository viewer that of the page.
#[test]
fn links_of_a_page_lead_to_pages_in_a_repository_and_in_the_reference() {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
    let mut pages = 0;
    for module in include_str!("../src/docs.rs").split("{}") {
        let Some((before, after)) = module.split_once("include_str!(\"../docs/") else {
            continue;
        };
        let page = after.split('"').next().unwrap();
        let text = std::fs::read_to_string(docs.join(page)).unwrap();
        assert!(
            !text.contains("](crate::docs::"),
            "{page}: dead in a viewer"
        );
        let links = text.lines().filter_map(|line| line.strip_prefix('['));
        let links: Vec<_> = links.filter_map(|line| line.split_once("]: ")).collect();
        assert!(!links.is_empty(), "{page} leads nowhere");
        for (name, file) in links {
            assert!(docs.join(file).is_file(), "{page}: {file}");
            let module = file.trim_end_matches(".md").replace('-', "_");
            let link = format!("[{name}]: crate::docs::{module}");
            assert!(before.contains(&link), "docs.rs, {page}: {link}");
        }
        pages += 1;
    }
    assert_eq!(pages, 16);
}

#[test]
fn every_limit_stands_on_the_page_with_its_value() {
    let values = BTreeMap::from(values![
        LINES_PER_ORDER_MAX QUANTITY_MAX UNITS_MAX MONEY_MINOR_MAX UNIT_PRICE_DECIMALS_MAX
        RATE_DECIMALS_MAX ID_CHARS_MAX EXTERNAL_ID_CHARS_MAX KEY_CHARS_MAX NAME_CHARS_MAX
        TITLE_CHARS_MAX REASON_CHARS_MAX NOTE_CHARS_MAX POSTAL_CODE_CHARS_MAX PHONE_CHARS_MAX
        EMAIL_CHARS_MAX BATCH_ITEMS_MAX RETRY_ATTEMPTS_MAX CLOCK_SKEW_MAX_SECS TENTATIVE_TTL_SECS
        PROMISED_TTL_SECS TENTATIVE_TTL_MAX_SECS LOW_STOCK_THRESHOLD KEY_RETENTION_DAYS
        KEY_RETENTION_DAYS_MAX
        COUNTER_RETENTION_DAYS PAGE_ITEMS_MAX TAGS_MAX BATCH_LINES_MAX
        ATTRIBUTES_MAX ATTRIBUTE_CHARS_MAX NOTES_MAX FULFILLMENTS_PER_ORDER_MAX
        FULFILLMENTS_MADE_MAX SHIPMENTS_PER_ORDER_MAX CHARGES_PER_ORDER_MAX PAYMENT_REFERENCES_MAX
        EXTERNAL_REFERENCES_MAX AREA_RULES_MAX CALENDAR_EXCEPTIONS_MAX SLOTS_PER_DAY_MAX
        SLOT_DAYS_MAX ROUTE_EXACT_HUBS_MAX ROUTE_PARCELS_MAX ROUTE_HUBS_ALL_MAX
        ROUTE_EXPLAINED_HUBS_MAX ROUTE_EXPLAINED_SKUS_MAX
        JOB_PAYLOAD_BYTES_MAX JOB_ATTEMPTS JOB_ATTEMPTS_MAX
        JOB_DELAY_MAX_SECS SCHEDULE_AHEAD_MAX_SECS
        INTAKE_BYTES_MAX JOB_LEASE_MAX_SECS JOBS_PER_CALL_MAX JOB_ERRORS_MAX
        JOB_ERROR_CHARS_MAX REROUTE_LISTED_MAX LINK_CHARS_MAX ZONES_MAX STAGES_MAX GUARDS_MAX
    ]);
    let declared = include_str!("../src/value/limits.rs").lines();
    let declared = declared.filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let named: BTreeSet<&str> = values.keys().copied().collect();
    assert_eq!(
        named,
        declared.collect(),
        "a limit was added or removed: name it in this test"
    );
    let page: BTreeMap<&str, String> = table(LIMITS)
        .into_iter()
        .map(|(name, value)| (name, value.replace(',', "")))
        .collect();
    assert_eq!(page, values);
}

#[test]
fn every_code_of_an_error_stands_on_the_page_about_errors() {
    // Not one that hands on the code of what it is made of.
    const MATCHING: &str = "const fn code(&self) -> &'static str {\n        match self";
    let sources = [
        (
            include_str!("../src/port/error.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/service/error.rs"),
            "pub fn code(&self)",
        ),
        (
            include_str!("../src/plan/rejection.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/order/rejection.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/stock/command.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/hub/error.rs"),
            "const fn code(&self) -> &'static str {\n        match self",
        ),
        (
            include_str!("../src/stock/transfer/command.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/hub/slot.rs"),
            "pub const fn code(&self)",
        ),
        (
            include_str!("../src/routing/policy.rs"),
            "pub const fn code(&self)",
        ),
        (include_str!("../src/value/ids/mod.rs"), MATCHING),
        (include_str!("../src/value/text.rs"), MATCHING),
        (include_str!("../src/value/quantity.rs"), MATCHING),
        (include_str!("../src/value/money.rs"), MATCHING),
        (include_str!("../src/value/currency.rs"), MATCHING),
        (include_str!("../src/value/rate.rs"), MATCHING),
        (include_str!("../src/value/timestamp.rs"), MATCHING),
        (include_str!("../src/value/local.rs"), MATCHING),
        (include_str!("../src/value/address.rs"), MATCHING),
        (include_str!("../src/value/geo.rs"), MATCHING),
    ];
    let told = spans(ERRORS);
    for (source, signature) in sources {
        let missing: Vec<_> = arms(source, signature).difference(&told).copied().collect();
        assert!(
            missing.is_empty(),
            "errors.md does not tell about {missing:?}"
        );
    }
}

#[test]
fn every_reason_of_a_hold_stands_in_its_table_and_no_other() {
    let source = include_str!("../src/order/head.rs");
    let reasons = arms(source, "pub const fn as_str(self) -> &'static str");
    let (_, rest) = DAILY_WORK.split_once("| on hold for |").unwrap();
    let (rows, _) = rest.split_once("\n\n").unwrap();
    let cells = rows.lines().filter_map(|row| row.split('|').nth(1));
    let told: BTreeSet<&str> = cells.flat_map(spans).collect();
    assert_eq!(told, reasons);
}

#[test]
fn every_metric_stands_on_the_page_about_watching() {
    let source = include_str!("../src/service/exposition.rs");
    let (source, _) = source.split_once("#[cfg(test)]").unwrap();
    let name = |text: &&str| {
        let plain = |c: char| c == '_' || c.is_ascii_lowercase();
        text.starts_with("oms_") && text.chars().all(plain)
    };
    let metrics: BTreeSet<&str> = source.split('"').filter(name).collect();
    assert!(metrics.len() > 8, "{metrics:?}");
    let told = spans(WATCHING);
    let missing: Vec<_> = metrics.difference(&told).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_reason_to_refuse_a_job_stands_on_the_page_about_jobs() {
    let source = include_str!("../src/job/rejection.rs");
    let codes = arms(source, "pub const fn code(&self)");
    let page: BTreeSet<&str> = table(JOBS)
        .into_keys()
        .filter(|code| code.contains('_'))
        .collect();
    assert_eq!(page, codes);
}

#[test]
fn every_topic_stands_on_the_page_about_jobs() {
    let topics = oms_core::event::Topic::ALL.map(|topic| topic.as_str());
    let page: BTreeSet<&str> = table(JOBS)
        .into_keys()
        .filter(|code| code.contains('.'))
        .collect();
    assert_eq!(page, topics.into());
}

/// Without `with_stock` a relay hears of no stock row, and says nothing of it.
#[test]
fn every_choice_of_a_relay_stands_on_the_page_about_jobs() {
    let source = include_str!("../src/service/relay.rs").lines();
    let names = source.filter_map(|line| line.strip_prefix("    pub fn with_")?.split('(').next());
    let told: Vec<bool> = names
        .map(|name| JOBS.contains(&format!("`Relay::with_{name}")))
        .collect();
    assert_eq!(told, [true, true]);
}

#[test]
fn every_setting_stands_on_the_page_about_operations_and_its_guards_are_read() {
    let (_, section) = OPERATIONS.split_once("## What a tenant sets\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let fields = serde_json::to_value(Settings::default()).unwrap();
    let fields: BTreeSet<&str> = fields
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let told: BTreeSet<&str> = table(section).into_keys().collect();
    let missing: Vec<_> = fields.difference(&told).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let (_, block) = section.split_once("```json\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let settings: Settings = serde_json::from_str(block).unwrap();
    assert_eq!(settings.workflow.guards.len(), 2);
    assert_eq!(settings.routing, Settings::default().routing);
}

#[test]
fn every_event_stands_on_the_page_about_watching_and_no_other() {
    let order = arms(
        include_str!("../src/order/event.rs"),
        "pub const fn name(&self)",
    );
    let claims = arms(
        include_str!("../src/reservation/event.rs"),
        "pub const fn name(&self)",
    );
    let told = spans(WATCHING);
    let told = told.into_iter().filter(|span| {
        let (kind, what) = span.split_once('.').unwrap_or_default();
        ["order", "reservation"].contains(&kind) && !what.is_empty()
    });
    assert_eq!(told.collect::<BTreeSet<_>>(), &order | &claims);
}

/// Stored types that no host can name.
const INNER: [&str; 2] = ["Progress", "Told"];

/// Reads every source below a folder.
fn each_source(folder: &Path, look: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, look);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            look(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

macro_rules! schemas {
    ($($type:ident)*) => { [$((stringify!($type), <$type as Stored>::SCHEMA.to_string())),*] };
}

#[test]
fn every_stored_type_stands_on_the_page_about_upgrades_with_its_schema() {
    let mut schemas = BTreeMap::from(schemas![
        Settings SalesChannel Hub Product SkuMapping Customer ContactDocument PayloadDocument Head
        Fulfillment Explanation ZoneBook SlotDay Transfer TransferEvent OrderEvent ReservationEvent
    ]);
    let mut stored = BTreeSet::new();
    let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    each_source(src, &mut |source: &str| {
        let found = source.lines();
        let found = found.filter_map(|line| line.strip_prefix("impl Stored for "));
        for (name, body) in found.filter_map(|rest| rest.split_once(' ')) {
            stored.insert(name.to_owned());
            // Not to be named from here; without a schema of its own it has the first one.
            if INNER.contains(&name) {
                assert_eq!(body, "{}", "{name}: say its schema in this test");
            }
        }
    });
    schemas.extend(INNER.map(|name| (name, "1".to_owned())));
    let named: BTreeSet<String> = schemas.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        named, stored,
        "a stored type was added or removed: name it in this test"
    );
    let page: BTreeMap<&str, String> = table(UPGRADE)
        .into_iter()
        .map(|(name, schema)| (name, schema.to_owned()))
        .collect();
    assert_eq!(page, schemas);
    let intake = include_str!("../src/plan/intake.rs");
    let form = intake.split_once("const MEDIA_TYPE: &str = \"").unwrap().1;
    let form = form.split('"').next().unwrap();
    assert!(UPGRADE.contains(&format!("`{form}`")), "{form}");
    let registry = format!("`REGISTRY_EVENT_SCHEMA`, {REGISTRY_EVENT_SCHEMA})");
    assert!(UPGRADE.contains(&registry), "{registry}");
    let stock = format!("`STOCK_EVENT_SCHEMA`, {STOCK_EVENT_SCHEMA})");
    assert!(UPGRADE.contains(&stock), "{stock}");
}
