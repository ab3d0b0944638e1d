"""BIND's `dnssec-policy` takes a zone from RSASHA256 to ECDSAP256SHA256; the registry follows the CDS.

The operator writes another algorithm into the policy of `shop.test.` and reloads; the rest is BIND's and the registry's:
the new keys are published and sign everything, the DS is exchanged, the old keys and signatures leave. All TTLs are
5 s. Nobody asks for CDS through the resolver.
"""

from world import automatic
from world.expectation import Change, secure

VERDICTS = secure("www.shop.test. A", "shop.test. DNSKEY", why="at every moment")
ALERTS = []
CHANGES = [
    Change("dnskey_changed", "shop.test.", "the new algorithm joins, the old one leaves"),
    Change("ds_replaced", "shop.test.", "rule DS-5: the new KSK was published and signed under the old DS for its TTL"),
]
SILENCE = "Every answer verifies at every moment; the old algorithm signs until its last DS has left the caches."


def play(lab):
    """Another algorithm, asked all the while."""
    keys = "ksk lifetime unlimited algorithm {0}; zsk lifetime unlimited algorithm {0};"
    shop, registry = automatic.bind_world(lab, keys=keys.format("rsasha256"))
    server = automatic.server_of(lab, shop)
    old = registry.served()
    lab.record(lab.tree.resolver(), "algorithm 8.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("the policy names algorithm 13 now; the client asks until the old keys are gone.")
    shop.policy_options = automatic.bind_policy(5, keys.format("ecdsap256sha256"))
    server.configure()
    server.rndc("reconfig")

    def is_through():
        registry.look()
        return not old & registry.served()

    lab.keep_asking(*automatic.QUESTIONS, until=is_through, seconds=400, every=12)
    lab.phase("afterwards.")
    lab.keep_asking("www.shop.test", seconds=6)
