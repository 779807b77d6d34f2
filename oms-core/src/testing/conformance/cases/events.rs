//! Events: order, places, envelopes.

use crate::event::{Actor, ActorKind, EventDraft, EventRecord, Origin, StreamId, StreamKind};
use crate::plan::{Outcome, Refusal};
use crate::testing::build::{Change, idempotency_key, reason, stream, version};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, defect, same, same_json, some};
use crate::testing::conformance::scene::{Scene, later};
use crate::value::{ActorId, RequestId};

fn names(events: &[EventRecord]) -> Vec<&str> {
    events.iter().map(|event| &*event.name).collect()
}

fn places(events: &[EventRecord]) -> Vec<u64> {
    events.iter().map(|event| event.id.seq.get()).collect()
}

pub(crate) async fn an_event_reads_back_as_written(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let change = Change::new("1").event(&stream, "happened");
    let now = scene.now().await?;
    let mut item = change.at(now);
    let draft = some("the draft", item.events.first_mut())?;
    *draft = EventDraft {
        schema: 3,
        body: r#"{"text":"Grüße, 茶","list":[1,2.5,null]}"#.into(),
        ..draft.clone()
    };
    let draft = draft.clone();
    scene.store().commit(scene.tenant(), &[item]).await?;
    let events = scene.history(&stream).await?;
    let found = some("the event", events.first())?;
    same("tenant", &found.tenant, scene.tenant())?;
    same("stream", &found.id.stream, &stream)?;
    same("name", &found.name, &draft.name)?;
    same("schema", &found.schema, &draft.schema)?;
    same_json("body", &found.body, &draft.body)
}

pub(crate) async fn events_of_a_change_set_keep_their_order(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let change = Change::new("1")
        .event(&stream, "first")
        .event(&stream, "second");
    scene.accept(change).await?;
    let events = scene.history(&stream).await?;
    same("the names", &names(&events), &vec!["first", "second"])
}

pub(crate) async fn events_without_a_place_get_the_next(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    for key in ["1", "2", "3"] {
        scene
            .accept(Change::new(key).event(&stream, "happened"))
            .await?;
    }
    let events = scene.history(&stream).await?;
    same("the places", &places(&events), &vec![1, 2, 3])
}

pub(crate) async fn events_with_the_next_place_get_it(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let change = Change::new("1")
        .event_at(&stream, version(1), "first")
        .event_at(&stream, version(2), "second");
    scene.accept(change).await?;
    scene
        .accept(Change::new("2").event_at(&stream, version(3), "third"))
        .await?;
    Ok(())
}

pub(crate) async fn an_event_at_a_place_that_is_taken_is_refused(
    scene: Scene,
) -> Result<(), Failure> {
    let stream = stream("x");
    scene
        .accept(Change::new("1").event(&stream, "happened"))
        .await?;
    let _any: Refusal = scene
        .refuse(Change::new("2").event_at(&stream, version(1), "again"))
        .await?;
    Ok(())
}

pub(crate) async fn an_event_after_a_gap_is_refused(scene: Scene) -> Result<(), Failure> {
    let _any: Refusal = scene
        .refuse(Change::new("1").event_at(&stream("x"), version(2), "early"))
        .await?;
    Ok(())
}

pub(crate) async fn an_event_that_is_no_text_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let bodies = [
        (r#"{"text":"\u0000"}"#, false),
        (r#"{"text":"\ud83d\ude00 \\u0000"}"#, true),
        (r#"{"text":"\ud83d"}"#, false),
        (r#"{"text":"\ude00\ud83d"}"#, false),
        (r#"{"text":"\u0041"}"#, true),
    ];
    let now = scene.now().await?;
    let mut items = Vec::new();
    for (number, (body, _)) in bodies.iter().enumerate() {
        let number = number.to_string();
        let change = Change::new(&number).event(&stream(&number), "happened");
        let mut item = change.at(now);
        some("the draft", item.events.first_mut())?.body = (*body).into();
        items.push(item);
    }
    let outcomes = scene.store().commit(scene.tenant(), &items).await;
    let outcomes = outcomes.map_err(|error| Failure::new(format!("{error}")))?;
    for (number, ((body, sound), outcome)) in bodies.iter().zip(&outcomes).enumerate() {
        let defect = matches!(outcome, Outcome::Refused(Refusal::Defect { .. }));
        check(defect != *sound, &format!("{body} gives {outcome:?}"))?;
        let events = scene.history(&stream(&number.to_string())).await?;
        same("the events", &events.len(), &usize::from(*sound))?;
    }
    let nul = StreamId::new(StreamKind::Host, "a\0b");
    let refusal = scene
        .refuse(Change::new("stream").event(&nul, "happened"))
        .await?;
    defect(&refusal)
}

pub(crate) async fn events_carry_their_origin(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let refused = |error| Failure::new(format!("{error}"));
    let origin = Origin {
        actor: Actor::new(ActorKind::Warehouse)
            .with_id(ActorId::parse("scanner-7").map_err(refused)?),
        reason: Some(reason("the shelf was empty")),
        request_id: Some(RequestId::parse("req-42").map_err(refused)?),
        key: idempotency_key("1"),
    };
    scene
        .accept(
            Change::new("1")
                .origin(origin.clone())
                .event(&stream, "happened"),
        )
        .await?;
    let events = scene.history(&stream).await?;
    same(
        "the origin",
        &some("the event", events.first())?.origin,
        &origin,
    )
}

pub(crate) async fn an_event_may_have_an_actor_of_its_own(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let actor = Actor::new(ActorKind::Automatic);
    let change = Change::new("1")
        .event(&stream, "happened")
        .by(actor.clone());
    scene.accept(change).await?;
    let events = scene.history(&stream).await?;
    same(
        "the actor",
        &some("the event", events.first())?.origin.actor,
        &actor,
    )
}

pub(crate) async fn events_carry_the_time_of_the_plan(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let planned_at = later(scene.now().await?, -2);
    let change = Change::new("1")
        .planned_at(planned_at)
        .event(&stream, "happened");
    scene.accept(change).await?;
    let events = scene.history(&stream).await?;
    same(
        "the time",
        &some("the event", events.first())?.at,
        &planned_at,
    )
}

pub(crate) async fn history_goes_on_after_a_place(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    let five = (0..5).fold(Change::new("1"), |change, _| {
        change.event(&stream, "happened")
    });
    scene.accept(five).await?;
    let page = scene
        .store()
        .history(scene.tenant(), &stream, version(2), 2)
        .await?;
    same("two places after 2", &places(&page), &vec![3, 4])?;
    let end = scene
        .store()
        .history(scene.tenant(), &stream, version(5), 2)
        .await?;
    check(end.is_empty(), "events after the last one")
}

pub(crate) async fn streams_of_two_kinds_are_two_streams(scene: Scene) -> Result<(), Failure> {
    let hub = StreamId::new(StreamKind::Hub, "north");
    let host = StreamId::new(StreamKind::Host, "north");
    scene
        .accept(Change::new("1").event(&hub, "hub").event(&host, "host"))
        .await?;
    same(
        "the hub's",
        &names(&scene.history(&hub).await?),
        &vec!["hub"],
    )?;
    same(
        "the host's",
        &names(&scene.history(&host).await?),
        &vec!["host"],
    )
}
