"""Genuine records in the wrong place: a wildcard's address for a name that exists, and a proof for another name.

A box on the path to `shop.test.` forges without any key. Asked for `pay.at.shop.test.`, it gives the address of the
wildcard `*.at.shop.test.`, whose signature verifies for any name that does not exist; but `pay.at` does exist.
Asked for `api.shop.test.`, it gives NXDOMAIN with the NSEC records of a name that is not there. All signatures
verify; what they prove is not what is claimed. The resolver answers SERVFAIL.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("pay.at.shop.test. A", "api.shop.test. A", "else.at.shop.test. A", phase=1, why="genuine"),
    *bogus("denial_invalid", "pay.at.shop.test. A", phase=2, or_reason="denial_missing",
           why="a wildcard expansion needs a proof that the exact name does not exist; the NSEC given is another's"),
    *bogus("denial_invalid", "api.shop.test. A", phase=2, why="the NSEC records given do not cover the name"),
    *secure("pay.at.shop.test. A", "api.shop.test. A", phase=3, why="genuine"),
]
ALERTS = [Alert("denial_invalid", "shop.test.", "tampering", "high",
                "two names of the zone only, from a server whose answers for the same names verify before and after",
                or_causes=("unknown",), or_kinds=("denial_missing",))]
TOLERATED = [Alert("denial_missing", "shop.test.", "tampering", "high", "the wildcard's proof, if called missing")]
ADDRESS, BEHIND = "203.0.113.11", "203.0.113.211"


def play(lab):
    """Genuine, forged, genuine."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": [ADDRESS]}, "nsd", behind={ADDRESS: BEHIND}, ttl=30)
    shop.records += ["pay.at IN A 203.0.113.80", "*.at IN A 203.0.113.66", "api IN A 203.0.113.81"]
    names = ("pay.at.shop.test", "api.shop.test", "else.at.shop.test")
    tree.start()
    box = lab.box(ADDRESS, BEHIND)
    lab.record(tree.resolver(), "normal use.")
    for name in names:
        lab.ask(name)
    forgery = "replay=pay.at.shop.test./x.at.shop.test.,api.shop.test./nope.shop.test."
    for rules, text in (([forgery], "the box forges."), ([], "the box forges no more.")):
        box.stop()
        box = lab.box(ADDRESS, BEHIND, *rules)
        lab.phase(text + " The resolver's cache of the zone is flushed first.")
        lab.resolver.flush("shop.test")
        for name in names[:2]:
            lab.ask(name)
