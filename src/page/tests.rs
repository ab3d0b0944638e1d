//! The page, its JSON and the metrics of fixed snapshots, and requests over real sockets.

use super::*;
use crate::alert::{CauseClass, Confidence, Kind, Loss, Severity};
use crate::chain::{ChainLink, Reason, ValidationState, VouchedBy};
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::{Ends, Presence, ResolverSight};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PORTFOLIO: &str = r#"
[[zone]]
name = "shop.example"
criticality = "critical"
owner = "dns-team <dns@shop.example>"
runbook = "https://runbooks.shop.example/RB-02"
expect = "secure"
[[zone]]
name = "quiet.example"
runbook = "javascript:alert(1)"
[[resolver]]
address = "192.0.2.53"
name = "res1"
validates = true
"#;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T03:12:45Z").unwrap()
}

fn link(zone: &str, by: VouchedBy, tag: Option<u16>) -> ChainLink {
    ChainLink {
        zone: name(zone),
        state: match tag {
            Some(_) => ValidationState::Secure,
            None => ValidationState::Indeterminate,
        },
        key_tag: tag,
        by,
    }
}

fn ago(seconds: i64) -> Timestamp {
    now().plus_seconds(-seconds)
}

fn card() -> Card {
    Card {
        id: "3f7a".to_owned(),
        kind: Kind::DsReplaced,
        zone: Some(name("shop.example")),
        severity: Severity::Critical,
        confidence: Confidence::High,
        reasons: vec!["the DS set is verified".to_owned()],
        class: CauseClass::Attack,
        cause: "registrar_hijack",
        summary: "All DS records of shop.example were replaced together with its name servers."
            .to_owned(),
        first_step: Some("Call the registrar's emergency desk.".to_owned()),
        command: Some("unbound-control flush_zone shop.example".to_owned()),
        first_seen: now().plus_seconds(-400),
        last_seen: now().plus_seconds(-3),
        count: 12,
        scope: "zone",
        owner: Some("dns-team <dns@shop.example>".to_owned()),
        runbook: Some("https://runbooks.shop.example/RB-02".to_owned()),
    }
}

/// Its zones, all of them right.
fn zones(portfolio: &Portfolio) -> Vec<ZoneView> {
    let ends = |days: i64| Ends {
        inception: now().plus_seconds(-86_400),
        expiration: now().plus_seconds(days * 86_400),
    };
    let zones = portfolio.zones();
    let view = zones.map(|zone| ZoneView {
        zone: Arc::clone(zone),
        chain: vec![
            link(".", VouchedBy::Anchor, Some(20326)),
            link("example", VouchedBy::Ds, Some(4711)),
            link(&zone.name.to_string(), VouchedBy::Ds, Some(815)),
        ],
        presence: Presence {
            first: Some(ago(90_000)),
            last: Some(ago(12)),
            keys: Some(ends(13)),
            data: Some(ends(1)),
            ..Presence::default()
        },
        open: Vec::new(),
    });
    view.collect()
}

/// A sensor that is well and sees all.
fn calm() -> Snapshot {
    let portfolio = Portfolio::parse(PORTFOLIO).unwrap();
    let mut figures = crate::alert::Stats {
        kernel_packets: 1000,
        messages: 900,
        queries: 450,
        ..crate::alert::Stats::default()
    };
    figures.skipped.insert("not_dns".to_owned(), 100);
    Snapshot {
        sensor: "tap1".to_owned(),
        source: "eth0".to_owned(),
        now: now(),
        started: Some(ago(90_000)),
        last_frame: Some(ago(1)),
        last_message: Some(ago(1)),
        last_told: Some(ago(2)),
        figures,
        frames: 1000,
        parts: 3,
        verdicts: BTreeMap::from([
            (("secure", None), 400),
            (("insecure", Some(Reason::NoDs)), 40),
        ]),
        lately: Lately {
            seconds: 60,
            frames: 100,
            messages: 90,
            told: 44,
            loss: Loss::default(),
        },
        zones: Arc::new(Zones {
            as_of: now(),
            total: 2,
            first: zones(&portfolio),
        }),
        resolvers: vec![ResolverView {
            address: Ipv4Addr::new(192, 0, 2, 53).into(),
            declared: portfolio.resolvers().next().cloned(),
            sight: Some(ResolverSight {
                last: now(),
                fetched_keys: Some(ago(20)),
                authentic: Some(ago(4)),
            }),
            open: Vec::new(),
        }],
        anchors: vec![". DS 20326 8 2".to_owned()],
        tables: vec![Table {
            name: "waiting_responses",
            entries: 7,
        }],
        ..Snapshot::default()
    }
}

