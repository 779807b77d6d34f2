//! Hubs: places that keep stock and fulfil orders.

mod calendar;
mod draft;
mod error;
mod geography;
mod performance;
mod postal;
mod profile;
mod service_area;
mod slot;
mod zone;

pub use calendar::{DayHours, Hours, Opening, OpeningCalendar, Week};
#[cfg(feature = "channels")]
pub(crate) use draft::postal_range;
pub use draft::{CalendarDraft, HubDraft};
pub use error::{HubError, HubProblem};
pub use geography::{PostalRange, Radius, distance_m};
pub use performance::HubPerformance;
pub(crate) use postal::{SoughtCode, beginnings, gap, key};
pub use profile::{Hub, HubKind};
pub use service_area::{AreaVerdict, Destination, ServedBy, ServiceArea};
pub use slot::{CutOff, DeliverySlot, SlotDay, SlotDayDraft, SlotDraft, SlotProblem};
pub use zone::{Zone, ZoneBook};
