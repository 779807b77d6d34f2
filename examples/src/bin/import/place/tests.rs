#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use clap::Parser;
use futures_executor::block_on;
use oms_core::service::Oms;
use oms_core::testing::{Fault, FaultStore};
use oms_store_memory::MemoryStore;

use super::{Ended, Tally};
use crate::args::Args;
use crate::{input, read};

/// A till's payload with one order.
const TILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/channels/plain/till.json");

/// What became of the files of a command line, the store being away for those of them that `away`
/// says.
fn import(args: &[&str], away: fn(usize) -> bool) -> Ended {
    let args = Args::try_parse_from([&["import", "--channel"][..], args].concat()).unwrap();
    let store = FaultStore::new(Arc::new(MemoryStore::new()));
    let tenant = Oms::builder(Arc::new(store.clone())).build();
    let tenant = tenant.tenant(args.shop.tenant.clone());
    let (channel, csv) = (args.connection().unwrap(), args.csv_options().unwrap());
    let mut tally = Tally::new(tenant, channel, &args, csv);
    let found = input::find(&args.paths, args.channel).unwrap();
    block_on(async {
        for (at, group) in read::groups(args.channel, found.files).iter().enumerate() {
            let fault = away(at).then_some(Fault::Unavailable);
            store.fail_when(move |_| fault);
            match tally.gave_up() {
                true => tally.leave(group),
                false => tally.take_in(group.clone()).await,
            }
        }
        tally.finish().await
    })
}

#[test]
fn files_are_not_tried_once_the_store_was_away_for_three_batches() {
    let ended = import(&["plain", TILL, TILL, TILL, TILL, TILL], |_| true);
    assert_eq!((ended.refused.len(), ended.untried.len()), (3, 2));
    assert!(ended.away.unwrap().starts_with("the store is unavailable"));
    for untried in &ended.untried {
        let line = format!("{TILL}: was not tried; import it once more (not_tried)");
        assert_eq!(untried.line(), line);
    }
}

#[test]
fn a_store_that_comes_back_in_time_stops_nothing() {
    // It has no tenant: that is an answer, too.
    let ended = import(&["plain", TILL, TILL, TILL, TILL, TILL], |at| at != 2);
    assert_eq!((ended.refused.len(), ended.untried.len()), (5, 0));
    assert_eq!(
        (ended.away, ended.refused[2].code.as_str()),
        (None, "unknown_tenant")
    );
}

#[test]
fn orders_of_the_file_that_was_begun_come_back_with_those_that_failed() {
    let folder = std::env::temp_dir().join(format!("oms-import-away-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("orders.csv");
    let rows = (1..=5).map(|order| format!("{order},TEA-01,1,4.50,EUR\n"));
    let head = "order_id,sku,quantity,unit_price,currency\n".to_owned();
    let text = [head].into_iter().chain(rows).collect::<String>();
    std::fs::write(&path, text).unwrap();
    let ended = import(&["csv", path.to_str().unwrap(), "--dry-run"], |_| true);
    std::fs::remove_dir_all(&folder).unwrap();
    let orders = |list: &[super::Refusal]| {
        let orders = list.iter().filter_map(|refusal| refusal.order.clone());
        orders.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(orders(&ended.refused), "1 2 3");
    assert_eq!(orders(&ended.untried), "4 5");
    assert_eq!(ended.untried[0].place, "line 5");
    let lines = ended.tables[0].rows.iter().map(|row| row.line);
    assert_eq!(lines.collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
}
