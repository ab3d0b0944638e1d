"""Healthy traffic that the mirror port delivers twice, frame by frame.

The traffic is that of `healthy`, with new keys. Both ports of the path are mirrored, so each frame comes twice within a
moment. Nothing is unsolicited, and no second answer conflicts with a first. The doubles were made after the recording.
"""

from world.expectation import insecure, secure
from world.mirror import doubled

from . import healthy

VERDICTS = [*secure(*healthy.SECURE), *insecure(*healthy.INSECURE)]
ALERTS = []
SILENCE = "A mirrored double counts once."
FILE = "capture.pcap.zst"
play = healthy.play
mirror = doubled
