"""Knot DNS takes a zone from RSASHA256 to ECDSAP256SHA256 by itself.

The operator writes another algorithm into the policy of `shop.test.` and reloads; the rest is Knot's. The new keys sign
everything before they are published, then they are published, the DS set is pushed to the parent and exchanged, the
old keys leave the DNSKEY RRset, and their signatures last (RFC 6781 section 4.1.4). All TTLs are 5 s.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment") + secure("test. DNSKEY")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "the new algorithm joins, the old one leaves"),
    Change("ds_replaced", "shop.test.", "rule DS-5: the new KSK was published and signed under the old DS for its TTL"),
]
SILENCE = "A signature by an unpublished key beside a good one is no fault (RFC 6840 section 5.11)."


def play(lab):
    """Another algorithm, asked all the while."""
    shop = automatic.knot_world(lab, algorithm="RSASHA256")
    server = automatic.server_of(lab, shop)
    old = automatic.knot_tags(lab, shop)
    lab.record(lab.tree.resolver(), "algorithm 8.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("the policy names algorithm 13 now; the client asks until the old keys are gone.")
    shop.algorithm = "ECDSAP256SHA256"
    server.configure()
    server.knotc("reload")
    lab.keep_asking(*automatic.QUESTIONS, until=lambda: not old & automatic.knot_tags(lab, shop))
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", seconds=6)
