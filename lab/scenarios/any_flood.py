"""An answer to ANY with ninety unsigned sets, in a zone that is signed.

`all.flood.test.` has records of ninety types, whose signatures were taken out of the zone file. A validator
that looks for what each set lacks, among all the others, does the square of that in steps, and a message has room for
thousands of sets (BIND serves no more than a hundred types at a name). `all.bank.test.`, with thirty types,
each signed, is an ordinary answer to ANY.
"""

import re

from world.expectation import Alert, Verdict, secure

VERDICTS = [
    *secure("all.bank.test. ANY", "www.bank.test. A", "mail.bank.test. A", "flood.test. DNSKEY"),
    Verdict("all.flood.test.", "ANY", "bogus", "signature_missing", or_state="indeterminate", or_reason="budget",
            why="unsigned sets of a signed zone; indeterminate since not all of them are looked at"),
]
ALERTS = [Alert("signature_missing", "flood.test.", "signing_outage", "high",
                "the sets that are looked at are unsigned, which outweighs that others are not looked at",
                or_causes=("downgrade", "spoofing", "tampering"))]
TOLERATED = [Alert("budget_exceeded", "flood.test.", "unknown", "low", "more sets than are judged")]


def unsigned(lines):
    """Takes the signatures of the crowded name out."""
    return [line for line in lines if not re.match(r"all\.flood\.test\.\s.*\sRRSIG\s+TYPE", line)]


def play(lab):
    """An ordinary answer to ANY, the flood, the neighbour."""
    tree = lab.grow()
    flood = tree.zone("flood.test.", {"ns1.flood.test.": ["203.0.113.11"]}, "named", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    bank.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    bank.records += [f"all IN TYPE{number} \\# 4 CB007150" for number in range(65280, 65309)]
    flood.records += [f"all IN TYPE{number} \\# 4 01020304" for number in range(1000, 1090)]
    flood.edit_signed = unsigned
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; an ordinary answer to ANY.")
    lab.ask("www.bank.test")
    lab.ask("all.bank.test", "ANY", "+dnssec", "+tcp")
    lab.phase("the flood.")
    lab.ask("all.flood.test", "ANY", "+dnssec", "+tcp")
    lab.phase("another name of the neighbour.")
    lab.ask("mail.bank.test")
