//! The names of the commands on an order.

use serde::{Deserialize, Serialize};

use crate::value::words;

/// The name of a command, without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each names a variant of `OrderCommand`, documented there"
)]
pub enum CommandKind {
    Approve,
    Hold,
    Release,
    Cancel,
    CancelLines,
    CancelRest,
    Allocate,
    Withdraw,
    Backorder,
    Confirm,
    Expire,
    Pick,
    Pack,
    Unpick,
    Ship,
    ChangeTracking,
    Deliver,
    FailDelivery,
    Return,
    ChangeCustomer,
    ChangeContacts,
    BookSlot,
    Promise,
    EditLines,
    RecordPayment,
    Tag,
    AddNote,
    SetAttribute,
    SetStage,
}

impl CommandKind {
    /// Every command.
    pub const ALL: [Self; 29] = [
        Self::Approve,
        Self::Hold,
        Self::Release,
        Self::Cancel,
        Self::CancelLines,
        Self::CancelRest,
        Self::Allocate,
        Self::Withdraw,
        Self::Backorder,
        Self::Confirm,
        Self::Expire,
        Self::Pick,
        Self::Pack,
        Self::Unpick,
        Self::Ship,
        Self::ChangeTracking,
        Self::Deliver,
        Self::FailDelivery,
        Self::Return,
        Self::ChangeCustomer,
        Self::ChangeContacts,
        Self::BookSlot,
        Self::Promise,
        Self::EditLines,
        Self::RecordPayment,
        Self::Tag,
        Self::AddNote,
        Self::SetAttribute,
        Self::SetStage,
    ];

    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Cancel => "cancel",
            Self::CancelLines => "cancel_lines",
            Self::CancelRest => "cancel_rest",
            Self::Allocate => "allocate",
            Self::Withdraw => "withdraw",
            Self::Backorder => "backorder",
            Self::Confirm => "confirm",
            Self::Expire => "expire",
            Self::Pick => "pick",
            Self::Pack => "pack",
            Self::Unpick => "unpick",
            Self::Ship => "ship",
            Self::ChangeTracking => "change_tracking",
            Self::Deliver => "deliver",
            Self::FailDelivery => "fail_delivery",
            Self::Return => "return",
            Self::ChangeCustomer => "change_customer",
            Self::ChangeContacts => "change_contacts",
            Self::BookSlot => "book_slot",
            Self::Promise => "promise",
            Self::EditLines => "edit_lines",
            Self::RecordPayment => "record_payment",
            Self::Tag => "tag",
            Self::AddNote => "add_note",
            Self::SetAttribute => "set_attribute",
            Self::SetStage => "set_stage",
        }
    }
}

words! { CommandKind, "command"; }

impl std::fmt::Display for CommandKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
