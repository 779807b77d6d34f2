//! An error as a client may read it.

use serde::Serialize;

use crate::plan::Rejection;
use crate::service::{Error, ErrorClass};
use crate::value::{FulfillmentId, IdempotencyKey, OrderId};

/// What a host answers its client about an error, as JSON: [`Error::body`].
///
/// The words of a rejection are for whoever asked. Those of every other error are for operators:
/// they name hosts, roles, functions and constraints of a database, and stay in the log.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ErrorBody<'a> {
    /// The stable code.
    pub code: &'static str,
    /// What the client does about it.
    pub class: ErrorClass,
    /// The same in words.
    pub message: String,
    /// The rejection with its values, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<&'a Rejection>,
    /// The key to ask again with, where nobody knows whether it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a IdempotencyKey>,
}

/// An order, or its work at one hub, with which something was not done: what a host answers of it,
/// as JSON.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct OrderError<'a> {
    /// The order.
    pub order: OrderId,
    /// Which of its fulfillments, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<FulfillmentId>,
    /// Why; its fields stand beside the order.
    #[serde(flatten)]
    pub error: ErrorBody<'a>,
}

impl<'a> OrderError<'a> {
    pub(super) fn of(order: OrderId, error: &'a Error) -> Self {
        Self {
            order,
            fulfillment: None,
            error: error.body(),
        }
    }
}

impl Error {
    /// What may be answered of it. What it leaves out is in the error's own words: log those.
    ///
    /// ```
    /// use oms_core::plan::Rejection;
    /// use oms_core::port::StoreError;
    /// use oms_core::service::Error;
    ///
    /// let error = Error::from(Rejection::RoutingOff);
    /// let body = serde_json::to_value(error.body())?;
    /// assert_eq!(body["code"], "routing_off");
    /// assert_eq!(body["message"], error.to_string());
    /// let detail = "the server at db-7.internal:5432 refuses".to_owned();
    /// let error = Error::from(StoreError::Busy { detail });
    /// assert!(!serde_json::to_string(&error.body())?.contains("db-7"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn body(&self) -> ErrorBody<'_> {
        let class = self.class();
        let key = match self {
            Self::OutcomeUnknown { key, .. } => Some(key),
            Self::Rejected(_) | Self::Contended { .. } | Self::Store(_) | Self::Defect { .. } => {
                None
            }
        };
        let rejection = self.rejection();
        ErrorBody {
            code: self.code(),
            class,
            message: rejection.map_or_else(|| in_general(class).to_owned(), ToString::to_string),
            rejection,
            key,
        }
    }
}

/// What a class says to a client.
const fn in_general(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::NotFound => "it does not exist",
        ErrorClass::Invalid => "the request is wrong",
        ErrorClass::Conflict => "it does not fit the state of things",
        ErrorClass::Busy => "too much at once, nothing was done: ask again",
        ErrorClass::Unavailable => "not available, nothing was done: ask again",
        ErrorClass::OutcomeUnknown => "it may be done: ask again with the same key",
        ErrorClass::Defect => "something is wrong here, and asking again does not help",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use serde_json::json;

    use crate::plan::Rejection;
    use crate::port::StoreError;
    use crate::service::Error;
    use crate::value::IdempotencyKey;

    fn secret() -> String {
        "permission denied for function commit_v1 at db-7:5432".to_owned()
    }

    #[test]
    fn what_is_for_operators_is_not_answered() {
        let unavailable = || StoreError::Unavailable {
            detail: secret(),
            source: None,
        };
        let key = IdempotencyKey::parse("checkout-1").unwrap();
        let unknown = Error::OutcomeUnknown {
            key,
            source: Arc::new(unavailable()),
        };
        assert_eq!(
            serde_json::to_value(unknown.body()).unwrap(),
            json!({
                "code": "outcome_unknown",
                "class": "outcome_unknown",
                "message": "it may be done: ask again with the same key",
                "key": "checkout-1",
            })
        );
        let corrupt = StoreError::Corrupt {
            what: "the schema oms".to_owned(),
            detail: secret(),
        };
        let invalid = StoreError::InvalidCall { detail: secret() };
        let defect = Error::Defect { problem: secret() };
        let failed = [unavailable(), corrupt, invalid].map(Error::from);
        for error in failed.into_iter().chain([defect]) {
            let body = serde_json::to_string(&error.body()).unwrap();
            assert!(body.contains(error.code()), "{body}");
            assert!(!body.contains("db-7") && !body.contains("schema"), "{body}");
        }
    }

    #[test]
    fn a_rejection_is_answered_with_its_values() {
        let rejection = Rejection::OutOfRange {
            field: "limit".to_owned(),
            found: 0,
            min: 1,
            max: 500,
        };
        let error = Error::from(rejection.clone());
        let body = serde_json::to_value(error.body()).unwrap();
        assert_eq!(body["message"], rejection.to_string());
        assert_eq!(body["rejection"], serde_json::to_value(&rejection).unwrap());
        assert_eq!(
            (&body["code"], &body["class"]),
            (&json!("out_of_range"), &json!("invalid"))
        );
    }
}
