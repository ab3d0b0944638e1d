"""The same healthy traffic with Knot Resolver as the resolver: it asks in an order of its own.

The zones are those of `healthy`, with new keys.
"""

from world.expectation import insecure, secure
from world.resolver import KnotResolver

from . import healthy

VERDICTS = [*secure(*healthy.SECURE), *insecure(*healthy.INSECURE)]
ALERTS = []
SILENCE = healthy.SILENCE
FILE = "capture.pcap.gz"


def play(lab):
    """Every question once, some of them again without DO."""
    tree = healthy.plant(lab)
    lab.record(tree.resolver(KnotResolver),
               "the resolver starts with an empty cache, and the client asks one thing after another.")
    healthy.ask_all(lab)
