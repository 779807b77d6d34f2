//! Events for subscribers: all of them, in order, again until acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{EventId, EventRecord};
use crate::port::{EventBatch, FeedPlace, FeedStart};
use crate::testing::build::{Change, stream, subscriber};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, some};
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::testing::conformance::walk::PAGES_MAX;

use super::is_invalid;

impl Scene {
    async fn subscribe(&self, name: &str, start: FeedStart) -> Result<bool, Failure> {
        let feed = self.feed()?;
        Ok(feed
            .subscribe(self.tenant(), &subscriber(name), start)
            .await?)
    }

    async fn poll(&self, name: &str, limit: usize) -> Result<EventBatch, Failure> {
        let feed = self.feed()?;
        Ok(feed.poll(self.tenant(), &subscriber(name), limit).await?)
    }

    pub(super) async fn acknowledge(&self, name: &str, place: &FeedPlace) -> Result<bool, Failure> {
        let (feed, name) = (self.feed()?, subscriber(name));
        Ok(feed.acknowledge(self.tenant(), &name, place).await?)
    }

    /// Polls by pages of `limit` and acknowledges until nothing is left; the events of the host.
    async fn drain(&self, name: &str, limit: usize) -> Result<Vec<EventRecord>, Failure> {
        let mut events = Vec::new();
        for _ in 0..PAGES_MAX * 10 {
            let batch = self.poll(name, limit).await?;
            let done = self.acknowledge(name, &batch.place).await?;
            check(done, "a batch was not acknowledged")?;
            let end = batch.events.is_empty() && !batch.more;
            events.extend(batch.events);
            if end {
                return Ok(events);
            }
        }
        Err(Failure::new("the feed does not end"))
    }

    /// One event on a stream of the host's own.
    async fn happens(&self, key: &str, on: &str) -> Result<(), Failure> {
        self.accept(Change::new(key).event(&stream(on), key))
            .await?;
        Ok(())
    }
}

fn names(events: &[EventRecord]) -> Vec<&str> {
    events.iter().map(|event| &*event.name).collect()
}

/// Fails unless every stream has its events in order, from its first on, none twice.
fn in_order(events: &[EventRecord]) -> Result<BTreeMap<String, u64>, Failure> {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for EventRecord { id, .. } in events {
        let EventId { stream, seq } = id;
        let last = last.entry(stream.to_string()).or_default();
        same(&format!("the next of {stream}"), &seq.get(), &(*last + 1))?;
        *last = seq.get();
    }
    Ok(last)
}

pub(crate) async fn an_event_comes_as_it_was_stored(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    let wanted = scene.history(&stream("x")).await?;
    let found = scene.poll("mailer", PLENTY).await?.events;
    same("the event", &found, &wanted)
}

pub(crate) async fn the_events_of_a_stream_come_in_their_order(
    scene: Scene,
) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    for key in ["1", "2", "3", "4", "5", "6"] {
        let two = Change::new(key)
            .event(&stream("x"), "a")
            .event(&stream("x"), "b");
        scene.accept(two.event(&stream("y"), "c")).await?;
    }
    let events = scene.drain("mailer", PLENTY).await?;
    let last = in_order(&events)?;
    same("events of x", &last.get("host/x"), &Some(&12))?;
    same("events of y", &last.get("host/y"), &Some(&6))
}

pub(crate) async fn small_pages_skip_no_event(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    for n in 0..9 {
        let on = stream(&format!("{}", n % 3));
        let key = format!("{n}");
        scene
            .accept(Change::new(&key).event(&on, "happened"))
            .await?;
    }
    let events = scene.drain("mailer", 2).await?;
    in_order(&events)?;
    same("events", &events.len(), &9)
}

pub(crate) async fn a_page_parts_no_commit(scene: Scene) -> Result<(), Failure> {
    let scene = scene.as_tenant("other").await?;
    scene.subscribe("mailer", FeedStart::Now).await?;
    for key in ["1", "2", "3"] {
        let change = Change::new(key)
            .event(&stream("x"), "a")
            .event(&stream("y"), "b")
            .event(&stream("x"), "c");
        scene.accept(change).await?;
    }
    let mut found = 0;
    for _ in 0..PAGES_MAX {
        let page = scene.poll("mailer", 2).await?;
        let done = scene.acknowledge("mailer", &page.place).await?;
        check(done, "a batch was not acknowledged")?;
        same("a part of a commit", &(page.events.len() % 3), &0)?;
        found += page.events.len();
        if !page.more {
            break;
        }
    }
    same("events", &found, &9)
}

