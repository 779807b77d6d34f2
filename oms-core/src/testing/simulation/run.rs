//! One run: callers go on one at a time, in the order that the seed says.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::Poll;

use crate::order::Order;
use crate::plan::Command;
use crate::service::{Caching, Call, Done, DryRun, Error, Oms, Sweep};
use crate::tenant::Settings;
use crate::testing::simulation::invariants::{counted, durable, stock, tenants};
use crate::testing::simulation::network::Network;
use crate::testing::simulation::options::{Options, Plot, Trouble, World};
use crate::testing::simulation::picture::Picture;
use crate::testing::simulation::report::{Broken, Checked, Failure, Report};
use crate::testing::simulation::state::State;
use crate::testing::simulation::trace::Commands;
use crate::testing::simulation::trouble::some_of;
use crate::testing::simulation::workload::{Board, Chooser, Mix, Wish};
use crate::testing::{FakeClock, FakeIds, Random, build};
use crate::value::{OrderId, TenantId};

const TENANTS: [&str; 4] = ["acme", "bolt", "cask", "dune"];

/// What the future of an operation answers.
#[derive(Debug)]
pub(super) enum Answer {
    Commands(Vec<Result<Done, Error>>),
    Dry(Box<Result<DryRun, Error>>),
    Sweep(Result<Sweep, Error>),
    Look(Box<Result<Order, Error>>),
    List(Result<usize, Error>),
    Erase(Result<usize, Error>),
}

pub(super) type Running = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Somebody who waits for one answer at a time.
pub(super) struct Caller {
    pub(super) host: usize,
    /// The number of the operation and its future.
    pub(super) running: Option<(usize, Running)>,
}

/// An operation: for whom, and what it was about.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) tenant: TenantId,
    pub(super) commands: Commands,
    /// The order to be read, and the version somebody was told it has.
    look: Option<(OrderId, crate::value::Version)>,
}

impl Operation {
    /// The order to be read, and the version it had when the operation began.
    pub(super) const fn look(&self) -> Option<(OrderId, crate::value::Version)> {
        self.look
    }
}

/// One run.
pub(super) struct Run {
    pub(super) options: Options,
    pub(super) random: Random,
    pub(super) world: World,
    pub(super) network: Network,
    pub(super) tenants: Vec<TenantId>,
    pub(super) mix: Mix,
    pub(super) boards: BTreeMap<TenantId, Board>,
    pub(super) operations: Vec<Operation>,
    ids: FakeIds,
    /// Whether hosts remember what the store said: in three runs of four.
    caching: bool,
    pub(super) hosts: Vec<Oms>,
    pub(super) callers: Vec<Caller>,
    pub(super) trouble: Trouble,
}

impl Run {
    pub(super) fn new(seed: u64, options: &Options, world: World) -> Self {
        let mut random = Random::new(seed);
        let start = crate::port::Clock::now(&FakeClock::default());
        let state = State::new(seed, random.fork(), start);
        let network = Network::new(world.store.clone(), state);
        let mix = Mix::new(options, &mut random);
        let trouble = some_of(options.trouble, &mut random);
        let tenants = TENANTS.iter().take(options.tenants.max(1));
        let mut run = Self {
            options: options.clone(),
            tenants: tenants.map(|id| build::tenant(id)).collect(),
            ids: FakeIds::new(random.next_u64()),
            caching: !seed.is_multiple_of(4),
            random,
            world,
            network,
            mix,
            boards: BTreeMap::new(),
            operations: Vec::new(),
            hosts: Vec::new(),
            callers: Vec::new(),
            trouble,
        };
        run.hosts = (0..options.hosts.max(1)).map(|_| run.host()).collect();
        let hosts = run.hosts.len();
        let caller = |at| Caller {
            host: at % hosts,
            running: None,
        };
        run.callers = (0..options.callers.max(1)).map(caller).collect();
        run
    }

    /// A program that has just started.
    pub(super) fn host(&self) -> Oms {
        let store = Arc::new(self.network.clone());
        // What happens on the way is told of the caller that was on its turn, so each goes alone.
        let clock = Arc::new(self.network.clone());
        let caching = self.caching.then(Caching::default);
        let builder = Oms::builder(store).coalescing(None);
        let builder = builder.clock(clock).caching(caching);
        builder.build_with_ids(Arc::new(self.ids.clone()))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.network.state()
    }

