"""A set with sixty false signatures by one key (SigJam, one of the attacks beside KeyTrap of CVE-2023-50387).

`www.jam.test.` has sixty RRSIGs that name the zone's ZSK, none of which verifies. A validator that tries them all pays
for sixty checks. The zone's other names and its neighbour are in order. The resolver gives up: SERVFAIL.
"""

import base64
import re
import secrets

from world.expectation import Alert, Verdict, secure

VERDICTS = [
    *secure("www.bank.test. A", "mail.bank.test. A", "jam.test. DNSKEY", "mail.jam.test. A"),
    Verdict("www.jam.test.", "A", "indeterminate", "budget", or_state="bogus", or_reason="signature_invalid",
            why="more signatures than a set may have looked at; bogus only if all were checked"),
]
ALERTS = [Alert("budget_exceeded", "jam.test.", "unknown", "low", "sixty signatures over one set",
                or_causes=("spoofing", "tampering"))]
TOLERATED = [Alert("signature_invalid", "jam.test.", "unknown", "high", "if the sensor did all checks")]


def jammed(owner, count):
    """Puts so many false signatures in place of the one over the addresses of a name."""
    def edit(lines):
        out = []
        for line in lines:
            signature = re.match(rf"({re.escape(owner)}\s.*\sRRSIG\s+A\s.*\s[a-z.]+\.\s+)(\S+)$", line)
            if signature:
                out += [signature[1] + base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(count)]
            else:
                out.append(line)
        return out
    return edit


def play(lab):
    """The neighbour, the jam, and both again."""
    tree = lab.grow()
    jam = tree.zone("jam.test.", {"ns1.jam.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    for zone in (jam, bank):
        zone.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    jam.edit_signed = jammed("www.jam.test.", 60)
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; the neighbour is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the jam is asked for.")
    lab.ask("www.jam.test")
    lab.phase("another name of the zone, and another of the neighbour.")
    lab.ask("mail.jam.test")
    lab.ask("mail.bank.test")
