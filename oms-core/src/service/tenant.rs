//! The calls of one tenant: every command alone, in bulk and dry.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::{Contact, Customer};
use crate::hub::{Hub, ZoneBook};
use crate::order::OrderCommand;
use crate::plan::{Command, DocumentKey, PlaceOrder, Rejection, Switchable, goes_with_order};
use crate::service::engine::Engine;
use crate::service::item::Ended;
use crate::service::{Call, Done, DryRun, Error, trace};
use crate::stock::{StockCommand, StockKey};
use crate::tenant::Settings;
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{CustomerId, FulfillmentId, HubId, OrderId, Reason, TenantId};

/// How often erasing a customer looks for rows that were stored meanwhile.
const ERASE_ROUNDS_MAX: u32 = 8;

/// The calls of one tenant. Cheap to clone.
///
/// Every command has the same four kinds of failure, and defects, see [`Error`]; a refusal writes
/// nothing.
///
/// Every read of a tenant without settings is refused with `unknown_tenant`. For the rest the type
/// of a read says what it answers about something that does not exist:
///
/// - `Option`: `None`, as from [`find_order`](Self::find_order), [`hub`](Self::hub) or
///   [`transfer`](Self::transfer).
/// - What is about one order by its id, about a SKU ([`overview`](Self::overview)) or about the
///   slots of a hub ([`slots`](Self::slots), [`slot`](Self::slot)) is refused with `not_found`
///   where the order, the SKU or the hub does not exist; a slot that the hub does not have is
///   `None`. Only [`explanation`](Self::explanation) answers `None` about an order that does not
///   exist.
/// - Rows, counters, streams, lists and [`zones`](Self::zones): zero or empty, whatever is asked.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub(crate) engine: Arc<Engine>,
    pub(crate) id: TenantId,
}

impl Tenant {
    pub(crate) const fn new(engine: Arc<Engine>, id: TenantId) -> Self {
        Self { engine, id }
    }

    /// Whose calls these are.
    #[must_use]
    pub const fn id(&self) -> &TenantId {
        &self.id
    }

    /// Runs any command.
    ///
    /// # Errors
    /// [`Error`], one variant per way a caller goes on.
    pub async fn execute(&self, command: Command, call: Call) -> Result<Done, Error> {
        let call = call.or_key(|| self.engine.new_key());
        let span = trace::span(&self.id, &command, &call);
        let commands = [(command, call)];
        let run = self.engine.run(&self.id, &commands);
        let ended = trace::within(&span, run).await.pop();
        // The engine answers item by item, so there is exactly one answer.
        let ended = ended.unwrap_or_else(|| Ended {
            result: Err(Error::unanswered()),
            replans: 0,
            stored: false,
        });
        trace::ended(&span, &ended);
        ended.result
    }

    /// Runs many commands, one after another in the order given, in batches of at most
    /// [`BATCH_ITEMS_MAX`](crate::value::limits::BATCH_ITEMS_MAX) that name no more than
    /// [`BATCH_LINES_MAX`](crate::value::limits::BATCH_LINES_MAX); answers in the same order. One
    /// that fails never takes its neighbours along. Only where the store was away for all of two
    /// batches in a row, those behind them are not sent, and answered with
    /// [`StoreError::Unavailable`](crate::port::StoreError::Unavailable).
    pub async fn bulk(&self, commands: &[(Command, Call)]) -> Vec<Result<Done, Error>> {
        let span = trace::bulk_span(&self.id, commands.len());
        let ended = trace::within(&span, self.engine.run(&self.id, commands)).await;
        trace::bulk_ended(&span, &ended);
        ended.into_iter().map(|ended| ended.result).collect()
    }

    /// Plans any command by the same code and writes nothing. Claims and stock that the command
    /// changes are checked as the store would check them.
    ///
    /// # Errors
    /// What the command itself would answer.
    pub async fn dry_run(&self, command: Command, call: Call) -> Result<DryRun, Error> {
        let span = trace::span(&self.id, &command, &call);
        let run = self.engine.dry_run(&self.id, &command, &call);
        let planned = trace::within(&span, run).await;
        trace::planned(&span, &planned);
        planned
    }

    /// Places an order.
    ///
    /// An order with an external reference that is known already is the same order: it is
    /// answered with `receipt.known` and nothing is written. [`Done::order`] says which it is.
    ///
    /// # Errors
    /// [`Error`]; refusals are those of [`decide_place`](crate::order::decide_place), an unknown or
    /// inactive channel or customer, and what `on_problem` does not accept.
    pub async fn place(&self, place: PlaceOrder, call: Call) -> Result<Done, Error> {
        self.execute(Command::Place(Box::new(place)), call).await
    }

