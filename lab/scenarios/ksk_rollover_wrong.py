"""The old KSK's signature is taken away while caches still hold its DS: the mistake of .nz in May 2023.

Two KSKs of `shop.test.` sign its DNSKEY RRset. Then the parent's DS is exchanged and, at the same moment, the old KSK
removed, an hour (here: most of a minute) too early: the DS TTL is 60 s. Resolvers with the old DS find no key for it
and answer SERVFAIL until it expires; those that ask the parent anew are content.
"""

from world.expectation import Alert, Change, Verdict, secure

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="both KSKs sign"),
    Verdict("shop.test.", "DNSKEY", "bogus", "dnskey_missing", phase=3, or_state="secure",
            why="no key for the DS set in force; secure only if judged with the new DS that is seen later"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=4, why="under the new DS"),
]
ALERTS = [Alert("ds_mismatch", "shop.test.", "rollover_error", "high",
                "the DS that caches hold matches no key any more: the old KSK had to stay until the old DS had expired",
                or_kinds=("premature_step", "dnskey_missing"), or_causes=("ds_mismatch",))]
TOLERATED = [
    Alert("premature_step", "shop.test.", "rollover_error", "high", "the same, seen as a step taken too early"),
    Alert("dnskey_missing", "shop.test.", "rollover_error", "high", "the verdict's reason as an incident of its own"),
]
CHANGES = [Change("ds_replaced", "shop.test.", "rule DS-4: the new KSK was published and signed under the old DS")]


def play(lab):
    """Two KSKs, the wrong step, SERVFAIL, and the new DS."""
    tree = lab.grow(test={"ttl": 60})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "named", ttl=5, ns_ttl=60)
    shop.records += ["www IN A 203.0.113.80"]
    old, zsk = shop.published
    new = shop.new_key(ksk=True)
    shop.published = shop.signing = [old, new, zsk]
    shop.online_ds = lambda: [old.ds("SHA-256")]
    tree.start()
    lab.record(tree.resolver(), "normal use; both KSKs are published and sign.")
    lab.ask("www.shop.test")
    lab.wait(7)
    lab.ask("www.shop.test")
    lab.phase("nothing is asked; the parent's DS is exchanged and the old KSK removed, data and keys leave the cache, "
              "the old DS stays in it.")
    shop.published = shop.signing = [new, zsk]
    tree.test.delegate(shop, ds=[new.ds("SHA-256")])
    tree.publish(shop, tree.test)
    lab.wait(7)
    lab.phase("the zone is asked for again.")
    lab.ask("www.shop.test")
    lab.phase("the cache is flushed, and the zone asked for once more.")
    lab.resolver.flush("shop.test")
    lab.ask("www.shop.test")
