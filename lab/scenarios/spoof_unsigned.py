"""A forged answer wins the race in an unsigned zone, and the true one comes right after it.

`plain.test.` has no DNSSEC. A forger answers first, with the right id and the address 203.0.113.66; the true answer
from the same server follows within a millisecond. The resolver takes the first one and caches it: nothing can fail
to verify. That one question got two different answers shows only on the wire.
"""

from world.expectation import Alert, secure

VERDICTS = secure("www.bank.test. A", why="a signed neighbour")
ALERTS = [Alert("response_conflict", "plain.test.", "spoofing", "medium", "two different answers to one question")]
TOLERATED = [Alert("response_unsolicited", "plain.test.", "spoofing", "low",
                   "the second answer belongs to a question that was answered already")]


def play(lab):
    """Normal use, then the forgery."""
    tree = lab.grow()
    plain = tree.zone("plain.test.", {"ns1.plain.test.": ["203.0.113.11"]}, "nsd", denial=None,
                      behind={"203.0.113.11": "203.0.113.211"})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    for zone in (plain, bank):
        zone.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    tree.start()
    box = lab.box("203.0.113.11", "203.0.113.211")
    lab.record(tree.resolver(), "normal use.")
    lab.ask("mail.plain.test")
    lab.ask("www.bank.test")
    box.stop()
    lab.box("203.0.113.11", "203.0.113.211", "first=www.plain.test./203.0.113.66")
    lab.phase("`www.plain.test.` is asked for; the forgery, then the true answer.")
    lab.ask("www.plain.test")
