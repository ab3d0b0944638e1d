"""Split horizon: inside, a company's signed zone is another one, unsigned; and `corp.` exists nowhere else.

`bank.test.` is signed and delegated to 203.0.113.11. After a change of its configuration the resolver asks the internal
servers for it (10.0.0.1, unsigned, with a negative anchor in the resolver), and for the private top-level domain
`corp.`, which the root denies. All of it is meant to be so: no attack, no mistake of the zone, but no sensor can know
that by itself. It is told in one incident each, with the way to declare it.
"""

from world.expectation import Alert, secure
from world.server import Nsd
from world.zone import Zone

VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1, why="the public view"),
]
ALERTS = [
    Alert("private_zone", "bank.test.", "unknown", "low", "unsigned, by a server that no delegation names"),
    Alert("private_zone", "corp.", "unknown", "low", "the root proves that there is no such domain"),
]


def play(lab):
    """The public view, then the internal one."""
    tree = lab.grow()
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "nsd")
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.12"]}, "knotd", signer="knotd")
    for zone in (bank, shop):
        zone.records += ["www IN A 203.0.113.80"]
    tree.start()
    resolver = tree.resolver()
    lab.record(resolver, "the public view.")
    lab.ask("www.bank.test")
    lab.ask("www.shop.test")
    lab.ask("files.corp")
    lab.ask("corp", "DS")

    lab.phase("nothing is asked; the resolver is told of the internal servers, and starts again.")
    inside = Zone("bank.test.", lab.folder / "inside", ns={"ns1.bank.test.": ["10.0.0.1"]}, denial=None)
    inside.records += ["www IN A 10.0.0.80", "mail IN A 10.0.0.25", "files IN A 10.0.0.81"]
    corp = Zone("corp.", lab.folder / "corp", ns={"ns1.corp.": ["10.0.0.1"]}, denial=None)
    corp.records += ["files IN A 10.0.0.82", "print IN A 10.0.0.83", "wiki IN A 10.0.0.84"]
    for zone in (inside, corp):
        zone.write()
    Nsd(lab.network.host("internal", "10.0.0.1"), lab.folder).add(inside, corp).start()
    names = [zone.name for zone in (inside, corp)]
    resolver.options = "".join(f'  domain-insecure: "{name}"\n' for name in names)
    resolver.options += "".join(f'stub-zone:\n  name: "{name}"\n  stub-addr: 10.0.0.1\n' for name in names) + "server:\n"
    resolver.start()

    lab.phase("clients ask for names of the internal view and of the private domain, and for the neighbour.")
    for name in ("www.bank.test", "mail.bank.test", "files.bank.test", "none.bank.test",
                 "files.corp", "print.corp", "wiki.corp", "none.corp"):
        lab.ask(name)
    lab.ask("bank.test", "SOA")
    lab.ask("shop.test", "MX")
