//! The long-form pages, as they lie in `oms-core/docs`.
//!
//! A page says at its end where its links lead in a repository; what they lead to here stands
//! before it, as of two definitions of a link the first one counts.
//!
//! For who embeds it:
//!
//! - [`daily_work`]: checkout, orders on hold, the work of a hub, money after the sale.
//! - [`errors`]: keys, versions, every code, and how to answer by HTTP.
//! - [`jobs`]: work for later, and news that others follow.
//! - [`routing`]: how a hub is chosen, and how to read why.
//! - `channels` (with that feature): what is read from each sales channel, and how its errors look.
//! - `channel_guide` (with feature `channels`): sales channels, in and out.
//! - [`limits`]: every bound, with its reason.
//! - [`glossary`]: our words, and what other systems call the same thing.
//!
//! For who runs it:
//!
//! - [`operations`]: what a host runs, what a tenant sets, going live.
//! - [`watching`]: alerts, symptoms, lists, metrics, spans, the history of an order.
//! - [`personal_data`]: what can be erased, and what a host keeps out of the rest.
//! - [`postgres`]: roles, connections, growth and backups of the store in PostgreSQL.
//! - [`upgrade`]: what is stored, and how it stays readable.
//! - [`performance`]: goals, method, figures.
//!
//! For who writes a store, or changes the library:
//!
//! - [`store_guide`]: how to write a store adapter.
//! - [`design`]: why it is built so.

/// [operations]: crate::docs::operations
/// [personal data]: crate::docs::personal_data
/// [store guide]: crate::docs::store_guide
/// [routing]: crate::docs::routing
/// [glossary]: crate::docs::glossary
#[doc = include_str!("../docs/design.md")]
///
/// # Named on this page
/// [`decide`](crate::order::decide()), [`evolve`](crate::order::evolve),
/// [`fold`](crate::order::fold), [`claim_changes`](crate::order::claim_changes),
/// [`plan`](crate::plan::plan), [`ChangeSet`](crate::plan::ChangeSet),
/// [`Snapshot`](crate::plan::Snapshot), [`Keys`](crate::plan::Keys),
/// [`Body::Keep`](crate::plan::Body::Keep), [`Outcome`](crate::plan::Outcome),
/// [`StockDelta::apply`](crate::stock::StockDelta::apply),
/// [`Reservation::apply`](crate::reservation::Reservation::apply),
/// [`Reservation::lapse`](crate::reservation::Reservation::lapse),
/// [`Owner`](crate::reservation::Owner), [`EventId`](crate::event::EventId),
/// [`ContactDocument`](crate::customer::ContactDocument),
/// [`OnProblem`](crate::plan::OnProblem), [`Extension`](crate::service::Extension),
/// [`Tenant::bulk`](crate::service::Tenant::bulk),
/// [`Tenant::dry_run`](crate::service::Tenant::dry_run), [`Store`](crate::port::Store).
pub mod design {}

/// [design]: crate::docs::design
/// [daily work]: crate::docs::daily_work
#[doc = include_str!("../docs/glossary.md")]
pub mod glossary {}

/// [PostgreSQL]: crate::docs::postgres
/// [design]: crate::docs::design
/// [limits]: crate::docs::limits
#[doc = include_str!("../docs/store-guide.md")]
///
/// # Named on this page
/// [`Store`](crate::port::Store), [`StoreError`](crate::port::StoreError),
/// [`JobQueue`](crate::port::JobQueue), [`EventFeed`](crate::port::EventFeed),
/// [`job::decide`](crate::job::decide), [`job::evolve`](crate::job::evolve),
/// [`ChangeSet`](crate::plan::ChangeSet),
/// [`ChangeSet::stock_deltas`](crate::plan::ChangeSet::stock_deltas),
/// [`Refusal`](crate::plan::Refusal), [`Index`](crate::plan::Index),
/// [`Expected`](crate::plan::Expected), [`Requirement`](crate::plan::Requirement),
/// [`Reservation::apply`](crate::reservation::Reservation::apply),
/// [`Reservation::lapse`](crate::reservation::Reservation::lapse),
/// [`StockDelta::apply`](crate::stock::StockDelta::apply),
/// [`Snapshot::reclaimable`](crate::plan::Snapshot::reclaimable),
/// [`ReservationFilter::due`](crate::port::ReservationFilter::due),
/// [`limits`](crate::value::limits).
pub mod store_guide {}

