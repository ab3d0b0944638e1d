"""One of two servers has an old copy of the zone, whose signatures ran out.

The second server of `shop.test.`, 203.0.113.12, has had no zone transfer for three weeks. What it serves was right
then; its signatures expired a week ago. The first server is in order. The resolver asks both at random, refuses the
expired answers, asks the other one, and answers with AD: the clients notice nothing yet.
"""

import copy

from world.expectation import Alert, bogus, secure
from world.server import Nsd

FILE = "capture.pcapng"
NAMES = [f"{label}.shop.test." for label in ("www", "mail", "api", "img", "dev", "doc", "git", "app", "vpn", "ftp")]
VERDICTS = [
    *bogus("signature_expired", "shop.test. MX", "www.shop.test. A", server="203.0.113.12",
           why="expired a week ago, at this server only"),
    *secure("shop.test. MX", "www.shop.test. A", server="203.0.113.11", why="the same RRset from the other server"),
]
ALERTS = [Alert("signature_expired", "shop.test.", "expired_signatures", "medium",
                "one server of two, 203.0.113.12; the other one's answers verify")]


def play(lab):
    """Several names, until both servers were asked for two of them."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "knotd")
    shop.records += [f"{name} IN A 203.0.113.80" for name in NAMES] + ["@ IN MX 10 mail"]
    tree.servers.pop("203.0.113.12").zones.clear()
    tree.start()
    old = copy.copy(shop)
    old.folder = lab.folder / "zone-old"
    old.folder.mkdir()
    for file in shop.folder.glob("K*"):
        (old.folder / file.name).write_bytes(file.read_bytes())
    old.serial -= 20
    old.inception, old.expiration = -21 * 86400, -7 * 86400
    old.write()
    host = next(host for host in lab.network.hosts if "203.0.113.12" in host.addresses)
    Nsd(host, lab.folder).add(old).start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; it meets the good and the broken server.",
               program="dumpcap")
    for name in NAMES[2:]:
        lab.ask(name)
    for _ in range(5):
        lab.ask("www.shop.test")
        lab.ask("shop.test", "MX")
        lab.resolver.flush("shop.test")
