//! CSV files of small sellers, as messy as spreadsheets make them.

use crate::shared::{channel, place, reconciled};
use oms_core::channel::csv::{
    CsvEncoding, CsvOptions, CsvOrders, DateFormat, DecimalSign, RejectedRow, read_csv_orders,
    read_csv_orders_with, read_hubs, read_skus, read_stock, write_rejected,
};
use oms_core::channel::{ChannelErrorKind, ChannelWarning, FinancialState, Suggestion};
use oms_core::hub::ServiceArea;
use oms_core::order::TaxMode;
use oms_core::value::Currency;
use oms_core::value::limits::{NOTE_CHARS_MAX, NOTES_MAX, TITLE_CHARS_MAX};

const HEAD: &str = "order_id,sku,quantity,unit_price,currency\n";

fn read(text: &str) -> CsvOrders {
    read_csv_orders(text.as_bytes(), &channel()).unwrap()
}

/// Line, columns and codes of every rejected row.
fn told(rejected: &[RejectedRow]) -> Vec<(u64, String, Vec<&'static str>)> {
    let codes = |row: &RejectedRow| row.problems.iter().map(|problem| problem.code).collect();
    rejected
        .iter()
        .map(|row| (row.line, row.columns(), codes(row)))
        .collect()
}

fn ids(read: &CsvOrders) -> Vec<&str> {
    read.orders
        .iter()
        .map(|order| order.incoming.draft.external[0].id.as_str())
        .collect()
}

/// The codes of the only rejected row of an order of one row.
fn code(row: &str) -> Vec<&'static str> {
    let read = read(&format!("{HEAD}{row}\n"));
    assert!(read.orders.is_empty(), "{row}");
    told(&read.rejected).remove(0).2
}

#[test]
fn columns_are_found_by_any_of_their_names_in_any_order() {
    let text =
        "Currency,Unit-Price, QTY ,Item SKU,Order Number,Colour\nEUR,4.50,2,TEA-01,007,red\n";
    let read = read(text);
    assert_eq!(ids(&read), ["007"]);
    let line = &read.orders[0].incoming.draft.lines[0];
    assert_eq!(line.sku.as_ref().unwrap().as_str(), "TEA-01");
    assert_eq!(
        (
            line.quantity.get(),
            line.unit_price.amount().to_string().as_str()
        ),
        (2, "4.50")
    );
    assert_eq!(read.headers.names()[5], "Colour");
}

#[test]
fn columns_that_nobody_reads_are_named() {
    let known = read(&format!("{HEAD}1,A,1,4.50,EUR\n"));
    assert!(known.headers.ignored().is_empty());
    let head = "order_id;sku;quantity;unit_price;currency; Strasse ;PLZ;Ort;Land;;rejected_line\n";
    let read = read(&format!("{head}1;A;1;4,50;EUR;Weg 1;10115;Berlin;DE;;7\n"));
    assert_eq!(read.headers.ignored(), ["Strasse", "PLZ", "Ort", "Land"]);
    assert!(read.orders[0].incoming.draft.contacts.ship_to.is_none());
    let options = CsvOptions::default().column("sku", "Artikel");
    let head = "order_id,sku,Artikel,quantity,unit_price,currency\n";
    let text = format!("{head}1,A,B,1,4.50,EUR\n");
    let read = read_csv_orders_with(text.as_bytes(), &channel(), &options).unwrap();
    assert_eq!(read.headers.ignored(), ["sku"]);
}

#[test]
fn a_day_that_is_promised_ends_when_it_is_over() {
    let promised = |text: &str| {
        let head = HEAD.trim_end();
        let read = read(&format!(
            "{head},Promised by\n1,A,1,4.50,EUR,{text}\n1,B,1,4.50,EUR,\n"
        ));
        let at = read.orders.first()?.incoming.draft.promised_by?;
        Some(at.to_string())
    };
    let end = Some("2026-11-05T00:00:00.000000Z".to_owned());
    assert_eq!(promised("2026-11-04"), end);
    let noon = Some("2026-11-04T12:00:00.000000Z".to_owned());
    assert_eq!(promised("2026-11-04 12:00"), noon);
    assert_eq!(promised("2026-11-04T13:00:00+01:00"), noon);
    assert_eq!(promised(""), None);
    assert_eq!(promised("soon"), None, "a bad row");
}

#[test]
fn the_delimiter_is_found_or_declared() {
    for (text, delimiter) in [
        (HEAD.replace(',', ";") + "1;A;1;4,50;EUR\n", ';'),
        (HEAD.replace(',', "\t") + "1\tA\t1\t4,50\tEUR\n", '\t'),
        (HEAD.to_owned() + "1,A,1,\"4,50\",EUR\n", ','),
        (
            "sep=;\r\n".to_owned() + &HEAD.replace(',', ";") + "1;A;1;4,50;EUR\n",
            ';',
        ),
        (
            "\"order_id\";\"sku, or item\";sku;quantity;unit_price;currency\n".to_owned()
                + "1;;A;1;4,50;EUR\n",
            ';',
        ),
        ("\u{feff}".to_owned() + HEAD + "1,A,1,4.50,EUR\n", ','),
    ] {
        let read = read(&text);
        assert_eq!(read.headers.delimiter(), delimiter, "{text}");
        assert_eq!(read.rejected, [], "{text}");
        let price = read.orders[0].incoming.draft.lines[0].unit_price;
        assert_eq!(price.amount().to_string(), "4.50", "{text}");
    }
}

