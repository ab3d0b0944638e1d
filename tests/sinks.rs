//! Outputs that are a network away, against servers over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

mod support;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::{Run, command, folder, scenario, sigtap};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The arguments of a run over a scenario with these outputs, and a file beside them.
fn arguments(folder: &Path, name: &str, outputs: &[String]) -> Vec<String> {
    let scenario = scenario(name);
    let capture = support::capture(&scenario).unwrap();
    let anchors = scenario.join("anchors.txt");
    let file = format!("file:{}", text(&folder.join("lines.jsonl")));
    let spool = folder.join("spool");
    let mut all = vec![
        "read",
        "-q",
        "--trust-anchor",
        text(&anchors),
        "--spool",
        text(&spool),
    ];
    for output in outputs.iter().chain([&file]) {
        all.extend(["--output", output]);
    }
    all.push(text(&capture));
    all.into_iter().map(str::to_owned).collect()
}

fn run(folder: &Path, name: &str, outputs: &[String]) -> Run {
    sigtap(&arguments(folder, name, outputs))
}

fn lines(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("lines.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The folder of the only spool.
fn spool(folder: &Path) -> PathBuf {
    let mut all = fs::read_dir(folder.join("spool")).unwrap();
    all.next().unwrap().unwrap().path()
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The messages on a connection, their octets counted.
fn counted(stream: TcpStream) -> Vec<String> {
    let mut reader = BufReader::new(stream);
    let mut messages = Vec::new();
    loop {
        let mut count = Vec::new();
        if reader.read_until(b' ', &mut count).unwrap_or(0) == 0 {
            return messages;
        }
        let count: usize = String::from_utf8(count).unwrap().trim().parse().unwrap();
        let mut message = vec![0; count];
        if reader.read_exact(&mut message).is_err() {
            return messages;
        }
        messages.push(String::from_utf8(message).unwrap());
    }
}

/// The line in a message of syslog.
fn body(message: &str) -> String {
    message.split_once("\"] ").unwrap().1.to_owned()
}

#[test]
fn syslog_over_tcp_gets_all_lines_in_order() {
    let folder = folder("sink-syslog-tcp");
    let (listener, address) = listen();
    let server = thread::spawn(move || counted(listener.accept().unwrap().0));
    let done = run(&folder, "hijack", &[format!("syslog:tcp://{address}")]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let messages = server.join().unwrap();
    let bodies: Vec<_> = messages.iter().map(|message| body(message)).collect();
    assert_eq!(bodies, lines(&folder));
    assert!(bodies.len() > 3, "{bodies:?}");
    for message in &messages {
        let head: Vec<_> = message.splitn(7, ' ').collect();
        assert!(head[0].ends_with(">1") && head[3] == "sigtap", "{message}");
    }
}

#[test]
fn syslog_over_datagrams_gets_all_lines() {
    let folder = folder("sink-syslog-datagram");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let path = folder.join("log");
    let unix = UnixDatagram::bind(&path).unwrap();
    udp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    unix.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let outputs = [
        format!("syslog:udp://{}", udp.local_addr().unwrap()),
        format!("syslog:unix:{}", text(&path)),
    ];
    let child = command(&arguments(&folder, "hijack", &outputs))
        .spawn()
        .unwrap();
    let mut octets = vec![0; 65536];
    let mut wait = |socket: &dyn Fn(&mut [u8]) -> std::io::Result<usize>| {
        let mut bodies = Vec::new();
        while !bodies
            .last()
            .is_some_and(|line: &String| line.contains("\"event\":\"stop\""))
        {
            let count = socket(&mut octets).unwrap();
            bodies.push(body(std::str::from_utf8(&octets[..count]).unwrap()));
        }
        bodies
    };
    let by_udp = wait(&|octets| udp.recv(octets));
    let by_unix = wait(&|octets| unix.recv(octets));
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(by_udp, lines(&folder));
    assert_eq!(by_unix, lines(&folder));
}

#[test]
fn lines_for_a_dead_sink_wait_and_come_in_order_when_it_returns() {
    let folder = folder("sink-dead");
    let (listener, address) = listen();
    drop(listener);
    let sink = [format!("syslog:tcp://{address}")];
    let mut child = command(&arguments(&folder, "hijack", &sink))
        .spawn()
        .unwrap();
    wait_for(|| folder.join("lines.jsonl").exists() && lines(&folder).len() > 3 && waits(&folder));
    // The sensor is killed while its sink is dead.
    child.kill().unwrap();
    child.wait().unwrap();
    let mut expected = lines(&folder);
    let listener = TcpListener::bind(address).unwrap();
    let server = thread::spawn(move || counted(listener.accept().unwrap().0));
    let done = run(&folder, "expired", &sink);
    assert_eq!(done.code, Some(0), "{done:?}");
    expected.extend(lines(&folder));
    let messages = server.join().unwrap();
    assert_eq!(
        messages
            .iter()
            .map(|message| body(message))
            .collect::<Vec<_>>(),
        expected
    );
    assert!(!waits(&folder));
}

/// Whether lines wait in the only spool.
fn waits(folder: &Path) -> bool {
    let spool = spool(folder);
    let taken = fs::read_to_string(spool.join("position")).unwrap_or_default();
    let taken: Vec<u64> = taken
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    let (segment, offset) = (
        taken.first().copied().unwrap_or(0),
        taken.get(1).copied().unwrap_or(0),
    );
    fs::read_dir(spool).unwrap().any(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let number = name
            .strip_suffix(".spool")
            .map(|number| number.parse::<u64>().unwrap());
        number.is_some_and(|number| {
            let octets = entry.metadata().unwrap().len();
            number > segment && octets > 0 || number == segment && octets > offset
        })
    })
}

fn wait_for(mut is_so: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("that never came to be");
}

#[test]
fn a_sink_that_dies_with_lines_unread_gets_them_again() {
    let folder = folder("sink-killed");
    let (listener, address) = listen();
    let server = thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        // A daemon that is killed with octets unread: the kernel resets the connection.
        first.read_exact(&mut [0; 3000]).unwrap();
        thread::sleep(Duration::from_millis(300));
        drop(first);
        counted(listener.accept().unwrap().0)
    });
    let done = run(&folder, "hijack", &[format!("syslog:tcp://{address}")]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let bodies: Vec<_> = server
        .join()
        .unwrap()
        .iter()
        .map(|message| body(message))
        .collect();
    assert_eq!(bodies, lines(&folder));
}

/// A request over HTTP.
struct Request {
    path: String,
    authorization: Option<String>,
    body: String,
}

fn request(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    if stream.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut octets, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => octets = value.trim().parse().unwrap(),
            "authorization" => authorization = Some(value.trim().to_owned()),
            "transfer-encoding" => panic!("{header}"),
            _ => {}
        }
    }
    let mut body = vec![0; octets];
    stream.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Request {
        path,
        authorization,
        body,
    })
}