pub(crate) async fn what_is_not_acknowledged_comes_again(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    let first = scene.poll("mailer", PLENTY).await?;
    let again = scene.poll("mailer", PLENTY).await?;
    same("once", &names(&first.events), &vec!["first"])?;
    same("again", &again.events, &first.events)
}

pub(crate) async fn what_is_acknowledged_does_not_come_again(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    let first = scene.poll("mailer", PLENTY).await?;
    check(scene.acknowledge("mailer", &first.place).await?, "refused")?;
    scene.happens("second", "x").await?;
    let found = scene.poll("mailer", PLENTY).await?;
    same("the rest", &names(&found.events), &vec!["second"])
}

pub(crate) async fn an_acknowledgement_counts_once(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    let old = scene.poll("mailer", PLENTY).await?.place;
    check(scene.acknowledge("mailer", &old).await?, "refused")?;
    scene.happens("second", "x").await?;
    let new = scene.poll("mailer", PLENTY).await?.place;
    check(scene.acknowledge("mailer", &new).await?, "refused")?;
    let late = scene.acknowledge("mailer", &old).await?;
    check(!late, "an old acknowledgement was taken")?;
    let found = scene.poll("mailer", PLENTY).await?;
    same("events after that", &found.events.len(), &0)
}

pub(crate) async fn a_place_that_is_none_is_invalid(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    let place = scene.poll("mailer", PLENTY).await?.place;
    let nowhere = || Arc::from("nowhere");
    let wrong = [
        FeedPlace {
            from: nowhere(),
            to: place.to.clone(),
        },
        FeedPlace {
            from: place.from,
            to: nowhere(),
        },
    ];
    let (feed, name) = (scene.feed()?, subscriber("mailer"));
    for place in &wrong {
        let answer = feed.acknowledge(scene.tenant(), &name, place).await;
        check(is_invalid(&answer), "a place that is none was taken")?;
    }
    let found = scene.poll("mailer", PLENTY).await?;
    same("events that still wait", &found.events.len(), &1)
}

pub(crate) async fn subscribers_do_not_depend_on_each_other(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    scene.subscribe("index", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    scene.drain("mailer", PLENTY).await?;
    let found = scene.drain("index", PLENTY).await?;
    same("for the other", &names(&found), &vec!["first"])
}

pub(crate) async fn a_subscriber_begins_where_it_was_told(scene: Scene) -> Result<(), Failure> {
    scene.happens("first", "x").await?;
    scene.subscribe("all", FeedStart::Beginning).await?;
    scene.subscribe("new", FeedStart::Now).await?;
    scene.happens("second", "x").await?;
    let of_host = |events: Vec<EventRecord>| -> Vec<String> {
        let found = events.iter().filter(|event| event.id.stream == stream("x"));
        found.map(|event| event.name.to_string()).collect()
    };
    let all = of_host(scene.drain("all", PLENTY).await?);
    same("from the beginning", &all, &vec!["first", "second"])?;
    let new = of_host(scene.drain("new", PLENTY).await?);
    same("from then on", &new, &vec!["second"])
}

pub(crate) async fn a_subscriber_that_is_there_stays(scene: Scene) -> Result<(), Failure> {
    check(scene.subscribe("mailer", FeedStart::Now).await?, "not new")?;
    scene.happens("first", "x").await?;
    let new = scene.subscribe("mailer", FeedStart::Now).await?;
    check(!new, "it was made a second time")?;
    let found = scene.drain("mailer", PLENTY).await?;
    same("what waited", &names(&found), &vec!["first"])
}

pub(crate) async fn events_since_a_time_come_again(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    for key in ["1", "2", "3"] {
        scene.happens(key, key).await?;
        scene.advance_secs(60).await?;
    }
    scene.drain("mailer", PLENTY).await?;
    let second = later(scene.now().await?, -120);
    let (feed, name) = (scene.feed()?, subscriber("mailer"));
    let back = feed.rewind(scene.tenant(), &name, FeedStart::At(second));
    check(back.await?, "the subscriber is not found")?;
    let found = scene.drain("mailer", PLENTY).await?;
    same("again", &names(&found), &vec!["2", "3"])
}

pub(crate) async fn subscribers_of_other_tenants_see_nothing(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.subscribe("mailer", FeedStart::Now).await?;
    other.subscribe("mailer", FeedStart::Now).await?;
    scene.happens("first", "x").await?;
    same("theirs", &other.drain("mailer", PLENTY).await?.len(), &0)?;
    let found = scene.drain("mailer", PLENTY).await?;
    same("ours", &names(&found), &vec!["first"])
}

pub(crate) async fn a_subscriber_is_moved_for_its_tenant_alone(
    scene: Scene,
) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    for one in [&scene, &other] {
        // Both are at the same place.
        one.subscribe("mailer", FeedStart::Beginning).await?;
        one.happens("first", "x").await?;
    }
    other.drain("mailer", PLENTY).await?;
    let found = scene.drain("mailer", PLENTY).await?;
    same("ours waits", &names(&found), &vec!["first"])?;
    let (feed, name) = (scene.feed()?, subscriber("mailer"));
    let back = feed.rewind(other.tenant(), &name, FeedStart::Beginning);
    check(back.await?, "nobody to set back")?;
    let found = scene.drain("mailer", PLENTY).await?;
    same("ours is done", &found.len(), &0)?;
    check(feed.unsubscribe(other.tenant(), &name).await?, "not there")?;
    check(
        feed.unsubscribe(scene.tenant(), &name).await?,
        "ours is gone",
    )
}

