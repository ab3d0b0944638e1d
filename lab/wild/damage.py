"""What goes wrong: damage to single sets, to denials, and to whole zones.

A damage alters the table of a signed zone. It raises `Unfit` where there is nothing that it could damage.
"""

import hashlib
from dataclasses import dataclass
from random import Random

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
from dns.rdatatype import DNSKEY, NSEC, NSEC3, RRSIG

from .craft import Signer
from .signed import Signed

DAY = 86400


class Unfit(Exception):
    """There is nothing here that this damage could damage."""


@dataclass
class Ground:
    """A signed zone, and the keys that may sign in it, rightly or wrongly."""

    model: Signed
    rng: Random
    zsk: Signer
    ksk: Signer
    stranger: Signer  # not published
    neighbour: tuple  # name and signer of another zone
    parent: tuple  # name and signer of the zone above

    def sign(self, owner, rdtype, signer=None, name=None, beside=False, **fields):
        """Signs a set anew, as the fields say."""
        ttl, rdatas = self.model.set(owner, rdtype)
        rrsig = (signer or self.zsk).sign(owner, rdtype, ttl, rdatas, name or self.model.origin, **fields)
        signatures = self.model.signatures(owner, rdtype)
        if not beside:
            signatures.clear()
        signatures.append(rrsig)

    def edit(self, owner, rdtype, **fields):
        """Replaces fields of all signatures of a set."""
        signatures = self.model.signatures(owner, rdtype)
        if not signatures:
            raise Unfit
        signatures[:] = [rrsig.replace(**{name: value(rrsig) for name, value in fields.items()})
                         for rrsig in signatures]

    def bend(self, owner, rdtype, again, **fields):
        """Replaces fields of the one record of a set; signs it again or not."""
        rdatas = self.model.set(owner, rdtype)[1]
        rdatas[:] = [rdata.replace(**{name: value(rdata) for name, value in fields.items()}) for rdata in rdatas]
        if again:
            self.sign(owner, rdtype)


def flipped(octets, rng):
    """The octets with one bit the other way."""
    if not octets:
        raise Unfit
    place = rng.randrange(len(octets) * 8)
    changed = bytearray(octets)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


# --- of sets

def record_changed(g, owner, rdtype):
    rdatas = g.model.set(owner, rdtype)[1]
    wire = rdatas[0].to_wire()
    if rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CERT, dns.rdatatype.SSHFP):
        wire = wire[:-1] + bytes([wire[-1] ^ 1])
    elif rdtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME, dns.rdatatype.PTR):
        wire = dns.name.from_text(f"evil.{g.neighbour[0]}").to_wire()
    elif rdtype in (dns.rdatatype.MX, dns.rdatatype.KX, dns.rdatatype.SRV, dns.rdatatype.NAPTR):
        wire = bytes([wire[0] ^ 1]) + wire[1:]
    else:
        raise Unfit
    rdatas[0] = dns.rdata.from_wire("IN", rdtype, wire, 0, len(wire))


def record_added(g, owner, rdtype):
    rdatas = g.model.set(owner, rdtype)[1]
    if rdtype != dns.rdatatype.A:
        raise Unfit
    rdatas.append(dns.rdata.from_text("IN", "A", "203.0.113.251"))


def record_removed(g, owner, rdtype):
    rdatas = g.model.set(owner, rdtype)[1]
    if len(rdatas) < 2:
        raise Unfit
    rdatas.pop()


def ttl_raised(g, owner, rdtype):
    g.model.set(owner, rdtype)[0] += 7200
    g.model.sets[owner, RRSIG, rdtype][0] += 7200


def ttl_lowered(g, owner, rdtype):
    g.model.set(owner, rdtype)[0] = 30
    g.model.sets[owner, RRSIG, rdtype][0] = 30


def signature_changed(g, owner, rdtype):
    g.edit(owner, rdtype, signature=lambda rrsig: flipped(rrsig.signature, g.rng))


