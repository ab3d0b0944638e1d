"""One recording: its network, its tap, its phases, and the questions of its client."""

import shutil
import sys
import time
from pathlib import Path

from .clock import Clock
from .network import Network, stop, wait_until
from .tap import Tap
from .tree import Tree


class Box:
    """A running box.py."""

    def __init__(self, process, log):
        self.process = process
        self.log = log

    def altered(self):
        """How many answers boxes at this address have altered so far."""
        return self.log.read_text().count("altered")

    def stop(self):
        """Ends it; another may take the address."""
        stop(self.process)


class Lab:
    """What a scenario's `play` works with."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = Path(folder)
        self.clock = Clock()
        self.network = Network(self.clock)
        self.capture = self.folder / "recording"
        self.tap = Tap(self.network, self.capture)
        self.phases = []
        self.tree = None
        self.resolver = None
        self.client = None

    def grow(self, **options):
        """The tree of zones, with the root and the TLDs."""
        self.tree = Tree(self, **options)
        return self.tree

    def record(self, resolver, text, warm=None, interface=None, program="tcpdump", tap_options=(), namespace=None):
        """Starts the tap at the resolver's port, then the resolver; `warm` runs in between, unseen.

        With `interface` the tap sits on the resolver's own host instead, or in `namespace`.
        """
        self.resolver = resolver
        self.client = self.network.host("client", "192.0.2.100", "2001:db8::100")
        if warm:
            resolver.start()
            warm()
        if interface:
            self.tap.start(namespace or resolver.host.namespace, interface, *tap_options, program=program)
        else:
            self.tap.start(self.network.wire, resolver.host.port, *tap_options, program=program)
        self.phase(text)
        if not warm:
            resolver.start()

    def phase(self, text):
        """What happens from now on, for the README."""
        self.phases.append((self.clock.now(), text))

    def turn(self, date):
        """The story goes on at this date: zones are signed for it, and programs that start live in it."""
        if not self.clock.file:
            self.clock.fake(self.folder)
        self.clock.turn(date)

    def ask(self, qname, qtype="A", *options, of=None):
        """One question of the client: with DO, unless the options are dig's own; `of` another resolver."""
        options = options or ("+dnssec",)
        return self.client.run("dig", f"@{(of or self.resolver).address}", "+tries=1", "+timeout=20",
                               *options, qname, qtype, may_fail=True)

    def ask_together(self, *questions):
        """Several questions of the client over one TCP connection."""
        arguments = [part for question in questions for part in question.split()]
        return self.client.run("dig", f"@{self.resolver.address}", "+tries=1", "+timeout=20", "+dnssec", "+tcp",
                               "+keepopen", *arguments, may_fail=True)

    def ask_until(self, done, qname, qtype="A", zone=".", tries=12):
        """Asks, with the zone flushed in between, until `done` holds: servers are picked at random."""
        for _ in range(tries):
            self.ask(qname, qtype)
            if done():
                return
            time.sleep(1)
            self.resolver.flush(zone)
        raise TimeoutError(f"{qname} {qtype}: not after {tries} questions")

    def keep_asking(self, *questions, seconds=0, until=None, every=2):
        """Asks the same again and again, for so long or until something holds."""
        end = time.monotonic() + (seconds or 90)
        while time.monotonic() < end:
            for question in questions:
                self.ask(*question.split())
            if until and until():
                return
            time.sleep(every)
        if until:
            raise TimeoutError(f"asked for {', '.join(questions)} in vain")

    def wait(self, seconds):
        """Lets real time pass, so that caches expire."""
        time.sleep(seconds)

    def later(self, seconds):
        """Moves the hosts' time on. The servers that keep keys are told to look at them: their timers do not notice."""
        time.sleep(0.3)
        self.clock.move(seconds)
        for server in self.tree.servers.values():
            for zone in server.zones:
                if zone.keeps_keys:
                    server.look_at_keys(zone)

    def box(self, address, behind, *rules):
        """A box on the path: it owns the server's address and passes on to the real server."""
        log = self.folder / f"box-{address}.log"
        host = next((h for h in self.network.hosts if address in h.addresses), None)
        host = host or self.network.host(f"box-{address.rsplit('.', 1)[-1]}", address)
        program = Path(__file__).with_name("box.py")
        starts = log.read_text().count("ready") if log.exists() else 0
        process = host.start(log, sys.executable, "-u", program, address, behind, *rules)
        wait_until("the box on the path", lambda: log.read_text().count("ready") > starts)
        return Box(process, log)

    def finish(self):
        """Ends the recording and gives the file."""
        time.sleep(0.5)
        self.tap.stop()
        self.clock.stamp(self.capture)
        return self.capture

    def close(self):
        """Takes everything away."""
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)
