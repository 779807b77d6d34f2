//! What goes wrong between the calls: callers and programs vanish, the clock jumps, commits arrive
//! late.

use crate::testing::Random;
use crate::testing::simulation::options::Trouble;
use crate::testing::simulation::picture::failed;
use crate::testing::simulation::report::Checked;
use crate::testing::simulation::run::Run;
use crate::value::Timestamp;

impl Run {
    /// A caller vanishes while it waits.
    pub(super) fn crash(&mut self, at: usize) {
        let Some(caller) = self.callers.get_mut(at) else {
            return;
        };
        let Some((op, running)) = caller.running.take() else {
            return;
        };
        drop(running);
        let mut state = self.network.state();
        state.report.add("crash");
        state.note(format_args!("the caller of operation {op} vanishes"));
        drop(state);
        self.vanished(op);
    }

    /// A program vanishes with all its callers, and starts again.
    pub(super) fn outage(&mut self) {
        let host = self.random.index(self.hosts.len());
        self.state().report.add("outage");
        for at in 0..self.callers.len() {
            if self
                .callers
                .get(at)
                .is_some_and(|caller| caller.host == host)
            {
                self.crash(at);
            }
        }
        let fresh = self.host();
        if let Some(host) = self.hosts.get_mut(host) {
            *host = fresh;
        }
    }

    /// The clock jumps: mostly within what clocks may differ, sometimes past the end of claims.
    pub(super) async fn jump(&mut self) -> Checked {
        let secs = match self.random.below(8) {
            0..=3 => 1 + self.random.below(4),
            4 | 5 => 5 + self.random.below(30),
            6 => 60,
            _ => 60 + self.random.below(600),
        };
        // Once in a while so long that old keys are forgotten.
        let days = if self.random.chance(10) { 31 } else { 0 };
        let secs = secs + days * 86_400;
        self.advance(i64::try_from(secs).unwrap_or(0)).await
    }

    pub(super) async fn advance(&mut self, secs: i64) -> Checked {
        let now = self.state().now;
        let later = now.checked_add_secs(secs).unwrap_or(Timestamp::MAX);
        self.set_clock(later).await?;
        let mut state = self.state();
        state.report.add("jump");
        state.note(format_args!("the clock goes on by {secs} s"));
        Ok(())
    }

    pub(super) async fn set_clock(&mut self, at: Timestamp) -> Checked {
        self.world
            .clock
            .set(at)
            .await
            .map_err(|error| failed(&error))?;
        self.state().now = at;
        Ok(())
    }

    /// A late commit arrives, or never does.
    pub(super) async fn deliver_one(&mut self) {
        let straggler = {
            let mut state = self.network.state();
            let at = self.random.index(state.stragglers.len());
            state.stragglers.swap_remove(at)
        };
        if self.random.chance(800) {
            self.network.deliver(straggler).await;
        }
    }

    /// Nothing goes wrong any more.
    pub(super) fn heal(&mut self) {
        self.trouble = Trouble::none();
        let mut state = self.state();
        state.trouble = Trouble::none();
        state.note(format_args!("everything is healed"));
    }
}

/// A seed leaves some kinds of trouble out.
pub(super) fn some_of(most: Trouble, random: &mut Random) -> Trouble {
    let mut some = |chance: u32| if random.chance(700) { chance } else { 0 };
    Trouble {
        unavailable: some(most.unavailable),
        busy: some(most.busy),
        lost_request: some(most.lost_request),
        lost_reply: some(most.lost_reply),
        straggler: some(most.straggler),
        twin: some(most.twin),
        conflict: some(most.conflict),
        crash: some(most.crash),
        outage: some(most.outage),
        jump: some(most.jump),
    }
}
