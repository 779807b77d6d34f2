//! Unpaid orders lose their claims on stock when their time is over.

use std::time::Duration;

use oms_core::order::{Claim, HoldReason, Order};
use oms_core::service::Wake;

use crate::clock::Pace;
use crate::failure::{Failure, Trying};
use crate::report::StepKind;
use crate::words;
use crate::work::{Work, reserved};

/// How often to look whether the store's clock is far enough, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS_MAX: u32 = 240;

impl Work {
    /// Lets time pass until unpaid orders lose their claims on stock, and sweeps.
    pub(crate) async fn expire(&mut self) -> Result<(), Failure> {
        let settings = self.tenant.settings().await;
        let settings = settings.trying("reading the settings")?;
        let ttl = self.pace.unpaid_ttl_secs();
        let ttl_secs = ttl.unwrap_or(settings.tentative_ttl_secs);
        let ahead = words::span(ttl_secs);
        match self.pace.clone() {
            Pace::SetAhead(clock) => {
                clock.advance_secs(ttl_secs.saturating_add(1));
                let text =
                    format!("This program's own clock was set {ahead} ahead, instead of waiting.");
                self.step(StepKind::ClockAhead, Vec::new(), text);
                self.sweep().await?;
            }
            Pace::Wait => self.wait(ttl_secs).await?,
        }
        let mut expired = Vec::new();
        for id in &self.ours {
            let head = self
                .tenant
                .order(*id)
                .await
                .trying("reading an order")?
                .head;
            let reasons = head.hold.map(|hold| hold.reasons).unwrap_or_default();
            if reasons.contains(&HoldReason::ReservationExpired) {
                expired.push(head.number);
            }
        }
        if expired.is_empty() {
            self.not_shown("No unpaid order was there to lose its reservation.");
            return Ok(());
        }
        expired.sort_unstable();
        let text = format!(
            "{} not paid within {ahead}: put on hold, and what was reserved is free again.",
            words::orders(&expired)
        );
        self.step(StepKind::Expired, expired, text);
        Ok(())
    }

    /// Ends the claims whose time is over.
    async fn sweep(&self) -> Result<(), Failure> {
        while self.tenant.sweep().await.trying("ending claims")?.next == Wake::Now {}
        Ok(())
    }

    /// Waits until the claims of unpaid orders are over by the store's clock, whoever ends them.
    async fn wait(&mut self, ttl_secs: i64) -> Result<(), Failure> {
        let mut claims = Vec::new();
        for id in &self.ours {
            let order = self.tenant.order(*id).await.trying("reading an order")?;
            if claims_for(&order, ttl_secs) {
                claims.push(*id);
            }
        }
        if claims.is_empty() {
            return Ok(());
        }
        let text = "This program waited for the clock of the database.".to_owned();
        self.step(StepKind::Waited, Vec::new(), text);
        for _ in 0..LOOKS_MAX {
            self.sweep().await?;
            while let Some(id) = claims.last() {
                let order = self.tenant.order(*id).await.trying("reading an order")?;
                if claims_for(&order, ttl_secs) {
                    break;
                }
                claims.pop();
            }
            if claims.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.not_shown("The claims of unpaid orders were not over after a minute.");
        Ok(())
    }
}

/// True while the order claims stock for this time at most; others may do so for days.
fn claims_for(order: &Order, ttl_secs: i64) -> bool {
    let placed = order.head.placed_at;
    order.fulfillments.values().any(|work| match work.claim {
        Claim::Tentative { expires_at } => {
            let latest = placed.checked_add_secs(ttl_secs);
            reserved(work) > 0 && latest.is_none_or(|latest| expires_at <= latest)
        }
        Claim::Confirmed | Claim::Expired => false,
    })
}
