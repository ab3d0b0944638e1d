"""Healthy and expired zones, recorded on the resolver itself with `tcpdump -i any`: Linux cooked frames, version 2.

What happens is what happens in `expired`, with new keys.
"""

from . import expired

VERDICTS = expired.VERDICTS
ALERTS = expired.ALERTS


def play(lab):
    """As in `expired`, with the tap on all interfaces of the resolver's host."""
    expired.play(lab, interface="any")