def signature_short(g, owner, rdtype):
    g.edit(owner, rdtype, signature=lambda rrsig: rrsig.signature[:g.rng.choice([1, 17, -1])])


def signature_long(g, owner, rdtype):
    g.edit(owner, rdtype, signature=lambda rrsig: rrsig.signature + b"\0")


def signature_removed(g, owner, rdtype):
    g.model.remove(owner, rdtype, with_set=False)


def expired(g, owner, rdtype):
    g.sign(owner, rdtype, inception=-40 * DAY, expiration=-g.rng.randrange(5, 20) * DAY)


def expired_just_now(g, owner, rdtype):
    g.sign(owner, rdtype, inception=-10 * DAY, expiration=-300)


def not_yet_valid(g, owner, rdtype):
    g.sign(owner, rdtype, inception=g.rng.randrange(5, 20) * DAY, expiration=40 * DAY)


def ends_before_it_begins(g, owner, rdtype):
    g.sign(owner, rdtype, inception=2 * DAY, expiration=-2 * DAY)


def times_changed(g, owner, rdtype):
    g.edit(owner, rdtype, expiration=lambda rrsig: rrsig.expiration + 60)


def wrong_key(g, owner, rdtype):
    g.sign(owner, rdtype, signer=g.stranger)


def wrong_key_right_tag(g, owner, rdtype):
    g.sign(owner, rdtype, signer=g.stranger, tag=g.zsk.tag)


def signed_by_neighbour(g, owner, rdtype):
    g.sign(owner, rdtype, signer=g.neighbour[1], name=g.neighbour[0])


def signed_by_parent(g, owner, rdtype):
    g.sign(owner, rdtype, signer=g.parent[1], name=g.parent[0])


def signed_by_ksk(g, owner, rdtype):
    g.sign(owner, rdtype, signer=g.ksk)


def signer_changed(g, owner, rdtype):
    name = g.rng.choice([g.parent[0], g.neighbour[0], owner, g.model.origin.concatenate(dns.name.empty)])
    if name == g.model.origin or owner.is_wild():
        name = g.parent[0]
    g.edit(owner, rdtype, signer=lambda _: name)


def signer_below(g, owner, rdtype):
    if owner == g.model.origin or owner.is_wild():
        raise Unfit
    g.sign(owner, rdtype, name=owner)


def signer_in_capitals(g, owner, rdtype):
    g.sign(owner, rdtype, name=dns.name.from_text(g.model.origin.to_text().upper()))


def type_changed(g, owner, rdtype):
    signatures = g.model.sets.pop((owner, RRSIG, rdtype), None)
    if not signatures:
        raise Unfit
    other = next(t for t in (dns.rdatatype.A, dns.rdatatype.TXT) if t != rdtype)
    signatures[1] = [rrsig.replace(type_covered=other) for rrsig in signatures[1]]
    kept = g.model.sets.setdefault((owner, RRSIG, other), [signatures[0], []])
    kept[1] += signatures[1]


def labels_lowered(g, owner, rdtype):
    g.edit(owner, rdtype, labels=lambda rrsig: rrsig.labels - 1)


def labels_raised(g, owner, rdtype):
    g.edit(owner, rdtype, labels=lambda rrsig: rrsig.labels + 1)


def labels_of_parent(g, owner, rdtype):
    labels = len(g.model.origin.labels) - 2
    g.sign(owner, rdtype, labels=labels)


def posing_as_wildcard(g, owner, rdtype):
    if owner.is_wild() or owner == g.model.origin:
        raise Unfit
    g.sign(owner, rdtype, labels=len(owner.labels) - 2)


def posing_as_wildcard_of_apex(g, owner, rdtype):
    if owner.is_wild() or owner == g.model.origin:
        raise Unfit
    g.sign(owner, rdtype, labels=len(g.model.origin.labels) - 1)


def original_ttl_changed(g, owner, rdtype):
    g.edit(owner, rdtype, original_ttl=lambda rrsig: rrsig.original_ttl + 1)


