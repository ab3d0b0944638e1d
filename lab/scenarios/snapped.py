"""Healthy traffic, recorded with 120 octets of each frame only.

The zones are those of `healthy`, with new keys. Most answers are cut in the middle of a signature. A cut frame is never
judged bogus, and nothing is missing from it that was not cut away.
"""

from . import healthy

VERDICTS = []
ALERTS = []
SILENCE = "No verdict may be bogus; a cut answer is indeterminate (`truncated`)."


def play(lab):
    """As in `healthy`, with a short snapshot length."""
    tree = healthy.plant(lab)
    lab.record(tree.resolver(), "the resolver starts with an empty cache, and the client asks one thing after another.",
               tap_options=("-s", "120"))
    healthy.ask_all(lab)
