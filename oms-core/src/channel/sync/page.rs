//! A page: the question, and what the answer holds.

use serde::{Deserialize, Serialize};

use crate::channel::error::ChannelError;
use crate::channel::outbound::{
    Answer, ChannelRefusal, ChannelRefusalKind, Repeat, Response, Throttle, judge,
};
use crate::channel::status::StatusReport;
use crate::channel::sync::SyncKind;
use crate::value::{ExternalId, Timestamp};

/// Which page of which window. Compared as a whole: an answer counts for the question it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// What is pulled.
    pub kind: SyncKind,
    /// Changed at this time or later.
    pub from: Timestamp,
    /// Changed before this time.
    pub to: Timestamp,
    /// Which page, in the channel's words; `None` for the first.
    pub page: Option<String>,
    /// Items a page; a channel that allows fewer is asked for as many as it allows.
    pub items: u32,
    /// Where: the marketplace, for channels that have several.
    pub scope: Option<ExternalId>,
    /// The number of the question.
    pub ticket: u64,
}

impl Fetch {
    /// Items a page, as far as the channel allows so many: for more it refuses the question.
    pub(in crate::channel) fn items_up_to(&self, most: u32) -> u32 {
        Ord::min(self.items, most)
    }
}

/// What a page holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPage {
    /// Its items, in the page's order; an entry that cannot be read has no id.
    pub items: Vec<PageItem>,
    /// The next page, in the channel's words; `None` on the last.
    pub next: Option<String>,
    /// How many items the window holds, where the channel pages by offset and says so.
    pub total: Option<u64>,
}

/// An item of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageItem {
    /// The channel's id of it; `None` if it cannot be read, and then it is always handed on.
    pub id: Option<ExternalId>,
    /// When the channel last changed it.
    pub changed_at: Option<Timestamp>,
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageProblem {
    /// Ask again later.
    #[error("the channel has no answer now: ask again later")]
    Retry(Throttle),
    /// The page's name is no longer known: walk the window again.
    #[error("the channel does not know the page any more: the window is walked again")]
    Restart,
    /// The channel refuses; a person has to look.
    #[error("the channel refuses: {0}")]
    Refused(#[source] ChannelRefusal),
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[source] ChannelError),
}

impl SyncPage {
    /// The last page, with these items.
    #[must_use]
    pub const fn last(items: Vec<PageItem>) -> Self {
        Self {
            items,
            next: None,
            total: None,
        }
    }
}

/// Takes a page's items out of the reports in it. A refused page name restarts the window.
pub(in crate::channel) fn page_of(
    fetch: &Fetch,
    response: &Response,
    read: impl FnOnce(&[u8]) -> Result<Vec<Result<StatusReport, ChannelError>>, ChannelError>,
) -> Result<SyncPage, PageProblem> {
    if let Err(answer) = judge(response, None, Repeat::Safe) {
        return Err(problem_of(fetch, answer));
    }
    let reports = read(&response.body).map_err(PageProblem::Unreadable)?;
    Ok(SyncPage::last(reports.into_iter().map(item_of).collect()))
}

/// What an answer that is no page means for the sync.
pub(in crate::channel) fn problem_of(fetch: &Fetch, answer: Answer) -> PageProblem {
    match answer {
        Answer::RetryAfter(throttle) => PageProblem::Retry(throttle),
        Answer::Refused(refusal) => match refusal.kind {
            ChannelRefusalKind::Invalid | ChannelRefusalKind::NotFound if fetch.page.is_some() => {
                PageProblem::Restart
            }
            ChannelRefusalKind::Unauthorised
            | ChannelRefusalKind::NotAllowed
            | ChannelRefusalKind::NotFound
            | ChannelRefusalKind::NotSupported
            | ChannelRefusalKind::Conflict
            | ChannelRefusalKind::Invalid => PageProblem::Refused(refusal),
        },
        Answer::Done { .. }
        | Answer::AlreadyDone
        | Answer::Accepted { .. }
        | Answer::Continue { .. } => PageProblem::Restart,
    }
}

/// The item a report tells of; one that cannot be read has no id.
pub(in crate::channel) fn item_of(report: Result<StatusReport, ChannelError>) -> PageItem {
    match report {
        Ok(report) => PageItem {
            id: Some(report.order),
            changed_at: report.changed_at,
        },
        Err(_) => PageItem {
            id: None,
            changed_at: None,
        },
    }
}
