//! The one list of all cases. The table [`CASES`](super::CASES) and the tests of
//! [`conformance_suite!`](crate::conformance_suite) are both made from it, so neither can have a
//! case that the other lacks.

/// Hands the list of cases to a macro: by room, `name: "promise";`, with `(clock)` after the names
/// of cases that move the store's clock.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($callback:path, $($args:tt)*) => {
        $callback! {
            [$($args)*]
            batch {
                the_earlier_of_two_items_wins: "Items commit in slice order.";
                a_later_item_sees_what_an_earlier_one_wrote:
                    "Item k sees what accepted items before it wrote.";
                a_later_item_claims_what_an_earlier_one_brought:
                    "Stock and claims are those that items before left.";
                places_of_events_follow_each_other_in_a_batch:
                    "Events come after those of items before.";
                one_version_is_changed_once_in_a_batch:
                    "Versions are compared with what items before wrote.";
                neighbours_of_a_refused_item_are_committed:
                    "A refused item does not take its neighbours along.";
                a_refused_item_is_not_seen_by_later_ones:
                    "Items after a refused one see the store as if it had not been there.";
                a_refused_item_stores_no_document: "A refused item leaves no document.";
                a_refused_item_stores_no_event: "A refused item leaves no event.";
                a_refused_item_stores_no_job:
                    "A job exists exactly if its change set was committed.";
                a_refused_item_stores_no_movement: "A refused item leaves no movement.";
                a_refused_item_stores_no_reservation: "A refused item leaves no reservation.";
                a_refused_item_takes_no_name: "A refused item leaves no unique name.";
                a_refused_item_sets_no_stock: "A refused item leaves no stock setting.";
                a_refusal_by_stock_undoes_documents:
                    "The last check undoes what earlier ones let pass.";
            }
            documents {
                a_document_reads_back_as_written:
                    "Key, version, schema, body and index columns are stored.";
                a_document_that_exists_is_not_created:
                    "`Expected::Absent` refuses a document that exists.";
                a_document_that_changed_is_not_overwritten:
                    "`Expected::Version` refuses a document at another version.";
                a_document_that_is_absent_is_not_changed:
                    "`Expected::Version` refuses a document that is absent.";
                a_conflict_tells_the_version_that_is_stored:
                    "A conflict names the document and its version now.";
                a_kept_body_stays: "`Body::Keep` changes version and index columns only.";
                index_columns_follow_every_write: "Lists filter by the index columns written last.";
                a_commit_is_seen_once_it_is_answered: "Reads see a commit once it has answered.";
                a_document_written_twice_is_a_defect:
                    "A change set writes each document at most once.";
                a_body_that_is_not_json_is_a_defect: "A body is JSON.";
                a_mapping_of_no_channel_is_a_defect:
                    "A SKU mapping is of a channel that exists.";
                a_version_that_does_not_rise_is_a_defect:
                    "A new version is above the expected one.";
            }
            names {
                a_name_belongs_to_one_document:
                    "A name of another document is refused, with its holder.";
                a_holder_may_take_its_name_again:
                    "A name is refused only if another document has it.";
                a_name_is_taken_once_in_a_batch: "Names taken by items before count.";
                one_reference_in_two_channels_is_two_names:
                    "External references belong to their channel.";
            }
            keys {
                a_repeat_answers_the_first_receipt: "A repeated key gives the first receipt.";
                a_repeat_tells_when_it_was_committed_first (clock):
                    "A repeated key tells when it was committed.";
                a_repeat_changes_nothing: "A repeated key changes nothing.";
                a_repeat_is_known_before_its_documents_are_checked:
                    "The key is checked before the documents.";
                a_key_with_another_fingerprint_is_refused:
                    "A key with another fingerprint is `KeyReused`.";
                a_refused_key_may_be_used_again: "Only committed keys are remembered.";
                a_key_is_committed_once_in_a_batch:
                    "A second use of a key in a batch gets the first one's outcome.";
                another_command_of_a_batch_may_not_use_its_key:
                    "A key with another fingerprint is `KeyReused`, also in a batch.";
                a_refused_key_may_be_used_again_in_its_batch:
                    "A key that was refused is free for later items.";
                a_key_is_remembered_for_a_month (clock):
                    "Keys are remembered for `KEY_RETENTION_DAYS`.";
            }
            time {
                a_plan_from_the_future_is_refused (clock):
                    "A plan more than the limit ahead is `ClockSkew`.";
                a_plan_from_the_past_is_refused (clock):
                    "A plan more than the limit behind is `ClockSkew`.";
                clocks_may_differ_by_exactly_the_limit (clock):
                    "A difference of exactly the limit is allowed.";
                a_commit_tells_the_stores_time (clock): "`Committed::at` is the store's clock.";
                times_are_kept_to_the_microsecond (clock): "Times are whole microseconds.";
            }
            text {
                keys_are_listed_byte_by_byte: "The order of keys is that of their bytes.";
                keys_that_differ_in_case_are_two: "Keys are one only where every byte is.";
            }
            requirements {
                requirements_that_hold_let_a_change_pass: "Requirements that hold refuse nothing.";
                an_inactive_document_is_not_active:
                    "`Requirement::Active` refuses an inactive document.";
                an_absent_document_is_not_active:
                    "`Requirement::Active` refuses an absent document.";
                a_document_at_another_version_is_changed:
                    "`Requirement::Unchanged` refuses another version.";
                an_order_at_another_version_is_changed:
                    "`Requirement::Unchanged` of an order refuses another version of its head.";
                a_requirement_sees_earlier_items: "Requirements see what items before wrote.";
                the_first_check_that_fails_is_the_answer:
                    "Checks come in their order; the first that fails is the answer.";
            }
            catalogue {
                every_write_to_the_catalogue_raises_it:
                    "Settings, channels, hubs, zones, SKUs and mappings count.";
                a_change_set_raises_the_catalogue_once:
                    "However many documents of it a change set writes.";
                other_writes_leave_the_catalogue:
                    "Other documents and refused change sets do not count.";
                the_catalogue_as_it_was_seen_lets_a_change_pass:
                    "`Requirement::Catalogue` holds until the catalogue changes.";
                another_catalogue_than_was_seen_is_refused:
                    "`Requirement::Catalogue` refuses another version.";
                the_catalogue_is_that_of_earlier_items:
                    "Requirements of the catalogue see what items before wrote.";
                a_tenant_has_a_catalogue_of_its_own: "One version per tenant (I11).";
            }
            counters {
                a_counter_is_taken_up_to_its_limit:
                    "More is refused with what is taken, and leaves nothing.";
                what_is_given_back_can_be_taken_again:
                    "Giving back asks for no limit and stops at nothing.";
                a_counter_without_a_limit_has_no_bound_but_its_range:
                    "No limit means no refusal, up to the range of a counter.";
                counters_are_those_of_earlier_items:
                    "Items see what items before took; one that is refused takes nothing.";
                counters_change_with_everything_else:
                    "A change set that is refused for stock takes nothing either.";
                counters_are_told_to_who_asks:
                    "`Keys::counters` is answered; what nobody wrote has no entry.";
                counters_of_one_kind_are_apart: "By hub, by day, by kind and by id.";
                a_tenant_has_counters_of_its_own: "One set per tenant (I11).";
            }
            counted {
                counters_that_orders_do_not_account_for_are_named:
                    "An audit names counters of which more or less is taken than orders take up.";
                counters_that_orders_account_for_are_sound:
                    "Work and bookings that are not cancelled take up one, the host's own nothing.";
                a_tenant_is_audited_by_its_own_orders:
                    "Counters are compared with the orders of one tenant (I11).";
                days_long_over_are_not_audited (clock):
                    "An audit leaves out days before `counters_kept_from`.";
                counters_of_days_before_are_forgotten:
                    "Counters of days before one are forgotten, the host's own are kept.";
                forgetting_counters_stops_at_its_limit:
                    "At most `limit` counters are forgotten at once.";
                a_tenant_forgets_its_own_counters: "Counters are forgotten for one tenant (I11).";
            }
            claims {
                a_claim_follows_the_rule: "Reservations change by `Reservation::apply`.";
                changes_of_one_claim_apply_in_their_order:
                    "Reservations change in the order of the change set.";
                a_claim_has_at_most_a_quantity:
                    "A claim of more units than a quantity holds refuses.";
                more_units_than_are_claimed_are_refused:
                    "A reservation that refuses is named, with the reason.";
                a_refused_claim_undoes_the_ones_before_it:
                    "A reservation that refuses undoes the others.";
                a_claim_may_be_confirmed_until_it_ends (clock):
                    "A claim may be confirmed a microsecond before it ends.";
                a_claim_is_too_late_to_confirm_when_it_ends (clock):
                    "At its end a claim is too late to confirm.";
                a_claim_is_not_ended_before_its_time (clock):
                    "A claim does not expire a microsecond early.";
                a_claim_may_be_ended_when_it_ends (clock): "At its end a claim may expire.";
                no_more_is_settled_than_ended (clock):
                    "Owners that are no orders settle what ended, once, and are not listed for it.";
                claims_end_by_the_stores_clock (clock):
                    "Expiry is compared with the store's clock, not the planner's.";
            }
            stock {
                a_claim_beyond_what_is_available_is_refused:
                    "Nothing is claimed that is not available (I1).";
                safety_stock_is_not_for_sale: "Safety stock is not available.";
                two_lines_of_one_row_are_one_demand:
                    "Demand of one row on several lines is one number.";
                a_claim_that_fits_exactly_is_granted:
                    "What is available can be claimed to the last unit.";
                every_short_row_is_named_in_key_order:
                    "All rows that refuse are named, in key order.";
                a_short_row_leaves_the_others_alone: "A row that refuses undoes the others.";
                nobody_loses_to_a_neighbour_that_did_not_fit:
                    "Demand of a refused item does not count for later ones.";
                facts_are_accepted_whatever_is_reserved:
                    "Counts, damage, corrections and safety are always accepted.";
                a_shortfall_is_recorded: "What is reserved and not there is recorded as shortfall.";
                reserved_goods_are_not_issued: "An issue does not take reserved goods.";
                goods_that_are_not_there_are_not_taken: "On hand does not fall below zero.";
                a_count_of_a_row_that_moved_is_refused:
                    "`expected_on_hand` refuses a row that moved.";
                shipping_lowers_both_counters: "Consuming and shipping lower reserved and on hand.";
                units_that_left_make_no_room:
                    "Claims beside what leaves are guarded: it took its goods along.";
                settings_change_only_what_they_name:
                    "A stock setting leaves what it does not name.";
                a_row_is_the_fold_of_its_changes: "Stock rows change by `StockDelta::apply`.";
                a_counter_does_not_leave_its_range: "A counter that would leave its range refuses.";
                a_row_set_twice_is_a_defect: "A change set sets each stock row at most once.";
            }
            reclaim {
                due_claims_make_room (clock): "Due claims of others end where a row is short.";
                due_claims_stay_unless_the_change_allows_it (clock):
                    "Nothing ends without `reclaim`.";
                an_ended_claim_is_told_on_its_owners_stream (clock):
                    "An ended claim is one event on its owner's stream.";
                an_ended_claim_is_told_with_its_occasion (clock):
                    "An ended claim is told as done by itself, with key, request id and time.";
                claims_of_one_owner_are_told_together (clock):
                    "Claims of one owner that end together are one event.";
                claims_that_are_not_due_stay (clock): "Claims that are not due never end.";
                the_owners_own_claims_stay (clock): "Claims of the change set's owners never end.";
                nothing_ends_where_the_row_stays_short (clock):
                    "A row that stays short ends nothing.";
                nothing_ends_where_another_row_is_short (clock):
                    "A change set that is refused for another row ends nothing.";
                nothing_ends_for_an_event_out_of_place (clock):
                    "A change set that is refused after its stock was checked ends nothing.";
                nothing_ends_for_a_refused_item_of_a_batch (clock):
                    "Items after a refused one see the claims that it did not end.";
                nothing_ends_where_there_is_room (clock): "A row that is not short ends nothing.";
                ended_claims_of_orders_wait_to_be_acknowledged (clock):
                    "Units of orders that ended are marked as lapsed.";
                what_could_be_reclaimed_is_prefetched (clock):
                    "Prefetched rows tell what could be reclaimed.";
                what_could_be_reclaimed_of_a_sku_is_prefetched (clock):
                    "And so do those of a SKU at every hub.";
                a_claim_is_listed_as_due_from_its_end_on (clock):
                    "The due filter finds claims from their end on.";
                an_ended_claim_is_listed_until_it_is_acknowledged (clock):
                    "The due filter finds lapsed units.";
            }
            events {
                an_event_reads_back_as_written: "Stream, name, schema and body are stored.";
                events_of_a_change_set_keep_their_order:
                    "Events of a change set are appended in its order.";
                events_without_a_place_get_the_next:
                    "Events without a place get the next one, without gaps.";
                events_with_the_next_place_get_it: "An event may name the next place.";
                an_event_at_a_place_that_is_taken_is_refused: "No two events have one place (I6).";
                an_event_after_a_gap_is_refused: "Streams have no gaps (I6).";
                an_event_that_is_no_text_is_a_defect:
                    "No event and no stream's id holds a NUL or half of a surrogate pair.";
                events_carry_their_origin: "Events carry the origin of their change set.";
                an_event_may_have_an_actor_of_its_own: "An event may name an actor of its own.";
                events_carry_the_time_of_the_plan: "Events carry `planned_at`.";
                history_goes_on_after_a_place: "History goes on after a place, up to a limit.";
                streams_of_two_kinds_are_two_streams: "A stream is its kind and its id.";
            }
            jobs {
                a_job_reads_back_as_written:
                    "Jobs of a committed change set wait as they were given.";
                jobs_are_listed_page_by_page:
                    "Jobs are listed by id; a page goes on after its cursor.";
                a_job_id_that_was_used_is_a_defect: "No two jobs have one id.";
                a_job_id_is_used_once_in_a_batch: "Ids of jobs of items before count.";
                the_id_of_a_dropped_job_is_free_in_a_batch:
                    "A job whose unique key is taken uses up no id.";
            }
            movements {
                a_movement_reads_back_as_written: "Movements are stored as they were given.";
                movements_carry_their_origin: "Movements carry the origin of their change set.";
                movements_carry_the_time_of_the_plan: "Movements carry `planned_at`.";
                movements_are_found_by_sku: "Movements are filtered by SKU.";
                movements_are_found_by_hub: "Movements are filtered by hub.";
                movements_are_found_by_kind: "Movements are filtered by kind.";
                movements_are_found_by_order: "Movements are filtered by order.";
                movements_are_found_by_transfer: "Movements are filtered by transfer.";
                movements_are_found_from_a_time_on (clock):
                    "`MovementFilter::from` is at or after.";
                movements_are_found_before_a_time (clock): "`MovementFilter::before` is before.";
                movements_are_listed_page_by_page (clock):
                    "Movements come oldest first by (at, id), page by page.";
                a_movement_id_that_was_used_is_a_defect: "No two movements have one id.";
                a_movement_id_is_used_once_in_a_batch: "Ids of movements of items before count.";
            }
            orders {
                orders_are_found_by_status: "Orders are filtered by status.";
                orders_are_found_by_several_statuses:
                    "`OrderFilter::statuses`: one of them has to match.";
                orders_are_found_that_are_not_finished:
                    "`OrderFilter::unfinished`: neither delivered nor cancelled nor returned.";
                orders_are_found_by_channel: "Orders are filtered by channel.";
                orders_are_found_by_customer: "Orders are filtered by customer.";
                orders_are_found_from_a_time_on: "`OrderFilter::placed_from` is at or after.";
                orders_are_found_before_a_time: "`OrderFilter::placed_before` is before.";
                orders_are_found_that_are_stuck:
                    "`OrderFilter::stuck_since` is in their state since before, and not finished.";
                orders_are_found_that_are_late:
                    "`OrderFilter::promised_before` is promised before, and not finished.";
                orders_come_newest_first: "Orders come newest first.";
                orders_of_one_moment_come_by_id_page_by_page:
                    "Orders of one moment are sorted by id, page by page.";
                pages_of_orders_hold_while_orders_arrive:
                    "Pages go on after an order, not after a count.";
            }
            lists {
                documents_are_listed_by_kind: "Documents of one kind are listed by key.";
                documents_are_found_by_whether_they_are_active:
                    "Documents are filtered by whether they may be used.";
                documents_are_listed_page_by_page: "A page of documents goes on after its cursor.";
                transfers_are_found_by_hub:
                    "Transfers are filtered by the hubs that their bodies name.";
                transfers_of_a_hub_are_listed_page_by_page:
                    "A page of the transfers of a hub goes on after its cursor.";
                documents_of_any_schema_are_listed:
                    "A list holds documents whose body no release can read.";
                stock_is_found_by_sku: "Stock rows are filtered by SKU.";
                stock_is_found_by_hub: "Stock rows are filtered by hub.";
                stock_is_found_by_how_little_is_available:
                    "Stock rows are filtered by what is available.";
                stock_is_listed_page_by_page: "Stock rows are listed by key, page by page.";
                reservations_are_found_by_owner: "Reservations are filtered by owner.";
                reservations_are_found_by_sku: "Reservations are filtered by SKU.";
                reservations_are_found_by_hub: "Reservations are filtered by hub.";
                reservations_are_found_that_hold_units:
                    "`ReservationFilter::live` leaves out what holds no units any more.";
                reservations_are_listed_page_by_page:
                    "Reservations are listed by key, page by page.";
                what_holds_units_of_a_hub_is_listed_page_by_page:
                    "And so is what holds units of a hub, without what is over or elsewhere.";
            }
            conditions {
                every_condition_on_stock_counts:
                    "Every field of a filter of stock rows that is set must match.";
                every_condition_on_reservations_counts:
                    "Every field of a filter of reservations that is set must match.";
                every_condition_on_due_claims_counts (clock):
                    "And so it is where due claims are asked for.";
                every_condition_on_movements_counts (clock):
                    "Every field of a filter of movements that is set must match.";
                every_condition_on_orders_counts:
                    "Every field of a filter of orders that is set must match.";
            }
            personal {
                personal_documents_are_found_by_customer:
                    "Personal documents are those indexed with the customer.";
                personal_documents_are_found_by_order:
                    "And those with no customer, given for an order of the customer.";
                personal_documents_of_an_order_follow_its_customer:
                    "And those only while the customer has the order.";
                personal_documents_of_another_customer_are_theirs:
                    "Not those for the order that name another customer.";
                payloads_are_personal_too: "Payloads are personal documents.";
                personal_documents_come_after_a_key:
                    "Personal documents come in the order of their keys, page by page.";
                personal_documents_come_up_to_the_limit:
                    "No more personal documents come at once than were asked for.";
            }
            numbers {
                blocks_of_numbers_do_not_overlap: "Order numbers never repeat.";
                numbers_do_not_repeat_in_a_race: "Order numbers never repeat, whoever takes them.";
                a_block_of_no_numbers_is_an_invalid_call:
                    "A block of zero numbers is an invalid call.";
            }
            tenants {
                a_tenant_prefetches_its_own_documents: "`Keys::documents` of one tenant (I11).";
                a_tenant_prefetches_its_own_orders: "`Keys::orders` of one tenant.";
                a_tenant_prefetches_its_own_hubs: "`Keys::hubs` of one tenant.";
                a_tenant_prefetches_its_own_stock: "`Keys::stock` of one tenant.";
                a_tenant_prefetches_its_own_stock_of_a_sku: "`Keys::sku_stock` of one tenant.";
                a_tenant_prefetches_its_own_names: "`Keys::unique` of one tenant.";
                a_tenant_prefetches_its_own_reservations: "`Keys::owners` of one tenant.";
                a_tenant_prefetches_its_own_commands: "`Keys::commands` of one tenant.";
                a_tenant_lists_its_own_orders: "Lists of orders are of one tenant.";
                a_tenant_lists_its_own_documents: "Lists of documents are of one tenant.";
                a_tenant_sees_its_own_personal_documents: "Personal documents are of one tenant.";
                a_tenant_reads_its_own_history: "Streams are of one tenant.";
                a_tenant_lists_its_own_stock: "Stock is of one tenant.";
                a_tenant_lists_its_own_movements: "Movements are of one tenant.";
                a_tenant_lists_its_own_reservations: "Reservations are of one tenant.";
                a_tenant_lists_its_own_jobs: "Jobs are of one tenant.";
                a_tenant_changes_its_own_documents: "Document versions are of one tenant.";
                a_tenant_claims_its_own_stock: "Stock is claimed from one tenant.";
                tenants_may_use_the_same_keys: "Idempotency keys are of one tenant.";
                tenants_may_use_the_same_names: "Unique names are of one tenant.";
                a_tenant_forgets_its_own_keys: "Keys are forgotten for one tenant.";
                what_a_tenant_writes_leaves_its_neighbour_as_it_was:
                    "A change set writes rows of one tenant, also where another has the same.";
                tenants_with_settings_are_listed_page_by_page:
                    "Tenants are listed by id, page by page.";
            }
            each {
                tenants_that_commit_together_write_what_is_their_own:
                    "`commit_each` writes what each tenant has to that tenant (I11).";
                tenants_that_commit_together_are_refused_alone:
                    "What one tenant is refused is up to no other.";
                who_commits_twice_by_one_call_is_served_in_order:
                    "Batches of one tenant commit in slice order.";
                too_much_of_one_tenant_is_an_invalid_call_of_its_own:
                    "The limit of a batch is that of each tenant.";
            }
            prefetch {
                settings_are_always_prefetched: "A prefetch holds the tenant's settings.";
                a_prefetch_tells_the_stores_time (clock): "A prefetch tells the store's clock.";
                documents_are_prefetched: "`Keys::documents`: those that exist.";
                orders_are_prefetched_with_their_fulfillments:
                    "`Keys::orders`: heads with all fulfillments.";
                orders_are_prefetched_with_their_reservations:
                    "`Keys::orders`: the reservations they own.";
                hubs_are_prefetched: "`Keys::hubs`: every hub.";
                stock_rows_are_prefetched: "`Keys::stock`: those that exist.";
                stock_of_a_sku_is_prefetched_at_every_hub:
                    "`Keys::sku_stock`: the rows at every hub.";
                holders_of_names_are_prefetched: "`Keys::unique`: who holds the names.";
                documents_of_holders_are_prefetched: "`Keys::unique`: the holders' documents.";
                orders_that_hold_a_name_are_prefetched_with_their_fulfillments:
                    "`Keys::unique`: an order with its fulfillments.";
                orders_that_hold_a_name_are_prefetched_with_their_reservations:
                    "`Keys::unique`: an order with the reservations it owns.";
                reservations_that_are_over_are_prefetched:
                    "`Keys::owners`: also those that hold nothing any more.";
                reservations_of_owners_are_prefetched: "`Keys::owners`: all their reservations.";
                outcomes_of_commands_are_prefetched:
                    "`Keys::commands`: fingerprint, receipt and time.";
            }
            limits {
                a_full_batch_is_committed: "`BATCH_ITEMS_MAX` items may be committed at once.";
                a_batch_above_the_limit_is_an_invalid_call: "More items are an invalid call.";
                pages_of_the_largest_size_are_answered: "`PAGE_ITEMS_MAX` items may be asked for.";
                pages_above_the_limit_are_invalid_calls: "A larger limit is an invalid call.";
                pages_of_nothing_are_invalid_calls: "A limit of zero is an invalid call.";
            }
            upkeep {
                forgotten_keys_may_be_used_again (clock): "Forgotten keys are taken for new ones.";
                younger_keys_are_not_forgotten (clock):
                    "Only keys committed before the time are forgotten.";
                forgetting_stops_at_its_limit (clock):
                    "At most `limit` keys are forgotten at once.";
                an_audit_of_a_busy_history_finds_nothing:
                    "An audit of a sound store finds nothing.";
                an_order_without_events_is_named: "An audit names an order without events (I6).";
                an_order_behind_its_events_is_named:
                    "An audit names an order whose version is not its last event's place (I6).";
            }
            race {
                sellers_in_a_race_sell_exactly_the_stock:
                    "Racing sellers sell exactly the stock (I1).";
                changes_in_a_race_lose_no_update: "Racing changes of a document lose no update.";
                a_key_is_committed_once_in_a_race: "Racing uses of a key are committed once (I7).";
                takers_in_a_race_stop_at_the_limit:
                    "Racing changes of a counter take exactly its limit.";
                a_name_is_taken_once_in_a_race: "A name that racing callers take has one holder.";
                what_is_required_stays_until_the_commit_in_a_race:
                    "Nobody changes what a change set requires before it is committed.";
                events_in_a_race_leave_no_gap: "Racing events of a stream leave no gap (I6).";
                claims_in_opposite_order_do_not_block_each_other:
                    "Racing claims in opposite order all get an answer.";
                a_prefetch_is_one_moment: "A prefetch is as of one moment.";
            }
        }
    };
}
