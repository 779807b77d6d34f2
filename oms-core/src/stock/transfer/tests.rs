use super::*;

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn hub(text: &str) -> HubId {
    HubId::parse(text).unwrap()
}

fn id() -> TransferId {
    TransferId::parse("T-1").unwrap()
}

fn lines(lines: &[(&str, u32)]) -> BTreeMap<Sku, Units> {
    let lines = lines.iter();
    lines
        .map(|(name, units)| (sku(name), Units::new(*units).unwrap()))
        .collect()
}

fn request(of: &[(&str, u32)]) -> TransferCommand {
    TransferCommand::Request {
        from: hub("north"),
        to: hub("south"),
        lines: lines(of),
    }
}

fn ship(sent: &[(&str, u32)]) -> TransferCommand {
    let sent = lines(sent);
    TransferCommand::Ship { sent }
}

fn receive(counted: &[(&str, u32)]) -> TransferCommand {
    let counted = lines(counted);
    TransferCommand::Receive { counted }
}

fn part(arrived: &[(&str, u32)], damaged: &[(&str, u32)]) -> TransferCommand {
    let (arrived, damaged) = (lines(arrived), lines(damaged));
    TransferCommand::ReceivePart { arrived, damaged }
}

fn close() -> TransferCommand {
    let reason = Reason::parse("the rest is gone").unwrap();
    TransferCommand::Close { reason }
}

fn cancel() -> TransferCommand {
    let reason = Reason::parse("no van").unwrap();
    TransferCommand::Cancel { reason }
}

/// The transfer after commands that are all accepted.
fn after(commands: &[TransferCommand]) -> Transfer {
    let mut transfer = None;
    for (second, command) in (0..).zip(commands) {
        let at = Timestamp::from_unix_secs(second).unwrap();
        let event = Transfer::decide(transfer.as_ref(), &id(), command, at).unwrap();
        transfer = Transfer::after(transfer, &event.unwrap());
    }
    transfer.unwrap()
}

fn ask(transfer: &Transfer, command: &TransferCommand) -> Result<bool, &'static str> {
    let event = Transfer::decide(Some(transfer), &id(), command, Timestamp::EPOCH);
    let event = event.map_err(|rejection| rejection.code())?;
    Ok(event.is_some())
}

/// What may be asked in which state: an event, nothing to do, or a refusal.
#[test]
fn every_command_is_answered_in_every_state() {
    let asked = request(&[("TEA", 5), ("MUG", 1)]);
    let short = receive(&[("TEA", 4)]);
    let other = request(&[("TEA", 6)]);
    let states = [
        (vec![asked.clone()], TransferState::Requested),
        (vec![asked.clone(), ship(&[])], TransferState::InTransit),
        (
            vec![asked.clone(), ship(&[]), short.clone()],
            TransferState::Received,
        ),
        (vec![asked.clone(), cancel()], TransferState::Cancelled),
    ];
    let (yes, again, no) = (Ok(true), Ok(false), Err("transfer_illegal"));
    let taken = Err("transfer_exists");
    let answers = [
        // request, another request, ship, receive short, receive all, a part, close, cancel
        [again, taken, yes, no, no, no, no, yes],
        [again, taken, again, yes, yes, yes, yes, no],
        [taken, taken, no, again, no, yes, again, no],
        [taken, taken, no, no, no, no, no, again],
    ];
    let commands = [
        asked,
        other,
        ship(&[]),
        short,
        receive(&[]),
        part(&[("TEA", 1)], &[]),
        close(),
        cancel(),
    ];
    for ((history, state), expected) in states.iter().zip(answers) {
        let transfer = after(history);
        assert_eq!(transfer.state, *state);
        let found = commands.each_ref().map(|command| ask(&transfer, command));
        assert_eq!(found, expected, "{state}");
    }
}

#[test]
fn a_request_names_two_hubs_and_units() {
    let code = |command: &TransferCommand| {
        let refused = Transfer::decide(None, &id(), command, Timestamp::EPOCH).unwrap_err();
        (refused.code(), refused.to_string())
    };
    let (code_of, text) = code(&request(&[("TEA", 0), ("MUG", 1)]));
    assert_eq!(
        (code_of, text.as_str()),
        ("transfer_no_units", "lines.TEA: no units")
    );
    assert_eq!(code(&request(&[])).0, "transfer_line_count");
    let same = TransferCommand::Request {
        from: hub("north"),
        to: hub("north"),
        lines: lines(&[("TEA", 1)]),
    };
    let (code_of, text) = code(&same);
    assert_eq!(code_of, "transfer_same_hub");
    assert!(text.starts_with("to: "), "{text}");
    let shipped = after(&[request(&[("TEA", 1)]), ship(&[])]);
    let stray = ask(&shipped, &receive(&[("MUG", 1)]));
    assert_eq!(stray, Err("transfer_not_sent"));
}

