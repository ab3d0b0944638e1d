"""One healthy zone for each algorithm that is in use: 5, 7, 8, 10, 13, 14, 15 and 16, from four signers.

Also a DS with digest SHA-384, and one zone with a single key for both roles. SHA-1 signatures still verify: they are a
weakness for the inventory, not an alert.
"""

from world.expectation import secure

ZONES = [
    # zone, algorithm, signer, server, denial, DS digest
    ("sha1.test.", "RSASHA1", "dnssec-signzone", "nsd", "nsec", "SHA-256"),
    ("sha1n3.test.", "NSEC3RSASHA1", "dnssec-signzone", "named", "nsec3", "SHA-256"),
    ("rsa256.test.", "RSASHA256", "knotd", "knotd", "nsec", "SHA-256"),
    ("rsa512.example.", "RSASHA512", "dnssec-signzone", "nsd", "nsec3", "SHA-384"),
    ("p256.example.", "ECDSAP256SHA256", "pdns", "pdns_server", "nsec", "SHA-256"),
    ("p384.example.", "ECDSAP384SHA384", "ldns-signzone", "nsd", "nsec3", "SHA-384"),
    ("ed25519.test.", "ED25519", "knotd", "knotd", "nsec3", "SHA-256"),
    ("ed448.test.", "ED448", "dnssec-signzone", "named", "nsec", "SHA-256"),
    ("ed448.example.", "ED448", "pdns", "pdns_server", "nsec3", "SHA-256"),
]
VERDICTS = secure(*[f"{kind} {qtype}" for zone, *_ in ZONES
                    for kind, qtype in ((f"www.{zone}", "A"), (f"nothere.{zone}", "A"), (zone, "DNSKEY"))])
ALERTS = []
SILENCE = "Every chain verifies."


def play(lab):
    """An address and a name that is not there, of each zone."""
    tree = lab.grow()
    for number, (name, algorithm, signer, server, denial, digest) in enumerate(ZONES, 20):
        zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, server, algorithm=algorithm, signer=signer,
                         denial=denial, split_keys=algorithm != "ED25519", ds_digest=digest)
        zone.records += [f"www IN A 203.0.113.{number + 100}"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; each zone is asked for a name that is there "
                                "and one that is not.")
    for name, *_ in ZONES:
        lab.ask(f"www.{name}")
        lab.ask(f"nothere.{name}")
