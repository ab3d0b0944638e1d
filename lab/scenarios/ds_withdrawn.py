"""A zone goes unsigned the right way: announced, DS withdrawn, signatures taken away last.

`shop.test.` publishes the delete form of CDS and CDNSKEY (RFC 8078), signed by its keys; a client asks for both, so
that they are on the wire. Then the parent withdraws the DS: the NSEC of the delegation shows NS without DS. The zone
stays signed until the old DS (TTL 5 s) has left all caches, and then goes unsigned.
"""

from world.expectation import Change, insecure, secure

VERDICTS = [
    *secure("www.shop.test. A", phase=1),
    *secure("shop.test. CDS", "shop.test. CDNSKEY", phase=2, why="the announcement, signed by a key of the DS"),
    *insecure("www.shop.test. A", phase=4, why="still signed, but the parent proves that there is no DS",
              or_state="secure"),
    *insecure("www.shop.test. A", "shop.test. MX", phase=6, why="unsigned, and proven to be so"),
]
ALERTS = []
CHANGES = [Change("ds_withdrawn", "shop.test.", "announced: rule DS-3, CDS 0 0 0 00 signed by the old chain")]
SILENCE = "The withdrawal was announced, and nothing ever failed."


def play(lab):
    """Announce, withdraw, go unsigned; each step after the caches expired."""
    tree = lab.grow(test={"ttl": 5})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "named", ttl=5)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    lab.phase("the zone announces the end of its DS, and the client asks for the announcement.")
    announcement = ["@ IN CDS 0 0 0 00", "@ IN CDNSKEY 0 3 0 AA=="]
    shop.records += announcement
    tree.publish(shop)
    lab.wait(6)
    lab.ask("shop.test", "CDS")
    lab.ask("shop.test", "CDNSKEY")
    lab.phase("nothing is asked; the parent withdraws the DS, the caches expire.")
    tree.test.delegate(shop, ds=[])
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("the zone, still signed, is asked for.")
    lab.ask("www.shop.test")
    lab.phase("nothing is asked; the zone goes unsigned, the caches expire.")
    shop.records = [record for record in shop.records if record not in announcement]
    shop.published, shop.signing, shop.denial = [], [], None
    tree.publish(shop)
    lab.wait(7)
    lab.phase("the zone, now unsigned, is asked for.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
