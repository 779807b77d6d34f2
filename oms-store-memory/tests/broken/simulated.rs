//! The simulation is tested by stores that break one promise each as well: those whose defect an
//! everyday workload meets are noticed within a few seeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_core::testing::simulation::{Options, Seeds, World};

use crate::defect::Defect;
use crate::list;
use crate::sound::Sound;
use crate::store::Broken;

/// How many seeds a defect may hide from; `ends_claims_in_vain` does so longest.
const SEEDS: Seeds = Seeds {
    first: 1,
    count: 2_400,
};

/// On how many a sound store is tried.
const SOUND: Seeds = Seeds {
    first: 1,
    count: 800,
};

/// Defects that the simulation notices.
const NOTICED: &[&str] = &[
    "answers_for_one_owner",
    "answers_the_second_receipt",
    "appends_events_backwards",
    "audits_a_shortfall_as_a_violation",
    "believes_plans_from_the_past",
    "believes_the_planners_clock",
    "changes_claims_backwards",
    "checks_documents_before_the_key",
    "checks_requirements_before_documents",
    "claims_stock_of_another",
    "confirms_at_the_end",
    "confirms_too_strictly",
    "counts_places_within_a_change_set",
    "does_not_count_released_units",
    "does_not_list_what_lapsed",
    "does_not_mark_lapsed_units",
    "does_not_record_a_shortfall",
    "does_not_tell_owners",
    "empties_a_kept_body",
    "ends_at_most_one_claim",
    "ends_claims_early",
    "ends_claims_in_vain",
    "ends_claims_late",
    "ends_claims_of_the_owner",
    "ends_claims_that_are_not_due",
    "ends_claims_without_need",
    "forgets_who_moved_goods",
    "goes_on_after_a_moment",
    "goes_on_at_the_next_hub",
    "hides_the_version_of_a_conflict",
    "hides_who_holds_a_name",
    "issues_reserved_goods",
    "keeps_claims_on_rows_that_fit",
    "keeps_the_index_of_a_kept_body",
    "keeps_the_last_unit",
    "knows_keys_of_another",
    "knows_names_of_another",
    "leaks_jobs",
    "leaks_movements",
    "leaks_names",
    "leaks_reservations",
    "leaks_stock_settings",
    "leaves_out_a_stock_row",
    "leaves_out_documents_of_holders",
    "leaves_out_fulfillments",
    "leaves_out_fulfillments_of_holders",
    "leaves_out_inactive_hubs",
    "leaves_out_reservations_of_orders",
    "leaves_out_the_last_document",
    "leaves_shipped_goods_on_hand",
    "lists_documents_of_another",
    "lists_jobs_of_another",
    "lists_movements_of_another",
    "lists_orders_of_another",
    "lists_reservations_of_another",
    "lists_stock_of_another",
    "lists_the_oldest_first",
    "looks_at_each_line_alone",
    "loses_receipts",
    "loses_the_reason_of_movements",
    "mixes_streams_of_two_kinds",
    "mixes_the_references_of_channels",
    "moves_goods_again",
    "names_short_rows_backwards",
    "overwrites_what_changed",
    "refuses_a_name_to_its_holder",
    "refuses_clocks_that_differ_by_the_limit",
    "refuses_counts_below_what_is_reserved",
    "refuses_requirements_that_hold",
    "refuses_the_largest_page",
    "refuses_the_next_place",
    "remembers_refused_keys",
    "remembers_what_was_absent",
    "repeats_the_last_event_of_a_page",
    "resets_safety_that_is_not_named",
    "sells_when_anything_is_there",
    "shows_commands",
    "shows_documents",
    "shows_hubs",
    "shows_names",
    "shows_orders",
    "shows_reservations",
    "shows_stock",
    "skips_a_document_per_page",
    "skips_a_job_per_page",
    "skips_movements_of_one_moment",
    "stamps_events_with_the_stores_time",
    "stamps_movements_with_another_time",
    "stops_after_a_refused_item",
    "takes_every_event_for_the_callers",
    "takes_inactive_documents",
    "tells_no_time",
    "tells_the_history_of_another",
    "tells_the_time_of_the_plan",
    "tells_the_time_of_the_repeat",
];

fn world(defect: fn() -> Defect) -> World {
    let sound = Sound::new();
    let clock = Arc::new(sound.clock.clone());
    let defect = defect();
    World {
        store: Arc::new(Broken { sound, defect }),
        clock,
    }
}

#[test]
fn the_simulation_notices_broken_stores() {
    let all: BTreeMap<&str, fn() -> Defect> = list::ALL.iter().copied().collect();
    let unnoticed = NOTICED.iter().filter(|name| {
        let defect = all[**name];
        SEEDS.run(&Options::default(), || world(defect)).is_ok()
    });
    assert_eq!(unnoticed.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn a_store_without_a_defect_keeps_every_promise() {
    SOUND
        .run(&Options::default(), || world(Defect::none))
        .unwrap();
}
