"""The KSK of the root is rolled by RFC 5011, step by step, on the dates of the rollover of 2024 to 2027.

The root has the shape of the real one: an RSA KSK and ZSK of 2048 bits, a DNSKEY TTL of two days. The new KSK is
published, waits for longer than the hold-down, signs in the place of the old one; the old one is revoked, and leaves.
Two resolvers begin with the old key alone and follow by RFC 5011: unbound with an `auto-trust-anchor-file`, BIND with
`initial-ds`. Each is started anew at each date, as an update would do, and signals its anchors (RFC 8145): unbound as
it starts, BIND once a day, here every two seconds. unbound minimises the name, so it asks for A where NULL is meant.
The zones are signed for the date of each phase, the resolvers run by a clock that says so, and the times of the
frames are moved there.
"""

from world.expectation import Change, secure
from world.resolver import BindResolver, Unbound

FILE = "capture.pcap.gz"
STEPS = [
    ("2024-12-01", "old", "old", "the old KSK alone."),
    ("2025-01-11", "old new", "old", "the new KSK is published beside the old one, which signs."),
    ("2025-02-01", "old new", "old", "still in the hold-down of the new KSK."),
    ("2025-02-20", "old new", "old", "the hold-down is over: the new KSK is trusted."),
    ("2026-10-11", "old new", "new", "the new KSK signs in the place of the old one, which is still published."),
    ("2027-01-11", "revoked new", "revoked new", "the old KSK is revoked, and signs that itself."),
    ("2027-03-22", "new", "new", "the old KSK is gone."),
    ("2027-05-01", "new", "new", "the old KSK has been gone for longer than the remove hold-down."),
]
VERDICTS = [verdict for phase in range(1, len(STEPS) + 1)
            for verdict in secure(". DNSKEY", "test. SOA", phase=phase, why=STEPS[phase - 1][3])]
ALERTS = []
CHANGES = [
    Change("trust_anchor_changed", ".", "published, accepted, revoked, removed: each as RFC 5011 has it"),
    Change("dnskey_changed", ".", "the same, seen as a change of the DNSKEY RRset"),
]
SILENCE = "Every answer verifies at every moment for a sensor that follows RFC 5011, with the old key alone as its anchor."


def keys_of(root):
    """The old and the new KSK, the old one revoked, and the ZSK."""
    old, zsk = root.published
    return {"old": old, "new": root.new_key(ksk=True), "revoked": old.revoke()}, zsk


def follower(tree, software=Unbound, **options):
    """A resolver that follows RFC 5011 by the clock of the story, from the old key on."""
    resolver = tree.resolver(software, **options)
    resolver.follows = True
    return resolver


def roll(lab, steps, resolvers):
    """Each date, with the resolvers started anew and one question to each; `resolvers` makes them."""
    tree = lab.grow(root={"ttl": 172800}, test={"ttl": 86400})
    keys, zsk = keys_of(tree.root)
    lab.turn(steps[0][0])
    tree.start()
    first, bind = resolvers(tree)
    bind.signals_every = 2
    for step, (date, published, signing, text) in enumerate(steps):
        if step:
            lab.turn(date)
            tree.root.published = [*(keys[key] for key in published.split()), zsk]
            tree.root.signing = [*(keys[key] for key in signing.split()), zsk]
            tree.publish(*tree.zones)
            lab.phase(f"{date}: {text}")
            first.start()
        else:
            lab.record(first, f"{date}: {text}", interface="br0", namespace=lab.network.wire)
        bind.start()
        lab.wait(3)
        for resolver in (first, bind):
            lab.ask("test", "SOA", of=resolver)


def play(lab):
    """Both resolvers follow."""
    roll(lab, STEPS, lambda tree: (follower(tree), follower(tree, BindResolver, address="192.0.2.54", name="bind")))
