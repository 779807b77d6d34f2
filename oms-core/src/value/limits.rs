//! Every bound of the library, by name.
//!
//! A bound is a promise to the stores: what passes it fits their columns, their row sizes and the
//! time one commit may take.

/// Most lines one order may have.
pub const LINES_PER_ORDER_MAX: usize = 2_000;

/// Most units one line may order.
pub const QUANTITY_MAX: u32 = 1_000_000;

/// Most units a stock counter may hold; fits a signed 32-bit column.
pub const UNITS_MAX: u32 = 2_000_000_000;

/// Largest amount of money, positive or negative, in minor units.
pub const MONEY_MINOR_MAX: i64 = 1_000_000_000_000_000;

/// Most decimals a unit price may carry.
pub const UNIT_PRICE_DECIMALS_MAX: u32 = 6;

/// Most decimals a rate may carry.
pub const RATE_DECIMALS_MAX: u32 = 6;

/// Longest natural key (tenant, hub, SKU, ...), in characters.
pub const ID_CHARS_MAX: usize = 64;

/// Longest id another system gave, in characters.
pub const EXTERNAL_ID_CHARS_MAX: usize = 128;

/// Longest idempotency key or request id, in characters.
pub const KEY_CHARS_MAX: usize = 128;

/// Longest name of a person, company or place, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// Longest title of a line or product, in characters.
pub const TITLE_CHARS_MAX: usize = 500;

/// Longest address of a web page, in characters.
pub const LINK_CHARS_MAX: usize = 2_000;

/// Longest reason given with a command, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 5_000;

/// Longest postal code, in characters.
pub const POSTAL_CODE_CHARS_MAX: usize = 20;

/// Longest phone number, in characters.
pub const PHONE_CHARS_MAX: usize = 64;

/// Longest e-mail address, in characters.
pub const EMAIL_CHARS_MAX: usize = 254;

/// Most change sets of one commit.
pub const BATCH_ITEMS_MAX: usize = 100;

/// Most documents, orders, SKUs, claims and names that commands read and committed together may
/// name; one command may name more.
pub const BATCH_LINES_MAX: usize = 5_000;

/// Most attempts to commit one command, whatever stands in the way, before its caller is told.
pub const RETRY_ATTEMPTS_MAX: u32 = 8;

/// How far the time of a change may lie from the store's clock, in seconds.
pub const CLOCK_SKEW_MAX_SECS: i64 = 5;

/// How long a tentative reservation lives unless told otherwise, in seconds (15 minutes).
pub const TENTATIVE_TTL_SECS: i64 = 900;

/// How long what an order claims lives where its money is promised, or a bank or a person has to
/// decide about it, and nobody confirmed it yet, in seconds (a week).
pub const PROMISED_TTL_SECS: i64 = 7 * 24 * 60 * 60;

/// How long a tentative reservation may live at most, in seconds (30 days).
pub const TENTATIVE_TTL_MAX_SECS: i64 = 30 * 24 * 60 * 60;

/// Available units at or below which a stock row counts as low unless told otherwise.
pub const LOW_STOCK_THRESHOLD: u32 = 10;

/// How long the outcome of an idempotency key is kept unless told otherwise, in days.
pub const KEY_RETENTION_DAYS: i64 = 30;

/// How long the outcome of an idempotency key may be kept at most, in days (ten years).
pub const KEY_RETENTION_DAYS_MAX: i64 = 3_650;

/// How long the counters of a hub's day and of its delivery slots are kept after the day, in days.
pub const COUNTER_RETENTION_DAYS: i64 = 35;

/// Most items of one page of a listing.
pub const PAGE_ITEMS_MAX: usize = 500;

/// Most tags of one document.
pub const TAGS_MAX: usize = 50;

/// Most attributes of one document.
pub const ATTRIBUTES_MAX: usize = 100;

/// Longest value of an attribute, in characters.
pub const ATTRIBUTE_CHARS_MAX: usize = 2_000;

