"""One random world: its zones, its damage, its questions, and what two validators say to them."""

import json
import random
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdatatype

from world.lab import Lab
from world.network import stop
from world.resolver import BindResolver, Unbound
from world.tap import Tap

from . import damage, sites
from .craft import Signer
from .damage import Ground, Unfit
from .signed import Signed

ALGORITHMS = ["RSASHA256", "ECDSAP256SHA256", "ECDSAP384SHA384", "ED25519", "ED448"]
SERVERS = {"nsd": "203.0.113.11", "named": "203.0.113.12", "knotd": "203.0.113.13"}
CLIENT = Path(__file__).with_name("ask.py")


@dataclass
class Case:
    """A question of a site, and what each resolver answered."""

    question: sites.Question
    zone: str
    site: str  # what stands there
    damages: set = field(default_factory=set)  # of its sets, of denials that it may need, of zones, for all its links
    answers: dict = field(default_factory=dict)  # resolver -> answer
    compared: bool = False  # at some resolver

    @property
    def what(self):
        """What stands there, and all that is damaged about it."""
        return " ".join([self.site, *sorted(self.damages)])

    def names(self):
        """All names of the alias chain."""
        return [dns.name.from_text(text) for text in [self.question.name, *self.question.links]]


class World:
    """Made from a seed; the same seed gives the same zones and damage, though with other keys."""

    def __init__(self, seed, healthy, size):
        self.rng = random.Random(seed)
        self.seed = seed
        self.healthy = healthy
        self.size = size
        self.lab = Lab(f"wild-{seed}", tempfile.mkdtemp(prefix="lab-"))
        self.cases = []
        self.edits = {}  # zone -> functions on its ground
        self.broken_denials = {}  # zone -> owner of an NSEC or NSEC3 -> names of damages
        self.broken_names = {}  # name of a damaged site -> names of damages
        self.broken_zones = {}  # zone -> names of damages
        self.signers = {}
        self.resolvers = {}
        self.captures = {}

    # --- building

    def build(self):
        """Makes, damages, signs and serves all zones."""
        rng = self.rng
        tree = self.lab.grow(
            root={"algorithm": rng.choice(["RSASHA256", "ECDSAP256SHA256"])},
            test={"algorithm": rng.choice(ALGORITHMS), "signer": rng.choice(["ldns-signzone", "dnssec-signzone"])},
            example={"algorithm": rng.choice(ALGORITHMS), "denial": rng.choice(["optout", "optout", "nsec3"])})
        self.tree = tree
        large = [self.leaf(f"big{n}") for n in range(max(2, self.size // 60))]
        small = [self.leaf(f"small{n}", software=rng.choice(["nsd", "knotd"])) for n in range(max(6, self.size // 25))]
        live = self.live()
        unsigned = self.leaf("plain", denial=None)
        everywhere = []
        for zone in [*large, *small, live, unsigned]:
            count = {True: self.size // len(large) // 2, False: 4}[zone in large]
            everywhere += self.plant(zone, count, zone in large)
        for zone in [*large, live, unsigned]:
            self.plant_aliases(zone, [name for name in everywhere if name], zone in large)
        for zone in small if not self.healthy else []:
            self.break_zone(zone)
        for zone in tree.zones:
            if zone.signing:
                zone.edit_signed = lambda lines, zone=zone: self.edit(zone, lines)
        tree.start()
        self.name_damages()

    def leaf(self, label, denial=..., software=None):
        """A zone below a TLD, with random properties."""
        rng = self.rng
        name = f"{label}.{rng.choice(['test.', 'example.'])}"
        # BIND loads no zone with an RRSIG that it finds odd.
        software = software or rng.choice(["nsd", "named", "knotd"] if self.healthy else ["nsd", "nsd", "knotd"])
        if denial is ...:
            denial = rng.choice(["nsec", "nsec", "nsec3", "nsec3", "optout"])
        options = {"algorithm": rng.choice(ALGORITHMS), "denial": denial, "split_keys": rng.random() < 0.6,
                   "signer": rng.choice(["ldns-signzone", "dnssec-signzone"]),
                   "iterations": rng.choice([0, 0, 1, 12]), "ttl": rng.choice([300, 3600])}
        return self.tree.zone(name, {f"ns1.{name}": [SERVERS[software]]}, software, **options)

    def live(self):
        """A zone that its server signs."""
        rng = self.rng
        kind = rng.choice(["knotd", "mod-onlinesign", "pdns", "pdns-narrow"])
        name = f"live.{rng.choice(['test.', 'example.'])}"
        software = "pdns_server" if kind.startswith("pdns") else "knotd"
        denial = "nsec3" if kind == "pdns-narrow" else "nsec" if kind == "mod-onlinesign" \
            else rng.choice(["nsec", "nsec3"])
        return self.tree.zone(
            name, {f"ns1.{name}": ["203.0.113.14"]}, software, signer=kind.split("-narrow")[0], denial=denial,
            narrow=kind == "pdns-narrow", algorithm=rng.choice(ALGORITHMS[1:]), split_keys=rng.random() < 0.5)

    def plant(self, zone, count, with_all):
        """Puts sites into a zone; gives names that have addresses."""
        rng = self.rng
        kinds = [sites.host, sites.absent, sites.wildcard, sites.empty]
        if zone.denial and zone.signer not in ("mod-onlinesign",):
            kinds.append(sites.cut)
        if with_all:
            kinds += [sites.host, sites.host, sites.absent]
        names = []
        for number in range(count):
            site = rng.choice(kinds)(rng, f"n{number}", zone.name)
            self.take(zone, site, with_all)
            names += [line.split(" ")[0] for line in site.records
                      if " IN A " in line and "*" not in line and site.kind != "cut"][:1]
        return names

    def plant_aliases(self, zone, names, with_all):
        """Puts aliases into a zone, to names everywhere."""
        rng = self.rng
        count = self.size // 24 if with_all else 3
        for number in range(count):
            kinds = [sites.alias, sites.alias, sites.subtree_alias]
            kind = rng.choice(kinds[:2] if zone.signer == "pdns" else kinds)  # PowerDNS follows no DNAME by default
            self.take(zone, kind(rng, f"to{number}", zone.name, rng.sample(names, 3)), with_all)

    def take(self, zone, site, may_break):
        """Adds a site's records and questions; decides on its damage."""
        zone.records += site.records
        cases = [Case(question, zone.name, site.kind) for question in site.questions]
        self.cases += cases
        if may_break and zone.signing and not self.healthy and self.rng.random() < 0.8:
            self.edits.setdefault(zone.name, []).append(lambda ground: self.break_site(ground, site, cases))

    def break_site(self, ground, site, cases):
        """Applies one random damage to a site."""
        for _ in range(20):
            try:
                if site.denied and (not site.sets or self.rng.random() < 0.45):
                    chosen = self.rng.choice(damage.DENIALS)
                    found = ground.model.denial(dns.name.from_text(self.rng.choice(site.denied)))
                    if found is None or found[0] == ground.model.origin and self.rng.random() < 0.9:
                        continue
                    chosen(ground, *found)
                    self.broken_denials.setdefault(ground.model.origin, {}).setdefault(found[0], []).append(
                        chosen.__name__)
                else:
                    chosen = self.rng.choice(damage.SETS)
                    owner, rtype = self.rng.choice(site.sets)
                    chosen(ground, dns.name.from_text(owner), dns.rdatatype.from_text(rtype))
            except (Unfit, KeyError, IndexError):
                continue
            if chosen not in damage.DENIALS:
                names = [dns.name.from_text(owner) for owner, _ in site.sets]
                for name in names + [name for case in cases for name in case.names()[:1]]:
                    self.broken_names.setdefault(name, set()).add(chosen.__name__)
            return

    def break_zone(self, zone):
        """Applies one random damage to a whole zone, its DS set or its delegation."""
        rng = self.rng
        self.cases += [Case(sites.Question(zone.name, rtype), zone.name, "apex") for rtype in ("DNSKEY", "SOA")]
        kind = rng.choice(["keys", "keys", "ds", "cut", "iterations"])

        def label(text):
            self.broken_zones.setdefault(dns.name.from_text(zone.name), set()).add(text)

        if kind == "keys":
            def break_keys(ground):
                for _ in range(20):
                    chosen = rng.choice(damage.ZONES)
                    try:
                        chosen(ground)
                    except (Unfit, KeyError, TypeError, StopIteration):
                        continue
                    label(chosen.__name__)
                    zone.online_ds = lambda: [damage.ds_of(ground.model.origin, ground.ksk.dnskey, "SHA256")]
                    return
            self.edits.setdefault(zone.name, []).append(break_keys)
        elif kind == "ds":
            chosen = rng.choice(list(damage.DELEGATIONS))
            key = Signer(next(key for key in zone.published if key.ksk)).dnskey
            name = dns.name.from_text(zone.name)
            rdatas = damage.DELEGATIONS[chosen](lambda digest: damage.ds_of(name, key, digest), rng)
            zone.online_ds = lambda: rdatas
            label(chosen)
        elif kind == "cut":
            chosen = rng.choice(damage.CUTS)

            def break_cut(ground):
                try:
                    chosen(ground, dns.name.from_text(zone.name))
                    label(chosen.__name__)
                except (Unfit, KeyError):
                    pass
            self.edits.setdefault(self.tree.parent(zone).name, []).append(break_cut)
        else:
            zone.denial = rng.choice(["nsec3", "optout"])
            zone.signer = "ldns-signzone"  # BIND's refuses more than 150
            zone.iterations = rng.choice([100, 150, 151, 300])
            label(f"iterations_{zone.iterations}")

    def signer(self, zone):
        """The keys of a zone: KSK, ZSK and one that is not published."""
        if zone.name not in self.signers:
            ksk = Signer(next(key for key in zone.published if key.ksk))
            zsk = next((Signer(key) for key in zone.published if not key.ksk), ksk)
            self.signers[zone.name] = (ksk, zsk, Signer(zone.new_key(False)))
        return self.signers[zone.name]

    def edit(self, zone, lines):
        """Damages the lines of a signed zone."""
        edits = self.edits.get(zone.name)
        if not edits:
            return lines
        ksk, zsk, stranger = self.signer(zone)
        others = [other for other in self.tree.zones if other.signing and other is not zone and other.name != "."]
        neighbour = next((other for other in others if other.name.startswith("big")), others[0])
        parent = self.tree.parent(zone)

        def named(other):
            return dns.name.from_text(other.name), self.signer(other)[1]

        whole = Signed(zone.name, lines)
        ground = Ground(Signed(zone.name, lines), self.rng, zsk, ksk, stranger, named(neighbour), named(parent))
        for one in edits:
            one(ground)
        self.name_denials(whole)
        return list(ground.model.lines())

    def name_denials(self, whole):
        """Adds to each case which of the denials that its names may need are damaged."""
        broken = self.broken_denials.get(whole.origin)
        for case in self.cases if broken else []:
            for name in case.names():
                while name.is_subdomain(whole.origin):
                    for candidate in (name, dns.name.Name((b"*",) + name.labels) if len(name) < 20 else name):
                        case.damages.update(broken.get(whole.denial(candidate)[0], []))
                    name = name.parent()

    def name_damages(self):
        """Adds to each case what is damaged of its sets and its zones."""
        for case in self.cases:
            for name in case.names():
                case.damages.update(self.broken_names.get(name, []))
                for zone, damages in self.broken_zones.items():
                    if name.is_subdomain(zone):
                        case.damages.update(damages)

    def denials(self, case):
        """How the zones of a case deny what is not there."""
        return {zone.denial for zone in self.tree.zones for name in case.names()
                if zone.name.count(".") > 1 and name.is_subdomain(dns.name.from_text(zone.name))}

    # --- asking

    def ask(self):
        """Asks both resolvers everything, each under its own tap."""
        self.rng.shuffle(self.cases)
        questions = self.lab.folder / "questions"
        questions.write_text("".join(
            json.dumps([case.question.name, case.question.rtype]) + "\n" for case in self.cases))
        minimise = self.rng.random() < 0.3
        network = self.lab.network
        self.resolvers = {
            "unbound": Unbound(network.host("unbound", "192.0.2.53"), self.lab.folder, self.tree.root, options=(
                f"  aggressive-nsec: no\n  harden-below-nxdomain: no\n"
                f"  qname-minimisation: {'yes' if minimise else 'no'}\n")),
            "bind": BindResolver(network.host("bind", "192.0.2.54"), self.lab.folder / "r2", self.tree.root, options=(
                f"\n  synth-from-dnssec no; servfail-ttl 0; qname-minimization {'relaxed' if minimise else 'off'};"))
            if (self.lab.folder / "r2").mkdir() is None else None,
        }
        running = []
        for name, resolver in self.resolvers.items():
            client = network.host(f"c-{name}", "192.0.2.100" if name == "unbound" else "192.0.2.101")
            self.captures[name] = self.lab.folder / f"{name}.pcap"
            tap = Tap(network, self.captures[name])
            tap.start(network.wire, resolver.host.port, "-B", "32768")
            resolver.start()
            answers = self.lab.folder / f"{name}.answers"
            process = client.start(self.lab.folder / f"{name}.client", sys.executable, CLIENT, resolver.address,
                                   questions, answers)
            running.append((name, process, tap, answers, client))
        self.clients = {name: client for name, *_, client in running}
        for name, process, tap, answers, _ in running:
            process.wait(timeout=60 + 3 * len(self.cases))
            tap.stop()
            log = self.captures[name].with_suffix(".log").read_text()
            if "\n0 packets dropped by kernel" not in log:
                raise RuntimeError(f"the tap lost packets: {log}")
            for case, line in zip(self.cases, answers.read_text().splitlines(), strict=True):
                case.answers[name] = json.loads(line)

    def ask_alone(self, name, question):
        """One question to a resolver with an empty cache: the capture and the answer."""
        path = self.lab.folder / "alone"
        (path.with_suffix(".q")).write_text(json.dumps([question.name, question.rtype]) + "\n")
        resolver = self.resolvers[name]
        stop(resolver.process)
        resolver.process = None
        tap = Tap(self.lab.network, path)
        tap.start(self.lab.network.wire, resolver.host.port)
        resolver.start()
        self.clients[name].run(sys.executable, CLIENT, resolver.address, path.with_suffix(".q"),
                               path.with_suffix(".a"))
        tap.stop()
        return path, json.loads(path.with_suffix(".a").read_text())

    def servers(self, name, rtype):
        """The addresses of the servers of the zone that has the answer."""
        zones = [zone for zone in self.tree.zones
                 if dns.name.from_text(name).is_subdomain(dns.name.from_text(zone.name))
                 and not (rtype == "DS" and zone.name.lower() == name.lower())]
        zone = max(zones, key=lambda zone: len(zone.name))
        return [address for addresses in zone.ns.values() for address in addresses]

    def anchors(self):
        """The DS of the root, in a file."""
        path = self.lab.folder / "anchors"
        path.write_text("\n".join(self.resolvers["unbound"].anchors) + "\n")
        return path
