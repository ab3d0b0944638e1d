//! What one check of a signature costs, by algorithm, and what it costs to remember one.
#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigtap::message::zone_file;
use sigtap::message::{Dnskey, Name, Rrset, Rtype};
use sigtap::signature::{Outcome, Verifier, ds_matches, nsec3_hash, rrset_digest};
use std::hint::black_box;

/// A signed DNSKEY RRset of every algorithm, with its key.
fn signed_sets() -> Vec<(Rrset, Dnskey)> {
    let sets = zone_file::parse(include_str!("../src/signature/bind.zone")).unwrap();
    let keys = sets.into_iter().filter(|set| set.rtype == Rtype::DNSKEY);
    keys.map(|set| {
        let key = set.dnskeys().next().unwrap();
        (set, key)
    })
    .collect()
}

fn checks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.throughput(Throughput::Elements(1));
    for (set, key) in signed_sets() {
        let rrsig = set.signatures.first().unwrap();
        let (forgetful, verifier) = (Verifier::new(0), Verifier::new(10));
        assert_eq!(verifier.check(&set, rrsig, &key), Outcome::Valid);
        group.bench_function(format!("cold/{}", set.owner), |bench| {
            bench.iter(|| forgetful.check(black_box(&set), black_box(rrsig), black_box(&key)));
        });
        group.bench_function(format!("again/{}", set.owner), |bench| {
            bench.iter(|| verifier.check(black_box(&set), black_box(rrsig), black_box(&key)));
        });
        // The first time that a copy of a set already checked passes.
        group.bench_function(format!("copy/{}", set.owner), |bench| {
            let copy = || set.signatures.first().unwrap().clone();
            bench.iter_batched_ref(
                copy,
                |rrsig| verifier.check(black_box(&set), black_box(rrsig), black_box(&key)),
                criterion::BatchSize::SmallInput,
            );
        });
    }
    // A key of 8192 bits whose exponent has 33 bits, all set, and 1 as signature.
    let rdata = [&[1, 0, 3, 8, 5, 1, 255, 255, 255, 255], &[255_u8; 1024][..]];
    let key = Dnskey::parse(&rdata.concat()).unwrap();
    let (set, _) = signed_sets().swap_remove(6);
    let mut rrsig = set.signatures.first().unwrap().clone();
    rrsig.algorithm = 8;
    rrsig.signature = [&[0; 1023][..], &[2]].concat().into();
    let verifier = Verifier::new(0);
    group.bench_function("cold/rsa as costly as it gets", |bench| {
        bench.iter(|| verifier.check(black_box(&set), black_box(&rrsig), black_box(&key)));
    });
}

fn hashes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash");
    let (set, _) = signed_sets().remove(0);
    group.bench_function("rrset_digest", |bench| {
        bench.iter(|| rrset_digest(black_box(&set)));
    });
    let name = Name::parse("www.example.com.").unwrap();
    for iterations in [0, 1, 10, 150] {
        group.bench_function(format!("nsec3/{iterations}"), |bench| {
            bench.iter(|| nsec3_hash(black_box(&name), &[0xaa; 8], iterations));
        });
    }
    let text = include_str!("../src/signature/bind.zone");
    let sets = zone_file::parse(text).unwrap();
    for ds_set in sets
        .iter()
        .filter(|set| set.owner.label_count() == 2 && set.rtype == Rtype::DS)
        .take(1)
    {
        let keys = sets
            .iter()
            .find(|set| set.owner == ds_set.owner && set.rtype == Rtype::DNSKEY);
        let key = keys.unwrap().dnskeys().next().unwrap();
        for ds in ds_set.ds() {
            group.bench_function(format!("ds/{}", ds.digest_type), |bench| {
                bench.iter(|| ds_matches(&ds_set.owner, black_box(&ds), black_box(&key)));
            });
        }
    }
    group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap()));
    group.bench_function("zone file", |bench| {
        bench.iter(|| zone_file::parse(black_box(text)));
    });
}

criterion_group!(benches, checks, hashes);
criterion_main!(benches);
