//! The servers that tests run on: one of our own is closed to others, and on one that is given
//! nothing stays for good.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::OnceLock;

use oms_store_postgres::sqlx::{self, AssertSqlSafe, Executor};

use crate::common::{Database, Server, block_on, given, private, server, skip, start};

#[test]
fn the_folder_of_a_server_of_our_own_is_closed_to_others() {
    let Some(folder) = server().socket_folder() else {
        return skip("the server is given");
    };
    let mode = std::fs::metadata(folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
}

#[test]
fn a_folder_that_is_there_already_is_left_alone() {
    let first = private::make("oms-left").unwrap();
    std::fs::write(first.join("theirs"), "").unwrap();
    let second = private::make("oms-left").unwrap();
    assert_ne!(first, second);
    assert_eq!(std::fs::read_dir(&second).unwrap().count(), 0);
    for folder in [first, second] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn what_a_killed_run_left_on_a_given_server_is_removed() {
    static OWN: OnceLock<Server> = OnceLock::new();
    static GIVEN: OnceLock<Server> = OnceLock::new();
    if given().is_some() {
        return skip("the run has begun on the given server");
    }
    block_on(async {
        // One of its own: the databases of the tests beside have no session that names them.
        let own = OWN.get_or_init(|| start(&[]));
        let mut admin = own.admin().await;
        // No session has that number: it is beyond every process of the system.
        let left = ["oms_tmp_template_999999999_0", "oms_tmp_test_999999999_1"];
        let kept = ["oms_tmp_test_mine", "oms_tmp_999999999_0"];
        for name in left.iter().chain(&kept) {
            let sql = format!("CREATE DATABASE {name} TEMPLATE template0");
            admin.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let database = Database::on(GIVEN.get_or_init(|| own.as_given())).await;
        let again = Database::on(GIVEN.get_or_init(|| own.as_given())).await;
        let names = "SELECT datname::text FROM pg_database";
        let names: Vec<String> = sqlx::query_scalar(names)
            .fetch_all(&mut admin)
            .await
            .unwrap();
        let there = |name: &str| names.iter().any(|known| known == name);
        assert!(!left.iter().any(|name| there(name)), "{names:?}");
        assert!(kept.iter().all(|name| there(name)), "{names:?}");
        assert!(there(&database.name) && there(&again.name), "{names:?}");
        database.drop().await;
        again.drop().await;
    });
}

#[test]
fn a_fresh_database_answers() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        store.check().await.unwrap();
        database.drop().await;
    });
}

#[test]
fn variables_about_other_servers_change_nothing() {
    if given().is_some() {
        return skip("the server is given");
    }
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "given::a_fresh_database_answers"])
        .env("PGPORT", "6543")
        .env("PGSSLMODE", "require")
        .env("PGHOST", "db.invalid")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}
