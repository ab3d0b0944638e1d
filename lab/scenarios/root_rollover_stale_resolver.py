"""The KSK of the root is rolled as it should be, and one of two resolvers does not follow.

The root and the dates are those of `root-rollover`. BIND at 192.0.2.54 follows by RFC 5011. unbound at 192.0.2.53 has
its anchor in a `trust-anchor-file` that nobody touches: it trusts the old KSK alone, and says so (RFC 8145) each time
that it starts. Nothing fails until the new KSK signs in the place of the old one; from then on it answers SERVFAIL to
everything. That must be told before.
"""

from scenarios.root_rollover import follower, roll
from world.expectation import Alert, Change, secure
from world.resolver import BindResolver

FILE = "capture.pcap.gz"
STEPS = [
    ("2024-12-01", "old", "old", "the old KSK alone."),
    ("2025-01-11", "old new", "old", "the new KSK is published beside the old one, which signs."),
    ("2025-02-20", "old new", "old", "the hold-down is over: the new KSK is trusted."),
    ("2025-03-01", "old new", "old", "unbound still says that it trusts the old KSK alone."),
    ("2025-06-01", "old new", "old", "and again, three months later. Everything still works."),
    ("2026-10-11", "old new", "new", "the new KSK signs in the place of the old one: unbound fails."),
]
VERDICTS = [verdict for phase in range(1, len(STEPS) + 1)
            for verdict in secure(". DNSKEY", "test. SOA", phase=phase, why=STEPS[phase - 1][3])]
ALERTS = [Alert("trust_anchor_stale", None, "resolver_fault", "medium",
                "192.0.2.53 signals the old key only, long after RFC 5011 would have brought the new one: told in "
                "phase 5, before the new key signs alone")]
CHANGES = [Change("trust_anchor_changed", ".", "published, accepted: each as RFC 5011 has it")]


def play(lab):
    """BIND follows; unbound keeps the old key, in a file that nobody touches."""
    roll(lab, STEPS, lambda tree: (tree.resolver(), follower(tree, BindResolver, address="192.0.2.54", name="bind")))
