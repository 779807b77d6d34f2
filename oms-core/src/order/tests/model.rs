//! Every state a small order can reach, every small command in it: the steps seen are exactly the
//! steps of the two tables, and what is offered is exactly what is accepted.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::allowed;
use super::fixtures::*;
use crate::order::{
    Claim, CommandKind, EditLine, FULFILLMENT_EDGES, FulfillmentEdge, FulfillmentStatus,
    HoldReason, ORDER_EDGES, Order, OrderCommand, OrderEdge, OrderEvent, OrderState, OrderStatus,
    Part, Stage, TaxMode, evolve, preview_edit,
};
use crate::value::{AttributeKey, AttributeValue, Money, Note, StageId, Tag, Units};

/// Tentative claims of the model end then; the model asks before and after.
const EXPIRY: i64 = 1_000;

/// How far a model goes.
struct Bounds {
    lines: &'static [(u32, &'static str)],
    fulfillments: u32,
    edits: bool,
    tentative: bool,
    /// Nobody knows what the last line is, until somebody names it.
    unnamed: bool,
}

/// What was seen while walking through a model.
#[derive(Default)]
struct Seen {
    order: BTreeSet<OrderEdge>,
    work: BTreeSet<FulfillmentEdge>,
    /// States from which some walk reaches an end.
    states: usize,
}

fn subsets(order: &Order) -> Vec<Vec<(u32, u32)>> {
    let ids: Vec<u32> = order.head.lines.iter().map(|line| line.id.get()).collect();
    let mut subsets: Vec<Vec<(u32, u32)>> = vec![];
    for id in &ids {
        subsets.push(vec![(*id, 1)]);
        subsets.push(vec![(*id, 2)]);
        subsets.push(vec![(*id, 3)]);
    }
    if ids.len() > 1 {
        subsets.push(ids.iter().map(|id| (*id, 1)).collect());
    }
    subsets
}

/// Commands that only state facts; they leave no trace in the key of a state.
fn facts() -> Vec<OrderCommand> {
    let stage = |name: &str| OrderCommand::SetStage {
        stage: Some(StageId::parse(name).unwrap()),
    };
    vec![
        hold(HoldReason::Review),
        OrderCommand::Hold {
            reason: HoldReason::Other,
            note: Some(reason("look")),
        },
        OrderCommand::ChangeCustomer {
            customer: Some(customer(1)),
        },
        OrderCommand::ChangeContacts {
            ship_to: Some(contact(1)),
            bill_to: None,
        },
        book_slot(Some("noon")),
        OrderCommand::Promise { by: Some(at(60)) },
        pay(captured("1.00"), None),
        OrderCommand::Tag {
            add: vec![Tag::parse("x").unwrap()],
            remove: vec![],
        },
        OrderCommand::AddNote {
            text: Note::parse("x").unwrap(),
        },
        OrderCommand::SetAttribute {
            key: AttributeKey::parse("x.y").unwrap(),
            value: Some(AttributeValue::parse("z").unwrap()),
        },
        stage("here"),
        stage("nowhere"),
    ]
}

fn edits(order: &Order) -> Vec<OrderCommand> {
    let one = |change: EditLine| edit(vec![change]);
    let mut edits: Vec<OrderCommand> = vec![];
    for line in &order.head.lines {
        let id = line.id.get();
        edits.push(one(change_price(id, "2.00")));
        edits.push(one(change_quantity(id, 1)));
        edits.push(one(remove(id)));
        if line.sku.known().is_none() {
            edits.push(one(name(id, "SKU-9")));
        }
    }
    edits
}

/// Every small command about an order.
fn commands(order: &Order, bounds: &Bounds) -> Vec<OrderCommand> {
    let mut all = facts();
    all.extend([
        OrderCommand::Approve,
        OrderCommand::release_all(),
        release(&[HoldReason::Payment]),
        cancel(),
        cancel_rest(),
        OrderCommand::Confirm,
    ]);
    let made = order.head.fulfillments_made;
    for lines in subsets(order) {
        all.push(cancel_lines(&lines));
        all.push(backorder(&lines));
        if made < bounds.fulfillments {
            let parts: Vec<_> = lines
                .iter()
                .map(|(line, units)| ("A", *line, *units))
                .collect();
            all.push(allocate(&parts));
            if bounds.tentative {
                all.push(allocate_until(&parts, EXPIRY));
            }
        }
    }
    for number in 1..=made {
        all.push(expire(&[number]));
        for lines in subsets(order).into_iter().chain([vec![]]) {
            if let [(line, units)] = lines[..] {
                all.push(cancel_at(number, line, units));
            }
            all.push(withdraw(number, &lines));
            all.push(pick(number, &lines));
            all.push(pack(number, &lines));
            all.push(unpick(number, &lines));
            all.push(put_back(number, &lines));
            all.push(ship(number, &lines));
            all.push(send_back(number, &lines));
        }
    }
    for shipment in order.fulfillments.values().flat_map(|work| &work.shipments) {
        all.push(OrderCommand::Deliver {
            shipment: shipment.id,
        });
        all.push(fail(shipment.id.get()));
        all.push(track(shipment.id.get(), "1Z"));
    }
    all.extend(edits(order));
    all
}

