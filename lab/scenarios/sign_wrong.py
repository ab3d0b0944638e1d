"""Two zones are given a DS in the wrong way: one before it is signed, one for a key that it does not have.

Both begin unsigned. The DS of `early.test.` is published as soon as its keys are made; the signer is set up hours
later. Of `typo.test.` the registrar's form was filled in with the DS of another zone. Either is SERVFAIL at once
wherever the proof that there is no DS has run out. All TTLs are 5 s.
"""

from world.expectation import Alert, bogus, insecure

VERDICTS = [
    *insecure("www.early.test. A", "www.typo.test. A", phase=1, why="unsigned, and proven to have no DS"),
    *bogus("signature_missing", "www.early.test. A", phase=3, why="unsigned under a DS, at the zone's own server",
           or_reason="dnskey_missing"),
    *bogus("dnskey_missing", "typo.test. DNSKEY", phase=3, why="no key of it matches the DS"),
]
ALERTS = [
    Alert("signature_missing", "early.test.", "signing_outage", "high", "unsigned under a DS that was just published",
          or_causes=("rollover_error", "ds_mismatch", "downgrade"), or_kinds=("ds_mismatch", "dnskey_missing")),
    Alert("ds_mismatch", "typo.test.", "ds_mismatch", "high", "the new DS matches no key of the DNSKEY RRset",
          or_causes=("rollover_error",), or_kinds=("dnskey_missing",)),
    Alert("zone_signed", "early.test.", "unknown", "low", "no key of before can vouch for the first DS"),
    Alert("zone_signed", "typo.test.", "unknown", "low", "no key of before can vouch for the first DS"),
]
TOLERATED = [
    Alert(kind, zone, "ds_mismatch", "high", "the same trouble, as another incident")
    for zone in ("early.test.", "typo.test.")
    for kind in ("ds_mismatch", "dnskey_missing", "denial_missing", "signature_missing")
]


def play(lab):
    """Unsigned, and then with the wrong DS."""
    tree = lab.grow(test={"ttl": 5})
    early = tree.zone("early.test.", {"ns1.early.test.": ["203.0.113.11"]}, "nsd", ttl=5, denial=None, one_file=True)
    typo = tree.zone("typo.test.", {"ns1.typo.test.": ["203.0.113.12"]}, "nsd", ttl=5, denial=None, one_file=True)
    for zone in (early, typo):
        zone.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "both are unsigned.")
    lab.ask("www.early.test")
    lab.ask("www.typo.test")
    lab.phase("nothing is asked; the parent publishes the DS of a key that signs nothing yet, and a wrong one; the "
              "caches expire.")
    keys = [typo.new_key(ksk) for ksk in (True, False)]
    typo.published = typo.signing = keys
    typo.denial = "nsec"
    tree.publish(typo)
    tree.test.delegate(early, ds=[early.new_key(ksk=True).ds("SHA-256")])
    tree.test.delegate(typo, ds=[typo.new_key(ksk=True).ds("SHA-256")])
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("both are asked for.")
    for zone in ("early", "typo"):
        lab.ask(f"www.{zone}.test")
        lab.ask(f"{zone}.test", "MX")
