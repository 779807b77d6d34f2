//! One order from its rows.

use std::collections::BTreeSet;

use crate::channel::check::{compare, computed_total};
use crate::channel::csv::date::{end, moment};
use crate::channel::csv::orders::{CsvOrder, Group, reject};
use crate::channel::csv::reject::{ORDER_ID_REPEATED, RejectedRow, write_row};
use crate::channel::csv::row::RowReader;
use crate::channel::fields::fitted;
use crate::channel::history::History;
use crate::channel::incoming::{ChannelState, FinancialState, Incoming, Suggestion};
use crate::channel::order_parts::{draft_of, kind};
use crate::channel::warning::ChannelWarning;
use crate::customer::Contact;
use crate::order::{
    Charge, ChargeKind, Contacts, DraftLine, ExternalReference, OrderDraft, PaymentMethod,
    RawPayload, SourceKind, TaxMode,
};
use crate::value::limits::NOTES_MAX;
use crate::value::{
    Address, ChannelId, ChannelPlace, CountryCode, Currency, EmailAddress, ExternalId, HubId,
    LineId, Money, Name, Note, Phone, PostalCode, Quantity, Text, UnitPrice, ValueError,
};

/// Columns whose value is the whole order's: on its first row, or the same on several.
const WHOLE_ORDER: [&str; 19] = [
    "currency",
    "shipping",
    "total",
    "tax_included",
    "name",
    "company",
    "email",
    "phone",
    "address1",
    "address2",
    "city",
    "region",
    "postcode",
    "country",
    "ordered_at",
    "promised_by",
    "payment_method",
    "paid",
    "hub",
];

/// Those of them that say who somebody is and where: what they hold is in no message.
const PEOPLE: [&str; 9] = [
    "name", "company", "email", "phone", "address1", "address2", "city", "region", "postcode",
];

/// Reads one order, or rejects every row of it.
pub(super) fn read_order(
    group: Group<'_>,
    channel: &ChannelId,
) -> Result<CsvOrder, Vec<RejectedRow>> {
    let Group { id, mut rows } = group;
    let problems = || rows.iter().flat_map(|row| &row.problems);
    // Rows that may be another order's may well differ.
    if !problems().any(|problem| problem.code == ORDER_ID_REPEATED) {
        one_value_each(&mut rows);
    }
    let lines = rows.iter().map(|row| row.row.line).collect();
    let Some(currency) = currency(&mut rows) else {
        // Without it no amount can be read; what else is wrong is told all the same.
        for row in &mut rows {
            let _ = row.number_required("quantity", Quantity::parse);
            let _ = row.required("unit_price");
        }
        return Err(reject(rows));
    };
    let mut order = OrderReader {
        draft: draft_of(SourceKind::Channel, channel, currency),
        warnings: Vec::new(),
        hub: whole(&mut rows, "hub", |row| row.id("hub", HubId::parse)),
    };
    order.draft.external.extend(
        kind("order")
            .ok()
            .map(|kind| ExternalReference { kind, id }),
    );
    order.lines(&mut rows);
    order.terms(&mut rows);
    order.contacts(&rows);
    order.extras(&rows);
    let paid = order.payment(&mut rows);
    order.sums(&mut rows);
    if rows.iter().any(|row| !row.problems.is_empty()) {
        return Err(reject(rows));
    }
    order.draft.payload = Some(payload(&rows));
    Ok(CsvOrder {
        incoming: order.finish(paid),
        lines,
    })
}

/// A value of the whole order that differs from row to row is nobody's guess.
fn one_value_each(rows: &mut [RowReader<'_>]) {
    for column in WHOLE_ORDER {
        let Some((line, first)) = first_cell(rows, column) else {
            continue;
        };
        for row in rows.iter_mut() {
            let Some(cell) = row.text(column).filter(|cell| *cell != first) else {
                continue;
            };
            let reason = format!("differs from line {line} of the same order");
            let told = if PEOPLE.contains(&column) { "" } else { cell };
            row.problem(Some(column), told, "differs_within_order", reason);
        }
    }
}

/// The first row that says anything in a column.
fn first_cell<'t>(rows: &[RowReader<'t>], column: &str) -> Option<(u64, &'t str)> {
    rows.iter()
        .find_map(|row| row.text(column).map(|cell| (row.row.line, cell)))
}

