"""The TLD's signature over one child's DS is wrong; the child is innocent.

As in .se in February 2022: a signer at `test.` made bad signatures for some delegations. The DS RRset of `shop.test.`
fails under the TLD's keys, at both of its servers; that of `bank.test.` verifies. Resolvers answer SERVFAIL for the
child, whose own records are all in order.
"""

import re

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.bank.test. A", "test. DNSKEY", why="the TLD is in order elsewhere"),
    *bogus("signature_invalid", "shop.test. A", referral=True,
           why="the referral's DS RRset fails under the TLD's key with its tag"),
    *bogus("signature_invalid", "shop.test. DS", why="the same DS RRset, asked for by name"),
]
ALERTS = [Alert("signature_invalid", "test.", "unknown", "high",
                "the incident is the parent's: its DS RRset for `shop.test.` fails at both of its servers",
                or_causes=("rollover_error", "signing_outage", "tampering"))]
SECOND = "198.51.100.13"


def spoil(lines):
    """Changes the signature over the DS RRset of shop.test., in the middle of its base64."""
    def altered(line):
        if not re.match(r"shop\.test\.\s.*\sRRSIG\s+DS\s", line):
            return line
        head, signature = re.match(r"(.*\stest\.\s+)(.*)", line).groups()
        return head + signature[:20] + ("A" if signature[20] != "A" else "B") + signature[21:]
    return [altered(line) for line in lines]


def play(lab):
    """The healthy child, then the other one."""
    tree = lab.grow()
    tree.test.ns["ns2.nic.test."] = [SECOND]
    tree.server("nsd", [SECOND]).add(tree.test)
    tree.test.edit_signed = spoil
    for number, name in ((11, "bank"), (12, "shop")):
        zone = tree.zone(f"{name}.test.", {f"ns1.{name}.test.": [f"203.0.113.{number}"]}, "knotd", signer="knotd")
        zone.records += ["www IN A 203.0.113.80"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; the child with the good DS is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the child with the spoilt DS is asked for, several times.")
    for _ in range(3):
        lab.ask("www.shop.test")
        lab.resolver.flush("shop.test")