fn answer(stream: &mut impl Write, status: &str, headers: &str, body: &str) {
    let octets = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {octets}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    stream.flush().unwrap();
}

/// What a collector holds.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Vec<(String, String)>>>);

impl Held {
    fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(|(_, line)| line.clone())
            .collect()
    }
}

/// Answers `_bulk` as Elasticsearch does. `fate` gives the status of each new document.
fn bulk(held: &Held, request: &Request, mut fate: impl FnMut(&str) -> u16) -> String {
    let mut rows = request.body.lines();
    let mut items = Vec::new();
    while let Some(action) = rows.next() {
        let action: Value = serde_json::from_str(action).unwrap();
        let id = action["create"]["_id"].as_str().unwrap().to_owned();
        let line = rows.next().unwrap().to_owned();
        let mut held = held.0.lock().unwrap();
        let status = if held.iter().any(|(known, _)| *known == id) {
            409
        } else {
            fate(&line)
        };
        if status == 201 {
            held.push((id.clone(), line));
        }
        let error = (status != 201)
            .then(|| json!({"type": "mapper_parsing_exception", "reason": "because"}));
        items.push(json!({"create": {"_id": id, "status": status, "error": error}}));
    }
    let has_errors = items.iter().any(|item| item["create"]["status"] != 201);
    json!({"took": 1, "errors": has_errors, "items": items}).to_string()
}