#[test]
fn what_arrived_is_what_was_sent_unless_it_was_counted_otherwise() {
    let asked = request(&[("TEA", 5), ("MUG", 2), ("POT", 1)]);
    let shipped = after(&[asked.clone(), ship(&[])]);
    assert_eq!(shipped.in_transit(&sku("TEA")).get(), 5);
    assert_eq!(shipped.received(&sku("TEA")).get(), 0);
    let counted = receive(&[("TEA", 4), ("MUG", 3), ("POT", 1)]);
    let received = after(&[asked, ship(&[]), counted]);
    let arrived = ["TEA", "MUG", "POT", "CUP"].map(|name| received.received(&sku(name)).get());
    assert_eq!(arrived, [4, 3, 1, 0]);
    assert_eq!(received.in_transit(&sku("TEA")).get(), 0);
    assert_eq!(received.counted, lines(&[("TEA", 4), ("MUG", 3)]));
    assert!(received.shipped_at < received.received_at);
}

#[test]
fn fewer_or_more_leave_than_were_asked_for() {
    let asked = || request(&[("TEA", 5), ("MUG", 2), ("POT", 1)]);
    let requested = after(&[asked()]);
    assert_eq!(requested.sent(&sku("TEA")), Units::ZERO);
    assert_eq!(
        ask(&requested, &ship(&[("CUP", 1)])),
        Err("transfer_not_asked")
    );
    let nothing = ship(&[("TEA", 0), ("MUG", 0), ("POT", 0)]);
    assert_eq!(ask(&requested, &nothing), Err("transfer_nothing_sent"));

    let short = ship(&[("TEA", 4), ("MUG", 3), ("POT", 0)]);
    let shipped = after(&[asked(), short.clone()]);
    assert_eq!(shipped.state, TransferState::InTransit);
    assert_eq!(shipped.under_way(), lines(&[("TEA", 4), ("MUG", 3)]));
    assert_eq!(shipped.lines, lines(&[("TEA", 5), ("MUG", 2), ("POT", 1)]));
    // The same once more, and something else.
    assert_eq!(ask(&shipped, &asked()), Ok(false));
    assert_eq!(ask(&shipped, &short), Ok(false));
    assert_eq!(ask(&shipped, &ship(&[])), Err("transfer_illegal"));
    let whole = after(&[asked(), ship(&[])]);
    assert_eq!(ask(&whole, &ship(&[("TEA", 5)])), Ok(false));
    assert_eq!(ask(&whole, &short), Err("transfer_illegal"));

    // All of what was sent arrived, or a part of it.
    let received = after(&[asked(), short.clone(), receive(&[])]);
    assert_eq!(whereabouts(&received), [[4, 0, 0], [3, 0, 0]]);
    assert_eq!(received.counted, lines(&[]));
    let first = part(&[("TEA", 4)], &[]);
    let closed = after(&[asked(), short.clone(), first.clone(), close()]);
    assert_eq!(whereabouts(&closed), [[4, 0, 0], [0, 0, 3]]);
    assert_eq!(closed.counted, lines(&[("MUG", 0)]));
    let parts = after(&[asked(), short, first, part(&[("MUG", 3)], &[])]);
    assert_eq!(parts.state, TransferState::Received);
    assert_eq!(parts.lost(&sku("POT")), Units::ZERO);
}

/// What was received, is under way and is lost, of tea and of mugs.
fn whereabouts(transfer: &Transfer) -> [[u32; 3]; 2] {
    ["TEA", "MUG"].map(|name| {
        let sku = sku(name);
        let found = [
            transfer.received(&sku),
            transfer.in_transit(&sku),
            transfer.lost(&sku),
        ];
        found.map(Units::get)
    })
}

#[test]
fn a_transfer_is_received_when_its_deliveries_brought_all() {
    let mut history = vec![request(&[("TEA", 5), ("MUG", 2)]), ship(&[])];
    history.push(part(&[("TEA", 3), ("MUG", 0)], &[("TEA", 1)]));
    let first = after(&history);
    assert_eq!(first.state, TransferState::InTransit);
    assert_eq!(whereabouts(&first), [[3, 2, 0], [0, 2, 0]]);
    assert_eq!(first.under_way(), lines(&[("TEA", 2), ("MUG", 2)]));
    // More tea than was sent; the mugs are still to come.
    history.push(part(&[("TEA", 4)], &[]));
    let second = after(&history);
    assert_eq!(whereabouts(&second), [[7, 0, 0], [0, 2, 0]]);
    history.push(part(&[("MUG", 2)], &[]));
    let last = after(&history);
    assert_eq!(last.state, TransferState::Received);
    assert_eq!(whereabouts(&last), [[7, 0, 0], [2, 0, 0]]);
    assert_eq!(last.counted, lines(&[("TEA", 7)]));
    assert_eq!(last.damaged, lines(&[("TEA", 1)]));
    assert_eq!((last.under_way().len(), &last.closed), (0, &None));
    assert!(last.received_at > last.shipped_at);
}

