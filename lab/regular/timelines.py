"""Zones that roll their keys by themselves or by hand at random times, and what goes wrong with some of them."""

import random
import time

from world.server import Nsd
from world.zone import Zone

from . import live, rolls
from .world import MARGIN, SERVERS, TTL, Operator, Over, Regular, twin_of

KNOT_ADDRESSES = ["203.0.113.15", "203.0.113.17"]
BIND_ADDRESSES = ["203.0.113.16"]
ROGUE = "203.0.113.66"
KEY_TTL = 40  # of DNSKEY RRsets, where it is the TTL that makes a step wrong

# What is done wrong, and what sigtap must say of the zone: one of these kinds, by one of these causes.
MISTAKES = {
    "ksk-lost": ({"ds_mismatch", "dnskey_missing", "premature_step"}, {"ds_mismatch", "rollover_error"}),
    "zsk-lost": ({"dnskey_missing", "premature_step"}, {"rollover_error"}),
    "ds-wrong": ({"ds_mismatch", "premature_step", "dnskey_missing"}, {"ds_mismatch", "rollover_error", "registrar_hijack"}),
    "ds-gone": ({"ds_withdrawn"}, {"unknown"}),
    "unsigned": ({"signature_missing", "ds_mismatch", "dnskey_missing"}, {"signing_outage", "downgrade", "ds_mismatch"}),
    "taken": ({"ds_replaced"}, {"registrar_hijack"}),
}
# Beside it these may be raised, whatever the cause: the same trouble seen from another side.
BESIDE = {"ds_mismatch", "premature_step", "dnskey_missing", "denial_missing", "denial_invalid", "signature_missing",
          "dnskey_changed", "ns_changed"}
# A DS set exchanged without any link cannot be told from a theft, and is critical either way.
ALARMING = {"ds-wrong": {"ds_replaced"}, "ds-gone": {"ds_withdrawn"}}


class Fate(Operator):
    """An operator whose steps come at random times, and who goes wrong once, or never."""

    def __init__(self, world, kind, zone, roll, mistake=None):
        super().__init__(world, kind, zone, roll)
        self.rng = random.Random(f"{world.seed} {zone.name}")
        self.mistake = mistake
        self.wrong_at = None  # real time at which it went wrong
        self.due = None

    def start(self):
        share = self.rng.uniform(0.35, 0.75)
        self.due = time.time() + share * self.world.seconds
        super().start()

    def run(self):
        super().run()
        if self.mistake and not self.failure and self.wrong_at is None:
            self.failure = f"{self.mistake} never came"

    def wait(self, times=1):
        """Waits until caches have forgotten, and a while longer."""
        self.steps += 1
        longest = self.zone.dnskey_ttl or TTL
        self.pause(times * max(longest, TTL) + MARGIN + self.rng.uniform(0, 15))

    def pause(self, seconds):
        """Waits, unless it is time to go wrong or the run ends."""
        if self.mistake and self.due and time.time() + seconds >= self.due:
            self.world.sleep(max(0, self.due - time.time()))
            self.go_wrong()
            raise Over
        self.world.sleep(seconds)

    def go_wrong(self):
        """Does what it should not, and nothing more from then on."""
        self.note(f"goes wrong: {self.mistake}")
        self.wrong_at = time.time()
        wrong = {"ds-wrong": ds_wrong, "ds-gone": lambda op: op.ds(), "taken": taken, "unsigned": unsigned,
                 "ksk-lost": key_lost, "zsk-lost": key_lost}
        wrong[self.mistake](self)
        self.note("it is done")


def ds_wrong(op):
    """The parent gets the DS of a key that is nowhere published."""
    other = Zone(op.zone.name, op.world.lab.folder / f"other-{op.kind}")
    op.ds(other.new_key(ksk=True).ds("SHA-256"))


def unsigned(op):
    """The zone is served as it was before signing."""
    op.keys([], [])


def key_lost(op):
    """A key is gone, and a new one of its role takes its place at once."""
    is_ksk = op.mistake == "ksk-lost"
    if op.zone.signer != "knotd":
        kept = [key for key in op.zone.signing if key.ksk != is_ksk][:1]
        keys = kept + [op.key(is_ksk)]
        op.keys(keys, keys)
        return
    server = op.world.serving(op.zone)[0]
    with op.world.held([server]):
        for line in server.keys(op.zone.name):
            identity, _, role = line.split()[:3]
            if role == ("KSK" if is_ksk else "ZSK"):
                server.keymgr(op.zone.name, "delete", identity)
        if not is_ksk:  # Knot does not sign without one, and makes none out of turn
            server.keymgr(op.zone.name, "generate", f"algorithm={op.zone.algorithm}", "zsk=yes", "ksk=no",
                          "publish=+0", "active=+0")
        server.knotc("zone-keys-load", op.zone.name)


