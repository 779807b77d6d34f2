//! The delivery slots of a day as a form or a spreadsheet has them: text and numbers nobody has
//! looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hub::draft::read;
use crate::hub::{DeliverySlot, HubError, HubProblem, SlotDay, ZoneBook};
use crate::value::{HubId, LocalDate, MinuteOfDay, SlotId, SlotKind, Units, ZoneId};

/// The slots of a hub on a day before they were looked at; [`parse`](Self::parse) makes a
/// [`SlotDay`] of them or names the field that is wrong.
///
/// ```
/// use oms_core::hub::{SlotDayDraft, SlotDraft, ZoneBook};
///
/// let mut morning = SlotDraft { capacity: 20, ..SlotDraft::default() };
/// (morning.start, morning.end) = ("08:00".into(), "10:00".into());
/// let mut day = SlotDayDraft { hub: "berlin".into(), ..SlotDayDraft::default() };
/// day.date = "2026-12-24".into();
/// day.slots.insert("morning".into(), morning.clone());
/// assert_eq!(day.clone().parse(&ZoneBook::default())?.slots.len(), 1);
///
/// morning.kind = Some("tomorrow".into());
/// day.slots.insert("morning".into(), morning);
/// let error = day.parse(&ZoneBook::default()).unwrap_err();
/// assert_eq!((error.field.as_str(), error.code()), ("slots.morning.kind", "hub_slot_kind"));
/// # Ok::<(), oms_core::hub::HubError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotDayDraft {
    /// The id of the hub.
    pub hub: String,
    /// The day, such as `2026-12-24`.
    pub date: String,
    /// The slots by their ids.
    pub slots: BTreeMap<String, SlotDraft>,
}

/// A delivery slot before it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotDraft {
    /// The first minute, such as `08:00`.
    pub start: String,
    /// The minute before which it is over, such as `10:00`.
    pub end: String,
    /// Most orders.
    pub capacity: i64,
    /// `normal`, `express` or `same_day`; normal if there is none.
    pub kind: Option<String>,
    /// The delivery zone it is for; none is wherever the hub delivers.
    pub zone: Option<String>,
    /// From when on it cannot be booked any more, such as `18:00`; its start if there is none.
    pub cut_off: Option<String>,
    /// How many days before the day of the slot that is; the same day if there is none.
    pub days_before: Option<i64>,
}

impl SlotDayDraft {
    /// Looks at every field.
    ///
    /// # Errors
    /// [`HubError`] for the first field that is wrong, slot by slot.
    pub fn parse(self, zones: &ZoneBook) -> Result<SlotDay, HubError> {
        let hub = read("hub", HubId::parse(&self.hub))?;
        let mut day = SlotDay::new(hub, read("date", LocalDate::parse(&self.date))?);
        for (id, slot) in &self.slots {
            let field = |name: &str| format!("slots.{id}.{name}");
            let slot = slot.parse(&field)?;
            let id = read(&format!("slots.{id}"), SlotId::parse(id))?;
            day.slots.insert(id, slot);
        }
        day.check(zones)?;
        Ok(day)
    }
}

