//! Orders as text, the input of both programs, and the same sequence of them in every run.

use oms_core::customer::Contact;
use oms_core::order::{
    Charge, ChargeKind, DraftLine, ExternalReference, OrderDraft, Source, SourceKind,
};
use oms_core::plan::PlaceOrder;
use oms_core::value::{
    Address, ChannelId, CountryCode, Currency, CustomerId, EmailAddress, ExternalId, LineId, Money,
    Name, PostalCode, Quantity, Title, UnitPrice,
};
use uuid::Uuid;

use crate::Failure;

/// The only channel.
pub const CHANNEL: &str = "web-shop";

/// The one currency.
pub const CURRENCY: &str = "EUR";

/// Customers that order, in turn.
pub const CUSTOMERS: u64 = 1_000;

/// An order as another system sends it: everything is text that nobody checked yet.
#[derive(Clone, Debug)]
pub struct Request {
    /// The idempotency key of the call.
    pub key: String,
    /// What the channel calls the order.
    pub reference: String,
    /// Who buys.
    pub customer: Uuid,
    /// The receiver's name.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// The city.
    pub city: String,
    /// The postal code.
    pub postal_code: String,
    /// The country, two letters.
    pub country: String,
    /// The receiver's e-mail address.
    pub email: String,
    /// What is bought.
    pub lines: Vec<RequestLine>,
    /// Price of the delivery.
    pub shipping: String,
    /// What the buyer owes, in the channel's words.
    pub total: String,
}

/// A line of a [`Request`].
#[derive(Clone, Debug)]
pub struct RequestLine {
    /// What is bought.
    pub sku: String,
    /// The channel's words for it.
    pub title: String,
    /// Units.
    pub quantity: u32,
    /// Price of one unit.
    pub unit_price: String,
    /// Discount on the line.
    pub discount: String,
    /// Tax on the line.
    pub tax: String,
}

/// The SKU with that number.
#[must_use]
pub fn sku(number: u64) -> String {
    format!("SKU-{number:06}")
}

/// The customer with that number.
#[must_use]
pub fn customer(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | number)
}

/// The order with that number, of `lines` different SKUs out of `skus`.
#[must_use]
pub fn request(number: u64, lines: u64, skus: u64) -> Request {
    let mut total = 0;
    let lines = (0..lines)
        .map(|line| {
            let (line, cents) = request_line(number, line, skus);
            total += cents;
            line
        })
        .collect();
    let shipping = 490;
    Request {
        key: format!("checkout-{number:012}"),
        reference: format!("gid://shop/Order/{number}"),
        customer: customer(number % CUSTOMERS),
        name: "A. Person".to_owned(),
        line1: "12 Long Street".to_owned(),
        city: "Lyon".to_owned(),
        postal_code: "69001".to_owned(),
        country: "FR".to_owned(),
        email: "person@example.org".to_owned(),
        lines,
        shipping: money(shipping),
        total: money(total + shipping),
    }
}

/// A line and what it adds to the total, in cents.
fn request_line(order: u64, line: u64, skus: u64) -> (RequestLine, u64) {
    let quantity = 1 + u8::try_from((order + line) % 3).unwrap_or(0);
    let price = 995 + (order % 1_000) * 7 + line;
    let discount = (order % 5) * 25;
    let net = price * u64::from(quantity) - discount;
    let tax = net * 20 / 100;
    // Neighbours in the catalogue are bought together less often than not.
    let sku = sku((order * 7 + line * (skus / 3 + 1)) % skus);
    let request = RequestLine {
        sku,
        title: "Cotton T-shirt, blue, M".to_owned(),
        quantity: u32::from(quantity),
        unit_price: money(price),
        discount: money(discount),
        tax: money(tax),
    };
    (request, net + tax)
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Request {
    /// The order as the library takes it: every text is parsed.
    ///
    /// # Errors
    /// The first value that does not parse.
    pub fn parse(&self) -> Result<PlaceOrder, Failure> {
        let currency = Currency::parse(CURRENCY)?;
        let source = Source {
            kind: SourceKind::Channel,
            channel: ChannelId::parse(CHANNEL)?,
        };
        let mut draft = OrderDraft::new(source, currency);
        draft.external.push(ExternalReference {
            kind: ExternalId::parse("order")?,
            id: ExternalId::parse(&self.reference)?,
        });
        draft.customer = Some(CustomerId::from_uuid(self.customer));
        draft.contacts.ship_to = Some(self.contact()?);
        draft.lines.reserve_exact(self.lines.len());
        for (line, id) in self.lines.iter().zip(1..) {
            draft.lines.push(line.parse(LineId::new(id)?, currency)?);
        }
        draft.charges.push(Charge {
            kind: ChargeKind::Shipping,
            title: None,
            amount: Money::parse(&self.shipping, currency)?,
            tax: Money::zero(currency),
        });
        draft.stated_total = Some(Money::parse(&self.total, currency)?);
        Ok(PlaceOrder::new(draft))
    }

    fn contact(&self) -> Result<Contact, Failure> {
        Ok(Contact {
            address: Address {
                name: Some(Name::parse(&self.name)?),
                line1: Some(Name::parse(&self.line1)?),
                city: Some(Name::parse(&self.city)?),
                postal_code: Some(PostalCode::parse(&self.postal_code)?),
                country: Some(CountryCode::parse(&self.country)?),
                ..Address::default()
            },
            email: Some(EmailAddress::parse(&self.email)?),
            phone: None,
        })
    }
}

impl RequestLine {
    fn parse(&self, id: LineId, currency: Currency) -> Result<DraftLine, Failure> {
        Ok(DraftLine {
            id,
            sku: Some(ExternalId::parse(&self.sku)?),
            title: Some(Title::parse(&self.title)?),
            channel_item: None,
            quantity: Quantity::new(self.quantity)?,
            unit_price: UnitPrice::parse(&self.unit_price, currency)?,
            discount: Money::parse(&self.discount, currency)?,
            tax: Money::parse(&self.tax, currency)?,
            tax_rate: None,
        })
    }
}
