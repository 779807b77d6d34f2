//! How large tables and indexes are, and what is dead in them.

use oms_store_postgres::sqlx::postgres::PgPool;
use oms_store_postgres::sqlx::{self};

use crate::Failure;

const TABLES: &str = "SELECT relname::text, pg_relation_size(relid), pg_indexes_size(relid), \
    n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables \
    WHERE schemaname = 'oms' AND pg_relation_size(relid) > 0 \
    ORDER BY pg_total_relation_size(relid) DESC";

type Table = (String, i64, i64, i64, i64, i64, i64);

/// A line per table of the library's, the largest first.
pub(crate) async fn tables(pool: &PgPool) -> Result<Vec<String>, Failure> {
    let tables: Vec<Table> = sqlx::query_as(TABLES).fetch_all(pool).await?;
    let heading = format!(
        "  {:<16}{:>12}{:>12}{:>14}{:>12}{:>14}{:>14}",
        "table", "MB", "indexes MB", "live rows", "dead rows", "updates", "of them HOT"
    );
    let lines = tables.iter().map(line);
    Ok(std::iter::once(heading).chain(lines).collect())
}

fn line((name, table, indexes, live, dead, updates, hot): &Table) -> String {
    let megabytes = |bytes: &i64| bytes / (1 << 20);
    let hot = match (hot * 100).checked_div(*updates) {
        Some(percent) => format!("{percent} %"),
        None => "-".to_owned(),
    };
    format!(
        "  {name:<16}{:>12}{:>12}{live:>14}{dead:>12}{updates:>14}{hot:>14}",
        megabytes(table),
        megabytes(indexes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_updates_has_no_share_of_hot_ones() {
        let table = |updates, hot| ("event".to_owned(), 3 << 20, 1 << 20, 10, 0, updates, hot);
        assert!(line(&table(0, 0)).ends_with(" -"));
        assert!(line(&table(200, 199)).ends_with(" 99 %"));
    }
}
