#![allow(clippy::unwrap_used)]
use super::compared;
use crate::customer::Contact;
use crate::value::{EmailAddress, GeoPoint, Name, Phone, PostalCode};

/// Somebody at a house of a street.
fn at(house: &str) -> Contact {
    let mut contact = Contact::default();
    contact.address.name = Name::parse("Ada L.").ok();
    contact.address.line1 = Name::parse(house).ok();
    contact.address.postal_code = PostalCode::parse("10115").ok();
    contact.email = EmailAddress::parse("ada@example.org").ok();
    contact
}

/// What the order is to have, given what the channel says now, what it said, and what is here.
fn next(said: &Contact, heard: &Contact, here: &Contact) -> Option<Contact> {
    let news = compared(Some(said), Some(heard), Some(here.clone()));
    news.map(|news| news.next)
}

#[test]
fn what_a_channel_said_before_is_no_news() {
    let (first, corrected) = (at("Weg 1"), at("Weg 1a"));
    assert_eq!(next(&first, &first, &first), None);
    assert_eq!(next(&first, &first, &corrected), None);
    assert!(compared(None, Some(&first), Some(first.clone())).is_none());
}

#[test]
fn what_a_channel_changed_is_changed_and_nothing_beside() {
    let (first, corrected, moved) = (at("Weg 1"), at("Weg 1a"), at("Allee 5"));
    assert_eq!(next(&moved, &first, &corrected), Some(moved.clone()));
    // Another number to call is no word against the corrected address.
    let mut called = first.clone();
    called.phone = Phone::parse("+49 30 1234567").ok();
    let mut both = corrected.clone();
    both.phone.clone_from(&called.phone);
    assert_eq!(next(&called, &first, &corrected), Some(both));
    let mut renamed = first.clone();
    renamed.address.name = Name::parse("Bea M.").ok();
    let mut both = corrected.clone();
    both.address.name.clone_from(&renamed.address.name);
    assert_eq!(next(&renamed, &first, &corrected), Some(both));
    // An order that came without an address.
    let first_heard = compared(Some(&moved), None, None);
    assert_eq!(first_heard.map(|news| news.next), Some(moved));
}

#[test]
fn what_a_copy_leaves_out_is_as_it_was() {
    let first = at("Weg 1");
    let mut less = first.clone();
    less.email = None;
    less.address.name = None;
    less.address.line1 = None;
    assert_eq!(next(&less, &first, &first), None);
    assert_eq!(next(&Contact::default(), &first, &first), None);
    // What it does say is heard.
    less.phone = Phone::parse("+49 30 1234567").ok();
    let mut called = first.clone();
    called.phone.clone_from(&less.phone);
    assert_eq!(next(&less, &first, &first), Some(called));
}

#[test]
fn an_address_with_a_street_is_taken_whole() {
    let mut first = at("Weg 1");
    first.address.line2 = Name::parse("Apt 4").ok();
    first.address.company = Name::parse("Engines Ltd").ok();
    first.address.city = Name::parse("Berlin").ok();
    // The second line was wrong, and the channel took it away.
    let mut less = first.clone();
    less.address.line2 = None;
    assert_eq!(next(&less, &first, &first), Some(less.clone()));
    assert_eq!(next(&first, &less, &less), Some(first.clone()));
    // Without leave for people's data it says no more than the town.
    less.address.line1 = None;
    less.address.company = None;
    assert_eq!(next(&less, &first, &first), None);
}

#[test]
fn where_an_address_lies_on_the_map_is_no_other_address() {
    let first = at("Weg 1");
    let mut found = first.clone();
    found.address.location = GeoPoint::parse("52.53", "13.38").ok();
    assert!(found.address.location.is_some());
    assert_eq!(next(&found, &first, &first), None);
    assert_eq!(next(&first, &found, &found), None);
}