type Key = (
    OrderState,
    Option<OrderState>,
    Vec<([u32; 5], bool)>,
    Vec<(u8, Vec<[u32; 6]>, Vec<String>)>,
);

/// What makes two orders of the model different: everything but versions, words and times.
fn key(order: &Order) -> Key {
    let lines = order.head.lines.iter().map(|line| {
        let units = [
            line.ordered,
            line.open,
            line.backordered,
            line.allocated,
            line.cancelled,
        ];
        (units.map(Units::get), line.sku.known().is_some())
    });
    let works = order.fulfillments.values().map(|work| {
        let claim = match work.claim {
            Claim::Tentative { .. } => 0,
            Claim::Confirmed => 1,
            Claim::Expired => 2,
        };
        let shares = work.lines.iter().map(|share| {
            [
                share.reserved,
                share.picked,
                share.packed,
                share.shipped,
                share.delivered,
                share.returned,
            ]
            .map(Units::get)
        });
        let mut parcels: Vec<String> = work
            .shipments
            .iter()
            .map(|parcel| {
                let ends = [parcel.delivered_at, parcel.failed_at].map(|at| at.is_some());
                format!("{:?}{ends:?}", parcel.lines)
            })
            .collect();
        parcels.sort();
        (claim, shares.collect(), parcels)
    });
    let resume = order.head.hold.as_ref().map(|hold| hold.resume);
    (order.head.state, resume, lines.collect(), works.collect())
}

/// Forgets what the key does not hold, so that facts are asked anew in every state.
fn forget(order: &mut Order) {
    order.head.tags.clear();
    order.head.notes.clear();
    order.head.attributes.clear();
    order.head.payment = crate::order::Payment::none(currency());
    (order.head.customer, order.head.ship_to, order.head.stage) = (None, None, None);
    if let Some(hold) = &mut order.head.hold {
        hold.reasons = [HoldReason::Payment, HoldReason::Address].into();
        hold.note = None;
        hold.notes.clear();
    }
    for shipment in order
        .fulfillments
        .values_mut()
        .flat_map(|work| &mut work.shipments)
    {
        shipment.tracking = crate::order::Tracking::default();
    }
}

fn observe(seen: &mut Seen, before: &Order, command: CommandKind, events: &[OrderEvent]) -> Order {
    let mut after = before.clone();
    events.iter().for_each(|event| evolve(&mut after, event));
    let (from, to) = (before.head.state, after.head.state);
    seen.order.insert(OrderEdge { from, command, to });
    for part in events.iter().flat_map(OrderEvent::parts) {
        let Part::Fulfillment(id) = part else {
            continue;
        };
        let to = after.fulfillments[&id].status;
        match before.fulfillments.get(&id) {
            Some(work) => {
                let from = work.status;
                seen.work.insert(FulfillmentEdge { from, command, to });
            }
            None => assert_eq!(to, FulfillmentStatus::Approved, "how a fulfillment begins"),
        }
    }
    after
}

