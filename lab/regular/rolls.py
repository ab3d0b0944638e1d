"""What operators do to zones: every kind of regular change, each timed as RFC 6781 and RFC 7583 ask.

A roll is a function of an operator; it goes round until the run is over. `wait` lets the caches of the whole world
forget what was there before the last step.
"""

import base64
import collections
import shutil
from pathlib import Path

import dns.dnssec
import dns.rdata
from cryptography.hazmat.primitives.asymmetric import ec

from world.network import command
from world.zone import Key

BEST = "SHA-256"


def cds(*keys):
    """The announcement of a DS set."""
    return [f"@ IN CDS {key.ds(BEST)}" for key in keys] + [
        f"@ IN CDNSKEY {key.record.split(' DNSKEY ')[1]}" for key in keys]


DELETE = ["@ IN CDS 0 0 0 00", "@ IN CDNSKEY 0 3 0 AA=="]


def zsk_prepublish(op):
    """RFC 6781 section 4.1.1.1."""
    ksk, old = op.zone.published
    while True:
        new = op.key(ksk=False)
        for published, signing in (([ksk, old, new], [ksk, old]), ([ksk, old, new], [ksk, new]),
                                   ([ksk, new], [ksk, new])):
            op.keys(published, signing)
            op.wait()
        old = new


def zsk_double_signature(op):
    """RFC 6781 section 4.1.1.2."""
    ksk, old = op.zone.published
    while True:
        new = op.key(ksk=False)
        for keys in ([ksk, old, new], [ksk, new]):
            op.keys(keys, keys)
            op.wait()
        old = new


def ksk_double_ds(op):
    """RFC 7583 section 3.3.2."""
    old, zsk = op.zone.published
    while True:
        new = op.key(ksk=True)
        op.ds(old.ds(BEST), new.ds(BEST))
        op.wait()
        op.keys([new, zsk], [new, zsk])
        op.wait()
        op.ds(new.ds(BEST))
        op.wait()
        old = new


def ksk_double_signature(op):
    """Both KSKs sign, and the DS is exchanged in between (RFC 7583 section 3.3.1, RFC 6781 section 4.1.2)."""
    old, zsk = op.zone.published
    while True:
        new = op.key(ksk=True)
        op.keys([old, new, zsk], [old, new, zsk])
        op.wait()
        op.ds(new.ds(BEST))
        op.wait()
        op.keys([new, zsk], [new, zsk])
        op.wait()
        old = new


def ksk_double_rrset(op):
    """New key and new DS at once, the old ones leave at once (RFC 7583 section 3.3.3)."""
    old, zsk = op.zone.published
    while True:
        new = op.key(ksk=True)
        op.keys([old, new, zsk], [old, new, zsk])
        op.ds(old.ds(BEST), new.ds(BEST))
        op.wait()
        op.ds(new.ds(BEST))
        op.keys([new, zsk], [new, zsk])
        op.wait()
        old = new


def csk(op):
    """One key for all, rolled by double signature (RFC 6781 section 4.1.3)."""
    old, = op.zone.published
    while True:
        new = op.key(ksk=True)
        op.keys([old, new], [old, new])
        op.wait()
        op.ds(new.ds(BEST))
        op.wait()
        op.keys([new], [new])
        op.wait()
        old = new


def algorithm(op):
    """The careful way of RFC 6781 section 4.1.4; signatures come first and leave last."""
    old = op.zone.published
    algorithms = collections.deque(["ECDSAP256SHA256", "ED25519", "ECDSAP384SHA384", "RSASHA256"])
    while True:
        new = [op.key(ksk, algorithms[0]) for ksk in (True, False)]
        op.keys(old, old + new[1:])
        op.wait()
        op.keys(old + new, old + new)
        op.wait()
        op.ds(old[0].ds(BEST), new[0].ds(BEST))
        op.wait()
        op.ds(new[0].ds(BEST))
        op.wait()
        op.keys(new, new + old[1:])
        op.wait()
        op.keys(new, new)
        op.wait()
        old = new
        algorithms.rotate(-1)


def revoke(op):
    """The old KSK leaves with the REVOKE bit, signing itself, as RFC 5011 asks."""
    old, zsk = op.zone.published
    while True:
        new = op.key(ksk=True)
        op.keys([old, new, zsk], [old, new, zsk])
        op.wait()
        op.ds(new.ds(BEST))
        op.wait()
        out = command("dnssec-revoke", old.base.with_name(old.base.name + ".key"))
        revoked = Key(op.zone.folder / Path(out.strip()).name, ksk=True)
        op.keys([revoked, new, zsk], [revoked, new, zsk])
        op.wait(2)
        op.keys([new, zsk], [new, zsk])
        op.wait()
        old = new


