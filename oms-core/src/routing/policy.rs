//! How a tenant wants its orders routed.

use std::sync::LazyLock;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::routing::{Fallback, OpeningCheck};
use crate::value::{Currency, Rate, RateError, limits};

/// How a tenant wants its orders routed.
///
/// ```
/// use oms_core::routing::{Goal, RoutePolicy, Split};
///
/// let mut policy = RoutePolicy { goal: Goal::Nearest, ..RoutePolicy::default() };
/// policy.split = Split::AtMost(3);
/// policy.check()?;
/// policy.split = Split::AtMost(0);
/// assert_eq!(policy.check().unwrap_err().field, "split");
/// # Ok::<(), oms_core::routing::RoutePolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutePolicy {
    /// What counts most.
    pub goal: Goal,
    /// Over how many hubs an order may be split.
    pub split: Split,
    /// What a hub's score is made of.
    pub weights: Weights,
    /// Whether full hubs get nothing.
    pub check_capacity: bool,
    /// Whether closed hubs get nothing.
    pub check_opening: OpeningCheck,
    /// Whether hubs of third parties are used as those of the tenant's own.
    pub use_external: bool,
    /// What to do when the goods do not suffice.
    pub on_shortage: OnShortage,
    /// What to give up, one after another, before the goods are called short.
    pub fallback: Vec<Fallback>,
    /// The distance at which proximity counts half, in kilometres.
    pub half_distance_km: u32,
    /// Distances are rounded to whole multiples of this many metres before anything uses them, so
    /// that an explanation, which outlives the address, does not tell where somebody lives.
    pub distance_step_m: u32,
    /// The performance of hubs without figures.
    pub unknown_performance: Rate,
    /// The currency of handling costs; needed to choose the cheapest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// What counts most. A hub that has everything always comes before a split; the goal says which of
/// several such hubs, and which of several splits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// As few parcels as possible; among as many, the best scores.
    #[default]
    FewestParcels,
    /// The smallest sum of distances.
    Nearest,
    /// The smallest sum of handling costs.
    Cheapest,
    /// The smallest sum of priorities.
    Priority,
}

/// Over how many hubs an order may be split.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "kind", content = "parcels")]
pub enum Split {
    /// One hub or none.
    Never,
    /// At most this many.
    AtMost(u16),
    /// As many as it takes, up to [`ROUTE_PARCELS_MAX`](limits::ROUTE_PARCELS_MAX).
    #[default]
    Free,
}

impl Split {
    /// Most hubs.
    pub(super) fn parcels_max(self) -> usize {
        usize::from(match self {
            Self::Never => 1,
            Self::AtMost(most) => most,
            Self::Free => limits::ROUTE_PARCELS_MAX,
        })
    }
}

/// What to do when the goods do not suffice.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OnShortage {
    /// Take nothing.
    #[default]
    Refuse,
    /// Take what there is; the rest waits for goods.
    Backorder,
    /// Take what there is; a person looks at the order.
    Review,
}

/// What a hub's score is made of: shares that are weighed against their sum, so 3 to 7 is 0.3 to
/// 0.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WeightsWire", into = "WeightsWire")]
pub struct Weights {
    proximity: Rate,
    performance: Rate,
    workload: Rate,
}

/// How weights are serialised.
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct WeightsWire {
    proximity: Rate,
    performance: Rate,
    workload: Rate,
}

impl Default for WeightsWire {
    fn default() -> Self {
        let (proximity, performance, workload) = (Rate::ZERO, Rate::ZERO, Rate::ZERO);
        Self {
            proximity,
            performance,
            workload,
        }
    }
}

/// What is wrong with a policy, and in which field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct RoutePolicyError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub problem: RoutePolicyProblem,
}

