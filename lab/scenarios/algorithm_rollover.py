"""A zone goes from algorithm 8 to 13 in the careful way (RFC 6781 section 4.1.4).

First all data of `shop.test.` is signed by the new algorithm too, with a key that is not published yet; then the new
keys are published; then the DS is exchanged, by way of both; then the old keys go, and their signatures last. All TTLs
are 5 s and 7 s pass between two steps. On the way there are signatures by unpublished keys beside good ones.
"""

from world.expectation import Change, secure

STEPS = [
    "algorithm 8 only.",
    "the data is signed by both algorithms, the new ZSK is not published.",
    "the keys of both algorithms are published and sign.",
    "the parent has both DS.",
    "the parent has the new DS only.",
    "the old keys are gone from the DNSKEY RRset, the data is still signed by both.",
    "algorithm 13 only.",
]
VERDICTS = [verdict for phase in range(1, len(STEPS) + 1)
            for verdict in secure("www.shop.test. A", "shop.test. DNSKEY", phase=phase, why=STEPS[phase - 1])]
ALERTS = []
CHANGES = [
    Change("ds_added", "shop.test.", "rule DS-5: the new KSK was published and signed under the old DS for its TTL"),
    Change("ds_removed", "shop.test.", "rule DS-5: the DS that stays is that of a key in use"),
]
SILENCE = "A signature by an unpublished key beside a good one is no fault (RFC 6840 section 5.11)."


def play(lab):
    """Seven states of the zone and its parent, each met by the resolver with an expired cache."""
    tree = lab.grow(test={"ttl": 5})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=5, signer="ldns-signzone",
                     algorithm="RSASHA256")
    shop.records += ["www IN A 203.0.113.80"]
    old = shop.published
    new = [shop.new_key(ksk, "ECDSAP256SHA256") for ksk in (True, False)]
    old_ds, new_ds = old[0].ds("SHA-256"), new[0].ds("SHA-256")
    keys = [(old, old), (old, old + new[1:]), (old + new, old + new), (old + new, old + new), (old + new, old + new),
            (new, new + old[1:]), (new, new)]
    parent = [[old_ds]] * 3 + [[old_ds, new_ds]] + [[new_ds]] * 3
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
