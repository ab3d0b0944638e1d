"""The signer was set up anew, and nobody told the parent: the DS matches no key.

`bank.test.` is used normally. Then its operator rebuilds the signer, with a new KSK and a new ZSK, and leaves the DS
at the parent as it was. Once the old keys have left the cache (TTL 5 s), the resolver finds no DNSKEY for the DS, and
the whole zone is SERVFAIL. DS, NS and addresses at the parent did not change, so this is no hijack by the registrar.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1, why="before"),
    *bogus("dnskey_missing", "bank.test. DNSKEY", phase=3, why="no key of it matches the DS, which is unchanged"),
    *bogus("dnskey_missing", "www.bank.test. A", "bank.test. MX", phase=3,
           why="signed by a key of the DNSKEY RRset that has no link to the DS"),
]
ALERTS = [Alert("ds_mismatch", "bank.test.", "ds_mismatch", "high",
                "the DS matches no key of the DNSKEY RRset, which came several times from both servers with AA")]
TOLERATED = [
    Alert("dnskey_missing", "bank.test.", "ds_mismatch", "high",
          "the verdict's reason, if it is an incident of its own"),
    Alert("dnskey_changed", "bank.test.", "ds_mismatch", "medium", "all keys were exchanged"),
]


def play(lab):
    """Before, the exchange of the keys, after."""
    tree = lab.grow(test={"ttl": 5})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"], "ns2.bank.test.": ["203.0.113.12"]}, "nsd",
                     ttl=5, signer="ldns-signzone")
    bank.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.bank.test")
    lab.phase("nothing is asked; the zone gets new keys, the parent's DS stays, the caches expire.")
    bank.published = [bank.new_key(ksk=True), bank.new_key(ksk=False)]
    bank.signing = list(bank.published)
    tree.publish(bank)
    lab.wait(7)
    lab.phase("the zone is asked for again.")
    lab.ask("www.bank.test")
    lab.ask("bank.test", "MX")
