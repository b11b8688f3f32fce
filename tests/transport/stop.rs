//! Stopping: what is in flight is answered, what is idle is closed, what hangs is cut.

use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::toy::{Toy, settings};

#[test]
fn requests_in_flight_are_answered_and_idle_connections_closed() {
    let mut toy = Toy::start(settings());
    let mut idle = toy.connect();
    assert_eq!(idle.ask("GET", "/open/x", &[], b"").status, 200);
    let silent = toy.connect();
    let mut busy = toy.connect();
    busy.request("GET", "/open/second", &[], b"");
    sleep(Duration::from_millis(300));

    toy.begin_stop();
    let since = Instant::now();
    assert!(idle.rest().is_empty());
    assert!(since.elapsed() < Duration::from_millis(600), "idle for {:?}", since.elapsed());
    let answer = busy.answer();
    assert_eq!((answer.status, answer.text()), (200, "after a second"));
    assert!(busy.rest().is_empty(), "the connection stayed open");
    let took = toy.stopped();
    assert!(took < Duration::from_secs(2), "{took:?} after the last answer");
    assert!(TcpStream::connect(toy.plain.unwrap()).is_err(), "it still listens");
    drop(silent);
}

#[test]
fn what_hangs_is_cut_when_time_is_over() {
    let mut settings = settings();
    settings.timeouts.stop_seconds = 1;
    let mut toy = Toy::start(settings);
    let mut hangs = toy.connect();
    hangs.request("GET", "/open/minute", &[], b"");
    sleep(Duration::from_millis(200));
    toy.begin_stop();
    let took = toy.stopped();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(4), "{took:?}");
    assert!(hangs.rest().is_empty());
}
