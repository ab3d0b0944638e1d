"""A hijack seen in two steps: the new DS at once, the new NS only when the cached ones run out.

The intruder replaces DS and NS of `bank.test.` at the parent together. The resolver's copy of the DS (TTL 5 s) runs
out first, and it asks for the DS by name; the NS it holds (TTL 40 s) are still the bank's. In between it asks the
bank's own servers, whose keys the new DS does not match: SERVFAIL. Then it meets the new NS, and all validates,
with AD.
"""

from world.expectation import Alert, secure
from world.server import Nsd
from world.zone import Zone

VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1, why="the bank's own keys, under its own DS"),
    *secure("bank.test. DS", phase=2, why="the parent signs the intruder's DS"),
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=3, server="203.0.113.66",
            why="verifies under the DS that the parent signs now"),
]
ALERTS = [Alert("ds_replaced", "bank.test.", "registrar_hijack", "critical",
                "rule DS-7: no overlap with the old DS set, keys never announced; the NS changed as well, seen later")]
TOLERATED = [
    Alert("ds_mismatch", "bank.test.", "registrar_hijack", "high",
          "in between the DS matches no key of the bank's servers"),
    Alert("dnskey_missing", "bank.test.", "registrar_hijack", "high", "the same, as the reason of a verdict"),
    Alert("ns_changed", "bank.test.", "registrar_hijack", "low", "the parent-side NS set changed"),
    Alert("dnskey_changed", "bank.test.", "registrar_hijack", "medium", "all keys were exchanged"),
]


def play(lab):
    """Before, in between, after."""
    tree = lab.grow(test={"ttl": 5})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "nsd", ttl=5, ns_ttl=40)
    bank.records += ["www IN A 203.0.113.80"]
    tree.start()
    lab.record(tree.resolver(), "normal use of the bank's zone.")
    lab.ask("www.bank.test")

    rogue = Zone("bank.test.", lab.folder / "rogue", ns={"ns9.bank.test.": ["203.0.113.66"]}, ttl=5)
    rogue.records += ["www IN A 203.0.113.67"]
    rogue.write()
    Nsd(lab.network.host("intruder", "203.0.113.66"), lab.folder).add(rogue).start()
    tree.test.delegate(rogue)
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("DS and NS were replaced at the parent. The old DS has left the cache, the old NS have not: the bank's "
              "servers are asked, under the new DS.")
    lab.ask("www.bank.test")
    lab.wait(65)
    lab.phase("the old NS have left the cache as well; the intruder answers.")
    lab.ask("www.bank.test")
