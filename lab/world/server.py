"""Authoritative servers: NSD, BIND, Knot DNS and PowerDNS."""

import signal

from .network import command, stop, wait_until

PDNS_ALGORITHMS = {
    "RSASHA1": "rsasha1", "RSASHA256": "rsasha256", "RSASHA512": "rsasha512", "ECDSAP256SHA256": "ecdsa256",
    "ECDSAP384SHA384": "ecdsa384", "ED25519": "ed25519", "ED448": "ed448",
}


class Server:
    """One server process on one host, and the zones that it serves."""

    software = ""

    def __init__(self, host, folder, udp_octets=1232):
        self.host = host
        self.folder = folder / f"{self.software}-{host.name}"
        self.folder.mkdir()
        self.addresses = host.addresses
        self.udp_octets = udp_octets
        self.zones = []
        self.process = None

    def add(self, *zones):
        """Takes zones on; they are served from the next start."""
        for zone in zones:
            self.zones.append(zone)
            zone.served = self.software
        return self

    def start(self):
        """Starts, or starts again with the zone files as they are now."""
        if self.process:
            stop(self.process)
            # NSD's children may outlive it by a moment.
            wait_until(f"the end of {self.software}", lambda: not self.host.run("ss", "-Hnlu", "sport", "=", ":53"))
        self.configure()
        self.process = self.host.start(self.folder / "log", *self.argv())
        wait_until(f"{self.software} on {self.host.name}", self.answers)

    def reload(self, *zones):
        """Reads the files of these zones again without a pause, and returns when they are served."""
        self.process.send_signal(signal.SIGHUP)
        for zone in zones:
            wait_until(f"{zone.name} {zone.serial} on {self.host.name}", lambda: self.serves(zone))

    def serves(self, zone):
        """Whether the zone is served as it was written last."""
        reply = self.host.run("dig", f"@{self.addresses[0]}", "+tries=1", "+timeout=1", "+norecurse", "+short",
                              zone.name, "SOA", may_fail=True).split()
        return len(reply) > 2 and reply[2] == str(zone.serial)

    def answers(self):
        """Whether every zone is served. The questions stay on the host's loopback interface."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.software} ended: {(self.folder / 'log').read_text()[-2000:]}")
        for zone in self.zones:
            reply = self.host.run("dig", f"@{self.addresses[0]}", "+tries=1", "+timeout=1", "+norecurse",
                                  zone.name, "SOA", may_fail=True)
            if "NOERROR" not in reply or " aa" not in reply:
                return False
        return True

    def configure(self):
        """Writes the configuration."""
        raise NotImplementedError

    def argv(self):
        """How to start in the foreground."""
        raise NotImplementedError


class Nsd(Server):
    """NSD: serves what others signed."""

    software = "nsd"

    def configure(self):
        addresses = "".join(f"  ip-address: {address}\n" for address in self.addresses)
        zones = "".join(f'zone:\n  name: "{zone.name}"\n  zonefile: "{zone.file}"\n' for zone in self.zones)
        (self.folder / "conf").write_text(
            f'server:\n{addresses}  server-count: 1\n  username: ""\n  chroot: ""\n  database: ""\n'
            f'  zonesdir: "{self.folder}"\n  pidfile: "{self.folder}/pid"\n  xfrdfile: "{self.folder}/xfrd"\n'
            f'  zonelistfile: "{self.folder}/zones"\n  xfrdir: "{self.folder}"\n  reuseport: no\n'
            f"  ipv4-edns-size: {self.udp_octets}\n  ipv6-edns-size: {self.udp_octets}\n"
            f"remote-control:\n  control-enable: no\n{zones}"
        )

    def argv(self):
        return ["nsd", "-d", "-c", self.folder / "conf"]


class Bind(Server):
    """BIND 9 as an authoritative server."""

    software = "named"

    def configure(self):
        four = "".join(f"{address}; " for address in self.addresses if ":" not in address)
        six = "".join(f"{address}; " for address in self.addresses if ":" in address)
        zones = "".join(f'zone "{zone.name}" {{ type primary; file "{zone.file}";{zone.zone_options} }};\n'
                        for zone in self.zones)
        policies = "".join(zone.policy_options for zone in self.zones)
        controls = "controls { };"
        if policies:
            if not (self.folder / "rndc.key").exists():
                self.host.run("rndc-confgen", "-a", "-c", self.folder / "rndc.key")
            controls = (f'include "{self.folder}/rndc.key";\ncontrols {{ inet 127.0.0.1 port 953 '
                        f'allow {{ 127.0.0.1; }} keys {{ "rndc-key"; }}; }};')
        (self.folder / "conf").write_text(
            f'options {{ directory "{self.folder}"; pid-file none; session-keyfile none; recursion no;\n'
            f"  listen-on {{ {four}}}; listen-on-v6 {{ {six}}}; dnssec-validation no; notify no;\n"
            f"  max-udp-size {self.udp_octets}; check-integrity no; check-names primary ignore; }};\n"
            f"{controls}\n{policies}{zones}"
        )

    def argv(self):
        return ["named", "-g", "-n", "1", "-c", self.folder / "conf"]

    def rndc(self, *arguments):
        """Tells the running server something; only one that has a policy listens."""
        return self.host.run("rndc", "-k", self.folder / "rndc.key", "-s", "127.0.0.1", *arguments)


class Knot(Server):
    """Knot DNS: serves signed files, or signs as it loads where the zone's signer is `knotd`, and each answer as it
    goes out, with minimal NSEC records, where it is `mod-onlinesign`."""

    software = "knotd"

    def __init__(self, host, folder, parent=None, children=(), **options):
        """`parent` is the address of the server that DS sets are pushed to and looked up at, `children` those of the
        servers that may push them here."""
        super().__init__(host, folder, **options)
        self.parent = parent
        self.children = children

    def configure(self):
        listen = ", ".join(f"{address}@53" for address in self.addresses)
        text = (
            f"server:\n  rundir: {self.folder}\n  listen: [ {listen} ]\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"  background-workers: 1\n  udp-max-payload: {self.udp_octets}\n"
            f"database:\n  storage: {self.folder}\nlog:\n  - target: stderr\n    any: info\n"
        )
        if self.parent:
            text += f"remote:\n  - id: parent\n    address: {self.parent}@53\n"
        if self.children:
            text += f"acl:\n  - id: children\n    address: [ {', '.join(self.children)} ]\n    action: update\n"
        text += "submission:\n  - id: parent\n"
        if self.parent:
            text += "    parent: parent\n    check-interval: 2\n"
        text += "policy:\n"
        zones, modules = "", ""
        for zone in self.zones:
            zones += f"  - domain: {zone.name}\n    file: {zone.file}\n    zonefile-sync: -1\n"
            zones += f"    semantic-checks: off\n    journal-content: {zone.journal}\n{zone.zone_options}"
            zones += "    acl: children\n" if self.children else ""
            if zone.signer in ("knotd", "mod-onlinesign"):
                policy = zone.name.rstrip(".").replace(".", "-")
                text += (
                    f"  - id: {policy}\n    algorithm: {zone.algorithm.lower()}\n"
                    f"    single-type-signing: {'off' if zone.split_keys else 'on'}\n"
                    f"    nsec3: {'off' if zone.denial == 'nsec' else 'on'}\n"
                    + (zone.policy_options or "    cds-cdnskey-publish: none\n")
                )
                if zone.signer == "knotd":
                    zones += f"    dnssec-signing: on\n    dnssec-policy: {policy}\n"
                else:
                    modules += f"  - id: {policy}\n    policy: {policy}\n"
                    zones += f"    module: mod-onlinesign/{policy}\n"
                zone.online_ds = lambda name=zone.name: self.ds(name)
        (self.folder / "conf").write_text(
            f"{text}" + (f"mod-onlinesign:\n{modules}" if modules else "") + f"zone:\n{zones}")

    def ds(self, name):
        """The DS records, SHA-256, of the keys that Knot made for the zone."""
        out = self.keymgr(name, "ds")
        records = [line.split(" DS ")[1] for line in out.splitlines() if " DS " in line]
        return [rdata for rdata in records if rdata.split()[2] == "2"]

    def keys(self, name):
        """The keys that Knot has of the zone, one a line."""
        return [line for line in self.keymgr(name, "list").splitlines() if line]

    def update(self, zone, *changes):
        """Changes records of a zone that this server signs; a change is `unset` or `set`, an owner, a type and what else."""
        self.knotc("zone-begin", zone)
        for action, *record in changes:
            self.knotc(f"zone-{action}", zone, *record)
        self.knotc("zone-commit", zone)

    def look_at_keys(self, zone):
        """Has Knot do what is due to the keys, and returns when it is done."""
        log = self.folder / "log"
        before = log.read_text().count(f"[{zone.name}] DNSSEC, next signing")
        self.knotc("zone-keys-load", zone.name)
        wait_until("Knot's signing", lambda: log.read_text().count(f"[{zone.name}] DNSSEC, next signing") > before)

    def keymgr(self, *arguments):
        """Reads or changes the keys of a zone."""
        return command(*self.host.network.clock.under("keymgr", "-c", self.folder / "conf", *arguments))

    def knotc(self, *arguments):
        """Tells the running server something."""
        return command("knotc", "-s", self.folder / "knot.sock", *arguments)

    def argv(self):
        return self.host.network.clock.under("knotd", "-c", self.folder / "conf")


class Pdns(Server):
    """PowerDNS with its BIND-file backend; it signs each answer as it goes out."""

    software = "pdns_server"

    def configure(self):
        zones = "".join(f'zone "{zone.name}" {{ type native; file "{zone.file}"; }};\n' for zone in self.zones)
        (self.folder / "zones").write_text(f'options {{ directory "{self.folder}"; }};\n{zones}')
        keys = self.folder / "keys.db"
        (self.folder / "pdns.conf").write_text(
            f"launch=bind\nbind-config={self.folder}/zones\nbind-dnssec-db={keys}\n"
            f"local-address={','.join(self.addresses)}\nsocket-dir={self.folder}\nguardian=no\ndaemon=no\n"
            f"disable-syslog=yes\ncache-ttl=0\ndnssec-key-cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\n"
            f"udp-truncation-threshold={self.udp_octets}\nversion-string=anonymous\n"
        )
        if keys.exists():
            return
        self.pdnsutil("create-bind-db", keys)
        for zone in self.zones:
            if zone.signer == "pdns":
                self.make_keys(zone)

    def make_keys(self, zone):
        """Makes the zone's keys and says how it denies names."""
        algorithm = PDNS_ALGORITHMS[zone.algorithm]
        bits = ["2048"] if "RSA" in zone.algorithm else []
        for role in ["ksk", "zsk"] if zone.split_keys else ["ksk"]:
            self.pdnsutil("add-zone-key", zone.name, role, *bits, "active", "published", algorithm)
        if zone.denial != "nsec":
            self.pdnsutil("set-nsec3", zone.name, "1 0 0 -", *(["narrow"] if zone.narrow else []))
        self.pdnsutil("rectify-zone", zone.name)
        zone.online_ds = lambda: self.ds(zone.name)

    def ds(self, name):
        """The DS records, SHA-256, of the keys that PowerDNS made for the zone."""
        out = self.pdnsutil("export-zone-ds", name)
        records = [line.split(" DS ")[1].split(";")[0].strip() for line in out.splitlines() if " DS " in line]
        return [rdata for rdata in records if rdata.split()[2] == "2"]

    def forget(self):
        """Has the running server forget what it cached of its keys."""
        command("pdns_control", f"--config-dir={self.folder}", "purge")

    def pdnsutil(self, *arguments):
        """Runs pdnsutil on this server's files."""
        return command("pdnsutil", f"--config-dir={self.folder}", *arguments)

    def argv(self):
        return ["pdns_server", f"--config-dir={self.folder}"]


SOFTWARE = {server.software: server for server in (Nsd, Bind, Knot, Pdns)}
