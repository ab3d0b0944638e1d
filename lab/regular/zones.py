"""Which zones there are, and what is done to each."""

from . import live, rolls
from .world import SERVERS, Regular, twin_of

SECOND = {"multi-signer": "named", "provider-move": "named"}
LATE = {"resign": "knotd", "lagging-roll": "nsd"}


def plant(seed, rate):
    """The whole world, not started."""
    world = Regular(seed, rate)
    for software, address in SERVERS.items():
        world.tree.server(software, [address])
    zone = world.zone
    zone("zsk-prepublish", rolls.zsk_prepublish, "nsd")
    zone("zsk-double-signature", rolls.zsk_double_signature, "knotd", denial="nsec3", signer="ldns-signzone")
    zone("ksk-double-ds", rolls.ksk_double_ds, "named", parent="example.")
    zone("ksk-double-signature", rolls.ksk_double_signature, "nsd", algorithm="ED25519", signer="ldns-signzone")
    zone("ksk-double-rrset", rolls.ksk_double_rrset, "knotd", denial="optout")
    zone("ksk-announced", rolls.announced_ksk, "named", denial="nsec3")
    zone("csk", rolls.csk, "nsd", split_keys=False, parent="example.")
    zone("algorithm", rolls.algorithm, "knotd", algorithm="RSASHA256", signer="ldns-signzone")
    zone("algorithm", rolls.algorithm, "nsd", algorithm="RSASHA256", signer="ldns-signzone", denial="nsec3",
         parent="example.")
    zone("zsk-same-tag", rolls.zsk_same_tag, "nsd", signer="ldns-signzone")
    zone("revoke", rolls.revoke, "named")
    zone("standby", rolls.standby, "knotd", parent="example.")
    zone("denial", rolls.denial, "nsd")
    zone("denial", rolls.denial, "named", parent="example.")
    zone("secure-and-back", rolls.secure_and_back, "named", denial=None, one_file=True)
    zone("secure-and-back", rolls.secure_and_back, "nsd", denial=None, one_file=True,
         parent="example.")
    zone("ds-digest", rolls.digests, "knotd")
    for kind, roll, software in (("resign", rolls.resign, "nsd"), ("lagging-roll", rolls.lagging_roll, "knotd")):
        late = SERVERS[LATE[kind]]
        made = zone(kind, roll, software, ns={f"ns1.{kind}.test.": [SERVERS[software]], f"ns2.{kind}.test.": [late]})
        world.replicas[made.name] = rolls.Replica(world, made, world.tree.servers[late])
    for kind, roll in (("multi-signer", rolls.multi_signer), ("provider-move", rolls.provider_move)):
        name, other = f"{kind}.test.", SERVERS[SECOND[kind]]
        first, second = {f"ns1.{name}": [SERVERS["nsd"]]}, {f"ns2.{name}": [other]}
        both = kind == "multi-signer"
        made = zone(kind, roll, "nsd", ns={**first, **second} if both else first)
        twin = twin_of(made, made.ns if both else second, other)
        made.home, twin.home = first, second
        server = world.tree.servers[other]
        server.zones = [served for served in server.zones if served is not made]
        server.add(twin)
        if both:
            made.own, twin.own = made.signing, twin.signing
            made.published = twin.published = made.own + twin.own
        world.twins[name] = twin
    zone("knot-automatic", live.knot, "knotd", address="203.0.113.15", signer="knotd", policy_options=live.KNOT)
    zone("knot-automatic", live.knot, "knotd", address="203.0.113.15", signer="knotd", policy_options=live.KNOT,
         denial="nsec3", parent="example.")
    made = zone("bind-policy", live.bind, "named", address="203.0.113.16", signer="named", policy_options=live.BIND)
    made.zone_options = live.BIND_ZONE.format(made.folder)
    made.online_ds = live.bind_ds(made)
    zone("pdns", live.pdns, "pdns_server", signer="pdns", denial="nsec3", narrow=True)
    world.operate("tld", world.tree.test, rolls.plain_roll)
    world.operate("tld", world.tree.example, rolls.plain_roll)
    world.operate("root", world.tree.root, rolls.plain_roll)
    return world


def prepare(world):
    """What must be there before the servers start."""
    for twin in world.twins.values():
        twin.write()
    for replica in world.replicas.values():
        replica.zone.write()
        replica.follow()
