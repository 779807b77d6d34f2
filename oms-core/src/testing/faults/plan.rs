//! Which call meets which fault.

use std::collections::BTreeMap;

use crate::testing::Random;
use crate::testing::faults::Call;
use crate::value::TenantId;

/// A method of [`Store`](crate::port::Store).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each names the method of `Store` documented there"
)]
pub enum Method {
    Prefetch,
    Commit,
    TakeNumbers,
    Orders,
    Documents,
    Personal,
    History,
    Stock,
    Movements,
    Reservations,
    Jobs,
    Tenants,
    ForgetCommands,
    ForgetCounters,
    Audit,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 15] = [
        Self::Prefetch,
        Self::Commit,
        Self::TakeNumbers,
        Self::Orders,
        Self::Documents,
        Self::Personal,
        Self::History,
        Self::Stock,
        Self::Movements,
        Self::Reservations,
        Self::Jobs,
        Self::Tenants,
        Self::ForgetCommands,
        Self::ForgetCounters,
        Self::Audit,
    ];
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing is done; the answer is [`Unavailable`](crate::port::StoreError::Unavailable).
    Unavailable,
    /// Nothing is done; the answer is [`Busy`](crate::port::StoreError::Busy).
    Busy,
    /// It is done and the answer is lost: a commit answers
    /// [`OutcomeUnknown`](crate::port::StoreError::OutcomeUnknown), everything else
    /// [`Unavailable`](crate::port::StoreError::Unavailable).
    LostReply,
    /// The question is lost: the same answers as [`LostReply`](Self::LostReply), nothing is done.
    LostRequest,
    /// Nothing is done; every change set is refused with
    /// [`Conflict`](crate::plan::Refusal::Conflict) on its first document, as if somebody else had
    /// just written it. A change set without documents names the first document it requires, else
    /// the tenant's settings. Only for `commit`; other methods are called as usual.
    Conflict,
    /// The answer comes after the caller was woken this many times; then the call is made.
    Delay(u32),
}

/// How often calls meet a fault, in 1,000 calls each; together at most 1,000.
///
/// ```
/// use oms_core::testing::{Chances, Method};
///
/// let stormy = Chances { unavailable: 20, lost_reply: 20, ..Chances::default() };
/// let commits_only = Chances { methods: vec![Method::Commit], ..stormy };
/// # assert_eq!(commits_only.busy, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// These methods; none means all.
    pub methods: Vec<Method>,
    /// Of [`Fault::Unavailable`].
    pub unavailable: u32,
    /// Of [`Fault::Busy`].
    pub busy: u32,
    /// Of [`Fault::LostReply`].
    pub lost_reply: u32,
    /// Of [`Fault::LostRequest`].
    pub lost_request: u32,
    /// Of [`Fault::Conflict`]; wasted on other methods than `commit`.
    pub conflict: u32,
    /// Of [`Fault::Delay`], by one to three polls.
    pub delay: u32,
}

impl Chances {
    fn draw(&self, method: Method, random: &mut Random) -> Option<Fault> {
        if !self.methods.is_empty() && !self.methods.contains(&method) {
            return None;
        }
        let mut left = random.below(1_000);
        let polls = u32::try_from(random.below(3)).unwrap_or_default();
        let faults = [
            (self.unavailable, Fault::Unavailable),
            (self.busy, Fault::Busy),
            (self.lost_reply, Fault::LostReply),
            (self.lost_request, Fault::LostRequest),
            (self.conflict, Fault::Conflict),
            (self.delay, Fault::Delay(polls.saturating_add(1))),
        ];
        for (chance, fault) in faults {
            match left.checked_sub(u64::from(chance)) {
                Some(rest) => left = rest,
                None => return Some(fault),
            }
        }
        None
    }
}

pub(super) type Rule = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// The planned faults, the counters and the log.
#[derive(Default)]
pub(super) struct Plan {
    counts: BTreeMap<Method, u64>,
    numbered: BTreeMap<(Method, u64), Fault>,
    chances: Option<(Random, Chances)>,
    rule: Option<Rule>,
    calls: Vec<Call>,
}

impl Plan {
    pub(super) fn fail_next(&mut self, method: Method, fault: Fault) {
        let mut nth = self.count(method).saturating_add(1);
        while self.numbered.contains_key(&(method, nth)) {
            nth = nth.saturating_add(1);
        }
        self.fail_nth(method, nth, fault);
    }

    pub(super) fn fail_nth(&mut self, method: Method, nth: u64, fault: Fault) {
        self.numbered.insert((method, nth), fault);
    }

    pub(super) fn fail_randomly(&mut self, seed: u64, chances: Chances) {
        self.chances = Some((Random::new(seed), chances));
    }

    pub(super) fn fail_when(&mut self, rule: Rule) {
        self.rule = Some(rule);
    }

    pub(super) fn heal(&mut self) {
        self.numbered.clear();
        self.chances = None;
        self.rule = None;
    }

    pub(super) fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub(super) fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }

    /// Counts and writes down a call, and says what goes wrong with it.
    pub(super) fn arrive(
        &mut self,
        method: Method,
        tenant: Option<&TenantId>,
        items: usize,
    ) -> Option<Fault> {
        let number = self.count(method).saturating_add(1);
        self.counts.insert(method, number);
        let mut call = Call {
            method,
            number,
            tenant: tenant.cloned(),
            items,
            fault: None,
        };
        // A draw is made for every call, so that a numbered fault does not shift later draws.
        let drawn = self
            .chances
            .as_mut()
            .and_then(|(random, chances)| chances.draw(method, random));
        let mut fault = self.numbered.remove(&(method, number)).or(drawn);
        if fault.is_none()
            && let Some(rule) = self.rule.as_mut()
        {
            fault = rule(&call);
        }
        call.fault = fault.filter(|fault| *fault != Fault::Conflict || method == Method::Commit);
        fault = call.fault;
        self.calls.push(call);
        fault
    }

    fn count(&self, method: Method) -> u64 {
        self.counts.get(&method).copied().unwrap_or(0)
    }
}