    /// The whole run.
    pub(super) async fn play(mut self) -> Result<Report, Box<Failure>> {
        match self.scenes().await {
            Ok(()) => {
                let mut state = self.state();
                state.report.trace = state.trace.hash();
                state.report.steps = state.step;
                Ok(state.report.clone())
            }
            Err(broken) => {
                let state = self.state();
                Err(Box::new(Failure {
                    seed: state.report.seed,
                    step: state.step,
                    invariant: broken.invariant,
                    detail: broken.detail,
                    tail: state.trace.tail(),
                }))
            }
        }
    }

    async fn scenes(&mut self) -> Checked {
        let start = self.state().now;
        self.set_clock(start).await?;
        self.open().await?;
        self.state().trouble = self.trouble;
        let mut next_check = self.options.checkpoint_every.max(1);
        let begun = self.operations.len();
        loop {
            let done = self.operations.len() - begun;
            let more = done < self.options.operations;
            if !more && self.callers.iter().all(|caller| caller.running.is_none()) {
                break;
            }
            self.step(more).await?;
            if done >= next_check {
                next_check = done + self.options.checkpoint_every.max(1);
                self.checkpoint().await?;
            }
        }
        self.finale().await
    }

    /// One step: somebody goes on, or something happens to them.
    async fn step(&mut self, more: bool) -> Checked {
        self.state().step += 1;
        let busy: Vec<usize> = (0..self.callers.len())
            .filter(|at| {
                self.callers
                    .get(*at)
                    .is_some_and(|one| one.running.is_some())
            })
            .collect();
        if self.random.chance(self.trouble.crash)
            && let Some(at) = self.random.pick(&busy).copied()
        {
            self.crash(at);
        } else if self.random.chance(self.trouble.outage) {
            self.outage();
        } else if self.random.chance(self.trouble.jump) {
            self.jump().await?;
        } else if self.random.chance(200) && !self.state().stragglers.is_empty() {
            self.deliver_one().await;
        } else {
            let at = if more {
                self.random.index(self.callers.len())
            } else {
                self.random.pick(&busy).copied().unwrap_or(0)
            };
            self.go_on(at).await?;
        }
        match self.state().broken.take() {
            Some(broken) => Err(broken),
            None => Ok(()),
        }
    }

    /// Lets a caller go on until it has to wait, beginning something new if it is idle.
    async fn go_on(&mut self, at: usize) -> Checked {
        let idle = self
            .callers
            .get(at)
            .is_some_and(|caller| caller.running.is_none());
        if idle {
            let tenant = self.random.pick(&self.tenants).cloned();
            let Some(tenant) = tenant else { return Ok(()) };
            let wish = self.wish(&tenant);
            let host = self.callers.get(at).map_or(0, |caller| caller.host);
            let running = self.begin(host, tenant, wish);
            if let Some(caller) = self.callers.get_mut(at) {
                caller.running = Some(running);
            }
        }
        let Some(caller) = self.callers.get_mut(at) else {
            return Ok(());
        };
        let Some((op, running)) = &mut caller.running else {
            return Ok(());
        };
        let op = *op;
        let answer = poll_once(&self.network, op, running).await;
        if let Some(answer) = answer {
            caller.running = None;
            self.answered(op, answer)?;
        }
        Ok(())
    }

    fn wish(&mut self, tenant: &TenantId) -> Wish {
        self.choose(tenant, |chooser| chooser.wish())
    }

    /// The settings a tenant begins with; plain ones where exactness counts.
    pub(super) fn first_settings(&mut self, tenant: &TenantId) -> Settings {
        match self.options.plot {
            Plot::Everyday => self.choose(tenant, |chooser| chooser.settings()),
            Plot::SellOut => Settings::default(),
        }
    }

