//! What happened to an order on its channel before it came here, and who buys by its word.

use std::collections::BTreeMap;

use crate::channel::fields::Fields;
use crate::channel::json::Object;
use crate::value::{EmailAddress, ExternalId, LineId, Money, Name, Timestamp};

/// What a channel says beyond the draft: units already sent or taken back, money already given
/// back, the buyer's account there, and by which local time the buyer ordered.
///
/// The draft asks for what was ordered. A host that takes an order over half-way compares the two:
/// at least `ordered - shipped - removed` units of a line are left to do. A unit that was sent and
/// came back may count in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The buyer's account on the channel, if it says anything of it.
    pub customer: Option<ChannelCustomer>,
    /// How far the clock of [`ordered_at`](crate::order::OrderDraft::ordered_at) was from UTC, in
    /// minutes, where the channel says.
    pub ordered_offset_mins: Option<i32>,
    /// Lines of the draft of which units were sent or taken back.
    pub lines: BTreeMap<LineId, LineHistory>,
    /// What went back to the buyer, in the channel's order.
    pub refunds: Vec<PastRefund>,
    /// Whether nothing else went back, and nothing waits to: what tells less than the channel told
    /// before says that a refund failed or was deleted. Amazon's orders tell of none, and a payload
    /// may leave them out, or how much they are.
    pub refunds_are_all: bool,
    /// The most that the channel takes for the order by now, where it tells of no refund but takes
    /// nothing before the goods leave, as Amazon does: what was known as taken beyond that, as of
    /// an order that was cancelled or lowered since, was only promised and never was taken.
    pub takes_at_most: Option<Money>,
}

/// The buyer as the channel knows them.
///
/// Its `Debug` tells what is known, not what it is: it may reach a log.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChannelCustomer {
    /// The channel's id or user name of the account, as sent.
    pub id: Option<ExternalId>,
    /// The account's name.
    pub name: Option<Name>,
    /// The account's e-mail address; marketplaces send one of their own that is forwarded.
    pub email: Option<EmailAddress>,
}

impl std::fmt::Debug for ChannelCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut known = f.debug_struct("ChannelCustomer");
        for (part, given) in [
            ("id", self.id.is_some()),
            ("name", self.name.is_some()),
            ("email", self.email.is_some()),
        ] {
            if given {
                known.field(part, &format_args!("known"));
            }
        }
        known.finish()
    }
}

/// What already happened to the units of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineHistory {
    /// Units the channel says have left.
    pub shipped: u32,
    /// Units the channel says are no longer wanted: cancelled, removed or given back.
    pub removed: u32,
}

/// Money that already went back to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRefund {
    /// The channel's id of the refund, as sent.
    pub id: Option<ExternalId>,
    /// How much, in the order's currency; `None` when the channel does not say.
    pub amount: Option<Money>,
    /// When.
    pub at: Option<Timestamp>,
}

impl History {
    /// Tells units of a line; nothing is told of none. A line told twice is added up.
    pub(super) fn line(&mut self, line: LineId, shipped: u32, removed: u32) {
        if shipped == 0 && removed == 0 {
            return;
        }
        let known = self.lines.entry(line).or_default();
        known.shipped = known.shipped.saturating_add(shipped);
        known.removed = known.removed.saturating_add(removed);
    }

    /// Tells the offset of the text of a time that carries one.
    pub(super) fn offset_of(&mut self, order: &Object<'_>, keys: &[&str]) {
        let texts = keys.iter().find_map(|key| order.literal(key).ok()?);
        self.ordered_offset_mins = texts.and_then(|text| offset_mins(&text));
    }

    /// Tells the customer, unless nothing is known of them.
    pub(super) fn customer(&mut self, customer: ChannelCustomer) {
        self.customer = (customer != ChannelCustomer::default()).then_some(customer);
    }
}

/// Minutes east of UTC at the end of an RFC 3339 text; `None` where it does not say.
fn offset_mins(text: &str) -> Option<i32> {
    let (_, time) = text.trim().split_once(['T', 't', ' '])?;
    if time.ends_with(['Z', 'z']) {
        return Some(0);
    }
    let at = time.rfind(['+', '-'])?;
    let (sign, rest) = (time.get(at..=at)?, time.get(at + 1..)?);
    let (hours, minutes) = rest.split_once(':')?;
    let number = |digits: &str| -> Option<i32> {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let total = number(hours)? * 60 + number(minutes)?;
    Some(if sign == "-" { -total } else { total })
}

/// A count of units for the record; what is no whole number counts as none.
pub(super) fn units(fields: &mut Fields, object: &Object<'_>, key: &str) -> u32 {
    let Ok(Some(text)) = object.literal(key) else {
        return 0;
    };
    let plain = text.strip_suffix(".0").unwrap_or(&text);
    plain.parse().unwrap_or_else(|_| {
        fields.left_out(object.path_of(key), "quantity_not_whole");
        0
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{ChannelCustomer, History, LineHistory, offset_mins};
    use crate::value::{EmailAddress, ExternalId, LineId, Name};

    #[test]
    fn offsets_are_read_where_they_are_told() {
        for (text, expected) in [
            ("2026-11-01T10:00:00-05:00", Some(-300)),
            ("2026-11-01T10:00:00.123+05:30", Some(330)),
            ("2026-11-01T10:00:00Z", Some(0)),
            ("2026-11-01T10:00:00", None),
            ("2026-11-01", None),
            ("2026-11-01T10:00:00+0530", None),
            ("2026-11-01T10:00:00+ab:cd", None),
            ("T+\u{e4}:00", None),
        ] {
            assert_eq!(offset_mins(text), expected, "{text}");
        }
    }

    #[test]
    fn who_buys_does_not_reach_a_log() {
        let mut history = History::default();
        history.customer(ChannelCustomer {
            id: Some(ExternalId::parse("secret-buyer").unwrap()),
            name: Some(Name::parse("Secret Buyer").unwrap()),
            email: Some(EmailAddress::parse("secret@shop.example").unwrap()),
        });
        let shown = format!("{history:?}");
        assert!(!shown.to_lowercase().contains("secret"), "{shown}");
        assert!(shown.contains("email: known"), "{shown}");
        let nobody = format!("{:?}", ChannelCustomer::default());
        assert_eq!(nobody, "ChannelCustomer");
    }

    #[test]
    fn a_line_told_twice_is_added_up() {
        let mut history = History::default();
        history.line(LineId::FIRST, 0, 0);
        assert!(history.lines.is_empty());
        history.line(LineId::FIRST, 2, 0);
        history.line(LineId::FIRST, 1, 3);
        let expected = LineHistory {
            shipped: 3,
            removed: 3,
        };
        assert_eq!(history.lines[&LineId::FIRST], expected);
    }
}
