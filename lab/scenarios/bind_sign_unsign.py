"""A zone is signed by BIND, gets its DS, and asks for its end, all in the right order.

`shop.test.` begins unsigned. Its operator gives it a `dnssec-policy`: BIND signs it and, once caches have the keys,
publishes CDS and CDNSKEY; the registry takes the first DS from them after a look at the zone's own server. Later the
operator changes the policy to `insecure`: BIND publishes the delete form of CDS and CDNSKEY (RFC 8078), the registry
withdraws the DS, and BIND goes on signing (for a day and two hours, which the recording does not wait for). TTLs are
5 s, as far as the policy `insecure` lets them. The client asks for CDS as well.
"""

from world import automatic
from world.expectation import Alert, Change, insecure, secure

VERDICTS = [
    *insecure("www.shop.test. A", phase=1, why="unsigned, and proven to have no DS"),
    *insecure("www.shop.test. A", phase=2, why="signed, and still without a DS", or_state="secure"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=4, why="signed, with a DS"),
    *secure("shop.test. CDS", phase=5, why="the request to delete the DS set, signed by the old chain"),
    *insecure("www.shop.test. A", phase=6, why="still signed, and proven to have no DS", or_state="secure"),
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
    lab.phase("the parent has withdrawn the DS; the zone is still signed.")
    lab.wait(7)
    lab.keep_asking("www.shop.test", "shop.test MX", seconds=8, every=6)
