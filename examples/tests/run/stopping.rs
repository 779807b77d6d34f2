//! How a program learns that it is to end.

use std::future::pending;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use oms_examples::run::ToStop;
use tokio::time::sleep;

/// Says that the test below runs itself.
const ALONE: &str = "OMS_TEST_RUN_STOPS";

fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{word}").and_then(|()| out.flush()).unwrap();
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Reads until somebody said so.
fn until(out: &mut BufReader<ChildStdout>, word: &str) {
    let mut line = String::new();
    while !line.trim_end().ends_with(word) {
        line.clear();
        assert!(
            out.read_line(&mut line).unwrap() > 0,
            "it never said {word}"
        );
    }
}

/// This program again, with that test alone.
fn alone(name: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[test]
fn a_program_whose_work_ended_by_itself_is_ended_by_a_signal_at_once() {
    if std::env::var(ALONE).is_ok() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let ended = ToStop::listen().told_or(async { "ended" }).await;
            say(ended.unwrap_or("stopped"));
            sleep(Duration::from_secs(20)).await;
            panic!("no signal was heard");
        });
    }
    let name = "stopping::a_program_whose_work_ended_by_itself_is_ended_by_a_signal_at_once";
    for name_of_signal in ["-TERM", "-INT"] {
        let (mut child, mut out) = alone(name);
        until(&mut out, "ended");
        signal(&child, name_of_signal);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn either_signal_stops_a_program_and_a_second_one_ends_it_at_once() {
    if std::env::var(ALONE).is_ok() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let to_stop = ToStop::listen();
            say("ready");
            to_stop.told().await;
            // Who asks later is told, too, and begins nothing.
            assert_eq!(to_stop.told_or(async { "begun" }).await, None);
            say("told");
            pending::<()>().await;
        });
    }
    let name = "stopping::either_signal_stops_a_program_and_a_second_one_ends_it_at_once";
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-TERM"), ("-TERM", "-INT")] {
        let (mut child, mut out) = alone(name);
        until(&mut out, "ready");
        signal(&child, first);
        until(&mut out, "told");
        signal(&child, second);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}
