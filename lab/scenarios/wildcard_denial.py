"""The denial at a wildcard contradicts its data, as at Slack in September 2021.

`*.shop.test.` has an address. The provider's signer makes the NSEC of the wildcard without the type A: whoever asks
another type for a name under it gets a proof that there is no address either, signed and valid. A resolver that uses
NSEC aggressively (RFC 8198) goes by that proof from then on, and denies an address that is there. Each answer verifies
by itself; only the two together show the fault.
"""

from world.expectation import Alert, secure
from world.zone import Zone

VERDICTS = [
    *secure("one.shop.test. A", why="expanded from the wildcard"),
    *secure("one.shop.test. AAAA", why="the NSEC of the wildcard has no AAAA; it has no A either"),
]
ALERTS = [Alert("denial_contradiction", "shop.test.", "signing_outage", "high",
                "the NSEC of the wildcard denies a type that verified answers from the same server show")]


def play(lab):
    """An address, another type, the address again."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=5)
    shop.records += ["* IN A 203.0.113.80", '* IN TXT "any"', "mail IN A 203.0.113.25"]
    other = Zone("shop.test.", lab.folder / "without", ns=shop.ns, ttl=5)
    other.published = other.signing = shop.published
    other.records += ['* IN TXT "any"', "mail IN A 203.0.113.25"]
    other.write()

    def is_denial(line):
        return line.startswith("*.shop.test.") and (" NSEC " in line or "\tNSEC " in line or "NSEC\t" in line)

    wrong = [line for line in other.file.read_text().splitlines() if is_denial(line)]
    shop.edit_signed = lambda lines: [line for line in lines if not is_denial(line)] + wrong
    tree.start()
    lab.record(tree.resolver(), "the address.")
    lab.ask("one.shop.test")
    lab.phase("another type.")
    lab.ask("one.shop.test", "AAAA")
    lab.wait(6)
    lab.phase("the address, of this name and of another one.")
    lab.ask("one.shop.test")
    lab.ask("two.shop.test")