def standby(op):
    """A KSK whose DS waits at the parent and a ZSK that waits in the zone; both are used at last."""
    ksk, zsk = op.zone.published
    while True:
        later, ready = op.key(ksk=True), op.key(ksk=False)
        op.ds(ksk.ds(BEST), later.ds(BEST))
        op.keys([ksk, zsk, ready], [ksk, zsk])
        op.wait(2)
        op.keys([later, zsk, ready], [later, ready])
        op.wait()
        op.keys([later, ready], [later, ready])
        op.ds(later.ds(BEST))
        op.wait()
        ksk, zsk = later, ready


def zsk_same_tag(op):
    """Pre-publication where the next key has the tag of the one before."""
    ksk, old = op.zone.published
    for first, second in twins(op.zone):
        for new in (first, second):
            for published, signing in (([ksk, old, new], [ksk, old]), ([ksk, old, new], [ksk, new]),
                                       ([ksk, new], [ksk, new])):
                op.keys(published, signing)
                op.wait()
            old = new


def twins(zone):
    """Pairs of ZSKs with one tag, found among many."""
    found = {}
    for number in range(2500):
        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_numbers()
        public = base64.b64encode(point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")).decode()
        tag = dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", f"256 3 13 {public}"))
        if tag not in found:
            found[tag] = (private, public)
            continue
        pair = []
        for one, text in (found.pop(tag), (private, public)):
            base = zone.folder / f"twin{number}-{len(pair)}" / f"K{zone.name}+013+{tag:05d}"
            base.parent.mkdir()
            secret = base64.b64encode(one.private_numbers().private_value.to_bytes(32, "big")).decode()
            base.with_name(base.name + ".key").write_text(f"{zone.name} IN DNSKEY 256 3 13 {text}\n")
            base.with_name(base.name + ".private").write_text(
                f"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {secret}\n")
            pair.append(Key(base, ksk=False))
        yield pair


def resign(op):
    """New serials and new signatures by the same keys, all the time; two servers, one of which lags by a step."""
    late = op.world.replicas[op.zone.name]
    while True:
        op.publish()
        op.steps += 1
        op.world.sleep(3)
        late.follow()


def lagging_roll(op):
    """ZSK pre-publication and KSK double signature where one of two servers lags; the waits include the lag."""
    late = op.world.replicas[op.zone.name]
    ksk, zsk = op.zone.published

    def step(published, signing):
        op.keys(published, signing)
        op.world.sleep(4)
        late.follow()
        op.wait()

    while True:
        new = op.key(ksk=False)
        step([ksk, zsk, new], [ksk, zsk])
        step([ksk, zsk, new], [ksk, new])
        step([ksk, new], [ksk, new])
        zsk, new = new, op.key(ksk=True)
        step([ksk, new, zsk], [ksk, new, zsk])
        op.ds(new.ds(BEST))
        op.wait()
        step([new, zsk], [new, zsk])
        ksk = new


class Replica:
    """What a secondary serves: the zone as it was when it was last fetched."""

    def __init__(self, world, zone, server):
        self.world = world
        self.zone = zone
        self.server = server
        self.name = zone.name
        self.file = zone.folder / "replica"
        self.signer = self.zone_options = self.policy_options = ""
        self.journal, self.keeps_keys = "none", False
        self.serial = zone.serial
        server.zones.remove(zone)
        server.add(self)

    def follow(self):
        """Fetches the zone."""
        with self.world.held([self.server, *self.world.serving(self.zone)]):
            shutil.copy(self.zone.file, self.file)
            self.serial = self.zone.serial
            if self.server.process:
                self.server.reload(self)


def denial(op):
    """From NSEC to NSEC3, to another salt, to opt-out and back (RFC 5155 section 10)."""
    salts = iter(f"{number:08x}" for number in range(1, 10000))
    while True:
        for kind, salt in (("nsec3", "-"), ("nsec3", next(salts)), ("nsec3", next(salts)), ("optout", "-"),
                           ("nsec3", "-"), ("nsec", "-")):
            op.zone.denial, op.zone.salt = kind, salt
            op.publish()
            op.wait()


def secure_and_back(op):
    """Unsigned, signed, with a DS; then announced, without DS, unsigned again (RFC 7344, RFC 8078)."""
    records = op.zone.records
    while True:
        op.wait(2)
        keys = [op.key(ksk) for ksk in (True, False)]
        op.zone.records = records + cds(keys[0])
        op.zone.denial = "nsec"
        op.keys(keys, keys)
        op.wait(2)
        op.ds(keys[0].ds(BEST))
        op.wait(3)
        op.zone.records = records + DELETE
        op.publish()
        op.wait(2)
        op.ds()
        op.wait(2)
        op.zone.records, op.zone.denial = records, None
        op.keys([], [])


def announced_ksk(op):
    """KSK double signature where the DS follows the CDS (RFC 7344)."""
    old, zsk = op.zone.published
    records = op.zone.records
    while True:
        new = op.key(ksk=True)
        op.zone.records = records + cds(new)
        op.keys([old, new, zsk], [old, new, zsk])
        op.wait(2)
        op.ds(new.ds(BEST))
        op.wait()
        op.keys([new, zsk], [new, zsk])
        op.wait()
        old = new


def digests(op):
    """The DS goes from SHA-1 to SHA-256 to SHA-384, by way of both and at once; then to another key."""
    ksk, zsk = op.zone.published
    while True:
        one, two, four = (ksk.ds(digest) for digest in ("SHA-1", "SHA-256", "SHA-384"))
        for step in ([one, two], [two], [two, four], [four]):
            op.ds(*step)
            op.wait()
        new = op.key(ksk=True)
        op.keys([ksk, new, zsk], [ksk, new, zsk])
        op.wait()
        op.ds(new.ds("SHA-1"))
        op.wait()
        op.keys([new, zsk], [new, zsk])
        op.wait()
        ksk = new


def multi_signer(op):
    """Two providers sign the zone, each with its own keys and all keys published (RFC 8901 section 2.1.2)."""
    a, b = op.zone, op.world.twins[op.zone.name]
    (ksk_a, zsk_a), (ksk_b, zsk_b) = a.own, b.own

    def both(keys):
        a.published = b.published = keys
        a.signing, b.signing = [ksk_a, zsk_a], [ksk_b, zsk_b]
        op.publish(a, b)
        op.wait()

    while True:
        new = b.new_key(ksk=False)
        both([ksk_a, zsk_a, ksk_b, zsk_b, new])
        old, zsk_b = zsk_b, new
        both([ksk_a, zsk_a, ksk_b, old, zsk_b])
        both([ksk_a, zsk_a, ksk_b, zsk_b])
        new = a.new_key(ksk=True)
        both([ksk_a, new, zsk_a, ksk_b, zsk_b])
        op.ds(ksk_a.ds(BEST), new.ds(BEST), ksk_b.ds(BEST))
        op.wait()
        old, ksk_a = ksk_a, new
        both([old, ksk_a, zsk_a, ksk_b, zsk_b])
        op.ds(ksk_a.ds(BEST), ksk_b.ds(BEST))
        op.wait()
        both([ksk_a, zsk_a, ksk_b, zsk_b])


def provider_move(op):
    """From one provider to another and on to the next, by way of both (RFC 8901, RFC 6781 section 4.3.5)."""
    here, there = op.zone, op.world.twins[op.zone.name]
    records = here.records
    while True:
        ours, theirs = here.published, [there.new_key(ksk) for ksk in (True, False)]
        here.records = there.records = records + cds(ours[0], theirs[0])
        here.published = there.published = ours + theirs
        here.signing, there.signing = ours, theirs
        op.publish(here, there)
        op.wait(2)
        both = [ours[0].ds(BEST), theirs[0].ds(BEST)]
        op.ds(*both)
        op.wait()
        op.ds(*both, zone=there, ns=there.home)
        here.ns = there.ns = there.home  # the losing provider names the gaining one too
        op.publish(here, there)
        op.wait(2)
        here.records = there.records = records + cds(theirs[0])
        op.publish(there)
        op.wait(2)
        op.ds(theirs[0].ds(BEST), zone=there, ns=there.home)
        op.wait()
        op.keys(theirs, theirs, zone=there)
        op.wait()
        here, there = there, here


def plain_roll(op):
    """The root's or a TLD's ZSK by pre-publication; a TLD's KSK by double signature too."""
    ksk, zsk = op.zone.published
    while True:
        new = op.key(ksk=False)
        for published, signing in (([ksk, zsk, new], [ksk, zsk]), ([ksk, zsk, new], [ksk, new]),
                                   ([ksk, new], [ksk, new])):
            op.keys(published, signing)
            op.wait()
        zsk = new
        if op.zone.name != ".":
            new = op.key(ksk=True)
            op.keys([ksk, new, zsk], [ksk, new, zsk])
            op.wait()
            op.ds(new.ds(BEST))
            op.wait()
            op.keys([new, zsk], [new, zsk])
            op.wait()
            ksk = new