#[test]
fn a_file_without_a_usable_header_is_refused() {
    let refused = |bytes: &[u8]| read_csv_orders(bytes, &channel()).unwrap_err();
    assert_eq!(refused(b"").kind, ChannelErrorKind::MissingColumn);
    assert_eq!(refused(b"\n\n  \n").kind, ChannelErrorKind::MissingColumn);
    let problem = refused(b"order_id,sku,quantity,currency\n1,A,1,EUR\n");
    assert_eq!(
        (problem.kind, problem.path.as_str()),
        (ChannelErrorKind::MissingColumn, "unit_price")
    );
    let problem = refused(b"order_id,sku,quantity,unit_price,price,currency\n");
    assert_eq!(
        (problem.kind, problem.value.as_str()),
        (ChannelErrorKind::RepeatedColumn, "price")
    );
    assert_eq!(refused(b"\xFF\xFEo\0r\0").kind, ChannelErrorKind::NotUtf8);
    assert_eq!(
        refused(b"order_id,s\xFCk\n").kind,
        ChannelErrorKind::NotUtf8
    );
}

#[test]
fn rows_of_one_order_are_one_order() {
    let text = "order_id;sku;quantity;unit_price;currency;discount;tax;shipping;total;tax_included;\
        name;e-mail;phone;address1;address2;city;state;zip;country;date;note;payment;paid;company\n\
        1;A;2;10,00;eur;1,00;3,04;4,90;27,78;no;Test Buyer;b@example.com;555;Street 1;;\
        Town;BE;01234;de;2026-11-02;Ring;Cash;yes;Example Ltd\n\
        1;B;1;0,84;;;;4,90;;;;;;;;;;;;;Ring;;;\n\
        1;C;3;0;;;;;;;;;;;;;;;;;Twice;;;\n";
    let read = read(text);
    assert_eq!(read.rejected, []);
    let order = &read.orders[0];
    assert_eq!(order.lines, [2, 3, 4]);
    let incoming = &order.incoming;
    assert_eq!(reconciled(incoming), "27.78 EUR");
    let draft = &incoming.draft;
    assert_eq!(draft.tax_mode, TaxMode::Exclusive);
    assert_eq!(draft.lines.len(), 3);
    assert_eq!(draft.lines[2].id.get(), 3);
    assert_eq!(draft.charges.len(), 1);
    assert_eq!(
        draft.ordered_at.unwrap().to_string(),
        "2026-11-02T00:00:00.000000Z"
    );
    let notes: Vec<_> = draft.notes.iter().map(|note| note.as_str()).collect();
    assert_eq!(notes, ["Ring", "Twice"]);
    let receiver = draft.contacts.ship_to.as_ref().unwrap();
    assert_eq!(receiver.address.country.unwrap().as_str(), "DE");
    assert_eq!(
        receiver.address.postal_code.as_ref().unwrap().as_str(),
        "01234"
    );
    assert_eq!(
        receiver.address.company.as_ref().unwrap().as_str(),
        "Example Ltd"
    );
    assert_eq!(receiver.email.as_ref().unwrap().as_str(), "b@example.com");
    assert_eq!(draft.payment.method.as_ref().unwrap().0.as_str(), "Cash");
    assert_eq!(draft.payment.captured.to_string(), "27.78 EUR");
    assert_eq!(incoming.state.suggestion, Suggestion::Approved);
    let payload = draft.payload.as_ref().unwrap();
    assert_eq!(payload.media_type, "text/csv");
    assert_eq!(payload.text, text);
}

#[test]
fn an_order_not_said_to_be_paid_waits() {
    let head = HEAD.replace("currency", "currency,paid");
    let text = format!("{head}1,A,1,4.50,EUR,\n2,A,1,4.50,EUR,no\n3,A,2,4.50,EUR,X\n");
    let read = read(&text);
    let orders: Vec<_> = read
        .orders
        .iter()
        .map(|order| {
            let captured = order.incoming.draft.payment.captured.minor();
            (order.incoming.state.suggestion.code(), captured)
        })
        .collect();
    assert_eq!(orders, [("pending", 0), ("pending", 0), ("approved", 900)]);
}

#[test]
fn taxes_included_are_not_added_again_and_a_wrong_total_is_told() {
    let head = HEAD.replace("currency", "currency,tax,tax_included,total");
    let read = read(&format!(
        "{head}1,A,1,11.90,EUR,1.90,yes,11.90\n2,A,1,11.90,EUR,1.90,no,11.90\n"
    ));
    assert_eq!(reconciled(&read.orders[0].incoming), "11.90 EUR");
    let warnings = &read.orders[1].incoming.warnings;
    assert!(
        matches!(warnings[..], [ChannelWarning::TotalDiffers { .. }]),
        "{warnings:?}"
    );
    assert!(place(&read.orders[1].incoming.draft).is_ok());
}

