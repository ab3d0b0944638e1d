"""A second provider joins a zone, and both sign it from then on (RFC 8901 section 2.1.2, model 2).

Provider A serves and signs `shop.test.` alone. First the two import each other's keys into their DNSKEY RRsets, each
signed by its own KSK; then the parent takes the DS of both KSKs, then B's servers beside A's. From then on answers
carry the signatures of either, at random; later B rolls its ZSK, published at both before it is used. All TTLs are 5 s,
and 7 s pass between two steps. Nobody asks for CDS.
"""

from world.expectation import Alert, Change, secure
from world.two_providers import A, B, TwoProviders

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment"),
    *secure("www.shop.test. A", server=A, phase=4, why="signed by A"),
    *secure("www.shop.test. A", server=B, phase=4, why="signed by B"),
]
ALERTS = []
TOLERATED = [Alert("ns_changed", "shop.test.", "unknown", "low", "B's servers joined A's")]
CHANGES = [
    Change("dnskey_changed", "shop.test.", "B's keys joined, in a DNSKEY RRset that A's KSK signs"),
    Change("ds_added", "shop.test.", "rule DS-4: the new DS digests a key that A had published"),
]
SILENCE = "Other signatures at other servers are no fault: each DNSKEY RRset holds the keys of both."


def play(lab):
    """A alone, both, and B's new ZSK."""
    two = TwoProviders(lab)
    lab.record(lab.tree.resolver(), "provider A alone.")
    lab.ask("www.shop.test")
    two.keys(a=two.all(), b=two.all())
    two.step("both publish the keys of both.")
    two.ds(*two.both_ds())
    two.step("the parent has the DS of both.")
    two.servers(A, B)
    two.step("the parent names the servers of both; the client asks until each has answered.", until={A, B})
    new = two.at_b.new_key(ksk=False)
    two.keys(a=two.all() + [new], b=two.all() + [new])
    two.step("both publish a new ZSK of B.", until={A, B})
    two.sign_b(two.keys_b[0], new)
    two.step("B signs with it.", until={A, B})
    two.keys_b = [two.keys_b[0], new]
    two.keys(a=two.all(), b=two.all())
    two.step("B's old ZSK is gone at both.", until={A, B})
