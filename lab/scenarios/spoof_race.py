"""Somebody races the true answer: forty guesses with wrong ids before it, one forged answer with the right id after it.

The forgeries carry the address 203.0.113.66 under the RRSIG of the true one. The resolver takes none of them: the
guesses do not match its question, and the last one comes too late. The zone is in order, and so is what the client
gets, with AD.
"""

from world.expectation import Alert, secure

VERDICTS = [
    *secure("mail.bank.test. A", "bank.test. DNSKEY", why="genuine"),
]
ALERTS = [
    Alert("response_unsolicited", "bank.test.", "spoofing", "low",
          "forty answers whose id matches no question, in a moment"),
    Alert("response_conflict", "bank.test.", "spoofing", "medium",
          "a second, other answer to a question that was answered already", or_causes=("tampering",)),
]


def play(lab):
    """Normal use, then the race."""
    tree = lab.grow()
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "nsd",
                     behind={"203.0.113.11": "203.0.113.211"})
    bank.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    tree.start()
    box = lab.box("203.0.113.11", "203.0.113.211")
    lab.record(tree.resolver(), "normal use.")
    lab.ask("mail.bank.test")
    box.stop()
    lab.box("203.0.113.11", "203.0.113.211", "flood=40", "second=www.bank.test./203.0.113.66")
    lab.phase("`www.bank.test.` is asked for; guesses, the true answer, the late forgery.")
    lab.ask("www.bank.test")
    lab.wait(1)
    lab.ask("mail.bank.test")
