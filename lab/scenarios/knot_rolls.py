"""Knot DNS rolls a ZSK and then a KSK by itself, and pushes the DS set to its parent.

The keys of `shop.test.` are Knot's own. A new ZSK is published, signs once the DNSKEY TTL has run, and the old one
leaves when its signatures have left the caches. Then a new KSK joins the old one and signs too (double signature,
RFC 7583 section 3.3.1); Knot publishes CDS and CDNSKEY, pushes the DS set to the parent, another Knot DNS, by an
update (`ds-push`), looks there until it finds it (`ksk-submission`), waits for the old one's TTL and drops the old key.
All TTLs are 5 s. Nobody asks for CDS or CDNSKEY, so that only the DNSKEY RRset tells what is coming.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment") + secure("test. DNSKEY")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "ZSK added, ZSK removed, KSK added, KSK removed, each under a DS in force"),
    Change("ds_replaced", "shop.test.", "rule DS-4: the new KSK stood in the DNSKEY RRset that the old one signed"),
]
SILENCE = "Every answer verifies at every moment, also for a resolver with old data."


def play(lab):
    """Two rollovers, asked all the while."""
    shop = automatic.knot_world(lab)
    lab.record(lab.tree.resolver(), "normal use.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("Knot is told to begin with a new ZSK, and the client goes on asking until the old one is gone.")
    automatic.knot_roll(lab, shop, "zsk")
    lab.phase("Knot is told to begin with a new KSK; it does all the rest itself, the DS set at the parent included.")
    automatic.knot_roll(lab, shop, "ksk")
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", seconds=6)
