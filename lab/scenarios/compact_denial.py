"""Denial in the compact form (RFC 9824) and with minimal NSEC3 spans, as large providers sign on the fly.

Knot DNS answers for `compact.test.` with NSEC records made on the spot: a name that is not there gets NOERROR and
an NSEC at that very name. PowerDNS answers for `white.test.` with NSEC3 records that span just the name asked for.
"""

from world.expectation import secure

VERDICTS = secure(
    "www.compact.test. A", "nothere.compact.test. A", "www.compact.test. MX", "any.wild.compact.test. A",
    "www.white.test. A", "nothere.white.test. A", "www.white.test. MX", "any.wild.white.test. A",
)
ALERTS = []
SILENCE = "All proofs hold, unusual as they look."


def play(lab):
    """The same questions to both zones."""
    tree = lab.grow()
    compact = tree.zone("compact.test.", {"ns1.compact.test.": ["203.0.113.11"]}, "knotd", signer="mod-onlinesign")
    white = tree.zone("white.test.", {"ns1.white.test.": ["203.0.113.12"]}, "pdns_server", signer="pdns",
                      denial="nsec3", narrow=True)
    for zone in (compact, white):
        zone.records += ["www IN A 203.0.113.80", "*.wild IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache, and the zones are asked for.")
    for zone in ("compact.test", "white.test"):
        lab.ask(f"www.{zone}")
        lab.ask(f"nothere.{zone}")
        lab.ask(f"www.{zone}", "MX")
        lab.ask(f"any.wild.{zone}")
