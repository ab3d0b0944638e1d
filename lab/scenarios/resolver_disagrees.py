"""A resolver refuses everything: it was restored from a backup with a trust anchor of long ago.

At first the resolver works. Then it starts again with another root key as its anchor, and answers SERVFAIL to every
question, while on the wire all zones verify. One resolver fails for many zones: the trouble is the resolver's.
"""

from world.expectation import Alert, secure

NAMES = ["www.shop.test", "www.bank.test", "www.plain.example", "www.club.example"]
VERDICTS = secure("www.shop.test. A", "www.bank.test. A", "www.club.example. A", ". DNSKEY",
                  why="verifies under the root's true key")
ALERTS = [Alert("resolver_disagrees", None, "resolver_fault", "medium",
                "192.0.2.53 answers SERVFAIL for names of several zones that all verify upstream")]


def play(lab):
    """The good configuration, then the bad one."""
    tree = lab.grow()
    for number, name in enumerate(("shop.test.", "bank.test.", "club.example."), 11):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, "nsd")
        zone.records += ["www IN A 203.0.113.80", "ftp IN A 203.0.113.81"]
    plain = tree.zone("plain.example.", {"ns1.plain.example.": ["203.0.113.14"]}, "nsd", denial=None)
    plain.records += ["www IN A 203.0.113.82"]
    tree.start()
    resolver = tree.resolver()
    lab.record(resolver, "the resolver works.")
    for name in NAMES:
        lab.ask(name)
    lab.phase("the resolver starts again, with a root key of long ago as its trust anchor.")
    resolver.trusted = [f". 3600 IN DS {tree.root.new_key(ksk=True).ds('SHA-256')}"]
    resolver.start()
    for name in NAMES:
        lab.ask(name)