/// Serves HTTP on each connection, one after the other.
fn serve<S: Read + Write>(
    listener: TcpListener,
    wrap: impl Fn(TcpStream) -> S + Send + 'static,
    mut respond: impl FnMut(usize, &Request, &mut dyn Write) -> bool + Send + 'static,
) {
    thread::spawn(move || {
        let mut count = 0;
        for stream in listener.incoming() {
            let mut stream = BufReader::new(wrap(stream.unwrap()));
            while let Some(request) = request(&mut stream) {
                count += 1;
                if !respond(count - 1, &request, stream.get_mut()) {
                    break;
                }
            }
        }
    });
}

/// Is starting, then busy, then loses its answer; one document does not fit its mapping.
fn moody(held: &Held, count: usize, request: &Request, out: &mut impl Write) -> bool {
    let is_bad = |line: &str| line.contains("\"seq\":2,");
    match count {
        0 => answer(
            out,
            "503 Service Unavailable",
            "Retry-After: 1\r\n",
            "starting",
        ),
        1 => answer(out, "429 Too Many Requests", "", "{}"),
        2 => {
            bulk(held, request, |line| if is_bad(line) { 429 } else { 201 });
            return false;
        }
        _ => {
            let body = bulk(held, request, |line| if is_bad(line) { 400 } else { 201 });
            answer(out, "200 OK", "Content-Type: application/json\r\n", &body);
        }
    }
    true
}

