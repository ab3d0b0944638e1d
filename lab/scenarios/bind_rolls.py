"""BIND's `dnssec-policy` rolls a ZSK and then a KSK; the registry follows the CDS.

The keys of `shop.test.` are BIND's own. A new ZSK is published, then used, and the old one leaves when its signatures
have left the caches. Then a new KSK joins the old one and signs too; once caches have it, BIND publishes CDS and
CDNSKEY, the registry finds them, has `dnssec-cds` check them, exchanges the DS and tells BIND when the old one has left
the caches; the old KSK goes. All TTLs are 5 s. The client asks for CDS as well, so that the announcement is seen.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", "shop.test. CDS", why="at every moment")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "ZSK added, ZSK removed, KSK added, KSK removed, each under a DS in force"),
    Change("ds_replaced", "shop.test.", "rule DS-3: equals the CDS set that the old chain signed"),
]
SILENCE = "Every answer verifies at every moment, also for a resolver with old data."


def play(lab):
    """Two rollovers, asked all the while."""
    shop, registry = automatic.bind_world(lab)
    lab.record(lab.tree.resolver(), "normal use.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("BIND is told to begin with a new ZSK, and the client goes on asking until the old one is gone.")
    automatic.bind_roll(lab, shop, registry, 256, every=12)
    lab.phase("BIND is told to begin with a new KSK; the registry follows its CDS.")
    automatic.bind_roll(lab, shop, registry, questions=("www.shop.test", "shop.test DNSKEY", "shop.test CDS"))
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", seconds=6)
