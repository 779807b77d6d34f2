use std::collections::BTreeSet;
use std::future::Future;

use super::*;

#[test]
fn names_and_promises_are_unique() {
    let all = || CASES.iter().chain(QUEUE_CASES);
    let names: BTreeSet<&str> = all().map(|case| case.name).collect();
    assert_eq!(names.len(), all().count());
    let promises: BTreeSet<&str> = all().map(|case| case.promise).collect();
    assert_eq!(promises.len(), all().count());
    assert!(all().all(|case| case.promise.ends_with('.')));
}

/// A harness without a store.
struct Nothing(Unopened);

impl Harness for Nothing {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        Err(self.0.clone())
    }
}

#[test]
fn a_missing_store_skips_and_a_failed_one_fails() {
    let reason = "no database".to_owned();
    let missing = Nothing(Unopened::Missing { reason });
    assert!(matches!(run(&missing, &CASES[0]), Verdict::Skipped(why) if why == "no database"));
    test(&missing, CASES[0].name);
    let failed = Nothing(Unopened::failed(&"connection refused"));
    let Verdict::Broken(failure) = run(&failed, &CASES[0]) else {
        panic!("not broken")
    };
    assert!(
        failure
            .to_string()
            .starts_with("no store: connection refused\n")
    );
}

#[test]
#[should_panic(expected = "the suite has no case nonsense")]
fn a_case_that_is_not_there_is_a_failure() {
    let reason = String::new();
    test(&Nothing(Unopened::Missing { reason }), "nonsense");
}