#[cfg(feature = "channels")]
/// [channels]: crate::docs::channels
/// [jobs and events]: crate::docs::jobs
/// [daily work]: crate::docs::daily_work
#[doc = include_str!("../docs/channel-guide.md")]
///
/// [`Ambiguity`]: crate::channel::Ambiguity
/// [`CannotExpress`]: crate::channel::CannotExpress
/// [`Channel`]: crate::channel::Channel
/// [`Channel::answer`]: crate::channel::Channel::answer
/// [`Channel::learn`]: crate::channel::Channel::learn
/// [`Channel::outgoing`]: crate::channel::Channel::outgoing
/// [`Channel::says`]: crate::channel::Channel::says
/// [`Channels`]: crate::channel::Channels
/// [`Channels::register`]: crate::channel::Channels::register
/// [`Choice`]: crate::channel::Choice
/// [`Ebay::add_shipments`]: crate::channel::Ebay::add_shipments
/// [`Inbound::commands`]: crate::channel::Inbound::commands
/// [`Incoming::seen`]: crate::channel::Incoming::seen
/// [`Order::to_give_back`]: crate::order::Order::to_give_back
/// [`Order::worth_of`]: crate::order::Order::worth_of
/// [`OrderFacts::of`]: crate::channel::OrderFacts::of
/// [`Repeat`]: crate::channel::Repeat
/// [`paid_reference`]: crate::channel::paid_reference
/// [`refund_reference`]: crate::channel::refund_reference
/// [`Settle`]: crate::channel::Settle
/// [`ShopifyGraphql`]: crate::channel::ShopifyGraphql
/// [`StatusPolicy`]: crate::channel::StatusPolicy
/// [`SyncWalk`]: crate::channel::SyncWalk
/// [`SyncState`]: crate::channel::SyncState
/// [`Target`]: crate::channel::Target
/// [`Update`]: crate::channel::Update
/// [`View::held_by_channel`]: crate::channel::View::held_by_channel
/// [`View::seen`]: crate::channel::View::seen
/// [`WooCommerce::add_refunds`]: crate::channel::WooCommerce::add_refunds
/// [`arrival`]: crate::channel::arrival
pub mod channel_guide {}

/// [watching]: crate::docs::watching
/// [daily work]: crate::docs::daily_work
/// [errors]: crate::docs::errors
/// [personal data]: crate::docs::personal_data
/// [jobs and events]: crate::docs::jobs
/// [PostgreSQL]: crate::docs::postgres
/// [routing]: crate::docs::routing
/// [upgrades]: crate::docs::upgrade
#[doc = include_str!("../docs/operations.md")]
///
/// # Named on this page
/// [`Oms::sweep`](crate::service::Oms::sweep), [`Tenant::sweep`](crate::service::Tenant::sweep),
/// [`Sweep`](crate::service::Sweep), [`SweepFailure`](crate::service::SweepFailure),
/// [`Wake`](crate::service::Wake), [`Tenant::reservations`](crate::service::Tenant::reservations),
/// [`Upkeep`](crate::service::Upkeep), [`Worker`](crate::service::Worker),
/// [`Crew`](crate::service::Crew), [`Relay`](crate::service::Relay),
/// [`Tenant::audit`](crate::service::Tenant::audit), [`Violation`](crate::port::Violation),
/// [`Settings`](crate::tenant::Settings),
/// [`Store::take_numbers`](crate::port::Store::take_numbers).
pub mod operations {}

