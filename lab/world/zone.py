"""Zones: their records, their keys, and signing them with the tools that operators use."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from .clock import Clock
from .network import command

DAY = 86400


def signature_time(seconds):
    """A time in the form of RRSIG presentation, YYYYMMDDHHmmSS in UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


@dataclass
class Key:
    """A key pair on disk, in the format that BIND and ldns share."""

    base: Path
    ksk: bool

    @property
    def record(self):
        """The DNSKEY record, without TTL."""
        lines = self.base.with_name(self.base.name + ".key").read_text().splitlines()
        return next(line for line in lines if not line.startswith(";"))

    @property
    def tag(self):
        """The key tag (RFC 4034 appendix B)."""
        return int(self.base.name.rsplit("+", 1)[1])

    def revoke(self):
        """The same key with the REVOKE bit (RFC 5011): it has another tag."""
        made = command("dnssec-revoke", "-f", "-K", self.base.parent, self.base).strip()
        return Key(self.base.parent / Path(made).name, self.ksk)

    def ds(self, digest):
        """The DS record that vouches for the key, as RDATA."""
        line = command("dnssec-dsfromkey", "-a", digest, self.base.with_name(self.base.name + ".key"))
        return line.split(" DS ")[1].strip()


@dataclass
class Zone:
    """One zone as its operator keeps it: the unsigned records and the keys."""

    name: str
    folder: Path
    algorithm: str = "ECDSAP256SHA256"
    denial: str = "nsec"  # nsec, nsec3, optout, or None for an unsigned zone
    signer: str = "dnssec-signzone"  # or ldns-signzone; knotd, mod-onlinesign, pdns sign as they serve
    ttl: int = 3600
    ns: dict = field(default_factory=dict)  # name server -> its addresses
    records: list = field(default_factory=list)
    rsa_bits: int = 2048
    ns_ttl: int | None = None  # of the NS and their addresses, here and at the parent, where not `ttl`
    dnskey_ttl: int | None = None  # where not `ttl`
    iterations: int = 0  # of NSEC3
    salt: str = "-"  # of NSEC3, in hexadecimal
    narrow: bool = False  # NSEC3 that span one name only, made on the spot by PowerDNS
    split_keys: bool = True  # a KSK and a ZSK, or one key for both
    ds_digest: str = "SHA-256"
    inception: int = -3600  # seconds from now
    expiration: int = 14 * DAY
    zone_options: str = ""  # further lines for the zone in its server's configuration
    policy_options: str = ""  # lines of its key policy, where the server keeps its keys
    journal: str = "none"  # what Knot DNS keeps of changes: "changes" where the zone takes updates
    one_file: bool = False  # served from the same file, whether it is signed or not
    served: str = ""  # the server software, for the README
    clock: Clock = field(default_factory=Clock)  # of the host that signs

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.children = {}
        self.serial = int(time.strftime("%Y%m%d00", time.gmtime(self.clock.now())))
        self.published, self.signing = [], []
        self.online_ds = None
        self.edit_signed = None  # what an operator's script breaks in the lines of the signed zone file
        if self.denial and self.signer in ("dnssec-signzone", "ldns-signzone"):
            roles = [True, False] if self.split_keys else [True]
            self.published = [self.new_key(ksk) for ksk in roles]
            self.signing = list(self.published)

    def new_key(self, ksk, algorithm=None):
        """Makes a key pair; it is neither published nor used until it is put into the lists."""
        algorithm = algorithm or self.algorithm
        length = ["-b", self.rsa_bits] if "RSA" in algorithm else []
        role = ["-f", "KSK"] if ksk else []
        out = command("dnssec-keygen", "-q", "-K", self.folder, "-a", algorithm,
                      *length, *role, "-L", self.ttl, self.name)
        return Key(self.folder / out.strip(), ksk)

    def ds(self):
        """The DS RRset that the parent should have."""
        if self.online_ds is not None:
            return self.online_ds()
        return [key.ds(self.ds_digest) for key in self.published if key.ksk]

    def delegate(self, child, ds=None, ns=None):
        """Puts the NS, glue and DS of a child in; replaces what was there for it."""
        lines = []
        for server, addresses in (ns or child.ns).items():
            ttl = child.ns_ttl or self.ttl
            lines.append(f"{child.name} {ttl} IN NS {server}")
            if server.endswith("." + child.name) or server == child.name:
                lines += [address_record(server, address, ttl) for address in addresses]
        wanted = ds if ds is not None else (child.ds() if child.denial else [])
        lines += [f"{child.name} IN DS {rdata}" for rdata in wanted]
        self.children[child.name] = lines

    def text(self):
        """The zone file before signing."""
        self.serial += 1
        lines = [
            f"$ORIGIN {self.name}", f"$TTL {self.ttl}",
            f"{self.name} IN SOA {next(iter(self.ns))} hostmaster.{self.name.lstrip('.')} "
            f"{self.serial} 3600 900 604800 {min(self.ttl, 300)}",
        ]
        for server, addresses in self.ns.items():
            lines.append(f"{self.name} {self.ns_ttl or self.ttl} IN NS {server}")
            if server.endswith("." + self.name) or self.name == ".":
                lines += [address_record(server, address, self.ns_ttl or self.ttl) for address in addresses]
        lines += self.records
        for child in self.children.values():
            lines += child
        ttl = f"{self.dnskey_ttl} " if self.dnskey_ttl else ""
        lines += [re.sub(r"^(\S+) (\d+ )?IN", rf"\1 {ttl}IN", key.record) for key in self.published]
        return "\n".join(lines) + "\n"

    @property
    def keeps_keys(self):
        """Whether its server makes and rolls the keys itself."""
        return bool(self.policy_options)

    def row(self):
        """The zone's line in a README's table."""
        where = ", ".join(address for addresses in self.ns.values() for address in addresses)
        signing = f"{self.signer} | {self.algorithm} | {self.denial}" if self.denial else "unsigned | - | -"
        return f"| {self.name} | {signing} | {self.served} | {where} |"

    @property
    def plain(self):
        """Where the unsigned zone file is."""
        return self.folder / "zone"

    @property
    def file(self):
        """Where the zone file to be served is."""
        return self.folder / ("zone.signed" if self.signing or self.one_file else "zone")

    def write(self):
        """Writes the zone file and signs it, if that is not left to the server."""
        self.plain.write_text(self.text())
        if self.signing:
            now = int(self.clock.now())
            window = [signature_time(now + self.inception), signature_time(now + self.expiration)]
            SIGN[self.signer](self, *window)
            if self.edit_signed:
                lines = self.file.read_text().splitlines()
                self.file.write_text("\n".join(self.edit_signed(lines)) + "\n")
        elif self.one_file:
            self.file.write_text(self.plain.read_text())