/// Most notes of one order.
pub const NOTES_MAX: usize = 200;

/// Most stages of one tenant.
pub const STAGES_MAX: usize = 200;

/// Most guards of one tenant.
pub const GUARDS_MAX: usize = 200;

/// Most fulfillments of one order; cancelled ones do not count.
pub const FULFILLMENTS_PER_ORDER_MAX: usize = 200;

/// Most fulfillments one order may have had in its life, those that were cancelled among them.
pub const FULFILLMENTS_MADE_MAX: usize = 2_000;

/// Most shipments of one order.
pub const SHIPMENTS_PER_ORDER_MAX: usize = 500;

/// Most charges beside the lines of one order, such as shipping and fees.
pub const CHARGES_PER_ORDER_MAX: usize = 200;

/// Most payment references of one order.
pub const PAYMENT_REFERENCES_MAX: usize = 500;

/// Most references to other systems one order may carry.
pub const EXTERNAL_REFERENCES_MAX: usize = 10;

/// Most postal codes, prefixes, ranges and zones one hub or zone may name, taken together.
pub const AREA_RULES_MAX: usize = 10_000;

/// Most delivery zones of one tenant.
pub const ZONES_MAX: usize = 1_000;

/// Most exceptions of one opening calendar.
pub const CALENDAR_EXCEPTIONS_MAX: usize = 1_000;

/// Most delivery slots of one hub on one day.
pub const SLOTS_PER_DAY_MAX: usize = 500;

/// Most days before a delivery slot that its cut-off may be, and most days listed at once.
pub const SLOT_DAYS_MAX: u16 = 366;

/// Most hubs among which the best split is searched exactly.
pub const ROUTE_EXACT_HUBS_MAX: usize = 12;

/// Most hubs one order may be split over.
pub const ROUTE_PARCELS_MAX: u16 = 200;

/// Tenants with at most this many hubs have all of them looked at for every order; of more hubs
/// only those that deliver to the place.
pub const ROUTE_HUBS_ALL_MAX: usize = 64;

/// Most hubs that a stored explanation lists beside the chosen ones and the runner-up; the rest is
/// counted.
pub const ROUTE_EXPLAINED_HUBS_MAX: usize = 16;

/// Most SKUs that a stored explanation lists for a hub which has too little of them; the rest is
/// counted.
pub const ROUTE_EXPLAINED_SKUS_MAX: usize = 16;

/// Longest payload of a job, in bytes.
pub const JOB_PAYLOAD_BYTES_MAX: usize = 262_144;

/// How often a job is tried unless told otherwise.
pub const JOB_ATTEMPTS: u16 = 3;

/// How often a job may be tried at most.
pub const JOB_ATTEMPTS_MAX: u16 = 100;

/// How far ahead of the store's clock the last time of a recurring schedule counts, in seconds (a
/// day): one that is further was noted while the clock was wrong.
pub const SCHEDULE_AHEAD_MAX_SECS: i64 = 24 * 60 * 60;

/// How far ahead a job may be put off by a delay, in seconds (a year).
pub const JOB_DELAY_MAX_SECS: u32 = 366 * 24 * 60 * 60;

/// Largest order that may be taken in to be placed later, in bytes of its stored form.
pub const INTAKE_BYTES_MAX: usize = 4_194_304;

/// Most work that stayed at a hub which the report of re-routing it lists; the rest is counted.
pub const REROUTE_LISTED_MAX: usize = 500;

/// How long a worker may hold a job without extending its lease, in seconds (a day).
pub const JOB_LEASE_MAX_SECS: u32 = 24 * 60 * 60;

/// Most jobs of one call.
pub const JOBS_PER_CALL_MAX: usize = 1_000;

/// Most errors that are kept of one job; the newest stay.
pub const JOB_ERRORS_MAX: usize = 20;

/// Longest error that is kept of one attempt, in characters; the rest is cut off.
pub const JOB_ERROR_CHARS_MAX: usize = 1_000;
