"""The healthy world: its zones, each with an operator, two resolvers under taps, and their clients."""

import collections
import contextlib
import json
import random
import re
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from wild import sites
from world.lab import Lab
from world.network import stop
from world.resolver import BindResolver, Unbound
from world.tap import Tap
from world.zone import Zone

TTL = 5
MARGIN = 4  # for what it takes to sign, to load and to answer
CLIENT = Path(__file__).with_name("client.py")
SERVERS = {"nsd": "203.0.113.11", "named": "203.0.113.12", "knotd": "203.0.113.13", "pdns_server": "203.0.113.14"}
APEX = ["SOA", "NS", "MX", "DNSKEY", "DS", "CDS", "CDNSKEY"]


class Over(Exception):
    """The time of the run is over."""


class Operator(threading.Thread):
    """Keeps one zone: does its steps, and waits as long as caches need in between."""

    def __init__(self, world, kind, zone, roll):
        super().__init__(name=kind, daemon=True)
        self.world = world
        self.kind = kind
        self.zone = zone
        self.roll = roll
        self.steps = 0
        self.failure = None

    def run(self):
        try:
            self.world.sleep(self.world.rng.uniform(1, 6))
            self.roll(self)
        except Over:
            pass
        except Exception:  # told at the end: a zone whose operator stopped proves nothing
            self.failure = traceback.format_exc()

    def wait(self, times=1):
        """Waits until all that was cached before the last step has left the caches."""
        self.steps += 1
        self.world.sleep(times * TTL + MARGIN)

    def note(self, text):
        """Writes down what was done."""
        self.world.note(self.kind, text)

    def key(self, ksk, algorithm=None):
        """A new key."""
        return self.zone.new_key(ksk, algorithm)

    def keys(self, published, signing, zone=None):
        """Publishes and signs with these keys."""
        zone = zone or self.zone
        with self.world.held(self.world.serving(zone)):
            zone.published, zone.signing = list(published), list(signing)
            self.publish(zone)

    def publish(self, *zones):
        """Signs and serves, and checks that the keys that should sign do."""
        zones = zones or (self.zone,)
        self.world.publish(*zones)
        for zone in zones:
            self.note(f"publishes {[key.tag for key in zone.published]}, signs {[key.tag for key in zone.signing]}")

    def ds(self, *rdatas, zone=None, ns=None):
        """Has the parent publish this DS set."""
        self.world.delegate(zone or self.zone, list(rdatas), ns)
        self.note(f"DS {[rdata[:12] for rdata in rdatas]}")


