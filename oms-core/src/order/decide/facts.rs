//! What is known about an order beside its work: who, where to, which lines, tags, notes, stage.

use std::collections::BTreeSet;

use super::{Ask, Decision};
use crate::order::amounts::at_most;
use crate::order::tally::Tally;
use crate::order::{
    BookedSlot, EditLine, FulfillmentLine, FulfillmentLines, OrderEvent, OrderRejection,
    preview_edit,
};
use crate::value::{
    AttributeKey, AttributeValue, ContactId, CustomerId, Note, StageId, Tag, Timestamp, limits,
};

/// Another customer, while no work has begun.
pub(super) fn change_customer(ask: &Ask<'_>, customer: Option<CustomerId>) -> Decision {
    ask.order.refuse_begun()?;
    let old = ask.order.head.customer;
    if old == customer {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::CustomerChanged { old, new: customer }])
}

/// Other addresses, while no work has begun.
pub(super) fn change_contacts(
    ask: &Ask<'_>,
    ship_to: Option<ContactId>,
    bill_to: Option<ContactId>,
) -> Decision {
    ask.order.refuse_begun()?;
    if ship_to.is_none() && bill_to.is_none() {
        return Err(ask.nothing_to_do());
    }
    let head = &ask.order.head;
    let mut events = Vec::new();
    if let Some(new) = ship_to.filter(|new| head.ship_to != Some(*new)) {
        events.push(OrderEvent::ShipToChanged {
            old: head.ship_to,
            new,
        });
    }
    if let Some(new) = bill_to.filter(|new| head.bill_to != Some(*new)) {
        events.push(OrderEvent::BillToChanged {
            old: head.bill_to,
            new,
        });
    }
    Ok(events)
}

/// Another delivery slot, until a parcel has left.
pub(super) fn book_slot(ask: &Ask<'_>, slot: Option<&BookedSlot>) -> Decision {
    if Tally::of(ask.order).left() > 0 {
        let status = ask.order.status();
        return Err(OrderRejection::UpdateNotAllowed { status });
    }
    let old = ask.order.head.slot.as_ref();
    if old == slot {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::SlotChanged {
        old: old.cloned(),
        new: slot.cloned(),
    }])
}

/// Another time by which the buyer was promised the order.
pub(super) fn promise(ask: &Ask<'_>, by: Option<Timestamp>) -> Vec<OrderEvent> {
    let old = ask.order.head.promised_by;
    if old == by {
        return Vec::new();
    }
    vec![OrderEvent::PromiseChanged { old, new: by }]
}

/// Other lines or charges, mostly while no work has begun; the preview is the decision.
pub(super) fn edit_lines(ask: &Ask<'_>, changes: &[EditLine]) -> Decision {
    let edit = preview_edit(ask.order, changes)?;
    if edit.changes.is_empty() && edit.charges.is_none() && edit.new == edit.old {
        return Ok(Vec::new());
    }
    let works = edit.withdrawn.iter();
    let works = works.filter_map(|id| ask.order.fulfillments.get(id));
    let lost = works.map(|work| FulfillmentLines {
        fulfillment: work.id,
        lines: work.quantities_of(FulfillmentLine::here),
    });
    Ok(vec![OrderEvent::LinesEdited {
        changes: edit.changes,
        charges: edit.charges,
        lost: lost.collect(),
        withdrawn: edit.withdrawn,
        old_totals: edit.old,
        new_totals: edit.new,
    }])
}

/// Adds and removes tags; a tag named in both is there afterwards.
pub(super) fn tag(ask: &Ask<'_>, add: &[Tag], remove: &[Tag]) -> Decision {
    if add.is_empty() && remove.is_empty() {
        return Err(ask.nothing_to_do());
    }
    let tags = &ask.order.head.tags;
    let added: BTreeSet<Tag> = add
        .iter()
        .filter(|tag| !tags.contains(*tag))
        .cloned()
        .collect();
    let wanted: BTreeSet<&Tag> = add.iter().collect();
    let removed: BTreeSet<Tag> = remove
        .iter()
        .filter(|tag| tags.contains(*tag) && !wanted.contains(tag))
        .cloned()
        .collect();
    if added.is_empty() && removed.is_empty() {
        return Ok(Vec::new());
    }
    let count = tags
        .len()
        .saturating_sub(removed.len())
        .saturating_add(added.len());
    at_most("tags", count, limits::TAGS_MAX)?;
    Ok(vec![OrderEvent::Tagged { added, removed }])
}

/// Writes a note.
pub(super) fn add_note(ask: &Ask<'_>, text: &Note) -> Decision {
    let count = ask.order.head.notes.len().saturating_add(1);
    at_most("notes", count, limits::NOTES_MAX)?;
    Ok(vec![OrderEvent::NoteAdded {
        text: text.clone(),
        at: ask.now,
    }])
}

/// Sets or clears an attribute.
pub(super) fn set_attribute(
    ask: &Ask<'_>,
    key: &AttributeKey,
    value: Option<&AttributeValue>,
) -> Decision {
    let attributes = &ask.order.head.attributes;
    let old = attributes.get(key);
    if old == value {
        return Ok(Vec::new());
    }
    if old.is_none() {
        at_most(
            "attributes",
            attributes.len().saturating_add(1),
            limits::ATTRIBUTES_MAX,
        )?;
    }
    Ok(vec![OrderEvent::AttributeSet {
        key: key.clone(),
        old: old.cloned(),
        new: value.cloned(),
    }])
}

/// Moves to a stage of the present status, or out of all stages.
pub(super) fn set_stage(ask: &Ask<'_>, stage: Option<&StageId>) -> Decision {
    let old = ask.order.head.stage.as_ref();
    let status = ask.order.status();
    if let Some(stage) = stage.filter(|stage| !ask.workflow.has_stage(stage, status)) {
        return Err(OrderRejection::UnknownStage {
            stage: stage.clone(),
            status,
        });
    }
    if old == stage {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::StageSet {
        old: old.cloned(),
        new: stage.cloned(),
    }])
}
