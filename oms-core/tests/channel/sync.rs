//! Pull syncs against a channel that loses, repeats and reorders pages, crashes in between, and a
//! clock of our own: whatever happens, every last change arrives.

use std::collections::BTreeMap;

use oms_core::channel::{
    Amazon, Channel, ChannelRefusal, ChannelRefusalKind, Ebay, Fetch, PageItem, PageProblem,
    Response, RetryWhy, Shopify, SyncKind, SyncPage, SyncSettings, SyncState, SyncStep, SyncWalk,
    Throttle, WooCommerce,
};
use oms_core::testing::Random;
use oms_core::value::{ExternalId, Timestamp};
use proptest::prelude::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(1_700_000_000 + secs).unwrap()
}

fn id(number: u32) -> ExternalId {
    ExternalId::parse(&format!("{number:04}")).unwrap()
}

/// How a channel names its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paging {
    /// By the last item of the page before, so nothing shifts.
    Cursor,
    /// By how many items come before, so everything shifts when one leaves the window.
    Offset,
}

/// A channel whose orders change all the time, and whose index lags behind.
struct FakeChannel {
    paging: Paging,
    /// Per order, when it last changed.
    orders: BTreeMap<u32, i64>,
    /// How long a change takes to be found, at most.
    index_lag: i64,
    /// It says how many there are, where it pages by offset.
    counts: bool,
}

impl FakeChannel {
    fn change(&mut self, order: u32, now: i64) {
        self.orders.insert(order, now);
    }

    /// The page, as of now. A change that is not indexed yet is not found at all.
    fn page(&self, fetch: &Fetch, now: i64) -> SyncPage {
        let lag = |order: u32| i64::from(order) % (self.index_lag + 1);
        let mut found: Vec<(i64, u32)> = self
            .orders
            .iter()
            .filter(|(order, changed)| {
                let indexed = **changed + lag(**order) <= now;
                indexed && at(**changed) >= fetch.from && at(**changed) < fetch.to
            })
            .map(|(order, changed)| (*changed, *order))
            .collect();
        found.sort_unstable();
        let size = usize::try_from(fetch.items).unwrap();
        let total = (self.counts && self.paging == Paging::Offset).then_some(found.len() as u64);
        let start = match (&fetch.page, self.paging) {
            (None, _) => 0,
            (Some(page), Paging::Offset) => page.parse().unwrap(),
            (Some(page), Paging::Cursor) => {
                let (changed, order) = page.split_once(' ').unwrap();
                let last = (changed.parse().unwrap(), order.parse().unwrap());
                found.partition_point(|one| *one <= last)
            }
        };
        let part: Vec<_> = found.iter().skip(start).take(size).collect();
        let more = start + part.len() < found.len();
        let next = part.last().filter(|_| more).map(|last| match self.paging {
            Paging::Offset => (start + size).to_string(),
            Paging::Cursor => format!("{} {}", last.0, last.1),
        });
        let item = |(changed, order): &&(i64, u32)| PageItem {
            id: Some(id(*order)),
            changed_at: Some(at(*changed)),
        };
        let items = part.iter().map(item).collect();
        SyncPage { items, next, total }
    }
}

fn settings(items: u32) -> SyncSettings {
    let mut settings = SyncSettings::new(SyncKind::Orders);
    settings.page_items = items;
    settings.overlap_secs = 40;
    settings.lag_secs = 5;
    settings.window_secs = 300;
    settings.freeze_secs = 20;
    settings.backoff_secs = 1;
    settings.backoff_max_secs = 60;
    settings
}

/// What a run came to.
struct Run {
    /// The last change of each order that arrived.
    arrived: BTreeMap<ExternalId, Timestamp>,
    orders: BTreeMap<u32, i64>,
    /// Times an item was handed on although that change of it had been stored.
    repeats: usize,
    crashes: usize,
}

/// The host: it stores what is fresh, then the state; either may be cut off by a crash.
fn run(seed: u64, paging: Paging, trouble: u32) -> Run {
    run_with(seed, paging, trouble, settings, true)
}

