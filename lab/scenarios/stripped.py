"""Signatures are stripped on the way to one resolver.

A box sits before both servers of `bank.example.` and takes every RRSIG, NSEC and NSEC3 out of their answers. The
questions carry DO, the parent has a DS, and the same names were seen signed from the same servers a few seconds
before. The resolver refuses the unsigned answers: SERVFAIL. At the end the box is gone and all verifies again.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.bank.example. A", "bank.example. DNSKEY", phase=1, why="before the box"),
    *bogus("signature_missing", "www.bank.example. A", phase=2,
           why="DO in the question, DS in force, AA, and the same owner was seen signed"),
    *bogus("signature_missing", "bank.example. MX", phase=2, why="the apex of a zone with DS in force"),
    *bogus("denial_missing", "nowhere.bank.example. A", phase=2,
           why="NXDOMAIN with the zone's own SOA, neither signed nor proven", or_reason="signature_missing"),
    *secure("www.bank.example. A", "bank.example. MX", phase=3, why="after the box"),
]
ALERTS = [Alert("signature_missing", "bank.example.", "downgrade", "high",
                "unsigned where signed before, from the same servers, all names alike")]
TOLERATED = [Alert("denial_missing", "bank.example.", "downgrade", "high",
                   "the negative answer lost its proof to the same box")]


def play(lab):
    """Signed, stripped, signed again."""
    tree = lab.grow()
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.11"], "ns2.bank.example.": ["203.0.113.12"]},
                     "knotd", behind={"203.0.113.11": "203.0.113.211", "203.0.113.12": "203.0.113.212"}, ttl=30,
                     denial="nsec3")
    bank.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    servers = [("203.0.113.11", "203.0.113.211"), ("203.0.113.12", "203.0.113.212")]
    boxes = [lab.box(*server) for server in servers]
    lab.record(tree.resolver(), "normal use, through a box that alters nothing.")
    lab.ask("www.bank.example")
    lab.ask("nothere.bank.example")

    for box in boxes:
        box.stop()
    boxes = [lab.box(*server, "strip") for server in servers]
    lab.phase("the box strips; the resolver's cache of the zone is flushed and the zone asked for again.")
    lab.resolver.flush("bank.example")
    lab.ask("www.bank.example")
    lab.ask("bank.example", "MX")
    lab.ask("nowhere.bank.example")

    for box in boxes:
        box.stop()
    for server in servers:
        lab.box(*server)
    lab.phase("the box is gone, the cache flushed.")
    lab.resolver.flush("bank.example")
    lab.ask("www.bank.example")
    lab.ask("bank.example", "MX")
