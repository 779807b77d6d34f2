//! Writing a change set that passed every check; nothing here can fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_core::event::{EventDraft, Origin};
use oms_core::job::{JobDraft, RunAt};
use oms_core::plan::{Body, ChangeSet, CommandRecord, DocumentWrite, Expected};
use oms_core::port::MovementCursor;
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::value::{Timestamp, Version};

use crate::check::Effects;
use crate::documents::{Columns, Document};
use crate::streams::Event;
use crate::tenant::Tenant;

impl Tenant {
    /// Writes a change set with the effects its check worked out.
    pub(crate) fn apply(&mut self, set: &ChangeSet, effects: Effects<'_>, now: Timestamp) {
        if set.writes_catalogue() {
            self.catalogue = self.catalogue.next();
        }
        for write in &set.documents {
            self.write_document(write);
        }
        for claim in &set.unique {
            self.unique.insert(claim.key.clone(), claim.holder.clone());
        }
        for (key, taken) in effects.counters {
            self.counters.insert(key.clone(), taken);
        }
        for (key, level) in effects.stock {
            self.rows.set_level(&key, level);
        }
        self.write_claims(effects.claims);
        for (key, row, _) in &effects.reclaim.lapses {
            let before = self.claims.set(key, *row);
            self.rows.claimed(key, before.as_ref(), row);
        }
        let origin = Arc::new(set.origin.clone());
        self.record_movements(set, &origin);
        self.append_events(set, &origin);
        for (stream, event) in effects.reclaim.events {
            self.streams.append(&stream, [event]);
        }
        self.streams.end_change_set();
        for draft in &set.jobs {
            let run_at = RunAt::At(draft.run_at.resolve(set.planned_at));
            let draft = JobDraft {
                run_at,
                ..draft.clone()
            };
            // A draft whose key is taken is dropped; the check saw to everything else.
            let _kept = self.jobs.push(&draft, now);
        }
        self.record_command(set, now);
    }

    fn write_document(&mut self, write: &DocumentWrite) {
        let columns = Columns::from(&write.index);
        // What is expected to be absent was found to be by the check.
        let known = match write.expected {
            Expected::Absent => None,
            Expected::Version(_) => self.documents.get_mut(&write.key),
        };
        let Some(document) = known else {
            // The check refused to keep the body of a document that does not exist.
            if let Body::Write { schema, json } = &write.body {
                self.indexes.changed(&write.key, None, &columns);
                let (schema, json) = (*schema, Arc::clone(json));
                let document = Document {
                    version: write.version,
                    schema,
                    json,
                    columns,
                };
                self.documents.insert(write.key.clone(), document);
            }
            return;
        };
        document.version = write.version;
        if let Body::Write { schema, json } = &write.body {
            document.schema = *schema;
            document.json = Arc::clone(json);
        }
        if document.columns != columns {
            self.indexes
                .changed(&write.key, Some(&document.columns), &columns);
            document.columns = columns;
        }
    }

    fn write_claims(&mut self, claims: BTreeMap<&ReservationKey, Reservation>) {
        let claims: Vec<(&ReservationKey, Reservation)> = claims.into_iter().collect();
        for of_owner in claims.chunk_by(|(a, _), (b, _)| a.owner == b.owner) {
            let Some((first, _)) = of_owner.first() else {
                continue;
            };
            let before = self.claims.set_all(&first.owner, of_owner);
            for ((key, row), before) in of_owner.iter().zip(before) {
                self.rows.claimed(key, before.as_ref(), row);
            }
        }
    }

    fn record_movements(&mut self, set: &ChangeSet, origin: &Arc<Origin>) {
        for draft in &set.movements {
            let place = MovementCursor {
                at: set.planned_at,
                id: draft.id,
            };
            let stock = &draft.stock;
            let row = self.rows.row_mut(&stock.hub, &stock.sku);
            row.movements.insert(place);
            self.movement_ids.insert(draft.id);
            self.movements
                .insert(place, (draft.clone(), Arc::clone(origin)));
        }
    }

    fn append_events(&mut self, set: &ChangeSet, origin: &Arc<Origin>) {
        // Most change sets tell one stream alone: it is looked up once for all of them.
        for drafts in set.events.chunk_by(|a, b| a.stream == b.stream) {
            let events = drafts.iter().map(|draft| Event {
                seq: Version::ZERO,
                name: Arc::clone(&draft.name),
                schema: draft.schema,
                origin: origin_of(draft, origin),
                at: set.planned_at,
                body: Arc::clone(&draft.body),
            });
            if let Some(first) = drafts.first() {
                self.streams.append(&first.stream, events);
            }
        }
    }

    fn record_command(&mut self, set: &ChangeSet, now: Timestamp) {
        let key = &set.origin.key;
        let record = CommandRecord {
            fingerprint: set.fingerprint,
            receipt: Arc::clone(&set.receipt),
            at: now,
        };
        self.commands.insert(key.clone(), record);
        self.commands_by_time.insert((now, key.clone()));
    }
}

/// The origin of an event: that of its change set, unless somebody else did it.
fn origin_of(draft: &EventDraft, origin: &Arc<Origin>) -> Arc<Origin> {
    match &draft.actor {
        None => Arc::clone(origin),
        Some(actor) => Arc::new(Origin {
            actor: actor.clone(),
            ..Origin::clone(origin)
        }),
    }
}
