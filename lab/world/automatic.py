"""Zones whose servers keep the keys: Knot DNS with its parent, another Knot DNS, and BIND with a registry."""

import time

import dns.dnssec
import dns.rdata

from .network import command, wait_until
from .tree import TEST

HOUR, DAY = 3600, 86400
CHILD = "203.0.113.15"
QUESTIONS = ("www.shop.test", "shop.test DNSKEY")


def knot_policy(ttl, more="", propagation=2):
    """The part of a Knot policy that all zones of the lab share: caches forget after `ttl` seconds."""
    return (f"    dnskey-ttl: {ttl}\n    zone-max-ttl: {ttl}\n    propagation-delay: {propagation}\n"
            f"    ksk-submission: parent\n    ds-push: parent\n    cds-cdnskey-publish: rollover\n{more}")


def knot_world(lab, ttl=5, more="", propagation=2, **options):
    """`shop.test.` on one Knot DNS, `test.` on another, which takes the DS sets that are pushed to it."""
    parent = f"    dnskey-ttl: {ttl}\n    zone-max-ttl: {ttl}\n    cds-cdnskey-publish: none\n"
    tree = lab.grow(root={"expiration": 400 * DAY}, test={"software": "knotd", "signer": "knotd", "ttl": ttl, "journal": "changes",
                          "policy_options": parent, "server_options": {"children": [CHILD]}})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": [CHILD]}, "knotd", server_options={"parent": TEST}, ttl=ttl,
                     signer="knotd", policy_options=knot_policy(ttl, more, propagation), **options)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    return shop


def server_of(lab, zone):
    """The server that keeps the keys of a zone."""
    return next(server for server in lab.tree.servers.values() if zone in server.zones)


def knot_tags(lab, zone):
    """The keys that Knot has of a zone: tag and role, KSK, ZSK or CSK, of each."""
    lines = [line.split() for line in server_of(lab, zone).keys(zone.name)]
    return {(int(line[1]), line[2]) for line in lines}


def knot_roll(lab, zone, role, questions=QUESTIONS):
    """Has Knot begin a rollover, and asks until it is through."""
    before = knot_tags(lab, zone)
    server_of(lab, zone).knotc("zone-key-rollover", zone.name, role)

    def is_through():
        now = knot_tags(lab, zone)
        return now != before and len(now) == len(before)

    lab.keep_asking(*questions, until=is_through)


TWO_KEYS = ("ksk lifetime unlimited algorithm ecdsap256sha256; "
            "zsk lifetime unlimited algorithm ecdsap256sha256;")


def bind_policy(ttl, keys=TWO_KEYS, more=""):
    """BIND's key and signing policy `lab`: caches forget after `ttl` seconds, and little is added to that."""
    return (f'dnssec-policy "lab" {{ keys {{ {keys} }}; dnskey-ttl PT{ttl}S; max-zone-ttl PT{ttl}S; '
            f"parent-ds-ttl PT{ttl}S; publish-safety PT1S; retire-safety PT1S; zone-propagation-delay PT1S; "
            f"parent-propagation-delay PT1S; purge-keys PT1H; signatures-validity PT20M; signatures-validity-dnskey PT20M; "
            # An old ZSK stays until every signature was made anew: validity less refresh.
            f"signatures-refresh PT17M50S; signatures-jitter PT0S; {more}}};\n")


def bind_world(lab, ttl=5, is_signed=True, keys=TWO_KEYS, **options):
    """`shop.test.` on a BIND that keeps its keys, at first or later, and the registry that reads its CDS."""
    tree = lab.grow(test={"ttl": ttl})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": [CHILD]}, "named", ttl=ttl, signer="named",
                     policy_options=bind_policy(ttl, keys), **options)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    keep_by_bind(shop, "lab" if is_signed else "none")
    registry = Registry(lab, shop)
    shop.online_ds = registry.first if is_signed else list
    tree.start()
    if is_signed:
        registry.settle()
    return shop, registry


def keep_by_bind(zone, policy):
    """Has BIND keep the keys of a zone by this policy, or none where the policy is `none`."""
    zone.zone_options = (f' dnssec-policy "{policy}"; inline-signing yes; key-directory "{zone.folder}"; '
                         "serial-update-method increment;")


def bind_roll(lab, zone, registry, flags=257, questions=QUESTIONS, every=2):
    """Has BIND begin to roll its KSK (flags 257) or ZSK (256), and asks until the old one is gone; the registry looks on."""
    old = next(tag for tag, known in registry.served() if known == flags)
    server_of(lab, zone).rndc("dnssec", "-rollover", "-key", old, zone.name)

    def is_through():
        registry.look()
        return old not in {tag for tag, _ in registry.served()}

    lab.keep_asking(*questions, until=is_through, seconds=400, every=every)


