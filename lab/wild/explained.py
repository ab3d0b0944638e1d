"""Disagreements that have a reason; docs/differential.md tells each in full."""


def why(resolver, case, answer, verdict, outcome):
    """The reason of a disagreement, or nothing."""
    return None
