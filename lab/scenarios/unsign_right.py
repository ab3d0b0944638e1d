"""A zone goes unsigned the right way at real pace: Knot DNS announces it, pushes the withdrawal and goes on signing.

TTLs are a day. The policy of `shop.test.` is changed to `delete-dnssec`: Knot publishes the delete form of CDS and
CDNSKEY (RFC 8078) and has the parent, another Knot DNS, withdraw the DS by an update (`ds-push`). For another two days
the zone stays signed; then signing is switched off. A client asks for CDS and CDNSKEY, so that they are on the wire.
The time of all hosts is moved on between the questions.
"""

from world import automatic
from world.automatic import DAY, HOUR
from world.expectation import Change, insecure, secure

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="signed"),
    *secure("shop.test. CDS", "shop.test. CDNSKEY", phase=2, why="the announcement, signed by a key of the DS"),
    *insecure("www.shop.test. A", phase=3, why="still signed, but the parent proves that there is no DS",
              or_state="secure"),
    *insecure("www.shop.test. A", "shop.test. MX", phase=4, why="unsigned, and proven to be so"),
]
ALERTS = []
CHANGES = [Change("ds_withdrawn", "shop.test.", "announced: rule DS-3, CDS 0 0 0 00 signed by the old chain")]
SILENCE = "The withdrawal was announced, and nothing ever failed."


def play(lab):
    """Signed, announced, withdrawn, unsigned."""
    lab.clock.fake(lab.folder)
    shop = automatic.knot_world(lab, ttl=DAY, propagation=HOUR)
    server = automatic.server_of(lab, shop)
    lab.record(lab.tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    shop.policy_options = shop.policy_options.replace("publish: rollover", "publish: delete-dnssec")
    server.configure()
    server.knotc("reload")
    lab.wait(5)
    lab.phase("the zone asks for the end of its DS, and the parent has withdrawn it; caches hold it.")
    lab.ask("shop.test", "CDS")
    lab.ask("shop.test", "CDNSKEY")
    lab.phase("two days later: no cache holds the DS, the zone is still signed.")
    lab.later(2 * DAY)
    lab.ask("www.shop.test")
    shop.signer, shop.policy_options = "nobody", ""
    server.start()
    lab.phase("two more days later: the zone is unsigned.")
    lab.later(2 * DAY)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
