//! What hosts share between tasks and show to people.
#![allow(clippy::unwrap_used)]

use std::error::Error as StdError;
use std::fmt::{Debug, Display};

use oms_core::channel::{Channels, SyncWalk};
use oms_core::event::{ActorKind, EventRecord, StreamKind, Topic};
use oms_core::hub::{HubError, SlotProblem};
use oms_core::job::{AttemptFailure, Job, JobRefusal, JobRejection, JobState, Priority};
use oms_core::order::{
    CommandKind, FulfillmentStatus, HoldReason, Order, OrderRejection, OrderState, OrderStatus,
};
use oms_core::plan::{ChangeSet, DecodeError, Refusal, Rejection};
use oms_core::port::{PublishError, StoreError};
use oms_core::routing::{Explanation, RoutePolicyError};
use oms_core::service::{
    Call, Crew, Done, Error, ErrorClass, Intakes, Jobs, LowStockAlerts, NoOrder, Notifications,
    Oms, Relay, RelayError, Rerouting, Tenant, Upkeep, Worker,
};
use oms_core::stock::{LowStock, MovementKind, StockRejection, TransferRejection};
use oms_core::testing::FaultStore;
use oms_core::value::ValueError;
use serde::Serialize;

const fn sent<T: Send + Debug + 'static>() {}

const fn shared<T: Send + Sync + Debug + 'static>() {}

const fn cloned<T: Clone>() {}

const fn raised<T: StdError + Send + Sync + 'static>() {}

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
};

#[track_caller]
fn one_word<T: Display + Serialize + Debug>(all: impl IntoIterator<Item = T>) {
    for word in all {
        let written = serde_json::to_value(&word).unwrap();
        assert_eq!(written, word.to_string(), "{word:?}");
    }
}

#[test]
fn a_word_is_shown_as_it_is_written() {
    one_word(OrderStatus::ALL);
    one_word(OrderState::ALL);
    one_word(FulfillmentStatus::ALL);
    one_word(CommandKind::ALL);
    one_word(MovementKind::ALL);
    one_word(JobState::ALL);
    one_word(Priority::ALL);
    one_word(Topic::ALL);
    one_word(ErrorClass::ALL);
    one_word([HoldReason::UnknownSku, HoldReason::Review]);
    one_word([ActorKind::Person, ActorKind::Warehouse]);
    one_word([StreamKind::SkuMapping, StreamKind::Host]);
    one_word([LowStock::Out, LowStock::Low, LowStock::Fine]);
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
