//! What a channel says about where an order stands, word by word.

use std::collections::BTreeMap;

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, document};
use crate::channel::status::PersonCause;
use crate::value::{ExternalId, Timestamp, Units};

/// The words of one field of a channel, all in lower case: whatever letter case a channel uses,
/// the words are compared without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The name of the field, as in [`StatusWord::field`].
    pub field: &'static str,
    /// Every word the channel documents for it.
    pub words: &'static [&'static str],
}

/// One word of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusWord {
    /// The field, one of the channel's [vocabulary](crate::channel::Channel::vocabulary).
    pub field: &'static str,
    /// The word, as sent.
    pub word: String,
}

/// What a channel says about one line: totals so far, `None` where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReport {
    /// The channel's id of the line.
    pub item: ExternalId,
    /// Units ordered.
    pub ordered: Option<Units>,
    /// Units that left, arrived ones included.
    pub shipped: Option<Units>,
    /// Units that arrived.
    pub delivered: Option<Units>,
    /// Units that will not be sent.
    pub cancelled: Option<Units>,
    /// Units that came back.
    pub returned: Option<Units>,
    /// Units that are no longer part of the order, where the channel does not say whether they were
    /// cancelled or came back.
    pub removed: Option<Units>,
}

impl LineReport {
    /// A line of which nothing is said.
    #[must_use]
    pub const fn new(item: ExternalId) -> Self {
        Self {
            item,
            ordered: None,
            shipped: None,
            delivered: None,
            cancelled: None,
            returned: None,
            removed: None,
        }
    }
}

/// What a channel says about one parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParcelReport {
    /// Its word, as sent; one of the vocabulary's field `parcel`.
    pub word: String,
    /// What is in it, where the channel says so.
    pub lines: Vec<(ExternalId, Units)>,
}

/// What a channel says about one refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundReport {
    /// The channel's id of it, if it has one.
    pub id: Option<ExternalId>,
    /// It says which units it is for.
    pub names_units: bool,
}

/// What a channel says about where one order stands.
///
/// ```
/// use oms_core::channel::{Shopify, Channel};
/// let body = br#"{"id":820982911946154508,"total_price":"9.00","financial_status":"paid",
///     "updated_at":"2026-11-20T10:00:00-05:00"}"#;
/// let reports = Shopify.read_statuses(body)?;
/// let report = reports[0].as_ref().map_err(Clone::clone)?;
/// assert_eq!(report.order.as_str(), "820982911946154508");
/// assert_eq!(report.word("financial_status"), Some("paid"));
/// # Ok::<(), oms_core::channel::ChannelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// The channel's id of the order, as sent.
    pub order: ExternalId,
    /// When the channel last changed it; repeated and late deliveries are told by it.
    pub changed_at: Option<Timestamp>,
    /// Every word it uses; a field may have several.
    pub words: Vec<StatusWord>,
    /// What it says about the lines.
    pub lines: Vec<LineReport>,
    /// What it says about the parcels.
    pub parcels: Vec<ParcelReport>,
    /// What it says about money that went back, where units may be gone with it and the lines do
    /// not tell.
    pub refunds: Vec<RefundReport>,
}

impl StatusReport {
    /// A report that says nothing yet.
    #[must_use]
    pub const fn new(order: ExternalId) -> Self {
        Self {
            order,
            changed_at: None,
            words: Vec::new(),
            lines: Vec::new(),
            parcels: Vec::new(),
            refunds: Vec::new(),
        }
    }

    /// The same report with one more word; the empty word says nothing.
    #[must_use]
    pub fn with(mut self, field: &'static str, word: impl Into<String>) -> Self {
        let word = word.into();
        if !word.is_empty() {
            self.words.push(StatusWord { field, word });
        }
        self
    }

    /// The first word of a field, as sent.
    #[must_use]
    pub fn word(&self, field: &str) -> Option<&str> {
        self.all(field).next()
    }

