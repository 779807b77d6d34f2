//! Word of new jobs on a real server.

use std::collections::BTreeSet;
use std::time::Duration;

use oms_core::job::JobDraft;
use oms_core::port::{JobQueue, Store};
use oms_core::testing::build::{Change, base_documents, job_id, kind, queue, tenant};
use oms_store_postgres::{PgOptions, PgStore};
use tokio::time::{Instant, sleep, timeout};

use crate::common::counted::counted;
use crate::common::{Database, block_on, skip, tell};

fn draft(n: u64, of: &str) -> JobDraft {
    JobDraft::new(job_id(n), queue(of), kind("confirm"), "null")
}

#[test]
fn jobs_pushed_alone_and_with_a_change_set_are_told_of() {
    block_on(async {
        let database = Database::new().await;
        let (here, there) = (database.store(2).await, database.store(2).await);
        let acme = tenant("acme");
        let mut listener = here.listener().await.unwrap();
        let mut notifier = there.notifier();
        there.push(&acme, &[draft(1, "mail")]).await.unwrap();
        let sent = notifier.send().await.unwrap();
        assert_eq!(sent, BTreeSet::from([(acme.clone(), queue("mail"))]));
        assert_eq!(
            listener.next().await.unwrap(),
            Some((acme.clone(), queue("mail")))
        );
        let now = there
            .prefetch(&acme, &Default::default())
            .await
            .unwrap()
            .now;
        let change = Change::new("base").documents(base_documents());
        let change = change.job(draft(2, "print")).at(now);
        there
            .commit(&acme, std::slice::from_ref(&change))
            .await
            .unwrap();
        notifier.send().await.unwrap();
        assert_eq!(
            listener.next().await.unwrap(),
            Some((acme.clone(), queue("print")))
        );
        // A repeat keeps no job, and a push that was dropped neither.
        there.commit(&acme, &[change]).await.unwrap();
        there.push(&acme, &[draft(1, "mail")]).await.unwrap();
        let silence = timeout(Duration::from_millis(200), notifier.send()).await;
        assert!(silence.is_err(), "{silence:?}");
        drop(listener);
        database.drop().await;
    });
}

#[test]
fn a_queue_is_told_of_at_most_once_in_ten_milliseconds_and_never_by_a_commit() {
    const JOBS: u64 = 200;
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let acme = tenant("acme");
        let mut notifier = store.notifier();
        let mut listener = store.listener().await.unwrap();
        let began = Instant::now();
        let sender = tokio::spawn(async move {
            let mut sent = 0_u32;
            while let Ok(word) = timeout(Duration::from_millis(300), notifier.send()).await {
                word.unwrap();
                sent += 1;
            }
            sent
        });
        for n in 0..JOBS {
            store.push(&acme, &[draft(n, "mail")]).await.unwrap();
        }
        let sent = sender.await.unwrap();
        let elapsed = began.elapsed();
        let most = u32::try_from(elapsed.as_millis() / 10).unwrap() + 1;
        tell(&format!("{JOBS} pushes in {elapsed:?}: {sent} words"));
        assert!((1..=most).contains(&sent), "{sent} words, at most {most}");
        let mut heard = 0;
        while timeout(Duration::from_millis(200), listener.next())
            .await
            .is_ok()
        {
            heard += 1;
        }
        assert_eq!(heard, sent);
        let one = counted(&store, async {
            store.push(&acme, &[draft(JOBS, "mail")]).await.unwrap();
        });
        match one.await {
            Some(one) => assert_eq!(one.sent, 1, "the push alone"),
            None => skip("the server has no pg_stat_statements"),
        }
        drop(listener);
        database.drop().await;
    });
}

#[test]
fn behind_a_pooler_nobody_listens() {
    block_on(async {
        let database = Database::new().await;
        let store = PgStore::connect(&database.url(), PgOptions::default().pooler(true)).await;
        let store = store.unwrap();
        let problem = store.listener().await.unwrap_err();
        assert!(!problem.is_retryable(), "{problem}");
        // Word can be sent all the same.
        let mut notifier = store.notifier();
        store
            .push(&tenant("acme"), &[draft(1, "mail")])
            .await
            .unwrap();
        assert_eq!(notifier.send().await.unwrap().len(), 1);
        store.pool().close().await;
        database.drop().await;
    });
}

#[test]
fn a_lost_connection_is_told_as_word_of_anything() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let mut listener = store.listener().await.unwrap();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() \
            AND datname = current_database()";
        sqlx::query(end).execute(store.pool()).await.unwrap();
        assert_eq!(listener.next().await.unwrap(), None);
        let mut notifier = store.notifier();
        store
            .push(&tenant("acme"), &[draft(1, "mail")])
            .await
            .unwrap();
        notifier.send().await.unwrap();
        let heard = timeout(Duration::from_secs(5), listener.next()).await;
        assert_eq!(
            heard.unwrap().unwrap(),
            Some((tenant("acme"), queue("mail")))
        );
        sleep(Duration::from_millis(1)).await;
        drop(listener);
        database.drop().await;
    });
}
