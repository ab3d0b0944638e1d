"""Zones whose servers sign: Knot DNS and BIND roll their keys by themselves, PowerDNS is told to."""

from world.network import command, wait_until

from .world import TTL

KNOT = (
    f"    cds-cdnskey-publish: always\n    dnskey-ttl: {TTL}\n    zone-max-ttl: {TTL}\n    propagation-delay: 3\n"
    f"    zsk-lifetime: 40\n    ksk-lifetime: 60\n    ksk-submission: parent\n    rrsig-lifetime: 1d\n"
)
BIND = (
    'dnssec-policy "fast" {{ keys {{ ksk lifetime PT150S algorithm ecdsap256sha256; '
    "zsk lifetime PT200S algorithm ecdsap256sha256; }}; dnskey-ttl PT{0}S; max-zone-ttl PT{0}S; parent-ds-ttl PT{0}S; "
    "publish-safety PT3S; retire-safety PT3S; purge-keys PT1H; zone-propagation-delay PT2S; "
    "parent-propagation-delay PT2S; signatures-validity PT20M; signatures-validity-dnskey PT20M; "
    "signatures-refresh PT17M; signatures-jitter PT1M; }};\n"
).format(TTL)
BIND_ZONE = ' dnssec-policy "fast"; inline-signing yes; key-directory "{0}"; serial-update-method increment;'


def announced(op, server):
    """The DS records that the server announces by CDS."""
    out = server.host.run("dig", f"@{server.addresses[0]}", "+norecurse", "+short", op.zone.name, "CDS", may_fail=True)
    records = (line.split(None, 3) for line in out.splitlines())
    return sorted(" ".join(record[:3] + ["".join(record[3].split())]) for record in records
                  if len(record) == 4 and record[2] == "2")


def follow(op, submitted):
    """The parent follows each CDS that it finds; `submitted` tells the signer once the old DS has left the caches."""
    server = op.world.serving(op.zone)[0]
    now = op.zone.ds()
    submitted(server, [], now)
    while True:
        op.world.sleep(2)
        wanted = announced(op, server)
        if not wanted or {tag(ds) for ds in wanted} == {tag(ds) for ds in now}:
            continue
        op.wait(2)  # the announcement is there for all to see
        op.ds(*wanted)
        op.wait()
        submitted(server, now, wanted)
        now = wanted


def tag(ds):
    """The key tag of a DS record."""
    return int(ds.split()[0])


def knot(op):
    """Knot DNS rolls ZSK and KSK."""
    def submitted(server, *_):
        server.knotc("zone-ksk-submitted", op.zone.name)
        op.note("KSK submitted")
    follow(op, submitted)


def bind(op):
    """BIND's dnssec-policy rolls ZSK and KSK."""
    def submitted(server, before, after):
        for ds in before:
            server.rndc("dnssec", "-checkds", "-key", tag(ds), "withdrawn", op.zone.name)
        for ds in after:
            server.rndc("dnssec", "-checkds", "-key", tag(ds), "published", op.zone.name)
        op.note(f"checkds {before} {after}")
    follow(op, submitted)


def bind_ds(zone):
    """The DS of the KSK that BIND made, at the start."""
    def found():
        keys = [path for path in zone.folder.glob("K*.key") if " 257 " in path.read_text()]
        return [command("dnssec-dsfromkey", "-a", "SHA-256", path).split(" DS ")[1].strip() for path in keys]
    return lambda: wait_until(f"the key of {zone.name}", found)


def pdns(op):
    """PowerDNS: the ZSK by pre-publication, the KSK by double signature."""
    server = op.world.serving(op.zone)[0]
    name = op.zone.name

    def tell(*arguments):
        server.pdnsutil(*arguments)
        server.forget()

    def listed(role):
        lines = server.pdnsutil("list-keys", name).splitlines()
        return [line.split("cryptokeys")[0].split()[-1] for line in lines if f" {role} " in line]

    used = {"zsk": listed("ZSK")[0], "ksk": listed("KSK")[0]}
    op.note(f"keys {used}")
    first = op.zone.ds()
    while True:
        tell("add-zone-key", name, "zsk", "inactive", "published", "ecdsa256")
        new = next(number for number in listed("ZSK") if number != used["zsk"])
        op.wait()
        tell("activate-zone-key", name, new)
        tell("deactivate-zone-key", name, used["zsk"])
        op.wait()
        tell("remove-zone-key", name, used["zsk"])
        used["zsk"] = new
        op.wait()
        tell("add-zone-key", name, "ksk", "active", "published", "ecdsa256")
        new = next(number for number in listed("KSK") if number != used["ksk"])
        op.wait()
        second = [ds for ds in op.zone.ds() if ds not in first]
        op.ds(*second)
        op.wait()
        tell("remove-zone-key", name, used["ksk"])
        used["ksk"], first = new, second
        op.wait()