    /// True when the field says `true` in one of the spellings channels use.
    #[must_use]
    pub fn flag(&self, field: &str) -> bool {
        self.all(field)
            .any(|word| matches!(word.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
    }

    pub(in crate::channel) fn all<'r>(&'r self, field: &str) -> impl Iterator<Item = &'r str> {
        self.words
            .iter()
            .filter(move |word| word.field == field)
            .map(|word| word.word.as_str())
    }

    /// The meaning of a field's word; `None` when the channel says nothing.
    pub(in crate::channel) fn read<T>(
        &self,
        field: &'static str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, PersonCause> {
        self.word(field)
            .map(|word| read(word).ok_or_else(|| PersonCause::unknown_word(field, word)))
            .transpose()
    }

    /// The meanings of every parcel's word.
    pub(in crate::channel) fn read_parcels<T>(
        &self,
        read: fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, PersonCause> {
        let parcels = self.parcels.iter();
        let words = parcels.map(|parcel| parcel.word.as_str());
        words
            .filter(|word| !word.is_empty())
            .map(|word| read(word).ok_or_else(|| PersonCause::unknown_word("parcel", word)))
            .collect()
    }
}

/// The lines of a report while it is read, found by id: a payload may have any number of them.
#[derive(Debug)]
pub(in crate::channel) struct LineReports {
    all: Vec<LineReport>,
    places: BTreeMap<ExternalId, usize>,
}

impl LineReports {
    /// The lines a report has so far; hand them back with [`into_lines`](Self::into_lines).
    pub(in crate::channel) fn of(report: &mut StatusReport) -> Self {
        let all = std::mem::take(&mut report.lines);
        let ids = all.iter().map(|line| line.item.clone());
        let places = ids.zip(0..).collect();
        Self { all, places }
    }

    /// The line with this id, made if need be.
    pub(in crate::channel) fn line(&mut self, item: &ExternalId) -> &mut LineReport {
        let place = match self.places.get(item) {
            Some(place) => *place,
            None => {
                let place = self.all.len();
                self.all.push(LineReport::new(item.clone()));
                self.places.insert(item.clone(), place);
                place
            }
        };
        // Places are those of lines in the list, which only grows.
        #[expect(clippy::indexing_slicing, reason = "every place is one of the list")]
        &mut self.all[place]
    }

    pub(in crate::channel) fn into_lines(self) -> Vec<LineReport> {
        self.all
    }
}

/// Reads one report; `None` for an object that is no order of the channel.
pub(in crate::channel) type ReadReport =
    fn(&Object<'_>) -> Option<Result<StatusReport, ChannelError>>;

/// Every report of a payload, in its order; an order that cannot be read never loses the others.
///
/// # Errors
/// As for reading orders: not UTF-8, not JSON, or no order in it.
pub(in crate::channel) fn report_of(
    bytes: &[u8],
    envelopes: &[&str],
    read: ReadReport,
) -> Result<Vec<Result<StatusReport, ChannelError>>, ChannelError> {
    use crate::channel::error::ChannelErrorKind::UnknownFormat;
    /// Envelopes of envelopes; `data`, `orders`, `edges`, `node` is the deepest in use.
    const DEPTH_MAX: usize = 6;
    let root = document(bytes)?;
    let mut found = Vec::new();
    let mut envelope = root.is_list();
    let mut open = vec![(root, 0_usize)];
    while let Some((value, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            continue;
        }
        if value.is_list() {
            open.extend(value.list()?.into_iter().rev().map(|one| (one, depth + 1)));
            continue;
        }
        let Ok(object) = value.object() else {
            let index = found.len();
            let problem = value.wrong_type("an order").in_order(index, None);
            found.push(Err(problem));
            continue;
        };
        if let Some(report) = read(&object) {
            let index = found.len();
            found.push(report.map_err(|problem| problem.in_order(index, None)));
            continue;
        }
        for key in envelopes {
            if let Some(inner) = object.get(key)
                && (inner.is_list() || inner.is_object())
            {
                envelope = true;
                open.push((inner, depth + 1));
            }
        }
    }
    if found.is_empty() && !envelope {
        let expected = "an order of this channel, or a page of them";
        return Err(ChannelError::new(UnknownFormat, "", "", expected));
    }
    Ok(found)
}
