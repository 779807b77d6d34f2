//! From a draft to the first event of an order.

/// What placing needs beyond the draft: ids, the number, and what the catalogue said.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The id of the new order.
    pub id: OrderId,
    /// The human number of the new order.
    pub number: OrderNumber,
    /// What is asked for.
    pub draft: &'a OrderDraft,
    /// The catalogue's answer for each draft line, in line order of the draft.
    pub skus: &'a [LineSku],
    /// The erasable row with the address to ship to, where the draft has one.
    pub ship_to: Option<ContactId>,
    /// The erasable row with the address to bill, where the draft has one.
    pub bill_to: Option<ContactId>,
    /// The erasable row with what the source sent, where the draft has it.
    pub payload: Option<PayloadId>,
}
// pub fn decide_place(place: &Place<'_>, now: Timestamp) -> Result<OrderEvent, OrderRejection>