#[test]
fn what_is_under_way_is_lost_when_a_transfer_is_closed() {
    let mut history = vec![request(&[("TEA", 5), ("MUG", 2)]), ship(&[])];
    history.push(part(&[("TEA", 3)], &[]));
    history.push(close());
    let closed = after(&history);
    assert_eq!(closed.state, TransferState::Received);
    assert_eq!(whereabouts(&closed), [[3, 0, 2], [0, 0, 2]]);
    assert_eq!(closed.counted, lines(&[("TEA", 3), ("MUG", 0)]));
    assert_eq!(closed.closed.unwrap().as_str(), "the rest is gone");
}

#[test]
fn what_turns_up_after_the_end_is_lost_no_more() {
    let begun = || vec![request(&[("TEA", 5), ("MUG", 2)]), ship(&[])];
    let counted = || {
        let mut history = begun();
        history.push(part(&[("TEA", 3)], &[]));
        history.push(close());
        history
    };
    let mut history = counted();
    history.push(part(&[("TEA", 1), ("MUG", 2)], &[("MUG", 1)]));
    let (closed, late) = (after(&counted()), after(&history));
    assert_eq!(late.state, TransferState::Received);
    assert_eq!(whereabouts(&late), [[4, 0, 1], [2, 0, 0]]);
    assert_eq!(late.counted, lines(&[("TEA", 4)]));
    assert_eq!(late.arrived, lines(&[("TEA", 4), ("MUG", 2)]));
    assert_eq!(late.damaged, lines(&[("MUG", 1)]));
    let ended = |transfer: Transfer| (transfer.received_at, transfer.closed);
    assert_eq!(ended(late), ended(closed));

    // Received in one, with no delivery told by itself; one mug more, and then tea.
    let mut history = begun();
    history.push(receive(&[("TEA", 4), ("MUG", 3)]));
    history.push(part(&[("MUG", 1)], &[]));
    history.push(part(&[("TEA", 1)], &[]));
    let late = after(&history);
    assert_eq!(whereabouts(&late), [[5, 0, 0], [4, 0, 0]]);
    assert_eq!(late.counted, lines(&[("MUG", 4)]));
    assert_eq!(
        ask(&late, &part(&[("POT", 1)], &[])),
        Err("transfer_not_sent")
    );
    let most = part(&[("TEA", Units::MAX.get())], &[]);
    assert_eq!(ask(&late, &most), Err("transfer_too_many"));
}

#[test]
fn the_last_delivery_counts_what_came_in_all() {
    let mut history = vec![request(&[("TEA", 5), ("MUG", 2)]), ship(&[])];
    history.push(part(&[("TEA", 3), ("MUG", 3)], &[]));
    let open = after(&history);
    assert_eq!(
        ask(&open, &receive(&[("TEA", 2)])),
        Err("transfer_arrived_already")
    );
    history.push(receive(&[("TEA", 4)]));
    let received = after(&history);
    assert_eq!(whereabouts(&received), [[4, 0, 1], [3, 0, 0]]);
    assert_eq!(ask(&received, &receive(&[("TEA", 4)])), Ok(false));
    assert_eq!(ask(&received, &receive(&[])), Err("transfer_illegal"));
}

#[test]
fn a_delivery_brings_something_and_no_more_of_it_is_damaged() {
    let open = after(&[request(&[("TEA", 5)]), ship(&[])]);
    for (delivery, code) in [
        (part(&[], &[]), "transfer_nothing_arrived"),
        (part(&[("TEA", 0)], &[]), "transfer_nothing_arrived"),
        (part(&[("MUG", 1)], &[]), "transfer_not_sent"),
        (part(&[("TEA", 1)], &[("TEA", 2)]), "transfer_not_arrived"),
        (part(&[("TEA", 1)], &[("MUG", 1)]), "transfer_not_arrived"),
    ] {
        assert_eq!(ask(&open, &delivery), Err(code), "{delivery:?}");
    }
    let most = part(&[("TEA", Units::MAX.get())], &[]);
    let full = [request(&[("TEA", 5), ("MUG", 1)]), ship(&[]), most];
    let more = ask(&after(&full), &part(&[("TEA", 1)], &[]));
    assert_eq!(more, Err("transfer_too_many"));
}

#[test]
fn events_that_do_not_fit_change_nothing() {
    let at = Timestamp::EPOCH;
    let sent = BTreeMap::new();
    let shipped = TransferEvent::Shipped { sent, at };
    assert_eq!(Transfer::after(None, &shipped), None);
    let cancelled = after(&[request(&[("TEA", 1)]), cancel()]);
    let same = Transfer::after(Some(cancelled.clone()), &shipped);
    assert_eq!(same, Some(cancelled));
}
