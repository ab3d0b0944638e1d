"""The DS vanishes at the parent without a word, while the zone goes on being signed.

`bank.test.` never published CDS or CDNSKEY. At the parent its DS is gone, NS and glue are as before, and the zone's
signatures still verify under keys that were in the chain. Resolvers now accept any data for the zone: AD is gone.
A mistake at the registrar, an unannounced wish, or the first step of an attack.
"""

from world.expectation import Alert, insecure, secure
from world.resolver import BindResolver

VERDICTS = [
    *secure("www.bank.test. A", "bank.test. DNSKEY", phase=1),
    *insecure("www.bank.test. A", "bank.test. MX", phase=3,
              why="still signed, but the parent proves that there is no DS", or_state="secure"),
]
ALERTS = [Alert("ds_withdrawn", "bank.test.", "unknown", "medium",
                "rule DS-6: no CDS delete, no plan, NS unchanged, zone still signed")]


def play(lab):
    """With DS, without."""
    tree = lab.grow(test={"ttl": 5})
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "pdns_server", ttl=5, signer="pdns")
    bank.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(BindResolver), "normal use.")
    lab.ask("www.bank.test")
    lab.phase("nothing is asked; the parent drops the DS, the caches expire.")
    tree.test.delegate(bank, ds=[])
    tree.publish(tree.test)
    lab.wait(7)
    lab.phase("the zone is asked for again.")
    lab.ask("www.bank.test")
    lab.ask("bank.test", "MX")
