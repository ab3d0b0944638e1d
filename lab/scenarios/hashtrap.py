"""Many DS records and many keys, all of one tag (HashTrap, one of the attacks beside KeyTrap of CVE-2023-50387).

The parent has thirty DS records for `hash.test.` with the tag of its KSK but digests of no key, and the DNSKEY RRset
has thirty more keys of that tag. To find that no key is named takes 930 digests. The neighbour is in order.
"""

import secrets

from world.expectation import Alert, Verdict, secure

from .key_tag_collision import twin

VERDICTS = [
    *secure("www.bank.test. A", "mail.bank.test. A"),
    Verdict("hash.test.", "DNSKEY", "indeterminate", "budget", or_state="bogus", or_reason="dnskey_missing",
            why="more digests than a message may ask for; bogus only if all were compared"),
    Verdict("www.hash.test.", "A", "indeterminate", "keys_unseen", or_state="bogus", or_reason="dnskey_missing",
            why="nothing led into the zone"),
]
ALERTS = [Alert("budget_exceeded", "hash.test.", "unknown", "low", "thirty DS records times 31 keys",
                or_causes=("spoofing", "tampering"))]
TOLERATED = [Alert("dnskey_missing", "hash.test.", "unknown", "high", "if the sensor compared all digests")]


def play(lab):
    """The neighbour, the trap, the neighbour."""
    tree = lab.grow()
    trap = tree.zone("hash.test.", {"ns1.hash.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    for zone in (trap, bank):
        zone.records += ["www IN A 203.0.113.80", "mail IN A 203.0.113.25"]
    ksk = trap.published[0]
    trap.published = trap.published + [twin(trap, ksk, number) for number in range(30)]
    digests = [secrets.token_hex(32) for _ in range(30)]
    trap.online_ds = lambda: [f"{ksk.tag} 13 2 {digest}" for digest in digests]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; the neighbour is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the trap is asked for.")
    lab.ask("www.hash.test")
    lab.phase("another name of the neighbour.")
    lab.ask("mail.bank.test")
