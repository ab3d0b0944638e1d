"""BIND is told a wrong time, and takes the signatures away while resolvers still hold the keys.

`shop.test.` goes unsigned by the policy `insecure`: announced by CDS, DS withdrawn, all as it should be. The DS TTL is
5 s; but that policy gives the DNSKEY RRset a TTL of an hour, and BIND means to sign for another day. The registry's
script reports that the DS was withdrawn two days ago, and BIND drops keys and signatures at once. A resolver that
looks the DS up again is content. unbound keeps the keys that it has verified for their own TTL, and answers SERVFAIL
until that has run out.
"""

import time

from world import automatic
from world.expectation import Alert, Change, Verdict, secure

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *secure("shop.test. CDS", phase=2, why="the request to delete the DS set, signed by the old chain"),
    Verdict("www.shop.test.", "A", "insecure", "no_ds", phase=4,
            why="the parent proves that there is no DS, whatever unbound says"),
]
ALERTS = [Alert("premature_step", "shop.test.", "rollover_error", "high",
                "unsigned while caches hold keys that were verified under the DS set of before")]
CHANGES = [Change("ds_withdrawn", "shop.test.", "rule DS-3: the zone asked for it by CDS 0 0 0 00")]


def play(lab):
    """Announced, withdrawn, and unsigned too early."""
    shop, registry = automatic.bind_world(lab)
    server = automatic.server_of(lab, shop)
    lab.record(lab.tree.resolver(), "normal use.")
    lab.keep_asking("www.shop.test", seconds=3)
    lab.phase("the policy is `insecure` now; BIND asks for the end of the DS.")
    automatic.keep_by_bind(shop, "insecure")
    server.configure()
    server.rndc("reconfig")
    lab.wait(6)
    lab.keep_asking("www.shop.test", "shop.test CDS", seconds=6, every=3)
    lab.phase("the parent has withdrawn the DS; its TTL runs out.")
    registry.look()
    lab.keep_asking("www.shop.test", seconds=8, every=3)
    lab.phase("BIND is told that this was two days ago, and takes the keys away; the zone is asked for.")
    long_ago = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - 2 * 86400))
    registry.tell(registry.changed[0][1], "withdrawn", "-when", long_ago)
    lab.wait(7)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
