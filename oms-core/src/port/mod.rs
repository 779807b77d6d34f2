//! Ports: the traits an adapter or a host implements.

mod clock;
mod cursor;
mod error;
mod feed;
mod ids;
mod publisher;
mod query;
mod queue;
mod store;

pub use clock::Clock;
pub use cursor::{CursorError, MovementCursor, OrderCursor};
pub use error::StoreError;
pub use feed::{
    EventBatch, EventFeed, FeedPlace, FeedStart, LAG_COUNTED_MAX, StockBatch, Subscription,
};
pub use ids::IdSource;
pub use publisher::{Message, MessageContent, PublishError, Publisher};
pub use query::{
    DocumentFilter, MovementFilter, OrderFilter, Page, ReservationFilter, StockFilter, Unreadable,
    Violation,
};
pub use queue::{
    Claimed, FailAnswer, FailureReport, Fired, JobFilter, JobQueue, LeaseAnswer, Pushed,
    QueueDemand, QueueReport, QueueStats, RedriveAnswer,
};
pub use store::{Store, TenantBatch};
