//! Hubs: places that keep stock and fulfil orders.

mod choice;
mod profile;
mod service_area;

pub use choice::{HubCandidate, HubChoice, HubDemand, Verdict, add_up, choose};
pub use profile::Hub;
pub use service_area::ServiceArea;
