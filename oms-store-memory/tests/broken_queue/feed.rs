//! Defects of feeds.

use std::sync::Arc;

use oms_core::port::{EventFeed, FeedPlace, FeedStart};
use oms_core::stock::StockLevel;
use oms_core::testing::build::{subscriber, tenant};
use oms_core::value::Version;

use crate::defect::{Defect, ready};

pub(crate) fn forgets_the_request() -> Defect {
    Defect::polled(|_, _, batch| {
        for event in &mut batch.events {
            event.origin.key = oms_core::testing::build::idempotency_key("?");
        }
    })
}

pub(crate) fn tells_the_newest_first() -> Defect {
    Defect::polled(|_, _, batch| batch.events.reverse())
}

pub(crate) fn loses_the_last_event_of_a_page() -> Defect {
    Defect::polled(|_, limit, batch| {
        if batch.events.len() == limit {
            batch.events.pop();
        }
    })
}

pub(crate) fn cuts_pages_to_the_event() -> Defect {
    Defect::polled(|_, limit, batch| {
        if batch.events.len() > limit {
            let (events, changes) = batch.place.from.split_once('/').unwrap();
            let end = events.parse::<usize>().unwrap() + limit;
            batch.place.to = Arc::from(format!("{end}/{changes}"));
            batch.events.truncate(limit);
            batch.more = true;
        }
    })
}

pub(crate) fn acknowledges_by_itself() -> Defect {
    Defect::poll(|sound, tenant, name, limit| {
        let batch = ready(sound.store.poll(tenant, name, limit))?;
        ready(sound.store.acknowledge(tenant, name, &batch.place))?;
        Ok(batch)
    })
}

pub(crate) fn never_moves_on() -> Defect {
    Defect::acknowledge(|_, _, _, _| Ok(true))
}

pub(crate) fn takes_old_acknowledgements() -> Defect {
    Defect::acknowledge(|sound, tenant, name, place| {
        let at = ready(sound.store.poll(tenant, name, 1))?.place.from;
        let to = Arc::clone(&place.to);
        ready(
            sound
                .store
                .acknowledge(tenant, name, &FeedPlace { from: at, to }),
        )
    })
}

pub(crate) fn takes_any_place_for_an_old_one() -> Defect {
    Defect::acknowledge(|sound, tenant, name, place| {
        Ok(ready(sound.store.acknowledge(tenant, name, place)).unwrap_or(false))
    })
}

pub(crate) fn has_one_place_for_all() -> Defect {
    Defect::acknowledge(|sound, tenant, name, place| {
        let others = ready(sound.store.subscriptions(tenant))?;
        for other in others {
            let from = ready(sound.store.poll(tenant, &other.name, 1))?.place.from;
            let to = Arc::clone(&place.to);
            let place = FeedPlace { from, to };
            if other.name != *name {
                ready(sound.store.acknowledge(tenant, &other.name, &place))?;
            }
        }
        ready(sound.store.acknowledge(tenant, name, place))
    })
}

pub(crate) fn begins_with_what_is_new() -> Defect {
    Defect::subscribe(|sound, tenant, name, _| {
        ready(sound.store.subscribe(tenant, name, FeedStart::Now))
    })
}

pub(crate) fn begins_anew_each_time() -> Defect {
    Defect::subscribe(|sound, tenant, name, start| {
        ready(sound.store.unsubscribe(tenant, name))?;
        ready(sound.store.subscribe(tenant, name, start))
    })
}

pub(crate) fn never_goes_back() -> Defect {
    Defect::rewind(|_, _, _, _| Ok(true))
}

pub(crate) fn tells_events_of_any_tenant() -> Defect {
    Defect::poll(|sound, asked, name, limit| {
        let batch = ready(sound.store.poll(asked, name, limit))?;
        if batch.events.is_empty() && *asked != tenant("acme") {
            return ready(sound.store.poll(&tenant("acme"), name, limit));
        }
        Ok(batch)
    })
}

pub(crate) fn says_nothing_waits() -> Defect {
    Defect::subscriptions(|sound, tenant| {
        let mut found = ready(sound.store.subscriptions(tenant))?;
        found.iter_mut().for_each(|one| one.behind = 0);
        Ok(found)
    })
}

pub(crate) fn counts_lag_from_the_first_commit() -> Defect {
    Defect::subscriptions(|sound, tenant| {
        let mut found = ready(sound.store.subscriptions(tenant))?;
        for one in &mut found {
            let first = ready(sound.store.poll(tenant, &one.name, 1))?;
            one.oldest_at = first.events.first().map(|event| event.at);
        }
        Ok(found)
    })
}

pub(crate) fn keeps_forgotten_subscribers() -> Defect {
    Defect::unsubscribe(|_, _, name| Ok(*name == subscriber("mailer")))
}

/// Goes by what it saw when it was asked before, so what commits in between is passed.
pub(crate) fn passes_what_commits_meanwhile() -> Defect {
    Defect::acknowledge(|sound, tenant, name, place| {
        let done = ready(sound.store.acknowledge(tenant, name, place))?;
        let late = ready(sound.store.poll(tenant, name, 1))?;
        let next = late.events.first();
        if done && next.is_some_and(|event| event.id.seq.get() % 3 == 0) {
            ready(sound.store.acknowledge(tenant, name, &late.place))?;
        }
        Ok(done)
    })
}

pub(crate) fn tells_rows_without_their_version() -> Defect {
    Defect::polled_stock(|batch| {
        for (_, level) in &mut batch.rows {
            *level = StockLevel {
                version: Version::ZERO,
                ..*level
            };
        }
    })
}

pub(crate) fn tells_all_rows_each_time() -> Defect {
    Defect::poll_stock(|sound, tenant, name, limit| {
        let place = ready(sound.store.poll_stock(tenant, name, limit))?.place;
        ready(sound.store.rewind(tenant, name, FeedStart::Beginning))?;
        let mut batch = ready(sound.store.poll_stock(tenant, name, limit))?;
        let from = Arc::clone(&batch.place.from);
        let back = FeedPlace {
            from,
            to: Arc::clone(&place.from),
        };
        ready(sound.store.acknowledge(tenant, name, &back))?;
        batch.place = place;
        Ok(batch)
    })
}

pub(crate) fn tells_rows_once_only() -> Defect {
    Defect::poll_stock(|sound, tenant, name, limit| {
        let batch = ready(sound.store.poll_stock(tenant, name, limit))?;
        ready(sound.store.acknowledge(tenant, name, &batch.place))?;
        Ok(batch)
    })
}

pub(crate) fn tells_no_row_of_before() -> Defect {
    Defect::subscribe(|sound, tenant, name, start| {
        let start = match start {
            FeedStart::At(_) => FeedStart::Now,
            FeedStart::Beginning | FeedStart::Now => start,
        };
        ready(sound.store.subscribe(tenant, name, start))
    })
}

pub(crate) fn loses_the_last_row_of_a_page() -> Defect {
    Defect::poll_stock(|sound, tenant, name, limit| {
        let mut batch = ready(sound.store.poll_stock(tenant, name, limit))?;
        if batch.rows.len() == limit {
            batch.rows.pop();
        }
        Ok(batch)
    })
}

pub(crate) fn forgets_what_was_told_beside_rows() -> Defect {
    Defect::polled_stock(|batch| {
        let (events, _) = batch.place.from.split_once('/').unwrap();
        let (_, changes) = batch.place.to.split_once('/').unwrap();
        batch.place.to = Arc::from(format!("{events}/{changes}"));
    })
}
