"""The DNSKEY RRset is gone from a signed zone, as at .na in 2019.

A script at the operator's drops the keys from the signed zone of `shop.test.`; all other records and their signatures
are as they were. The DS at the parent is unchanged. Resolvers that still hold the keys are content, until they ask for
them again: then the whole zone is SERVFAIL. TTLs are two hours, and an hour for the keys; the time of all hosts is
moved on between the questions.
"""

import re

from world.expectation import Alert, Verdict, secure

HOUR = 3600
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *secure("shop.test. MX", phase=2, why="verifies with the keys that are still known"),
    Verdict("shop.test.", "DNSKEY", "bogus", "dnskey_missing", phase=3, why="NODATA for the keys of a DS in force",
            or_reason="denial_invalid"),
]
ALERTS = [Alert("ds_mismatch", "shop.test.", "ds_mismatch", "high", "the zone has DS records, and no DNSKEY",
                or_causes=("signing_outage", "rollover_error"), or_kinds=("dnskey_missing",))]
TOLERATED = [
    Alert("dnskey_missing", "shop.test.", "ds_mismatch", "high", "the same, as the reason of a verdict"),
    Alert("denial_invalid", "shop.test.", "signing_outage", "high", "the NSEC of the apex says that there are keys"),
    Alert("denial_missing", "shop.test.", "signing_outage", "high", "the NODATA is not proven"),
]


def without_keys(lines):
    """Takes the DNSKEY RRset out, and what signs it."""
    return [line for line in lines if not re.search(r"\sIN\s+(DNSKEY\s|RRSIG\s+DNSKEY\s)", line)]


def play(lab):
    """Before, with the keys in the cache, without."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(test={"ttl": 24 * HOUR})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "knotd", ttl=2 * HOUR, dnskey_ttl=HOUR)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25", '@ IN TXT "v=spf1 -all"']
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    shop.edit_signed = without_keys
    tree.publish(shop)
    lab.phase("half an hour later the keys are gone; the resolver still has them.")
    lab.later(HOUR // 2)
    lab.ask("shop.test", "MX")
    lab.phase("an hour later the resolver has to ask for them.")
    lab.later(HOUR)
    lab.ask("shop.test", "TXT")
    lab.ask("mail.shop.test")
