"""A zone moves to another provider by double DS, and nobody announces anything (RFC 6781 section 4.3.5.1).

Both providers publish each other's ZSK beside their own keys, so that caches can hold either's DNSKEY RRset with either's
data. The parent takes the DS of B's KSK beside A's, then names B's servers, then drops A's DS; last, B drops A's ZSK.
There is no CDS; B's KSK never stands in a DNSKEY RRset that A signs. What links the two is B's ZSK in A's DNSKEY RRset,
the DS that stays, and A's ZSK in B's. All TTLs are 5 s and 7 s pass between two steps.
"""

from world.expectation import Alert, Change, secure
from world.two_providers import A, B, TwoProviders

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment")
ALERTS = []
TOLERATED = [Alert("ns_changed", "shop.test.", "unknown", "low", "under keys that both providers share")]
CHANGES = [
    Change("ds_added", "shop.test.", "rule DS-4: the old DS stays, and its key signs"),
    Change("ds_removed", "shop.test.", "rule DS-4: B's DNSKEY RRset holds the ZSK that A had vouched for"),
]
SILENCE = "NS, addresses and keys all change, and each step is linked to the one before by a key that the old chain signed."


def play(lab):
    """Six steps."""
    two = TwoProviders(lab)
    (ksk_a, zsk_a), (ksk_b, zsk_b) = two.keys_a, two.keys_b
    lab.record(lab.tree.resolver(), "provider A alone.")
    lab.ask("www.shop.test")
    two.keys(a=[ksk_a, zsk_a, zsk_b], b=[ksk_b, zsk_b, zsk_a])
    two.step("either publishes the other's ZSK.")
    two.ds(*two.both_ds())
    two.step("the parent has the DS of both.")
    two.servers(B)
    two.step("the parent's NS are B's; B answers, with signatures by its own keys.")
    two.ds(two.both_ds()[1])
    two.step("the parent has B's DS only.")
    two.keys(a=[ksk_a, zsk_a], b=two.keys_b)
    two.step("B publishes its own keys only.")
