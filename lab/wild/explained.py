"""Disagreements that have a reason. Each rule takes one damage with one outcome; docs/differential.md has a paragraph
for each key, with the clause of the RFC, or why a passive sensor must say otherwise than a resolver."""

from dataclasses import dataclass

ANSWERED = ("secure", "insecure")
DENIALS = ("denial_missing", "denial_invalid")


@dataclass
class Disagreement:
    """What a resolver and sigtap said of a question, and what was damaged about it."""

    resolver: str
    rtype: str
    site: str
    damages: set
    denials: set  # nsec, nsec3, optout, None: of the zones of the names
    said: dict  # resolver -> state
    ede: list  # of this resolver
    state: str  # what sigtap said
    reason: str
    rrset: str  # that it is about: owner and type
    outcome: str

    def is_split(self):
        """Whether the other resolver says what sigtap says."""
        return self.state in self.said.values()

    def has(self, *damages):
        """Whether one of these is among the damages."""
        return bool(self.damages & set(damages))

    def by(self, resolver, *states):
        """Whether it is this resolver that differs, and it says one of these."""
        return self.resolver == resolver and self.said[resolver] in states

    def are(self, *states):
        """Whether all resolvers that answered say one of these."""
        return all(state in states for state in self.said.values() if state)


BESIDE = ("garbage_beside", "four_garbage_beside", "garbage_of_other_key_beside", "expired_beside",
          "not_yet_valid_beside", "posing_as_wildcard_beside", "type_changed", "denial_garbage_beside",
          "ds_garbage_beside", "ds_expired_beside", "keys_signed_twice")

# No signature is left that could count.
UNSIGNED = ("signature_removed", "type_changed", "signed_by_neighbour", "signer_changed", "labels_of_parent")

RULES = {
    # --- both validators against sigtap
    "work-limit": lambda d: d.outcome == "indeterminate" and d.reason == "budget",
    "signer-above": lambda d: (
        d.reason == "signer_mismatch" and d.has("signed_by_parent") and d.said[d.resolver] in ANSWERED),
    "denial-signer-above": lambda d: (
        d.reason in (*DENIALS, "signer_mismatch") and d.has("denial_signed_by_parent")
        and d.said[d.resolver] in ANSWERED),
    "denial-left-out": lambda d: (
        d.state in ANSWERED and d.are("bogus") and d.has("denial_signed_by_parent", "denial_signed_by_neighbour")
        and d.has("span_to_itself", "span_to_apex")),
    "cut-unseen": lambda d: (
        d.reason == "zone_cut_unseen" and d.are("bogus") and d.has(*UNSIGNED)),
    "signer-below": lambda d: (
        d.reason == "keys_unseen" and d.are("bogus") and d.has("signer_below", "signer_changed")),
    "span-outside": lambda d: (
        d.state == "secure" and d.are("bogus") and d.rtype == "NSEC" and d.has("span_outside")),
    "opt-out-unsigned": lambda d: (
        d.reason in ("signature_missing", "signer_mismatch") and d.said[d.resolver] == "insecure"
        and "optout" in d.denials and d.site == "wildcard" and d.has(*UNSIGNED)),
    "cut-in-bitmap": lambda d: (
        d.said[d.resolver] in ("bogus", "secure") and d.reason == "no_ds" and d.has("bitmap_has_ns")),
    "first-labels": lambda d: (
        d.said[d.resolver] == "bogus" and d.state in ANSWERED and d.has("posing_as_wildcard_beside")),
    # --- one validator against the other and sigtap
    "expired-just-now": lambda d: (
        d.by("unbound", *ANSWERED) and d.reason == "signature_expired" and d.has("expired_just_now")),
    "one-failure": lambda d: d.by("bind", "bogus") and d.state in ANSWERED and d.is_split() and d.has(*BESIDE),
    "first-signer": lambda d: (
        d.by("unbound", "bogus") and d.state in ANSWERED and d.is_split() and d.has("garbage_of_other_signer_beside")),
    "empty-bitmap": lambda d: (
        d.by("bind", "bogus") and d.state in ANSWERED and d.is_split() and d.has("bitmap_empty")
        and "nsec" in d.denials),
    "unknown-flag": lambda d: (
        d.by("bind", *ANSWERED) and d.reason in DENIALS and d.is_split() and d.has("unknown_flag")),
    "expanded-denial": lambda d: (
        d.by("unbound", *ANSWERED) and d.reason in DENIALS and d.is_split() and d.has("denial_posing_as_wildcard")),
    "expanded-link": lambda d: (
        d.by("bind", "bogus") and d.state in ANSWERED and d.is_split()
        and d.has("keys_posing_as_wildcard", "ds_posing_as_wildcard")),
    "nsec3-circle": lambda d: (
        d.by("bind", "bogus") and d.state in ANSWERED and d.is_split() and d.has("span_to_itself")
        and d.denials & {"nsec3", "optout"}),
    "nsec-circle": lambda d: (
        d.by("bind", *ANSWERED) and d.reason == "denial_invalid" and d.is_split() and d.has("span_to_itself")
        and "nsec" in d.denials),
    "spare-denial": lambda d: (
        d.by("bind", *ANSWERED) and d.reason.startswith("signature_") and d.is_split()
        and d.rrset.endswith((" NSEC", " NSEC3"))),
    "dname-wildcard": lambda d: (
        d.by("unbound", "secure") and d.reason in DENIALS and d.is_split() and d.site == "subtree"
        and "nsec" in d.denials
        and d.has("denial_removed", "bitmap_has_all", "bitmap_tampered", "bitmap_has_cname", "span_outside")),
    "opt-out-wildcard": lambda d: (
        d.by("unbound", "insecure") and d.reason == "denial_invalid" and d.is_split() and "optout" in d.denials
        and d.has("other_iterations", "many_iterations", "other_salt", "unknown_hash", "denial_removed",
                  "denial_signature_removed")),
    "mixed-iterations": lambda d: (
        d.is_split() and d.has("many_iterations") and {d.state, d.said[d.resolver]} == {"bogus", "insecure"}),
    "no-zone-key": lambda d: (
        d.by("bind", *ANSWERED) and d.reason == "no_zone_key" and d.is_split()
        and d.has("ksk_protocol", "ksk_not_zone_key", "zsk_protocol", "zsk_not_zone_key")),
    "revoked-key": lambda d: (
        d.by("unbound", *ANSWERED) and d.reason == "dnskey_revoked" and d.said["bind"] in ("bogus", None)
        and d.has("zsk_revoked", "ksk_revoked")),
    "soa-unauthentic": lambda d: (
        d.by("bind", "insecure") and d.reason in ("signature_missing", "signature_invalid") and d.is_split()
        and d.has("soa_unsigned", "soa_signature_changed")),
    "sha1-beside": lambda d: (
        d.by("unbound", *ANSWERED) and d.reason == "dnskey_missing" and d.is_split() and d.has("ds_sha1_bad_sha256")),
}


def key(d):
    """The key of the reason, or nothing."""
    return next((key for key, is_it in RULES.items() if is_it(d)), None)