impl SlotDraft {
    fn parse(&self, field: &dyn Fn(&str) -> String) -> Result<DeliverySlot, HubError> {
        let minute = |name, text: &str| read(&field(name), MinuteOfDay::parse(text));
        let (start, end) = (minute("start", &self.start)?, minute("end", &self.end)?);
        let capacity = Units::parse(&self.capacity.to_string());
        let capacity = read(&field("capacity"), capacity)?;
        let mut slot = DeliverySlot::new(start, end, capacity);
        if let Some(kind) = &self.kind {
            let unknown = || {
                let value = kind.clone();
                HubError::new(field("kind"), HubProblem::SlotKind { value })
            };
            slot.kind = SlotKind::parse(kind).ok_or_else(unknown)?;
        }
        let zone = self.zone.as_deref().map(ZoneId::parse).transpose();
        slot.zone = read(&field("zone"), zone)?;
        if let Some(at) = &self.cut_off {
            slot.cut_off.at = minute("cut_off.at", at)?;
        }
        if let Some(days) = self.days_before {
            let days = read(
                &field("cut_off.days_before"),
                Units::parse(&days.to_string()),
            )?;
            // What is too many for the number is too many for the check of the day as well.
            slot.cut_off.days_before = u16::try_from(days.get()).unwrap_or(u16::MAX);
        }
        Ok(slot)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::hub::CutOff;

    fn draft() -> SlotDayDraft {
        let morning = SlotDraft {
            start: "08:00".to_owned(),
            end: "10:00".to_owned(),
            capacity: 20,
            kind: Some("express".to_owned()),
            zone: None,
            cut_off: Some("18:00".to_owned()),
            days_before: Some(1),
        };
        SlotDayDraft {
            hub: "north".to_owned(),
            date: "2026-12-24".to_owned(),
            slots: [("morning".to_owned(), morning)].into(),
        }
    }

    #[test]
    fn a_whole_draft_becomes_the_slots_of_a_day() {
        let day = draft().parse(&ZoneBook::default()).unwrap();
        let (start, end) = ("08:00".parse().unwrap(), "10:00".parse().unwrap());
        let mut morning = DeliverySlot::new(start, end, Units::new(20).unwrap());
        morning.kind = SlotKind::Express;
        let at = "18:00".parse().unwrap();
        morning.cut_off = CutOff { days_before: 1, at };
        let mut wanted = SlotDay::new("north".parse().unwrap(), "2026-12-24".parse().unwrap());
        wanted.slots.insert("morning".parse().unwrap(), morning);
        assert_eq!(day, wanted);
        // What is left out is as in an ordinary slot.
        let json = r#"{"hub":"north","date":"2026-12-24","slots":{"morning":
            {"start":"08:00","end":"10:00","capacity":20}}}"#;
        let plain: SlotDayDraft = serde_json::from_str(json).unwrap();
        let plain = plain.parse(&ZoneBook::default()).unwrap();
        let ordinary = DeliverySlot::new(start, end, Units::new(20).unwrap());
        assert_eq!(plain.slots.into_values().collect::<Vec<_>>(), [ordinary]);
    }

    #[test]
    fn bad_input_is_refused_with_its_field() {
        type Wrong = (fn(&mut SlotDraft), &'static str, &'static str);
        let wrong: &[Wrong] = &[
            (|s| s.start = "8".into(), "start", "local_minute_malformed"),
            (|s| s.end.clear(), "end", "local_minute_malformed"),
            (|s| s.end = "08:00".into(), "end", "hub_hours"),
            (|s| s.capacity = -1, "capacity", "quantity_negative"),
            (|s| s.capacity = i64::MAX, "capacity", "quantity_too_large"),
            (|s| s.capacity = 0, "capacity", "hub_no_capacity"),
            (|s| s.kind = Some("Express".into()), "kind", "hub_slot_kind"),
            (|s| s.zone = Some(String::new()), "zone", "id_empty"),
            (|s| s.zone = Some("moon".into()), "zone", "hub_unknown_zone"),
            (
                |s| s.cut_off = Some("25:00".into()),
                "cut_off.at",
                "local_minute_malformed",
            ),
            (
                |s| s.days_before = Some(-1),
                "cut_off.days_before",
                "quantity_negative",
            ),
            (
                |s| s.days_before = Some(70_000),
                "cut_off.days_before",
                "hub_too_many",
            ),
        ];
        for (change, field, code) in wrong {
            let mut draft = draft();
            change(draft.slots.get_mut("morning").unwrap());
            let error = draft.parse(&ZoneBook::default()).unwrap_err();
            let found = (error.field.as_str(), error.code());
            assert_eq!(found, (&*format!("slots.morning.{field}"), *code));
        }
        let outside = |change: fn(&mut SlotDayDraft)| {
            let mut draft = draft();
            change(&mut draft);
            let error = draft.parse(&ZoneBook::default()).unwrap_err();
            (error.field.clone(), error.code())
        };
        let hub = outside(|day| day.hub.clear());
        assert_eq!(hub, ("hub".to_owned(), "id_empty"));
        let date = outside(|day| day.date = "24.12.2026".to_owned());
        assert_eq!(date, ("date".to_owned(), "local_date_malformed"));
        let unnamed = outside(|day| {
            let morning = day.slots.remove("morning").unwrap();
            day.slots.insert(String::new(), morning);
        });
        assert_eq!(unnamed, ("slots.".to_owned(), "id_empty"));
    }
}
