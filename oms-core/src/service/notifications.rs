//! Events that become jobs: what somebody is to be told about is done, retried and kept like any
//! other work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::event::Topic;
use crate::job::JobDraft;
use crate::port::{JobQueue, Message, MessageContent, PublishError, Publisher, Pushed};
use crate::service::derived::id_of;
use crate::value::limits::JOBS_PER_CALL_MAX;
use crate::value::{JobId, JobKind, QueueName, TenantId};

/// A [`Publisher`] that makes a job of every message of the topics that are chosen, and of every
/// event of the names that are: mail to the buyer, a call of another system, a push to an app. The
/// host registers the handlers; a [`Relay`](crate::service::Relay) with a subscriber of its own
/// brings the messages, once the host has called
/// [`Relay::subscribe`](crate::service::Relay::subscribe).
///
/// Jobs are not checked against a [`JobCatalog`](crate::job::JobCatalog): one in a queue without a
/// worker waits for ever.
///
/// The payload names what happened and holds no copy of it:
/// `{"topic", "tenant", "stream", "seq", "event", "at"}`, or for stock
/// `{"topic", "tenant", "hub", "sku", "available", "version"}`. A message that comes again has the
/// same job id, so a job that is still there is not made twice; one that was done before may be
/// done again, as with any job.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::event::Topic;
/// use oms_core::port::{EventFeed, FeedStart, JobQueue, StoreError};
/// use oms_core::service::{Notifications, Relay};
/// use oms_core::value::{JobKind, QueueName, SubscriberName, TenantId};
///
/// async fn mails(
///     feed: Arc<dyn EventFeed>,
///     queue: Arc<dyn JobQueue>,
///     tenant: TenantId,
/// ) -> Result<Relay, StoreError> {
///     let mail = QueueName::parse("mail").unwrap();
///     let kind = |kind: &str| JobKind::parse(kind).unwrap();
///     let mails = Notifications::new(queue)
///         .on(Topic::ShipmentCreated, mail.clone(), kind("shipped"))
///         .on_event("order.delivered", mail, kind("delivered"));
///     let name = SubscriberName::parse("mails").unwrap();
///     let relay = Relay::new(feed, Arc::new(mails), tenant, name);
///     relay.subscribe(FeedStart::Now).await?;
///     Ok(relay)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Notifications {
    queue: Arc<dyn JobQueue>,
    on: BTreeMap<Topic, Vec<(QueueName, JobKind)>>,
    on_event: BTreeMap<Arc<str>, Vec<(QueueName, JobKind)>>,
}

impl Notifications {
    /// Jobs in `queue`, of no topic and no event yet.
    #[must_use]
    pub const fn new(queue: Arc<dyn JobQueue>) -> Self {
        Self {
            queue,
            on: BTreeMap::new(),
            on_event: BTreeMap::new(),
        }
    }

    /// Makes a job of this kind of every message of this topic; several kinds may follow one topic.
    #[must_use]
    pub fn on(mut self, topic: Topic, queue: QueueName, kind: JobKind) -> Self {
        self.on.entry(topic).or_default().push((queue, kind));
        self
    }

    /// Makes a job of this kind of every event of this name, such as `order.delivered`, and of no
    /// other of its topic; several kinds may follow one name. The page on watching has the names;
    /// one that no event has makes no job. Events without a [topic](Topic::of) do not come.
    #[must_use]
    pub fn on_event(mut self, name: &str, queue: QueueName, kind: JobKind) -> Self {
        let jobs = self.on_event.entry(Arc::from(name)).or_default();
        jobs.push((queue, kind));
        self
    }

    fn jobs(&self, message: &Message) -> impl Iterator<Item = JobDraft> {
        let of_topic = self.on.get(&message.topic);
        let of_event = match &message.content {
            MessageContent::Event(event) => self.on_event.get(&*event.name),
            MessageContent::Stock(..) => None,
        };
        let wanted = [of_topic, of_event].into_iter().flatten().flatten();
        // A kind that follows both the topic and the event is one job.
        let wanted: BTreeSet<&(QueueName, JobKind)> = wanted.collect();
        wanted.into_iter().map(|(queue, kind)| {
            let id = id_of(&[&message.id, queue.as_str(), kind.as_str()], 0);
            let payload = payload(message);
            let draft = JobDraft::new(JobId::from_uuid(id), queue.clone(), kind.clone(), payload);
            let request = match &message.content {
                MessageContent::Event(event) => event.origin.request_id.clone(),
                MessageContent::Stock(..) => None,
            };
            match request {
                Some(request) => draft.with_trace(request),
                None => draft,
            }
        })
    }
}

fn payload(message: &Message) -> String {
    let (topic, tenant) = (message.topic.as_str(), message.tenant.as_str());
    let value = match &message.content {
        MessageContent::Event(event) => json!({
            "topic": topic,
            "tenant": tenant,
            "stream": event.id.stream.to_string(),
            "seq": event.id.seq.get(),
            "event": &*event.name,
            "at": event.at.to_string(),
        }),
        MessageContent::Stock(key, level) => json!({
            "topic": topic,
            "tenant": tenant,
            "hub": key.hub.as_str(),
            "sku": key.sku.as_str(),
            "available": level.available(),
            "version": level.version.get(),
        }),
    };
    value.to_string()
}

#[async_trait]
impl Publisher for Notifications {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        let mut drafts: BTreeMap<&TenantId, Vec<JobDraft>> = BTreeMap::new();
        for message in messages {
            let drafts = drafts.entry(&message.tenant).or_default();
            drafts.extend(self.jobs(message));
        }
        for (tenant, drafts) in drafts {
            for drafts in drafts.chunks(JOBS_PER_CALL_MAX) {
                let pushed = self.queue.push(tenant, drafts).await;
                let pushed = pushed.map_err(|error| PublishError {
                    detail: "jobs could not be kept".to_owned(),
                    source: Some(Box::new(error)),
                })?;
                for answer in pushed {
                    match answer {
                        Pushed::Kept | Pushed::Repeated | Pushed::Taken { .. } => {}
                        Pushed::Refused(why) => return Err(PublishError::new(why.to_string())),
                    }
                }
            }
        }
        Ok(())
    }
}