#[test]
fn elasticsearch_may_be_busy_refuse_one_document_and_lose_an_answer() {
    let folder = folder("sink-bulk");
    let secret = folder.join("secret");
    fs::write(
        &secret,
        "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==\n",
    )
    .unwrap();
    let (listener, address) = listen();
    let held = Held::default();
    let seen = held.clone();
    serve(
        listener,
        |stream| stream,
        move |count, request, mut out| {
            assert_eq!(request.path, "/dnssec/_bulk");
            let login = request.authorization.as_deref().unwrap();
            assert!(login.starts_with("ApiKey VnVh"), "{login}");
            moody(&held, count, request, &mut out)
        },
    );
    let sink = format!(
        "http:http://{address}/dnssec/_bulk#apikey_file={}",
        text(&secret)
    );
    let done = run(&folder, "hijack", &[sink]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let all = lines(&folder);
    let bad: Vec<_> = all
        .iter()
        .filter(|line| line.contains("\"seq\":2,"))
        .cloned()
        .collect();
    let good: BTreeSet<_> = all
        .iter()
        .filter(|line| !bad.contains(line))
        .cloned()
        .collect();
    let taken = seen.lines();
    assert_eq!(taken.iter().cloned().collect::<BTreeSet<_>>(), good);
    assert_eq!(taken.len(), good.len(), "each is held once");
    let refused = fs::read_to_string(spool(&folder).join("refused.jsonl")).unwrap();
    let refused: Vec<_> = refused.lines().collect();
    assert!(
        refused[0].contains("400") && refused[0].contains("because"),
        "{refused:?}"
    );
    assert_eq!(refused[1..], bad);
    assert!(done.stderr.contains("refused the line"), "{}", done.stderr);
    assert!(!waits(&folder));
}

#[test]
fn one_line_that_spoils_its_batch_is_found_and_put_aside() {
    let folder = folder("sink-bisect");
    let (listener, address) = listen();
    let taken: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&taken);
    serve(
        listener,
        |stream| stream,
        move |_, request, mut out| {
            if request.body.contains("\"seq\":3,") {
                answer(&mut out, "400 Bad Request", "", "line 3 is not for me");
            } else if request.body.lines().count() > 4 {
                answer(&mut out, "413 Content Too Large", "", "");
            } else {
                taken
                    .lock()
                    .unwrap()
                    .extend(request.body.lines().map(str::to_owned));
                answer(&mut out, "204 No Content", "", "");
            }
            true
        },
    );
    let done = run(&folder, "hijack", &[format!("http:http://{address}/in")]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let is_bad = |line: &String| line.contains("\"seq\":3,");
    let (bad, good): (Vec<_>, Vec<_>) = lines(&folder).into_iter().partition(is_bad);
    assert_eq!(*seen.lock().unwrap(), good);
    let refused = fs::read_to_string(spool(&folder).join("refused.jsonl")).unwrap();
    let refused: Vec<_> = refused.lines().collect();
    assert!(refused[0].contains("line 3 is not for me"));
    assert_eq!(refused[1..], bad);
}

#[test]
fn splunk_takes_events_over_tls_with_a_token() {
    let folder = folder("sink-splunk");
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca = folder.join("ca.pem");
    fs::write(&ca, own.cert.pem()).unwrap();
    let chain = vec![CertificateDer::from(own.cert.der().to_vec())];
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let (listener, address) = listen();
    let events: Arc<Mutex<Vec<Value>>> = Arc::default();
    let seen = Arc::clone(&events);
    let wrap =
        move |stream| StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
    serve(listener, wrap, move |count, request, mut out| {
        assert_eq!(request.path, "/services/collector/event");
        assert_eq!(
            request.authorization.as_deref(),
            Some("Splunk 12345678-90ab")
        );
        if count == 0 {
            answer(
                &mut out,
                "503 Service Unavailable",
                "",
                r#"{"text":"Server is busy","code":9}"#,
            );
            return true;
        }
        let rows = serde_json::Deserializer::from_str(&request.body).into_iter::<Value>();
        events.lock().unwrap().extend(rows.map(Result::unwrap));
        answer(&mut out, "200 OK", "", r#"{"text":"Success","code":0}"#);
        true
    });
    let url = format!(
        "https://localhost:{}/services/collector/event",
        address.port()
    );
    let sink = |options: &str| format!("http:{url}#splunk_env=HEC_TOKEN{options}");
    let outputs = [sink(&format!(",ca={}", text(&ca)))];
    let mut child = command(&arguments(&folder, "hijack", &outputs));
    let done = support::finished(child.env("HEC_TOKEN", "12345678-90ab"));
    assert_eq!(done.code, Some(0), "{done:?}");
    let events = seen.lock().unwrap();
    let told: Vec<_> = events.iter().map(|event| event["event"].clone()).collect();
    let expected: Vec<Value> = lines(&folder)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told, expected);
    assert_eq!(events[0]["sourcetype"], "sigtap:health");
    assert!(events[0]["time"].as_f64().unwrap() > 1e9);
}

#[test]
fn a_server_that_no_known_certificate_vouches_for_gets_nothing() {
    let folder = folder("sink-untrusted");
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca = folder.join("ca.pem");
    fs::write(&ca, other.cert.pem()).unwrap();
    let chain = vec![CertificateDer::from(own.cert.der().to_vec())];
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let (listener, address) = listen();
    let wrap =
        move |stream| StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
    serve(listener, wrap, |_, request, _| {
        panic!("it told {}", request.body)
    });
    let sink = format!(
        "http:https://localhost:{}/#ca={}",
        address.port(),
        text(&ca)
    );
    let mut child = command(&arguments(&folder, "hijack", &[sink]))
        .spawn()
        .unwrap();
    wait_for(|| folder.join("lines.jsonl").exists() && lines(&folder).len() > 3 && waits(&folder));
    thread::sleep(Duration::from_secs(2));
    assert!(waits(&folder));
    stop(&mut child);
}

fn stop(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_a_sink_lacks_is_told_in_one_line() {
    let table: [(&[&str], &str); 5] = [
        (&["--output", "syslog:udp://127.0.0.1:9"], "--spool"),
        (
            &[
                "--output",
                "http:https://127.0.0.1/#ca=/nowhere",
                "--spool",
                "/tmp",
            ],
            "/nowhere",
        ),
        (
            &[
                "--output",
                "http:http://127.0.0.1/#bearer_file=/nowhere",
                "--spool",
                "/tmp",
            ],
            "/nowhere",
        ),
        (
            &[
                "--output",
                "http:http://127.0.0.1/#bearer_env=SIGTAP_UNSET",
                "--spool",
                "/tmp",
            ],
            "SIGTAP_UNSET",
        ),
        (
            &[
                "--output",
                "syslog:udp://127.0.0.1:9",
                "--spool",
                "/dev/null/x",
            ],
            "/dev/null/x",
        ),
    ];
    let capture = support::capture(&scenario("healthy")).unwrap();
    for (arguments, expected) in table {
        let run = sigtap(&[&["read", "-q"], arguments, &[text(&capture)]].concat());
        assert_eq!(run.code, Some(1), "{run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}
