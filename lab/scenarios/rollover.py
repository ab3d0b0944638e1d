"""A ZSK and then a KSK are rolled as they should be.

First the ZSK of `shop.test.` by pre-publication: the new key is published, used after the DNSKEY TTL has run, and the
old one leaves when its signatures have left the caches. Then the KSK by double DS: the new DS joins the old one, the
KSK is exchanged once the DS TTL has run, and the old DS leaves when the old DNSKEY RRset has left the caches. All
TTLs of zone and parent are 5 s, and 7 s pass between two steps.
"""

from world.expectation import Change, secure

STEPS = [
    "the zone as it was.",
    "a second ZSK is published, not used yet.",
    "the second ZSK signs, the first one is still published.",
    "the first ZSK is gone.",
    "the parent has a second DS beside the first one, for a KSK that is not published yet.",
    "the second KSK is published and signs, the first one is gone.",
    "the parent's first DS is gone.",
]
VERDICTS = [verdict for phase in range(1, len(STEPS) + 1)
            for verdict in secure("www.shop.test. A", "shop.test. DNSKEY", phase=phase, why=STEPS[phase - 1])]
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "ZSK added, ZSK removed, KSK exchanged, each under a DS in force"),
    Change("ds_added", "shop.test.", "rule DS-4: the old DS stays, its key signs the DNSKEY RRset"),
    Change("ds_removed", "shop.test.", "rule DS-4: the DS that stays is that of the key in use"),
]
SILENCE = "Every answer verifies at every moment, also for a resolver with old data."


def play(lab):
    """Seven states of the zone and its parent, each met by the resolver with an expired cache."""
    tree = lab.grow(test={"ttl": 5})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "named", ttl=5)
    shop.records += ["www IN A 203.0.113.80"]
    ksk1, zsk1 = shop.published
    ksk2, zsk2 = shop.new_key(ksk=True), shop.new_key(ksk=False)
    first, second = ksk1.ds("SHA-256"), ksk2.ds("SHA-256")
    keys = [
        ([ksk1, zsk1], [ksk1, zsk1]), ([ksk1, zsk1, zsk2], [ksk1, zsk1]), ([ksk1, zsk1, zsk2], [ksk1, zsk2]),
        ([ksk1, zsk2], [ksk1, zsk2]), ([ksk1, zsk2], [ksk1, zsk2]), ([ksk2, zsk2], [ksk2, zsk2]),
        ([ksk2, zsk2], [ksk2, zsk2]),
    ]
    parent = [[first]] * 4 + [[first, second]] * 2 + [[second]]
    tree.start()
    for step, ((shop.published, shop.signing), ds) in enumerate(zip(keys, parent)):
        if step == 0:
            lab.record(tree.resolver(), STEPS[step])
        else:
            tree.test.delegate(shop, ds=ds)
            tree.publish(shop, tree.test)
            lab.wait(7)
            lab.phase(STEPS[step])
        lab.ask("www.shop.test")
