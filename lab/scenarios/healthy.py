"""Healthy traffic: every kind of answer that a sensor must judge without a false alarm.

Positive answers, wildcards, aliases within and across zones, DNAME, names and types that are not there, empty
non-terminals, delegations to signed and unsigned zones, with NSEC, NSEC3 and NSEC3 with opt-out, over IPv4 and IPv6.
Four server programs and four signers. The client asks mostly with DO, at times without.
"""

from world.expectation import insecure, secure

SECURE = [
    "www.shop.test. A", "www.shop.test. AAAA", "shop.test. MX", "shop.test. TXT", "shop.test. SOA",
    "shop.test. DNSKEY", "alias.shop.test. A", "cdn.shop.test. A", "page.old.shop.test. A", "x.moved.shop.test. A",
    "one.dyn.shop.test. A", "one.dyn.shop.test. MX",
    "nothere.shop.test. A", "www.shop.test. CAA", "any.bank.example. A",
    "edge.bank.example. A", "x.bank.example. A", "bank.example. DNSKEY", "two.any.bank.example. TXT",
    "www.bank.example. CAA", "www.narrow.test. A", "gone.narrow.test. A",
    "www.narrow.test. TXT", "shop.test. DS", "plain.test. DS", "test. DNSKEY", ". DNSKEY", "nodomain.test. A",
]
INSECURE = ["www.plain.test. A",
            "gone.plain.test. A", "www.plain.example. A", "nodomain.example. A", "plain.example. DS"]
VERDICTS = [*secure(*SECURE), *insecure(*INSECURE)]
ALERTS = []
SILENCE = "All is healthy. `ds_first_seen` is a `change` line, not an alert."

QUESTIONS = [
    "shop.test DS", "www.shop.test A", "www.shop.test AAAA", "shop.test MX", "shop.test TXT", "shop.test SOA",
    "shop.test DNSKEY",
    "alias.shop.test A", "cdn.shop.test A", "page.old.shop.test A", "x.moved.shop.test A",
    "one.dyn.shop.test MX", "one.dyn.shop.test A", "www.shop.test CAA", "nothere.shop.test A",
    "two.any.bank.example TXT", "www.bank.example CAA", "zzz.bank.example AAAA", "any.bank.example A",
    "www.narrow.test A", "www.narrow.test TXT", "gone.narrow.test A",
    "www.plain.test A", "gone.plain.test A", "www.plain.example A", "plain.example DS",
    "plain.test DS", "nodomain.test A", "nodomain.example A", "notld A",
]


def plant(lab):
    """The zones."""
    tree = lab.grow(ipv6=True)
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11", "2001:db8:11::11"],
                                    "ns2.shop.test.": ["203.0.113.12"]}, "named")
    shop.records += [
        "www IN A 203.0.113.80", "www IN A 203.0.113.81", "www IN AAAA 2001:db8:80::80", "@ IN MX 10 mail",
        "mail IN A 203.0.113.25", '@ IN TXT "v=spf1 mx -all"', "alias IN CNAME www", "cdn IN CNAME edge.bank.example.",
        "old IN DNAME new.shop.test.", "page.new IN A 203.0.113.82", "moved IN DNAME bank.example.",
        "*.dyn IN A 203.0.113.83",
    ]
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.13", "2001:db8:11::13"]}, "knotd",
                     signer="knotd", denial="nsec3")
    bank.records += ["www IN A 203.0.113.85", "edge IN A 203.0.113.86", "x IN A 203.0.113.87",
                     '*.any IN TXT "anything"']
    narrow = tree.zone("narrow.test.", {"ns1.narrow.test.": ["203.0.113.14"]}, "pdns_server",
                       signer="pdns", denial="nsec3")
    narrow.records += ["www IN A 203.0.113.88"]
    for parent in ("test", "example"):
        plain = tree.zone(f"plain.{parent}.", {f"ns1.plain.{parent}.": ["203.0.113.15"]}, "nsd", denial=None)
        plain.records += ["www IN A 203.0.113.89"]
    tree.start()
    return tree


def ask_all(lab):
    """All the questions."""
    for i, question in enumerate(QUESTIONS):
        lab.ask(*question.split())
        if i % 7 == 3:
            lab.ask(*question.split(), "+nodnssec")


def play(lab):
    """Every question once, some of them again without DO."""
    tree = plant(lab)
    lab.record(tree.resolver(), "the resolver starts with an empty cache, and the client asks one thing after another.")
    ask_all(lab)
