"""A firewall on the way takes the EDNS option out of questions, and with it DO: answers come unsigned.

Not malice, but a box that never heard of EDNS, before both servers of `bank.example.`. The resolver's questions carry
DO; the servers' answers carry no OPT, and no signatures, since for them nobody asked for any. SERVFAIL, until the box is
set right.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.bank.example. A", "bank.example. DNSKEY", phase=1, why="before the box"),
    *bogus("signature_missing", "www.bank.example. A", phase=2,
           why="DO in the question, and the same owner was seen signed"),
    *bogus("signature_missing", "bank.example. DNSKEY", "bank.example. MX", phase=2,
           why="the apex of a zone with DS in force, DO in the question"),
    *secure("www.bank.example. A", phase=3, why="after the box"),
]
ALERTS = [Alert("signature_missing", "bank.example.", "downgrade", "high",
                "no OPT and no signatures in answers to questions with DO, from servers that gave both before",
                or_causes=("signing_outage", "unknown"))]
TOLERATED = [
    Alert("denial_missing", "bank.example.", "downgrade", "high", "negative answers lost their proof to the same box"),
]


def play(lab):
    """Signed, without EDNS, signed again."""
    tree = lab.grow()
    servers = [("203.0.113.11", "203.0.113.211"), ("203.0.113.12", "203.0.113.212")]
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.11"], "ns2.bank.example.": ["203.0.113.12"]},
                     "named", behind=dict(servers), ttl=30, denial="nsec3")
    bank.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    boxes = [lab.box(*server) for server in servers]
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.bank.example")

    for box in boxes:
        box.stop()
    boxes = [lab.box(*server, "edns") for server in servers]
    lab.phase("the firewall takes EDNS away; the resolver's cache of the zone is flushed.")
    lab.resolver.flush("bank.example")
    lab.ask("www.bank.example")
    lab.ask("bank.example", "MX")

    for box in boxes:
        box.stop()
    for server in servers:
        lab.box(*server)
    lab.phase("the firewall is set right, the cache flushed.")
    lab.resolver.flush("bank.example")
    lab.ask("www.bank.example")
