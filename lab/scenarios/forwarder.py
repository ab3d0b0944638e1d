"""The tap sits at a resolver that only forwards: no referrals, no AA, DS records asked for by name.

unbound at 192.0.2.53 validates, and asks everything of another resolver, BIND at 192.0.2.54, which does the work. All
answers on this wire carry RA and come out of a cache, and yet the whole chain is there, from the root's keys down.
"""

from world.expectation import Verdict
from world.resolver import BindResolver

SECURE = ["www.shop.test. A", "nothere.shop.test. A", "www.bank.example. A", "shop.test. DS", "test. DNSKEY"]
VERDICTS = [Verdict(*question.split(), "secure", relayed=True, server="192.0.2.54") for question in SECURE] + [
    Verdict("www.plain.test.", "A", "insecure", "no_ds", relayed=True, server="192.0.2.54")]
ALERTS = []
SILENCE = "All verifies."


def play(lab):
    """Two signed zones and an unsigned one."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd")
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.12"]}, "knotd", signer="knotd", denial="nsec3")
    plain = tree.zone("plain.test.", {"ns1.plain.test.": ["203.0.113.13"]}, "named", denial=None)
    for zone in (shop, bank, plain):
        zone.records += ["www IN A 203.0.113.80"]
    tree.start()
    BindResolver(lab.network.host("worker", "192.0.2.54"), lab.folder, tree.root).start()
    lab.record(tree.resolver(forward="192.0.2.54"),
               "both resolvers start with empty caches, and the zones are asked for.")
    for name in ("www.shop.test", "nothere.shop.test", "www.bank.example", "www.plain.test"):
        lab.ask(name)
