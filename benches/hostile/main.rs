//! What the worst message costs beside a normal one: decoded and judged in a world whose zones are known.
//!
//! A normal one is the mean of three signed messages whose checks are made afresh. The run ends
//! with the table of `docs/work-limits.md`, and fails if a message costs more than twenty normal ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of benches are not test functions"
)]

mod attacks;
mod crowds;
mod world;

use attacks::{ATTACKS, Case, many_ds};
use criterion::measurement::{Measurement, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crowds::Crowd;
use sigtap::message::Rtype;
use sigtap::signature::nsec3_hash;
use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;
use world::{QNAME, Section, Set, Wire, World, name, rsa};

/// How many normal messages the worst one may cost.
const MOST: f64 = 20.0;

/// Octets of a message over TCP, and over UDP as resolvers ask for it and as they once did.
const SIZES: [usize; 3] = [65_535, 4096, 1232];

fn signed_answer() -> Case {
    let world = World::new();
    let owner = name("www.good.com.");
    let set = Set {
        owner: &owner,
        rtype: Rtype::A,
        records: &[vec![192, 0, 2, 1]],
    };
    let mut wire = Wire::new(&owner, Rtype::A, 1232);
    wire.push(Section::Answer, QNAME, Rtype::A, &set.records[0]);
    let rrsig = world.good.key.rrsig(&world.good.apex, &set, 0);
    wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    normal("normal: an answer signed with P-256", world, wire.done())
}

fn rsa_answer() -> Case {
    let octets = rsa("www.rsa.com.", Rtype::A);
    let case = normal(
        "normal: an answer signed with RSA 2048",
        World::new(),
        octets,
    );
    let sent = ([203, 0, 113, 9], case.sent.1);
    Case { sent, ..case }
}

/// NXDOMAIN with SOA and three NSEC3 records, each signed with P-256.
fn name_error() -> Case {
    let world = World::new();
    let (zone, qname) = (&world.good, name("nope.good.com."));
    let soa = Set {
        owner: &zone.apex,
        rtype: Rtype::SOA,
        records: &[[&[0, 0][..], &[0; 20]].concat()],
    };
    let mut wire =
        Wire::new(&qname, Rtype::A, 1232)
            .nxdomain()
            .signed(Section::Authority, zone, &soa);
    let wildcard = zone.apex.wildcard().unwrap();
    for (of, back) in [(&zone.apex, 0), (&qname, 1), (&wildcard, 1)] {
        let mut hash = nsec3_hash(of, &[], 0);
        hash[18] = hash[18].wrapping_sub(back);
        let owner = attacks::hashed(&zone.apex, hash);
        hash[18] = hash[18].wrapping_add(2);
        let rdata = [&[1, 0, 0, 0, 0, 20][..], &hash, &[0, 1, 0x62]].concat();
        let set = Set {
            owner: &owner,
            rtype: Rtype::NSEC3,
            records: &[rdata],
        };
        wire = wire.signed(Section::Authority, zone, &set);
    }
    let octets = wire.done();
    normal("normal: NXDOMAIN with SOA and three NSEC3", world, octets)
}

fn normal(what: &'static str, world: World, octets: Vec<u8>) -> Case {
    let lessons = world.lessons();
    let sent = (world.good.server, octets);
    Case {
        what,
        world,
        lessons,
        sent,
    }
}

/// An attack of so many octets, in a world that has seen the attacker's keys and DS set.
fn hostile((what, attack): &attacks::Attack, limit: usize) -> Case {
    let mut world = World::new();
    let octets = attack(&mut world, limit);
    assert!(octets.len() <= limit, "{what}: {} octets", octets.len());
    let mut lessons = world.lessons();
    if what.starts_with("HashTrap") {
        let ds = many_ds(&world.evil);
        let place = lessons.len() - 3;
        lessons[place].1 = world.com.refers(&world.evil, &ds).done();
        lessons.remove(place + 1);
    }
    let sent = (world.evil.server, octets);
    Case {
        what,
        world,
        lessons,
        sent,
    }
}

/// The least time that a message took; nothing if the command line leaves it out.
fn measure(criterion: &mut Criterion, case: &Case) -> Option<Duration> {
    let least = Cell::new(Duration::MAX);
    let mut group = criterion.benchmark_group("hostile");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    group
        .warm_up_time(Duration::from_millis(20))
        .measurement_time(Duration::from_millis(200));
    let label = format!("{}/{}", case.what, case.sent.1.len());
    group.bench_function(label, |bench| {
        bench.iter_custom(|times| {
            let mut total = Duration::ZERO;
            for _ in 0..times {
                let mut tap = case.world.tap(&case.lessons);
                let start = WallTime.start();
                black_box(tap.take(black_box(&case.sent)));
                let taken = WallTime.end(start);
                least.set(least.get().min(taken));
                total += taken;
            }
            total
        });
    });
    group.finish();
    Some(least.get()).filter(|least| *least < Duration::MAX)
}

/// What is said of a message, in short.
fn word(case: &Case) -> String {
    let mut tap = case.world.tap(&case.lessons);
    let mut word = "waits".to_owned();
    for event in tap.take(&case.sent) {
        if let sigtap::chain::Event::Verdict(verdict) = event {
            let reason = verdict.reason.map_or("", sigtap::chain::Reason::name);
            word = format!("{} {reason}", verdict.state.name());
        }
    }
    word
}

/// A message of the table.
#[derive(Debug)]
struct Row {
    what: &'static str,
    octets: usize,
    said: String,
    taken: Duration,
}

fn hostile_messages(criterion: &mut Criterion) {
    // A single round, as for a test, measures nothing, and making these messages takes minutes
    // without optimisation.
    if std::env::args().all(|argument| argument != "--bench") {
        return;
    }
    let mut table = Vec::new();
    for case in [signed_answer(), rsa_answer(), name_error()] {
        assert!(word(&case).starts_with("secure"), "{}", case.what);
        table.extend(row(criterion, &case));
    }
    let normal = table.iter().map(|row| row.taken).collect::<Vec<_>>();
    for attack in ATTACKS.iter().filter(|(what, _)| is_wanted(what)) {
        for limit in SIZES {
            let case = hostile(attack, limit);
            let size = (case.what, case.sent.1.len());
            // Some do not fill what they may.
            if table.iter().all(|row| (row.what, row.octets) != size) {
                table.extend(row(criterion, &case));
            }
        }
    }
    let mut crowds = crowds::crowds();
    crowds.retain(|crowd| is_wanted(crowd.what));
    table.extend(crowds.iter().map(of_crowd));
    // A part of the rows may be asked for: there is no ratio without all the normal ones.
    if let [_, _, _] = normal[..] {
        tell(&table, normal.iter().sum::<Duration>() / 3);
    }
}

/// What each of a crowd takes on the average.
fn of_crowd(crowd: &Crowd) -> Row {
    let measured = crowd.measure();
    let said = match measured.waited {
        0 => format!("{} messages", measured.messages),
        // The one that wakes the others does what they put off.
        waited => format!(
            "{} messages, {waited} wait; the dearest takes {} µs",
            measured.messages,
            measured.dearest.as_micros()
        ),
    };
    Row {
        what: crowd.what,
        octets: measured.octets,
        said,
        taken: measured.mean,
    }
}

/// Whether a filter on the command line leaves it in; it takes long to make what nobody wants.
fn is_wanted(what: &str) -> bool {
    let mut arguments = std::env::args().skip(1);
    let filter = arguments.find(|argument| !argument.starts_with('-'));
    filter.is_none_or(|filter| {
        filter
            .split('|')
            .any(|part| what.starts_with(part.split('/').next().unwrap_or(part)))
    })
}

fn row(criterion: &mut Criterion, case: &Case) -> Option<Row> {
    Some(Row {
        what: case.what,
        octets: case.sent.1.len(),
        taken: measure(criterion, case)?,
        said: word(case),
    })
}

#[expect(clippy::print_stderr, reason = "the table is what it is for")]
fn tell(table: &[Row], usual: Duration) {
    let ratio = |row: &Row| row.taken.as_secs_f64() / usual.as_secs_f64();
    eprintln!("| message | octets | said at once | µs | ratio |");
    eprintln!("| --- | --- | --- | --- | --- |");
    for row in table {
        let (what, octets, said, micros) = (row.what, row.octets, &row.said, row.taken.as_micros());
        let ratio = ratio(row);
        eprintln!("| {what} | {octets} | {said} | {micros} | {ratio:.1} |");
    }
    let dear: Vec<&Row> = table.iter().filter(|row| ratio(row) > MOST).collect();
    assert!(dear.is_empty(), "more than {MOST} normal ones: {dear:?}");
}

criterion_group!(benches, hostile_messages);
criterion_main!(benches);
