"""Four weeks of a zone whose keys Knot DNS keeps, with TTLs of a day and signatures of a fortnight.

As in `knot-rolls`, but at the pace of the world: the ZSK of `shop.test.` lives for ten days and the KSK for twenty,
every TTL is a day, and signatures are made anew a week before they end. Between two questions hours or days pass:
the time of all hosts is moved on, and the frames carry the time that the hosts had. Nobody asks for CDS or CDNSKEY.
"""

from world import automatic
from world.automatic import DAY, HOUR
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment") + secure("test. DNSKEY")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "ZSK added, ZSK removed, KSK added, KSK removed, each under a DS in force"),
    Change("ds_replaced", "shop.test.", "rule DS-4: the new KSK stood in the DNSKEY RRset that the old one signed"),
]
SILENCE = "Every answer verifies at every moment; new signatures over the same records are no change."


def play(lab):
    """Days and hours, until each kind of key was rolled once."""
    lab.clock.fake(lab.folder)
    lives = ("    zsk-lifetime: 10d\n    ksk-lifetime: 20d\n    rrsig-lifetime: 14d\n    rrsig-refresh: 7d\n")
    shop = automatic.knot_world(lab, ttl=DAY, more=lives, propagation=HOUR)
    first = automatic.knot_tags(lab, shop)
    lab.record(lab.tree.resolver(), "the first days.")
    lab.ask("www.shop.test")

    def roll(text, role):
        lab.phase(text)
        old = {(tag, kind) for tag, kind in first if kind == role}
        for _ in range(20):
            keys = automatic.knot_tags(lab, shop)
            if not old & keys:
                return
            lab.later(14 * HOUR if len(keys) > 2 else 4 * DAY)
            lab.ask("www.shop.test")
        raise RuntimeError(f"the {role} was not rolled")

    roll("days pass until Knot begins with a new ZSK, then half days until the old one is gone.", "ZSK")
    roll("the same with the KSK; Knot pushes the DS set to the parent and waits until the old one has left the caches. "
         "The ZSK may be rolled once more meanwhile.", "KSK")
    lab.phase("two days later.")
    lab.later(2 * DAY)
    lab.ask("www.shop.test")