class Registry:
    """The parent's side of a zone kept by BIND: looks for CDS now and then (RFC 7344 section 6.1), has dnssec-cds check
    them and say what the DS set should be, and lets BIND know once the old one has left the caches. It asks on the
    child's host, off the tap."""

    def __init__(self, lab, zone):
        self.lab = lab
        self.zone = zone
        self.parent = lab.tree.parent(zone)
        self.file = zone.folder / "dsset"
        self.now = []
        self.told_at = None  # when BIND is told of what changed
        self.changed = []

    def first(self):
        """The DS of the keys that are there at the start, as an operator hands it in."""
        if not self.now:
            keys = [path for path in self.zone.folder.glob("K*.key") if " 257 " in path.read_text()]
            self.take([command("dnssec-dsfromkey", "-a", "SHA-256", path).split(" DS ")[1].strip() for path in keys])
        return self.now

    def settle(self):
        """Waits until BIND holds that the first keys and their DS are known everywhere; a rollover begun before would
        not wait for caches."""
        def is_known():
            self.look()
            status = server_of(self.lab, self.zone).rndc("dnssec", "-status", self.zone.name)
            return "ds:" in status and "rumoured" not in status and "hidden" not in status
        wait_until(f"{self.zone.name} as BIND sees it", is_known, 60)

    def take(self, records):
        """This is the DS set from now on."""
        self.changed = [("withdrawn", ds) for ds in self.now if ds not in records]
        self.changed += [("published", ds) for ds in records if ds not in self.now]
        self.now = list(records)
        self.file.write_text("".join(f"{self.zone.name} {self.parent.ttl} IN DS {ds}\n" for ds in self.now))
        self.told_at = time.monotonic() + self.parent.ttl + 1

    def answers(self, *rtypes):
        """What the zone's server says, as lines of a zone file."""
        server = server_of(self.lab, self.zone)
        return "".join(server.host.run("dig", f"@{server.addresses[0]}", "+norecurse", "+dnssec", "+noall", "+answer",
                                       self.zone.name, rtype) for rtype in rtypes)

    def served(self):
        """Tag and flags of each DNSKEY that is served."""
        rows = [line.split(None, 4) for line in self.answers("DNSKEY").splitlines()]
        keys = [dns.rdata.from_text("IN", "DNSKEY", row[4]) for row in rows if row[3] == "DNSKEY"]
        return {(dns.dnssec.key_id(key), key.flags) for key in keys}

    def wanted(self):
        """The DS set that the zone asks for, or None where it asks for nothing."""
        text = self.answers("CDS", "CDNSKEY", "DNSKEY")
        if "\tCDS\t" not in text:
            return None
        child = self.zone.folder / "child"
        child.write_text(text)
        out = command("dnssec-cds", "-a", "SHA-256", "-s", "-86400", "-d", self.file, "-f", child, self.zone.name)
        records = [line.split(" DS ")[1].strip() for line in out.splitlines() if " DS " in line]
        # It checks the delete form like any other and knows no more of it: a record of algorithm 0 (RFC 8078 section 4).
        return [record for record in records if record.split()[1] != "0"]

    def wanted_at_first(self):
        """Whether the zone asks for its first DS. There is no chain yet that could vouch for it: the operator's own
        server is believed."""
        return "\tCDS\t" in self.answers("CDS")

    def begin(self):
        """Publishes the first DS set."""
        records = [line.split("\tCDS\t")[1] for line in self.answers("CDS").splitlines() if "\tCDS\t" in line]
        self.publish([" ".join(record.split()[:3] + ["".join(record.split()[3:])]) for record in records])

    def look(self):
        """One round. Whether the DS set changed."""
        if self.told_at and time.monotonic() >= self.told_at:
            for what, ds in self.changed:
                self.tell(ds, what)
            self.told_at = None
        wanted = self.wanted() if self.now else None  # without a DS there is nothing to check CDS by
        if wanted is None or sorted(wanted) == sorted(self.now):
            return False
        self.publish(wanted)
        return True

    def tell(self, ds, what, *when):
        """Tells BIND that a DS is published or withdrawn."""
        server_of(self.lab, self.zone).rndc("dnssec", "-checkds", "-key", ds.split()[0], *when, what, self.zone.name)

    def publish(self, records):
        """Has the parent publish another DS set."""
        self.take(records)
        self.parent.delegate(self.zone, ds=records)
        self.parent.write()
        for server in self.lab.tree.servers.values():
            if self.parent in server.zones:
                server.reload(self.parent)