def taken(op):
    """The parent names the intruder's server and the DS of the intruder's keys."""
    rogue = op.world.rogues[op.zone.name]
    op.ds(*rogue.ds(), zone=rogue, ns=rogue.ns)


class Timelines(Regular):
    """One run."""

    def __init__(self, seed, rate, seconds):
        super().__init__(seed, rate)
        self.seed = seed
        self.seconds = seconds
        self.rogues = {}

    def operate(self, kind, zone, roll):
        """An operator for a zone."""
        mistake = zone.mistake if hasattr(zone, "mistake") else None
        self.kinds[zone.name] = kind
        self.operators.append(Fate(self, kind, zone, roll, mistake))

    def run(self, seconds):
        """Everything changes for so long; caches are emptied now and then."""
        for operator in self.operators:
            operator.start()
        end = time.time() + seconds
        while time.time() + 20 < end:
            time.sleep(20)
            self.disturb("flush", self.rng.choice(["unbound", "bind"]), self.rng.choice(["zone", None]))
        time.sleep(max(0, end - time.time()))
        self.over.set()
        for operator in self.operators:
            operator.join(timeout=60)

    # --- zones

    def fated(self, kind, roll, software, mistake=None, **options):
        """A zone, and what goes wrong with it. In the tree the zone is made before its operator is."""
        self.fate = mistake
        return self.zone(kind, roll, software, **options)

    def zone(self, kind, roll, software, parent="test.", **options):
        mistake, self.fate = getattr(self, "fate", None), None
        name = f"{kind}.{parent}"
        address = options.pop("address", SERVERS[software])
        ns = options.pop("ns", None) or {f"ns1.{name}": [address]}
        zone = self.tree.zone(name, ns, software, **{"ttl": TTL, **options})
        zone.mistake = mistake
        if mistake == "taken":
            rogue = Zone(name, self.lab.folder / f"rogue-{kind}", ns={f"ns9.{name}": [ROGUE]}, ttl=TTL)
            rogue.records = ["www IN A 203.0.113.67"]
            self.rogues[name] = rogue
        self.operate(kind, zone, roll)
        self.plant(kind, zone)
        return zone


def plant(seed, rate, seconds):
    """The whole world, not started."""
    world = Timelines(seed, rate, seconds)
    rng = world.rng
    for software, address in SERVERS.items():
        world.tree.server(software, [address])
    number = 0
    for mistake in ["ksk-lost", "zsk-lost", "ds-wrong", "ds-gone", "taken", None, None, None, None, None]:
        number += 1
        knot_zone(world, f"knot{number}", mistake, rng)
    for number, mistake in enumerate([None, None, None, rng.choice(["ds-wrong", "ds-gone", "taken"])], 1):
        bind_zone(world, f"bind{number}", mistake, rng)
    by_hand = [rolls.zsk_prepublish, rolls.zsk_double_signature, rolls.ksk_double_ds, rolls.ksk_double_signature,
               rolls.ksk_double_rrset, rolls.announced_ksk]
    wrong = ["ksk-lost", "zsk-lost", "unsigned", "unsigned", "taken", "ds-gone"]
    rng.shuffle(wrong)
    for roll, mistake in zip(by_hand, wrong):
        name = roll.__name__.replace("_", "-")
        # A server that goes unsigned must have no DNSKEY left to serve: BIND and NSD read the same file again.
        software = rng.choice(["nsd", "named", "knotd"])
        parent = rng.choice(["test.", "example."])
        ttl = {"dnskey_ttl": KEY_TTL} if mistake == "zsk-lost" else {}
        one_file = {"one_file": True} if mistake == "unsigned" else {}
        world.fated(f"wrong-{name}", roll, software, mistake, parent=parent, **ttl, **one_file)
        world.fated(name, roll, rng.choice(["nsd", "named", "knotd"]), parent=rng.choice(["test.", "example."]))
    world.fated("algorithm", rolls.algorithm, "nsd", algorithm="RSASHA256", signer="ldns-signzone")
    world.fated("csk", rolls.csk, "named", split_keys=False)
    for kind, roll in (("multi-signer", rolls.multi_signer), ("provider-move", rolls.provider_move)):
        second(world, kind, roll)
    world.operate("tld", world.tree.test, rolls.plain_roll)
    world.operate("tld", world.tree.example, rolls.plain_roll)
    world.operate("root", world.tree.root, rolls.plain_roll)
    return world


