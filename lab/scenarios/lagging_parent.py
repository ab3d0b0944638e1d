"""One of the TLD's two servers lags behind: the new DS set, then the old one again, then the new one.

`shop.test.` adds a second DS in a KSK rollover. The first server of `test.` has it at once, the second, 198.51.100.13,
still serves the zone of before. What comes from there after the new set is old, by the inception of its signature:
no second change, and no way back. At last the second server has caught up. All TTLs at the TLD are 5 s.
"""

from world.expectation import Change, secure

SECOND = "198.51.100.13"
VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY")
ALERTS = []
CHANGES = [Change("ds_added", "shop.test.", "rule DS-4: the old DS stays, its key signs the DNSKEY RRset")]
SILENCE = "A lagging server is no `ds_removed`, and no flap."


def play(lab):
    """The zone's parent in three states; each is asked often enough to meet both servers."""
    tree = lab.grow(test={"ttl": 5})
    tree.test.ns["ns2.nic.test."] = [SECOND]
    lagging = tree.server("nsd", [SECOND])
    lagging.add(tree.test)
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=5)
    shop.records += ["www IN A 203.0.113.80"]
    tree.start()
    lab.record(tree.resolver(), "both servers of the TLD have the one DS.")

    def ask_often():
        for _ in range(8):
            lab.ask("www.shop.test")
            lab.resolver.flush("shop.test")

    ask_often()
    lab.wait(6)
    lab.phase("the first server of the TLD has two DS, the second one still has one.")
    second = shop.new_key(ksk=True)
    tree.test.delegate(shop, ds=[*shop.ds(), second.ds("SHA-256")])
    tree.test.write()
    tree.servers[tree.test.ns["ns1.nic.test."][0]].start()
    ask_often()
    lab.wait(6)
    lab.phase("both servers have two DS.")
    lagging.start()
    ask_often()
