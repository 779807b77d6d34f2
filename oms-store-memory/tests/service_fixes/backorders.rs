//! Edits of an order that waits for goods.

use futures_executor::block_on;
use oms_core::order::{EditLine, Line, OrderCommand};
use oms_core::plan::{OnProblem, PlaceOrder};
use oms_core::testing::build;
use oms_core::value::OrderId;

use crate::world::{World, call};

impl World {
    /// An order of five units, two of which are there.
    fn waiting(&self) -> OrderId {
        self.receive(2);
        let mut draft = Self::draft(1);
        draft.lines[0].quantity = build::quantity(5);
        let mut place = PlaceOrder::new(draft);
        place.on_problem = OnProblem::Backorder;
        self.place(place)
    }

    fn change_quantity(&self, order: OrderId, units: u32) -> Result<(), String> {
        let change = EditLine::Change {
            line: build::line(1),
            sku: None,
            quantity: Some(build::quantity(units)),
            unit_price: None,
            discount: None,
            tax: None,
        };
        let changes = vec![change];
        let command = OrderCommand::EditLines { changes };
        let done = block_on(self.tenant.order_command(order, command, call()));
        done.map(drop).map_err(|error| error.code().to_owned())
    }

    /// Units of its line that are open, on backorder and allocated.
    fn units(&self, order: OrderId) -> [u32; 3] {
        let order = block_on(self.tenant.order(order)).unwrap();
        let line: &Line = &order.head.lines[0];
        [line.open, line.backordered, line.allocated].map(oms_core::value::Units::get)
    }
}

#[test]
fn who_waits_for_goods_may_order_less_of_them() {
    let world = World::new();
    let order = world.waiting();
    assert_eq!(world.units(order), [0, 3, 2]);
    world.change_quantity(order, 4).unwrap();
    assert_eq!(world.units(order), [0, 2, 2]);
    world.change_quantity(order, 2).unwrap();
    assert_eq!(world.units(order), [0, 0, 2]);
    assert_eq!(world.level().reserved.get(), 2);
    world.check();
}

#[test]
fn units_that_nobody_waited_for_must_be_there() {
    let world = World::new();
    let order = world.waiting();
    assert_eq!(world.change_quantity(order, 6), Err("short".to_owned()));
    assert_eq!(world.units(order), [0, 3, 2]);
    world.receive(1);
    world.change_quantity(order, 6).unwrap();
    assert_eq!(world.units(order), [0, 3, 3]);
    world.check();
}