/// The same while a zone is taken over.
fn hijacked() -> Snapshot {
    let mut snapshot = calm();
    snapshot.incidents = Incidents {
        counts: BTreeMap::from([((Kind::DsReplaced, Severity::Critical), 1)]),
        worst: vec![card()],
    };
    snapshot
        .alerts
        .insert((Kind::DsReplaced, Severity::Critical), 2);
    let mut zones = (*snapshot.zones).clone();
    zones.first[1].open = vec![(Kind::DsReplaced, Severity::Critical)];
    snapshot.zones = Arc::new(zones);
    snapshot
}

fn html(snapshot: &Snapshot) -> String {
    status(snapshot, &Moment::default(), Format::Html)
}

fn whats(snapshot: &Snapshot, moment: &Moment) -> Vec<(Level, String)> {
    let all = concerns(snapshot, moment).into_iter();
    all.map(|concern| (concern.level, concern.what)).collect()
}

#[test]
fn the_page_and_the_metrics_are_as_written_down() {
    let hijacked = hijacked();
    let moment = Moment::default();
    let golden = [
        ("status.html", status(&hijacked, &moment, Format::Html)),
        ("status.json", status(&hijacked, &moment, Format::Json)),
        ("metrics.txt", metrics(&hijacked, &moment)),
    ];
    let is_to_be_written = std::env::var_os("SIGTAP_BLESS").is_some();
    for (file, text) in golden {
        let path = format!("{}/src/page/golden/{file}", env!("CARGO_MANIFEST_DIR"));
        if is_to_be_written {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{file}");
    }
}

#[test]
fn what_is_wrong_stands_on_top_and_calm_is_said_with_figures() {
    let page = html(&calm());
    assert!(page.contains("<h1>Nothing is wrong that this sensor can see</h1>"));
    assert!(page.contains("44 responses found right, wrong or unsigned"));
    let page = html(&hijacked());
    assert!(page.contains("<h1>1 incident is open, critical: an attack</h1>"));
    let (top, rest) = page.split_once("</section>").unwrap();
    assert!(top.contains("All DS records of shop.example were replaced"));
    assert!(top.contains("First: Call the registrar&#39;s emergency desk."));
    assert!(rest.contains("unbound-control flush_zone shop.example"));
    let mut low = hijacked();
    low.incidents.worst[0].severity = Severity::Low;
    let page = html(&low);
    assert!(page.contains("<h1>Nothing urgent is wrong that this sensor can see</h1>"));
}

#[test]
fn silence_is_never_taken_for_health() {
    let moment = Moment::default();
    let with = |change: fn(&mut Snapshot)| {
        let mut snapshot = calm();
        change(&mut snapshot);
        snapshot
    };
    let deaf = with(|snapshot| {
        snapshot.last_message = Some(now().plus_seconds(-600));
        snapshot.lately = Lately::default();
    });
    let never = with(|snapshot| {
        snapshot.last_message = None;
        snapshot.lately = Lately::default();
    });
    let quiet = with(|snapshot| {
        snapshot.last_message = Some(now().plus_seconds(-90));
        snapshot.lately = Lately::default();
    });
    let unjudged = with(|snapshot| snapshot.last_told = Some(now().plus_seconds(-400)));
    let lossy = with(|snapshot| snapshot.lately.loss.kernel_drops = 50);
    let full = with(|snapshot| snapshot.state_trouble = Some("disk full".to_owned()));
    let sink = with(|snapshot| {
        snapshot.sinks.push(SinkFigures {
            name: "http:siem".to_owned(),
            ..SinkFigures::default()
        });
    });
    let table = [
        (&deaf, Level::Alarm, "No DNS message on eth0 for 10 min"),
        (
            &never,
            Level::Alarm,
            "No DNS message on eth0 since the start",
        ),
        (&quiet, Level::Warning, "No DNS message on eth0 for 90 s"),
        (&unjudged, Level::Alarm, "Nothing could be judged for 6 min"),
        (
            &lossy,
            Level::Alarm,
            "50 packets lost in the last 60 s (33 %)",
        ),
        (&full, Level::Alarm, "The state file cannot be written"),
        (&sink, Level::Alarm, "Alerts do not reach http:siem"),
    ];
    for (snapshot, level, what) in table {
        assert_eq!(whats(snapshot, &moment), [(level, what.to_owned())]);
        let page = html(snapshot);
        assert!(page.contains(&format!("<h1>{what}</h1>")), "{what}");
        assert!(!page.contains("Nothing is wrong"), "{what}");
    }
    let still = Moment {
        age: Duration::from_secs(40),
        ..Moment::default()
    };
    let told = whats(&calm(), &still);
    assert_eq!(told, [(Level::Alarm, "Stands still for 40 s".to_owned())]);
    assert!(metrics(&calm(), &still).contains("\nsigtap_up 0\n"));
    assert_eq!(whats(&calm(), &moment), []);
}

#[test]
fn blindness_stands_before_what_is_seen() {
    let mut snapshot = hijacked();
    snapshot.lately.loss.kernel_drops = 50;
    let told = whats(&snapshot, &Moment::default());
    assert!(told[0].1.contains("packets lost"), "{told:?}");
    assert!(told[1].1.contains("1 incident"), "{told:?}");
}

#[test]
fn hostile_names_stay_text() {
    let hostile = name("<script>alert\\(1\\)</script>.\\000\\010\\034'&\\255.example");
    let mut snapshot = hijacked();
    let card = &mut snapshot.incidents.worst[0];
    card.zone = Some(hostile.clone());
    card.summary = format!("The zone {hostile} fails");
    card.first_step = Some("</p><img src=x onerror=alert(1)>".to_owned());
    card.command = Some("</pre><style>*{display:none}</style>".to_owned());
    card.runbook = Some("javascript:alert(1)".to_owned());
    let mut zones = (*snapshot.zones).clone();
    zones.first[0].chain[2].zone = hostile;
    snapshot.zones = Arc::new(zones);
    snapshot.sensor = "\"><script>".to_owned();
    let page = html(&snapshot);
    for tag in [
        "<script>",
        "<img",
        "<style>",
        "javascript:alert(1)\"",
        "</title><",
    ] {
        let count = page.matches(tag).count();
        assert_eq!(count, 0, "{tag} in {page}");
    }
    assert_eq!(page.matches("<script").count(), 1, "only its own");
    assert_eq!(
        page.matches("href=\"").count(),
        3,
        "stylesheet, JSON, metrics: {page}"
    );
    let json = status(&snapshot, &Moment::default(), Format::Json);
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["schema"], "sigtap.status/1");
    for line in metrics(&snapshot, &Moment::default()).lines() {
        assert!(!line.contains("script"), "no names from the wire: {line}");
    }
}