def tag_changed(g, owner, rdtype):
    g.edit(owner, rdtype, key_tag=lambda rrsig: rrsig.key_tag ^ 1)


def algorithm_swapped(g, owner, rdtype):
    other = {8: 10, 10: 8, 13: 14, 14: 13, 15: 16, 16: 15}
    g.edit(owner, rdtype, algorithm=lambda rrsig: other.get(rrsig.algorithm, 8))


def algorithm_unknown(g, owner, rdtype):
    number = g.rng.choice([3, 12, 99, 200, 250])
    g.edit(owner, rdtype, algorithm=lambda _: number)


def beside(g, owner, rdtype, **fields):
    """Puts copies of the signature, altered, before or after the good one."""
    signatures = g.model.signatures(owner, rdtype)
    if not signatures:
        raise Unfit
    bad = signatures[0].replace(**{name: value(signatures[0]) for name, value in fields.items()})
    signatures.insert(g.rng.choice([0, len(signatures)]), bad)


def garbage_beside(g, owner, rdtype):
    beside(g, owner, rdtype, signature=lambda rrsig: flipped(rrsig.signature, g.rng))


def garbage_of_other_key_beside(g, owner, rdtype):
    beside(g, owner, rdtype, key_tag=lambda _: g.stranger.tag)


def garbage_of_unknown_algorithm_beside(g, owner, rdtype):
    beside(g, owner, rdtype, algorithm=lambda _: g.rng.choice([3, 12, 99, 250]))


def garbage_of_other_signer_beside(g, owner, rdtype):
    beside(g, owner, rdtype, signer=lambda _: dns.name.from_text(str(g.rng.choice([g.parent[0], g.neighbour[0]]))))


def expired_beside(g, owner, rdtype):
    g.sign(owner, rdtype, beside=True, inception=-40 * DAY, expiration=-10 * DAY)


def not_yet_valid_beside(g, owner, rdtype):
    g.sign(owner, rdtype, beside=True, inception=10 * DAY, expiration=40 * DAY)


def posing_as_wildcard_beside(g, owner, rdtype):
    if owner.is_wild() or owner == g.model.origin:
        raise Unfit
    g.sign(owner, rdtype, beside=True, labels=len(owner.labels) - 2)
    if g.rng.random() < 0.5:
        g.model.signatures(owner, rdtype).reverse()


def four_garbage_beside(g, owner, rdtype):
    for _ in range(4):
        garbage_beside(g, owner, rdtype)


def both_failing(g, owner, rdtype):
    expired(g, owner, rdtype)
    g.sign(owner, rdtype, signer=g.stranger, beside=True)


SETS = [record_changed, record_added, record_removed, ttl_raised, ttl_lowered, signature_changed, signature_short,
        signature_long, signature_removed, expired, expired_just_now, not_yet_valid, ends_before_it_begins,
        times_changed, wrong_key, wrong_key_right_tag, signed_by_neighbour, signed_by_parent, signed_by_ksk,
        signer_changed, signer_below, signer_in_capitals, type_changed, labels_lowered, labels_raised,
        labels_of_parent, posing_as_wildcard, posing_as_wildcard_of_apex, original_ttl_changed, tag_changed,
        algorithm_swapped, algorithm_unknown, garbage_beside, garbage_of_other_key_beside,
        garbage_of_unknown_algorithm_beside, garbage_of_other_signer_beside, expired_beside, not_yet_valid_beside,
        posing_as_wildcard_beside, four_garbage_beside, both_failing]


# --- of denials; owner and type are those of an NSEC or NSEC3

def denial_removed(g, owner, rdtype):
    g.model.remove(owner, rdtype)


