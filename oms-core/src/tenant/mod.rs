//! The tenant: whose data it is, and how this tenant wants things done.

use serde::{Deserialize, Serialize};

use crate::order::Workflow;
use crate::routing::RoutePolicy;
use crate::value::{Units, limits};

/// How a tenant wants things done. A tenant exists once its settings are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Approval, stages and guards.
    pub workflow: Workflow,
    /// How orders find their hubs; `None` switches routing off: an order that names no
    /// hub is placed without one, and its units stay open until somebody assigns one. One that
    /// takes over the claims of a cart is claimed where these are.
    pub routing: Option<RoutePolicy>,
    /// How long a tentative reservation lives unless told otherwise, in seconds: 900 by default.
    pub tentative_ttl_secs: i64,
    /// Available units at or below which stock is low: 10 by default.
    pub low_stock_threshold: Units,
    /// How long the outcome of an idempotency key is kept before the sweeper forgets it, in days:
    /// 30 by default. A key repeated later is taken for a new command.
    pub key_retention_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workflow: Workflow::default(),
            routing: Some(RoutePolicy::default()),
            tentative_ttl_secs: limits::TENTATIVE_TTL_SECS,
            low_stock_threshold: Units::new(limits::LOW_STOCK_THRESHOLD).unwrap_or(Units::ZERO),
            key_retention_days: limits::KEY_RETENTION_DAYS,
        }
    }
}
