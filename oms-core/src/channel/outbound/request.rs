//! A request as data, and what came back.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::outbound::UpdateKind;
use crate::channel::status::Loss;

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The name as sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What may be done when nobody knows whether a request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Send it again: the second one changes nothing, or is answered with
    /// [`Answer::AlreadyDone`](crate::channel::Answer::AlreadyDone).
    Safe,
    /// Look first whether it was done: a second one would do it twice.
    LookFirst,
}

/// How the answer is read. Stored with the request, so that a job can read it after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reads")]
pub enum Reads {
    /// Any success is the end of it.
    Nothing,
    /// The answer names the new thing in this field, such as `fulfillment.id`.
    Id {
        /// Keys with dots between.
        path: Cow<'static, str>,
    },
    /// The header `Location` ends in the name of the new thing.
    Location,
    /// The channel works on it; it names the work in this field.
    Accepted {
        /// Keys with dots between.
        path: Cow<'static, str>,
    },
    /// The answer of a GraphQL mutation: a success of HTTP proves nothing, the body says how it
    /// went.
    Mutation {
        /// The mutation, which is where its answer stands under `data`.
        name: Cow<'static, str>,
        /// Where that answer names the new thing: keys with dots between.
        path: Cow<'static, str>,
        /// The channel goes on working after it has answered.
        accepted: bool,
    },
    /// A list of results, each of which may have failed.
    Batch,
    /// Facts about the order, for [`Channel::learn`](crate::channel::Channel::learn).
    Facts,
    /// A page of a sync, for [`Channel::page`](crate::channel::Channel::page).
    Page,
    /// A step of an Amazon feed.
    Feed(FeedStep),
}

/// Where an Amazon feed is: create a document, fill it, submit it, wait, read the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum FeedStep {
    /// The answer says where to put the document.
    Document {
        /// The kind of feed.
        feed_type: String,
        /// The marketplace.
        marketplace: String,
        /// The document.
        content: String,
    },
    /// The answer names the feed.
    Submitted,
    /// The answer says how far the feed is.
    Progress {
        /// The feed's id.
        feed: String,
    },
    /// The answer says where the report is.
    Report {
        /// The feed's id.
        feed: String,
    },
    /// The answer is the report, to be read unpacked.
    Verdict {
        /// The feed's id.
        feed: String,
        /// How the report is packed, in the channel's word (`GZIP`), if it is: unpack the body
        /// before [`Channel::answer`](crate::channel::Channel::answer) reads it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compression: Option<String>,
    },
}

/// A request as data. The host adds the channel's address and its credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// How.
    pub method: Method,
    /// What, from the API's root on, with its query. When [`elsewhere`](Self::elsewhere) is set it
    /// is a whole address.
    pub path: String,
    /// Headers beside the credentials.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The body, exactly.
    pub body: Option<String>,
    /// The path is a whole address at another place: send no credentials with it.
    #[serde(default)]
    pub elsewhere: bool,
    /// eBay: sellers in the EU and the UK sign this request (`Signature`, `Content-Digest`).
    #[serde(default)]
    pub to_be_signed: bool,
    /// What may be done after an unknown outcome.
    pub repeat: Repeat,
    /// How the answer is read.
    pub reads: Reads,
    /// The update it tells, by which words like "already cancelled" in an answer are judged: they
    /// mean that a cancellation is done, and that a shipment is not. `None` for a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<UpdateKind>,
}

impl fmt::Debug for Request {
    /// The body and the query may be somebody's data; their sizes are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        let body = self.body.as_ref().map(String::len);
        f.debug_struct("Request")
            .field("method", &self.method.as_str())
            .field("path", &path)
            .field("body_bytes", &body)
            .finish_non_exhaustive()
    }
}

const JSON: (Cow<'static, str>, Cow<'static, str>) = (
    Cow::Borrowed("Content-Type"),
    Cow::Borrowed("application/json"),
);

impl Request {
    /// A question: safe to repeat, no body.
    #[must_use]
    pub fn get(path: impl Into<String>, reads: Reads) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            headers: vec![(Cow::Borrowed("Accept"), Cow::Borrowed("application/json"))],
            body: None,
            elsewhere: false,
            to_be_signed: false,
            repeat: Repeat::Safe,
            reads,
            update: None,
        }
    }

    /// A request with a JSON body, safe to repeat unless told otherwise.
    #[must_use]
    pub fn json(method: Method, path: impl Into<String>, body: String) -> Self {
        let mut request = Self::get(path, Reads::Nothing);
        request.method = method;
        request.headers.push(JSON);
        request.body = Some(body);
        request
    }

    /// The same request, telling an update of this kind.
    #[must_use]
    pub const fn telling(mut self, update: UpdateKind) -> Self {
        self.update = Some(update);
        self
    }

    /// The same request, its answer read so.
    #[must_use]
    pub fn reads(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    pub(in crate::channel) fn reads_id(self, path: &'static str) -> Self {
        let path = Cow::Borrowed(path);
        self.reads(Reads::Id { path })
    }

    /// The value of a header, whatever its letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}

/// What to send, in this order, and what gets lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The requests; stop at the first that is refused.
    pub requests: Vec<Request>,
    /// What the channel does not get to know, each once, in order.
    pub losses: Vec<Loss>,
}

impl Outgoing {
    /// These requests; each loss is told once.
    #[must_use]
    pub fn new(requests: Vec<Request>, losses: impl IntoIterator<Item = Loss>) -> Self {
        let mut losses: Vec<Loss> = losses.into_iter().collect();
        losses.sort_unstable();
        losses.dedup();
        Self { requests, losses }
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, not compressed.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The same answer with a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a header, whatever its letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}