/// Reads a column of the whole order on the first row that says anything.
fn whole<'t, T>(
    rows: &mut [RowReader<'t>],
    column: &'static str,
    read: impl FnOnce(&mut RowReader<'t>) -> Option<T>,
) -> Option<T> {
    rows.iter_mut()
        .find(|row| row.text(column).is_some())
        .and_then(read)
}

fn currency(rows: &mut [RowReader<'_>]) -> Option<Currency> {
    let column = "currency";
    let usual = rows.first().and_then(|row| row.table.options.currency);
    if usual.is_some() && first_cell(rows, column).is_none() {
        return usual;
    }
    if first_cell(rows, column).is_none() {
        let _ = rows.first_mut().and_then(|row| row.required(column));
    }
    whole(rows, column, |row| {
        row.parse(column, |text| Currency::parse(&text.to_uppercase()))
    })
}

/// An amount of a row that may not be below zero.
fn amount(row: &mut RowReader<'_>, column: &'static str, currency: Currency) -> Option<Money> {
    let money = row.number(column, |text| Money::parse(text, currency))?;
    if money.is_negative() {
        let cell = row.text(column).unwrap_or_default();
        row.problem(
            Some(column),
            cell,
            "money_negative",
            "must not be below zero",
        );
        return None;
    }
    Some(money)
}

/// The rows as a file of their own, header first.
fn payload(rows: &[RowReader<'_>]) -> RawPayload {
    let mut text = String::new();
    if let Some(first) = rows.first() {
        let headers = &first.table.headers;
        write_row(
            &mut text,
            headers.names.iter().map(String::as_str),
            headers.delimiter,
        );
        for row in rows {
            write_row(
                &mut text,
                row.row.record.iter().map(String::as_str),
                headers.delimiter,
            );
        }
    }
    RawPayload {
        media_type: "text/csv",
        text,
    }
}

struct OrderReader {
    draft: OrderDraft,
    warnings: Vec<ChannelWarning>,
    hub: Option<HubId>,
}

impl OrderReader {
    fn lines(&mut self, rows: &mut [RowReader<'_>]) {
        let mut next = Some(LineId::FIRST);
        let mut seen = BTreeSet::new();
        for row in rows {
            let Some(id) = next else {
                row.problem(None, "", "too_many_lines", "the order has too many rows");
                return;
            };
            if let Some(line) = self.line(row, id) {
                self.named(row, line.channel_item.as_ref(), &mut seen);
                self.draft.lines.push(line);
            }
            next = id.next();
        }
    }

    /// Tells of a line that its id does not tell from the others, as a row that was pasted twice.
    fn named(
        &mut self,
        row: &RowReader<'_>,
        id: Option<&ExternalId>,
        seen: &mut BTreeSet<ExternalId>,
    ) {
        let path = path(row.row.line, "line_id");
        match id {
            None if row.table.has("line_id") => {
                self.warnings.push(ChannelWarning::LineWithoutId { path });
            }
            Some(id) if !seen.insert(id.clone()) => {
                let id = id.to_string();
                self.warnings
                    .push(ChannelWarning::LineIdRepeated { path, id });
            }
            None | Some(_) => {}
        }
    }

    fn line(&mut self, row: &mut RowReader<'_>, id: LineId) -> Option<DraftLine> {
        let currency = self.draft.currency;
        let zero = Money::zero(currency);
        let sku = row.id("sku", ExternalId::parse);
        let quantity = row.number_required("quantity", Quantity::parse);
        let unit_price = row.number_required("unit_price", |text| UnitPrice::parse(text, currency));
        let discount = amount(row, "discount", currency).unwrap_or(zero);
        let tax = amount(row, "tax", currency).unwrap_or(zero);
        let channel_item = match row.text("line_id") {
            Some(_) => row.id("line_id", ExternalId::parse),
            None => None,
        };
        let title = self.fit(row, "title");
        let (sku, quantity, unit_price) = (sku?, quantity?, unit_price?);
        let gross = row.parsed("unit_price", "", unit_price.times(quantity))?;
        if discount.minor() > gross.minor() {
            let cell = row.text("discount").unwrap_or_default();
            let reason = format!("is more than the line costs, {gross}");
            row.problem(Some("discount"), cell, "discount_too_large", reason);
        }
        Some(DraftLine {
            id,
            sku: Some(sku),
            title,
            channel_item,
            quantity,
            unit_price,
            discount,
            tax,
            tax_rate: None,
        })
    }

    /// What the order costs beside its lines, and when it was placed.
    fn terms(&mut self, rows: &mut [RowReader<'_>]) {
        let currency = self.draft.currency;
        if whole(rows, "tax_included", |row| row.flag("tax_included")) == Some(true) {
            self.draft.tax_mode = TaxMode::Inclusive;
        }
        let shipping = whole(rows, "shipping", |row| amount(row, "shipping", currency));
        self.draft
            .charges
            .extend(
                shipping
                    .filter(|amount| !amount.is_zero())
                    .map(|amount| Charge {
                        kind: ChargeKind::Shipping,
                        title: None,
                        amount,
                        tax: Money::zero(currency),
                    }),
            );
        self.draft.stated_total = whole(rows, "total", |row| amount(row, "total", currency));
        self.draft.ordered_at = whole(rows, "ordered_at", |row| {
            let options = &row.table.options;
            row.parse("ordered_at", |text| moment(text, options))
        });
        self.draft.promised_by = whole(rows, "promised_by", |row| {
            let options = &row.table.options;
            row.parse("promised_by", |text| end(text, options))
        });
    }

    fn contacts(&mut self, rows: &[RowReader<'_>]) {
        let country: Option<Name> = self.text(rows, "country");
        let code = country.as_ref().and_then(|words| self.country(rows, words));
        let address = Address {
            name: self.text(rows, "name"),
            company: self.text(rows, "company"),
            line1: self.text(rows, "address1"),
            line2: self.text(rows, "address2"),
            city: self.text(rows, "city"),
            region: self.text(rows, "region"),
            postal_code: self.lenient(rows, "postcode", PostalCode::parse),
            country: code,
            location: None,
        };
        let place = ChannelPlace {
            city: address.city.clone(),
            region: address.region.clone(),
            country,
        };
        let email = self.lenient(rows, "email", EmailAddress::parse);
        let phone = self.lenient(rows, "phone", Phone::parse);
        let ship_to = Contact {
            address,
            email,
            phone,
        };
        self.draft.contacts = Contacts {
            ship_to: (!ship_to.is_empty()).then_some(ship_to),
            bill_to: None,
            place: (!place.is_empty()).then_some(place),
        };
    }

    fn country(&mut self, rows: &[RowReader<'_>], words: &Name) -> Option<CountryCode> {
        let code = CountryCode::parse(&words.as_str().to_uppercase());
        code.map_err(|problem| self.left_out(rows, "country", problem.code()))
            .ok()
    }

    /// Text for people, cut to fit.
    fn text<const MAX: usize>(
        &mut self,
        rows: &[RowReader<'_>],
        column: &'static str,
    ) -> Option<Text<MAX>> {
        let row = rows.iter().find(|row| row.text(column).is_some())?;
        self.fit(row, column)
    }

    /// The same of one row.
    fn fit<const MAX: usize>(
        &mut self,
        row: &RowReader<'_>,
        column: &'static str,
    ) -> Option<Text<MAX>> {
        let (fitting, changed) = fitted(row.text(column)?)?;
        if changed {
            self.warnings.push(ChannelWarning::Shortened {
                path: path(row.row.line, column),
            });
        }
        Some(fitting)
    }

    /// A value for people; one that breaks a rule is left out.
    fn lenient<T, E: Into<ValueError>>(
        &mut self,
        rows: &[RowReader<'_>],
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (_, cell) = first_cell(rows, column)?;
        let refused = |problem: E| self.left_out(rows, column, problem.into().code());
        parse(cell).map_err(refused).ok()
    }

    fn left_out(&mut self, rows: &[RowReader<'_>], column: &str, cause: &'static str) {
        let line = first_cell(rows, column).map_or(0, |(line, _)| line);
        self.warnings.push(ChannelWarning::LeftOut {
            path: path(line, column),
            cause,
        });
    }

    /// The notes, one per row that has one of its own, as many as an order may have.
    fn extras(&mut self, rows: &[RowReader<'_>]) {
        for row in rows {
            let told: Option<Note> = row.text("note").and_then(Text::truncated);
            if told.is_none_or(|note| self.draft.notes.contains(&note)) {
                continue;
            }
            if self.draft.notes.len() >= NOTES_MAX {
                self.warnings.push(ChannelWarning::LeftOut {
                    path: path(row.row.line, "note"),
                    cause: "too_many",
                });
                return;
            }
            let note = self.fit(row, "note");
            self.draft.notes.extend(note);
        }
    }

    /// Whether the order is paid, and how.
    fn payment(&mut self, rows: &mut [RowReader<'_>]) -> Option<bool> {
        self.draft.payment.method = self.text(rows, "payment_method").map(PaymentMethod);
        whole(rows, "paid", |row| row.flag("paid"))
    }

    /// Compares the sums; one out of range is the first row's problem.
    fn sums(&mut self, rows: &mut [RowReader<'_>]) {
        let Err(problem) = compare(&self.draft, &mut self.warnings) else {
            return;
        };
        let cause = problem.cause().unwrap_or_else(|| problem.code());
        if let Some(first) = rows.first_mut() {
            first.problem(None, "", cause, "the order's sum leaves the range of money");
        }
    }

    fn finish(mut self, said: Option<bool>) -> Incoming {
        let paid = said == Some(true);
        if paid {
            let stated = self.draft.stated_total;
            let due = stated.or_else(|| computed_total(&self.draft).ok());
            self.draft.payment.captured = due.unwrap_or(self.draft.payment.captured);
        }
        let state = ChannelState {
            test: false,
            cancelled: false,
            cancelled_at: None,
            changed_at: None,
            financial: said.map(|paid| {
                if paid {
                    FinancialState::Paid
                } else {
                    FinancialState::Pending
                }
            }),
            fulfillment: None,
            suggestion: if paid {
                Suggestion::Approved
            } else {
                Suggestion::Pending
            },
        };
        Incoming {
            draft: self.draft,
            state,
            history: History::default(),
            warnings: self.warnings,
            hub: self.hub,
        }
    }
}

fn path(line: u64, column: &str) -> String {
    format!("line {line}: {column}")
}
