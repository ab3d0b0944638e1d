"""A resolver hands out data that does not verify: its administrator left it in permissive mode.

The signatures of `shop.test.` expired. The resolver notices, and answers all the same, NOERROR without AD, though
the client did not set CD. The zone has its incident, and the resolver one of its own.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *bogus("signature_expired", "www.shop.test. A", "shop.test. DNSKEY", why="expired 16 days ago"),
    *secure("www.bank.test. A"),
]
ALERTS = [
    Alert("signature_expired", "shop.test.", "expired_signatures", "high", "whole zone"),
    Alert("resolver_not_validating", None, "resolver_fault", "medium",
          "192.0.2.53 gave its client data that is bogus upstream, with CD=0"),
]


def play(lab):
    """The expired zone through a resolver that does not mind."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", inception=-30 * 86400,
                     expiration=-16 * 86400)
    shop.records += ["www IN A 203.0.113.80"]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named")
    bank.records += ["www IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(options="  val-permissive-mode: yes\n"),
               "the resolver, in permissive mode, starts with an empty cache; a healthy zone is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the zone with the expired signatures is asked for, with DO, then without.")
    lab.ask("www.shop.test")
    lab.ask("www.shop.test", "A", "+nodnssec")
