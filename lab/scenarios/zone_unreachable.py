"""Both servers of a zone stop: an outage, and no failure of DNSSEC.

`shop.test.` is healthy and signed. Then the program of its first server ends, so that its host refuses, and that of
the second hangs, so that nothing comes back at all. The resolver asks both again and again, its client gets SERVFAIL.
`bank.test.` and the parent answer all the while. At last both servers are back.

The portfolio names `shop.test.`; without it, nobody asked sigtap to tell of outages, and it says nothing.
"""

import os
import signal

from world.expectation import Alert, secure
from world.network import stop

PORTFOLIO = """\
[[zone]]
name = "shop.test"
owner = "Shop desk <shop@desk.example>"
runbook = "https://runbooks.example/shop"
expect = "secure"

[[resolver]]
address = "192.0.2.53"
name = "res1"
software = "unbound"
validates = true
"""
VERDICTS = [
    *secure("www.shop.test. A", phase=1),
    *secure("www.bank.test. A", phase=1),
]
ALERTS = [Alert("zone_unreachable", "shop.test.", "unknown", "medium",
                "queries to both servers go unanswered for more than a minute, while others answer; nothing fails "
                "to verify")]
SILENCE = "What is not answered cannot be judged."


def play(lab):
    """Healthy, out, back."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "nsd")
    shop.records += [f"{name} IN A 203.0.113.80" for name in ("www", *(f"n{number}" for number in range(60)))]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.14"]}, "nsd")
    bank.records += [f"{name} IN A 203.0.113.81" for name in ("www", *(f"n{number}" for number in range(60)))]
    tree.start()
    lab.record(tree.resolver(), "both zones are in use.")
    lab.ask("www.shop.test")
    lab.ask("www.bank.test")
    for number in range(50, 58):  # so that both servers of the shop answer some
        lab.ask(f"n{number}.shop.test")

    first, second = (tree.servers[address] for address in ("203.0.113.11", "203.0.113.12"))
    stop(first.process)
    os.killpg(second.process.pid, signal.SIGSTOP)
    lab.phase("the first server of the shop refuses, the second is silent. Names of the bank are asked for in between.")
    for number in range(14):
        lab.client.start(lab.folder / "dig", "dig", f"@{lab.resolver.address}", "+tries=1", "+timeout=4", "+dnssec",
                         f"n{number}.shop.test", "A")
        lab.wait(4)
        lab.ask(f"n{number}.bank.test")
        lab.wait(2)

    # What waits in its socket is not to be answered late.
    stop(second.process, signal.SIGKILL)
    for server in (first, second):
        server.start()
    lab.phase("both servers are back.")
    lab.resolver.flush("shop.test")
    lab.keep_asking("www.shop.test", until=lambda: "NOERROR" in lab.ask("n40.shop.test"), every=2)
    lab.wait(2)
    lab.ask("n41.shop.test")
