"""Disagreements that have a reason; docs/differential.md tells each in full."""

ABSENCE = "what is missing is held against no zone where nothing shows that the name lies in it (DESIGN 5)"
BUDGET = "more failing checks in one second than a zone is granted (DESIGN 5, work limits)"
SIGNER = "only the zone itself signs what is in it (RFC 4035 section 5.3.1); these validators let its parent do so"
OVERREACH = "resolvers drop an NSEC whose next name lies outside its zone, though it is validly signed"
LENIENT = "unbound takes signatures that expired within a tenth of their lifetime (FIELD W 6)"


def why(resolver, case, answer, verdict, outcome):
    """The reason of a disagreement, or nothing."""
    reason = verdict["reason"]
    if reason == "budget":
        return BUDGET
    if outcome == "indeterminate" and reason in ("zone_cut_unseen", "keys_unseen"):
        return ABSENCE
    if outcome == "false bogus" and reason == "signer_mismatch":
        return SIGNER
    if outcome == "missed bogus" and case.question.rtype == "NSEC" and "span_outside" in case.what:
        return OVERREACH
    by_others = ("denial_signed_by_parent", "denial_signed_by_neighbour")
    if outcome == "false bogus" and reason.startswith("denial_") and any(d in case.what for d in by_others):
        return SIGNER
    if outcome == "false bogus" and reason == "signature_expired" and "expired_just_now" in case.what:
        return LENIENT
    return None
