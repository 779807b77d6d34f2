//! The program `oms-migrate` as people who deploy run it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::process::{Command, Output};

use common::{Database, block_on};
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, raw_sql};
use oms_store_postgres::{MIGRATIONS, grants_sql};

fn program(args: &[&str], variable: Option<&str>) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oms-migrate"));
    command.args(args).env_remove("DATABASE_URL");
    if let Some(url) = variable {
        command.env("DATABASE_URL", url);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn it_says_what_is_missing_makes_it_and_finds_it_made() {
    let database = block_on(Database::bare());
    let url = database.url();
    let (code, out, err) = program(&["--database-url", &url], None);
    assert_eq!((code, out.as_str()), (1, ""));
    let newest = MIGRATIONS.last().unwrap().number;
    let missing = format!("is missing, this release needs migration {newest}");
    assert!(err.contains(&missing), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");

    let (code, out, err) = program(&["--apply"], Some(&url));
    assert_eq!((code, err.as_str()), (0, ""));
    let now = format!("is now at migration {newest}");
    assert!(out.contains(&now), "{out}");
    let (code, out, _) = program(&[], Some(&url));
    assert_eq!(code, 0);
    assert!(out.contains(&format!("is at migration {newest}")), "{out}");
    assert!(!out.contains("are built"), "{out}");
    // Once more does no harm.
    assert_eq!(program(&["--apply"], Some(&url)).0, 0);

    // What only makes a list fast is named, and built.
    block_on(async {
        let gone = "DROP INDEX oms.movement_transfer";
        database.pool(1).await.execute(gone).await.unwrap();
    });
    let (code, out, _) = program(&[], Some(&url));
    assert_eq!(code, 0);
    assert!(out.contains("are built: movement_transfer."), "{out}");
    let (code, out, _) = program(&["--apply"], Some(&url));
    assert_eq!(code, 0);
    assert!(!out.contains("movement_transfer"), "{out}");
    block_on(database.drop());
}

#[test]
fn a_dump_of_another_server_is_told_and_made_usable() {
    let database = block_on(Database::new());
    let url = database.url();
    let (code, out, _) = program(&["--after-restore"], Some(&url));
    assert_eq!(code, 0);
    assert!(out.contains("nothing was changed"), "{out}");
    block_on(async {
        let sql = "INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, \
            actor_kind, command_key, at, body, xid) \
            VALUES ('acme', 'host', 'x', 1, 1, 'system', 'k', now(), '[]', '7000000000')";
        database.pool(1).await.execute(sql).await.unwrap();
    });
    let (code, _, err) = program(&[], Some(&url));
    assert_eq!(code, 1);
    assert!(err.contains("--after-restore"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    let (code, out, err) = program(&["--after-restore"], Some(&url));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("numbered anew"), "{out}");
    assert_eq!(program(&[], Some(&url)).0, 0);
    block_on(database.drop());
}

#[test]
fn counters_that_differ_are_named_and_written_when_told_to() {
    let database = block_on(Database::new());
    let url = database.url();
    let (code, _, err) = program(&["--rebuild-stock", "acme"], Some(&url));
    assert_eq!(code, 1);
    assert!(err.contains("there is no tenant acme"), "{err}");
    block_on(async {
        let sql = "INSERT INTO oms.settings VALUES ('acme', 1, 1, '{}'); \
            INSERT INTO oms.stock_level VALUES ('acme', 'north', 'TEA', 5, 2, 0, 0, 0, 1)";
        let pool = database.pool(1).await;
        pool.execute(raw_sql(sql)).await.unwrap();
        pool.close().await;
    });
    let differs = "TEA at north: 5 on hand, its movements add up to 0\n\
        TEA at north: 2 reserved, its claims add up to 0\n";
    for (args, last) in [
        (
            &["--rebuild-stock", "acme"][..],
            "2 counters differ, nothing was written: --apply does.\n",
        ),
        (
            &["--rebuild-stock", "acme", "--apply"],
            "2 of 2 counters that differed were written.\n",
        ),
    ] {
        let (code, out, err) = program(args, Some(&url));
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(out, format!("{differs}{last}"));
    }
    let (code, out, _) = program(&["--rebuild-stock", "acme", "--apply"], Some(&url));
    let all_well = "Every counter is what stands behind it.\n";
    assert_eq!((code, out.as_str()), (0, all_well));
    block_on(database.drop());
}

#[test]
fn what_it_prints_makes_the_schema() {
    let (code, sql, err) = program(&["--print"], None);
    assert_eq!((code, err.as_str()), (0, ""));
    let database = block_on(Database::bare());
    block_on(async {
        let pool = database.pool(1).await;
        let made = pool.execute(raw_sql(AssertSqlSafe(sql)));
        made.await.unwrap();
        pool.close().await;
    });
    let (code, _, err) = program(&["--database-url", &database.url()], None);
    assert_eq!(code, 0, "{err}");
    block_on(database.drop());

    let (code, grants, _) = program(&["--grants", "shop"], None);
    assert_eq!((code, grants), (0, grants_sql("shop")));
}

#[test]
fn what_cannot_work_is_one_line_without_the_password() {
    let nowhere = "postgres://shop:s3cret@127.0.0.1:1/shop";
    for (args, variable, told) in [
        (&[][..], None, "no database is named"),
        (&[], Some(nowhere), "127.0.0.1:1: "),
        (
            &["--database-url", "postgres://:s3cret@127.0.0.1/x"],
            None,
            "names no user",
        ),
        (
            &["--database-url", "mysql//shop:s3cret@x"],
            None,
            "the database URL",
        ),
    ] {
        let (code, out, err) = program(args, variable);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.starts_with("oms-migrate: "), "{err}");
        assert!(err.contains(told), "{err}");
        assert!(!err.contains("s3cret"), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    let (code, _, err) = program(&["--print", "--apply"], None);
    assert_eq!(code, 1, "{err}");
}
