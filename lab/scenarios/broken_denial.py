"""Three zones whose denials are broken: one has no NSEC at all, two have holes in the chain.

A script at the operator's "cleans" the signed zone files: `bare.test.` lost every NSEC, `gap.test.` the NSEC of
one name, `gap.example.` one NSEC3. Names that are there still verify. Of names that are not there, the servers can
show nothing, or only a record that does not cover the name.
"""

import re

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.bare.test. A", "www.gap.test. A", "www.gap.example. A", why="positive answers are in order"),
    *bogus("denial_missing", "nothere.bare.test. A", "www.bare.test. MX",
           why="the SOA verifies, and there is no NSEC, no NSEC3"),
    *bogus("denial_invalid", "n.gap.test. A",
           why="NSEC records that verify, but none covers the name", or_reason="denial_missing"),
    *bogus("denial_invalid", "void.gap.example. A",
           why="NSEC3 records that verify, but do not show what they should", or_reason="denial_missing"),
]
CAUSE = {"cause": "signing_outage", "severity": "high", "or_causes": ("unknown", "rollover_error")}
ALERTS = [
    Alert("denial_missing", "bare.test.", **CAUSE, why="all negative answers, positive ones verify"),
    Alert("denial_invalid", "gap.test.", **CAUSE, why="the proof does not cover the name"),
    Alert("denial_invalid", "gap.example.", **CAUSE, why="the proof does not cover the name"),
]


def without_denial(lines):
    """Takes the whole NSEC chain out."""
    return [line for line in lines if not re.search(r"\sIN\s+(NSEC\s|RRSIG\s+NSEC\s)", line)]


def without_owner(owner):
    """Takes the NSEC of one name out."""
    return lambda lines: [line for line in lines if not (
        line.lower().startswith(owner) and re.search(r"\sIN\s+(NSEC\s|RRSIG\s+NSEC\s)", line))]


def without_nsec3(lines):
    """Takes every NSEC3 out but that of the apex, the only one with SOA among its types."""
    apex = next(line.split()[0] for line in lines if re.search(r"\sIN\s+NSEC3\s.*\sSOA\s", line))
    return [line for line in lines
            if line.split()[0] == apex or not re.search(r"\sIN\s+(NSEC3\s|RRSIG\s+NSEC3\s)", line)]


def play(lab):
    """Names that are there, and names that are not, of all three."""
    tree = lab.grow()
    edits = {"bare.test.": without_denial, "gap.test.": without_owner("m.gap.test."), "gap.example.": without_nsec3}
    for number, (name, edit) in enumerate(edits.items(), 11):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, "nsd",
                         denial="nsec3" if name.endswith("example.") else "nsec")
        zone.records += ["www IN A 203.0.113.80", "m IN A 203.0.113.81", "t IN A 203.0.113.82"]
        zone.edit_signed = edit
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; names that are there are asked for.")
    for name in edits:
        lab.ask(f"www.{name}")
    lab.phase("names and types that are not there.")
    lab.ask("nothere.bare.test")
    lab.ask("www.bare.test", "MX")
    lab.ask("n.gap.test")
    lab.ask("void.gap.example")
