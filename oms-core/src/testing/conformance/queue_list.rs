//! The one list of the cases of queues and feeds, as `list.rs` is of the others.

/// Hands the list of cases to a macro: by room and port, `name: "promise";`, with `(clock)` after
/// the names of cases that move the store's clock.
#[doc(hidden)]
#[macro_export]
macro_rules! __queue_cases {
    ($callback:path, $($args:tt)*) => {
        $callback! {
            [$($args)*]
            push(Jobs) {
                a_claimed_job_reads_as_pushed: "A job is given as it was pushed.";
                a_second_push_of_an_id_is_a_repeat:
                    "A draft whose id is kept changes nothing.";
                a_draft_that_no_store_may_keep_is_refused_alone:
                    "A refused draft does not take its neighbours along.";
                a_delay_counts_from_the_push (clock): "A delay counts from the store's time.";
                a_delay_of_a_change_set_counts_from_its_plan:
                    "A delay of a job of a change set counts from `planned_at`.";
                a_job_of_a_change_set_is_claimed_like_any:
                    "A job of a change set is like one that was pushed.";
            }
            keys(Jobs) {
                a_draft_whose_key_is_taken_is_dropped:
                    "A draft whose unique key is taken is dropped, and the holder is named.";
                a_key_is_taken_once_in_a_push: "Of two drafts with a key the first is kept.";
                a_draft_whose_twin_is_dropped_is_no_repeat:
                    "Only a draft whose id is kept is a repeat, also of one in the same push.";
                a_running_job_holds_its_key: "A job that runs holds its key.";
                a_key_is_free_when_its_job_is_done: "A job that is done holds no key.";
                a_dead_job_holds_no_key: "A job that is dead holds no key.";
                one_key_in_two_queues_is_two_keys: "Keys belong to their queue.";
                tenants_may_use_the_same_unique_keys: "Unique keys are of one tenant (I11).";
                a_redriven_job_takes_no_key_that_is_taken:
                    "A dead job whose key is taken stays dead.";
                a_job_of_a_change_set_is_dropped_if_its_key_is_taken:
                    "A taken key refuses no change set.";
            }
            claim(Jobs) {
                a_job_waits_for_its_time (clock): "A job is not given a microsecond early.";
                jobs_of_higher_priority_come_first: "Jobs are given by priority.";
                jobs_of_one_priority_come_by_due_time:
                    "Jobs of one priority are given by due time, then by id.";
                a_claim_gives_no_more_than_was_asked: "A claim gives at most what was asked.";
                a_claim_serves_each_queue_by_itself:
                    "A claim gives jobs of the queues that were asked, each with its own limit.";
                a_claimed_job_is_not_claimed_again: "A job with a lease is not given again.";
                a_claim_tells_when_the_next_job_is_due (clock):
                    "A claim tells when the next job is due.";
                every_job_goes_to_one_of_many_workers: "No job is given to two workers (I10).";
            }
            lease(Jobs) {
                a_job_whose_lease_is_over_is_taken_over (clock):
                    "A job whose lease is over is given again, with what happened.";
                an_extended_lease_lasts_from_then (clock): "An extended lease lasts from then on.";
                a_lost_lease_completes_nothing (clock): "A lost lease completes nothing.";
                a_lost_lease_fails_nothing (clock): "A lost lease fails nothing.";
                a_lost_lease_is_not_made_longer (clock): "A lost lease is not made longer.";
                a_lost_lease_hands_nothing_back (clock): "A lost lease hands nothing back.";
                a_lease_of_an_earlier_job_is_lost (clock):
                    "A lease of an earlier job with the same id is lost.";
                a_lease_with_the_highest_token_is_lost:
                    "A lease with a token beyond any the store gives is lost alone.";
                a_lease_counts_until_it_is_taken_over (clock):
                    "A lease that is over counts until the job is taken over.";
                a_job_that_ends_its_workers_dies (clock):
                    "A job that used up its attempts is dead, not given again.";
                answers_count_lease_by_lease: "Each lease is answered by itself, in order.";
                a_lease_shown_twice_in_a_call_counts_once:
                    "What ends a lease counts once, also in one call.";
                a_done_job_is_gone_and_counted: "A job that is done is gone and counted.";
                a_job_handed_back_is_due_and_its_attempt_does_not_count:
                    "A job that is handed back is due, and the attempt does not count.";
                failures_are_told_job_by_job: "Each failure counts for its own job.";
            }
            failure(Jobs) {
                a_failed_attempt_is_repeated_after_its_pause (clock):
                    "A failed attempt is repeated after its pause.";
                the_last_attempt_that_fails_kills: "The last attempt that fails kills the job.";
                a_failure_for_good_kills_at_once: "A permanent failure kills the job at once.";
                a_dead_job_is_not_claimed_and_keeps_its_errors (clock):
                    "A dead job is not given, and keeps its errors in order.";
                a_redriven_job_has_all_its_attempts:
                    "A redriven job has all its attempts, and no lease is given twice.";
                only_dead_jobs_are_redriven: "Only dead jobs are redriven.";
                a_deleted_job_is_gone: "A deleted job is gone, and no other.";
            }
            schedule(Jobs) {
                a_new_schedule_does_not_begin_in_the_past: "A new schedule pushes nothing yet.";
                a_time_of_a_schedule_fires_once: "A time of a schedule fires once.";
                a_time_that_is_over_does_not_fire: "An earlier time than the last does not fire.";
                a_time_noted_far_ahead_stops_no_schedule:
                    "A last time far ahead of the store's clock gives way to one that is not.";
                schedules_fire_each_by_itself: "Each schedule has its own last time.";
                workers_that_race_fire_once: "A time fires once however many workers ask.";
                tenants_may_use_the_same_schedules: "Schedules are of one tenant (I11).";
                a_schedule_fires_for_its_tenant_alone:
                    "A schedule that fires is that of one tenant (I11).";
            }
            look(Jobs) {
                jobs_in_the_queue_are_listed_page_by_page: "Jobs are listed by id, page by page.";
                jobs_are_found_by_queue_and_state: "Lists filter by queue and state.";
                counts_follow_the_jobs: "Counts are those of the jobs.";
                calls_beyond_the_limits_are_invalid: "Calls beyond the limits are `InvalidCall`.";
                tenants_share_no_job: "Jobs of one tenant are out of reach of another (I11).";
                a_lease_counts_for_its_tenant_alone: "A lease is one of a tenant's (I11).";
                a_tenant_redrives_its_own_jobs: "Dead jobs are redriven for one tenant (I11).";
                a_claim_takes_the_jobs_of_its_tenant_alone:
                    "A claim leaves jobs of others that have the same ids (I11).";
                a_tenant_lists_the_jobs_of_its_own_queues:
                    "Queues are listed for one tenant (I11).";
            }
            feed(Events) {
                an_event_comes_as_it_was_stored: "An event comes with its whole envelope.";
                the_events_of_a_stream_come_in_their_order:
                    "Events of a stream come in order (I9).";
                small_pages_skip_no_event: "No event is lost between two pages.";
                a_page_parts_no_commit: "Events that were committed together come together.";
                what_is_not_acknowledged_comes_again: "Events come until they are acknowledged.";
                what_is_acknowledged_does_not_come_again:
                    "Acknowledged events do not come again.";
                an_acknowledgement_counts_once:
                    "An acknowledgement counts only where the subscriber still is.";
                a_place_that_is_none_is_invalid: "A place that is none is `InvalidCall`.";
                subscribers_do_not_depend_on_each_other: "Each subscriber has its own place.";
                a_subscriber_begins_where_it_was_told: "A subscriber begins where it was told.";
                a_subscriber_that_is_there_stays: "A subscriber that is there stays where it is.";
                events_since_a_time_come_again (clock): "Rewinding brings what happened since.";
                subscribers_of_other_tenants_see_nothing:
                    "Events of one tenant do not come to another (I11).";
                a_subscriber_is_moved_for_its_tenant_alone:
                    "A subscriber is moved, set back and forgotten for one tenant (I11).";
                lag_is_told (clock): "How far a subscriber is behind is told.";
                lag_counts_from_the_oldest_plan (clock):
                    "`Subscription::oldest_at` is the earliest time, not that of the first commit.";
                a_subscriber_may_be_forgotten: "A forgotten subscriber is gone.";
                no_event_is_skipped_while_many_write:
                    "No event is skipped or out of order while many write (I9).";
            }
            stock_feed(Events) {
                a_row_that_changed_often_comes_once:
                    "A stock row comes once, with its latest value and version.";
                a_row_that_was_acknowledged_comes_when_it_changes_again:
                    "An acknowledged stock row comes when it changes again.";
                a_row_that_was_not_acknowledged_comes_again:
                    "Stock rows come until they are acknowledged.";
                rows_since_a_time_come_again (clock):
                    "Stock rows that changed since a time come to who begins there.";
                small_pages_skip_no_row: "No stock row is lost between two pages.";
                a_subscriber_that_has_every_row_is_not_behind:
                    "A subscriber of stock rows that has them all is behind no event.";
                rows_of_other_tenants_do_not_come:
                    "Stock rows of one tenant do not come to another (I11).";
            }
        }
    };
}