fn run_with(
    seed: u64,
    paging: Paging,
    trouble: u32,
    settings: fn(u32) -> SyncSettings,
    counts: bool,
) -> Run {
    let mut random = Random::new(seed);
    let mut channel = FakeChannel {
        paging,
        orders: BTreeMap::new(),
        index_lag: 30,
        counts,
    };
    let settings = settings(1 + u32::try_from(random.below(6)).unwrap());
    let mut saved = serde_json::to_string(&SyncState::new(SyncKind::Orders, at(0))).unwrap();
    let open = |saved: &str| {
        SyncWalk::new(settings.clone(), serde_json::from_str(saved).unwrap()).unwrap()
    };
    let mut sync = open(&saved);
    let mut late: Vec<(Fetch, SyncPage)> = Vec::new();
    let (mut now, mut repeats, mut crashes) = (0, 0, 0);
    let mut arrived: BTreeMap<ExternalId, Timestamp> = BTreeMap::new();
    // Trouble and changes for a while, then peace until everything is quiet.
    for step in 0..6_000 {
        let busy = step < 2_000;
        let bad = |random: &mut Random| busy && random.chance(trouble);
        if busy && random.chance(150) {
            let order = u32::try_from(random.below(60)).unwrap();
            channel.change(order, now);
        }
        now += i64::try_from(random.below(4)).unwrap();
        let fetch = match sync.next(at(now)) {
            SyncStep::Wait { until } => {
                if !busy {
                    now = now.max(until.unix_secs() - at(0).unix_secs());
                }
                continue;
            }
            SyncStep::Fetch(fetch) => fetch,
        };
        assert!(fetch.from < fetch.to && fetch.to <= at(now));
        let page = channel.page(&fetch, now);
        if bad(&mut random) {
            match random.below(4) {
                0 => sync.lost(at(now), &fetch),
                1 => sync.failed(at(now), &fetch, &PageProblem::Restart),
                2 => {
                    let wait_secs = Some(random.below(30));
                    let why = RetryWhy::Throttled;
                    let problem = PageProblem::Retry(Throttle { why, wait_secs });
                    sync.failed(at(now), &fetch, &problem);
                }
                // The answer comes, but much later.
                _ => late.push((fetch, page)),
            }
            continue;
        }
        // An answer to an older question comes first.
        if !late.is_empty() && random.chance(300) {
            let (fetch, page) = late.swap_remove(random.index(late.len()));
            store(&mut sync, now, &fetch, &page, &mut arrived, &mut repeats);
        }
        store(&mut sync, now, &fetch, &page, &mut arrived, &mut repeats);
        if bad(&mut random) {
            // The same answer once more.
            let again = sync.page(at(now), &fetch, &page);
            assert!(again.stale && again.fresh.is_empty());
        }
        if bad(&mut random) {
            // After the orders were stored, before the state was.
            crashes += 1;
            sync = open(&saved);
        } else {
            saved = serde_json::to_string(sync.state()).unwrap();
            if bad(&mut random) {
                crashes += 1;
                sync = open(&saved);
            }
        }
    }
    Run {
        arrived,
        orders: channel.orders,
        repeats,
        crashes,
    }
}

fn store(
    sync: &mut SyncWalk,
    now: i64,
    fetch: &Fetch,
    page: &SyncPage,
    arrived: &mut BTreeMap<ExternalId, Timestamp>,
    repeats: &mut usize,
) {
    let taken = sync.page(at(now), fetch, page);
    for place in taken.fresh {
        let item = &page.items[place];
        let (id, changed) = (item.id.clone().unwrap(), item.changed_at.unwrap());
        let known = arrived.get(&id).copied();
        if known >= Some(changed) {
            *repeats += 1;
        } else {
            arrived.insert(id, changed);
        }
    }
}

fn no_gap(run: &Run) {
    let gaps = gaps(run);
    assert!(gaps.is_empty(), "orders {gaps:?}");
}

/// Orders whose last change never arrived.
fn gaps(run: &Run) -> Vec<u32> {
    let arrived = |order: &u32| run.arrived.get(&id(*order)).copied();
    let missing = run.orders.iter();
    missing
        .filter(|(order, changed)| arrived(order) != Some(at(**changed)))
        .map(|(order, _)| *order)
        .collect()
}