/// What is wrong with a field of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum RoutePolicyProblem {
    /// Not a share between 0 and 1.
    #[error(transparent)]
    Rate {
        /// Why.
        #[from]
        source: RateError,
    },
    /// No weight is above zero, so every score would be nothing.
    #[error("at least one weight must be above zero")]
    AllZero,
    /// A number outside its bounds.
    #[error("must be {min} to {max}, not {found}")]
    OutOfRange {
        /// Smallest allowed.
        min: u32,
        /// Largest allowed.
        max: u32,
        /// What was given.
        found: u32,
    },
    /// A step that stands in the list twice.
    #[error("{step:?} stands in the list twice")]
    Repeated {
        /// The step.
        step: Fallback,
    },
    /// The goal is the cheapest hub, but costs of which currency?
    #[error("needed to choose the cheapest hub")]
    NoCurrency,
}

impl RoutePolicyError {
    fn new(field: &str, problem: impl Into<RoutePolicyProblem>) -> Self {
        Self {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.problem {
            RoutePolicyProblem::Rate { source } => source.code(),
            RoutePolicyProblem::AllZero => "policy_all_zero",
            RoutePolicyProblem::OutOfRange { .. } => "policy_out_of_range",
            RoutePolicyProblem::Repeated { .. } => "policy_repeated",
            RoutePolicyProblem::NoCurrency => "policy_no_currency",
        }
    }
}

impl Default for RoutePolicy {
    /// Fewest parcels; proximity 0.3 and performance 0.7; capacity checked; hubs that work today
    /// first, then any; refuse what the goods do not suffice for.
    fn default() -> Self {
        Self {
            goal: Goal::FewestParcels,
            split: Split::Free,
            weights: Weights::default(),
            check_capacity: true,
            check_opening: OpeningCheck::Today,
            use_external: true,
            on_shortage: OnShortage::Refuse,
            fallback: vec![Fallback::IgnoreOpening],
            half_distance_km: 100,
            distance_step_m: 1_000,
            unknown_performance: half(),
            currency: None,
        }
    }
}

/// Writes the fields of a policy that are not as [`RoutePolicy::default`] has them, and reads back
/// as the whole. For explanations, which are stored with every order: the version of the rules
/// ([`ALGORITHM`](crate::routing::ALGORITHM)) pins the default, which must not change without it.
pub(super) fn differing<S: Serializer>(
    policy: &RoutePolicy,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    static DEFAULT: LazyLock<RoutePolicy> = LazyLock::new(RoutePolicy::default);
    let default = &*DEFAULT;
    let mut map = serializer.serialize_map(None)?;
    macro_rules! fields {
        ($($field:ident)*) => {
            let RoutePolicy { $($field),* } = policy;
            $(if *$field != default.$field {
                map.serialize_entry(stringify!($field), $field)?;
            })*
        };
    }
    fields!(
        goal split weights check_capacity check_opening use_external on_shortage fallback
        half_distance_km distance_step_m unknown_performance currency
    );
    map.end()
}

/// A share in millionths that is known to be at most one.
fn millionths(number: i64) -> Rate {
    Rate::new(rust_decimal::Decimal::new(number, 6)).unwrap_or(Rate::ZERO)
}

fn half() -> Rate {
    millionths(500_000)
}

impl RoutePolicy {
    /// The first hub by priority that has everything, whatever the hour and however busy it is;
    /// never a split.
    #[must_use]
    pub fn by_priority() -> Self {
        Self {
            goal: Goal::Priority,
            split: Split::Never,
            check_capacity: false,
            check_opening: OpeningCheck::Off,
            fallback: Vec::new(),
            ..Self::default()
        }
    }