def second(world, kind, roll):
    """A zone at two providers."""
    name, other = f"{kind}.test.", SERVERS["named"]
    first, late = {f"ns1.{name}": [SERVERS["nsd"]]}, {f"ns2.{name}": [other]}
    both = kind == "multi-signer"
    made = world.fated(kind, roll, "nsd", ns={**first, **late} if both else first)
    twin = twin_of(made, made.ns if both else late, other)
    made.home, twin.home = first, late
    server = world.tree.servers[other]
    server.zones = [served for served in server.zones if served is not made]
    server.add(twin)
    if both:
        made.own, twin.own = made.signing, twin.signing
        made.published = twin.published = made.own + twin.own
    world.twins[name] = twin


def knot_zone(world, name, mistake, rng):
    """A zone whose keys Knot DNS keeps, with lifetimes of its own."""
    ttl = KEY_TTL if mistake == "zsk-lost" else TTL
    is_split = bool(mistake) or rng.random() < 0.7
    lives = rng.randint(35, 80), rng.randint(45, 110)
    policy = (f"    cds-cdnskey-publish: {rng.choice(['always', 'rollover'])}\n    dnskey-ttl: {ttl}\n"
              f"    zone-max-ttl: {TTL}\n    propagation-delay: {rng.randint(2, 5)}\n    rrsig-lifetime: 1d\n"
              f"    zsk-lifetime: {lives[0] + ttl}\n    ksk-lifetime: {lives[1] + 2 * ttl}\n    ksk-submission: parent\n")
    world.fated(name, follow_knot, "knotd", mistake, address=rng.choice(KNOT_ADDRESSES), signer="knotd",
                parent=rng.choice(["test.", "example."]), denial=rng.choice(["nsec", "nsec3"]), split_keys=is_split,
                algorithm=rng.choice(["ECDSAP256SHA256", "ED25519", "RSASHA256"]), policy_options=policy,
                dnskey_ttl=ttl)


def bind_zone(world, name, mistake, rng):
    """A zone whose keys BIND keeps, with lifetimes of its own."""
    policy = live.BIND.replace('"fast"', f'"{name}"')
    policy = policy.replace("PT150S", f"PT{rng.randint(90, 200)}S").replace("PT200S", f"PT{rng.randint(200, 300)}S")
    made = world.fated(name, follow_bind, "named", mistake, address=rng.choice(BIND_ADDRESSES), signer="named",
                       parent=rng.choice(["test.", "example."]), policy_options=policy)
    made.zone_options = live.BIND_ZONE.format(made.folder).replace('"fast"', f'"{name}"')
    made.online_ds = live.bind_ds(made)


def follow(op, submitted):
    """The parent follows each CDS that it finds, some time later; `submitted` tells the signer once the old DS has left
    the caches."""
    server = op.world.serving(op.zone)[0]
    now = op.zone.ds()
    submitted(server, [], now)
    while True:
        op.pause(op.rng.uniform(1.5, 4))
        wanted = live.announced(op, server)
        if not wanted or {live.tag(ds) for ds in wanted} == {live.tag(ds) for ds in now}:
            continue
        op.pause(2 * TTL + op.rng.uniform(0, 12))  # the announcement is there for all to see
        op.ds(*wanted)
        op.wait()
        submitted(server, now, wanted)
        now = wanted


def follow_knot(op):
    """Knot DNS rolls."""
    def submitted(server, *_):
        server.knotc("zone-ksk-submitted", op.zone.name)
        op.note("KSK submitted")
    follow(op, submitted)


def follow_bind(op):
    """BIND rolls."""
    def submitted(server, before, after):
        for what, sets in (("withdrawn", before), ("published", after)):
            for ds in sets:
                server.rndc("dnssec", "-checkds", "-key", live.tag(ds), what, op.zone.name)
        op.note(f"checkds {before} {after}")
    follow(op, submitted)


def prepare(world):
    """What must be there before the servers start."""
    for twin in world.twins.values():
        twin.write()
    for rogue in world.rogues.values():
        rogue.write()
    intruder = Nsd(world.lab.network.host("intruder", ROGUE), world.lab.folder)
    intruder.add(*world.rogues.values())
    intruder.start()
