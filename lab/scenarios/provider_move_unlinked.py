"""A zone moves to another provider in one night, without a link between the old keys and the new: the owner's mistake.

The registrar of `shop.test.` is given B's servers first. B signs with keys of its own, which the DS does not know: every
resolver that follows the new NS is SERVFAIL. An hour later the owner hands in B's DS, and all validates again. On the
wire nothing tells this from a takeover: NS and DS changed together, and no old key vouches for the new ones. The time
of all hosts is moved on between the questions.
"""

from world.expectation import Alert, bogus, secure
from world.two_providers import A, B, TwoProviders

HOUR = 3600
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, server=A, why="A's keys, under A's DS"),
    *bogus("dnskey_missing", "shop.test. DNSKEY", phase=2, server=B, why="no key of it matches the DS"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=3, server=B, why="B's keys, under B's DS"),
]
ALERTS = [
    Alert("ds_replaced", "shop.test.", "registrar_hijack", "critical",
          "rule DS-7: no overlap, never announced, other servers; only the owner can tell that it was meant"),
    Alert("ds_mismatch", "shop.test.", "ds_mismatch", "high",
          "before that: the DS matches no key of the new servers", or_causes=("registrar_hijack", "rollover_error"),
          or_kinds=("dnskey_missing",)),
]
TOLERATED = [
    Alert("dnskey_missing", "shop.test.", "ds_mismatch", "high", "the verdict's reason as an incident of its own"),
    Alert("ns_changed", "shop.test.", "registrar_hijack", "low", "the parent-side NS set changed"),
    Alert("dnskey_changed", "shop.test.", "registrar_hijack", "medium", "all keys were exchanged"),
]


def play(lab):
    """A, B under A's DS, B under its own."""
    lab.clock.fake(lab.folder)
    two = TwoProviders(lab, ttl=HOUR)
    lab.record(lab.tree.resolver(), "provider A alone.")
    lab.ask("www.shop.test")
    two.servers(B)
    lab.phase("two hours later the parent's NS are B's, the DS is A's.")
    lab.later(2 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    two.ds(two.both_ds()[1])
    lab.phase("two hours later the DS is B's.")
    lab.later(2 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