pub(crate) async fn lag_is_told(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    let first = scene.now().await?;
    scene.happens("1", "x").await?;
    scene.advance_secs(5).await?;
    scene.happens("2", "x").await?;
    let lag = async || {
        let found = scene.feed()?.subscriptions(scene.tenant()).await?;
        let found = found
            .into_iter()
            .find(|one| one.name == subscriber("mailer"));
        let found = some("the subscriber", found)?;
        Ok::<_, Failure>((found.behind, found.oldest_at))
    };
    same("before", &lag().await?, &(2, Some(first)))?;
    scene.drain("mailer", PLENTY).await?;
    same("afterwards", &lag().await?, &(0, None))
}

pub(crate) async fn lag_counts_from_the_oldest_plan(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    let first = scene.now().await?;
    // By less than clocks may differ.
    scene.advance_secs(2).await?;
    scene.happens("1", "x").await?;
    // Planned before the other one and committed after it.
    let late = Change::new("2")
        .event(&stream("x"), "happened")
        .planned_at(first);
    scene.accept(late).await?;
    let found = scene.feed()?.subscriptions(scene.tenant()).await?;
    let found = found
        .into_iter()
        .find(|one| one.name == subscriber("mailer"));
    let found = some("the subscriber", found)?;
    same("the oldest", &found.oldest_at, &Some(first))
}

pub(crate) async fn a_subscriber_may_be_forgotten(scene: Scene) -> Result<(), Failure> {
    scene.subscribe("mailer", FeedStart::Now).await?;
    let (feed, name) = (scene.feed()?, subscriber("mailer"));
    check(feed.unsubscribe(scene.tenant(), &name).await?, "not there")?;
    let again = feed.unsubscribe(scene.tenant(), &name).await?;
    check(!again, "it was there a second time")?;
    let poll = feed.poll(scene.tenant(), &name, PLENTY).await;
    check(is_invalid(&poll), "it can still be polled")
}

pub(crate) async fn no_event_is_skipped_while_many_write(scene: Scene) -> Result<(), Failure> {
    const WRITERS: usize = 6;
    const EVENTS: usize = 12;
    scene.subscribe("mailer", FeedStart::Now).await?;
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let task = |scene: Scene, n: usize| {
        let told = told.clone();
        async move {
            if n == 0 {
                for _ in 0..EVENTS {
                    let events = scene.drain("mailer", 3).await?;
                    let mut told = told
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    told.extend(events);
                }
                return Ok(());
            }
            for e in 0..EVENTS {
                let key = format!("{n}-{e}");
                let change = Change::new(&key).event(&stream("x"), "shared");
                let own = stream(&format!("own-{n}"));
                scene.accept(change.event(&own, "own")).await?;
            }
            Ok(())
        }
    };
    scene.race(WRITERS + 1, task).await?;
    let rest = scene.drain("mailer", 3).await?;
    let mut told = told
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    told.extend(rest);
    in_order(&told)?;
    same("events", &told.len(), &(WRITERS * EVENTS * 2))
}
