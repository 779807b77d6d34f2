//! Commands on orders that exist.

use super::goods::stage;
use super::place::GIFT_CARD_MOST;
use super::{Chooser, reason};
use crate::order::{
    AllowedCommand, Assignment, CancelLine, Charge, CommandKind, EditLine, FulfillmentLine,
    HoldReason, LineQuantity, LineSku, Order, OrderCommand, PaymentEntry, ShipParcel, Tracking,
    allowed_commands,
};
use crate::plan::{Command, DocumentKey, decode_json};
use crate::reservation::Owner;
use crate::tenant::Settings;
use crate::testing::build;
use crate::value::{
    AttributeKey, AttributeValue, FulfillmentId, LineId, Money, Note, ShipmentId, Tag, Timestamp,
    UnitPrice, Units,
};

/// How much likelier the commands are that carry an order to its end.
const fn weight(kind: CommandKind) -> u64 {
    match kind {
        CommandKind::Approve | CommandKind::Release | CommandKind::Confirm => 12,
        CommandKind::Pick | CommandKind::Pack | CommandKind::Ship | CommandKind::Deliver => 20,
        CommandKind::Allocate => 5,
        CommandKind::CancelRest | CommandKind::EditLines | CommandKind::CancelLines => 3,
        CommandKind::Cancel
        | CommandKind::Withdraw
        | CommandKind::Hold
        | CommandKind::Backorder
        | CommandKind::Expire
        | CommandKind::ChangeTracking
        | CommandKind::Unpick
        | CommandKind::FailDelivery
        | CommandKind::Return
        | CommandKind::ChangeCustomer
        | CommandKind::ChangeContacts
        | CommandKind::BookSlot
        | CommandKind::Promise
        | CommandKind::RecordPayment
        | CommandKind::Tag
        | CommandKind::AddNote
        | CommandKind::SetAttribute
        | CommandKind::SetStage => 1,
    }
}

