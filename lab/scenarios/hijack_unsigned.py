"""A registrar account is taken over: the DS of `bank.test.` is removed, and its NS lead to an intruder's server.

As in the Sea Turtle attacks of 2017 to 2019. The parent proves that there is no DS, the intruder serves the zone
unsigned from 203.0.113.66, and resolvers accept it: NOERROR without AD. No CDS delete was ever published. DS and NS
changed in the same referral. An hour later, here ten seconds, everything is as it was before.
"""

from world.expectation import Alert, insecure, secure
from world.server import Nsd
from world.zone import Zone

VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1, why="the bank's own"),
    *insecure("www.bank.test. A", "bank.test. MX", phase=3, server="203.0.113.66",
              why="the intruder's, accepted as unsigned"),
    *secure("www.bank.test. A", phase=5, why="the bank's own again"),
]
ALERTS = [Alert("ds_withdrawn", "bank.test.", "registrar_hijack", "critical",
                "rule DS-7: DS gone, unannounced, and NS changed from ns1.bank.test. to ns1.dns-park.test. in the same "
                "referral; the way back is rule DS-8 and belongs to the same incident")]
TOLERATED = [
    Alert("ns_changed", "bank.test.", "registrar_hijack", "low", "the parent-side NS set changed with the DS"),
]


def play(lab):
    """Before, the intruder, after."""
    tree = lab.grow(test={"ttl": 5})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "knotd", ttl=5, signer="knotd")
    bank.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.bank.test")

    lab.phase("nothing is asked; the parent's DS of the bank goes, its NS become the intruder's, the caches expire.")
    park = Zone("dns-park.test.", lab.folder / "park", ns={"ns1.dns-park.test.": ["203.0.113.66"]}, denial=None)
    rogue = Zone("bank.test.", lab.folder / "rogue", ns=park.ns, denial=None, ttl=5)
    rogue.records += ["www IN A 203.0.113.67", "@ IN MX 10 mail", "mail IN A 203.0.113.67"]
    for zone in (park, rogue):
        zone.write()
        tree.test.delegate(zone)
    Nsd(lab.network.host("intruder", "203.0.113.66"), lab.folder).add(rogue, park).start()
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("the zone is asked for; the intruder answers.")
    lab.ask("www.bank.test")
    lab.ask("bank.test", "MX")

    lab.phase("nothing is asked; DS and NS are put back as they were, the caches expire.")
    tree.test.delegate(bank)
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("the zone is asked for; the bank answers, with AD.")
    lab.ask("www.bank.test")
