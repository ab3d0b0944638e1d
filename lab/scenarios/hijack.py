"""A registrar account is taken over: `bank.example.` gets another's DS and name server, and validates.

The bank is used normally. Then the intruder replaces its DS and its NS at the parent, both at once: the new name
server, 203.0.113.66, serves a copy of the zone with its own address records, signed with keys that the bank never
announced. Once the old records (TTL 5 s) have left the cache, the resolver meets the new delegation and finds
everything in order: it answers with AD. No signature fails anywhere. Only the break between old and new shows: the
parent signed a DS set that shares no key with the old one, the old keys signed nothing of it, and the NS changed
in the same referral.
"""

from world.expectation import Alert, secure
from world.server import Bind
from world.zone import Zone

VERDICTS = [
    *secure("www.bank.example. A", "bank.example. MX", "bank.example. DNSKEY", phase=1,
            why="the bank's own keys, under its own DS"),
    *secure("www.bank.example. A", "login.bank.example. A", "bank.example. DNSKEY", phase=3,
            why="verifies under the DS that the parent signs now: a hijack by the registrar validates"),
]
ALERTS = [Alert("ds_replaced", "bank.example.", "registrar_hijack", "critical",
                "rule DS-7: no overlap with the old DS set, keys never announced nor signed by an old key, NS changed "
                "from ns1/ns2.bank.example. to ns1.dns-park.example. in the same referral")]
TOLERATED = [
    Alert("ns_changed", "bank.example.", "registrar_hijack", "low", "the parent-side NS set changed with the DS"),
    Alert("dnskey_changed", "bank.example.", "registrar_hijack", "medium",
          "all keys were exchanged, none signed by an old one"),
]


def play(lab):
    """Before, the change, after."""
    tree = lab.grow(example={"ttl": 5})
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.11"], "ns2.bank.example.": ["203.0.113.12"]},
                     "nsd", denial="nsec3", ttl=5)
    bank.records += ["www IN A 203.0.113.80", "login IN A 203.0.113.81", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use of the bank's zone.")
    lab.ask("www.bank.example")
    lab.ask("bank.example", "MX")
    lab.ask("mail.bank.example", "A", "+nodnssec")

    lab.phase("nothing is asked; the parent's DS and NS of the bank are replaced by the intruder's, and all that "
              "the resolver has cached of it expires.")
    rogue = Zone("bank.example.", lab.folder / "rogue", ns={"ns1.dns-park.example.": ["203.0.113.66"]}, ttl=5)
    rogue.records += ["www IN A 203.0.113.67", "login IN A 203.0.113.67", "@ IN MX 10 mail", "mail IN A 203.0.113.67"]
    rogue.write()
    park = Zone("dns-park.example.", lab.folder / "park", ns={"ns1.dns-park.example.": ["203.0.113.66"]}, denial=None)
    park.write()
    intruder = lab.network.host("intruder", "203.0.113.66")
    Bind(intruder, lab.folder).add(rogue, park).start()
    tree.example.delegate(park)
    tree.example.delegate(rogue)
    tree.publish(tree.example)
    lab.wait(7)

    lab.phase("the same questions again; the answers come from the intruder and carry AD.")
    lab.ask("www.bank.example")
    lab.ask("login.bank.example")
    lab.ask("bank.example", "MX", "+nodnssec")