#[test]
fn every_guard_of_a_row_has_its_code() {
    for (row, expected) in [
        ("1,A,-1,4.50,EUR", "quantity_negative"),
        ("1,A,0,4.50,EUR", "quantity_zero"),
        ("1,A,1.5,4.50,EUR", "quantity_not_whole"),
        ("1,A,2000000,4.50,EUR", "quantity_too_large"),
        ("1,A,many,4.50,EUR", "number_malformed"),
        ("1,A,\"1,000\",4.50,EUR", "number_ambiguous"),
        ("1,A,,4.50,EUR", "cell_empty"),
        ("1,,1,4.50,EUR", "cell_empty"),
        ("1,A,1,,EUR", "cell_empty"),
        ("1,A,1,4.50,", "cell_empty"),
        (",A,1,4.50,EUR", "cell_empty"),
        ("1,A,1,4.50,EUX", "currency_unknown"),
        ("1,A,1,4.50,Euro", "currency_malformed"),
        ("1,A,1,\"1,234\",EUR", "number_ambiguous"),
        ("1,A,1,4.50 EUR,EUR", "number_malformed"),
        ("1,A,1,-4.50,EUR", "money_negative"),
        ("1,A,1,4.1234567,EUR", "money_too_many_decimals"),
        ("1,A,1000000,9999999999.00,EUR", "money_too_large"),
        ("1.23E+12,A,1,4.50,EUR", "id_mangled"),
        ("1,4.56E+11,1,4.50,EUR", "id_mangled"),
        ("1,A,1,4.50,EUR,more", "row_too_long"),
        ("1,\"A\nB\",1,4.50,EUR", "id_control"),
    ] {
        assert_eq!(code(row), [expected], "{row}");
    }
    // Empty cells beyond the last column are what spreadsheets leave, not a problem.
    assert_eq!(read(&format!("{HEAD}1,A,1,4.50,EUR,,\n")).rejected, []);
}

#[test]
fn optional_columns_have_their_guards_too() {
    let head = HEAD.replace(
        "currency",
        "currency,discount,tax,shipping,total,paid,date,tax_included",
    );
    for (cells, column, expected) in [
        ("-1,,,,,,", "discount", "money_negative"),
        ("5,,,,,,", "discount", "discount_too_large"),
        (",-1,,,,,", "tax", "money_negative"),
        (",,-1,,,,", "shipping", "money_negative"),
        (",,4.999,,,,", "shipping", "money_wrong_minor_units"),
        (",,,-1,,,", "total", "money_negative"),
        (",,,,maybe,,", "paid", "flag_malformed"),
        (",,,,,yesterday,", "date", "timestamp_malformed"),
        (",,,,,2026-02-30,", "date", "timestamp_malformed"),
        (",,,,,02.11.2026,", "date", "timestamp_malformed"),
        (",,,,,,perhaps", "tax_included", "flag_malformed"),
    ] {
        let read = read(&format!("{head}1,A,1,4.50,EUR,{cells}\n"));
        let rows = told(&read.rejected);
        assert_eq!(rows, [(2, column.to_owned(), vec![expected])], "{cells}");
    }
}

/// S77: a line that its channel cannot be told of is a warning. One that comes twice may be a row
/// that was pasted twice.
#[test]
fn a_line_that_its_id_does_not_tell_from_others_is_a_warning() {
    let head = HEAD.replace("currency", "currency,line_id");
    let rows = "1,A,1,4.50,EUR,0007\n1,B,1,4.50,EUR,\n1,A,1,4.50,EUR,0007\n2,A,1,4.50,EUR,0007\n";
    let messy = read(&format!("{head}{rows}"));
    assert_eq!(messy.rejected, []);
    let path = |line: u32| format!("line {line}: line_id");
    let id = "0007".to_owned();
    let expected = [
        ChannelWarning::LineWithoutId { path: path(3) },
        ChannelWarning::LineIdRepeated { path: path(4), id },
    ];
    assert_eq!(messy.orders[0].incoming.warnings, expected);
    assert_eq!(messy.orders[0].incoming.draft.lines.len(), 3);
    // Ids are those of one order, and a file without them has none to miss.
    assert_eq!(messy.orders[1].incoming.warnings, []);
    let plain = read(&format!("{HEAD}1,A,1,4.50,EUR\n1,A,1,4.50,EUR\n"));
    assert_eq!(plain.orders[0].incoming.warnings, []);
}

#[test]
fn every_problem_of_a_row_is_told_at_once() {
    let read = read(&format!("{HEAD}1,A,-1,,EUR\n"));
    let row = &read.rejected[0];
    assert_eq!(row.columns(), "quantity; unit_price");
    assert_eq!(row.reasons(), "quantity -1 is negative; must not be empty");
    assert_eq!(
        row.to_string(),
        "line 2; quantity \"-1\": quantity -1 is negative; unit_price \"\": must not be empty"
    );
}

#[test]
fn one_bad_row_rejects_its_order_and_no_other() {
    let read = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n2,A,1,4.50,EUR\n2,B,-1,4.50,\n2,C,1,x,\n3,A,1,4.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["1", "3"]);
    let expected = [
        (3, String::new(), vec!["order_has_bad_row"]),
        (4, "quantity".to_owned(), vec!["quantity_negative"]),
        (5, "unit_price".to_owned(), vec!["number_malformed"]),
    ];
    assert_eq!(told(&read.rejected), expected);
    assert_eq!(
        read.rejected[0].reasons(),
        "another row of the order is bad (line 4)"
    );
}

