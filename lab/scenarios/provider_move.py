"""A zone moves from one DNS provider to another without ever being unsigned (RFC 8901).

Provider A publishes B's keys beside its own, and so does B; a CDS names both KSKs, signed by A; the parent takes both
DS, then changes the NS to B; B's CDS names its own KSK only, and the parent drops A's DS; last, B drops A's keys. A
client asks for each CDS, so that it is on the wire. All TTLs are 5 s and 7 s pass between two steps.
"""

from world.expectation import Alert, Change, secure
from world.zone import Zone

STEPS = [
    "provider A alone.",
    "both providers publish all keys; the CDS names both KSKs.",
    "the parent has both DS.",
    "the parent's NS are B's; B answers, with signatures by its own keys.",
    "B's CDS names its own KSK only.",
    "the parent has B's DS only.",
    "B publishes its own keys only.",
]
A, B = "203.0.113.11", "203.0.113.21"
VERDICTS = [
    verdict for phase, server in enumerate([A, A, A, B, B, B, B], 1)
    for verdict in secure("www.shop.test. A", "shop.test. DNSKEY", phase=phase, server=server, why=STEPS[phase - 1])
] + secure("shop.test. CDS", phase=2, server=A, why="signed by A's KSK") + secure("shop.test. CDS", phase=5, server=B)
ALERTS = []
TOLERATED = [Alert("ns_changed", "shop.test.", "unknown", "low",
                   "the NS set did change, under keys that both providers share")]
CHANGES = [
    Change("ds_added", "shop.test.", "rule DS-3: equals the CDS that A signed"),
    Change("ds_removed", "shop.test.", "rule DS-3: equals the CDS that B signed, under a DS in force"),
]
SILENCE = "NS, addresses and keys all change, and yet every step was announced and linked to the one before."


def cds(*keys):
    """CDS records for these KSKs."""
    return [f"@ IN CDS {key.ds('SHA-256')}" for key in keys]


def play(lab):
    """Seven steps."""
    tree = lab.grow(test={"ttl": 5})
    at_a = tree.zone("shop.test.", {"ns1.provider-a.test.": [A]}, "nsd", ttl=5)
    provider_a = tree.zone("provider-a.test.", {"ns1.provider-a.test.": [A]}, "nsd")
    provider_b = tree.zone("provider-b.test.", {"ns1.provider-b.test.": [B]}, "named")
    for provider in (provider_a, provider_b):
        provider.records += ["www IN A 203.0.113.90"]
    www = ["www IN A 203.0.113.80"]
    at_a.records = list(www)
    at_b = Zone("shop.test.", lab.folder / "shop-at-b", ns={"ns1.provider-b.test.": [B]}, ttl=5)
    keys_a, keys_b = at_a.published, at_b.published
    both = cds(keys_a[0], keys_b[0])
    tree.start()
    lab.record(tree.resolver(), STEPS[0])
    lab.ask("www.shop.test")

    def next_step(number, *questions):
        lab.wait(7)
        lab.phase(STEPS[number])
        for question in questions or ["www.shop.test A"]:
            lab.ask(*question.split())

    at_a.published = at_b.published = keys_a + keys_b
    at_a.signing, at_b.signing = keys_a, keys_b
    at_a.records = at_b.records = www + both
    at_b.write()
    tree.servers[B].add(at_b)
    tree.publish(at_a, provider_b)
    next_step(1, "www.shop.test A", "shop.test CDS")
    all_ds = [keys_a[0].ds("SHA-256"), keys_b[0].ds("SHA-256")]
    tree.test.delegate(at_a, ds=all_ds)
    tree.publish(tree.test)
    next_step(2)
    tree.test.delegate(at_b, ds=all_ds)
    tree.publish(tree.test)
    next_step(3)
    at_b.records = www + cds(keys_b[0])
    tree.publish(at_b)
    next_step(4, "www.shop.test A", "shop.test CDS")
    tree.test.delegate(at_b, ds=all_ds[1:])
    tree.publish(tree.test)
    next_step(5)
    at_b.published = keys_b
    tree.publish(at_b)
    next_step(6)
