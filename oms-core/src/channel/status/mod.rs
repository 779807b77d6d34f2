//! What a channel's status words mean for an order here, and what of ours a channel can say.
//!
//! No channel has one status: each says several words that must be read together, some of them
//! mean two things, and every word arrives late, twice or out of order. So nothing here answers
//! with a bare status. [`Channel::inbound`](crate::channel::Channel::inbound) compares a
//! [`StatusReport`] with a [`View`] of the order and answers an [`Inbound`]: no change, a move
//! forward, a change of some lines, or a question for a person. Ambiguous words are settled by
//! the tenant's [`StatusPolicy`]. What of the answer takes no decision is told the order by
//! [`Inbound::commands`].

mod commands;
mod edited;
mod inbound;
mod policy;
mod read;
mod report;
mod says;
mod settle;
mod view;
mod words;

pub use inbound::{Inbound, LineMove, LineMoveKind, NoChange, PersonCause, Remark};
pub use policy::{Ambiguity, Choice, StatusPolicy, StatusPolicyError};
pub use report::{LineReport, ParcelReport, RefundReport, StatusReport, StatusWord, Vocabulary};
pub use says::{Loss, Says};
pub use settle::{Settle, Target};
pub use view::{LineView, View};

pub(in crate::channel) use edited::is_same_item;
pub(in crate::channel) use read::{flag, id, items, order_id, text, time, units};
pub(in crate::channel) use report::{LineReports, report_of};
pub(in crate::channel) use says::says_of_marketplaces;
pub(in crate::channel) use words::words;