#[test]
fn a_wrong_currency_hides_no_other_bad_row() {
    let read = read(&format!("{HEAD}1,A,1,4.50,EUX\n1,B,,4.50,\n"));
    let rows = told(&read.rejected);
    assert_eq!(rows[0].2, ["currency_unknown"]);
    assert_eq!(rows[1].2, ["cell_empty"]);
}

#[test]
fn an_order_id_that_comes_again_rejects_both() {
    let read = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n1,B,1,4.50,EUR\n2,A,1,4.50,EUR\n1,C,1,4.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["2"]);
    let codes: Vec<_> = told(&read.rejected)
        .into_iter()
        .map(|(line, _, codes)| (line, codes))
        .collect();
    let expected = [
        (2, vec!["order_has_bad_row"]),
        (3, vec!["order_has_bad_row"]),
        (5, vec!["order_id_repeated"]),
    ];
    assert_eq!(codes, expected);
}

#[test]
fn rows_that_may_be_two_orders_are_not_blamed_for_differing() {
    let head = HEAD.trim_end();
    let read = read(&format!(
        "{head},total\n1,A,1,4.50,EUR,4.50\n2,A,1,4.50,EUR,4.50\n1,C,1,5.00,EUR,5.00\n"
    ));
    let rows = told(&read.rejected);
    assert_eq!(rows[1].2, ["order_id_repeated"]);
}

#[test]
fn a_file_without_a_word_on_payment_says_nothing_of_it() {
    let head = HEAD.trim_end();
    let read = read(&format!(
        "{head},paid\n1,A,1,4.50,EUR,\n2,A,1,4.50,EUR,no\n3,A,1,4.50,EUR,yes\n"
    ));
    let told: Vec<_> = read
        .orders
        .iter()
        .map(|order| order.incoming.state.financial)
        .collect();
    let expected = [
        None,
        Some(FinancialState::Pending),
        Some(FinancialState::Paid),
    ];
    assert_eq!(told, expected);
}

#[test]
fn rows_rejected_for_a_repeated_order_id_do_not_become_one_order_when_fed_again() {
    let first = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n2,A,1,4.50,EUR\n1,C,1,4.50,EUR\n1,D,1,4.50,EUR\n"
    ));
    assert_eq!(ids(&first), ["2"]);
    let file = write_rejected(&first.headers, &first.rejected);
    let again = read(&file);
    assert!(again.orders.is_empty(), "{file}");
    let fixed = read(&file.replace("1,C", "3,C").replace("1,D", "3,D"));
    assert_eq!(ids(&fixed), ["1", "3"]);
    assert_eq!(fixed.orders[1].incoming.draft.lines.len(), 2);
}

#[test]
fn a_row_without_order_id_takes_the_order_above_with_it() {
    let read = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n,B,1,4.50,EUR\n,C,1,4.50,EUR\n2,A,1,4.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["2"]);
    let rows = told(&read.rejected);
    assert_eq!(rows.len(), 3);
    assert!(rows[0].2.contains(&"order_row_without_id"), "{rows:?}");
    assert_eq!(rows[1].2, ["cell_empty"]);
}

#[test]
fn values_of_the_whole_order_must_agree() {
    let head = HEAD.replace("currency", "currency,shipping,city");
    let read = read(&format!(
        "{head}1,A,1,4.50,EUR,4.90,Town\n1,B,1,4.50,USD,5.90,Town\n2,A,1,4.50,EUR,,\n\
         2,B,1,4.50,EUR,3,x\n"
    ));
    assert_eq!(ids(&read), ["2"]);
    assert_eq!(read.orders[0].incoming.draft.charges[0].amount.minor(), 300);
    let rows = told(&read.rejected);
    assert_eq!(rows[1].1, "currency; shipping");
    assert_eq!(rows[1].2, ["differs_within_order", "differs_within_order"]);
}

#[test]
fn who_an_order_is_for_is_in_no_message() {
    let head = HEAD.replace(
        "currency",
        "currency,name,company,email,phone,address1,address2,city,region,postcode",
    );
    let people = |who: &str| format!("1,A,1,4.50,EUR{}", format!(",{who}").repeat(9));
    let text = format!("{head}{}\n{}\n", people("Secret One"), people("Secret Two"));
    let read = read(&text);
    let row = &read.rejected[1];
    assert_eq!(row.problems.len(), 9);
    for shown in [row.to_string(), format!("{read:?}")] {
        assert!(!shown.contains("Secret"), "{shown}");
    }
    // The file is for whoever corrects it, and has all of the row.
    assert!(write_rejected(&read.headers, &read.rejected).contains("Secret Two"));
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let head = HEAD.replace("currency", "currency,note");
    let text = format!(
        "{head}1,A,1,4.50,EUR,\"two\nlines\"\n\n\n,,,,,\n\
         2,A,-1,4.50,EUR,\r\n3,A,-1,4.50,EUR,\r4,A,-1,4,EUR,"
    );
    let read = read(&text);
    assert_eq!(ids(&read), ["1"]);
    assert_eq!(read.orders[0].lines, [2]);
    let lines: Vec<_> = read.rejected.iter().map(|row| row.line).collect();
    assert_eq!(lines, [7, 8, 9]);
    let declared = format!("sep=,\r\n{HEAD}1,A,-1,4.50,EUR\n");
    assert_eq!(self::read(&declared).rejected[0].line, 3);
}