    /// Checks the policy before it is stored.
    ///
    /// # Errors
    /// [`RoutePolicyError`], naming the field.
    pub fn check(&self) -> Result<(), RoutePolicyError> {
        let within = |field, found: u32, max: u32| {
            let problem = RoutePolicyProblem::OutOfRange { min: 1, max, found };
            ((1..=max).contains(&found))
                .then_some(())
                .ok_or_else(|| RoutePolicyError::new(field, problem))
        };
        if let Split::AtMost(parcels) = self.split {
            within("split", parcels.into(), limits::ROUTE_PARCELS_MAX.into())?;
        }
        within("half_distance_km", self.half_distance_km, 20_000)?;
        within("distance_step_m", self.distance_step_m, 100_000)?;
        for (at, step) in self.fallback.iter().enumerate() {
            if self.fallback.iter().take(at).any(|before| before == step) {
                let step = *step;
                return Err(RoutePolicyError::new(
                    "fallback",
                    RoutePolicyProblem::Repeated { step },
                ));
            }
        }
        if self.goal == Goal::Cheapest && self.currency.is_none() {
            return Err(RoutePolicyError::new(
                "currency",
                RoutePolicyProblem::NoCurrency,
            ));
        }
        Ok(())
    }
}

impl Default for Weights {
    /// Proximity 0.3, performance 0.7, workload 0.
    fn default() -> Self {
        Self {
            proximity: millionths(300_000),
            performance: millionths(700_000),
            workload: Rate::ZERO,
        }
    }
}

impl Weights {
    /// Accepts weights of which at least one is above zero.
    ///
    /// # Errors
    /// [`RoutePolicyProblem::AllZero`] for the field `weights`.
    pub fn new(
        proximity: Rate,
        performance: Rate,
        workload: Rate,
    ) -> Result<Self, RoutePolicyError> {
        if proximity.is_zero() && performance.is_zero() && workload.is_zero() {
            return Err(RoutePolicyError::new(
                "weights",
                RoutePolicyProblem::AllZero,
            ));
        }
        Ok(Self {
            proximity,
            performance,
            workload,
        })
    }

    /// Reads weights as a configuration has them, rounded to millionths.
    ///
    /// # Errors
    /// [`RoutePolicyProblem::Rate`] with the field for a number below 0, above 1 or none at all
    /// (NaN, infinite), [`RoutePolicyProblem::AllZero`].
    ///
    /// ```
    /// use oms_core::routing::Weights;
    ///
    /// assert_eq!(Weights::from_numbers(0.3, 0.7, 0.0)?, Weights::default());
    /// let error = Weights::from_numbers(f64::NAN, 0.7, 0.0).unwrap_err();
    /// assert_eq!(error.field, "weights.proximity");
    /// assert_eq!(error.code(), "rate_not_a_number");
    /// # Ok::<(), oms_core::routing::RoutePolicyError>(())
    /// ```
    pub fn from_numbers(
        proximity: f64,
        performance: f64,
        workload: f64,
    ) -> Result<Self, RoutePolicyError> {
        // The shortest text that reads back as the number, so 0.1 is a tenth and nothing beside.
        let read = |field: &str, number: f64| {
            let decimal = rust_decimal::Decimal::from_str_exact(&number.to_string());
            let decimal = decimal.map_or_else(
                |_| Rate::parse(&number.to_string()),
                |decimal| Rate::new(decimal.round_dp(limits::RATE_DECIMALS_MAX)),
            );
            decimal.map_err(|error| RoutePolicyError::new(&format!("weights.{field}"), error))
        };
        Self::new(
            read("proximity", proximity)?,
            read("performance", performance)?,
            read("workload", workload)?,
        )
    }

    /// Proximity, performance and workload in millionths.
    pub(super) fn millionths(self) -> [u32; 3] {
        [self.proximity, self.performance, self.workload].map(Rate::millionths)
    }
}

impl TryFrom<WeightsWire> for Weights {
    type Error = RoutePolicyError;

    fn try_from(wire: WeightsWire) -> Result<Self, RoutePolicyError> {
        Self::new(wire.proximity, wire.performance, wire.workload)
    }
}

impl From<Weights> for WeightsWire {
    fn from(weights: Weights) -> Self {
        let Weights {
            proximity,
            performance,
            workload,
        } = weights;
        Self {
            proximity,
            performance,
            workload,
        }
    }
}
