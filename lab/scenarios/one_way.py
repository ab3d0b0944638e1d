"""Healthy traffic through a tap that sees one direction only: what comes to the resolver, not what it sends.

The traffic is that of `healthy`, with new keys. Its questions to the servers and its answers to the client are not
seen. Where questions to a server are never seen, an answer without its question is the ordinary case: nothing is
unsolicited, and what verifies is secure.
"""

import socket

from world.expectation import insecure, secure
from world.mirror import kept

from . import healthy

VERDICTS = [*secure(*healthy.SECURE), *insecure(*healthy.INSECURE)]
ALERTS = []
SILENCE = "Nothing is unsolicited."
FILE = "capture.pcap.zst"
play = healthy.play
FOUR = socket.inet_aton("192.0.2.53")
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::53")


def from_resolver(frame):
    """Whether the resolver sent an IP packet, judging by the Ethernet type and the source address behind it."""
    kind = frame[12:14]
    return (kind == b"\x08\x00" and frame[26:30] == FOUR) or (kind == b"\x86\xdd" and frame[22:38] == SIX)


def mirror(capture):
    """Drops what the resolver sent."""
    return kept(capture, lambda _, frame: not from_resolver(frame))
