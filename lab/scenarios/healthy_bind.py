"""The same healthy traffic with BIND as the resolver: it asks in another order, and keys come later still.

BIND fetches the keys of a zone before those of its parent, and asks for DS records by name where unbound takes them
from referrals. The zones are those of `healthy`, with new keys.
"""

from world.expectation import insecure, secure
from world.resolver import BindResolver

from . import healthy

VERDICTS = [*secure(*healthy.SECURE), *insecure(*healthy.INSECURE)]
ALERTS = []
SILENCE = healthy.SILENCE
FILE = "capture.pcap.gz"


def play(lab):
    """Every question once, some of them again without DO."""
    tree = healthy.plant(lab)
    lab.record(tree.resolver(BindResolver),
               "the resolver starts with an empty cache, and the client asks one thing after another.")
    healthy.ask_all(lab)
