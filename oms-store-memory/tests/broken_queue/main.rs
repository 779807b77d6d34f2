//! The cases of queues and feeds are tested by stores that break a promise each: each must fail the
//! case that names it, and every case must fail for one of them. A broken promise may be noticed by
//! other cases too: everything here goes through push and claim.
#![allow(clippy::unwrap_used)]

mod defect;
mod feed;
mod jobs;
mod tenants;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};

use oms_core::job::JobDraft;
use oms_core::testing::FakeClock;
use oms_core::testing::conformance::{
    Harness, Opened, QUEUE_CASES, Threads, Together, Unopened, Verdict, run,
};
use oms_store_memory::MemoryStore;

use defect::{Broken, Defect, Sound};

/// Opens stores with one defect.
struct Workshop(fn() -> Defect);

impl Harness for Workshop {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let sound = Sound {
            store: store.clone(),
            clock: clock.clone(),
            pushed: Mutex::default(),
        };
        let mut defect = (self.0)();
        let push = defect.push;
        defect.push = Box::new(move |sound, tenant, drafts: &[JobDraft]| {
            let ids = drafts.iter().map(|draft| draft.id);
            sound.pushed.lock().unwrap().extend(ids);
            push(sound, tenant, drafts)
        });
        let broken = Arc::new(Broken { sound, defect });
        Ok(Opened {
            guard: (),
            store: Arc::new(store),
            jobs: Some(broken.clone()),
            events: Some(broken),
            clock: Some(Arc::new(clock)),
        })
    }

    fn together(&self) -> Arc<dyn Together> {
        Arc::new(Threads)
    }
}

/// What a store with this defect fails, of the cases with these names.
fn failed(defect: fn() -> Defect, names: &[&str]) -> Vec<String> {
    let asked = QUEUE_CASES
        .iter()
        .filter(|case| names.is_empty() || names.contains(&case.name));
    let verdict = |case| match run(&Workshop(defect), case) {
        Verdict::Kept => None,
        Verdict::Broken(failure) => Some(format!("{}: {failure}", case.name)),
        Verdict::Skipped(reason) => panic!("{} was skipped: {reason}", case.name),
    };
    asked.filter_map(verdict).collect()
}

/// One test per defect, and the list of what they break.
macro_rules! defects {
    ($($room:ident { $($name:ident => $case:ident;)* })*) => {
        /// Every case that a defect breaks.
        const CAUGHT: &[&str] = &[$($(stringify!($case),)*)*];

        $(mod $room {$(
            #[test]
            fn $name() {
                let case = stringify!($case);
                assert!(crate::QUEUE_CASES.iter().any(|known| known.name == case));
                let failed = crate::failed(crate::$room::$name, &[case]);
                assert_eq!(failed.len(), 1, "{case} did not notice");
            }
        )*})*
    };
}

mod list {
    use super::*;

