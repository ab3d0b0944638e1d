"""Healthy traffic through a mirror port under load: every fifth frame is missing.

The traffic is that of `healthy`, with new keys. Whatever is missing, a key, a DS, a proof or half of an exchange,
nothing may be called bogus for it: what cannot be judged is indeterminate. The frames were dropped after the recording.
"""

from world.expectation import Alert
from world.mirror import kept

from . import healthy

VERDICTS = []
ALERTS = []
TOLERATED = [Alert("capture_loss", None, "unknown", "medium", "a sensor that notices the loss may say so")]
SILENCE = "No verdict may be bogus. Which are secure or indeterminate depends on what was lost."
FILE = "capture.pcap.gz"
play = healthy.play


def mirror(capture):
    """Drops frames."""
    return kept(capture, lambda number, _: number % 5 != 2)
