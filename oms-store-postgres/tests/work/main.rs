//! The services that work on queues, on a real server: the stories that the reference store is
//! told, once more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../../../oms-store-memory/tests/work/alerts.rs"]
mod alerts;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../../oms-store-memory/tests/work/erasing.rs"]
mod erasing;
#[path = "../../../oms-store-memory/tests/work/intake.rs"]
mod intake;
#[path = "../../../oms-store-memory/tests/work/lists.rs"]
mod lists;
#[path = "../../../oms-store-memory/tests/work/reroute.rs"]
mod reroute;
#[path = "../../../oms-store-memory/tests/work/upkeep.rs"]
mod upkeep;
mod wake;
#[path = "../../../oms-store-memory/tests/work/world.rs"]
mod world;

use std::sync::Arc;

use common::{Database, block_on};
use world::Shop;

macro_rules! stories {
    ($module:ident: $($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            block_on(async {
                let database = Database::new().await;
                let store = database.store(4).await;
                $module::$name(&Shop::open(&store).await).await;
                database.drop().await;
            });
        }
    )*};
}

stories!(
    intake:
    an_order_is_taken_in_at_once_and_placed_later,
    a_second_delivery_of_an_order_is_known,
    a_refused_order_says_why_and_can_be_tried_again,
    a_refusal_that_cannot_be_read_hides_no_others,
    a_job_that_forgets_is_no_receipt,
    a_malformed_payload_is_a_dead_job,
    a_form_of_a_newer_release_is_tried_again,
    payloads_of_channels_are_read_and_followed,
    what_is_left_out_is_followed_where_its_order_is_known,
    a_time_far_ahead_makes_nobody_deaf,
    a_guard_against_a_channels_word_is_told,
    another_release_ends_what_one_began,
    a_crash_between_places_no_second_order,
    what_is_not_taken_in_leaves_no_job,
    a_customer_who_is_erased_takes_waiting_orders_along,
    many_are_taken_in_by_one_call,
);

stories!(
    erasing:
    an_order_without_a_customer_is_erased_by_itself,
    where_personal_data_is_kept_is_told,
);

stories!(
    upkeep:
    what_nothing_stands_against_is_approved,
    an_unreadable_order_keeps_no_others_waiting,
    long_parcels_are_taken_for_delivered,
    what_is_young_is_kept,
    counters_of_days_long_over_are_forgotten,
);

stories!(
    lists:
    an_order_that_still_waits_for_units_is_stuck_and_late,
    an_order_that_is_promised_anew_is_not_late,
    an_order_that_cannot_be_read_hides_no_others,
    orders_and_contacts_are_read_many_at_once,
    what_channels_call_skus_is_listed,
    a_document_that_cannot_be_read_hides_no_others,
    the_open_work_of_a_hub_is_listed_oldest_first,
    work_that_may_go_on_is_told_apart,
    work_that_stands_still_is_found,
    an_order_whose_line_has_the_last_number_is_listed_once,
);

stories!(
    reroute:
    a_hub_that_is_switched_off_loses_its_work_by_a_job,
    a_hub_that_is_on_again_keeps_its_work,
    an_unreadable_order_keeps_no_others_at_the_hub,
);

macro_rules! stories_with_feed {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            block_on(async {
                let database = Database::new().await;
                let store = database.store(4).await;
                let shop = Shop::open(&store).await;
                alerts::$name(&shop, Arc::new(store.clone())).await;
                database.drop().await;
            });
        }
    )*};
}

stories_with_feed!(
    chosen_topics_become_jobs,
    chosen_events_become_jobs,
    what_is_no_order_is_handed_over_too,
    low_stock_is_told_once_until_restocked,
    rows_of_what_is_switched_come_once,
    rows_of_a_switch_that_is_over_do_not_come,
);
