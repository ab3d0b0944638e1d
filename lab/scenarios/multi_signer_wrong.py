"""A second provider joins a zone, but does not know the keys of the first one (RFC 8901 section 2.1.2, done wrong).

As in `multi-signer-right` the parent has the DS of both KSKs and names the servers of both; but B publishes its own
keys only. A resolver that fetched the keys from B cannot verify what A signs, and asks and asks; whether its client
gets an answer is luck. What either provider hands out is consistent in itself. All TTLs are 5 s, those of the DNSKEY
RRset 60 s.
"""

from world.expectation import Alert, Change, Verdict, secure
from world.two_providers import A, B, TwoProviders

VERDICTS = [
    *secure("www.shop.test. A", phase=1, why="A alone"),
    *secure("www.shop.test. A", server=B, phase=4, why="signed by B, whose keys are everywhere"),
    Verdict("www.shop.test.", "A", "secure", phase=4, server=A, or_state="bogus", or_reason="dnskey_missing",
            why="signed by A's ZSK, which B's DNSKEY RRset lacks, whichever of the two was fetched last"),
]
ALERTS = [
    Alert("premature_step", "shop.test.", "rollover_error", "high",
          "B's DNSKEY RRset lacks A's ZSK, while A's servers are in use: 203.0.113.21 is to be named"),
]
TOLERATED = [
    Alert("ns_changed", "shop.test.", "unknown", "low", "B's servers joined A's"),
    Alert("dnskey_changed", "shop.test.", "unknown", "medium", "two DNSKEY RRsets take turns"),
    Alert("resolver_disagrees", None, "resolver_fault", "medium", "the resolver refuses what verifies under A's keys"),
]
CHANGES = [Change("ds_added", "shop.test.", "rule DS-4: the new DS digests a key that A had published")]


def play(lab):
    """A alone, A with B's keys, and B without A's."""
    two = TwoProviders(lab, dnskey_ttl=60)
    lab.record(lab.tree.resolver(), "provider A alone.")
    lab.ask("www.shop.test")
    two.keys(a=two.all(), b=two.keys_b)
    two.step("A publishes the keys of both; B, not in use yet, its own only.", "shop.test.")
    two.ds(*two.both_ds())
    two.step("the parent has the DS of both.")
    two.servers(A, B)
    two.step("the parent names the servers of both; the client asks until each has answered for data and keys.",
             "shop.test.", until={A, B}, keys_too=True)
