//! Taking orders in: what the channel says of each is respected.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::channel::Incoming;
use oms_core::event::ActorKind;
use oms_core::order::{OrderCommand, OrderStatus};
use oms_core::plan::{Command, OnProblem, PlaceOrder, Rejection, ReserveMode};
use oms_core::service::{Call, Done, Error, Tenant};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{OrderId, OrderNumber};

use crate::failure::{Failure, Trying};
use crate::inbox::{Inbox, InboxOrder, Kind, OrderFile};
use crate::intake::{self, Treatment};
use crate::progress::Progress;
use crate::rejects::refused_rows;
use crate::report::{Known, LeftOut, Refused, Remark, Step, StepKind};
use crate::{who, words};

/// What became of the orders, beside those that were simply stored.
#[derive(Debug, Default)]
pub(crate) struct Import {
    pub(crate) refused: Vec<Refused>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) known: Vec<Known>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) steps: Vec<Step>,
    /// The orders of the files that the store has, by number: new ones and known ones.
    pub(crate) orders: BTreeMap<OrderNumber, OrderId>,
    /// Those of them that this run stored.
    pub(crate) new: BTreeSet<OrderId>,
    /// Orders that were approved when they were stored.
    approved: Vec<OrderNumber>,
}

/// Places every order of every file, in their order.
pub(crate) async fn take_in(
    tenant: &Tenant,
    inbox: &mut Inbox,
    unpaid_ttl_secs: Option<i64>,
    progress: &Progress,
) -> Result<Import, Failure> {
    let mut import = Import::default();
    for mut file in std::mem::take(&mut inbox.files) {
        let mut orders = std::mem::take(&mut file.orders);
        // An older file of the same order, read after it, is known as such.
        let each = orders.iter_mut();
        each.for_each(|order| order.incoming.keep_changed_at());
        for batch in orders.chunks(BATCH_ITEMS_MAX) {
            let mut round = Round::new(&mut import, &mut file, inbox, unpaid_ttl_secs);
            round.run(tenant, batch).await?;
            progress.advance(batch.len());
        }
        inbox.files.push(file);
    }
    import.tell_approved();
    Ok(import)
}

impl Import {
    fn tell_approved(&mut self) {
        let mut numbers = std::mem::take(&mut self.approved);
        numbers.sort_unstable();
        if numbers.is_empty() {
            return;
        }
        let text = format!(
            "{} approved at once, as nothing stood against that.",
            words::orders(&numbers)
        );
        let step = Step {
            step: StepKind::Approved,
            orders: numbers,
            text,
        };
        self.steps.insert(0, step);
    }
}

/// One batch of orders of one file.
struct Round<'a> {
    import: &'a mut Import,
    file: &'a mut OrderFile,
    inbox: &'a mut Inbox,
    unpaid_ttl_secs: Option<i64>,
    then: Vec<Then>,
}

/// What is done with an order once it is stored.
struct Then {
    number: OrderNumber,
    reference: String,
    order: OrderId,
    command: OrderCommand,
    call: Call,
}

impl<'a> Round<'a> {
    const fn new(
        import: &'a mut Import,
        file: &'a mut OrderFile,
        inbox: &'a mut Inbox,
        unpaid_ttl_secs: Option<i64>,
    ) -> Self {
        Self {
            import,
            file,
            inbox,
            unpaid_ttl_secs,
            then: Vec::new(),
        }
    }

    async fn run(&mut self, tenant: &Tenant, batch: &[InboxOrder]) -> Result<(), Failure> {
        let mut taken = Vec::new();
        let mut commands = Vec::new();
        for order in batch {
            self.remark(&order.incoming);
            let on_account = self.file.kind == Kind::Csv;
            match intake::treatment(&order.incoming, on_account, self.unpaid_ttl_secs) {
                Treatment::LeaveOut => self.leave_out(&order.incoming),
                Treatment::Take { reserve, then } => {
                    let place = place(self.file.kind, &order.incoming, reserve);
                    commands.push((Command::Place(Box::new(place)), call(self.file)));
                    taken.push((order, then));
                }
            }
        }
        let results = tenant.bulk(&commands).await;
        for ((order, then), result) in taken.into_iter().zip(results) {
            match result {
                Ok(done) => self.stored(tenant, order, then, &done).await?,
                Err(Error::Rejected(rejection)) => self.refuse(order, &rejection),
                Err(other) => return Err(other).trying("placing an order"),
            }
        }
        self.follow_up(tenant).await
    }

    fn remark(&mut self, order: &Incoming) {
        let remark = |warning: &oms_core::channel::ChannelWarning| Remark {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            code: warning.code(),
            text: warning.to_string(),
        };
        let remarks: Vec<Remark> = order.warnings.iter().map(remark).collect();
        self.import.remarks.extend(remarks);
    }

    fn leave_out(&mut self, order: &Incoming) {
        self.file.row.left_out += 1;
        self.import.left_out.push(LeftOut {
            file: self.file.name.clone(),
            reference: words::reference_of(&order.draft),
            suggestion: order.state.suggestion.code(),
            text: words::left_out(&order.state.suggestion),
        });
    }

