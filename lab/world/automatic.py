"""Zones whose servers keep the keys: Knot DNS with its parent, another Knot DNS, and BIND with a registry."""

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
