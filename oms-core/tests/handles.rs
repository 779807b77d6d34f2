//! What hosts share between tasks and show to people.
#![allow(clippy::unwrap_used)]

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use oms_core::catalog::Product;
use oms_core::channel::{Channels, SyncWalk};
use oms_core::event::{ActorKind, EventRecord, StreamKind, Topic};
use oms_core::hub::{HubError, SlotProblem};
use oms_core::job::{AttemptFailure, Job, JobRefusal, JobRejection, JobState, Priority};
use oms_core::order::{
    CommandKind, FulfillmentStatus, HoldReason, Order, OrderRejection, OrderState, OrderStatus,
};
use oms_core::plan::{ChangeSet, DecodeError, Refusal, Rejection, Stored};
use oms_core::port::{CursorError, PublishError, StoreError};
use oms_core::routing::{Explanation, RoutePolicyError};
use oms_core::serde_json::Value;
use oms_core::service::{
    Call, Crew, Done, Error, ErrorClass, Intakes, Jobs, LowStockAlerts, NoOrder, Notifications,
    Oms, Relay, RelayError, Rerouting, Tenant, Upkeep, Worker,
};
use oms_core::stock::{LowStock, MovementKind, StockRejection, TransferRejection, TransferState};
use oms_core::testing::FaultStore;
use oms_core::value::{ValueError, WordError};
use serde::Serialize;

const fn sent<T: Send + Debug + 'static>() {}

const fn shared<T: Send + Sync + Debug + 'static>() {}

const fn cloned<T: Clone>() {}

const fn raised<T: StdError + Send + Sync + 'static>() {}

/// Whoever stores documents needs no other crate to name what is in this signature.
const _: fn(u16, Value) -> Value = <Product as Stored>::upcast;

/// It is enough that this compiles: a field that is neither would take it from every host.
const _: () = {
    shared::<Oms>();
    shared::<Tenant>();
    shared::<Jobs>();
    shared::<Intakes>();
    shared::<Upkeep>();
    shared::<Rerouting>();
    shared::<Notifications>();
    shared::<LowStockAlerts>();
    shared::<Relay>();
    shared::<Channels>();
    shared::<FaultStore>();
    shared::<Call>();
    shared::<ChangeSet>();
    shared::<Done>();
    shared::<Order>();
    shared::<Explanation>();
    shared::<Job>();
    shared::<EventRecord>();
    shared::<SyncWalk>();
    // What runs in them need not be shared.
    sent::<Worker>();
    sent::<Crew>();
    cloned::<Oms>();
    cloned::<Tenant>();
    cloned::<Jobs>();
    cloned::<Intakes>();
};

/// What goes through `?` into a boxed error, and to another thread.
const _: () = {
    raised::<Error>();
    raised::<StoreError>();
    raised::<Rejection>();
    raised::<Refusal>();
    raised::<OrderRejection>();
    raised::<StockRejection>();
    raised::<TransferRejection>();
    raised::<JobRejection>();
    raised::<JobRefusal>();
    raised::<AttemptFailure>();
    raised::<HubError>();
    raised::<SlotProblem>();
    raised::<RoutePolicyError>();
    raised::<DecodeError>();
    raised::<PublishError>();
    raised::<RelayError>();
    raised::<NoOrder>();
    raised::<ValueError>();
    raised::<CursorError>();
};

#[track_caller]
fn one_word<T: Display + Serialize + Debug>(all: impl IntoIterator<Item = T>) {
    for word in all {
        let written = serde_json::to_value(&word).unwrap();
        assert_eq!(written, word.to_string(), "{word:?}");
    }
}

/// A word that is read as it is shown; another one is told with what was found.
#[track_caller]
fn reads_back<T>(kind: &str, all: impl IntoIterator<Item = T>)
where
    T: Display + Serialize + Debug + PartialEq + FromStr<Err = WordError>,
{
    for word in all {
        one_word([&word]);
        assert_eq!(word.to_string().parse(), Ok(word));
    }
    let error = "Nonesuch".parse::<T>().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{kind} \"Nonesuch\" is not known")
    );
    assert_eq!(ValueError::from(error).code(), "word_unknown");
}

#[test]
fn a_word_is_shown_as_it_is_written() {
    reads_back("order status", OrderStatus::ALL);
    reads_back("order state", OrderState::ALL);
    reads_back("fulfillment status", FulfillmentStatus::ALL);
    reads_back("hold reason", HoldReason::ALL);
    reads_back("command", CommandKind::ALL);
    reads_back("movement kind", MovementKind::ALL);
    reads_back("transfer state", TransferState::ALL);
    reads_back("low-stock status", LowStock::ALL);
    reads_back("job state", JobState::ALL);
    reads_back("priority", Priority::ALL);
    reads_back("topic", Topic::ALL);
    one_word(ErrorClass::ALL);
    one_word([ActorKind::Person, ActorKind::Warehouse]);
    one_word([StreamKind::SkuMapping, StreamKind::Host]);
}

#[test]
fn an_error_of_the_store_names_its_cause() {
    let cause = std::io::Error::other("cable");
    let error = StoreError::Unavailable {
        detail: "no connection".to_owned(),
        source: Some(Box::new(cause)),
    };
    let error = Error::from(error);
    let cause = StdError::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("cable"));
}
