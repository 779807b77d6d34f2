//! Reading an order: the checks that the library's value types make.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::bare::Refused;
use crate::request::{Request, RequestLine};

const LINES_MAX: usize = 2_000;
const QUANTITY_MAX: u32 = 1_000_000;
const AMOUNT_MAX: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0); // 10^13

/// An order that was read: every value is valid by itself.
#[derive(Debug, Serialize)]
pub struct Draft {
    pub(super) reference: String,
    pub(super) customer: Uuid,
    pub(super) contact: Contact,
    pub(super) lines: Vec<Line>,
    pub(super) shipping: Decimal,
    pub(super) stated: Decimal,
}

#[derive(Debug, Serialize)]
pub(super) struct Contact {
    pub(super) name: String,
    pub(super) line1: String,
    pub(super) city: String,
    pub(super) postal_code: String,
    pub(super) country: String,
    pub(super) email: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) id: u32,
    pub(super) sku: String,
    pub(super) title: String,
    pub(super) quantity: u32,
    pub(super) unit_price: Decimal,
    pub(super) discount: Decimal,
    pub(super) tax: Decimal,
}

impl Draft {
    /// Reads an order.
    ///
    /// # Errors
    /// [`Refused`], by the first value that is not valid.
    pub fn read(request: &Request) -> Result<Self, Refused> {
        if request.lines.is_empty() || request.lines.len() > LINES_MAX {
            return Err(Refused("number of lines"));
        }
        let mut lines = Vec::with_capacity(request.lines.len());
        let mut ids = BTreeSet::new();
        for (line, id) in request.lines.iter().zip(1..) {
            if !ids.insert(id) {
                return Err(Refused("duplicate line"));
            }
            lines.push(read_line(line, id)?);
        }
        Ok(Self {
            reference: text(&request.reference, 128, "reference")?,
            customer: request.customer,
            contact: read_contact(request)?,
            lines,
            shipping: amount(&request.shipping, "shipping")?,
            stated: amount(&request.total, "total")?,
        })
    }
}

fn read_line(line: &RequestLine, id: u32) -> Result<Line, Refused> {
    if line.quantity == 0 || line.quantity > QUANTITY_MAX {
        return Err(Refused("quantity"));
    }
    Ok(Line {
        id,
        sku: text(&line.sku, 128, "SKU")?,
        title: text(&line.title, 500, "title")?,
        quantity: line.quantity,
        unit_price: amount(&line.unit_price, "unit price")?,
        discount: amount(&line.discount, "discount")?,
        tax: amount(&line.tax, "tax")?,
    })
}

fn read_contact(request: &Request) -> Result<Contact, Refused> {
    let country = text(&request.country, 2, "country")?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refused("country"));
    }
    let email = text(&request.email, 254, "e-mail")?;
    if email.matches('@').count() != 1 {
        return Err(Refused("e-mail"));
    }
    Ok(Contact {
        name: text(&request.name, 200, "name")?,
        line1: text(&request.line1, 200, "line 1")?,
        city: text(&request.city, 200, "city")?,
        postal_code: text(&request.postal_code, 20, "postal code")?,
        country,
        email,
    })
}

/// Text of at most so many characters, none of them a control character.
fn text(value: &str, max: usize, field: &'static str) -> Result<String, Refused> {
    let mut found = 0;
    for c in value.chars() {
        if c.is_control() {
            return Err(Refused(field));
        }
        found += 1;
    }
    if found == 0 || found > max {
        return Err(Refused(field));
    }
    Ok(value.to_owned())
}

/// An amount in whole cents, not negative.
fn amount(value: &str, field: &'static str) -> Result<Decimal, Refused> {
    let mut amount = Decimal::from_str_exact(value).map_err(|_| Refused(field))?;
    if amount.is_sign_negative() || amount > AMOUNT_MAX || amount.scale() > 2 {
        return Err(Refused(field));
    }
    amount.rescale(2);
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::request;

    #[test]
    fn bad_values_are_refused_by_field() {
        let with = |change: fn(&mut Request)| {
            let mut request = request(0, 3, 100);
            change(&mut request);
            Draft::read(&request).map(|draft| draft.lines.len())
        };
        assert_eq!(with(|_| {}), Ok(3));
        assert_eq!(with(|r| r.lines.clear()), Err(Refused("number of lines")));
        assert_eq!(with(|r| r.lines[0].quantity = 0), Err(Refused("quantity")));
        assert_eq!(with(|r| r.name = "a\0".into()), Err(Refused("name")));
        assert_eq!(with(|r| r.city = "x".repeat(201)), Err(Refused("city")));
        assert_eq!(with(|r| r.country = "fr".into()), Err(Refused("country")));
        assert_eq!(with(|r| r.email = "x".into()), Err(Refused("e-mail")));
        assert_eq!(with(|r| r.total = "1.001".into()), Err(Refused("total")));
        assert_eq!(
            with(|r| r.shipping = "10000000000000.01".into()),
            Err(Refused("shipping"))
        );
    }
}