#[test]
fn a_quote_never_closed_is_told_and_swallows_no_order_silently() {
    let read = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n2,\"A,1,4.50,EUR\n3,A,1,4.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["1"]);
    let row = &read.rejected[0];
    assert_eq!((row.line, row.problems[0].code), (3, "row_quote_open"));
    assert!(row.record[1].contains("3,A,1,4.50,EUR"));
    // Quotes inside an unquoted cell are inch marks, and a doubled one inside quotes is itself.
    let read = self::read(&format!(
        "{HEAD}1,5\" A,1,4.50,EUR\n2,\"5\"\" B\",1,4.50,EUR\n"
    ));
    assert_eq!(read.rejected, []);
    assert_eq!(
        read.orders[1].incoming.draft.lines[0]
            .sku
            .as_ref()
            .unwrap()
            .as_str(),
        "5\" B"
    );
}

#[test]
fn a_file_cut_off_within_a_row_is_told() {
    let cut = read(&format!("{HEAD}1,A,1,4.50,EUR\n2,A,1,4.50"));
    assert_eq!(ids(&cut), ["1"]);
    assert_eq!(cut.rejected[0].problems[0].code, "row_cut");
    // A last row that is whole needs no line end, and a short one with a line end is whole.
    let head = HEAD.replace("currency", "currency,note");
    assert_eq!(read(&format!("{head}1,A,1,4.50,EUR,")).rejected, []);
    assert_eq!(read(&format!("{head}1,A,1,4.50,EUR\n")).rejected, []);
}

#[test]
fn a_row_in_another_encoding_fails_alone() {
    let mut bytes = HEAD.as_bytes().to_vec();
    bytes.extend(b"1,T\xFCr,1,4.50,EUR\n2,A,1,4.50,EUR\n");
    let read = read_csv_orders(&bytes, &channel()).unwrap();
    assert_eq!(ids(&read), ["2"]);
    assert_eq!(read.rejected[0].problems[0].code, "row_not_utf8");
    // Nor is it taken once the damage is written as valid text.
    let file = write_rejected(&read.headers, &read.rejected);
    assert_eq!(
        self::read(&file).rejected[0].problems[0].code,
        "row_not_utf8"
    );
}

#[test]
fn people_values_that_break_a_rule_are_left_out_and_told() {
    let head = HEAD.replace("currency", "currency,email,country,name");
    let long = "x".repeat(300);
    let read = read(&format!("{head}1,A,1,4.50,EUR,no mail,Germany,{long}\n"));
    let incoming = &read.orders[0].incoming;
    let left_out = |path: &str, cause| ChannelWarning::LeftOut {
        path: path.to_owned(),
        cause,
    };
    let expected = [
        left_out("line 2: country", "country_code_malformed"),
        ChannelWarning::Shortened {
            path: "line 2: name".to_owned(),
        },
        left_out("line 2: email", "email_whitespace"),
    ];
    assert_eq!(incoming.warnings, expected);
    let place = incoming.draft.contacts.place.as_ref().unwrap();
    assert_eq!(place.country.as_ref().unwrap().as_str(), "Germany");
}

#[test]
fn rejected_rows_can_be_corrected_and_fed_again() {
    let text = "Order ID;SKU;Qty;Price;Currency;Title\n\
        1;A;2;4,50;EUR;Tea\n\
        2;A;-1;4,50;EUR;\"Tea; the \"\"good\"\" one\"\n\
        2;B;1;1,00;EUR;Mug\n\
        3;C;1;1.234;EUR;Kettle\n";
    let first = read(text);
    assert_eq!(ids(&first), ["1"]);
    let file = write_rejected(&first.headers, &first.rejected);
    let expected = "Order ID;SKU;Qty;Price;Currency;Title;rejected_line;\
        rejected_column;rejected_reason\n\
        2;A;-1;4,50;EUR;\"Tea; the \"\"good\"\" one\";3;Qty;quantity -1 is negative\n\
        2;B;1;1,00;EUR;Mug;4;;another row of the order is bad (line 3)\n\
        3;C;1;1.234;EUR;Kettle;5;Price;\"may be a thousand or a fraction; write it without the \
        sign, or with two decimals\"\n";
    assert_eq!(file, expected);
    // Untouched it is rejected again, with nothing added twice.
    let again = read(&file);
    assert!(again.orders.is_empty());
    assert_eq!(again.headers, first.headers);
    let reasons = |read: &CsvOrders| {
        read.rejected
            .iter()
            .map(RejectedRow::reasons)
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&again)[0], reasons(&first)[0]);
    // Corrected it is taken.
    let corrected = read(&file.replace(";-1;", ";1;").replace("1.234", "1234,00"));
    assert_eq!(ids(&corrected), ["2", "3"]);
    let title = corrected.orders[0].incoming.draft.lines[0]
        .title
        .as_ref()
        .unwrap();
    assert_eq!(title.as_str(), "Tea; the \"good\" one");
}

