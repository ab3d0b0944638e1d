"""The sensor's clock is a month ahead: every signature looks expired, and the resolver says AD.

Healthy zones under two TLDs, at six servers, are asked for, and the resolver is content. Afterwards all times in the
recording were moved 30 days into the future, as if the recording machine had had a wrong clock.
"""

from world.expectation import Alert, bogus
from world.network import command

NAMES = ["shop.test.", "bank.test.", "news.test.", "club.example.", "cafe.example.", "farm.example."]
VERDICTS = bogus("signature_expired", *[f"www.{name} A" for name in NAMES],
                 why="by the recording's clock; the verdict stays, the alert is about the clock")
ALERTS = [Alert("clock_skew", None, "sensor_clock", "medium",
                "all zones, under several parents and at several servers, look expired, and none verifies")]


def play(lab):
    """An address and a name that is not there, of each zone."""
    tree = lab.grow()
    for number, name in enumerate(NAMES, 11):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, ["nsd", "knotd", "named"][number % 3],
                         denial="nsec" if number % 2 else "nsec3")
        zone.records += ["www IN A 203.0.113.80"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; each zone is asked for.")
    for name in NAMES:
        lab.ask(f"www.{name}")
        lab.ask(f"nothere.{name}")


def mirror(capture):
    """Moves all times."""
    moved = capture.with_name("moved")
    command("editcap", "-F", "pcap", "-t", 30 * 86400, capture, moved)
    return moved
