"""A zone with 500 NSEC3 iterations: what its denials should show is insecure (RFC 9276), positive answers are secure.

`many.test.` hashes names 500 times over, far above the 150 that validators accept. The NSEC3 records' own signatures
verify. `few.test.`, with 10 iterations, is old-fashioned but in order.
"""

from world.expectation import insecure, secure
from world.resolver import BindResolver

VERDICTS = [
    *secure("www.many.test. A", "www.few.test. A", "nothere.few.test. A", "many.test. DNSKEY"),
    *insecure("nothere.many.test. A", "www.many.test. MX", reason="nsec3_iterations", why="500 iterations"),
]
ALERTS = []
SILENCE = "Iterations are a finding of the inventory."


def play(lab):
    """A name that is there, a name and a type that are not, of both zones."""
    tree = lab.grow()
    for number, (name, iterations) in enumerate((("many.test.", 500), ("few.test.", 10)), 11):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, "nsd", denial="nsec3", iterations=iterations,
                         signer="ldns-signzone")
        zone.records += ["www IN A 203.0.113.80"]
    tree.start()
    lab.record(tree.resolver(BindResolver), "the resolver starts with an empty cache; the zones are asked for.")
    for zone in ("many.test", "few.test"):
        lab.ask(f"www.{zone}")
        lab.ask(f"nothere.{zone}")
        lab.ask(f"www.{zone}", "MX")
