//! Plans as the server logs them, nested ones included, and what is wrong with them.

use oms_store_postgres::sqlx::postgres::PgConnectOptions;
use serde_json::Value;

/// Tables that grow with the work: nothing hot may read one from end to end.
const LARGE: [&str; 13] = [
    "order_head",
    "fulfillment",
    "payload",
    "explanation",
    "contact",
    "host_document",
    "unique_name",
    "event",
    "stock_level",
    "reservation",
    "movement",
    "command",
    "counter",
];

/// Indexes that hold only the few rows there is something to do for.
const SHORT: [&str; 2] = ["reservation_sweep", "reservation_lapsed"];

/// A session whose plans are logged, those of statements inside functions included.
pub(crate) fn explained(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_nested_statements", "on"),
        ("auto_explain.log_format", "json"),
        ("auto_explain.log_level", "log"),
    ])
}

/// A statement and its plan.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) query: String,
    root: Value,
}

/// The plans in a piece of the log. Lines after the first of an entry begin with a tab.
pub(crate) fn plans(log: &str) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        let mut text = String::new();
        while let Some(more) = lines.next_if(|next| next.starts_with('\t')) {
            text.push_str(more);
        }
        let entry: Value = serde_json::from_str(&text).expect("a plan is JSON");
        let query = entry["Query Text"]
            .as_str()
            .expect("a plan names its query");
        plans.push(Plan {
            query: query.to_owned(),
            root: entry["Plan"].clone(),
        });
    }
    plans
}

impl Plan {
    /// Every way in which it reads a large table as a whole.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        walk(&self.root, false, &mut |node, limited| {
            faults.extend(fault(node, limited).map(|fault| format!("{fault}: {}", self.query)));
        });
        faults
    }

    /// The large tables it reads.
    pub(crate) fn reads(&self) -> Vec<String> {
        let mut tables = Vec::new();
        walk(&self.root, false, &mut |node, _| {
            let table = node["Relation Name"].as_str().unwrap_or_default();
            if LARGE.contains(&table) {
                tables.push(table.to_owned());
            }
        });
        tables
    }
}

fn walk(node: &Value, limited: bool, see: &mut impl FnMut(&Value, bool)) {
    see(node, limited);
    // Only what streams straight into a limit is ended by it.
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let limited = kind == "Limit" || (limited && kind != "Sort" && kind != "Aggregate");
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, limited, see);
    }
}

/// A sequential scan, or one of an index that is entered by the tenant alone, which reads as much.
fn fault(node: &Value, limited: bool) -> Option<String> {
    let kind = node["Node Type"].as_str()?;
    let table = node["Relation Name"].as_str().unwrap_or_default();
    if kind.contains("Seq Scan") {
        return LARGE.contains(&table).then(|| format!("{kind} on {table}"));
    }
    let index = node["Index Name"].as_str()?;
    let whose = [
        "order_head",
        "fulfillment",
        "event",
        "stock_level",
        "reservation",
        "command",
        "counter",
    ];
    if !whose.contains(&table) || SHORT.contains(&index) || limited {
        return None;
    }
    let entered = node["Index Cond"].as_str().unwrap_or_default();
    // "((tenant = $1) AND (id = $2))": every condition but those on the tenant.
    let beside_tenant = entered
        .split(" AND ")
        .any(|part| !part.is_empty() && !part.contains("tenant ="));
    (!beside_tenant).then(|| format!("{kind} of all of {table} by {index} ({entered})"))
}
