//! The arrays of a batch, column by column as the SQL function takes them.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A time column.
pub(crate) type Time = DateTime<Utc>;

/// One element per item.
#[derive(Debug, Default)]
pub(crate) struct Items<'a> {
    pub(crate) key: Vec<&'a str>,
    pub(crate) fingerprint: Vec<&'a [u8]>,
    pub(crate) receipt: Vec<&'a str>,
    pub(crate) planned: Vec<Time>,
    pub(crate) actor: Vec<&'a str>,
    pub(crate) actor_id: Vec<Option<&'a str>>,
    pub(crate) reason: Vec<Option<&'a str>>,
    pub(crate) request: Vec<Option<&'a str>>,
    /// Ten numbers per item.
    pub(crate) ends: Vec<i32>,
}

/// One element per distinct name.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) kind: Vec<i16>,
    pub(crate) a: Vec<Cow<'a, str>>,
    pub(crate) b: Vec<&'a str>,
    pub(crate) c: Vec<&'a str>,
}

/// One element per distinct counter.
#[derive(Debug, Default)]
pub(crate) struct Counters<'a> {
    pub(crate) kind: Vec<i16>,
    pub(crate) a: Vec<&'a str>,
    pub(crate) b: Vec<Cow<'a, str>>,
}

/// Document keys in columns.
#[derive(Debug, Default)]
pub(crate) struct Keys<'a> {
    pub(crate) kind: Vec<i16>,
    pub(crate) t1: Vec<&'a str>,
    pub(crate) t2: Vec<Cow<'a, str>>,
    pub(crate) u: Vec<Uuid>,
    pub(crate) n: Vec<i64>,
}

/// One element per document to write.
#[derive(Debug, Default)]
pub(crate) struct Writes<'a> {
    pub(crate) doc: Vec<i32>,
    pub(crate) expected: Vec<i64>,
    pub(crate) key: Keys<'a>,
    pub(crate) version: Vec<i64>,
    pub(crate) schema: Vec<i16>,
    pub(crate) body: Vec<Option<&'a str>>,
    pub(crate) active: Vec<i16>,
    pub(crate) personal: Vec<bool>,
    pub(crate) customer: Vec<Option<Uuid>>,
    pub(crate) order: Vec<Option<Uuid>>,
    pub(crate) number: Vec<Option<i64>>,
    pub(crate) status: Vec<Option<&'a str>>,
    pub(crate) placed: Vec<Option<Time>>,
    pub(crate) since: Vec<Option<Time>>,
    pub(crate) promised: Vec<Option<Time>>,
    pub(crate) channel: Vec<Option<&'a str>>,
}

/// One element per distinct reservation.
#[derive(Debug, Default)]
pub(crate) struct Claims<'a> {
    pub(crate) kind: Vec<i16>,
    pub(crate) owner: Vec<Uuid>,
    pub(crate) name: Vec<&'a str>,
    pub(crate) line: Vec<i32>,
    pub(crate) hub: Vec<&'a str>,
    pub(crate) sku: Vec<&'a str>,
    pub(crate) stock: Vec<i32>,
}

/// One element per movement.
#[derive(Debug, Default)]
pub(crate) struct Movements<'a> {
    pub(crate) id: Vec<Uuid>,
    pub(crate) item: Vec<i32>,
    pub(crate) first: Vec<i32>,
    pub(crate) hub: Vec<&'a str>,
    pub(crate) sku: Vec<&'a str>,
    pub(crate) kind: Vec<&'a str>,
    pub(crate) delta: Vec<i64>,
    pub(crate) order: Vec<Option<Uuid>>,
    pub(crate) reason: Vec<Option<&'a str>>,
    pub(crate) transfer: Vec<Option<&'a str>>,
}

/// One element per job.
#[derive(Debug, Default)]
pub(crate) struct Jobs<'a> {
    pub(crate) id: Vec<Uuid>,
    pub(crate) item: Vec<i32>,
    pub(crate) first: Vec<i32>,
    pub(crate) queue: Vec<&'a str>,
    pub(crate) kind: Vec<&'a str>,
    pub(crate) payload: Vec<&'a str>,
    pub(crate) run: Vec<Time>,
    pub(crate) priority: Vec<i16>,
    pub(crate) unique: Vec<Option<&'a str>>,
    pub(crate) attempts: Vec<i16>,
    pub(crate) trace: Vec<Option<&'a str>>,
}
