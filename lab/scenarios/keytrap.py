"""A zone made to exhaust validators (KeyTrap, CVE-2023-50387): many keys of one tag, many signatures by it.

The DNSKEY RRset of `trap.test.` has eight ZSKs with the same tag and algorithm, and `www.trap.test.` twelve RRSIGs
with that tag, none of which verifies: 96 checks for one answer. Names of its neighbour, and the trap's other names,
are in order. The resolver gives up early: SERVFAIL.
"""

import base64
import re
import secrets

from world.expectation import Alert, Verdict, secure

from .key_tag_collision import twin

VERDICTS = [
    *secure("www.bank.test. A", "trap.test. DNSKEY"),
    Verdict("www.trap.test.", "A", "indeterminate", "budget", or_state="bogus", or_reason="signature_invalid",
            why="more checks than a response may cost; bogus only if all were done"),
]
ALERTS = [Alert("budget_exceeded", "trap.test.", "unknown", "low",
                "twelve signatures by one tag that eight keys share", or_causes=("spoofing", "tampering"))]
TOLERATED = [Alert("signature_invalid", "trap.test.", "unknown", "high", "if the sensor did all checks that it may")]


def many_signatures(lines):
    """Puts twelve false signatures in place of the one over www.trap.test. A."""
    out = []
    for line in lines:
        signature = re.match(r"(www\.trap\.test\.\s.*\sRRSIG\s+A\s.*\strap\.test\.\s+)(\S+)$", line)
        if signature:
            out += [signature[1] + base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(12)]
        else:
            out.append(line)
    return out


def play(lab):
    """The neighbour, then the trap."""
    tree = lab.grow()
    trap = tree.zone("trap.test.", {"ns1.trap.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    for zone in (trap, bank):
        zone.records += ["www IN A 203.0.113.80"]
    trap.published = trap.published + [twin(trap, trap.published[1], number) for number in range(7)]
    trap.edit_signed = many_signatures
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; the neighbour is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the trap is asked for.")
    lab.ask("www.trap.test")
