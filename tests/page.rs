//! The sensor itself can be asked: the address is taken at the start, or the sensor does not start.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;
use support::{command, sigtap};

#[test]
fn an_address_that_cannot_be_had_is_refused_in_one_line() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let table = [
        (taken.as_str(), 1, "--http takes another ADDR:PORT, or off"),
        (
            "192.0.2.1:8553",
            1,
            "cannot serve metrics and the status page",
        ),
        ("8553", 2, "expected an address with a port"),
        ("localhost:8553", 2, "expected an address with a port"),
        ("127.0.0.1", 2, "expected an address with a port"),
    ];
    for (address, code, expected) in table {
        let run = sigtap(&["live", "-q", "-i", "lo", "--http", address]);
        assert_eq!(run.code, Some(code), "{address}: {run:?}");
        assert!(run.stderr.contains(expected), "{address}: {}", run.stderr);
        if code == 1 {
            assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        }
    }
}

#[test]
fn it_is_off_where_that_is_asked_for() {
    let run = sigtap(&["live", "-q", "-i", "nosuchif0", "--http", "off"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("nosuchif0"), "{}", run.stderr);
}

/// Where it may listen to an interface, a real sensor answers; elsewhere the pages are tested by
/// themselves (src/page).
#[test]
fn a_real_sensor_answers() {
    let arguments = [
        "live",
        "-v",
        "-i",
        "lo",
        "--http",
        "127.0.0.1:0",
        "--output",
        "none",
    ];
    let mut sensor = command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(sensor.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let Some((_, rest)) = line.split_once("http://") else {
        assert!(
            line.contains("permission") || line.contains("CAP_NET_RAW"),
            "{line}"
        );
        sensor.wait().unwrap();
        return;
    };
    let address = rest.trim().trim_end_matches('/').to_owned();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let is_ready = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        get("/readyz").starts_with("HTTP/1.1 200 ")
    });
    let answers = ["/metrics", "/", "/status.json", "/healthz"].map(get);
    sensor.kill().unwrap();
    sensor.wait().unwrap();
    assert!(is_ready, "{answers:?}");
    for (answer, expected) in answers.iter().zip([
        "\nsigtap_up 1\n",
        "<h1>Nothing is wrong that this sensor can see</h1>",
        "\"schema\":\"sigtap.status/1\"",
        "\nok\n",
    ]) {
        assert!(answer.contains(expected), "{expected} in {answer}");
    }
}