#[test]
fn a_row_with_too_many_cells_keeps_them_all_in_the_file_of_rejected_rows() {
    let first = read(&format!("{HEAD}1,A,1,4,50,EUR\n"));
    let file = write_rejected(&first.headers, &first.rejected);
    assert!(file.contains("1,A,1,4,50,2,"), "{file}");
    assert!(file.trim_end().ends_with(",EUR"), "{file}");
}

#[test]
fn hubs_are_read_with_their_area_and_place() {
    let text = "Hub,Name,Priority,Postal codes,Countries,Active,Lat,Lon\n\
        berlin,Berlin,10,10|12*,de|AT,yes,52.520008,13.404954\n\
        east,,,,,,,\n\
        west,West,2,,DEU,yes,,\n\
        north,North,x,,,yes,,\n\
        south,South,,,,yes,48.1,\n\
        pole,Pole,,,,yes,91,0\n\
        berlin,Again,,,,,,\n\
        ,Nameless,,,,,,\n";
    let hubs = read_hubs(text.as_bytes()).unwrap();
    assert_eq!(hubs.rows.len(), 2);
    let berlin = &hubs.rows[0].hub;
    assert_eq!(
        (berlin.id.as_str(), berlin.priority, berlin.active),
        ("berlin", 10, true)
    );
    let prefixes: Vec<_> = berlin
        .area
        .postal_prefixes
        .iter()
        .map(|code| code.as_str())
        .collect();
    assert_eq!(prefixes, ["10", "12"]);
    assert_eq!(berlin.area.countries.len(), 2);
    assert_eq!(berlin.location.unwrap().lon_micro(), 13_404_954);
    let east = &hubs.rows[1];
    assert_eq!(
        (east.line, east.hub.name.as_str(), east.hub.priority),
        (3, "east", 100)
    );
    assert!(east.hub.active && east.hub.location.is_none());
    let expected = [
        (4, "Countries".to_owned(), vec!["country_code_malformed"]),
        (5, "Priority".to_owned(), vec!["number_malformed"]),
        (6, "Lon".to_owned(), vec!["cell_empty"]),
        (7, "Lat".to_owned(), vec!["geo_latitude"]),
        (8, String::new(), vec!["row_repeated"]),
        (9, "Hub".to_owned(), vec!["cell_empty"]),
    ];
    assert_eq!(told(&hubs.rejected), expected);
    assert_eq!(hubs.rejected[4].reasons(), "the same as line 2");
}

#[test]
fn postal_codes_of_hubs_are_ranges_where_both_halves_are_as_long() {
    let text = "hub,postal_codes\n\
        berlin,10115-10999|12043 - 12059|14*\n\
        lisbon,1000-100|1000-205-1000-299|1100-1*\n\
        back,10999-10115\n\
        short,10-12\n";
    let hubs = read_hubs(text.as_bytes()).unwrap();
    let areas = hubs.rows.iter().map(|row| &row.hub.area);
    let rules = |area: &ServiceArea| {
        let prefixes = area.postal_prefixes.iter().map(ToString::to_string);
        let ranges = area.postal_ranges.iter().map(|range| format!("[{range}]"));
        prefixes.chain(ranges).collect::<Vec<_>>().join(" ")
    };
    let expected = [
        "14 [10115-10999] [12043-12059]",
        "1000-100 1100-1 [1000-205-1000-299]",
    ];
    assert_eq!(areas.map(rules).collect::<Vec<_>>(), expected);
    let refused = |line, code| (line, "postal_codes".to_owned(), vec![code]);
    let expected = [
        refused(4, "hub_postal_range"),
        refused(5, "hub_postal_range_of_beginnings"),
    ];
    assert_eq!(told(&hubs.rejected), expected);
}