def with_types(record, add=(), remove=()):
    """The type bitmap with other types."""
    present = {window * 256 + place for window, bitmap in record.windows for place in range(len(bitmap) * 8)
               if bitmap[place // 8] & 0x80 >> place % 8}
    present = (present | set(add)) - set(remove)
    windows = {}
    for rtype in sorted(present):
        bitmap = windows.setdefault(rtype // 256, bytearray(32))
        bitmap[rtype % 256 // 8] |= 0x80 >> rtype % 8
    return [(window, bytes(bitmap).rstrip(b"\0")) for window, bitmap in windows.items()]


def bitmap_tampered(g, owner, rdtype):
    g.bend(owner, rdtype, False, windows=lambda rdata: with_types(rdata, add=[29], remove=[28, 1]))


def bitmap_has_all(g, owner, rdtype):
    types = [dns.rdatatype.from_text(t) for t in ("A", "AAAA", "TXT", "MX", "SRV", "CAA", "NAPTR", "PTR", "SSHFP",
                                                  "TLSA", "DS")]
    g.bend(owner, rdtype, True, windows=lambda rdata: with_types(rdata, add=types))


def bitmap_empty(g, owner, rdtype):
    g.bend(owner, rdtype, True, windows=lambda rdata: with_types(rdata, remove=range(65536)))


def bitmap_has(g, owner, rdtype, *types):
    g.bend(owner, rdtype, True, windows=lambda rdata: with_types(rdata, add=types))


def bitmap_has_cname(g, owner, rdtype):
    bitmap_has(g, owner, rdtype, dns.rdatatype.CNAME)


def bitmap_has_dname(g, owner, rdtype):
    bitmap_has(g, owner, rdtype, dns.rdatatype.DNAME)


def bitmap_has_ns(g, owner, rdtype):
    bitmap_has(g, owner, rdtype, dns.rdatatype.NS)


def bitmap_has_soa(g, owner, rdtype):
    bitmap_has(g, owner, rdtype, dns.rdatatype.SOA)


def bitmap_has_nxname(g, owner, rdtype):
    bitmap_has(g, owner, rdtype, 128)


def bitmap_lacks_ns(g, owner, rdtype):
    g.bend(owner, rdtype, True, windows=lambda rdata: with_types(rdata, remove=[dns.rdatatype.NS]))


def bitmap_lacks_soa(g, owner, rdtype):
    g.bend(owner, rdtype, True, windows=lambda rdata: with_types(rdata, remove=[dns.rdatatype.SOA]))


def span_closed(g, owner, rdtype):
    """The span ends at once: it covers nothing."""
    if rdtype == NSEC:
        g.bend(owner, rdtype, True, next=lambda _: dns.name.Name((b"\0",) + owner.labels))
    else:
        hashed = hash_of(owner)
        g.bend(owner, rdtype, True, next=lambda _: (hashed + 1).to_bytes(20, "big"))


def span_to_itself(g, owner, rdtype):
    """The span goes round: it covers everything else."""
    if rdtype == NSEC:
        g.bend(owner, rdtype, True, next=lambda _: owner)
    else:
        g.bend(owner, rdtype, True, next=lambda _: hash_of(owner).to_bytes(20, "big"))


def span_to_apex(g, owner, rdtype):
    if rdtype != NSEC:
        raise Unfit
    g.bend(owner, rdtype, True, next=lambda _: g.model.origin)


def span_outside(g, owner, rdtype):
    if rdtype != NSEC:
        raise Unfit
    g.bend(owner, rdtype, True, next=lambda _: dns.name.from_text("zzz.zzz."))


def hash_of(owner):
    """The hash that an NSEC3 owner name holds, as a number."""
    number = 0
    for letter in owner.labels[0].decode().upper():
        number = number * 32 + "0123456789ABCDEFGHIJKLMNOPQRSTUV".index(letter)
    return number % (1 << 160)


def nsec3_only(rdtype):
    if rdtype != NSEC3:
        raise Unfit


def opt_out_flag(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, flags=lambda rdata: rdata.flags ^ 1)


def opt_out_flag_unsigned(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, False, flags=lambda rdata: rdata.flags ^ 1)


def unknown_flag(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, flags=lambda rdata: rdata.flags | 0x80)


def other_iterations(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, iterations=lambda rdata: rdata.iterations + 1)


def many_iterations(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, iterations=lambda rdata: 500)


def many_iterations_unsigned(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, False, iterations=lambda rdata: 500)


def other_salt(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, salt=lambda rdata: b"\xab" + rdata.salt)


def unknown_hash(g, owner, rdtype):
    nsec3_only(rdtype)
    g.bend(owner, rdtype, True, algorithm=lambda rdata: 6)


def of_sets(damage):
    """A damage of sets, done to a denial."""
    def done(g, owner, rdtype):
        damage(g, owner, rdtype)
    done.__name__ = f"denial_{damage.__name__}"
    return done


DENIALS = [denial_removed, denial_removed, bitmap_tampered, bitmap_has_all, bitmap_empty, bitmap_has_cname,
           bitmap_has_dname, bitmap_has_ns, bitmap_has_soa, bitmap_has_nxname, bitmap_lacks_ns, bitmap_lacks_soa,
           span_closed, span_to_itself, span_to_apex, span_outside, opt_out_flag, opt_out_flag_unsigned, unknown_flag,
           other_iterations, many_iterations, many_iterations_unsigned, other_salt, unknown_hash,
           *[of_sets(damage) for damage in (
               signature_changed, signature_removed, expired, not_yet_valid, wrong_key, signed_by_parent,
               posing_as_wildcard, algorithm_unknown, garbage_beside, signed_by_neighbour, labels_lowered)]]


# --- of whole zones: the keys, after the signing


def replace_key(g, old, again=True, **fields):
    """Gives a key other fields; the whole set is signed anew with the KSK, under its new tag if it is that."""
    origin = g.model.origin
    keys = g.model.set(origin, DNSKEY)[1]
    place = next(i for i, key in enumerate(keys) if key == old.dnskey)
    keys[place] = old.dnskey.replace(**fields)
    tag = dns.dnssec.key_id(keys[place])
    if old is g.ksk:
        g.ksk.dnskey, g.ksk.tag = keys[place], tag
    if again:
        g.sign(origin, DNSKEY, signer=g.ksk)
    return tag


def sign_all(g, tag):
    """Signs all but the DNSKEY set again under this tag."""
    for owner, rdtype, covers in list(g.model.sets):
        if rdtype == RRSIG and covers != DNSKEY:
            g.sign(owner, covers, tag=tag)


def zsk_not_zone_key(g):
    sign_all(g, replace_key(g, g.zsk, flags=0))


def zsk_revoked(g):
    sign_all(g, replace_key(g, g.zsk, flags=g.zsk.dnskey.flags | 0x80))


def zsk_protocol(g):
    sign_all(g, replace_key(g, g.zsk, protocol=2))


def zsk_odd_flags(g):
    sign_all(g, replace_key(g, g.zsk, flags=256 | 0x8000 | 0x40))


def ksk_not_zone_key(g):
    replace_key(g, g.ksk, flags=1)


def ksk_without_sep(g):
    tag = replace_key(g, g.ksk, flags=256)
    if g.ksk is g.zsk:
        sign_all(g, tag)


def ksk_revoked(g):
    replace_key(g, g.ksk, flags=257 | 0x80)


def ksk_protocol(g):
    replace_key(g, g.ksk, protocol=7)


def keys_signature_changed(g):
    signature_changed(g, g.model.origin, DNSKEY)


def keys_unsigned(g):
    signature_removed(g, g.model.origin, DNSKEY)


def keys_expired(g):
    g.sign(g.model.origin, DNSKEY, signer=g.ksk, inception=-40 * DAY, expiration=-10 * DAY)


def keys_not_yet_valid(g):
    g.sign(g.model.origin, DNSKEY, signer=g.ksk, inception=10 * DAY, expiration=40 * DAY)


def keys_signed_by_stranger(g):
    g.sign(g.model.origin, DNSKEY, signer=g.stranger, tag=g.ksk.tag)


def keys_signed_by_zsk_only(g):
    if g.ksk is g.zsk:
        raise Unfit
    g.sign(g.model.origin, DNSKEY)


def keys_signed_twice(g):
    g.sign(g.model.origin, DNSKEY, signer=g.stranger, beside=True)


def keys_removed(g):
    g.model.remove(g.model.origin, DNSKEY)


def key_added_unsigned(g):
    g.model.set(g.model.origin, DNSKEY)[1].append(g.stranger.dnskey)


def key_added(g):
    key_added_unsigned(g)
    g.sign(g.model.origin, DNSKEY, signer=g.ksk)


def zsk_removed(g):
    if g.ksk is g.zsk:
        raise Unfit
    keys = g.model.set(g.model.origin, DNSKEY)[1]
    keys[:] = [key for key in keys if key != g.zsk.dnskey]
    g.sign(g.model.origin, DNSKEY, signer=g.ksk)


def ksk_removed(g):
    if g.ksk is g.zsk:
        raise Unfit
    keys = g.model.set(g.model.origin, DNSKEY)[1]
    keys[:] = [key for key in keys if key != g.ksk.dnskey]
    g.sign(g.model.origin, DNSKEY, signer=g.ksk)


def keys_labels_lowered(g):
    labels_lowered(g, g.model.origin, DNSKEY)


def keys_posing_as_wildcard(g):
    g.sign(g.model.origin, DNSKEY, signer=g.ksk, labels=len(g.model.origin.labels) - 2)


def soa_unsigned(g):
    signature_removed(g, g.model.origin, dns.rdatatype.SOA)


def soa_signature_changed(g):
    signature_changed(g, g.model.origin, dns.rdatatype.SOA)


def all_unsigned(g):
    for key in [key for key in g.model.sets if key[1] in (RRSIG, NSEC, NSEC3)]:
        del g.model.sets[key]


def all_but_keys_unsigned(g):
    for key in [key for key in g.model.sets if key[1] in (RRSIG, NSEC, NSEC3) and key[2] != DNSKEY]:
        del g.model.sets[key]


def no_denials(g):
    for key in [key for key in g.model.sets if NSEC in key or NSEC3 in key]:
        del g.model.sets[key]


def denials_unsigned(g):
    for key in [key for key in g.model.sets if key[2] in (NSEC, NSEC3)]:
        del g.model.sets[key]


def apex_denial_removed(g):
    found = g.model.denial(g.model.origin)
    g.model.remove(*found)


def all_expired(g):
    for owner, rdtype, covers in list(g.model.sets):
        if rdtype == RRSIG:
            g.sign(owner, covers, signer=g.ksk if covers == DNSKEY else g.zsk,
                   inception=-40 * DAY, expiration=-10 * DAY)


ZONES = [zsk_not_zone_key, zsk_revoked, zsk_protocol, zsk_odd_flags, ksk_not_zone_key, ksk_without_sep, ksk_revoked,
         ksk_protocol, keys_signature_changed, keys_unsigned, keys_expired, keys_not_yet_valid,
         keys_signed_by_stranger, keys_signed_by_zsk_only, keys_signed_twice, keys_removed, key_added_unsigned,
         key_added, zsk_removed, ksk_removed, keys_labels_lowered, keys_posing_as_wildcard, soa_unsigned,
         soa_signature_changed, all_unsigned, all_but_keys_unsigned, no_denials, denials_unsigned,
         apex_denial_removed, all_expired]


# --- of the DS set, before the parent signs it

DIGESTS = {"SHA1": 1, "SHA256": 2, "SHA384": 4}


def ds_of(name, key, digest):
    """The DS record of a key, as RDATA."""
    octets = getattr(hashlib, digest.lower())(name.canonicalize().to_wire() + key.to_wire()).hexdigest()
    return f"{dns.dnssec.key_id(key)} {key.algorithm} {DIGESTS[digest]} {octets}"


def bad(rdata, rng):
    """The DS with another digest."""
    tag, algorithm, digest, octets = rdata.split()
    return f"{tag} {algorithm} {digest} {flipped(bytes.fromhex(octets), rng).hex()}"


def other(rdata, **fields):
    """The DS with other fields."""
    names = ["tag", "algorithm", "digest", "octets"]
    return " ".join(str(fields.get(name, value)) for name, value in zip(names, rdata.split()))


DELEGATIONS = {
    "ds_digest_wrong": lambda ds, rng: [bad(ds("SHA256"), rng)],
    "ds_tag_wrong": lambda ds, rng: [other(ds("SHA256"), tag=rng.randrange(65536))],
    "ds_algorithm_wrong": lambda ds, rng: [other(ds("SHA256"), algorithm=rng.choice([8, 14, 15]))],
    "ds_algorithm_unknown": lambda ds, rng: [other(ds("SHA256"), algorithm=rng.choice([12, 99, 250]))],
    "ds_algorithm_unknown_beside": lambda ds, rng: [ds("SHA256"), other(ds("SHA256"), algorithm=99)],
    "ds_digest_unknown": lambda ds, rng: [other(ds("SHA256"), digest=rng.choice([3, 5, 9]))],
    "ds_digest_unknown_beside": lambda ds, rng: [ds("SHA256"), other(ds("SHA256"), digest=9)],
    "ds_bad_beside_unknown_digest": lambda ds, rng: [bad(ds("SHA256"), rng), other(ds("SHA256"), digest=9)],
    "ds_bad_beside_unknown_algorithm": lambda ds, rng: [bad(ds("SHA256"), rng), other(ds("SHA256"), algorithm=99)],
    "ds_sha1": lambda ds, rng: [ds("SHA1")],
    "ds_sha384": lambda ds, rng: [ds("SHA384")],
    "ds_sha1_sha256": lambda ds, rng: [ds("SHA1"), ds("SHA256")],
    "ds_sha256_sha384": lambda ds, rng: [ds("SHA256"), ds("SHA384")],
    "ds_sha1_bad_sha256": lambda ds, rng: [ds("SHA1"), bad(ds("SHA256"), rng)],
    "ds_bad_sha1_sha256": lambda ds, rng: [bad(ds("SHA1"), rng), ds("SHA256")],
    "ds_sha256_bad_sha384": lambda ds, rng: [ds("SHA256"), bad(ds("SHA384"), rng)],
    "ds_bad_sha256_sha384": lambda ds, rng: [bad(ds("SHA256"), rng), ds("SHA384")],
    "ds_standby": lambda ds, rng: [ds("SHA256"), f"{rng.randrange(65536)} 13 2 {'%064x' % rng.getrandbits(256)}"],
    "ds_standby_other_algorithm": lambda ds, rng: [ds("SHA256"), f"4711 8 2 {'%064x' % rng.getrandbits(256)}",
                                                   f"4711 15 2 {'%064x' % rng.getrandbits(256)}"],
    "ds_same_tag_bad": lambda ds, rng: [bad(ds("SHA256"), rng), ds("SHA256")],
    "ds_none": lambda ds, rng: [],
}

# --- of the delegation, in the signed parent; owner is that of the child

def ds_removed_without_proof(g, owner):
    g.model.remove(owner, dns.rdatatype.DS)


def ds_signature(damage):
    """A damage of sets, done to the DS set."""
    def done(g, owner):
        if not g.model.has(owner, dns.rdatatype.DS):
            raise Unfit
        damage(g, owner, dns.rdatatype.DS)
    done.__name__ = f"ds_{damage.__name__}"
    return done


CUTS = [ds_removed_without_proof, *[ds_signature(damage) for damage in (
    signature_changed, signature_removed, expired, not_yet_valid, wrong_key, wrong_key_right_tag, algorithm_unknown,
    garbage_beside, expired_beside, labels_lowered, posing_as_wildcard, ttl_raised, signer_changed, tag_changed)]]
