"""Signatures of our own making: valid ones with odd fields, which no signing tool would give."""

import base64
import struct
import time

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.RRSIG
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

RSA_HASHES = {5: hashes.SHA1, 7: hashes.SHA1, 8: hashes.SHA256, 10: hashes.SHA512}
CURVES = {13: (ec.SECP256R1, hashes.SHA256, 32), 14: (ec.SECP384R1, hashes.SHA384, 48)}


class Signer:
    """A key pair in BIND's files, ready to sign anything."""

    def __init__(self, key):
        self.dnskey = dns.rdata.from_text("IN", "DNSKEY", key.record.split(" DNSKEY ")[1])
        self.tag = dns.dnssec.key_id(self.dnskey)
        fields = {}
        for line in key.base.with_name(key.base.name + ".private").read_text().splitlines():
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        self.algorithm = int(fields["Algorithm"].split()[0])
        self.private = private_key(self.algorithm, fields)

    def sign_octets(self, octets):
        """The signature in the form of the key's algorithm."""
        if self.algorithm in RSA_HASHES:
            return self.private.sign(octets, padding.PKCS1v15(), RSA_HASHES[self.algorithm]())
        if self.algorithm in CURVES:
            _, digest, size = CURVES[self.algorithm]
            r, s = decode_dss_signature(self.private.sign(octets, ec.ECDSA(digest())))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return self.private.sign(octets)

    def sign(self, owner, rdtype, ttl, rdatas, signer, labels=None, inception=-3600, expiration=14 * 86400,
             tag=None, algorithm=None, original_ttl=None):
        """An RRSIG that is valid but for what the arguments say otherwise."""
        now = int(time.time())
        own = len(owner.labels) - 1 - owner.is_wild()
        labels = own if labels is None else labels
        original_ttl = ttl if original_ttl is None else original_ttl

        def record(signature):
            return dns.rdtypes.ANY.RRSIG.RRSIG(
                dns.rdataclass.IN, dns.rdatatype.RRSIG, rdtype, algorithm or self.algorithm, labels, original_ttl,
                now + expiration, now + inception, self.tag if tag is None else tag, signer, signature)

        name = owner
        if labels < own:
            name = dns.name.Name((b"*",) + owner.labels[-labels - 1:])
        octets = record(b"").to_digestable()
        for rdata in sorted({rdata.to_digestable() for rdata in rdatas}):
            octets += name.to_digestable() + struct.pack("!HHIH", rdtype, 1, original_ttl, len(rdata)) + rdata
        return record(self.sign_octets(octets))


def private_key(algorithm, fields):
    """The private key of the fields of BIND's file."""
    octets = {name: base64.b64decode(value) for name, value in fields.items()
              if name not in ("Algorithm", "Private-key-format", "Created", "Publish", "Activate", "SyncPublish")}
    if algorithm in RSA_HASHES:
        number = {name: int.from_bytes(value, "big") for name, value in octets.items()}
        public = rsa.RSAPublicNumbers(number["PublicExponent"], number["Modulus"])
        return rsa.RSAPrivateNumbers(
            number["Prime1"], number["Prime2"], number["PrivateExponent"], number["Exponent1"],
            number["Exponent2"], number["Coefficient"], public).private_key()
    if algorithm in CURVES:
        return ec.derive_private_key(int.from_bytes(octets["PrivateKey"], "big"), CURVES[algorithm][0]())
    if algorithm == 15:
        return ed25519.Ed25519PrivateKey.from_private_bytes(octets["PrivateKey"])
    return ed448.Ed448PrivateKey.from_private_bytes(octets["PrivateKey"])
