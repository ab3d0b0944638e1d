"""The zone with expired signatures, seen through a mirror port that tags: 802.1Q and QinQ.

What happens is what happens in `expired`, with new keys. The frames were recorded untagged, and got their tags
afterwards, as a switch's mirror port puts them on: VLAN 110 on the client's side, and on the side of the servers VLAN
120 within the service VLAN 300 (QinQ).
"""

import socket

from world.mirror import tagged

from . import expired

VERDICTS = expired.VERDICTS
ALERTS = expired.ALERTS
CLIENT = socket.inet_aton("192.0.2.100")
play = expired.play


def tags(frame):
    """The tags of one frame; whether it is the client's shows in its octets, be they IP or ARP."""
    return [(0x8100, 110)] if CLIENT in frame else [(0x88A8, 300), (0x8100, 120)]


def mirror(capture):
    """Tags the frames."""
    return tagged(capture, tags)