    async fn stored(
        &mut self,
        tenant: &Tenant,
        order: &InboxOrder,
        then: Option<OrderCommand>,
        done: &Done,
    ) -> Result<(), Failure> {
        let Some(receipt) = &done.receipt.order else {
            return Ok(());
        };
        let (id, number) = (receipt.id, receipt.number);
        let reference = words::reference_of(&order.incoming.draft);
        self.import.orders.insert(number, id);
        if !done.receipt.known {
            self.file.row.stored += 1;
            self.import.new.insert(id);
            if receipt.status == OrderStatus::Approved {
                self.import.approved.push(number);
            }
            self.and_then(id, number, reference, then);
            return Ok(());
        }
        self.file.row.known += 1;
        self.import.known.push(Known {
            file: self.file.name.clone(),
            reference: reference.clone(),
            number,
        });
        // An order that comes twice is told of the second what the first left of it.
        if self.then.iter().any(|then| then.order == id) {
            self.follow_up(tenant).await?;
        }
        let told = intake::told(tenant, &order.incoming, then, receipt).await;
        for command in told.trying("reading an order that was stored before")? {
            self.and_then(id, number, reference.clone(), Some(command));
        }
        Ok(())
    }

    fn and_then(
        &mut self,
        order: OrderId,
        number: OrderNumber,
        reference: String,
        command: Option<OrderCommand>,
    ) {
        if let Some(command) = command {
            self.then.push(Then {
                number,
                reference,
                order,
                call: intake::once(call(self.file), order, &command),
                command,
            });
        }
    }

    fn refuse(&mut self, order: &InboxOrder, rejection: &Rejection) {
        self.file.row.refused += 1;
        let draft = &order.incoming.draft;
        self.import.refused.push(Refused {
            file: self.file.name.clone(),
            reference: words::reference_of(draft),
            code: rejection.code(),
            text: words::rejection(rejection),
            lines: order.lines.clone(),
        });
        let Some(headers) = &self.file.headers else {
            return;
        };
        let sku = |line: &oms_core::order::DraftLine| line.sku.as_ref().map(ToString::to_string);
        let skus: Vec<Option<String>> = draft.lines.iter().map(sku).collect();
        let payload = draft.payload.as_ref();
        let rows = refused_rows(rejection, &skus, &order.lines, payload, headers);
        self.inbox.reject_more(&self.file.name, rows);
    }

    /// Does what the channel's word asks for once the order is stored. What an order does not allow
    /// any more is remarked on: it may have gone on since an earlier run.
    async fn follow_up(&mut self, tenant: &Tenant) -> Result<(), Failure> {
        let then = std::mem::take(&mut self.then);
        let asked = |then: &Then| (then.order, then.command.clone(), then.call.clone());
        let asked: Vec<_> = then.iter().map(asked).collect();
        let results = intake::tell_all(tenant, &asked).await;
        for (then, result) in then.into_iter().zip(results) {
            match result {
                Ok(done) if done.repeated || done.receipt.events.is_empty() => {}
                Ok(done) => self.tell(then.number, &then.command, &done),
                Err(Error::Rejected(rejection)) => self.import.remarks.push(Remark {
                    file: self.file.name.clone(),
                    reference: then.reference,
                    code: rejection.code(),
                    text: format!(
                        "the channel's word ({}) came too late: {}",
                        then.command.kind(),
                        words::rejection(&rejection)
                    ),
                }),
                Err(other) => return Err(other).trying("following the channel's word"),
            }
        }
        Ok(())
    }

    fn tell(&mut self, number: OrderNumber, command: &OrderCommand, done: &Done) {
        let told = if let OrderCommand::Cancel { reason } = command {
            let text = format!("Order {number} was stored and cancelled at once: {reason}.");
            Some((StepKind::CancelledByChannel, text))
        } else if *command == OrderCommand::Confirm {
            let receipt = done.receipt.order.as_ref();
            let status = receipt.map_or(OrderStatus::Pending, |receipt| receipt.status);
            let is = words::status(status);
            let text = format!("Order {number} came again as paid and is {is} now.");
            Some((StepKind::PaidLater, text))
        } else {
            None
        };
        self.import.steps.extend(told.map(|(step, text)| Step {
            step,
            orders: vec![number],
            text,
        }));
    }
}

/// Shop orders are stored whatever stands against them, since the buyer has paid there; a row of a
/// CSV file has an author who can be told.
fn place(kind: Kind, order: &Incoming, reserve: ReserveMode) -> PlaceOrder {
    let on_problem = match kind {
        Kind::Shopify | Kind::WooCommerce => OnProblem::Hold,
        Kind::Csv => OnProblem::Refuse,
    };
    PlaceOrder {
        on_problem,
        reserve,
        ..PlaceOrder::new(order.draft.clone())
    }
}

fn call(file: &OrderFile) -> Call {
    let reason = format!("read from {}", file.name);
    match file.kind {
        Kind::Shopify | Kind::WooCommerce => {
            who::by_because(ActorKind::Channel, file.channel.as_str(), &reason)
        }
        Kind::Csv => who::by_because(ActorKind::Person, file.channel.as_str(), &reason),
    }
}
