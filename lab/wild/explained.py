"""Disagreements that have a reason; docs/differential.md tells each in full."""


def why(resolver, case, answer, verdict, outcome):
    """The reason of a disagreement, or nothing."""
    if verdict["reason"] == "budget":
        return "budget: more failing checks in one second than a zone is granted (DESIGN 5, work limits)"
    return None