/// The simulation would notice: without either of the two defences there are gaps.
#[test]
fn without_an_overlap_or_a_count_there_are_gaps() {
    let no_overlap = |items| {
        let mut settings = settings(items);
        settings.overlap_secs = 0;
        settings
    };
    let lost = |settings, counts| {
        let runs = (0..20).map(|seed| run_with(seed, Paging::Offset, 100, settings, counts));
        runs.map(|run| gaps(&run).len()).sum::<usize>()
    };
    assert!(lost(no_overlap, true) > 0);
    assert!(lost(settings, false) > 0);
    assert_eq!(lost(settings, true), 0);
}

#[test]
fn without_trouble_nothing_is_handed_on_twice() {
    for paging in [Paging::Cursor, Paging::Offset] {
        for seed in 0..20 {
            let run = run(seed, paging, 0);
            no_gap(&run);
            assert_eq!((run.repeats, run.crashes), (0, 0), "{paging:?} {seed}");
            assert!(run.orders.len() > 30);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_happens_every_last_change_arrives(
        seed in any::<u64>(),
        offset in any::<bool>(),
        trouble in 0_u32..500,
    ) {
        let paging = if offset { Paging::Offset } else { Paging::Cursor };
        no_gap(&run(seed, paging, trouble));
    }
}

/// One order left a window and another entered it between two pages: the number stayed, and the
/// order between them was skipped.
#[test]
fn a_number_that_stays_does_not_prove_that_nothing_moved() {
    no_gap(&run(7_276_442_168_400_390_412, Paging::Offset, 412));
}

#[test]
fn trouble_is_real() {
    let crashes: usize = (0..5)
        .map(|seed| run(seed, Paging::Offset, 300).crashes)
        .sum();
    assert!(crashes > 50, "{crashes}");
}

fn fresh(from: i64) -> SyncWalk {
    SyncWalk::new(settings(2), SyncState::new(SyncKind::Orders, at(from))).unwrap()
}

fn asked(sync: &mut SyncWalk, now: i64) -> Fetch {
    match sync.next(at(now)) {
        SyncStep::Fetch(fetch) => fetch,
        SyncStep::Wait { until } => panic!("waits until {until}"),
    }
}

fn waits(sync: &mut SyncWalk, now: i64) -> i64 {
    match sync.next(at(now)) {
        SyncStep::Wait { until } => until.unix_secs() - at(now).unix_secs(),
        SyncStep::Fetch(fetch) => panic!("asks {fetch:?}"),
    }
}

fn page(orders: &[u32], next: Option<&str>, total: Option<u64>) -> SyncPage {
    let item = |order: &u32| PageItem {
        id: Some(id(*order)),
        changed_at: Some(at(i64::from(*order))),
    };
    SyncPage {
        items: orders.iter().map(item).collect(),
        next: next.map(str::to_owned),
        total,
    }
}

#[test]
fn windows_overlap_and_stay_behind_the_present() {
    let mut sync = fresh(1_000);
    let first = asked(&mut sync, 2_000);
    assert_eq!((first.from, first.to), (at(960), at(1_300)));
    assert!(
        sync.page(at(2_000), &first, &page(&[], None, None))
            .window_done
    );
    // Behind by more than a window: no rest.
    let second = asked(&mut sync, 2_000);
    assert_eq!((second.from, second.to), (at(1_260), at(1_600)));
    for _ in 0..2 {
        let fetch = asked(&mut sync, 2_000);
        sync.page(at(2_000), &fetch, &page(&[], None, None));
    }
    let last = asked(&mut sync, 2_000);
    assert_eq!((last.from, last.to), (at(1_860), at(1_995)));
    sync.page(at(2_000), &last, &page(&[], None, None));
    assert_eq!(sync.state().done_until(), at(1_995));
    // Caught up: the rest of the kind.
    assert_eq!(waits(&mut sync, 2_000), 20);
    assert_eq!(asked(&mut sync, 2_020).from, at(1_955));
}

#[test]
fn a_window_that_moved_while_it_was_paged_is_walked_again() {
    let mut sync = fresh(0);
    let fetch = asked(&mut sync, 400);
    sync.page(at(400), &fetch, &page(&[1, 2], Some("2"), Some(4)));
    let fetch = asked(&mut sync, 400);
    assert_eq!(fetch.page.as_deref(), Some("2"));
    // One item left the window: the third is now where the second was, and nobody saw it.
    let taken = sync.page(at(400), &fetch, &page(&[4], None, Some(3)));
    assert!(taken.rerun && !taken.window_done);
    assert_eq!(sync.state().done_until(), at(0));
    let again = asked(&mut sync, 400);
    assert_eq!((again.page.as_deref(), again.to), (None, at(150)));
    let taken = sync.page(at(400), &again, &page(&[2, 3], Some("2"), Some(3)));
    assert_eq!((taken.fresh, taken.repeated), (vec![1], 1));
    let rest = asked(&mut sync, 400);
    let taken = sync.page(at(400), &rest, &page(&[4], None, Some(3)));
    assert!(taken.window_done && taken.fresh.is_empty());
    assert_eq!(sync.state().done_until(), at(150));
}

#[test]
fn fewer_items_than_there_are_is_not_whole() {
    let mut sync = fresh(0);
    let fetch = asked(&mut sync, 400);
    let taken = sync.page(at(400), &fetch, &page(&[1], None, Some(2)));
    assert!(taken.rerun);
    // An entry that cannot be read counts, or the window would never close.
    let fetch = asked(&mut sync, 400);
    let mut odd = page(&[1], None, Some(2));
    odd.items.push(PageItem {
        id: None,
        changed_at: None,
    });
    let taken = sync.page(at(400), &fetch, &odd);
    assert!(taken.window_done);
    assert_eq!(taken.fresh, [1]);
}

#[test]
fn a_page_that_names_itself_has_no_end() {
    let mut sync = fresh(0);
    let fetch = asked(&mut sync, 100);
    sync.page(at(100), &fetch, &page(&[1], Some("x"), None));
    let fetch = asked(&mut sync, 100);
    assert!(
        sync.page(at(100), &fetch, &page(&[1], Some("x"), None))
            .rerun
    );
    assert_eq!(asked(&mut sync, 100).page, None);
}

#[test]
fn pauses_grow_and_the_channels_word_counts() {
    let mut sync = fresh(0);
    let mut now = 100;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let fetch = asked(&mut sync, now);
        sync.lost(at(now), &fetch);
        let pause = waits(&mut sync, now);
        pauses.push(pause);
        now += pause;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(sync.state().failures(), 8);
    let fetch = asked(&mut sync, now);
    let throttle = Throttle {
        why: RetryWhy::Throttled,
        wait_secs: Some(500),
    };
    sync.failed(at(now), &fetch, &PageProblem::Retry(throttle));
    assert_eq!(waits(&mut sync, now), 500);
    let fetch = asked(&mut sync, now + 500);
    sync.page(at(now + 500), &fetch, &page(&[], None, None));
    assert_eq!(sync.state().failures(), 0);
}

#[test]
fn a_state_of_another_release_is_refused() {
    let state = serde_json::to_string(fresh(0).state()).unwrap();
    assert!(serde_json::from_str::<SyncState>(&state).is_ok());
    let newer = state.replace("\"schema\":1", "\"schema\":2");
    assert_ne!(newer, state);
    assert!(serde_json::from_str::<SyncState>(&newer).is_err());
    let mut bad = settings(2);
    bad.window_secs = 0;
    assert!(SyncWalk::new(bad, SyncState::new(SyncKind::Orders, at(0))).is_err());
}

#[test]
fn what_is_remembered_does_not_grow_with_history() {
    let mut sync = fresh(0);
    let mut now = 400;
    let mut longest = 0;
    for order in 0..300 {
        if let SyncStep::Fetch(fetch) = sync.next(at(now)) {
            let changed = fetch.to.checked_add_secs(-1).unwrap();
            let item = PageItem {
                id: Some(id(order)),
                changed_at: Some(changed),
            };
            sync.page(at(now), &fetch, &SyncPage::last(vec![item]));
        }
        longest = longest.max(serde_json::to_string(sync.state()).unwrap().len());
        now += 100;
    }
    assert!(longest < 1_000, "{longest} bytes");
}

#[test]
fn a_state_as_it_was_first_written_is_read() {
    let stored = r#"{"schema":1,"kind":"orders","done_until":"2026-11-20T09:00:00.000000Z",
        "not_before":"2026-11-20T09:01:00.000000Z","failures":2,"ticket":7,"window":{"from":
        "2026-11-20T08:50:00.000000Z","to":"2026-11-20T09:30:00.000000Z","page":"50","total":90,
        "moved":false,"pass":["0001"],"nameless":1,"pages":1,"reruns":0,"newest":true},
        "handed":{"0001":"2026-11-20T08:55:00.000000Z"}}"#;
    let state: SyncState = serde_json::from_str(stored).unwrap();
    let plain: String = stored.split_whitespace().collect();
    assert_eq!(serde_json::to_string(&state).unwrap(), plain);
    let mut sync = SyncWalk::new(settings(50), state).unwrap();
    let now = Timestamp::parse_rfc3339("2026-11-20T10:00:00Z").unwrap();
    let SyncStep::Fetch(fetch) = sync.next(now) else {
        panic!("something to fetch");
    };
    assert_eq!((fetch.page.as_deref(), fetch.ticket), (Some("50"), 7));
}

const DAY: i64 = 86_400;

/// Walks until there is nothing to ask; the first page holds these orders.
fn catch_up(sync: &mut SyncWalk, now: i64, mut orders: &[u32]) {
    while let SyncStep::Fetch(fetch) = sync.next(at(now)) {
        let found = std::mem::take(&mut orders);
        sync.page(at(now), &fetch, &page(found, None, None));
    }
}

/// What a clock noted that showed another time for a while stops no sync until that time comes, and
/// what changes meanwhile is not passed over.
#[test]
fn a_clock_that_was_ahead_stops_no_sync() {
    for ahead in [1_000, 3 * DAY] {
        let mut sync = fresh(0);
        catch_up(&mut sync, 100, &[90]);
        catch_up(&mut sync, ahead, &[120]);
        assert!(sync.state().done_until() > at(900));
        let saved = serde_json::to_string(sync.state()).unwrap();
        let mut sync = SyncWalk::new(settings(2), serde_json::from_str(&saved).unwrap()).unwrap();
        // The clock is right again. All up to the newest change was taken.
        let fetch = asked(&mut sync, 200);
        assert_eq!((fetch.from, fetch.to), (at(80), at(195)));
        let taken = sync.page(at(200), &fetch, &page(&[130], None, None));
        assert!(taken.window_done && taken.fresh == [0]);
        assert_eq!(waits(&mut sync, 200), 20);
    }
}

#[test]
fn a_clock_that_is_behind_takes_nothing_back() {
    let mut sync = fresh(0);
    catch_up(&mut sync, 200, &[130]);
    let before = sync.state().clone();
    // As a host shows that has no clock of its own and was not told the time yet.
    assert_eq!(waits(&mut sync, -DAY), DAY + 220);
    // One that is set back a little is waited for, as windows overlap.
    assert_eq!(waits(&mut sync, 160), 60);
    assert_eq!(*sync.state(), before);
    assert_eq!(asked(&mut sync, 220).from, at(155));
}

#[test]
fn a_window_and_a_pause_that_lie_ahead_are_taken_back() {
    let mut wide = settings(2);
    wide.window_secs = 864_000;
    let mut sync = SyncWalk::new(wide, SyncState::new(SyncKind::Orders, at(0))).unwrap();
    let first = asked(&mut sync, 3 * DAY);
    sync.page(at(3 * DAY), &first, &page(&[50], Some("2"), None));
    let second = asked(&mut sync, 3 * DAY);
    sync.lost(at(3 * DAY), &second);
    let again = asked(&mut sync, 100);
    assert_eq!((again.page.as_deref(), again.to), (None, at(95)));
    assert!(sync.page(at(100), &second, &page(&[], None, None)).stale);
    let taken = sync.page(at(100), &again, &page(&[50, 60], None, None));
    assert_eq!(taken.fresh, [1]);
    assert_eq!(sync.state().done_until(), at(95));
}

#[test]
fn without_a_change_a_sync_goes_on_from_the_start() {
    let mut sync = fresh(0);
    catch_up(&mut sync, 3 * DAY, &[]);
    assert!(sync.state().done_until() > at(2 * DAY));
    let fetch = asked(&mut sync, 200);
    assert_eq!((fetch.from, fetch.to), (at(-40), at(195)));
    // One that the host begins later has nothing to take back.
    let mut later = fresh(5 * DAY);
    assert_eq!(waits(&mut later, 0), 5 * DAY + 6);
}

/// S119: what is pulled, and how often, unless a host says otherwise.
#[test]
fn a_sync_begins_with_pages_of_50_and_the_rest_of_its_kind() {
    let defaults = SyncKind::ALL.map(|kind| {
        let settings = SyncSettings::new(kind);
        (settings.page_items, settings.freeze_secs)
    });
    assert_eq!(defaults, [(50, 300), (50, 3_600), (50, 1_800)]);
    // By GraphQL a page costs more points than a shop has.
    let channels: [&dyn Channel; 4] = [&Shopify, &WooCommerce, &Amazon, &Ebay];
    for channel in channels {
        let settings = channel.sync_settings(SyncKind::Orders).unwrap();
        assert_eq!(settings.page_items, 50, "{}", channel.kind());
    }
}

#[test]
fn no_channel_is_asked_for_a_larger_page_than_it_allows() {
    let asked = |channel: &dyn Channel, items: u32| {
        let fetch = Fetch {
            kind: SyncKind::Orders,
            from: at(0),
            to: at(60),
            page: None,
            items,
            scope: Some(id(1)),
            ticket: 0,
        };
        channel.fetch(&fetch).unwrap().path
    };
    let channels: [(&dyn Channel, &str, u32); 4] = [
        (&Shopify, "limit=", 250),
        (&WooCommerce, "per_page=", 100),
        (&Amazon, "maxResultsPerPage=", 100),
        (&Ebay, "limit=", 200),
    ];
    for (channel, name, most) in channels {
        for (items, expected) in [(most - 1, most - 1), (most, most), (most + 1, most)] {
            let path = asked(channel, items);
            let (_, rest) = path.split_once(name).unwrap();
            let told = rest.split('&').next();
            assert_eq!(told, Some(&*expected.to_string()), "{path}");
        }
    }
    // Where the shop does not say how many pages there are, a full one has a follower.
    let fetch = Fetch {
        kind: SyncKind::Orders,
        from: at(0),
        to: at(60),
        page: None,
        items: 200,
        scope: None,
        ticket: 0,
    };
    let order = |id: usize| format!(r#"{{"id":{id},"status":"processing"}}"#);
    for (orders, next) in [(99, None), (100, Some("2"))] {
        let orders: Vec<String> = (1..=orders).map(order).collect();
        let body = format!("[{}]", orders.join(","));
        let page = WooCommerce.page(&fetch, &Response::new(200, body));
        assert_eq!(page.unwrap().next.as_deref(), next);
    }
}

/// A host logs it, or hands it on with `?`.
#[test]
fn a_page_that_is_not_there_says_why() {
    let why = RetryWhy::Throttled;
    let wait_secs = None;
    let refusal = ChannelRefusal {
        kind: ChannelRefusalKind::NotAllowed,
        code: "403".to_owned(),
        reason: "the scope read_orders is missing".to_owned(),
    };
    for (problem, part) in [
        (PageProblem::Retry(Throttle { why, wait_secs }), "later"),
        (PageProblem::Restart, "walked again"),
        (PageProblem::Refused(refusal), "403: the scope read_orders"),
    ] {
        let error: Box<dyn std::error::Error + Send + Sync> = problem.into();
        assert!(error.to_string().contains(part), "{error}");
    }
}
