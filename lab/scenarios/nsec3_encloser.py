"""Names of many labels below zones that hash often: the search for the closest encloser (CVE-2023-50868).

`within.test.` hashes 150 times with a salt of 100 octets, as often as validators accept; `over.test.` 151 times. To
find the closest encloser of a name of sixty labels takes sixty such hashes, and it does not end before the apex. The
same name below `bank.test.`, which hashes once and without salt, is cheap. Nothing is wrong with the zones.
"""

from world.expectation import Alert, Verdict, insecure, secure

DEEP = ".".join(["a"] * 60)

VERDICTS = [
    *secure("www.bank.test. A", "nothere.bank.test. A", f"{DEEP}.bank.test. A", why="one hash a label"),
    *secure("www.within.test. A", "nothere.within.test. A", why="three names are hashed"),
    Verdict(f"{DEEP}.within.test.", "A", "indeterminate", "budget", or_state="secure",
            why="sixty names are to be hashed 150 times with 100 octets of salt; secure only if all were"),
    *secure("www.over.test. A"),
    *insecure("nothere.over.test. A", f"{DEEP}.over.test. A", reason="nsec3_iterations", why="151 iterations"),
    *secure("mail.bank.test. A", why="the neighbour, after all that"),
]
ALERTS = [Alert("budget_exceeded", "within.test.", "unknown", "low", "more hashing than a message may ask for",
                or_causes=("spoofing", "tampering"))]


def play(lab):
    """A shallow and a deep name of each zone."""
    tree = lab.grow()
    zones = [("bank.test.", 0, "-"), ("within.test.", 150, "ab" * 100), ("over.test.", 151, "-")]
    for number, (name, iterations, salt) in enumerate(zones, 11):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, "nsd", denial="nsec3", iterations=iterations,
                         salt=salt, signer="ldns-signzone")
        zone.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(options="  qname-minimisation: no\n"),
               "the resolver starts with an empty cache; of each zone a name that is there, one that is not, and one "
               "of sixty labels that is not.")
    for name, _, _ in zones:
        lab.ask(f"www.{name}")
        lab.ask(f"nothere.{name}")
        lab.ask(f"{DEEP}.{name}")
    lab.phase("another name of the neighbour.")
    lab.ask("mail.bank.test")
