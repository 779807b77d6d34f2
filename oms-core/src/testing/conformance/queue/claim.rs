//! Claiming: who gets what, and when.

use std::collections::BTreeSet;

use super::{LEASE_SECS, draft, ids, mail, numbers};
use crate::job::{JobDraft, Priority};
use crate::port::QueueDemand;
use crate::testing::build;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{Scene, later, later_micros};
use crate::value::JobId;

pub(crate) async fn a_job_waits_for_its_time(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    scene.keep(&[draft(1).at(later(now, 60))]).await?;
    scene.set_clock(later_micros(later(now, 60), -1)).await?;
    let early = scene.claim_jobs(5).await?;
    same("jobs before their time", &early.len(), &0)?;
    scene.set_clock(later(now, 60)).await?;
    scene.claim_one().await?;
    Ok(())
}

pub(crate) async fn jobs_of_higher_priority_come_first(scene: Scene) -> Result<(), Failure> {
    let drafts: Vec<JobDraft> = (1..=4)
        .zip(Priority::ALL.into_iter().rev())
        .map(|(n, priority)| draft(n).with_priority(priority))
        .collect();
    scene.keep(&drafts).await?;
    let first = scene.claim_jobs(3).await?;
    same("by priority", &numbers(&first), &ids(&[4, 3, 2]))
}

pub(crate) async fn jobs_of_one_priority_come_by_due_time(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let at = |n: u64, ago: i64| draft(n).at(later(now, -ago));
    scene
        .keep(&[at(1, 1), at(2, 3), at(3, 2), at(5, 1), at(4, 1)])
        .await?;
    let first = scene.claim_jobs(4).await?;
    same(
        "by due time, then id",
        &numbers(&first),
        &ids(&[2, 3, 1, 4]),
    )
}

pub(crate) async fn a_claim_gives_no_more_than_was_asked(scene: Scene) -> Result<(), Failure> {
    let drafts: Vec<JobDraft> = (1..=5).map(draft).collect();
    scene.keep(&drafts).await?;
    same("of five", &scene.claim_jobs(2).await?.len(), &2)?;
    same("nothing asked", &scene.claim_jobs(0).await?.len(), &0)?;
    same("of three", &scene.claim_jobs(10).await?.len(), &3)
}

pub(crate) async fn a_claim_serves_each_queue_by_itself(scene: Scene) -> Result<(), Failure> {
    let print = build::queue("print");
    let other = |n| JobDraft {
        queue: print.clone(),
        ..draft(n)
    };
    scene
        .keep(&[draft(1), other(2), other(3), draft(4)])
        .await?;
    let nothing = scene.claim_from(build::queue("post"), 5).await?;
    same("of a queue without jobs", &nothing.len(), &0)?;
    let demand = |queue, jobs| QueueDemand { queue, jobs };
    let wanted = [demand(print.clone(), 5), demand(mail(), 1)];
    let claimed = scene.queue()?.claim(scene.tenant(), &wanted, LEASE_SECS);
    same("the jobs", &numbers(&claimed.await?.jobs), &ids(&[2, 3, 1]))
}

pub(crate) async fn a_claimed_job_is_not_claimed_again(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    scene.claim_one().await?;
    same("a second claim", &scene.claim_jobs(5).await?.len(), &0)
}

pub(crate) async fn a_claim_tells_when_the_next_job_is_due(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let wanted = [QueueDemand {
        queue: mail(),
        jobs: 5,
    }];
    let ask = async || {
        let queue = scene.queue()?;
        let claimed = queue.claim(scene.tenant(), &wanted, LEASE_SECS).await?;
        same("the store's time", &claimed.now, &scene.now().await?)?;
        Ok::<_, Failure>(claimed.next_at)
    };
    same("of an empty queue", &ask().await?, &None)?;
    let at = |n, secs| draft(n).at(later(now, secs));
    scene.keep(&[at(1, 60), at(2, 20)]).await?;
    same("of later jobs", &ask().await?, &Some(later(now, 20)))?;
    scene.set_clock(later(now, 20)).await?;
    // It is claimed now, so what comes next is the end of its lease, 30 s later.
    same("beside a running one", &ask().await?, &Some(later(now, 50)))
}

pub(crate) async fn every_job_goes_to_one_of_many_workers(scene: Scene) -> Result<(), Failure> {
    const JOBS: u64 = 60;
    let drafts: Vec<JobDraft> = (1..=JOBS).map(draft).collect();
    scene.keep(&drafts).await?;
    let got = std::sync::Arc::new(std::sync::Mutex::new(Vec::<JobId>::new()));
    let work = |scene: Scene, _| {
        let got = got.clone();
        async move {
            // Jobs that others are about to take are passed, so none at once is not the end.
            let mut idle = 0;
            while idle < 3 {
                let claimed = scene.claim_jobs(4).await?;
                idle = if claimed.is_empty() { idle + 1 } else { 0 };
                let mut got = got
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                got.extend(numbers(&claimed));
            }
            Ok(())
        }
    };
    scene.race(8, work).await?;
    let rest = numbers(&scene.claim_jobs(100).await?);
    let mut got = got
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    got.extend(rest);
    let distinct: BTreeSet<JobId> = got.iter().copied().collect();
    same("jobs that were given", &distinct.len(), &drafts.len())?;
    check(distinct.len() == got.len(), "a job was given twice")
}
