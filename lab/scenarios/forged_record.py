"""One address record is altered on the way, under the old signature.

A box on the path to `ns1.bank.test.` (203.0.113.11) replaces the address in one answer, 203.0.113.80, by
203.0.113.66; the RRSIG it leaves as it was. All else that comes from there is genuine, and so is all that comes from
the second server, 203.0.113.12. The resolver finds the signature invalid, asks again, and answers its client with
the true address and AD: the client notices nothing, the attempt shows only on the wire.
"""

from world.expectation import Alert, secure, bogus

VERDICTS = [
    *secure("mail.bank.test. A", "bank.test. DNSKEY", why="genuine"),
    *secure("www.bank.test. A", server="203.0.113.12", why="genuine, from the other server"),
    *bogus("signature_invalid", "www.bank.test. A", server="203.0.113.11", phase=2,
           why="the signature fails under the authenticated key with its tag"),
]
ALERTS = [Alert("signature_invalid", "bank.test.", "tampering", "high",
                "one RRset from 203.0.113.11 fails; the same RRset verifies from 203.0.113.12 within seconds, and so "
                "does all else from 203.0.113.11")]
TOLERATED = [Alert("response_conflict", "bank.test.", "tampering", "medium",
                   "two servers gave two different address sets for one name within a second")]


def play(lab):
    """Normal use, then the forgery, seen once."""
    tree = lab.grow()
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"], "ns2.bank.test.": ["203.0.113.12"]}, "nsd",
                     behind={"203.0.113.11": "203.0.113.211"}, denial="nsec3", ttl=300, signer="ldns-signzone")
    bank.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    tree.start()
    box = lab.box("203.0.113.11", "203.0.113.211")
    lab.record(tree.resolver(), "normal use; both servers answer as they should.")
    lab.ask("mail.bank.test")
    box.stop()
    box = lab.box("203.0.113.11", "203.0.113.211", "alter=www.bank.test./203.0.113.66", "times=1")
    lab.phase("the box alters one answer for `www.bank.test.`.")
    lab.ask_until(box.altered, "www.bank.test", zone="bank.test")
    lab.phase("the client asks again, and for another name.")
    lab.resolver.flush("bank.test")
    lab.ask("www.bank.test")
    lab.ask("mail.bank.test")
