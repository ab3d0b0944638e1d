"""The same with BIND as the resolver: a response policy and DNS64, both told to break DNSSEC.

BIND leaves signed answers alone unless told otherwise. What it rewrites has neither AA nor an Extended DNS Error: the
SOA of the policy zone in the additional section tells. The zones are those of `local-answers`, with new keys.
"""

from world.resolver import BindResolver

from . import local_answers

VERDICTS = local_answers.VERDICTS
ALERTS = local_answers.ALERTS
FILE = "capture.pcap.gz"
OPTIONS = """
  response-policy { zone "policy."; } break-dnssec yes; dns64 64:ff9b::/96 { break-dnssec yes; };
};
zone "policy." { type primary; file "POLICY";
"""


def play(lab):
    """All of it at BIND."""
    tree, policy = local_answers.plant(lab)
    options = OPTIONS.replace("POLICY", str(policy))
    local_answers.ask_all(lab, tree.resolver(BindResolver, options=options))
