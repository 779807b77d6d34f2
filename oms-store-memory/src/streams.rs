//! The event streams of a tenant.

use std::sync::Arc;

use oms_core::event::{EventId, EventRecord, Origin, StreamId};
use oms_core::value::{TenantId, Timestamp, Version};

use crate::hashed::HashMap;

/// Events by stream; the place of an event in its vector is its place in the stream.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: HashMap<StreamId, Vec<Event>>,
    /// Every event in the order in which they were committed.
    told: Vec<(StreamId, Version)>,
    /// How many there were after each change set that told something.
    ends: Vec<usize>,
}

/// An event without its tenant, stream and place.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) seq: Version,
    pub(crate) name: Arc<str>,
    pub(crate) schema: u16,
    /// One for all events of a change set.
    pub(crate) origin: Arc<Origin>,
    pub(crate) at: Timestamp,
    pub(crate) body: Arc<str>,
}

impl Event {
    fn record(&self, tenant: &TenantId, stream: &StreamId) -> EventRecord {
        EventRecord {
            tenant: tenant.clone(),
            id: EventId {
                stream: stream.clone(),
                seq: self.seq,
            },
            name: Arc::clone(&self.name),
            schema: self.schema,
            origin: Origin::clone(&self.origin),
            at: self.at,
            body: Arc::clone(&self.body),
        }
    }
}

impl Streams {
    /// The place of the last event of a stream; zero when there is none.
    pub(crate) fn last(&self, stream: &StreamId) -> Version {
        let events = self.streams.get(stream);
        events
            .and_then(|events| events.last())
            .map_or(Version::ZERO, |event| event.seq)
    }

    /// Appends events at the next places, whatever places they say they have.
    pub(crate) fn append(&mut self, stream: &StreamId, events: impl IntoIterator<Item = Event>) {
        let entry = self.streams.entry(stream.clone());
        // Everything that names a stream shares one text.
        let stream = entry.key().clone();
        let kept = entry.or_default();
        let mut last = kept.last().map_or(Version::ZERO, |last| last.seq);
        let told = &mut self.told;
        kept.extend(events.into_iter().map(|event| {
            last = last.next();
            told.push((stream.clone(), last));
            Event { seq: last, ..event }
        }));
    }

    /// Ends a change set: what was appended since the last one comes on one page.
    pub(crate) fn end_change_set(&mut self) {
        let told = self.told.len();
        if self.ends.last().copied().unwrap_or_default() < told {
            self.ends.push(told);
        }
    }

    /// How many events there are.
    pub(crate) const fn told(&self) -> usize {
        self.told.len()
    }

    /// How many events were committed before the first that was decided at a time or later.
    pub(crate) fn told_before(&self, at: Timestamp) -> usize {
        let later = |(stream, seq): &(StreamId, Version)| {
            self.event(stream, *seq).is_some_and(|event| event.at >= at)
        };
        let first = self.told.iter().position(later);
        first.unwrap_or(self.told.len())
    }

    /// When the oldest of the events after the first `skipped` was decided, of at most `limit`.
    pub(crate) fn oldest_since(&self, skipped: usize, limit: usize) -> Option<Timestamp> {
        let told = self.told.iter().skip(skipped).take(limit);
        told.filter_map(|(stream, seq)| Some(self.event(stream, *seq)?.at))
            .min()
    }

    fn event(&self, stream: &StreamId, seq: Version) -> Option<&Event> {
        let events = self.streams.get(stream)?;
        let at = events.partition_point(|event| event.seq < seq);
        events.get(at)
    }

    /// The events after the first `skipped`, in the order of their commits: `limit`, and the rest
    /// of the change set that the last of them is of.
    pub(crate) fn since(
        &self,
        tenant: &TenantId,
        skipped: usize,
        limit: usize,
    ) -> Vec<EventRecord> {
        let least = skipped.saturating_add(limit);
        let end = self.ends.partition_point(|end| *end < least);
        let end = self.ends.get(end).copied().unwrap_or(least);
        let told = self.told.iter().take(end).skip(skipped);
        told.filter_map(|(stream, seq)| Some(self.event(stream, *seq)?.record(tenant, stream)))
            .collect()
    }

    /// The events of a stream after a place, at most `limit`.
    pub(crate) fn after(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Vec<EventRecord> {
        let events = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let skipped = events.partition_point(|event| event.seq <= after);
        let events = events.iter().skip(skipped).take(limit);
        events.map(|event| event.record(tenant, stream)).collect()
    }

    /// The events of a stream, to spoil them.
    #[cfg(test)]
    pub(crate) fn events_mut(&mut self, stream: &StreamId) -> &mut Vec<Event> {
        self.streams.entry(stream.clone()).or_default()
    }

    /// Every stream, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&StreamId, &[Event])> {
        self.streams
            .iter()
            .map(|(stream, events)| (stream, events.as_slice()))
    }
}
