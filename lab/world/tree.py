"""The tree of zones: a root of our own, two TLDs, and the leaves that a scenario adds."""

from .resolver import Unbound
from .server import SOFTWARE
from .zone import Zone

ROOT = "198.51.100.1"
TEST = "198.51.100.11"
EXAMPLE = "198.51.100.12"


class Tree:
    """Zones and the servers that hold them; started from the leaves up, so that DS records exist."""

    def __init__(self, lab, tld_ttl=3600, root=None, test=None, example=None, ipv6=False):
        self.lab = lab
        self.servers = {}
        self.zones = []
        self.written = set()
        self.table = []

        def addresses(four):
            return [four, f"2001:db8:53::{four.rsplit('.', 1)[1]}"] if ipv6 else [four]

        common = {"ttl": tld_ttl}
        self.root = self.zone(".", {"a.root-servers.": addresses(ROOT)}, "nsd",
                              **{"algorithm": "RSASHA256", **(root or {})})
        self.test = self.zone("test.", {"ns1.nic.test.": addresses(TEST)},
                              **{"software": "named", "signer": "ldns-signzone", **common, **(test or {})})
        self.example = self.zone(
            "example.", {"ns1.nic.example.": addresses(EXAMPLE)}, "knotd",
            **{"denial": "optout", **common, **(example or {})})

    def server(self, software, addresses, **options):
        """The server with these addresses; made at the first call."""
        key = addresses[0]
        if key not in self.servers:
            host = self.lab.network.host(f"server{len(self.lab.network.hosts) + 1}", *addresses)
            self.servers[key] = SOFTWARE[software](host, self.lab.folder, **options)
        return self.servers[key]

    def zone(self, name, ns, software, server_options=None, behind=None, **options):
        """A new zone on a server per NS. `behind` gives the true address of a server hidden by a box."""
        label = name.rstrip(".") or "root"
        zone = Zone(name, self.lab.folder / f"zone-{label}-{len(self.zones)}", ns=ns,
                    **{"clock": self.lab.clock, **options})
        for addresses in ns.values():
            where = [(behind or {}).get(address, address) for address in addresses]
            self.server(software, where, **(server_options or {})).add(zone)
        self.zones.append(zone)
        return zone

    def parent(self, zone):
        """The closest zone above."""
        above = [other for other in self.zones
                 if other is not zone and other.name != zone.name
                 and (other.name == "." or zone.name.endswith("." + other.name))]
        return max(above, key=lambda other: len(other.name))

    def start(self):
        """Writes, signs and serves all zones, and delegates each from its parent."""
        self.table = [zone.row() for zone in self.zones]

        def depth(zone):
            return 0 if zone.name == "." else zone.name.count(".")

        for level in sorted({depth(zone) for zone in self.zones}, reverse=True):
            group = [zone for zone in self.zones if depth(zone) == level]
            for zone in group:
                zone.write()
                self.written.add(zone.name)
            for server in self.servers.values():
                if server.process is None and all(zone.name in self.written for zone in server.zones):
                    server.start()
            for zone in group:
                if zone.name != ".":
                    self.parent(zone).delegate(zone)

    def publish(self, *zones):
        """Writes and signs zones anew and has them served."""
        for zone in zones:
            zone.write()
        for server in self.servers.values():
            if any(zone in server.zones for zone in zones):
                server.start()

    def resolver(self, software=Unbound, address="192.0.2.53", name="resolver", **options):
        """The resolver's host with its software, not started."""
        addresses = [address]
        if any(":" in a for a in self.root.ns["a.root-servers."]):
            addresses.append("2001:db8::53")
        host = self.lab.network.host(name, *addresses)
        return software(host, self.lab.folder, self.root, **options)