/// No sum is below nothing, no more went back or is to go back than was taken or than gift cards
/// cover, and no more is owed than is due and went back to them. Nothing is both to be paid and to
/// be given back, and once all of it went back, nothing more is either.
fn assert_sound_money(order: &Order) {
    let (payment, totals) = (&order.head.payment, &order.head.totals);
    assert!(!payment.authorised.is_negative());
    let [captured, refunded, waived, credited] = [
        payment.captured,
        payment.refunded,
        payment.waived,
        payment.credited,
    ]
    .map(Money::minor);
    assert!(refunded >= 0 && waived >= 0 && credited >= 0, "{payment:?}");
    let covered = -totals.gift_cards.minor();
    assert!(credited <= covered, "{credited} of {covered}");
    let back = order.to_give_back();
    assert!((0..=captured - refunded).contains(&back.money.minor()));
    assert!((0..=covered - credited).contains(&back.gift_cards.minor()));
    let retained = payment.retained.minor();
    assert!(retained >= 0, "{payment:?}");
    let most = (totals.due().minor() + credited - waived).max(0) + retained;
    let owed = order.owed().minor();
    assert!((0..=most).contains(&owed));
    let open = order.to_collect().minor();
    assert!(open == 0 || back.money.is_zero(), "{open} and {back:?}");
    if refunded == 0 {
        assert_eq!(open, (owed - captured).max(0), "{payment:?}");
    }
    let mut settled = order.clone();
    let paid = &mut settled.head.payment;
    paid.refunded = paid.refunded.checked_add(back.money).unwrap();
    paid.credited = paid.credited.checked_add(back.gift_cards).unwrap();
    let more = settled.to_give_back();
    assert!(
        more.money.is_zero() && more.gift_cards.is_zero(),
        "{more:?}"
    );
    assert_eq!(settled.to_collect().minor(), open, "{back:?}");
}

/// The parts add up, no tax and no discount is below nothing, no discount is more than what it
/// lowers, and the total is below nothing by gift cards and rebates alone.
fn assert_sound_sums(order: &Order) {
    let (head, totals) = (&order.head, &order.head.totals);
    assert!(totals.is_conserved(TaxMode::Exclusive));
    assert!(!head.discount.is_negative(), "{totals:?}");
    assert!(totals.discounts.amount() <= totals.lines.amount());
    let of_lines = head.lines.iter().map(|line| line.discount.minor());
    let discounts = head.discount.minor() + of_lines.sum::<i64>();
    assert_eq!(totals.discounts.minor(), discounts);
    if let Some(tax) = head.order_tax {
        assert_eq!(tax, totals.tax, "as stated");
        assert!(!tax.is_negative(), "{totals:?}");
    }
    let below = [totals.gift_cards, totals.fees, totals.tax];
    let below = below.map(|sum| sum.minor().min(0));
    let below: i64 = below.iter().sum();
    assert!(totals.total.minor() >= below, "{totals:?}");
}

/// What an edit was previewed with is what it made of the money.
pub(super) fn assert_previewed(before: &Order, command: &OrderCommand, after: &Order) {
    let OrderCommand::EditLines { changes } = command else {
        return;
    };
    let preview = preview_edit(before, changes).expect("accepted");
    let back = after.to_give_back();
    let expected = [after.to_collect(), back.money, back.gift_cards];
    let told = [preview.to_collect, preview.to_refund, preview.to_credit];
    assert_eq!(told, expected, "{changes:?}");
    let difference = after.owed().checked_sub(before.owed());
    assert_eq!(Ok(preview.difference), difference, "{changes:?}");
}

pub(super) fn assert_sound(order: &Order) {
    for (line, quantities) in order.quantities() {
        assert!(quantities.is_conserved(), "line {line}: {quantities:?}");
    }
    assert_sound_sums(order);
    assert_sound_money(order);
    assert_eq!(
        order.head.hold.is_some(),
        order.head.state == OrderState::OnHold
    );
    assert_eq!(
        order.head.cancellation.is_some(),
        order.head.state == OrderState::Cancelled
    );
    for work in order.fulfillments.values() {
        assert_eq!(work.status, work.derived_status());
    }
    for line in &order.head.lines {
        let shares = order
            .fulfillments
            .values()
            .filter_map(|work| work.line(line.id));
        let allocated = Units::try_sum(shares.map(crate::order::FulfillmentLine::total));
        assert_eq!(allocated, Some(line.allocated), "line {}", line.id);
    }
}

fn walk(bounds: &Bounds) -> Seen {
    let mut desk = Desk::new(bounds.lines);
    if bounds.unnamed {
        desk = Desk::unnamed(&draft(bounds.lines));
    }
    let stage = |status| Stage {
        id: StageId::parse("here").unwrap(),
        status,
    };
    desk.workflow.stages = OrderStatus::ALL.map(stage).to_vec();
    let mut seen = Seen::default();
    let mut known: HashSet<Key> = HashSet::from([key(&desk.order)]);
    let mut queue = VecDeque::from([desk.order.clone()]);
    while let Some(order) = queue.pop_front() {
        desk.order = order;
        let asked = commands(&desk.order, bounds);
        allowed::check(&desk, &asked);
        if desk
            .order
            .fulfillments
            .values()
            .any(|work| work.tentative_until().is_some())
        {
            desk.now = at(EXPIRY);
            allowed::check(&desk, &asked);
        }
        desk.now = at(1);
        for command in &asked {
            let Ok(events) = desk.ask(command) else {
                continue;
            };
            let mut after = observe(&mut seen, &desk.order, command.kind(), &events);
            assert_sound(&after);
            assert_previewed(&desk.order, command, &after);
            if command.kind() == CommandKind::EditLines && !bounds.edits {
                continue;
            }
            forget(&mut after);
            if known.insert(key(&after)) {
                queue.push_back(after);
            }
        }
    }
    seen.states = known.len();
    seen
}

