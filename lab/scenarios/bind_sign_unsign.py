"""A zone is signed by BIND, gets its DS, and goes unsigned again, both in the right order.

`shop.test.` begins unsigned. Its operator gives it a `dnssec-policy`: BIND signs it and, once caches have the keys,
publishes CDS and CDNSKEY; the registry takes the first DS from them after it has looked at the zone's keys. Later the
operator changes the policy to `insecure`: BIND publishes the delete form of CDS and CDNSKEY (RFC 8078), goes on signing
until the registry has withdrawn the DS and its TTL has run, and takes keys and signatures away last. All TTLs are 5 s.
The client asks for CDS as well.
"""

import time

from world import automatic
from world.expectation import Alert, Change, insecure, secure

VERDICTS = [
    *insecure("www.shop.test. A", phase=1, why="unsigned, and proven to have no DS"),
    *insecure("www.shop.test. A", phase=2, why="signed, and still without a DS", or_state="secure"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=4, why="signed, with a DS"),
    *secure("shop.test. CDS", phase=5, why="the request to delete the DS set, signed by the old chain"),
    *insecure("www.shop.test. A", phase=8, why="unsigned, and proven to have no DS"),
]
ALERTS = [Alert("zone_signed", "shop.test.", "unknown", "low",
                "no key of before can vouch for the first DS: somebody should know of it")]
CHANGES = [Change("ds_withdrawn", "shop.test.", "rule DS-3: the zone asked for it by CDS 0 0 0 00")]
SILENCE = "Nothing ever fails, and the withdrawal was announced."


def play(lab):
    """Unsigned, signed, with a DS, announced, withdrawn, unsigned."""
    shop, registry = automatic.bind_world(lab, is_signed=False)
    server = automatic.server_of(lab, shop)
    ask = ("www.shop.test", "shop.test DNSKEY")

    def policy(name):
        automatic.keep_by_bind(shop, name)
        server.configure()
        server.rndc("reconfig")

    lab.record(lab.tree.resolver(), "the zone is unsigned.")
    lab.ask("www.shop.test")
    lab.phase("it is given a policy: BIND signs it; the registry waits for CDS.")
    policy("lab")
    lab.keep_asking("www.shop.test", until=registry.wanted_at_first, every=3)
    lab.phase("nothing is asked; the parent publishes the DS, the caches expire.")
    registry.begin()
    lab.wait(7)
    registry.settle()
    lab.phase("the zone is secure.")
    lab.keep_asking(*ask, "shop.test CDS", seconds=7, every=3)
    lab.phase("the policy is `insecure` now; BIND asks for the end of the DS.")
    policy("insecure")
    lab.keep_asking("www.shop.test", "shop.test CDS", seconds=8, every=3)
    registry.look()
    lab.phase("the parent has withdrawn the DS.")
    lab.keep_asking("www.shop.test", seconds=8, every=3)
    # The policy `insecure` holds that a DS lives for a day; ours lives for 5 s.
    day_before = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - 2 * 86400))
    registry.tell(registry.changed[0][1], "withdrawn", "-when", day_before)
    lab.phase("BIND knows, and takes the keys away once caches have forgotten the DS.")
    lab.keep_asking("www.shop.test", until=lambda: not registry.served(), every=4)
    lab.phase("the caches expire, and the zone is asked for once more.")
    lab.wait(7)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