#[test]
fn what_is_not_known_is_absent_from_the_metrics() {
    let mut snapshot = calm();
    let mut zones = (*snapshot.zones).clone();
    zones.first[0].presence = Presence::default();
    snapshot.zones = Arc::new(zones);
    let text = metrics(&snapshot, &Moment::default());
    let of = |zone: &str, metric: &str| {
        let start = format!("{metric}{{zone=\"{zone}\"");
        text.lines().filter(|line| line.starts_with(&start)).count()
    };
    let expiry = "sigtap_zone_signature_expiry_timestamp_seconds";
    assert_eq!(of("quiet.example.", expiry), 0);
    assert_eq!(of("shop.example.", expiry), 2);
    assert_eq!(
        of("quiet.example.", "sigtap_zone_last_seen_timestamp_seconds"),
        0
    );
    assert_eq!(of("quiet.example.", "sigtap_zone_state"), 4);
}

/// A server with this on its board.
fn serving(snapshot: Option<Snapshot>) -> (SocketAddr, Serving) {
    let board = Arc::new(Board::default());
    if let Some(snapshot) = snapshot {
        board.publish(snapshot, Duration::ZERO, 5);
    }
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = server.address();
    (address, server.start(&board).unwrap())
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn get(address: SocketAddr, path: &str) -> String {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    )
}

