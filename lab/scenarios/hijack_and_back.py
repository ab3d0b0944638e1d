"""A registrar account is taken over for a night: DS and NS replaced, and put back four hours later.

At `bank.test.` the intruder replaces both at the parent, answers from 203.0.113.66 with records and keys of its own, gets
its certificates, and puts everything back before anybody looks. Everything validates at any moment. The time of all
hosts is moved on between the questions; TTLs are an hour.
"""

from world.expectation import Alert, secure
from world.server import Nsd
from world.zone import Zone

HOUR = 3600
VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1, server="203.0.113.11", why="the bank's own keys"),
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=2, server="203.0.113.66",
            why="verifies under the DS that the parent signs now"),
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=3, server="203.0.113.11", why="the bank's own keys again"),
]
ALERTS = [Alert("ds_replaced", "bank.test.", "registrar_hijack", "critical",
                "rule DS-7: no overlap, never announced, NS changed in the same referral; resolved as reverted when "
                "the old set is back, and still to be looked into")]
TOLERATED = [
    Alert("ns_changed", "bank.test.", "registrar_hijack", "low", "the parent-side NS set changed with the DS"),
    Alert("dnskey_changed", "bank.test.", "registrar_hijack", "medium", "all keys were exchanged"),
]


def play(lab):
    """Before, the night, after."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(test={"ttl": HOUR})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "nsd", ttl=HOUR)
    bank.records += ["www IN A 203.0.113.80", "login IN A 203.0.113.81", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use of the bank's zone.")
    lab.ask("www.bank.test")
    rogue = Zone("bank.test.", lab.folder / "rogue", ns={"ns9.bank.test.": ["203.0.113.66"]}, ttl=HOUR)
    rogue.records += ["www IN A 203.0.113.67", "login IN A 203.0.113.67"]
    rogue.write()
    Nsd(lab.network.host("intruder", "203.0.113.66"), lab.folder).add(rogue).start()
    tree.test.delegate(rogue)
    tree.publish(tree.test)
    lab.phase("two hours later: DS and NS are the intruder's.")
    lab.later(2 * HOUR)
    lab.ask("www.bank.test")
    lab.ask("login.bank.test")
    tree.test.delegate(bank)
    tree.publish(tree.test)
    lab.phase("four hours later: DS and NS are the bank's again.")
    lab.later(4 * HOUR)
    lab.ask("www.bank.test")
    lab.phase("a day later.")
    lab.later(24 * HOUR)
    lab.ask("www.bank.test")
