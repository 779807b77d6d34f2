//! Orders to place.

use super::Chooser;
use crate::customer::Contact;
use crate::order::{
    Charge, ChargeKind, ExternalReference, OrderDraft, RawPayload, Source, SourceKind,
};
use crate::plan::{Command, OnProblem, PlaceOrder, ReserveMode};
use crate::testing::build;
use crate::value::{Address, CountryCode, Currency, ExternalId, Money, Quantity};

/// References of orders that are asked for again and again.
const REFERENCES: u64 = 12;

/// The largest gift card: below the price of a unit, so that no total is below nothing.
pub(super) const GIFT_CARD_MOST: u64 = 4;

impl Chooser<'_> {
    /// An order: some lines of few units, in one of the ways orders come in.
    pub(super) fn place(&mut self) -> Command {
        let mut draft = self.draft();
        let lines = 1 + self.random.index(3);
        for _ in 0..lines {
            let sku = self.line_sku();
            let quantity = self.quantity(3);
            push(&mut draft, &sku, quantity);
        }
        self.dress(&mut draft);
        let on_problem = match self.random.below(4) {
            0 => OnProblem::Backorder,
            1 => OnProblem::Hold,
            _ => OnProblem::Refuse,
        };
        let reserve = match self.random.below(5) {
            0 => ReserveMode::Tentative { ttl_secs: None },
            1 => ReserveMode::Tentative {
                ttl_secs: Some(20 + i64::try_from(self.random.below(120)).unwrap_or(0)),
            },
            _ => ReserveMode::Confirmed,
        };
        let takes_over = self.random.chance(100).then(|| self.owner());
        Command::Place(Box::new(PlaceOrder {
            on_problem,
            reserve,
            takes_over,
            ..PlaceOrder::new(draft)
        }))
    }

    /// One unit of the SKU that everybody wants.
    pub(super) fn last_unit(&mut self) -> Command {
        if self.random.chance(200) {
            return self.last_unit_for_a_cart();
        }
        let mut draft = self.draft();
        let wanted = self.mix.skus.first().cloned();
        let wanted = wanted.unwrap_or_else(|| build::sku("TEA"));
        push(&mut draft, wanted.as_str(), Quantity::ONE);
        Command::Place(Box::new(PlaceOrder::new(draft)))
    }

    fn draft(&mut self) -> OrderDraft {
        let (kind, channel) = if self.random.chance(700) {
            (SourceKind::Channel, "web")
        } else {
            (SourceKind::Manual, "desk")
        };
        let source = Source {
            kind,
            channel: build::channel(channel),
        };
        OrderDraft::new(source, currency())
    }

    /// Mostly a SKU; sometimes the channel's own word for one, sometimes one nobody knows.
    fn line_sku(&mut self) -> String {
        let sku = self.sku();
        match self.random.below(20) {
            0 => "NOBODY-KNOWS".to_owned(),
            1 | 2 => format!("web/{sku}"),
            _ => sku.to_string(),
        }
    }

    /// Customer, address, reference, charges and the like.
    fn dress(&mut self, draft: &mut OrderDraft) {
        if self.random.chance(400) {
            draft.customer = Some(self.customer());
        }
        if self.random.chance(500) {
            draft.contacts.ship_to = Some(self.contact());
        }
        if self.random.chance(250) {
            let id = format!("{}", self.random.below(REFERENCES));
            self.board.references += 1;
            draft.external.push(ExternalReference {
                kind: build::external("order"),
                id: build::external(&id),
            });
        }
        if self.random.chance(250) {
            draft.charges.push(self.shipping());
        }
        if self.random.chance(250) {
            draft.charges.push(self.gift_card());
        }
        if self.random.chance(60) {
            draft.stated_total = Some(self.money(50));
        }
        if self.random.chance(80) {
            draft.payload = Some(RawPayload {
                media_type: "application/json",
                text: "{\"name\":\"somebody\"}".to_owned(),
            });
        }
        if self.random.chance(150) {
            draft.slot = self.slot();
        }
        if self.random.chance(30) {
            // Larger than what it lowers: refused as a whole.
            draft.discount = self.money(500);
        }
    }

    pub(super) fn shipping(&mut self) -> Charge {
        Charge {
            kind: ChargeKind::Shipping,
            title: None,
            amount: self.money(9),
            tax: self.money(1),
        }
    }

    pub(super) fn gift_card(&mut self) -> Charge {
        Charge {
            kind: ChargeKind::GiftCard,
            title: None,
            amount: self.money(GIFT_CARD_MOST).negated(),
            tax: Money::zero(currency()),
        }
    }

    pub(super) fn contact(&mut self) -> Contact {
        let country = if self.random.chance(700) { "DE" } else { "FR" };
        Contact {
            address: Address {
                country: CountryCode::parse(country).ok(),
                ..Address::default()
            },
            ..Contact::default()
        }
    }

    pub(super) fn money(&mut self, most: u64) -> Money {
        let minor = i64::try_from(self.random.below(most * 100 + 1)).unwrap_or(0);
        Money::from_minor(minor, currency()).unwrap_or_else(|_| Money::zero(currency()))
    }
}

fn push(draft: &mut OrderDraft, sku: &str, quantity: Quantity) {
    // Literals and parsed ids: all of them are values.
    let pushed = draft.push_line(sku, quantity.get(), "4.25");
    if let Ok(line) = pushed {
        line.channel_item = ExternalId::parse(sku).ok();
    }
}

/// The currency of every order.
#[expect(clippy::expect_used, reason = "a literal of a test")]
pub(super) fn currency() -> Currency {
    Currency::parse("EUR").expect("the euro is a currency")
}
