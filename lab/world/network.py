"""Hosts on one wire: network namespaces joined by a bridge, with no route outside."""

import ipaddress
import os
import signal
import subprocess
import time

WIRE_PREFIXES = ["10.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]


def wait_until(what, condition, seconds=10):
    """Returns the first true value of `condition`; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise TimeoutError(f"{what}: not within {seconds} s")


def command(*argv, may_fail=False, **options):
    """Runs a command to its end and returns what it printed."""
    options.setdefault("timeout", 60)
    done = subprocess.run(
        [str(part) for part in argv], capture_output=True, text=True, check=False, **options
    )
    if done.returncode != 0 and not may_fail:
        raise RuntimeError(f"{' '.join(str(part) for part in argv)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Network:
    """The bridge, the hosts on it, and every process that runs on them."""

    def __init__(self, clock):
        self.clock = clock
        self.prefix = f"lab{os.getpid()}"
        self.hosts = []
        self.processes = []
        self.wire = f"{self.prefix}-wire"
        command("ip", "netns", "add", self.wire)
        self._ip(self.wire, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        command("ip", "netns", "exec", self.wire, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        self._ip(self.wire, "link", "set", "br0", "up")
        # Where a sensor at a port of the wire is asked how it is.
        self._ip(self.wire, "link", "set", "lo", "up")

    def host(self, name, *addresses):
        """A new host; its end of the cable is `eth0`, the bridge's end is `port`."""
        host = Host(self, name, addresses)
        self.hosts.append(host)
        return host

    def close(self):
        """Ends all processes and takes the network away, whatever state it is in."""
        for process in self.processes:
            stop(process)
        for line in command("ip", "netns", "list").splitlines():
            name = line.split(" ")[0]
            if name.startswith(f"{self.prefix}-"):
                command("ip", "netns", "del", name)

    @staticmethod
    def _ip(namespace, *arguments):
        return command("ip", "-n", namespace, *arguments)


class Host:
    """One namespace with one interface."""

    def __init__(self, network, name, addresses):
        self.network = network
        self.name = name
        self.addresses = list(addresses)
        self.namespace = f"{network.prefix}-{name}"
        self.port = f"p-{name}"[:15]
        ip = network._ip
        command("ip", "netns", "add", self.namespace)
        for setting in ["all.accept_dad=0", "default.accept_dad=0", "all.accept_ra=0",
                        "default.accept_ra=0", "default.router_solicitations=0"]:
            self.run("sysctl", "-qw", f"net.ipv6.conf.{setting}")
        ip(network.wire, "link", "add", self.port, "type", "veth",
           "peer", "name", "eth0", "netns", self.namespace)
        ip(network.wire, "link", "set", self.port, "master", "br0", "up")
        # Without a network card nobody else fills in checksums or cuts segments to size.
        self.run("ethtool", "-K", "eth0", "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off")
        ip(self.namespace, "link", "set", "lo", "up")
        ip(self.namespace, "link", "set", "eth0", "up")
        for address in addresses:
            length = ipaddress.ip_address(address).max_prefixlen
            flags = ["nodad"] if length == 128 else []
            ip(self.namespace, "addr", "add", f"{address}/{length}", "dev", "eth0", *flags)
        for prefix in WIRE_PREFIXES:
            family = "-6" if ":" in prefix else "-4"
            ip(self.namespace, family, "route", "add", prefix, "dev", "eth0")

    def run(self, *argv, **options):
        """Runs a command on the host to its end and returns what it printed."""
        return command("ip", "netns", "exec", self.namespace, *argv, **options)

    def start(self, log, *argv):
        """Starts a process on the host; it ends with the network at the latest."""
        with open(log, "ab") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, *[str(part) for part in argv]],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )
        self.network.processes.append(process)
        return process


def stop(process, how=signal.SIGTERM):
    """Ends a process and its children, by force if it does not listen."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, how)
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=5)
        except ProcessLookupError:
            pass