#[test]
fn each_path_has_its_answer_and_no_other_exists() {
    let (address, _serving) = serving(Some(calm()));
    let table = [
        ("/", "200 OK", "text/html"),
        ("/?x", "200 OK", "text/html"),
        ("/metrics", "200 OK", "text/plain; version=0.0.4"),
        ("/healthz", "200 OK", "text/plain"),
        ("/readyz", "200 OK", "text/plain"),
        ("/status.json", "200 OK", "application/json"),
        ("/status.js", "200 OK", "text/javascript"),
        ("/status.css", "200 OK", "text/css"),
        ("/favicon.ico", "404 Not Found", "text/plain"),
        ("//", "404 Not Found", "text/plain"),
        ("/./metrics", "404 Not Found", "text/plain"),
        ("/..%2fetc%2fpasswd", "404 Not Found", "text/plain"),
        ("/../../etc/passwd", "404 Not Found", "text/plain"),
        ("/Metrics", "404 Not Found", "text/plain"),
    ];
    for (path, status, content_type) in table {
        let answer = get(address, path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{path}: {answer:.60}"
        );
        assert!(
            answer.contains(&format!("\r\nContent-Type: {content_type}")),
            "{path}"
        );
        assert!(
            answer.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'self';")
        );
        assert!(!answer.contains("unsafe-inline"), "{path}");
    }
}

#[test]
fn only_get_and_head_are_answered_as_they_ask() {
    let (address, _serving) = serving(Some(calm()));
    let head = exchange(
        address,
        &format!("HEAD / HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    );
    let whole = get(address, "/");
    assert!(whole.starts_with(&head) && whole.len() > head.len());
    assert!(head.ends_with("\r\n\r\n"));
    let body = "x".repeat(100_000);
    let post =
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100000\r\n\r\n{body}");
    let table = [
        (post.as_str(), "405 Method Not Allowed"),
        (
            "DELETE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "405 Method Not Allowed",
        ),
        (
            "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n",
            "421 Misdirected Request",
        ),
        ("GET / HTTP/1.0\r\n\r\n", "200 OK"),
    ];
    for (request, status) in table {
        let answer = exchange(address, request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request:.40}: {answer:.60}"
        );
    }
    let refused = exchange(address, "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert!(refused.contains("\r\nAllow: GET, HEAD\r\n"));
}

#[test]
fn who_asks_slowly_keeps_nobody_waiting_for_long() {
    let (address, _serving) = serving(Some(calm()));
    // More than are served at a time, and none of them comes to an end.
    let slow: Vec<TcpStream> = (0..12)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
                .unwrap();
            stream
        })
        .collect();
    #[expect(clippy::disallowed_methods, reason = "it is time that is measured")]
    let start = Instant::now();
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    for mut stream in slow {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        assert!(text.starts_with("HTTP/1.1 408"), "{text:.60}");
    }
}

#[test]
fn health_and_readiness_tell_why_not() {
    let (address, _serving) = serving(None);
    assert!(get(address, "/healthz").ends_with("\r\n\r\nok\n"));
    assert!(get(address, "/readyz").ends_with("starting: the capture is not open yet\n"));
    assert!(get(address, "/metrics").starts_with("HTTP/1.1 503 "));
    assert!(get(address, "/").contains("<h1>Starting</h1>"));
    let mut ending = calm();
    ending.is_ending = true;
    let mut unanchored = calm();
    unanchored.anchors.clear();
    for (snapshot, why) in [(ending, "ending"), (unanchored, "no trust anchor")] {
        let (address, _serving) = serving(Some(snapshot));
        let answer = get(address, "/readyz");
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.contains(why),
            "{answer}"
        );
    }
}

#[test]
fn an_address_in_use_is_told_with_the_way_out() {
    let first = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let error = Server::bind(first.address()).unwrap_err().to_string();
    assert!(error.contains("another sigtap"), "{error}");
    assert!(
        error.contains("--http takes another ADDR:PORT, or off"),
        "{error}"
    );
}
