//! Stock rows for subscribers: the latest value of each that changed.

use crate::port::{FeedStart, StockBatch};
use crate::testing::build::{Change, stock, stream, subscriber};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, some};
use crate::testing::conformance::scene::{PLENTY, Scene};
use crate::testing::conformance::walk::PAGES_MAX;

async fn subscribe(scene: &Scene, start: FeedStart) -> Result<(), Failure> {
    let name = subscriber("shop");
    scene
        .feed()?
        .subscribe(scene.tenant(), &name, start)
        .await?;
    Ok(())
}

async fn poll(scene: &Scene, limit: usize) -> Result<StockBatch, Failure> {
    let (feed, name) = (scene.feed()?, subscriber("shop"));
    Ok(feed.poll_stock(scene.tenant(), &name, limit).await?)
}

async fn receive(scene: &Scene, key: &str, sku: &str, units: u32) -> Result<(), Failure> {
    let change = Change::new(key).receive(&stock("north", sku), units);
    scene.accept(change).await?;
    Ok(())
}

/// SKU and units on hand of what came.
fn on_hand(batch: &StockBatch) -> Vec<(String, u32)> {
    let rows = batch.rows.iter();
    rows.map(|(key, level)| (key.sku.to_string(), level.on_hand.get()))
        .collect()
}

pub(crate) async fn a_row_that_changed_often_comes_once(scene: Scene) -> Result<(), Failure> {
    subscribe(&scene, FeedStart::Now).await?;
    receive(&scene, "1", "TEA", 3).await?;
    receive(&scene, "2", "CUP", 1).await?;
    receive(&scene, "3", "TEA", 4).await?;
    let batch = poll(&scene, PLENTY).await?;
    let wanted = vec![("CUP".to_owned(), 1), ("TEA".to_owned(), 7)];
    same("the rows", &on_hand(&batch), &wanted)?;
    let stored = scene.level(&stock("north", "TEA")).await?;
    let told = batch.rows.last().map(|(_, level)| *level);
    same("with version", &told, &Some(stored))
}

pub(crate) async fn a_row_that_was_acknowledged_comes_when_it_changes_again(
    scene: Scene,
) -> Result<(), Failure> {
    subscribe(&scene, FeedStart::Now).await?;
    receive(&scene, "1", "TEA", 3).await?;
    receive(&scene, "2", "CUP", 1).await?;
    let first = poll(&scene, PLENTY).await?;
    check(scene.acknowledge("shop", &first.place).await?, "refused")?;
    receive(&scene, "3", "TEA", 4).await?;
    let second = poll(&scene, PLENTY).await?;
    same("the rest", &on_hand(&second), &vec![("TEA".to_owned(), 7)])
}

pub(crate) async fn a_row_that_was_not_acknowledged_comes_again(
    scene: Scene,
) -> Result<(), Failure> {
    subscribe(&scene, FeedStart::Now).await?;
    receive(&scene, "1", "TEA", 3).await?;
    poll(&scene, PLENTY).await?;
    let again = poll(&scene, PLENTY).await?;
    same("again", &on_hand(&again), &vec![("TEA".to_owned(), 3)])
}

pub(crate) async fn rows_since_a_time_come_again(scene: Scene) -> Result<(), Failure> {
    receive(&scene, "1", "TEA", 3).await?;
    let at = scene.advance_secs(10).await?;
    receive(&scene, "2", "CUP", 1).await?;
    scene.advance_secs(10).await?;
    subscribe(&scene, FeedStart::At(at)).await?;
    let changed = ("CUP".to_owned(), 1);
    for told in ["who begins", "who goes back"] {
        let batch = poll(&scene, PLENTY).await?;
        check(on_hand(&batch).contains(&changed), told)?;
        check(scene.acknowledge("shop", &batch.place).await?, "refused")?;
        let rest = poll(&scene, PLENTY).await?;
        same("afterwards", &on_hand(&rest), &Vec::new())?;
        let (feed, name) = (scene.feed()?, subscriber("shop"));
        let set = feed
            .rewind(scene.tenant(), &name, FeedStart::At(at))
            .await?;
        check(set, "nobody to set back")?;
    }
    Ok(())
}

pub(crate) async fn small_pages_skip_no_row(scene: Scene) -> Result<(), Failure> {
    subscribe(&scene, FeedStart::Beginning).await?;
    for (key, sku) in [
        ("1", "A"),
        ("2", "B"),
        ("3", "C"),
        ("4", "CUP"),
        ("5", "TEA"),
    ] {
        receive(&scene, key, sku, 1).await?;
    }
    let mut found = Vec::new();
    for n in 0..PAGES_MAX {
        let batch = poll(&scene, 2).await?;
        check(batch.rows.len() <= 2, "a page is larger than its limit")?;
        check(scene.acknowledge("shop", &batch.place).await?, "refused")?;
        if batch.rows.is_empty() && !batch.more {
            break;
        }
        found.extend(on_hand(&batch));
        // A row that changes between two pages comes again, whether it was seen or not.
        if n == 0 {
            receive(&scene, "6", "A", 1).await?;
            receive(&scene, "7", "TEA", 1).await?;
        }
    }
    for (sku, units) in [("A", 2), ("B", 1), ("C", 1), ("CUP", 1), ("TEA", 2)] {
        let told = found.iter().rev().find(|(known, _)| known == sku);
        let told = told.map(|(_, units)| *units);
        same(&format!("the last of {sku}"), &told, &Some(units))?;
    }
    Ok(())
}

pub(crate) async fn a_subscriber_that_has_every_row_is_not_behind(
    scene: Scene,
) -> Result<(), Failure> {
    let scene = scene.as_tenant("other").await?;
    subscribe(&scene, FeedStart::Now).await?;
    let lag = async || {
        let found = scene.feed()?.subscriptions(scene.tenant()).await?;
        let found = found.into_iter().find(|one| one.name == subscriber("shop"));
        let found = some("the subscriber", found)?;
        Ok::<_, Failure>((found.behind, found.oldest_at.is_some()))
    };
    // With a row that changed, and without.
    for key in ["1", "2"] {
        let change = Change::new(key).event(&stream("x"), key);
        scene.accept(change).await?;
        same("before", &lag().await?, &(1, true))?;
        if key == "1" {
            receive(&scene, "3", "TEA", 3).await?;
        }
        let batch = poll(&scene, PLENTY).await?;
        check(scene.acknowledge("shop", &batch.place).await?, "refused")?;
        same("afterwards", &lag().await?, &(0, false))?;
    }
    Ok(())
}

pub(crate) async fn rows_of_other_tenants_do_not_come(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    for one in [&scene, &other] {
        subscribe(one, FeedStart::Now).await?;
    }
    receive(&scene, "1", "TEA", 3).await?;
    let theirs = poll(&other, PLENTY).await?;
    same("theirs", &on_hand(&theirs), &Vec::new())?;
    let ours = poll(&scene, PLENTY).await?;
    same("ours", &on_hand(&ours), &vec![("TEA".to_owned(), 3)])
}
