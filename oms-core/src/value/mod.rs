//! Values that are valid by construction.
//!
//! Text from outside is parsed once, at the edge, into one of these types; code behind the edge
//! never asks again whether a quantity is positive or an amount has too many decimals.
//! Deserialising validates exactly as parsing does, so a stored document cannot smuggle in
//! what the constructors refuse.

mod address;
mod ascii;
mod currency;
mod error;
mod geo;
mod ids;
pub mod limits;
mod literal;
mod local;
mod money;
mod quantity;
mod rate;
pub(crate) mod raw_json;
mod slot;
mod split;
mod text;
mod timestamp;
mod unit_price;
mod wire;
mod word;

pub use address::{
    Address, ChannelPlace, CountryCode, CountryCodeError, EmailAddress, EmailError, Phone,
    PostalCode,
};
pub use currency::{Currency, CurrencyError};
pub use error::ValueError;
pub use geo::{GeoError, GeoPoint};
pub use ids::{
    ActorId, AttributeKey, CartId, ChannelId, ContactId, CustomerId, ExternalId, FulfillmentId,
    HubId, IdError, IdRule, IdempotencyKey, IntakeId, JobId, JobKey, JobKind, LineId, MovementId,
    OrderId, OrderNumber, PayloadId, QueueName, RequestId, ScheduleName, ShipmentId, Sku, SlotId,
    StageId, SubscriberName, Tag, TenantId, TransferId, Version, ZoneId,
};
pub use local::{LocalDate, LocalTime, LocalTimeError, MinuteOfDay, TimeZoneName, zone_database};
pub use money::{Money, MoneyError, ROUNDING};
pub use quantity::{Quantity, QuantityError, Units};
pub use rate::{Rate, RateError};
pub use slot::{SlotKey, SlotKind};
pub use text::{AttributeValue, Link, Name, Note, Reason, Text, TextError, Title};
pub use timestamp::{Timestamp, TimestampError};
pub use unit_price::UnitPrice;
pub(crate) use wire::shortened;
pub use word::WordError;
pub(crate) use word::words;
