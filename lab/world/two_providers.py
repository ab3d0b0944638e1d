"""`shop.test.` at two providers, each with a server, a signer and keys of its own."""

from .tap import messages
from .zone import Zone

A, B = "203.0.113.11", "203.0.113.21"
NAMES = {A: "ns1.provider-a.test.", B: "ns1.provider-b.test."}
WWW = ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]


class TwoProviders:
    """At first A serves the zone alone; B's copy is there, and nobody is told of it."""

    def __init__(self, lab, ttl=5, dnskey_ttl=None, **options):
        self.lab = lab
        self.tree = lab.grow(test={"ttl": ttl})
        self.at_a = self.tree.zone("shop.test.", {NAMES[A]: [A]}, "nsd", ttl=ttl, dnskey_ttl=dnskey_ttl, **options)
        self.hosts = [self.tree.zone("provider-a.test.", {NAMES[A]: [A]}, "nsd"),
                      self.tree.zone("provider-b.test.", {NAMES[B]: [B]}, "named")]
        self.at_b = Zone("shop.test.", lab.folder / "shop-at-b", ns={NAMES[B]: [B]}, ttl=ttl, clock=lab.clock,
                         dnskey_ttl=dnskey_ttl, **options)
        self.at_a.records, self.at_b.records = list(WWW), list(WWW)
        self.keys_a, self.keys_b = self.at_a.published, self.at_b.published
        self.now_ds = [self.keys_a[0].ds("SHA-256")]
        self.at_b.write()
        self.tree.servers[B].add(self.at_b)
        self.tree.start()

    def all(self):
        """The keys of both."""
        return self.keys_a + self.keys_b

    def both_ds(self):
        """The DS of both KSKs."""
        return self.keys_a[0].ds("SHA-256"), self.keys_b[0].ds("SHA-256")

    def keys(self, a, b):
        """What A and B publish."""
        self.at_a.published, self.at_b.published = list(a), list(b)
        self.publish()

    def sign_a(self, *keys):
        """What A signs with."""
        self.at_a.signing = list(keys)
        self.publish()

    def sign_b(self, *keys):
        """What B signs with."""
        self.at_b.signing = list(keys)
        self.publish()

    def publish(self):
        """Both sign and serve."""
        self.tree.publish(self.at_a, self.at_b)

    def ds(self, *records):
        """The parent publishes this DS set."""
        self.now_ds = list(records)
        self.delegate()

    def servers(self, *addresses):
        """Parent and zone name these servers."""
        self.at_a.ns = self.at_b.ns = {NAMES[address]: [address] for address in addresses}
        self.publish()
        self.delegate()

    def delegate(self):
        """The parent publishes what it should of the zone."""
        self.tree.test.delegate(self.at_a, ds=self.now_ds)
        self.tree.publish(self.tree.test)

    def step(self, text, *flushed, until=(), keys_too=False):
        """Lets the caches expire, begins a phase and asks, until each of these servers has answered."""
        self.lab.wait(7)
        self.lab.phase(text)
        for zone in flushed:
            self.lab.resolver.flush(zone)
        self.ask(until, keys_too)

    def ask(self, until=(), keys_too=False):
        """Asks for an address; servers are picked at random."""
        wanted = {(server, qtype) for server in until for qtype in (["A", "DNSKEY"] if keys_too else ["A"])}
        if wanted:
            self.lab.ask_until(lambda: wanted <= self.answered(),
                               "www.shop.test", zone="shop.test", tries=25)
        else:
            self.lab.ask("www.shop.test")

    def answered(self):
        """Server and type of each answer of the zone's servers in this phase."""
        since, _ = self.lab.phases[-1]
        return {(message.source, message.qtype) for message in messages(self.lab.capture)
                if message.response and message.aa and message.time >= since
                and message.qname.lower() in ("www.shop.test.", "shop.test.")}
