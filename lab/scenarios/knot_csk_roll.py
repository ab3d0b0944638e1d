"""Knot DNS rolls a key that is KSK and ZSK in one, by itself.

`shop.test.` has a single key (`single-type-signing`). The new one is published beside it and signs the DNSKEY RRset
too; once the parent has its DS, which Knot pushed there, it signs the data, and the old one leaves when its signatures
and its DS have left the caches (RFC 6781 section 4.1.3). All TTLs are 5 s. The client asks for CDS and CDNSKEY as well,
as a registry's scanner behind the same resolver would.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment") + secure("test. DNSKEY")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "the new key joins, the old one leaves"),
    Change("ds_replaced", "shop.test.", "rule DS-3 or DS-4: announced, and published under the old DS"),
]
SILENCE = "Every answer verifies at every moment, also for a resolver with old data."


def play(lab):
    """One rollover, asked all the while."""
    shop = automatic.knot_world(lab, split_keys=False, denial="nsec3")
    lab.record(lab.tree.resolver(), "normal use.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("Knot is told to begin with a new key, and the client goes on asking until the old one is gone.")
    automatic.knot_roll(lab, shop, "ksk", ("www.shop.test", "shop.test CDS"))
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", "nothere.shop.test", seconds=6)
