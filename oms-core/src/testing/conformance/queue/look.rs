//! Lists, counts, limits, tenants.

use super::{LEASE_SECS, draft, ids, is_invalid, lease, mail, nth, numbers};
use crate::job::{AttemptFailure, JobDraft, JobState};
use crate::port::{FailAnswer, JobFilter, LeaseAnswer, QueueDemand, QueueStats, RedriveAnswer};
use crate::testing::build::{self, job_id};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::testing::conformance::walk::walk;
use crate::value::limits::{JOB_LEASE_MAX_SECS, JOBS_PER_CALL_MAX, PAGE_ITEMS_MAX};

pub(crate) async fn jobs_in_the_queue_are_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    let drafts: Vec<JobDraft> = (1..=5).map(|n| draft(6 - n)).collect();
    scene.keep(&drafts).await?;
    let (queue, filter) = (scene.queue()?, JobFilter::default());
    let found = walk!(2, |after, limit| queue.list(
        scene.tenant(),
        &filter,
        after,
        limit
    ));
    same("the jobs", &numbers(&found), &ids(&[1, 2, 3, 4, 5]))
}

pub(crate) async fn jobs_are_found_by_queue_and_state(scene: Scene) -> Result<(), Failure> {
    let other = |n| JobDraft {
        queue: build::queue("print"),
        ..draft(n)
    };
    scene
        .keep(&[draft(1), draft(2), draft(3), other(4)])
        .await?;
    scene.kill_only(1).await?;
    scene.claim_one().await?;
    let list = async |queue, state| {
        let filter = JobFilter { queue, state };
        let queue = scene.queue()?;
        let page = queue.list(scene.tenant(), &filter, None, PLENTY).await?;
        Ok::<_, Failure>(numbers(&page.items))
    };
    let dead = list(None, Some(JobState::Dead)).await?;
    same("dead", &dead, &ids(&[1]))?;
    let running = list(Some(mail()), Some(JobState::Running)).await?;
    same("running", &running, &ids(&[2]))?;
    let ready = list(None, Some(JobState::Ready)).await?;
    same("ready", &ready, &ids(&[3, 4]))?;
    let of_mail = list(Some(mail()), None).await?;
    same("of one queue", &of_mail, &ids(&[1, 2, 3]))
}

pub(crate) async fn counts_follow_the_jobs(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let mut drafts: Vec<JobDraft> = (1..=6).map(|n| draft(n).at(later(now, -10))).collect();
    drafts.push(draft(7).at(later(now, 3_600)));
    scene.keep(&drafts).await?;
    let jobs = scene.claim_jobs(4).await?;
    scene.complete(&[lease(nth(&jobs, 0)?)?]).await?;
    let busy = AttemptFailure::transient("busy");
    scene.fail(lease(nth(&jobs, 1)?)?, busy).await?;
    let never = AttemptFailure::permanent("never");
    scene.fail(lease(nth(&jobs, 2)?)?, never).await?;
    let wanted = QueueStats {
        ready: 2,
        scheduled: 1,
        running: 1,
        retrying: 1,
        dead: 1,
        oldest_due_at: Some(later(now, -10)),
        done: 1,
        died: 1,
        ..QueueStats::empty(mail())
    };
    same("the counts", &scene.stats().await?, &wanted)?;
    same("the depth", &wanted.depth(), &5)
}

pub(crate) async fn calls_beyond_the_limits_are_invalid(scene: Scene) -> Result<(), Failure> {
    let (queue, tenant) = (scene.queue()?, scene.tenant());
    let many = u64::try_from(JOBS_PER_CALL_MAX).unwrap_or(u64::MAX) + 1;
    let drafts: Vec<JobDraft> = (1..=many).map(draft).collect();
    check(is_invalid(&queue.push(tenant, &drafts).await), "push")?;
    let demand = |jobs| {
        [QueueDemand {
            queue: mail(),
            jobs,
        }]
    };
    let wanted = demand(JOBS_PER_CALL_MAX + 1);
    let claim = queue.claim(tenant, &wanted, LEASE_SECS);
    check(is_invalid(&claim.await), "claim")?;
    for secs in [0, JOB_LEASE_MAX_SECS + 1] {
        let wanted = demand(1);
        let claim = queue.claim(tenant, &wanted, secs);
        check(is_invalid(&claim.await), "the lease of a claim")?;
        let extend = queue.extend(tenant, &[], secs);
        check(is_invalid(&extend.await), "an extended lease")?;
    }
    for limit in [0, PAGE_ITEMS_MAX + 1] {
        let filter = JobFilter::default();
        let list = queue.list(tenant, &filter, None, limit);
        check(is_invalid(&list.await), "a page of the list")?;
    }
    Ok(())
}

pub(crate) async fn tenants_share_no_job(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.keep(&[draft(1)]).await?;
    same("claimed", &other.claim_jobs(5).await?.len(), &0)?;
    other.gone(1).await?;
    let deleted = other.queue()?.delete(other.tenant(), &[job_id(1)]).await?;
    same("deleted", &deleted, &vec![false])?;
    let job = scene.claim_one().await?;
    let answers = other.complete(&[lease(&job)?]).await?;
    same("completed", &answers, &vec![LeaseAnswer::Lost])?;
    other.keep(&[draft(1)]).await?;
    let report = other.queue()?.queue_stats(other.tenant()).await?;
    same("queues", &report.queues.len(), &1)?;
    let stats = other.stats().await?;
    same("(ready, running)", &(stats.ready, stats.running), &(1, 0))
}

pub(crate) async fn a_lease_counts_for_its_tenant_alone(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.keep(&[draft(1)]).await?;
    let job = scene.claim_one().await?;
    let (queue, leases) = (other.queue()?, [lease(&job)?]);
    let lost = vec![LeaseAnswer::Lost];
    let longer = queue.extend(other.tenant(), &leases, LEASE_SECS * 2);
    same("made longer", &longer.await?, &lost)?;
    let never = AttemptFailure::permanent("never");
    let failed = other.fail(lease(&job)?, never).await?;
    same("failed", &failed, &FailAnswer::Lost)?;
    let back = queue.hand_back(other.tenant(), &leases).await?;
    same("handed back", &back, &lost)?;
    let found = scene.found_in(1, JobState::Running).await?;
    same("the lease", &found.lease(), &job.lease())?;
    same("its end", &found.due_at, &job.due_at)
}

pub(crate) async fn a_tenant_redrives_its_own_jobs(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.keep(&[draft(1)]).await?;
    scene.kill_only(1).await?;
    let queue = other.queue()?;
    let answers = queue.redrive(other.tenant(), &[job_id(1)]).await?;
    same("the answer", &answers, &vec![RedriveAnswer::NotDead])?;
    scene.found_in(1, JobState::Dead).await?;
    Ok(())
}

pub(crate) async fn a_tenant_lists_the_jobs_of_its_own_queues(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.keep(&[draft(1)]).await?;
    other.keep(&[draft(2)]).await?;
    let (queue, filter) = (other.queue()?, JobFilter::default());
    let page = queue.list(other.tenant(), &filter, None, PLENTY).await?;
    same("the jobs", &numbers(&page.items), &ids(&[2]))
}

pub(crate) async fn a_claim_takes_the_jobs_of_its_tenant_alone(
    scene: Scene,
) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    for one in [&scene, &other] {
        one.keep(&[draft(1)]).await?;
    }
    scene.claim_one().await?;
    other.found_in(1, JobState::Ready).await?;
    Ok(())
}
