"""A resolver answers some names of signed zones itself: a response policy, local data, and DNS64.

`ads.shop.test.` is blocked by a response policy zone and `track.shop.test.` diverted to a landing page;
`intranet.shop.test.` is local data of the resolver; and for names that have an IPv4 address only, the resolver makes an
IPv6 address of it (DNS64, prefix 64:ff9b::/96). The zone is signed and in order, and such answers cannot be: clients
that validate for themselves take them for forged, and so would a sensor that does not know better.
"""

from world.expectation import Alert, secure

VERDICTS = [
    *secure("www.shop.test. A", "www.bank.test. A", why="the zones are in order"),
]
ALERTS = [
    Alert("private_zone", None, "unknown", "low",
          "192.0.2.53 answers names of signed zones itself: one incident of the resolver, none of the zones"),
]


def plant(lab):
    """The zones, and the policy zone's file."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd")
    shop.records += [f"{name} IN A 203.0.113.80" for name in ("www", "ads", "track", "four")]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "knotd", signer="knotd")
    bank.records += ["www IN A 203.0.113.81"]
    tree.start()
    policy = lab.folder / "policy.zone"
    policy.write_text("$TTL 60\n@ SOA a. b. 1 60 60 60 60\n@ NS a.\nads.shop.test CNAME .\n"
                      "track.shop.test A 192.0.2.80\n")
    return tree, policy


def ask_all(lab, resolver):
    """The zones themselves, then what the resolver makes of them."""
    lab.record(resolver, "the resolver starts with an empty cache; both zones are asked for.")
    for name in ("www.shop.test", "www.bank.test"):
        lab.ask(name)
    lab.phase("names that the resolver's policy blocks or diverts, and its local data.")
    for name in ("ads.shop.test", "track.shop.test", "intranet.shop.test"):
        lab.ask(name)
        lab.ask(name, "AAAA")
    lab.phase("IPv6 addresses of names that have none: DNS64.")
    for name in ("four.shop.test", "www.shop.test", "www.bank.test"):
        lab.ask(name, "AAAA")
    lab.phase("the zones once more, as they are.")
    lab.ask("four.shop.test")
    lab.ask("shop.test", "MX")


def play(lab):
    """All of it at unbound."""
    tree, policy = plant(lab)
    options = (
        '  module-config: "respip dns64 validator iterator"\n  dns64-prefix: 64:ff9b::/96\n'
        '  local-data: "intranet.shop.test. 60 IN A 10.1.2.3"\n'
        f"rpz:\n  name: policy.\n  zonefile: {policy}\nserver:\n"
    )
    ask_all(lab, tree.resolver(options=options))