/// [operations]: crate::docs::operations
/// [daily work]: crate::docs::daily_work
/// [errors]: crate::docs::errors
/// [jobs and events]: crate::docs::jobs
/// [PostgreSQL]: crate::docs::postgres
/// [routing]: crate::docs::routing
/// [upgrades]: crate::docs::upgrade
#[cfg_attr(feature = "channels", doc = "[channels]: crate::docs::channels")]
#[doc = include_str!("../docs/watching.md")]
///
/// # Named on this page
/// [`OrderFilter`](crate::port::OrderFilter), [`StockFilter`](crate::port::StockFilter),
/// [`WorkFilter`](crate::service::WorkFilter), [`Page::next`](crate::port::Page::next),
/// [`JobQueue::queue_stats`](crate::port::JobQueue::queue_stats),
/// [`EventFeed::subscriptions`](crate::port::EventFeed::subscriptions),
/// [`prometheus_text`](crate::service::prometheus_text),
/// [`prometheus_stats`](crate::service::prometheus_stats),
/// [`Oms::stats`](crate::service::Oms::stats),
/// [`Tenant::history`](crate::service::Tenant::history),
/// [`fold_at`](crate::order::fold_at).
pub mod watching {}

/// [operations]: crate::docs::operations
/// [watching]: crate::docs::watching
/// [errors]: crate::docs::errors
/// [routing]: crate::docs::routing
#[cfg_attr(feature = "channels", doc = "[channels]: crate::docs::channels")]
#[doc = include_str!("../docs/daily-work.md")]
///
/// # Named on this page
/// [`Tenant::place`](crate::service::Tenant::place), [`PlaceOrder`](crate::plan::PlaceOrder),
/// [`Tenant::confirm_paid`](crate::service::Tenant::confirm_paid),
/// [`OrderCommand`](crate::order::OrderCommand),
/// [`Tenant::work`](crate::service::Tenant::work), [`pick_list`](crate::service::pick_list),
/// [`Tenant::allowed_commands`](crate::service::Tenant::allowed_commands),
/// [`Rerouting`](crate::service::Rerouting).
pub mod daily_work {}

/// [operations]: crate::docs::operations
/// [daily work]: crate::docs::daily_work
/// [limits]: crate::docs::limits
/// [jobs and events]: crate::docs::jobs
#[cfg_attr(feature = "channels", doc = "[channels]: crate::docs::channels")]
/// [upgrades]: crate::docs::upgrade
#[doc = include_str!("../docs/errors.md")]
///
/// # Named on this page
/// [`Call`](crate::service::Call), [`Error`](crate::service::Error),
/// [`Error::body`](crate::service::Error::body), [`Rejection`](crate::plan::Rejection),
/// [`OrderRejection`](crate::order::OrderRejection),
/// [`StockRejection`](crate::stock::StockRejection), [`StoreError`](crate::port::StoreError),
/// [`Page::next`](crate::port::Page::next).
pub mod errors {}

/// [operations]: crate::docs::operations
/// [errors]: crate::docs::errors
/// [jobs and events]: crate::docs::jobs
#[cfg_attr(feature = "channels", doc = "[channels]: crate::docs::channels")]
#[doc = include_str!("../docs/personal-data.md")]
///
/// # Named on this page
/// [`Tenant::erase_customer`](crate::service::Tenant::erase_customer),
/// [`Tenant::erase_order`](crate::service::Tenant::erase_order),
/// [`Tenant::personal_rows`](crate::service::Tenant::personal_rows),
/// [`Intakes::discard`](crate::service::Intakes::discard).
pub mod personal_data {}

/// [operations]: crate::docs::operations
/// [watching]: crate::docs::watching
/// [jobs and events]: crate::docs::jobs
/// [upgrades]: crate::docs::upgrade
/// [performance]: crate::docs::performance
#[doc = include_str!("../docs/postgres.md")]
///
/// # Named on this page
/// [`OmsBuilder::coalescing`](crate::service::OmsBuilder::coalescing),
/// [`OmsBuilder::caching`](crate::service::OmsBuilder::caching),
/// [`Store::take_numbers`](crate::port::Store::take_numbers); `PgStore` and `PgOptions` are of the
/// crate `oms-store-postgres`.
pub mod postgres {}

/// [operations]: crate::docs::operations
/// [watching]: crate::docs::watching
/// [PostgreSQL]: crate::docs::postgres
/// [jobs and events]: crate::docs::jobs
#[doc = include_str!("../docs/upgrade.md")]
///
/// # Named on this page
/// [`Stored`](crate::plan::Stored), [`Stored::upcast`](crate::plan::Stored::upcast),
/// [`decode_json`](crate::plan::decode_json), [`DecodeError`](crate::plan::DecodeError),
/// [`Fingerprint`](crate::plan::Fingerprint).
pub mod upgrade {}

