"""A zone moves to a provider that does not sign, and the DS is forgotten at the parent.

The owner of `shop.test.` has the registrar name B's servers. B serves the zone unsigned, and nobody thinks of the DS of
A's key: every validating resolver is SERVFAIL. The DS is withdrawn the next day. The time of all hosts is moved on
between the questions.
"""

from world.expectation import Alert, bogus, insecure, secure
from world.two_providers import A, B, TwoProviders

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, server=A, why="signed by A, under its DS"),
    *bogus("signature_missing", "www.shop.test. A", phase=2, server=B, why="unsigned under a DS, at the new servers"),
    *insecure("www.shop.test. A", phase=3, why="the parent proves that there is no DS any more"),
]
ALERTS = [
    Alert("signature_missing", "shop.test.", "signing_outage", "high", "unsigned at every server that the parent names",
          or_causes=("rollover_error", "ds_mismatch", "downgrade", "registrar_hijack")),
    Alert("ds_withdrawn", "shop.test.", "registrar_hijack", "critical",
          "rule DS-7: never announced, and the servers changed a day before; only the owner can tell that it was meant"),
]
TOLERATED = [
    Alert("ds_mismatch", "shop.test.", "signing_outage", "high", "its servers have no DNSKEY"),
    Alert("dnskey_missing", "shop.test.", "signing_outage", "high", "no DNSKEY for the DS"),
    Alert("denial_missing", "shop.test.", "signing_outage", "high", "the NODATA for DNSKEY is not proven"),
    Alert("ns_changed", "shop.test.", "unknown", "low", "the parent-side NS set changed"),
]


def play(lab):
    """A, B unsigned under A's DS, B without it."""
    lab.clock.fake(lab.folder)
    two = TwoProviders(lab, ttl=HOUR)
    lab.record(lab.tree.resolver(), "provider A alone.")
    lab.ask("www.shop.test")
    two.at_b.signing = []
    two.keys(a=two.keys_a, b=[])
    two.servers(B)
    lab.phase("two hours later the parent's NS are B's, the DS is A's.")
    lab.later(2 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    two.ds()
    lab.phase("a day later the DS is gone.")
    lab.later(DAY)
    lab.ask("www.shop.test")