#[test]
fn skus_are_read_with_their_price() {
    let text = "sku,title,active,list_price,currency\n\
        007-MUG,Mug,yes,12.00,EUR\n123,,no,,\nA,,,4.50,\nB,,,x,EUR\n\
        \x20A B ,T,,,\n007-MUG,,,,\n1.5E+10,,,,\n";
    let skus = read_skus(text.as_bytes()).unwrap();
    let rows: Vec<_> = skus
        .rows
        .iter()
        .map(|row| {
            (
                row.product.sku.as_str(),
                row.product.title.as_str(),
                row.product.active,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("007-MUG", "Mug", true),
            ("123", "123", false),
            ("A B", "T", true)
        ]
    );
    assert_eq!(
        skus.rows[0]
            .product
            .list_price
            .unwrap()
            .amount()
            .to_string(),
        "12.00"
    );
    let expected = [
        (4, "currency".to_owned(), vec!["cell_empty"]),
        (5, "list_price".to_owned(), vec!["number_malformed"]),
        (7, String::new(), vec!["row_repeated"]),
        (8, "sku".to_owned(), vec!["id_mangled"]),
    ];
    assert_eq!(told(&skus.rejected), expected);
}

#[test]
fn stock_is_read_by_sku_and_hub() {
    let text = "sku,hub,qty,safety\nA,x,40,2\nA,y,0,\nA,x,1,\nB,x,-1,\nB,y,,\nB,z,1.5,\nC,x,1,-1\n";
    let stock = read_stock(text.as_bytes()).unwrap();
    let rows: Vec<_> = stock
        .rows
        .iter()
        .map(|row| {
            (
                row.line,
                row.hub.as_str(),
                row.on_hand.get(),
                row.safety.get(),
            )
        })
        .collect();
    assert_eq!(rows, [(2, "x", 40, 2), (3, "y", 0, 0)]);
    let expected = [
        (4, String::new(), vec!["row_repeated"]),
        (5, "qty".to_owned(), vec!["quantity_negative"]),
        (6, "qty".to_owned(), vec!["cell_empty"]),
        (7, "qty".to_owned(), vec!["quantity_not_whole"]),
        (8, "safety".to_owned(), vec!["quantity_negative"]),
    ];
    assert_eq!(told(&stock.rejected), expected);
}

fn german() -> CsvOptions {
    CsvOptions {
        encoding: CsvEncoding::Detect,
        dates: DateFormat::DayMonthYear,
        utc_offset_mins: 60,
        decimal: DecimalSign::Comma,
        currency: Some(Currency::parse("EUR").unwrap()),
        ..CsvOptions::default()
    }
    .column("order_id", "Bestellung")
    .column("sku", "Artikel Nr.")
    .column("quantity", "Menge")
    .column("unit_price", "Einzelpreis")
    .column("ordered_at", "Datum")
    .column("line_id", "Pos")
    .column("city", "Ort")
}

#[test]
fn a_file_of_a_small_shop_is_read_by_its_own_headers_dates_and_numbers() {
    let file = b"Bestellung;Pos;Artikel-Nr;Menge;Einzelpreis;Datum;Ort;Price\n\
        0042;0001;00815;1;1.234,56;31.12.2026 14:30;K\xF6ln;ignored\n\
        0042;0002;007-MUG;2;1.234;;;\n\
        0043;;00815;1;12.50;31.12.2026;;\n\
        0044;;00815;1;12,50;12/31/2026;;\n";
    let read = read_csv_orders_with(file, &channel(), &german()).unwrap();
    assert_eq!(read.orders.len(), 1);
    let draft = &read.orders[0].incoming.draft;
    assert_eq!(draft.external[0].id.as_str(), "0042");
    let lines: Vec<_> = draft
        .lines
        .iter()
        .map(|line| {
            let sku = line.sku.as_ref().unwrap().as_str();
            let item = line.channel_item.as_ref().unwrap().as_str();
            (item, sku, line.unit_price.amount().to_string())
        })
        .collect();
    let expected = [
        ("0001", "00815", "1234.56".to_owned()),
        ("0002", "007-MUG", "1234.00".to_owned()),
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        draft.ordered_at.unwrap().to_string(),
        "2026-12-31T13:30:00.000000Z"
    );
    let receiver = draft.contacts.ship_to.as_ref().unwrap();
    assert_eq!(receiver.address.city.as_ref().unwrap().as_str(), "Köln");
    let rejected: Vec<_> = read
        .rejected
        .iter()
        .map(|row| {
            (
                row.line,
                row.problems[0].code,
                row.problems[0].column.as_deref().unwrap(),
            )
        })
        .collect();
    let expected = [
        (4, "number_malformed", "Einzelpreis"),
        (5, "timestamp_malformed", "Datum"),
    ];
    assert_eq!(rejected, expected);
    // What was rejected comes back as a file with its reasons, in UTF-8.
    let file = write_rejected(&read.headers, &read.rejected);
    assert!(file.starts_with("Bestellung;Pos;"), "{file}");
    assert!(file.contains("rejected_reason"), "{file}");
    let again = read_csv_orders_with(file.as_bytes(), &channel(), &german()).unwrap();
    assert_eq!(again.rejected.len(), 2);
}

#[test]
fn options_that_do_not_fit_the_file_are_refused() {
    let read = |options: &CsvOptions| {
        let file = b"order_id,sku,quantity,unit_price,x,X\n1,a,1,2.00,,\n";
        read_csv_orders_with(file, &channel(), options)
    };
    let problem = read(&CsvOptions::default()).unwrap_err();
    assert_eq!(
        (problem.code(), problem.path.as_str()),
        ("channel_column_missing", "currency")
    );
    let euros = CsvOptions {
        currency: Some(Currency::parse("EUR").unwrap()),
        ..CsvOptions::default()
    };
    assert_eq!(read(&euros).unwrap().orders.len(), 1);
    for (utc_offset_mins, fits) in [(840, true), (-840, true), (841, false), (i32::MIN, false)] {
        let away = CsvOptions {
            utc_offset_mins,
            ..euros.clone()
        };
        let expected = (!fits).then_some("utc_offset_out_of_range");
        let problem = read(&away).err();
        assert_eq!(problem.and_then(|problem| problem.cause()), expected);
    }
    for (column, header, code) in [
        ("colour", "x", "channel_column_missing"),
        ("sku", "Artikel", "channel_column_missing"),
        ("sku", "x", "channel_column_repeated"),
    ] {
        let problem = read(&euros.clone().column(column, header)).unwrap_err();
        assert_eq!((problem.code(), problem.path.as_str()), (code, column));
    }
}

#[test]
fn a_row_of_totals_is_rejected_alone() {
    let read = read(&format!(
        "{HEAD}1,A,1,4.50,EUR\n1,B,1,4.50,EUR\n,,2,9.00,EUR\n2,A,1,4.50,EUR\n,,3,13.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["1", "2"]);
    assert_eq!(read.orders[0].incoming.draft.lines.len(), 2);
    let rows = told(&read.rejected);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter().all(|row| row.2.contains(&"cell_empty")),
        "{rows:?}"
    );
}

#[test]
fn a_text_in_excels_clothes_is_taken_as_the_text() {
    let read = read(&format!(
        "{HEAD}=\"0042\",\"=\"\"007-MUG\"\"\",1,4.50,EUR\n2,\"=\"\"A\"\"&\"\"B\"\"\",1,4.50,EUR\n"
    ));
    assert_eq!(ids(&read), ["0042", "2"]);
    let sku = |at: usize| {
        let line = &read.orders[at].incoming.draft.lines[0];
        line.sku.as_ref().unwrap().to_string()
    };
    assert_eq!(sku(0), "007-MUG");
    // Any other formula is no text of its own.
    assert_eq!(sku(1), "=\"A\"&\"B\"");
}

#[test]
fn a_hub_that_is_named_is_kept_and_one_that_is_none_is_refused() {
    let file = |hub: &str| {
        format!("order_id,sku,quantity,unit_price,currency,hub\nA-1,TEA,1,4.50,EUR,{hub}\n")
    };
    let read = |hub: &str| read_csv_orders(file(hub).as_bytes(), &channel()).unwrap();
    let hub = |hub: &str| read(hub).orders[0].incoming.hub.clone();
    assert_eq!(hub("berlin").unwrap().as_str(), "berlin");
    assert_eq!(hub(""), None);
    assert_eq!(read(&"x".repeat(65)).rejected.len(), 1);
}

#[test]
fn notes_beyond_those_an_order_may_have_are_left_out() {
    let head = HEAD.replace("currency", "currency,note");
    // The first note stands on every other row, too.
    let row = |n: usize| format!("1,A,1,4.50,EUR,note 0\n1,A,1,4.50,EUR,note {n}\n");
    let rows: String = (0..NOTES_MAX + 2).map(row).collect();
    let read = read(&format!("{head}{rows}"));
    let order = &read.orders[0].incoming;
    assert_eq!(order.draft.lines.len(), 2 * (NOTES_MAX + 2));
    assert_eq!(order.draft.notes.len(), NOTES_MAX);
    assert!(place(&order.draft).is_ok());
    let left_out = ChannelWarning::LeftOut {
        path: format!("line {}: note", 2 * NOTES_MAX + 3),
        cause: "too_many",
    };
    assert_eq!(order.warnings, [left_out]);
}

#[test]
fn a_title_and_a_note_that_are_cut_are_told() {
    let head = HEAD.replace("currency", "currency,title,note");
    let (title, note) = ("t".repeat(TITLE_CHARS_MAX), "n".repeat(NOTE_CHARS_MAX));
    let read = read(&format!(
        "{head}1,A,1,4.50,EUR,{title},{note}\n1,A,1,4.50,EUR,{title}x,{note}x\n"
    ));
    let order = &read.orders[0].incoming;
    let titles = order.draft.lines.iter().map(|line| line.title.as_ref());
    assert!(titles.flatten().all(|kept| kept.as_str() == title));
    assert_eq!(order.draft.notes.len(), 1);
    let shortened = |column: &str| ChannelWarning::Shortened {
        path: format!("line 3: {column}"),
    };
    // The second note is the first one once it is cut.
    assert_eq!(order.warnings, [shortened("title")]);
    let alone = format!("{head}1,A,1,4.50,EUR,{title},{note}x\n");
    let alone = read_csv_orders(alone.as_bytes(), &channel()).unwrap();
    let shortened = ChannelWarning::Shortened {
        path: "line 2: note".to_owned(),
    };
    assert_eq!(alone.orders[0].incoming.warnings, [shortened]);
}

#[test]
fn a_header_row_has_a_bound() {
    let wide = |bytes: usize| {
        let head = HEAD.trim_end();
        let more = "x".repeat(bytes - head.len() - 2);
        format!("{head},{more}\n1,A,1,4.50,EUR\n")
    };
    let max = 32_768;
    assert_eq!(ids(&read(&wide(max))), ["1"]);
    for large in [
        wide(max + 1),
        format!("{}{}", HEAD.trim_end(), ",".repeat(max)),
    ] {
        let error = read_csv_orders(large.as_bytes(), &channel()).unwrap_err();
        assert_eq!(error.cause(), Some("header_too_long"));
        assert!(error.value.ends_with(" bytes"), "{error}");
        assert!(read_stock(large.as_bytes()).is_err());
    }
    // What was written of bad rows has more columns, and is read back.
    let bad = wide(max).replace("4.50", "x");
    let bad = read_csv_orders(bad.as_bytes(), &channel()).unwrap();
    let file = write_rejected(&bad.headers, &bad.rejected);
    assert_eq!(read(&file).rejected.len(), 1);
}