/// [daily work]: crate::docs::daily_work
/// [operations]: crate::docs::operations
/// [watching]: crate::docs::watching
#[cfg_attr(
    feature = "channels",
    doc = "[channel guide]: crate::docs::channel_guide"
)]
/// [PostgreSQL]: crate::docs::postgres
/// [upgrades]: crate::docs::upgrade
#[doc = include_str!("../docs/jobs.md")]
///
/// # Named on this page
/// [`JobQueue`](crate::port::JobQueue),
/// [`JobQueue::list`](crate::port::JobQueue::list),
/// [`JobQueue::queue_stats`](crate::port::JobQueue::queue_stats),
/// [`EventFeed`](crate::port::EventFeed), [`Publisher`](crate::port::Publisher),
/// [`Pushed::Taken`](crate::port::Pushed::Taken), [`Jobs::push`](crate::service::Jobs::push),
/// [`Worker`](crate::service::Worker), [`Relay`](crate::service::Relay),
/// [`Extension`](crate::service::Extension), [`RetryPolicy`](crate::job::RetryPolicy),
/// [`JobState`](crate::job::JobState), [`EventId`](crate::event::EventId),
/// `Schedule` in [`job`](crate::job) (feature `calendar`).
pub mod jobs {}

/// [errors]: crate::docs::errors
/// [design]: crate::docs::design
#[doc = include_str!("../docs/limits.md")]
///
/// # Named on this page
/// The constants are in [`limits`](crate::value::limits).
pub mod limits {}

/// [PostgreSQL]: crate::docs::postgres
/// [operations]: crate::docs::operations
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[cfg(feature = "channels")]
/// [channel guide]: crate::docs::channel_guide
/// [jobs and events]: crate::docs::jobs
/// [daily work]: crate::docs::daily_work
#[doc = include_str!("../docs/channels.md")]
///
/// # Named on this page
/// [`read_orders`](crate::channel::read_orders),
/// [`read_amazon_orders`](crate::channel::read_amazon_orders),
/// [`read_notice`](crate::channel::read_notice), [`Incoming`](crate::channel::Incoming),
/// [`Incoming::history`](crate::channel::Incoming::history),
/// [`History`](crate::channel::History), [`Suggestion`](crate::channel::Suggestion),
/// [`ChannelError`](crate::channel::ChannelError),
/// [`ChannelWarning`](crate::channel::ChannelWarning),
/// [`read_csv_orders_with`](crate::channel::csv::read_csv_orders_with),
/// [`CsvOptions`](crate::channel::csv::CsvOptions),
/// [`write_rejected`](crate::channel::csv::write_rejected).
pub mod channels {}

/// [daily work]: crate::docs::daily_work
/// [errors]: crate::docs::errors
/// [jobs and events]: crate::docs::jobs
/// [limits]: crate::docs::limits
#[doc = include_str!("../docs/routing.md")]
///
/// # Named on this page
/// [`route`](crate::routing::route), [`RoutePolicy`](crate::routing::RoutePolicy),
/// [`RoutePlan`](crate::routing::RoutePlan), [`RouteOutcome`](crate::routing::RouteOutcome),
/// [`NotServiceable`](crate::routing::NotServiceable),
/// [`Explanation`](crate::routing::Explanation),
/// [`Explanation::verify`](crate::routing::Explanation::verify),
/// [`Explanation::verify_inputs`](crate::routing::Explanation::verify_inputs),
/// [`Explanation::shortened`](crate::routing::Explanation::shortened),
/// [`AreaIndex`](crate::routing::AreaIndex), [`HubDraft`](crate::hub::HubDraft),
/// [`ServiceArea`](crate::hub::ServiceArea), [`ZoneBook`](crate::hub::ZoneBook),
/// [`OpeningCalendar`](crate::hub::OpeningCalendar),
/// [`zone_database`](crate::value::zone_database),
/// [`Tenant::hand_out`](crate::service::Tenant::hand_out).
pub mod routing {}
