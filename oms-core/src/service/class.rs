//! What a caller does about an error.

use serde::Serialize;

use crate::hub::SlotProblem;
use crate::order::OrderRejection;
use crate::plan::Rejection;
use crate::port::StoreError;
use crate::service::Error;
use crate::stock::{StockRejection, TransferRejection};

/// What an error asks of the caller: a few classes that stay the same while codes are added, for
/// hosts that answer by a protocol of their own.
///
/// The status codes of HTTP that say the same stand beside them
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Something that was named does not exist: 404.
    NotFound,
    /// The call is wrong whatever the state of things: mend it. 422.
    Invalid,
    /// It does not fit the state of things as it is now: look again and decide anew. 409.
    Conflict,
    /// Too much at once, nothing was done: ask again after a pause. 503 with `Retry-After`.
    Busy,
    /// The store cannot be reached or did not do it: ask again after a pause. 503.
    Unavailable,
    /// It may or may not be done: ask again with the same key. 503.
    OutcomeUnknown,
    /// Something is wrong with what is stored, or with the program: tell the operator. 500.
    Defect,
}

impl ErrorClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::NotFound,
        Self::Invalid,
        Self::Conflict,
        Self::Busy,
        Self::Unavailable,
        Self::OutcomeUnknown,
        Self::Defect,
    ];

    /// The class as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Defect => "defect",
        }
    }

    /// The status code of HTTP that says the same.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Invalid => 422,
            Self::Conflict => 409,
            Self::Busy | Self::Unavailable | Self::OutcomeUnknown => 503,
            Self::Defect => 500,
        }
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// What it asks of the caller.
    ///
    /// ```
    /// use oms_core::service::{Error, ErrorClass};
    /// use oms_core::plan::Rejection;
    ///
    /// let error = Error::from(Rejection::RoutingOff);
    /// assert_eq!(error.class(), ErrorClass::Conflict);
    /// assert_eq!(error.class().http_status(), 409);
    /// ```
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Rejected(rejection) => of_rejection(rejection),
            Self::Contended { .. } => ErrorClass::Busy,
            Self::OutcomeUnknown { .. } => ErrorClass::OutcomeUnknown,
            Self::Defect { .. } => ErrorClass::Defect,
            Self::Store(error) => match &**error {
                StoreError::Unavailable { .. } => ErrorClass::Unavailable,
                StoreError::Busy { .. } => ErrorClass::Busy,
                StoreError::OutcomeUnknown { .. } => ErrorClass::OutcomeUnknown,
                StoreError::Corrupt { .. } | StoreError::NewerSchema { .. } => ErrorClass::Defect,
                StoreError::InvalidCall { .. } => ErrorClass::Invalid,
            },
        }
    }
}

const fn of_rejection(rejection: &Rejection) -> ErrorClass {
    match rejection {
        Rejection::UnknownTenant { .. } | Rejection::NotFound { .. } => ErrorClass::NotFound,
        Rejection::KeyReused { .. }
        | Rejection::UnknownSkus { .. }
        | Rejection::TotalsDiffer { .. }
        | Rejection::WrongCount { .. }
        | Rejection::OutOfRange { .. }
        | Rejection::NotErasable { .. }
        | Rejection::OtherCustomer { .. }
        | Rejection::OwnedByOrder { .. }
        | Rejection::NotVersioned { .. }
        | Rejection::Hub { .. }
        | Rejection::Policy { .. } => ErrorClass::Invalid,
        Rejection::Inactive { .. }
        | Rejection::Changed { .. }
        | Rejection::NamesCustomer { .. }
        | Rejection::Short { .. }
        | Rejection::Unserviceable { .. }
        | Rejection::RoutingOff
        | Rejection::Reservation { .. }
        | Rejection::NothingReserved { .. }
        | Rejection::StockRefused { .. }
        | Rejection::Counter { .. }
        | Rejection::Taken { .. }
        | Rejection::Unmet { .. } => ErrorClass::Conflict,
        Rejection::Order { reason } => of_order(reason),
        Rejection::Stock { reason, .. } => match reason {
            StockRejection::ZeroAdjustment | StockRejection::OutOfRange => ErrorClass::Invalid,
            StockRejection::NotOnHand { .. }
            | StockRejection::MovedSince { .. }
            | StockRejection::Reserved { .. } => ErrorClass::Conflict,
        },
        Rejection::Transfer { reason, .. } => match **reason {
            TransferRejection::SameHub { .. }
            | TransferRejection::LineCount { .. }
            | TransferRejection::NoUnits { .. }
            | TransferRejection::NotAsked { .. }
            | TransferRejection::NothingSent
            | TransferRejection::NotSent { .. }
            | TransferRejection::NothingArrived
            | TransferRejection::NotArrived { .. }
            | TransferRejection::TooMany { .. } => ErrorClass::Invalid,
            TransferRejection::Exists
            | TransferRejection::ArrivedAlready { .. }
            | TransferRejection::Illegal { .. } => ErrorClass::Conflict,
        },
        Rejection::Slot { reason, .. } => match **reason {
            SlotProblem::Unknown => ErrorClass::NotFound,
            SlotProblem::PastCutOff { .. }
            | SlotProblem::TimeZoneUnknown
            | SlotProblem::OutsideZone { .. }
            | SlotProblem::Unserved { .. }
            | SlotProblem::OtherHub { .. }
            | SlotProblem::BindsWork
            | SlotProblem::Full { .. } => ErrorClass::Conflict,
        },
        Rejection::Unreadable { .. } => ErrorClass::Defect,
    }
}

const fn of_order(reason: &OrderRejection) -> ErrorClass {
    match reason {
        OrderRejection::UnknownFulfillment { .. }
        | OrderRejection::UnknownLine { .. }
        | OrderRejection::UnknownShipment { .. } => ErrorClass::NotFound,
        OrderRejection::Amount { .. }
        | OrderRejection::TooMany { .. }
        | OrderRejection::DuplicateLine { .. }
        | OrderRejection::DuplicateReference { .. }
        | OrderRejection::EmptyOrder
        | OrderRejection::MixedCurrencies { .. }
        | OrderRejection::NegativeAmount { .. }
        | OrderRejection::PositiveAmount { .. }
        | OrderRejection::DiscountTooLarge { .. }
        | OrderRejection::UnitsOverflow { .. }
        | OrderRejection::UnknownSku { .. }
        | OrderRejection::UnknownStage { .. } => ErrorClass::Invalid,
        OrderRejection::IllegalCommand { .. }
        | OrderRejection::ReservationExpired { .. }
        | OrderRejection::NothingToDo { .. }
        | OrderRejection::Guarded { .. }
        | OrderRejection::RefundTooLarge { .. }
        | OrderRejection::VoidTooLarge { .. }
        | OrderRejection::WaiverTooLarge { .. }
        | OrderRejection::CreditTooLarge { .. }
        | OrderRejection::RetentionTooLarge { .. }
        | OrderRejection::TooFewUnits { .. }
        | OrderRejection::UpdateNotAllowed { .. }
        | OrderRejection::AlreadyShipped { .. } => ErrorClass::Conflict,
    }
}
