//! Every defect and the case that it breaks.

defects! {
    batch {
        commits_in_the_order_of_keys => the_earlier_of_two_items_wins;
        does_not_see_what_a_batch_created => a_later_item_sees_what_an_earlier_one_wrote;
        reads_places_before_the_batch => places_of_events_follow_each_other_in_a_batch;
        compares_versions_before_the_batch => one_version_is_changed_once_in_a_batch;
        stops_after_a_refused_item => neighbours_of_a_refused_item_are_committed;
        sees_documents_of_refused_items => a_refused_item_is_not_seen_by_later_ones;
        leaks_documents => a_refused_item_stores_no_document;
        leaks_events => a_refused_item_stores_no_event;
        leaks_jobs => a_refused_item_stores_no_job;
        leaks_movements => a_refused_item_stores_no_movement;
        leaks_reservations => a_refused_item_stores_no_reservation;
        leaks_names => a_refused_item_takes_no_name;
        leaks_stock_settings => a_refused_item_sets_no_stock;
        keeps_documents_that_stock_refused => a_refusal_by_stock_undoes_documents;
        refuses_requirements_that_hold => requirements_that_hold_let_a_change_pass;
        takes_inactive_documents => an_inactive_document_is_not_active;
        takes_absent_documents_for_active => an_absent_document_is_not_active;
        takes_changed_documents => a_document_at_another_version_is_changed;
        takes_changed_orders => an_order_at_another_version_is_changed;
        checks_requirements_before_the_batch => a_requirement_sees_earlier_items;
        checks_requirements_before_documents => the_first_check_that_fails_is_the_answer;
    }
    each {
        shelves_the_goods_of_all_tenants_at_the_first =>
            tenants_that_commit_together_write_what_is_their_own;
        refuses_all_tenants_for_one => tenants_that_commit_together_are_refused_alone;
        commits_the_last_batch_first => who_commits_twice_by_one_call_is_served_in_order;
        refuses_all_for_too_much_of_one => too_much_of_one_tenant_is_an_invalid_call_of_its_own;
    }
    documents {
        forgets_the_schema => a_document_reads_back_as_written;
        forgets_when_an_order_was_promised => a_document_reads_back_as_written;
        creates_over_what_exists => a_document_that_exists_is_not_created;
        overwrites_what_changed => a_document_that_changed_is_not_overwritten;
        changes_what_is_absent => a_document_that_is_absent_is_not_changed;
        hides_the_version_of_a_conflict => a_conflict_tells_the_version_that_is_stored;
        empties_a_kept_body => a_kept_body_stays;
        keeps_the_index_of_a_kept_body => index_columns_follow_every_write;
        remembers_what_was_absent => a_commit_is_seen_once_it_is_answered;
        writes_a_document_named_twice_once => a_document_written_twice_is_a_defect;
        mends_versions_that_do_not_rise => a_version_that_does_not_rise_is_a_defect;
        takes_bodies_that_are_not_json => a_body_that_is_not_json_is_a_defect;
        makes_up_channels_of_mappings => a_mapping_of_no_channel_is_a_defect;
        gives_a_name_to_two_documents => a_name_belongs_to_one_document;
        refuses_a_name_to_its_holder => a_holder_may_take_its_name_again;
        gives_a_name_twice_in_a_batch => a_name_is_taken_once_in_a_batch;
        mixes_the_references_of_channels => one_reference_in_two_channels_is_two_names;
    }
    keys {
        answers_the_second_receipt => a_repeat_answers_the_first_receipt;
        tells_the_time_of_the_repeat => a_repeat_tells_when_it_was_committed_first;
        moves_goods_again => a_repeat_changes_nothing;
        checks_documents_before_the_key => a_repeat_is_known_before_its_documents_are_checked;
        compares_a_part_of_the_fingerprint => a_key_with_another_fingerprint_is_refused;
        remembers_refused_keys => a_refused_key_may_be_used_again;
        forgets_keys_within_a_batch => a_key_is_committed_once_in_a_batch;
        takes_any_command_of_a_batch_for_a_repeat =>
            another_command_of_a_batch_may_not_use_its_key;
        remembers_refused_keys_of_a_batch => a_refused_key_may_be_used_again_in_its_batch;
        forgets_keys_a_day_early => a_key_is_remembered_for_a_month;
        believes_plans_from_the_future => a_plan_from_the_future_is_refused;
        believes_plans_from_the_past => a_plan_from_the_past_is_refused;
        refuses_clocks_that_differ_by_the_limit => clocks_may_differ_by_exactly_the_limit;
        tells_the_time_of_the_plan => a_commit_tells_the_stores_time;
        ends_claims_at_a_millisecond => times_are_kept_to_the_microsecond;
        dates_orders_to_a_millisecond => times_are_kept_to_the_microsecond;
        takes_keys_in_another_case_for_one => keys_that_differ_in_case_are_two;
    }
    counters {
        takes_one_more_than_the_limit => a_counter_is_taken_up_to_its_limit;
        gives_back_within_the_limit_only => what_is_given_back_can_be_taken_again;
        has_a_bound_of_its_own => a_counter_without_a_limit_has_no_bound_but_its_range;
        guards_the_first_of_a_batch_only => counters_are_those_of_earlier_items;
        takes_what_it_refuses => counters_change_with_everything_else;
        tells_counters_that_nobody_wrote => counters_are_told_to_who_asks;
        takes_a_day_for_the_one_before => counters_of_one_kind_are_apart;
        has_counters_for_all => a_tenant_has_counters_of_its_own;
        audits_no_slots => counters_that_orders_do_not_account_for_are_named;
        audits_counters_of_the_host => counters_that_orders_account_for_are_sound;
        audits_all_tenants_together => a_tenant_is_audited_by_its_own_orders;
        audits_days_too_long => days_long_over_are_not_audited;
        forgets_the_day_itself => counters_of_days_before_are_forgotten;
        forgets_counters_without_limit => forgetting_counters_stops_at_its_limit;
        forgets_counters_of_another => a_tenant_forgets_its_own_counters;
    }
    catalogue {
        raises_twice_for_mappings => every_write_to_the_catalogue_raises_it;
        raises_for_every_document => a_change_set_raises_the_catalogue_once;
        raises_for_other_documents => other_writes_leave_the_catalogue;
        takes_one_requirement_at_a_time => the_catalogue_as_it_was_seen_lets_a_change_pass;
        takes_any_catalogue => another_catalogue_than_was_seen_is_refused;
        reads_the_catalogue_before_the_batch => the_catalogue_is_that_of_earlier_items;
        has_one_catalogue_for_all => a_tenant_has_a_catalogue_of_its_own;
    }
    claims {
        does_not_count_released_units => a_claim_follows_the_rule;
        changes_claims_backwards => changes_of_one_claim_apply_in_their_order;
        forgets_units_beyond_a_quantity => a_claim_has_at_most_a_quantity;
        releases_what_there_is => more_units_than_are_claimed_are_refused;
        keeps_claims_before_a_refused_one => a_refused_claim_undoes_the_ones_before_it;
        confirms_too_strictly => a_claim_may_be_confirmed_until_it_ends;
        confirms_at_the_end => a_claim_is_too_late_to_confirm_when_it_ends;
        ends_claims_early => a_claim_is_not_ended_before_its_time;
        ends_claims_late => a_claim_may_be_ended_when_it_ends;
        lists_settled_claims_as_due => no_more_is_settled_than_ended;
        settles_more_than_ended => no_more_is_settled_than_ended;
        believes_the_planners_clock => claims_end_by_the_stores_clock;
    }
    stock {
        sells_when_anything_is_there => a_claim_beyond_what_is_available_is_refused;
        sells_safety_stock => safety_stock_is_not_for_sale;
        looks_at_each_line_alone => two_lines_of_one_row_are_one_demand;
        keeps_the_last_unit => a_claim_that_fits_exactly_is_granted;
        names_one_short_row => every_short_row_is_named_in_key_order;
        names_short_rows_backwards => every_short_row_is_named_in_key_order;
        keeps_claims_on_rows_that_fit => a_short_row_leaves_the_others_alone;
        reads_stock_before_the_batch => a_later_item_claims_what_an_earlier_one_brought;
        adds_up_the_demand_of_a_batch => nobody_loses_to_a_neighbour_that_did_not_fit;
        refuses_counts_below_what_is_reserved => facts_are_accepted_whatever_is_reserved;
        does_not_record_a_shortfall => a_shortfall_is_recorded;
        issues_reserved_goods => reserved_goods_are_not_issued;
        takes_as_much_as_there_is => goods_that_are_not_there_are_not_taken;
        counts_rows_that_moved => a_count_of_a_row_that_moved_is_refused;
        leaves_shipped_goods_on_hand => shipping_lowers_both_counters;
        claims_again_what_left => units_that_left_make_no_room;
        resets_safety_that_is_not_named => settings_change_only_what_they_name;
        does_not_count_changes => a_row_is_the_fold_of_its_changes;
        stops_counting_at_the_end => a_counter_does_not_leave_its_range;
        sets_a_row_named_twice_once => a_row_set_twice_is_a_defect;
    }
    reclaim {
        ends_at_most_one_claim => due_claims_make_room;
        reclaims_unasked => due_claims_stay_unless_the_change_allows_it;
        does_not_tell_owners => an_ended_claim_is_told_on_its_owners_stream;
        tells_ended_claims_as_the_callers => an_ended_claim_is_told_with_its_occasion;
        tells_owners_of_one_claim => claims_of_one_owner_are_told_together;
        ends_claims_that_are_not_due => claims_that_are_not_due_stay;
        ends_claims_of_the_owner => the_owners_own_claims_stay;
        ends_claims_in_vain => nothing_ends_where_the_row_stays_short;
        ends_claims_though_another_row_is_short => nothing_ends_where_another_row_is_short;
        ends_claims_before_it_looks_at_events => nothing_ends_for_an_event_out_of_place;
        ends_claims_for_refused_items => nothing_ends_for_a_refused_item_of_a_batch;
        ends_claims_without_need => nothing_ends_where_there_is_room;
        does_not_mark_lapsed_units => ended_claims_of_orders_wait_to_be_acknowledged;
        hides_what_could_be_reclaimed => what_could_be_reclaimed_is_prefetched;
        hides_what_could_be_reclaimed_of_a_sku =>
            what_could_be_reclaimed_of_a_sku_is_prefetched;
        lists_due_claims_early => a_claim_is_listed_as_due_from_its_end_on;
        lists_due_claims_late => a_claim_is_listed_as_due_from_its_end_on;
        does_not_list_what_lapsed => an_ended_claim_is_listed_until_it_is_acknowledged;
    }
    events {
        forgets_the_schema_of_events => an_event_reads_back_as_written;
        appends_events_backwards => events_of_a_change_set_keep_their_order;
        counts_places_within_a_change_set => events_without_a_place_get_the_next;
        refuses_the_next_place => events_with_the_next_place_get_it;
        moves_events_off_taken_places => an_event_at_a_place_that_is_taken_is_refused;
        closes_gaps_silently => an_event_after_a_gap_is_refused;
        strips_events_of_what_is_no_text => an_event_that_is_no_text_is_a_defect;
        loses_the_request_id => events_carry_their_origin;
        takes_every_event_for_the_callers => an_event_may_have_an_actor_of_its_own;
        stamps_events_with_the_stores_time => events_carry_the_time_of_the_plan;
        repeats_the_last_event_of_a_page => history_goes_on_after_a_place;
        mixes_streams_of_two_kinds => streams_of_two_kinds_are_two_streams;
        runs_jobs_at_once => a_job_reads_back_as_written;
        skips_a_job_per_page => jobs_are_listed_page_by_page;
        drops_jobs_kept_before => a_job_id_that_was_used_is_a_defect;
        drops_jobs_kept_twice_in_a_batch => a_job_id_is_used_once_in_a_batch;
        takes_ids_of_dropped_jobs_for_used => the_id_of_a_dropped_job_is_free_in_a_batch;
    }
    lists {
        loses_the_reason_of_movements => a_movement_reads_back_as_written;
        forgets_the_transfer_of_movements => a_movement_reads_back_as_written;
        forgets_who_moved_goods => movements_carry_their_origin;
        stamps_movements_with_another_time => movements_carry_the_time_of_the_plan;
        stamps_movements_with_the_stores_time => movements_carry_the_time_of_the_plan;
        ignores_the_sku_of_movements => movements_are_found_by_sku;
        ignores_the_hub_of_movements => movements_are_found_by_hub;
        ignores_the_kind_of_movements => movements_are_found_by_kind;
        ignores_the_order_of_movements => movements_are_found_by_order;
        ignores_the_transfer_of_movements => movements_are_found_by_transfer;
        leaves_out_movements_at_the_first_moment => movements_are_found_from_a_time_on;
        ignores_from_when_goods_moved => movements_are_found_from_a_time_on;
        takes_movements_at_the_last_moment => movements_are_found_before_a_time;
        skips_movements_of_one_moment => movements_are_listed_page_by_page;
        drops_movements_recorded_before => a_movement_id_that_was_used_is_a_defect;
        drops_movements_recorded_twice_in_a_batch => a_movement_id_is_used_once_in_a_batch;
        lists_the_hosts_documents_backwards => documents_are_listed_by_kind;
        lists_skus_by_the_alphabet => keys_are_listed_byte_by_byte;
        lists_active_documents_as_inactive => documents_are_found_by_whether_they_are_active;
        skips_a_document_per_page => documents_are_listed_page_by_page;
        ignores_where_transfers_come_from => transfers_are_found_by_hub;
        ignores_where_transfers_go => transfers_are_found_by_hub;
        lists_transfers_of_a_hub_that_are_over_as_open => transfers_are_found_by_hub;
        skips_a_transfer_of_a_hub_per_page => transfers_of_a_hub_are_listed_page_by_page;
        lists_no_skus_beside_one_of_a_later_release => documents_of_any_schema_are_listed;
        hides_orders_of_a_later_release => documents_of_any_schema_are_listed;
        ignores_the_sku_of_stock => stock_is_found_by_sku;
        ignores_the_hub_of_stock => stock_is_found_by_hub;
        ignores_what_is_available => stock_is_found_by_how_little_is_available;
        goes_on_at_the_next_hub => stock_is_listed_page_by_page;
        ignores_the_owner_of_reservations => reservations_are_found_by_owner;
        ignores_the_sku_of_reservations => reservations_are_found_by_sku;
        ignores_the_hub_of_reservations => reservations_are_found_by_hub;
        lists_reservations_that_hold_nothing => reservations_are_found_that_hold_units;
        lists_only_what_is_confirmed => reservations_are_found_that_hold_units;
        repeats_a_reservation_per_page => reservations_are_listed_page_by_page;
        skips_what_a_hub_holds_per_page => what_holds_units_of_a_hub_is_listed_page_by_page;
    }
    conditions {
        ignores_the_hub_of_stock_of_a_sku => every_condition_on_stock_counts;
        ignores_what_is_available_at_a_hub => every_condition_on_stock_counts;
        ignores_the_hub_of_reservations_of_a_sku => every_condition_on_reservations_counts;
        lists_what_an_owner_gave_back => every_condition_on_reservations_counts;
        lists_due_claims_of_any_owner => every_condition_on_due_claims_counts;
        ignores_the_kind_of_movements_of_an_order => every_condition_on_movements_counts;
        ignores_when_goods_moved_at_a_hub => every_condition_on_movements_counts;
        ignores_the_channel_beside_a_status => every_condition_on_orders_counts;
        ignores_before_when_a_customer_ordered => every_condition_on_orders_counts;
        lists_finished_orders_of_a_channel => every_condition_on_orders_counts;
    }
    orders {
        ignores_the_status => orders_are_found_by_status;
        looks_at_one_of_several_statuses => orders_are_found_by_several_statuses;
        ignores_whether_orders_are_finished => orders_are_found_that_are_not_finished;
        ignores_the_channel => orders_are_found_by_channel;
        ignores_the_customer => orders_are_found_by_customer;
        ignores_from_when => orders_are_found_from_a_time_on;
        leaves_out_the_first_moment => orders_are_found_from_a_time_on;
        ignores_before_when => orders_are_found_before_a_time;
        ignores_since_when => orders_are_found_that_are_stuck;
        ignores_what_was_promised => orders_are_found_that_are_late;
        lists_the_oldest_first => orders_come_newest_first;
        goes_on_after_a_moment => orders_of_one_moment_come_by_id_page_by_page;
        goes_on_after_a_count => pages_of_orders_hold_while_orders_arrive;
        misses_documents_of_the_customer => personal_documents_are_found_by_customer;
        misses_documents_of_orders => personal_documents_are_found_by_order;
        misses_documents_of_orders_gained => personal_documents_of_an_order_follow_its_customer;
        keeps_documents_of_orders_once_had => personal_documents_of_an_order_follow_its_customer;
        takes_documents_of_others => personal_documents_of_another_customer_are_theirs;
        misses_payloads => payloads_are_personal_too;
        begins_personal_documents_anew => personal_documents_come_after_a_key;
        lists_personal_documents_without_limit => personal_documents_come_up_to_the_limit;
    }
    tenants {
        shows_documents => a_tenant_prefetches_its_own_documents;
        shows_orders => a_tenant_prefetches_its_own_orders;
        shows_hubs => a_tenant_prefetches_its_own_hubs;
        shows_stock => a_tenant_prefetches_its_own_stock;
        shows_stock_of_a_sku => a_tenant_prefetches_its_own_stock_of_a_sku;
        shows_names => a_tenant_prefetches_its_own_names;
        shows_reservations => a_tenant_prefetches_its_own_reservations;
        shows_commands => a_tenant_prefetches_its_own_commands;
        lists_orders_of_another => a_tenant_lists_its_own_orders;
        lists_documents_of_another => a_tenant_lists_its_own_documents;
        lists_personal_documents_of_another => a_tenant_sees_its_own_personal_documents;
        tells_the_history_of_another => a_tenant_reads_its_own_history;
        lists_stock_of_another => a_tenant_lists_its_own_stock;
        lists_movements_of_another => a_tenant_lists_its_own_movements;
        lists_reservations_of_another => a_tenant_lists_its_own_reservations;
        lists_jobs_of_another => a_tenant_lists_its_own_jobs;
        changes_documents_of_another => a_tenant_changes_its_own_documents;
        claims_stock_of_another => a_tenant_claims_its_own_stock;
        knows_keys_of_another => tenants_may_use_the_same_keys;
        knows_names_of_another => tenants_may_use_the_same_names;
        forgets_keys_of_another => a_tenant_forgets_its_own_keys;
        sets_stock_of_all => what_a_tenant_writes_leaves_its_neighbour_as_it_was;
        takes_from_counters_of_another => what_a_tenant_writes_leaves_its_neighbour_as_it_was;
        skips_a_tenant_per_page => tenants_with_settings_are_listed_page_by_page;
    }
    prefetch {
        leaves_out_the_settings => settings_are_always_prefetched;
        tells_no_time => a_prefetch_tells_the_stores_time;
        leaves_out_the_last_document => documents_are_prefetched;
        leaves_out_fulfillments => orders_are_prefetched_with_their_fulfillments;
        leaves_out_reservations_of_orders => orders_are_prefetched_with_their_reservations;
        leaves_out_inactive_hubs => hubs_are_prefetched;
        leaves_out_a_stock_row => stock_rows_are_prefetched;
        knows_one_hub_per_sku => stock_of_a_sku_is_prefetched_at_every_hub;
        hides_who_holds_a_name => holders_of_names_are_prefetched;
        leaves_out_documents_of_holders => documents_of_holders_are_prefetched;
        leaves_out_fulfillments_of_holders =>
            orders_that_hold_a_name_are_prefetched_with_their_fulfillments;
        leaves_out_reservations_of_holders =>
            orders_that_hold_a_name_are_prefetched_with_their_reservations;
        leaves_out_reservations_that_are_over => reservations_that_are_over_are_prefetched;
        answers_for_one_owner => reservations_of_owners_are_prefetched;
        loses_receipts => outcomes_of_commands_are_prefetched;
    }
    upkeep {
        overlaps_blocks_of_numbers => blocks_of_numbers_do_not_overlap;
        counts_numbers_per_connection => numbers_do_not_repeat_in_a_race;
        gives_a_number_to_who_wants_none => a_block_of_no_numbers_is_an_invalid_call;
        refuses_a_full_batch => a_full_batch_is_committed;
        takes_batches_of_any_size => a_batch_above_the_limit_is_an_invalid_call;
        refuses_the_largest_page => pages_of_the_largest_size_are_answered;
        cuts_pages_above_the_limit => pages_above_the_limit_are_invalid_calls;
        answers_pages_of_nothing => pages_of_nothing_are_invalid_calls;
        remembers_forgotten_keys => forgotten_keys_may_be_used_again;
        forgets_keys_of_the_moment => younger_keys_are_not_forgotten;
        forgets_without_limit => forgetting_stops_at_its_limit;
        audits_a_shortfall_as_a_violation => an_audit_of_a_busy_history_finds_nothing;
        audits_no_missing_events => an_order_without_events_is_named;
        audits_no_versions => an_order_behind_its_events_is_named;
    }
    race {
        oversells_in_a_race => sellers_in_a_race_sell_exactly_the_stock;
        loses_updates_in_a_race => changes_in_a_race_lose_no_update;
        forgets_keys_in_a_race => a_key_is_committed_once_in_a_race;
        takes_more_than_the_limit_in_a_race => takers_in_a_race_stop_at_the_limit;
        gives_a_name_twice_in_a_race => a_name_is_taken_once_in_a_race;
        forgets_what_is_required_in_a_race => what_is_required_stays_until_the_commit_in_a_race;
        loses_events_in_a_race => events_in_a_race_leave_no_gap;
        deadlocks_in_a_race => claims_in_opposite_order_do_not_block_each_other;
        prefetches_at_two_moments => a_prefetch_is_one_moment;
    }
}
