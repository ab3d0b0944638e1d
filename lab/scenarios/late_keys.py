"""The recording begins in mid-life: answers come first, their keys and proofs much later.

The resolver has all DNSKEY and DS records in its cache when the tap starts, so the first answers on the wire have
nothing to be judged with. Later its cache is flushed, and everything is fetched anew from the root down. Then all
that was seen before can be judged too, and must be.
"""

from world.expectation import insecure, secure

VERDICTS = [
    *secure("api.shop.test. A", "www.bank.example. AAAA", "nothere.bank.example. A", "shop.test. TXT", phase=1,
            why="judged when the keys came, in the last phase"),
    *insecure("api.plain.test. A", phase=1, why="judged when the parent's proof came, in the last phase"),
    *secure("www.shop.test. A", "www.bank.example. A", phase=2),
    *insecure("www.plain.test. A", phase=2),
]
ALERTS = []
SILENCE = "Nothing is wrong; early answers must neither be bogus nor stay indeterminate."


def play(lab):
    """A warm resolver, answers without keys, then a flush."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "knotd", signer="knotd")
    shop.records += ["www IN A 203.0.113.80", "api IN A 203.0.113.81", '@ IN TXT "v=spf1 -all"']
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.12"]}, "nsd", denial="nsec3",
                     signer="ldns-signzone")
    bank.records += ["www IN A 203.0.113.82", "www IN AAAA 2001:db8:80::82"]
    plain = tree.zone("plain.test.", {"ns1.plain.test.": ["203.0.113.13"]}, "nsd", denial=None)
    plain.records += ["www IN A 203.0.113.83", "api IN A 203.0.113.84"]
    tree.start()

    def warm():
        for name in ("www.shop.test", "www.bank.example", "www.plain.test"):
            lab.ask(name)

    lab.record(tree.resolver(), "the resolver knows all keys already; answers come without them.", warm=warm)
    lab.ask("api.shop.test")
    lab.ask("shop.test", "TXT")
    lab.ask("www.bank.example", "AAAA")
    lab.ask("nothere.bank.example")
    lab.ask("api.plain.test")
    lab.wait(3)
    lab.phase("the resolver's cache is flushed, and it starts from the root again.")
    lab.resolver.flush(".")
    lab.ask("www.shop.test")
    lab.ask("www.bank.example")
    lab.ask("www.plain.test")
