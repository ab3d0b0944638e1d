"""Many keys of one tag and one signature (LockCram, one of the attacks beside KeyTrap of CVE-2023-50387).

The DNSKEY RRset of `cram.test.` has thirty more ZSKs with the tag of the one that signs, and `www.cram.test.` one RRSIG
with that tag, which none of them made. A validator has to try each. The neighbour is in order.
"""

from world.expectation import Alert, Verdict, secure

from .key_tag_collision import twin
from .sigjam import jammed

VERDICTS = [
    *secure("www.bank.test. A", "mail.bank.test. A", "cram.test. DNSKEY"),
    Verdict("www.cram.test.", "A", "indeterminate", "budget", or_state="bogus", or_reason="signature_invalid",
            why="more keys of one tag than are tried; bogus only if all were"),
]
ALERTS = [Alert("budget_exceeded", "cram.test.", "unknown", "low", "31 keys of one tag",
                or_causes=("spoofing", "tampering"))]
TOLERATED = [Alert("signature_invalid", "cram.test.", "unknown", "high", "if the sensor tried all keys")]


def play(lab):
    """The neighbour, the lock, the neighbour."""
    tree = lab.grow()
    cram = tree.zone("cram.test.", {"ns1.cram.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    for zone in (cram, bank):
        zone.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    cram.published = cram.published + [twin(cram, cram.published[1], number) for number in range(30)]
    cram.edit_signed = jammed("www.cram.test.", 1)
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; the neighbour is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the lock is asked for.")
    lab.ask("www.cram.test")
    lab.phase("another name of the neighbour.")
    lab.ask("mail.bank.test")
