"""BIND's `dnssec-policy` rolls a key that is KSK and ZSK in one; the registry follows the CDS.

`shop.test.` has a single key. The new one is published beside it; once caches have it, it signs the data and BIND
publishes its CDS; the registry exchanges the DS; the old key leaves when its signatures and its DS have left the caches.
All TTLs are 5 s. Nobody asks for CDS through the resolver.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "the new key joins, the old one leaves"),
    Change("ds_replaced", "shop.test.", "rule DS-4: the new key stood in the DNSKEY RRset that the old one signed"),
]
SILENCE = "Every answer verifies at every moment, also for a resolver with old data."


def play(lab):
    """One rollover, asked all the while."""
    shop, registry = automatic.bind_world(lab, keys="csk lifetime unlimited algorithm ecdsap256sha256;")
    lab.record(lab.tree.resolver(), "normal use.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("BIND is told to begin with a new key, and the client goes on asking until the old one is gone.")
    automatic.bind_roll(lab, shop, registry, every=15)
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", seconds=6)