    defects! {
        jobs {
            forgets_the_trace => a_claimed_job_reads_as_pushed;
            overwrites_what_has_the_same_id => a_second_push_of_an_id_is_a_repeat;
            refuses_all_drafts_for_one => a_draft_that_no_store_may_keep_is_refused_alone;
            ignores_delays => a_delay_counts_from_the_push;
            forgets_when_jobs_were_pushed => a_delay_counts_from_the_push;
            counts_delays_from_the_commit => a_delay_of_a_change_set_counts_from_its_plan;
            loses_the_trace_of_urgent_jobs => a_job_of_a_change_set_is_claimed_like_any;
            ignores_unique_keys => a_draft_whose_key_is_taken_is_dropped;
            sees_no_key_of_the_same_push => a_key_is_taken_once_in_a_push;
            takes_twins_of_what_was_dropped_for_repeats
                => a_draft_whose_twin_is_dropped_is_no_repeat;
            frees_the_key_of_a_running_job => a_running_job_holds_its_key;
            remembers_keys_of_done_jobs => a_key_is_free_when_its_job_is_done;
            lets_dead_jobs_hold_their_keys => a_dead_job_holds_no_key;
            keeps_keys_for_all_queues => one_key_in_two_queues_is_two_keys;
            redrives_past_a_taken_key => a_redriven_job_takes_no_key_that_is_taken;
            keeps_jobs_of_change_sets_beside_the_holder
                => a_job_of_a_change_set_is_dropped_if_its_key_is_taken;
            gives_jobs_before_their_time => a_job_waits_for_its_time;
            ignores_priorities => jobs_of_higher_priority_come_first;
            gives_the_newest_first => jobs_of_one_priority_come_by_due_time;
            gives_one_more_than_was_asked => a_claim_gives_no_more_than_was_asked;
            serves_queues_in_another_order => a_claim_serves_each_queue_by_itself;
            gives_running_jobs_again => a_claimed_job_is_not_claimed_again;
            never_says_when_a_job_is_due => a_claim_tells_when_the_next_job_is_due;
            reads_before_it_claims => every_job_goes_to_one_of_many_workers;
            leaves_the_jobs_of_dead_workers => a_job_whose_lease_is_over_is_taken_over;
            says_it_extended_and_did_not => an_extended_lease_lasts_from_then;
            completes_for_anybody => a_lost_lease_completes_nothing;
            fails_for_anybody => a_lost_lease_fails_nothing;
            extends_for_anybody => a_lost_lease_is_not_made_longer;
            hands_back_for_anybody => a_lost_lease_hands_nothing_back;
            counts_leases_from_one_again => a_lease_of_an_earlier_job_is_lost;
            takes_no_call_with_a_high_token => a_lease_with_the_highest_token_is_lost;
            loses_leases_that_are_over => a_lease_counts_until_it_is_taken_over;
            gives_poison_for_ever => a_job_that_ends_its_workers_dies;
            answers_for_all_leases_as_for_the_last => answers_count_lease_by_lease;
            takes_a_lease_as_often_as_it_is_shown
                => a_lease_shown_twice_in_a_call_counts_once;
            counts_nothing => a_done_job_is_gone_and_counted;
            counts_an_attempt_that_is_handed_back
                => a_job_handed_back_is_due_and_its_attempt_does_not_count;
            mixes_up_failures => failures_are_told_job_by_job;
            retries_at_once => a_failed_attempt_is_repeated_after_its_pause;
            retries_for_ever => the_last_attempt_that_fails_kills;
            takes_every_failure_for_transient => a_failure_for_good_kills_at_once;
            keeps_the_last_error_only => a_dead_job_is_not_claimed_and_keeps_its_errors;
            redrives_as_a_new_job => a_redriven_job_has_all_its_attempts;
            redrives_running_jobs => only_dead_jobs_are_redriven;
            keeps_deleted_jobs => a_deleted_job_is_gone;
            fires_new_schedules_at_once => a_new_schedule_does_not_begin_in_the_past;
            fires_every_time_it_is_asked => a_time_of_a_schedule_fires_once;
            fires_every_time_it_is_asked_in_a_race => workers_that_race_fire_once;
            fires_earlier_times => a_time_that_is_over_does_not_fire;
            believes_every_clock => a_time_noted_far_ahead_stops_no_schedule;
            knows_one_schedule_only => schedules_fire_each_by_itself;
            skips_a_job_per_page => jobs_in_the_queue_are_listed_page_by_page;
            lists_every_state => jobs_are_found_by_queue_and_state;
            counts_scheduled_jobs_as_ready => counts_follow_the_jobs;
            takes_leases_of_any_length => calls_beyond_the_limits_are_invalid;
            gives_jobs_of_any_tenant => tenants_share_no_job;
            counts_jobs_of_any_tenant => tenants_share_no_job;
            extends_for_any_tenant => a_lease_counts_for_its_tenant_alone;
            fails_for_any_tenant => a_lease_counts_for_its_tenant_alone;
            hands_back_for_any_tenant => a_lease_counts_for_its_tenant_alone;
            redrives_for_any_tenant => a_tenant_redrives_its_own_jobs;
            lists_jobs_of_any_tenant => a_tenant_lists_the_jobs_of_its_own_queues;
            keeps_keys_for_all_tenants => tenants_may_use_the_same_unique_keys;
            keeps_schedules_for_all_tenants => tenants_may_use_the_same_schedules;
        }
        feed {
            forgets_the_request => an_event_comes_as_it_was_stored;
            tells_the_newest_first => the_events_of_a_stream_come_in_their_order;
            loses_the_last_event_of_a_page => small_pages_skip_no_event;
            cuts_pages_to_the_event => a_page_parts_no_commit;
            acknowledges_by_itself => what_is_not_acknowledged_comes_again;
            never_moves_on => what_is_acknowledged_does_not_come_again;
            takes_old_acknowledgements => an_acknowledgement_counts_once;
            takes_any_place_for_an_old_one => a_place_that_is_none_is_invalid;
            has_one_place_for_all => subscribers_do_not_depend_on_each_other;
            begins_with_what_is_new => a_subscriber_begins_where_it_was_told;
            begins_anew_each_time => a_subscriber_that_is_there_stays;
            never_goes_back => events_since_a_time_come_again;
            tells_events_of_any_tenant => subscribers_of_other_tenants_see_nothing;
            says_nothing_waits => lag_is_told;
            counts_lag_from_the_first_commit => lag_counts_from_the_oldest_plan;
            keeps_forgotten_subscribers => a_subscriber_may_be_forgotten;
            passes_what_commits_meanwhile => no_event_is_skipped_while_many_write;
            tells_rows_without_their_version => a_row_that_changed_often_comes_once;
            tells_all_rows_each_time => a_row_that_was_acknowledged_comes_when_it_changes_again;
            tells_rows_once_only => a_row_that_was_not_acknowledged_comes_again;
            tells_no_row_of_before => rows_since_a_time_come_again;
            loses_the_last_row_of_a_page => small_pages_skip_no_row;
            forgets_what_was_told_beside_rows => a_subscriber_that_has_every_row_is_not_behind;
        }
        tenants {
            fires_for_all_tenants => a_schedule_fires_for_its_tenant_alone;
            claims_for_all_tenants => a_claim_takes_the_jobs_of_its_tenant_alone;
            acknowledges_for_all_tenants => a_subscriber_is_moved_for_its_tenant_alone;
            rewinds_for_all_tenants => a_subscriber_is_moved_for_its_tenant_alone;
            forgets_for_all_tenants => a_subscriber_is_moved_for_its_tenant_alone;
            tells_rows_of_any_tenant => rows_of_other_tenants_do_not_come;
        }
    }

    #[test]
    fn a_store_without_a_defect_fails_no_case() {
        assert_eq!(failed(Defect::none, &[]), Vec::<String>::new());
    }

    #[test]
    fn every_case_is_broken_by_a_defect() {
        let caught: BTreeSet<&str> = CAUGHT.iter().copied().collect();
        let names = QUEUE_CASES.iter().map(|case| case.name);
        let missing: Vec<&str> = names.filter(|name| !caught.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