impl Chooser<'_> {
    /// A command on some order: mostly one that it allows, sometimes any.
    pub(super) fn work(&mut self) -> Command {
        let Some(order) = self.order().cloned() else {
            return self.place();
        };
        let settings = self.book.documents.get(&DocumentKey::Settings);
        let settings: Option<Settings> =
            settings.and_then(|kept| decode_json("settings", kept.schema, &kept.json).ok());
        let workflow = settings.unwrap_or_default().workflow;
        let mut allowed = allowed_commands(&order, &workflow, self.now);
        if self.random.chance(80) {
            allowed = CommandKind::ALL.into_iter().map(anywhere).collect();
        }
        let total: u64 = allowed.iter().map(|one| weight(one.command)).sum();
        let mut left = self.random.below(total);
        for one in allowed {
            match left.checked_sub(weight(one.command)) {
                Some(rest) => left = rest,
                None => return self.build(&order, one),
            }
        }
        self.place()
    }

    fn build(&mut self, order: &Order, asked: AllowedCommand) -> Command {
        let id = order.head.id;
        let planned = !self.random.chance(150);
        if asked.command == CommandKind::Allocate && planned {
            let hub = self.random.chance(300).then(|| self.hub());
            return Command::Assign { order: id, hub };
        }
        if asked.command == CommandKind::Expire && planned {
            let owner = Owner::Order(id);
            return Command::ExpireReservation { owner };
        }
        if asked.command == CommandKind::ChangeContacts && planned {
            return Command::ChangeContacts {
                order: id,
                ship_to: Some(self.contact()),
                bill_to: None,
            };
        }
        if asked.command == CommandKind::BookSlot {
            let slot = if self.random.chance(700) {
                self.slot()
            } else {
                None
            };
            return Command::BookSlot { order: id, slot };
        }
        let command = self.order_command(order, asked);
        Command::Order { order: id, command }
    }

    fn order_command(&mut self, order: &Order, asked: AllowedCommand) -> OrderCommand {
        let fulfillment = asked.fulfillment.unwrap_or(FulfillmentId::FIRST);
        let shipment = asked.shipment.unwrap_or(ShipmentId::FIRST);
        match asked.command {
            CommandKind::Approve => OrderCommand::Approve,
            CommandKind::Hold => self.hold(),
            CommandKind::Release => self.release(order),
            CommandKind::Cancel => OrderCommand::Cancel {
                reason: reason("changed their mind"),
            },
            CommandKind::CancelLines => OrderCommand::CancelLines {
                reason: reason("one too many"),
                lines: self.some_cancelled(order),
            },
            CommandKind::CancelRest => OrderCommand::CancelRest {
                reason: reason("the rest is gone"),
            },
            CommandKind::Allocate => self.allocate(order),
            CommandKind::Withdraw => self.withdraw(order, fulfillment),
            CommandKind::Backorder => OrderCommand::Backorder {
                lines: some_open(order),
            },
            CommandKind::Confirm => OrderCommand::Confirm,
            CommandKind::Expire => OrderCommand::Expire {
                fulfillments: vec![fulfillment],
            },
            CommandKind::Pick => self.pick(order, fulfillment),
            CommandKind::Pack => OrderCommand::Pack {
                fulfillment,
                lines: self.some(order, fulfillment, |share| share.picked),
            },
            CommandKind::Unpick => self.unpick(order, fulfillment),
            CommandKind::Ship => self.ship(order, fulfillment),
            CommandKind::ChangeTracking => OrderCommand::ChangeTracking {
                shipment,
                tracking: self.tracking(),
            },
            CommandKind::Deliver => OrderCommand::Deliver { shipment },
            CommandKind::FailDelivery => OrderCommand::FailDelivery { shipment },
            CommandKind::Return => OrderCommand::Return {
                fulfillment,
                lines: self.some(order, fulfillment, |share| share.delivered),
            },
            CommandKind::ChangeCustomer => OrderCommand::ChangeCustomer {
                customer: self.random.chance(800).then(|| self.customer()),
            },
            CommandKind::ChangeContacts => OrderCommand::ChangeContacts {
                ship_to: order.head.bill_to,
                bill_to: order.head.ship_to,
            },
            CommandKind::BookSlot => OrderCommand::BookSlot { slot: None },
            CommandKind::Promise => OrderCommand::Promise { by: self.promise() },
            CommandKind::EditLines => OrderCommand::EditLines {
                changes: vec![self.edit(order)],
            },
            CommandKind::RecordPayment => self.payment(order),
            CommandKind::Tag => OrderCommand::Tag {
                add: vec![tag("gift")],
                remove: vec![tag("urgent")],
            },
            CommandKind::AddNote => OrderCommand::AddNote { text: note("rang") },
            CommandKind::SetAttribute => OrderCommand::SetAttribute {
                key: attribute("colour"),
                value: self.random.chance(700).then(|| value("red")),
            },
            CommandKind::SetStage => OrderCommand::SetStage {
                stage: self.random.chance(700).then(stage),
            },
        }
    }

    /// In an hour, in two, or no more.
    fn promise(&mut self) -> Option<Timestamp> {
        let secs = self.random.pick(&[Some(3_600), Some(7_200), None]);
        self.now.checked_add_secs(secs.copied()??)
    }

    fn withdraw(&mut self, order: &Order, fulfillment: FulfillmentId) -> OrderCommand {
        let lines = self.some(order, fulfillment, |share| share.reserved);
        OrderCommand::Withdraw { fulfillment, lines }
    }

    fn pick(&mut self, order: &Order, fulfillment: FulfillmentId) -> OrderCommand {
        let lines = self.some(order, fulfillment, |share| share.reserved);
        OrderCommand::Pick { fulfillment, lines }
    }

    fn unpick(&mut self, order: &Order, fulfillment: FulfillmentId) -> OrderCommand {
        let begun = |share: &FulfillmentLine| share.here().saturating_sub(share.reserved);
        let lines = self.some(order, fulfillment, begun);
        // As often as not, without a roll of the dice.
        let keep = order.version.get().is_multiple_of(2);
        OrderCommand::Unpick {
            fulfillment,
            lines,
            keep,
        }
    }

    fn ship(&mut self, order: &Order, fulfillment: FulfillmentId) -> OrderCommand {
        let parcel = ShipParcel {
            lines: self.some(order, fulfillment, |share| share.packed),
            tracking: Tracking::default(),
        };
        OrderCommand::Ship {
            fulfillment,
            parcel,
        }
    }

    fn hold(&mut self) -> OrderCommand {
        let reasons = [HoldReason::Payment, HoldReason::Address, HoldReason::Review];
        let reason = self.random.pick(&reasons).copied();
        OrderCommand::Hold {
            reason: reason.unwrap_or(HoldReason::Other),
            note: None,
        }
    }

    /// Every reason of the hold, or one of them.
    fn release(&mut self, order: &Order) -> OrderCommand {
        let held = order.head.hold.iter().flat_map(|hold| &hold.reasons);
        let held: Vec<HoldReason> = held.copied().collect();
        let one = self.random.chance(300).then(|| self.random.pick(&held));
        OrderCommand::Release {
            reasons: one.flatten().copied().into_iter().collect(),
        }
    }

    /// Everything, or a part of one line.
    fn some(
        &mut self,
        order: &Order,
        fulfillment: FulfillmentId,
        bucket: fn(&FulfillmentLine) -> Units,
    ) -> Vec<LineQuantity> {
        if self.random.chance(600) {
            return Vec::new();
        }
        let work = order.fulfillments.get(&fulfillment);
        let there: Vec<(LineId, Units)> = work
            .into_iter()
            .flat_map(|work| &work.lines)
            .map(|share| (share.line, bucket(share)))
            .filter(|(_, units)| !units.is_zero())
            .collect();
        let Some((line, units)) = self.random.pick(&there).copied() else {
            return Vec::new();
        };
        let quantity = self.quantity(units.get());
        vec![LineQuantity { line, quantity }]
    }

    fn some_cancelled(&mut self, order: &Order) -> Vec<CancelLine> {
        let line = self.random.pick(&order.head.lines);
        let line = line.map_or(LineId::FIRST, |line| line.id);
        let quantity = self.quantity(2);
        let works: Vec<FulfillmentId> = order.fulfillments.keys().copied().collect();
        let named = self.random.chance(300).then(|| self.random.pick(&works));
        vec![CancelLine {
            line,
            quantity,
            fulfillment: named.flatten().copied(),
        }]
    }

    /// Names the hub for units that wait; sometimes tentatively.
    fn allocate(&mut self, order: &Order) -> OrderCommand {
        let hub = self.hub();
        let waiting = order.head.lines.iter().filter_map(|line| {
            let quantity = line.open.checked_add(line.backordered)?.quantity()?;
            Some(Assignment {
                hub: hub.clone(),
                line: line.id,
                quantity,
            })
        });
        let assignments = waiting.collect();
        let expires_at = self
            .random
            .chance(300)
            .then(|| self.now.checked_add_secs(60));
        OrderCommand::Allocate {
            assignments,
            expires_at: expires_at.flatten(),
        }
    }

    /// Names a line that nobody could identify, if there is one, or changes something else.
    fn edit(&mut self, order: &Order) -> EditLine {
        let mut lines = order.head.lines.iter();
        let unknown = lines.find(|line| line.sku.known().is_none());
        if let Some(line) = unknown.filter(|_| self.random.chance(400)) {
            return EditLine::Change {
                line: line.id,
                sku: Some(LineSku::Known(self.sku())),
                quantity: None,
                unit_price: None,
                discount: None,
                tax: None,
                tax_rate: None,
                title: None,
                channel_item: None,
            };
        }
        let lines: Vec<LineId> = order.head.lines.iter().map(|line| line.id).collect();
        let line = self.random.pick(&lines).copied().unwrap_or(LineId::FIRST);
        let quantity = self.quantity(4);
        let sku = LineSku::Known(self.sku());
        let zero = Money::zero(order.head.totals.currency());
        match self.random.below(5) {
            0 => EditLine::Add {
                line: next_line(order),
                sku,
                quantity,
                unit_price: UnitPrice::from_money(self.money(9))
                    .unwrap_or_else(|_| UnitPrice::zero(zero.currency())),
                discount: zero,
                tax: zero,
                tax_rate: None,
                title: None,
                channel_item: None,
            },
            1 => EditLine::Remove { line },
            2 => EditLine::Charges {
                charges: self.charges(),
            },
            _ => EditLine::Change {
                line,
                sku: self.random.chance(300).then_some(sku),
                quantity: Some(quantity),
                unit_price: None,
                discount: None,
                tax: None,
                tax_rate: None,
                title: None,
                channel_item: None,
            },
        }
    }

    /// Other shipping, and sometimes a gift card.
    fn charges(&mut self) -> Vec<Charge> {
        let mut charges = vec![self.shipping()];
        if self.random.chance(300) {
            charges.push(self.gift_card());
        }
        charges
    }

    fn payment(&mut self, order: &Order) -> OrderCommand {
        let amount = if self.random.chance(500) {
            order.owed()
        } else {
            self.money(20)
        };
        let entry = match self.random.below(7) {
            0 => PaymentEntry::Authorised { amount },
            1 => PaymentEntry::Captured { amount },
            2 => PaymentEntry::Refunded { amount },
            3 => PaymentEntry::Voided { amount },
            4 => PaymentEntry::Waived { amount },
            5 => PaymentEntry::Retained {
                amount: self.retained(order, amount),
            },
            _ => PaymentEntry::Credited {
                amount: self.credit(order),
            },
        };
        let reference = format!("pay-{}", self.random.below(4));
        OrderCommand::RecordPayment {
            entry,
            method: None,
            reference: self.random.chance(500).then(|| build::external(&reference)),
        }
    }

    /// All that is to be given back, gift cards last, or an amount that may be more.
    fn retained(&mut self, order: &Order, amount: Money) -> Money {
        let back = order.to_give_back();
        let back = back
            .money
            .checked_add(back.gift_cards)
            .unwrap_or(back.money);
        if back.is_positive() && self.random.chance(500) {
            return back;
        }
        amount
    }

    /// What gift cards are to get back, or a part of what they may cover, needed or not.
    fn credit(&mut self, order: &Order) -> Money {
        let unneeded = order.to_give_back().gift_cards;
        if unneeded.is_positive() && self.random.chance(500) {
            return unneeded;
        }
        self.money(GIFT_CARD_MOST)
    }

    fn tracking(&mut self) -> Tracking {
        let number = format!("T{}", self.random.below(9));
        Tracking {
            number: Some(build::external(&number)),
            ..Tracking::default()
        }
    }
}

const fn anywhere(command: CommandKind) -> AllowedCommand {
    AllowedCommand {
        command,
        fulfillment: None,
        shipment: None,
    }
}

fn some_open(order: &Order) -> Vec<LineQuantity> {
    let open = order.head.lines.iter().filter_map(|line| {
        let quantity = line.open.quantity()?;
        Some(LineQuantity {
            line: line.id,
            quantity,
        })
    });
    open.collect()
}

fn next_line(order: &Order) -> LineId {
    let used = order.head.lines.iter().map(|line| line.id);
    let used = used.chain(order.head.removed_lines.iter().copied()).max();
    used.and_then(LineId::next).unwrap_or(LineId::FIRST)
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
fn tag(text: &str) -> Tag {
    Tag::parse(text).expect("a tag")
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
fn note(text: &str) -> Note {
    Note::parse(text).expect("a note")
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
fn attribute(text: &str) -> AttributeKey {
    AttributeKey::parse(text).expect("a key")
}

#[expect(clippy::expect_used, reason = "a literal of a test")]
fn value(text: &str) -> AttributeValue {
    AttributeValue::parse(text).expect("a value")
}
