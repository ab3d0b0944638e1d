"""Disagreements that have a reason; docs/differential.md tells each in full."""


def why(resolver, case, answer, verdict, outcome):
    """The reason of a disagreement, or nothing."""
    if verdict["reason"] == "budget":
        return "budget: more failing checks in one second than a zone is granted (DESIGN 5, work limits)"
    signer = ("signed_by_neighbour", "signer_changed", "signer_below", "labels_of_parent", "signed_by_parent")
    if verdict["reason"] in ("zone_cut_unseen", "keys_unseen") and any(damage in case.what for damage in signer):
        return "a signer that could be a zone of its own, at a name not shown to lie in the zone (DESIGN 5, absence)"
    return None