    fn choose<T>(&mut self, tenant: &TenantId, choice: impl FnOnce(&mut Chooser<'_>) -> T) -> T {
        let mut state = self.network.state();
        let now = state.now;
        let mut chooser = Chooser {
            random: &mut self.random,
            mix: &self.mix,
            book: state.book(tenant),
            board: self.boards.entry(tenant.clone()).or_default(),
            now,
        };
        choice(&mut chooser)
    }

    /// Begins an operation on a host and answers its number and future.
    pub(super) fn begin(&mut self, host: usize, tenant: TenantId, wish: Wish) -> (usize, Running) {
        let op = self.operations.len();
        let host = self.hosts.get(host).cloned().unwrap_or_else(|| self.host());
        let calls = host.tenant(tenant.clone());
        let mut look = None;
        let (name, commands, running): (&str, Vec<(Command, Call)>, Running) = match wish {
            Wish::One(command, call) => {
                let one = (command.clone(), call.clone());
                let running =
                    async move { Answer::Commands(vec![calls.execute(command, call).await]) };
                ("one", vec![one], Box::pin(running))
            }
            Wish::Bulk(all) => {
                let kept = all.clone();
                let running = async move { Answer::Commands(calls.bulk(&all).await) };
                ("bulk", kept, Box::pin(running))
            }
            Wish::Dry(command, call) => {
                let one = (command.clone(), call.clone());
                let running =
                    async move { Answer::Dry(Box::new(calls.dry_run(command, call).await)) };
                ("dry", vec![one], Box::pin(running))
            }
            Wish::Sweep => {
                let running = async move { Answer::Sweep(calls.sweep().await) };
                ("sweep", vec![], Box::pin(running))
            }
            Wish::Look(id) => {
                let version = self
                    .state()
                    .book(&tenant)
                    .orders
                    .get(&id)
                    .map(|one| one.version);
                look = version.map(|version| (id, version));
                let running = async move { Answer::Look(Box::new(calls.order(id).await)) };
                ("look", vec![], Box::pin(running))
            }
            Wish::List => {
                let running = async move {
                    let page = calls.orders(&Default::default(), None, 5).await;
                    Answer::List(page.map(|page| page.items.len()))
                };
                ("list", vec![], Box::pin(running))
            }
            Wish::Erase(customer, call) => {
                let running =
                    async move { Answer::Erase(calls.erase_customer(customer, call).await) };
                ("erase", vec![], Box::pin(running))
            }
        };
        let commands = Arc::new(commands);
        let mut state = self.network.state();
        let step = state.step;
        let names: Vec<&str> = commands.iter().map(|(command, _)| command.name()).collect();
        let what = format_args!("operation {op} of {tenant} begins: {name} {names:?}");
        state.trace.begin(step, what, commands.clone());
        state.operations.push(commands.clone());
        drop(state);
        self.operations.push(Operation {
            tenant,
            commands,
            look,
        });
        (op, running)
    }

    /// Runs an operation to its end without letting anybody else go on.
    pub(super) async fn alone(&mut self, tenant: TenantId, wish: Wish) -> Result<usize, Broken> {
        let (op, mut running) = self.begin(0, tenant, wish);
        loop {
            self.state().step += 1;
            if let Some(answer) = poll_once(&self.network, op, &mut running).await {
                self.answered(op, answer)?;
                break;
            }
        }
        match self.state().broken.take() {
            Some(broken) => Err(broken),
            None => Ok(op),
        }
    }

    /// Compares everything stored with everything that must be.
    pub(super) async fn checkpoint(&mut self) -> Checked {
        let limit = 1 + self.random.index(40);
        for tenant in self.tenants.clone() {
            let picture = self.picture(&tenant, limit).await?;
            let mut state = self.network.state();
            let book = state.book(&tenant);
            picture.check_audit()?;
            durable::check_all(book, &picture)?;
            stock::check_rows(book, &picture)?;
            counted::check_all(book, &picture)?;
        }
        self.check_tenants().await
    }

    /// Folds every stored history again; the book did so as they grew.
    pub(super) fn check_histories(&self, tenant: &TenantId, picture: &Picture) -> Checked {
        durable::check_histories(self.state().book(tenant), picture)
    }

    pub(super) async fn picture(
        &mut self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Picture, Broken> {
        // The book is taken out while it is read, so that nothing is locked in between.
        let book = self.state().books.remove(tenant);
        let Some(book) = book else {
            return Err(Broken::new("end", format!("{tenant} has no book")));
        };
        let unused = self.unused_keys(tenant, &book);
        let picture = Picture::take(self.network.store(), &book, &unused, limit).await;
        self.state().books.insert(tenant.clone(), book);
        picture
    }

    async fn check_tenants(&mut self) -> Checked {
        let books = std::mem::take(&mut self.state().books);
        let store = self.network.store();
        for book in books.values() {
            for other in books.values().filter(|other| other.tenant != book.tenant) {
                tenants::check_hidden(store, book, other).await?;
            }
        }
        tenants::check_nobody(store, &build::tenant("nobody")).await?;
        self.state().books = books;
        Ok(())
    }
}

/// Lets an operation go on until it waits for the simulated network or is done. A store that
/// itself waits is waited for, so that callers go on one at a time on any store.
async fn poll_once(network: &Network, op: usize, running: &mut Running) -> Option<Answer> {
    network.state().op = op;
    poll_fn(|context| match running.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if std::mem::take(&mut network.state().paused) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}
