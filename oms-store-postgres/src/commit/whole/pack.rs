//! Rows of several shapes in one array per type, as `commit_whole_v1` takes them.

use std::borrow::Cow;

use oms_core::value::TenantId;
use uuid::Uuid;

use super::super::encode::place;
use super::super::rows::Time;

/// Groups of rows, one behind the other; each row puts its values where its type goes.
#[derive(Debug, Default)]
pub(crate) struct Pack<'a> {
    /// When the first and the last item were planned.
    pub(super) planned: Option<(Time, Time)>,
    /// Per group: how many rows, then where the first and the last one begin in each array.
    pub(super) at: Vec<i32>,
    pub(super) texts: Vec<Option<Cow<'a, str>>>,
    pub(super) numbers: Vec<i64>,
    pub(super) ids: Vec<Option<Uuid>>,
    pub(super) times: Vec<Option<Time>>,
    pub(super) bytes: Vec<&'a [u8]>,
}

impl<'a> Pack<'a> {
    /// Adds a group, tenant by tenant: the tenant is the first text of each row, and all rows put
    /// equally many values into each array.
    pub(super) fn group<R: IntoIterator>(
        &mut self,
        parts: impl Iterator<Item = (&'a TenantId, R)>,
        put: impl Fn(&mut Self, R::Item),
    ) {
        let before = self.lengths();
        let mut count = 0;
        for (tenant, rows) in parts {
            for row in rows {
                self.text(tenant.as_str());
                put(self, row);
                count += 1;
            }
        }
        self.at.push(place(count));
        for (before, after) in before.into_iter().zip(self.lengths()) {
            // Without rows, and in arrays without values, the last place is before the first one.
            let width = (after - before).checked_div(count).unwrap_or(0);
            let last = if width > 0 { after + 1 - width } else { before };
            self.at.extend([place(before + 1), place(last)]);
        }
    }

    fn lengths(&self) -> [usize; 4] {
        [
            self.texts.len(),
            self.numbers.len(),
            self.ids.len(),
            self.times.len(),
        ]
    }

    pub(super) fn text(&mut self, text: &'a str) {
        self.texts.push(Some(Cow::Borrowed(text)));
    }

    pub(super) fn cow(&mut self, text: Cow<'a, str>) {
        self.texts.push(Some(text));
    }

    pub(super) fn text_or_none(&mut self, text: Option<&'a str>) {
        self.texts.push(text.map(Cow::Borrowed));
    }

    pub(super) fn number(&mut self, number: impl Into<i64>) {
        self.numbers.push(number.into());
    }

    pub(super) fn id(&mut self, id: Uuid) {
        self.ids.push(Some(id));
    }

    pub(super) fn id_or_none(&mut self, id: Option<Uuid>) {
        self.ids.push(id);
    }

    pub(super) fn time(&mut self, time: Time) {
        self.times.push(Some(time));
    }

    pub(super) fn time_or_none(&mut self, time: Option<Time>) {
        self.times.push(time);
    }
}
