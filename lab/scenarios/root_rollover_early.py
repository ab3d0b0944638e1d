"""The KSK of the root is exchanged in the hold-down of the new one: resolvers that follow RFC 5011 fail.

The root of `root-rollover`, in a hurry: the new KSK is published, and ten days later it signs alone and the old one is
gone, neither revoked nor waited for. Both resolvers follow by RFC 5011, as most do; they trust the old KSK until a set
that it signed has shown the new one for thirty days, which will never come. Whoever put the new key in by hand goes on.
"""

from scenarios.root_rollover import follower, roll
from world.expectation import Alert, Change, bogus, secure
from world.resolver import BindResolver

FILE = "capture.pcap.gz"
STEPS = [
    ("2025-01-01", "old", "old", "the old KSK alone."),
    ("2025-01-11", "old new", "old", "the new KSK is published beside the old one, which signs."),
    ("2025-01-21", "new", "new", "the new KSK signs alone, twenty days before its hold-down is over."),
]
VERDICTS = [verdict for phase in (1, 2)
            for verdict in secure(". DNSKEY", "test. SOA", phase=phase, why=STEPS[phase - 1][3])]
VERDICTS += bogus("dnskey_missing", ". DNSKEY", phase=3, why="no key that is trusted is in the set")
ALERTS = [Alert("trust_anchor_changed", ".", "unknown", "critical",
                "a key in its hold-down signs alone, so that resolvers that follow RFC 5011 fail")]
CHANGES = [Change("trust_anchor_changed", ".", "published, as RFC 5011 has it")]


def play(lab):
    """Both resolvers follow."""
    roll(lab, STEPS, lambda tree: (follower(tree), follower(tree, BindResolver, address="192.0.2.54", name="bind")))
