"""Two providers sign a zone, each with its own ZSK, under one KSK that the owner keeps (RFC 8901 section 2.1.1, model 1).

The owner of `shop.test.` signs the DNSKEY RRset, which holds the KSK and the ZSKs of both, and hands it to A and B; they
sign everything else. Answers carry the signatures of either, at random. Then A rolls its ZSK: the owner publishes the
new one at both before it is used, and takes the old one out at both. All TTLs are 5 s and 7 s pass between two steps.
"""

from world.expectation import Change, secure
from world.two_providers import A, B, TwoProviders

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment"),
    *secure("www.shop.test. A", server=A, phase=1, why="signed by A's ZSK"),
    *secure("www.shop.test. A", server=B, phase=1, why="signed by B's ZSK"),
]
ALERTS = []
CHANGES = [Change("dnskey_changed", "shop.test.", "A's new ZSK joins, its old one leaves, under the owner's KSK")]
SILENCE = "One KSK, one DS, and two ZSKs that sign at one time."


def play(lab):
    """Both sign; A rolls its ZSK."""
    two = TwoProviders(lab)
    ksk, zsk_a = two.keys_a
    zsk_b = two.keys_b[1]
    two.sign_b(ksk, zsk_b)
    two.keys([ksk, zsk_a, zsk_b], [ksk, zsk_a, zsk_b])
    two.servers(A, B)
    lab.record(lab.tree.resolver(), "both providers answer.")
    two.ask({A, B})
    new = two.at_a.new_key(ksk=False)
    two.keys([ksk, zsk_a, zsk_b, new], [ksk, zsk_a, zsk_b, new])
    two.step("A's new ZSK is published at both.", until={A, B})
    two.sign_a(ksk, new)
    two.step("A signs with it.", until={A, B})
    two.keys([ksk, zsk_b, new], [ksk, zsk_b, new])
    two.step("A's old ZSK is gone at both.", until={A, B})
