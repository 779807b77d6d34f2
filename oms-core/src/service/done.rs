//! What a host gets back.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::event::StreamId;
use crate::plan::{ChangeSet, OrderReceipt, Receipt};
use crate::reservation::ReservationKey;
use crate::service::Error;
use crate::stock::StockLevel;
use crate::value::Timestamp;

/// A command that is done: now, or under the same key before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Done {
    /// What it did.
    pub receipt: Receipt,
    /// When it was committed, by the store's clock; when nothing had to be written, when that was
    /// seen.
    pub at: Timestamp,
    /// True when it was done before under the same key, and nothing changed now.
    pub repeated: bool,
}

impl Done {
    /// What it did to an order: for whoever ran a command on one, or placed one.
    ///
    /// # Errors
    /// [`NoOrder`] when the command was about something else, such as a hub.
    pub fn order(&self) -> Result<&OrderReceipt, NoOrder> {
        let order = self.receipt.order.as_ref();
        order.ok_or_else(|| NoOrder {
            subject: self.receipt.subject.clone(),
        })
    }
}

/// An order was expected of a command that was about something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{subject} is not an order")]
#[non_exhaustive]
pub struct NoOrder {
    /// What it was about.
    pub subject: StreamId,
}

/// What a command would do, had it been committed. Nothing was written.
///
/// Hosts can answer with it as JSON: the `receipt`, and whether it `writes` anything. The change
/// set is for programs: people's data may be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// What it would answer; ids and the order number will be others.
    pub receipt: Receipt,
    /// What it would write; `None` when it is so already.
    pub change_set: Option<ChangeSet>,
}

impl Serialize for DryRun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("DryRun", 2)?;
        fields.serialize_field("receipt", &self.receipt)?;
        fields.serialize_field("writes", &self.change_set.is_some())?;
        fields.end()
    }
}

/// A stock command that is done, and what the row looks like now.
///
/// The command is committed, whatever could be read afterwards.
///
/// Hosts can answer with it as JSON: `unreadable` is then an object of the error's `code` and a
/// `message`. Its own words are for operators: write them to the log.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StockDone {
    /// The command.
    pub done: Done,
    /// The row, read after the command; `None` when it could not be read.
    pub level: Option<StockLevel>,
    /// Live reservations of the row while it is short of what is reserved, the first
    /// [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX): somebody must decide which of them
    /// cannot be kept.
    pub affected: Vec<ReservationKey>,
    /// Where there may be more of them: ask for those behind it with
    /// [`Tenant::reservations`](crate::service::Tenant::reservations), of the SKU at the hub and
    /// `live` alone.
    pub affected_next: Option<ReservationKey>,
    /// Why not everything could be read after the command, if so: then the row may be missing
    /// and reservations that are affected too. Read them again; do not repeat the command.
    pub unreadable: Option<Error>,
}

impl Serialize for StockDone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = Told {
            done: &self.done,
            level: self.level,
            affected: &self.affected,
            affected_next: self.affected_next.as_ref(),
            unreadable: self.unreadable.as_ref().map(|error| Unreadable {
                code: error.code(),
                message: READ_AGAIN,
            }),
        };
        told.serialize(serializer)
    }
}

/// A stock command that is done, as it is told.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    done: &'a Done,
    level: Option<StockLevel>,
    affected: &'a [ReservationKey],
    affected_next: Option<&'a ReservationKey>,
    unreadable: Option<Unreadable>,
}

/// What a client does about it; [`Error::body`] would say of the reading that nothing was done.
const READ_AGAIN: &str = "it is done, but not everything could be read afterwards: read it again";

/// Why not everything could be read, as it is told.
#[derive(Serialize)]
struct Unreadable {
    code: &'static str,
    message: &'static str,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::{Done, StockDone};
    use crate::event::StreamId;
    use crate::plan::Receipt;
    use crate::port::StoreError;
    use crate::service::Error;
    use crate::value::{Timestamp, Version};

    #[test]
    fn what_is_unreadable_says_why_without_what_is_for_operators() {
        let unavailable = StoreError::Unavailable {
            detail: "the server at db-7:5432 refuses".to_owned(),
            source: None,
        };
        let done = Done {
            receipt: Receipt::new(StreamId::tenant(), Version::ZERO),
            at: Timestamp::EPOCH,
            repeated: false,
        };
        let done = StockDone {
            level: None,
            affected: Vec::new(),
            affected_next: None,
            unreadable: Some(Error::from(unavailable)),
            done,
        };
        let told = serde_json::to_value(&done).unwrap();
        assert!(!told.to_string().contains("db-7"), "{told}");
        let mut expected = serde_json::to_value(&done.done).unwrap();
        expected["level"] = json!(null);
        expected["affected"] = json!([]);
        expected["affected_next"] = json!(null);
        expected["unreadable"] = json!({
            "code": "unavailable",
            "message": "it is done, but not everything could be read afterwards: read it again",
        });
        assert_eq!(told, expected);
    }
}