    /// Runs a command on an order: approve, hold, pick, pack, ship, deliver, cancel, edit...
    ///
    /// # Errors
    /// [`Error`]; refusals are those of [`decide`](crate::order::decide()).
    pub async fn order_command(
        &self,
        order: OrderId,
        command: OrderCommand,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::Order { order, command }, call).await
    }

    /// Claims stock for what an order still waits for, at `hub` or the best one. Units of a line
    /// that has a tentative claim at the hub already end with that one. Where a line gets a part,
    /// its open units are claimed first, and what is on backorder goes on waiting.
    ///
    /// # Errors
    /// [`Error`]; refused when no hub can give anything.
    pub async fn assign(
        &self,
        order: OrderId,
        hub: Option<HubId>,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::Assign { order, hub }, call).await
    }

    /// Moves the work of a hub that has not begun it to `hub` or the best other one, with its
    /// claims on stock: all of it, or nothing moves.
    ///
    /// # Errors
    /// [`Error`]; refused when work has begun, when its claim is over, or no other hub has
    /// everything.
    pub async fn reassign(
        &self,
        order: OrderId,
        fulfillment: FulfillmentId,
        hub: Option<HubId>,
        call: Call,
    ) -> Result<Done, Error> {
        let command = Command::Reassign {
            order,
            fulfillment,
            hub,
        };
        self.execute(command, call).await
    }

    /// Gives an order other addresses, while no work has begun; `None` leaves an address. What the
    /// order's channel called its city, state and country stays beside them. An address that the
    /// order has changes nothing. What the channel says of its own is for
    /// [`follow_contacts`](Self::follow_contacts).
    ///
    /// # Errors
    /// [`Error`]; refused with `update_not_allowed` once work began.
    pub async fn change_contacts(
        &self,
        order: OrderId,
        ship_to: Option<Contact>,
        bill_to: Option<Contact>,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(
            Command::ChangeContacts {
                order,
                ship_to,
                bill_to,
            },
            call,
        )
        .await
    }

    /// Stores the tenant's settings; the first time, this creates the tenant.
    ///
    /// # Errors
    /// [`Error`]; refused when a value is out of range.
    pub async fn put_settings(&self, settings: Settings, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutSettings(settings), call).await
    }

    /// Creates or changes a sales channel.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_channel(&self, channel: SalesChannel, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutChannel(channel), call).await
    }

    /// Stores the tenant's delivery zones, all of them.
    ///
    /// # Errors
    /// [`Error`]; refused when a hub names a zone that would be gone.
    pub async fn put_zones(&self, zones: ZoneBook, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutZones(zones), call).await
    }

    /// Creates or changes a hub.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_hub(&self, hub: Hub, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutHub(hub), call).await
    }

    /// Creates or changes a SKU.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_product(&self, product: Product, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutProduct(product), call).await
    }

    /// Says what a channel calls a SKU; [`sku_mappings`](Self::sku_mappings) lists what was said.
    /// [`deactivate`](Self::deactivate) takes the name back.
    ///
    /// # Errors
    /// [`Error`]; refused when the channel or the SKU does not exist.
    pub async fn put_sku_mapping(&self, mapping: SkuMapping, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutSkuMapping(mapping), call).await
    }

    /// Creates or changes a customer; `contact` replaces name and address, and an empty one takes
    /// them away. The row of the one before is no longer the customer's contact; it stays until the
    /// customer is erased. A customer is found by the id: derive it from the host's own, or take a
    /// unique name for it in the same call, which needs a key then, as [`Customer`] shows.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_customer(
        &self,
        customer: Customer,
        contact: Option<Contact>,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::PutCustomer { customer, contact }, call)
            .await
    }

    /// Switches a hub, SKU, SKU mapping, channel or customer on; one that is on stays as it is.
    ///
    /// # Errors
    /// [`Error`]; refused when it does not exist.
    pub async fn activate(&self, document: Switchable, call: Call) -> Result<Done, Error> {
        let active = true;
        self.execute(Command::SetActive { document, active }, call)
            .await
    }

    /// Switches a hub, SKU, SKU mapping, channel or customer off: it is not used for anything new.
    /// What is there stays; the open work of a hub moves with
    /// [`Rerouting::switch_off`](crate::service::Rerouting::switch_off).
    ///
    /// # Errors
    /// [`Error`]; refused when it does not exist.
    pub async fn deactivate(&self, document: Switchable, call: Call) -> Result<Done, Error> {
        let active = false;
        self.execute(Command::SetActive { document, active }, call)
            .await
    }

    /// Erases the names, addresses and payloads of a customer, and the host's own documents that
    /// are indexed as personal, and marks the customer erased and inactive, so that nothing new is
    /// ordered. Orders and their history stay, without personal data. Answers how many rows were
    /// erased.
    ///
    /// It asks the store for a page of rows at a time until nothing more is found, so any number of
    /// them is erased, and those that were stored meanwhile too. What belongs to another customer
    /// stays, also on orders this one had before or until a moment ago. What was taken in and not
    /// placed yet names no customer, unless its draft does, and stays:
    /// [`Intakes::discard`](crate::service::Intakes::discard). What was given for orders that name
    /// no customer stays, too: [`erase_order`](Self::erase_order).
    ///
    /// The call's key, expected version and extension are not used: each page of rows is a command
    /// of its own. Repeating the call is harmless.
    ///
    /// # Errors
    /// [`Error`]; refused when the customer does not exist, and with `not_erasable` when rows keep
    /// going to another customer. [`Error::Contended`] when rows keep coming. What was erased
    /// before a failure stays erased; ask again for the rest.
    pub async fn erase_customer(&self, customer: CustomerId, call: Call) -> Result<usize, Error> {
        let mut named = BTreeSet::new();
        let mut rows = self.personal(customer, None, PAGE_ITEMS_MAX).await?;
        let mut rounds = 0;
        while rounds < ERASE_ROUNDS_MAX {
            let known = named.len();
            let mut handed_over = None;
            for page in pages(&rows) {
                let rows = page.to_vec();
                let erase = Command::EraseCustomer { customer, rows };
                match self.execute(erase, call.for_a_step()).await {
                    Ok(_) => named.extend(page.iter().cloned()),
                    // One of them is another customer's by now: ask anew for what is left.
                    Err(error @ Error::Rejected(Rejection::NotErasable { .. })) => {
                        handed_over = Some(error);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            // More than a page was there from the beginning; the rest came meanwhile, or stays.
            if rows.len() < PAGE_ITEMS_MAX || named.len() == known || handed_over.is_some() {
                rounds += 1;
            }
            rows = self.personal(customer, None, PAGE_ITEMS_MAX).await?;
            match handed_over {
                Some(error) if rounds == ERASE_ROUNDS_MAX => return Err(error),
                None if rows.is_empty() => return Ok(named.len()),
                Some(_) | None => {}
            }
        }
        Err(Error::contended(ERASE_ROUNDS_MAX, None))
    }

    /// The keys of a customer's erasable rows, a page at most.
    pub(crate) async fn personal(
        &self,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, Error> {
        let store = &self.engine.store;
        let rows = store.personal(&self.id, customer, after, limit).await;
        rows.map_err(Error::from)
    }

    /// Erases the names, addresses and payload that were given for an order, also addresses that it
    /// does not point to any more: of one that is finished
    /// ([`is_terminal`](crate::order::OrderStatus::is_terminal)), and of one that names no customer
    /// however far it has come. The order and its history stay, without personal data, and so does
    /// the customer. Answers how many rows were erased.
    ///
    /// Of an order that is not finished, what names a customer stays, such as the payload of a
    /// customer who had it before: it is erased with that customer's data. Documents of the host's
    /// own that are indexed as personal for the order are known to the host alone: it names them in
    /// [`Command::EraseOrder`]. No event tells of it.
    ///
    /// The call's key, expected version and extension are not used: each page of rows is a command
    /// of its own. Repeating the call is harmless.
    ///
    /// # Errors
    /// [`Error`]; an unknown order is refused with `not_found`, and one that is not finished and
    /// names a customer with `names_customer`: [`erase_customer`](Self::erase_customer) is for
    /// that. [`Error::Contended`] when rows keep coming. What was erased before a failure stays
    /// erased; ask again for the rest.
    pub async fn erase_order(&self, order: OrderId, call: Call) -> Result<usize, Error> {
        let mut named = BTreeSet::new();
        for _ in 0..ERASE_ROUNDS_MAX {
            let rows = self.given_for(order).await?;
            if rows.is_empty() {
                return Ok(named.len());
            }
            for page in rows.chunks(BATCH_ITEMS_MAX) {
                let rows = page.to_vec();
                let erase = Command::EraseOrder { order, rows };
                self.execute(erase, call.for_a_step()).await?;
                named.extend(page.iter().cloned());
            }
        }
        Err(Error::contended(ERASE_ROUNDS_MAX, None))
    }

    /// What is left of the rows that an order ever pointed to and that are erased with it.
    async fn given_for(&self, id: OrderId) -> Result<Vec<DocumentKey>, Error> {
        let order = self.order(id).await?;
        let finished = order.status().is_terminal();
        if let Some(customer) = order.head.customer.filter(|_| !finished) {
            let order = id;
            return Err(Rejection::NamesCustomer { order, customer }.into());
        }
        let rows = self.rows_ever_of(id).await?.into_iter();
        let left = rows.filter(|row| goes_with_order(id, finished, row.customer, row.order));
        Ok(left.map(|row| row.document).collect())
    }

    /// Moves stock of a SKU at a hub, or sets how it is kept, without reading the row again;
    /// [`move_stock`](Self::move_stock) does the same and tells what is left and which reservations
    /// are affected.
    ///
    /// # Errors
    /// [`Error`]; see [`StockRejection`](crate::stock::StockRejection).
    pub async fn stock_command(
        &self,
        key: StockKey,
        command: StockCommand,
        reason: Reason,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(
            Command::Stock {
                key,
                command,
                reason,
            },
            call,
        )
        .await
    }
}

/// The rows in pages; no rows are one empty page, for the mark on the customer.
fn pages(rows: &[DocumentKey]) -> impl Iterator<Item = &[DocumentKey]> {
    let empty = rows.is_empty().then_some(rows);
    empty.into_iter().chain(rows.chunks(BATCH_ITEMS_MAX))
}