#[test]
fn a_small_order_takes_every_step_of_the_tables_and_no_other() {
    let lines: [&'static [(u32, &'static str)]; 4] = [
        &[(3, "1.00")],
        &[(2, "1.00")],
        &[(1, "1.00"), (1, "1.00")],
        &[(3, "1.00")],
    ];
    let models = [
        Bounds {
            lines: lines[0],
            fulfillments: 1,
            edits: true,
            tentative: true,
            unnamed: false,
        },
        Bounds {
            lines: lines[1],
            fulfillments: 2,
            edits: true,
            tentative: true,
            unnamed: false,
        },
        Bounds {
            lines: lines[2],
            fulfillments: 2,
            edits: true,
            tentative: true,
            unnamed: false,
        },
        Bounds {
            lines: lines[3],
            fulfillments: 2,
            edits: false,
            tentative: false,
            unnamed: false,
        },
        Bounds {
            lines: lines[2],
            fulfillments: 2,
            edits: true,
            tentative: false,
            unnamed: true,
        },
    ];
    let (mut order, mut work) = (BTreeSet::new(), BTreeSet::new());
    for bounds in &models {
        let seen = walk(bounds);
        println!("{:?}: {} states", bounds.lines, seen.states);
        order.extend(seen.order);
        work.extend(seen.work);
    }
    let table: BTreeSet<OrderEdge> = ORDER_EDGES.iter().copied().collect();
    let foreign: Vec<_> = order.difference(&table).collect();
    let dead: Vec<_> = table.difference(&order).collect();
    assert!(
        foreign.is_empty() && dead.is_empty(),
        "not in the table: {foreign:?}, dead: {dead:?}"
    );
    assert_eq!(table.len(), ORDER_EDGES.len(), "an edge occurs twice");
    let table: BTreeSet<FulfillmentEdge> = FULFILLMENT_EDGES.iter().copied().collect();
    let foreign: Vec<_> = work.difference(&table).collect();
    let dead: Vec<_> = table.difference(&work).collect();
    assert!(
        foreign.is_empty() && dead.is_empty(),
        "not in the table: {foreign:?}, dead: {dead:?}"
    );
    assert_eq!(table.len(), FULFILLMENT_EDGES.len(), "an edge occurs twice");
}

#[test]
fn terminal_states_stay_terminal_and_every_other_state_has_a_way_out() {
    for state in OrderState::ALL {
        let leaves: BTreeSet<OrderState> = ORDER_EDGES
            .iter()
            .filter(|edge| edge.from == state && edge.to != state)
            .map(|edge| edge.to)
            .collect();
        assert_eq!(
            leaves.is_empty(),
            state.is_terminal(),
            "{state}: {leaves:?}"
        );
        assert_eq!(
            leaves.iter().any(|to| to.is_terminal()),
            !state.is_terminal(),
            "{state}"
        );
    }
    for status in FulfillmentStatus::ALL {
        let leaves: BTreeSet<FulfillmentStatus> = FULFILLMENT_EDGES
            .iter()
            .filter(|edge| edge.from == status && edge.to != status)
            .map(|edge| edge.to)
            .collect();
        assert_eq!(
            leaves.is_empty(),
            status.is_terminal(),
            "{status}: {leaves:?}"
        );
    }
}

#[test]
fn orders_that_are_over_know_only_these_commands() {
    let kinds = |state: OrderState| -> Vec<CommandKind> {
        let edges = ORDER_EDGES.iter().filter(|edge| edge.from == state);
        edges
            .map(|edge| edge.command)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    };
    use CommandKind as C;
    let words = [C::RecordPayment, C::Tag, C::AddNote, C::SetAttribute];
    assert_eq!(
        kinds(OrderState::Cancelled),
        [&[C::Cancel], &words[..]].concat()
    );
    let work = [C::ChangeTracking, C::Deliver, C::FailDelivery, C::Return];
    assert_eq!(kinds(OrderState::Closed), [&work[..], &words[..]].concat());
}