class Regular:
    """One run."""

    def __init__(self, seed, rate):
        self.rng = random.Random(seed)
        self.rate = rate
        self.lab = Lab("healthy", tempfile.mkdtemp(prefix="lab-"))
        self.over = threading.Event()
        self.locks = collections.defaultdict(threading.RLock)
        self.operators, self.questions, self.notes = [], [], []
        self.resolvers, self.captures, self.clients = {}, {}, {}
        self.kinds = {}  # zone -> kind
        self.replicas, self.twins = {}, {}  # zone -> its lagging secondary, its second provider
        self.tree = self.lab.grow(root={"ttl": TTL, "algorithm": "ECDSAP256SHA256"}, test={"ttl": TTL},
                                  example={"ttl": TTL})

    # --- what operators use

    def sleep(self, seconds):
        """Waits, unless the run ends."""
        if self.over.wait(seconds):
            raise Over

    def note(self, kind, text):
        """One line of the log."""
        self.notes.append(f"{time.time():.3f} {kind}: {text}")

    def serving(self, *zones):
        """The servers of these zones."""
        return [server for server in self.tree.servers.values() if any(zone in server.zones for zone in zones)]

    @contextlib.contextmanager
    def held(self, servers):
        """Nobody else writes a zone file of these servers, or has them load it."""
        with contextlib.ExitStack() as stack:
            for address in sorted(server.addresses[0] for server in servers):
                stack.enter_context(self.locks[address])
            yield

    def publish(self, *zones):
        """Writes and signs zones, and has them served without a pause."""
        servers = self.serving(*zones)
        with self.held(servers):
            for zone in zones:
                zone.write()
                check(zone)
            for server in servers:
                server.reload(*[zone for zone in zones if zone in server.zones])

    def delegate(self, zone, ds, ns=None):
        """Publishes another DS set."""
        parent = self.tree.parent(zone)
        with self.held(self.serving(parent)):
            parent.delegate(zone, ds=ds, ns=ns)
            self.publish(parent)

    # --- building

    def zone(self, kind, roll, software, parent="test.", ns=None, content=True, **options):
        """A zone with its operator."""
        name = f"{kind}.{parent}"
        address = options.pop("address", SERVERS[software])
        zone = self.tree.zone(name, ns or {f"ns1.{name}": [address]}, software, **{"ttl": TTL, **options})
        self.operate(kind, zone, roll)
        if content:
            self.plant(kind, zone)
        return zone

    def operate(self, kind, zone, roll):
        """An operator for a zone."""
        self.kinds[zone.name] = kind
        self.operators.append(Operator(self, kind, zone, roll))

    def plant(self, kind, zone):
        """Names of every sort, and the questions about them."""
        rng, name = self.rng, zone.name
        zone.records += ["www IN A 203.0.113.80", "www IN AAAA 2001:db8::80", f"@ IN MX 10 mail.{name}",
                         "mail IN A 203.0.113.25", "plain IN NS ns.plain", "ns.plain IN A 203.0.113.254"]
        ask = [(f"www.{name}", "A"), (f"www.{name}", "AAAA"), (f"www.{name}", "TXT"), (f"mail.{name}", "A"),
               (f"?.{name}", "A"), (f"?.www.{name}", "A"), (f"plain.{name}", "DS"), ("to." + name, "A")]
        ask += [(name, rtype) for rtype in APEX]
        far = rng.choice([zone for zone, other in self.kinds.items() if asked_at("bind", other)])
        zone.records += [f"to IN CNAME www.{far}"]
        for number in range(8):
            makers = [sites.host, sites.absent, sites.wildcard, sites.empty]
            site = rng.choice(makers)(rng, f"n{number}", name)
            zone.records += site.records
            ask += [(question.name, question.rtype) for question in site.questions]
        if zone.signer != "pdns":  # PowerDNS follows no DNAME unless told to
            zone.records += [f"moved IN DNAME {far}"]
            ask += [(f"www.moved.{name}", "A"), (f"?.moved.{name}", "A")]
        self.questions += [[*question, kind] for question in ask]

    def start(self):
        """Serves, taps, resolves, asks."""
        for kind, name in (("tld", "test."), ("tld", "example."), ("root", ".")):
            self.questions += [[name, rtype, kind] for rtype in ("SOA", "NS", "DNSKEY", "DS")]
            self.questions += [[f"?.{name}".replace("..", "."), "A", kind]]
        self.tree.start()
        network, folder = self.lab.network, self.lab.folder
        (folder / "bind").mkdir()
        self.resolvers = {
            "unbound": Unbound(network.host("unbound", "192.0.2.53"), folder, self.tree.root),
            "bind": BindResolver(network.host("bind", "192.0.2.54"), folder / "bind", self.tree.root),
        }
        for name, resolver in self.resolvers.items():
            host = network.host(f"c-{name}", "192.0.2.100" if name == "unbound" else "192.0.2.101")
            self.captures[name] = folder / f"{name}.pcap"
            tap = Tap(network, self.captures[name])
            tap.start(network.wire, resolver.host.port, "-B", "65536")
            resolver.start()
            (folder / f"{name}.questions").write_text("".join(
                json.dumps(question) + "\n" for question in self.questions if asked_at(name, question[2])))
            said = folder / f"{name}.said"
            process = host.start(folder / f"{name}.client", sys.executable, CLIENT, resolver.address,
                                 folder / f"{name}.questions", str(self.rate), said)
            self.clients[name] = (process, tap, said)

    def run(self, seconds):
        """Everything changes for so long, and processes are restarted now and then."""
        for operator in self.operators:
            operator.start()
        end = time.time() + seconds
        events = ["flush unbound", "restart nsd", "restart bind", "restart named", "flush bind", "restart unbound",
                  "restart knotd", "flush unbound zone", "restart pdns_server", "flush bind zone"]
        pause = max(7, seconds / 25)
        number = 0
        while time.time() + pause < end:
            time.sleep(pause)
            self.disturb(*events[number % len(events)].split())
            number += 1
        time.sleep(max(0, end - time.time()))
        self.over.set()
        for operator in self.operators:
            operator.join(timeout=30)

    def disturb(self, what, name, only=None):
        """Empties a cache or restarts a process."""
        start = time.time()
        if what == "flush":
            self.resolvers[name].flush(self.rng.choice(list(self.kinds)) if only else ".")
        elif name in self.resolvers:
            self.resolvers[name].start()
        else:
            server = self.tree.servers[SERVERS[name]]
            with self.held([server]):
                server.start()
        self.note("disturbance", f"{what} {name} {only or ''} took {time.time() - start:.3f}")

    def finish(self):
        """Ends clients and taps; the refused answers and the counts of each resolver."""
        said = {}
        for name, (process, tap, path) in self.clients.items():
            time.sleep(1)
            stop(process)
            tap.stop()
            log = self.captures[name].with_suffix(".log").read_text()
            if "\n0 packets dropped by kernel" not in log:
                raise RuntimeError(f"the tap lost packets: {log}")
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            said[name] = (lines[:-1], lines[-1]["counts"])
        self.anchors()
        (self.lab.folder / "notes").write_text("\n".join(self.notes) + "\n")
        return said

    def anchors(self):
        """The DS of the root, in a file."""
        path = self.lab.folder / "anchors"
        path.write_text("\n".join(self.resolvers["unbound"].anchors) + "\n")
        return path


def asked_at(resolver, kind):
    """BIND gives up where the wrong one of two keys with one tag comes first (its KeyTrap limit)."""
    return not (resolver == "bind" and kind == "zsk-same-tag")


def twin_of(zone, ns, address):
    """The same zone as a second provider keeps it: the same name, other keys."""
    twin = Zone(zone.name, Path(f"{zone.folder}-twin-{address}"), ns=ns, ttl=zone.ttl)
    twin.records = zone.records
    return twin


def check(zone):
    """The signer used the keys that it was given, and no others."""
    if not zone.signing:
        return
    tags = {int(tag) for tag in re.findall(r"RRSIG\s+SOA\s+(?:\d+\s+){5}(\d+)\s", zone.file.read_text())}
    wanted = {key.tag for key in zone.signing if not key.ksk} or {key.tag for key in zone.signing}
    if tags != wanted:
        raise RuntimeError(f"{zone.name} is signed by {tags}, not by {wanted}")
