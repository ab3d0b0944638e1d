"""Forty names with failing signatures, asked for at once: a zone uses up its budget, its neighbour does not.

Each name of `flood.test.` has four RRSIGs that name the zone's ZSK, none of which verifies: four failed checks an
answer, and the resolver asks again and again. After 64 of them in one second the zone's answers are not checked until
the next. Names of its neighbour, asked for in between, verify throughout.
"""

import base64
import re
import secrets

from world.expectation import Alert, Verdict, secure

NAMES = [f"n{number}.flood.test." for number in range(40)]

VERDICTS = [
    *secure("flood.test. DNSKEY", *[f"n{number}.bank.test. A" for number in range(0, 40, 4)]),
    *[Verdict(name, "A", "bogus", "signature_invalid", or_state="indeterminate", or_reason="budget",
              why="no signature verifies; indeterminate once the zone's budget of the second is used up")
      for name in NAMES],
]
ALERTS = [
    Alert("signature_invalid", "flood.test.", "unknown", "high", "the first answers are checked",
          or_causes=("spoofing", "tampering", "signing_outage")),
    Alert("budget_exceeded", "flood.test.", "unknown", "low", "the later ones are not",
          or_causes=("spoofing", "tampering")),
]


def spoilt(lines):
    """Puts four false signatures in place of each over the addresses of the names."""
    out = []
    for line in lines:
        signature = re.match(r"(n\d+\.flood\.test\.\s.*\sRRSIG\s+A\s.*\sflood\.test\.\s+)(\S+)$", line)
        if signature:
            out += [signature[1] + base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(4)]
        else:
            out.append(line)
    return out


def play(lab):
    """Both zones, one after the other, as fast as the client can."""
    tree = lab.grow()
    flood = tree.zone("flood.test.", {"ns1.flood.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "nsd")
    for zone in (flood, bank):
        zone.records += [f"n{number} IN A 203.0.113.80" for number in range(40)]
    flood.edit_signed = spoilt
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; both zones are asked for.")
    lab.ask("n0.bank.test")
    lab.ask("n0.flood.test")
    lab.phase("many questions, close together.")
    for first in range(0, 40, 4):
        lab.ask_together(*[f"n{number}.flood.test A" for number in range(first, first + 4)],
                         f"n{first}.bank.test A")