def address_record(name, address, ttl):
    """An A or AAAA record line."""
    return f"{name} {ttl} IN {'AAAA' if ':' in address else 'A'} {address}"


def sign_with_bind(zone, inception, expiration):
    """Signs with BIND's dnssec-signzone."""
    denial = {"nsec": [], "nsec3": ["-3", zone.salt, "-H", zone.iterations],
              "optout": ["-3", zone.salt, "-H", zone.iterations, "-A"]}
    roles = ["-x"] if zone.split_keys else ["-z"]
    command("dnssec-signzone", "-P", "-q", "-O", "full", *roles, *denial[zone.denial],
            "-K", zone.folder, "-d", zone.folder, "-o", zone.name, "-f", zone.file,
            "-s", inception, "-e", expiration, zone.plain, *[key.base for key in zone.signing])


def sign_with_ldns(zone, inception, expiration):
    """Signs with ldns-signzone; it publishes no key that the zone file lacks (-d)."""
    salt = [] if zone.salt == "-" else ["-s", zone.salt]
    denial = {"nsec": [], "nsec3": ["-n", "-t", zone.iterations, *salt],
              "optout": ["-n", "-p", "-t", zone.iterations, *salt]}
    command("ldns-signzone", "-d", *denial[zone.denial],
            "-o", zone.name, "-f", zone.file, "-i", inception, "-e", expiration,
            zone.plain, *[key.base for key in zone.signing])


SIGN = {"dnssec-signzone": sign_with_bind, "ldns-signzone": sign_with_ldns}
