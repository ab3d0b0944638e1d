"""Validating resolvers: unbound, BIND, Knot Resolver and PowerDNS Recursor."""

import shutil

from .network import stop, wait_until


class Resolver:
    """A resolver that trusts our root only."""

    software = ""

    def __init__(self, host, folder, root, options="", forward=None):
        self.host = host
        self.folder = folder / self.software
        self.folder.mkdir()
        self.root = root
        self.options = options
        self.forward = forward  # the address of another resolver that is asked instead of the servers
        self.anchors = [f". 3600 IN DS {rdata}" for rdata in root.ds()]
        self.trusted = self.anchors  # what it is configured with; the same, unless a scenario says otherwise
        self.address = host.addresses[0]
        self.follows = False  # its anchors change by RFC 5011
        self.process = None

    def start(self):
        """Starts, or starts again, with an empty cache."""
        if not shutil.which(self.software):
            raise RuntimeError(f"{self.software} is not installed")
        if self.process:
            stop(self.process)
        self.configure()
        self.process = self.host.start(self.folder / "log", *self.argv())
        wait_until(f"{self.software} on {self.host.name}", self.listens)

    def listens(self):
        """Whether the port is open, found out without a question that would be recorded."""
        return self.address + ":53" in self.host.run("ss", "-Hnltu").replace("%eth0", "")

    def hints(self):
        """The root hints file."""
        lines = []
        for server, addresses in self.root.ns.items():
            lines.append(f". 3600 IN NS {server}")
            lines += [f"{server} 3600 IN {'AAAA' if ':' in a else 'A'} {a}" for a in addresses]
        return "\n".join(lines) + "\n"


class Unbound(Resolver):
    """unbound, with what Debian's build and the defaults give, and EDE."""

    software = "unbound"

    def configure(self):
        six = "yes" if any(":" in a for addresses in self.root.ns.values() for a in addresses) else "no"
        (self.folder / "hints").write_text(self.hints())
        anchors = self.folder / "anchors"
        if not (self.follows and anchors.exists()):
            anchors.write_text("\n".join(self.trusted) + "\n")
        anchor_file = "auto-trust-anchor-file" if self.follows else "trust-anchor-file"
        interfaces = "".join(f"  interface: {address}\n" for address in self.host.addresses)
        (self.folder / "conf").write_text(
            f'server:\n{interfaces}  do-ip6: {six}\n  directory: "{self.folder}"\n  chroot: ""\n  username: ""\n'
            f'  pidfile: "{self.folder}/pid"\n  do-daemonize: no\n  use-syslog: no\n  num-threads: 1\n'
            f"  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n"
            f'  root-hints: "{self.folder}/hints"\n  {anchor_file}: "{anchors}"\n'
            f'  module-config: "validator iterator"\n  qname-minimisation: yes\n  ede: yes\n  val-log-level: 2\n'
            f'  local-zone: "test." nodefault\n  local-zone: "113.0.203.in-addr.arpa." nodefault\n{self.options}'
            f"remote-control:\n  control-enable: yes\n  control-interface: {self.folder}/control\n"
            f"  control-use-cert: no\n"
            + (f'forward-zone:\n  name: "."\n  forward-addr: {self.forward}\n' if self.forward else "")
        )

    def argv(self):
        return self.host.network.clock.under("unbound", "-d", "-c", self.folder / "conf")

    def flush(self, zone="."):
        """Forgets all that is cached of a zone and what is below it."""
        self.host.run("unbound-control", "-c", self.folder / "conf", "flush_zone", zone)


class BindResolver(Resolver):
    """BIND 9 as a resolver."""

    software = "named"
    signals_every = 0  # seconds between two key tag queries (RFC 8145), where not a day

    def configure(self):
        (self.folder / "hints").write_text(self.hints())
        kind = "initial-ds" if self.follows else "static-ds"
        anchors = "".join(
            f'  . {kind} {tag} {algorithm} {digest} "{"".join(octets)}";\n'
            for tag, algorithm, digest, *octets in (anchor.split(" DS ")[1].split() for anchor in self.trusted)
        )
        control = self.folder / "rndc.key"
        self.host.run("rndc-confgen", "-a", "-c", control)
        (self.folder / "conf").write_text(
            f'include "{control}";\ncontrols {{ inet 127.0.0.1 port 953 allow {{ 127.0.0.1; }} '
            f'keys {{ "rndc-key"; }}; }};\n'
            f'options {{ directory "{self.folder}"; pid-file none; session-keyfile none; recursion yes;\n'
            f"  listen-on {{ {self.address}; }}; listen-on-v6 {{ none; }}; allow-query {{ any; }};\n"
            f"  dnssec-validation yes; empty-zones-enable no; minimal-responses no;{self.options} }};\n"
            f"trust-anchors {{\n{anchors}}};\n"
            f'zone "." {{ type hint; file "{self.folder}/hints"; }};\n'
        )

    def argv(self):
        often = ["-T", f"tat={self.signals_every}"] if self.signals_every else []
        return self.host.network.clock.under("named", "-g", "-4", "-n", "1", *often, "-c", self.folder / "conf")

    def flush(self, zone="."):
        """Forgets all that is cached of a zone and what is below it."""
        self.host.run("rndc", "-k", self.folder / "rndc.key", "-s", "127.0.0.1", "flushtree", zone)


class KnotResolver(Resolver):
    """Knot Resolver: it asks for keys first, and copies the case of no question."""

    software = "kresd"

    def configure(self):
        servers = ", ".join(
            f"['{server}'] = '{address}'" for server, addresses in self.root.ns.items()
            for address in addresses if ":" not in address
        )
        anchors = "".join(f"trust_anchors.add('{anchor}')\n" for anchor in self.trusted)
        (self.folder / "conf").write_text(
            f"net.listen('{self.address}', 53)\nnet.ipv6 = false\ncache.size = 20 * MB\n"
            f"trust_anchors.remove('.')\n{anchors}modules = {{ 'hints > iterate', 'policy' }}\n"
            f"hints.root({{ {servers} }})\n"
            # It answers test. itself unless told otherwise (RFC 6761).
            f"policy.add(policy.suffix(policy.PASS, {{ todname('test.'), todname('113.0.203.in-addr.arpa.') }}))\n"
            f"{self.options}"
        )

    def argv(self):
        return ["kresd", "-n", "-q", "-c", self.folder / "conf", self.folder]


class Recursor(Resolver):
    """PowerDNS Recursor."""

    software = "pdns_recursor"
    mode = "validate"
    lua = ""  # further lines of its Lua configuration

    def configure(self):
        (self.folder / "hints").write_text(self.hints())
        (self.folder / "anchors.lua").write_text(
            "clearTA('.')\n" + "".join(f"addTA('.', \"{rdata}\")\n" for rdata in self.root.ds())
            + self.lua
        )
        (self.folder / "recursor.conf").write_text(
            f"local-address={self.address}\nallow-from=0.0.0.0/0\ndont-query=\nhint-file={self.folder}/hints\n"
            f"lua-config-file={self.folder}/anchors.lua\ndnssec={self.mode}\nsocket-dir={self.folder}\n"
            f"daemon=no\nsetuid=\nsetgid=\nthreads=1\nquiet=yes\nexport-etc-hosts=off\nserve-rfc1918=no\n"
            f"security-poll-suffix=\nextended-resolution-errors=yes\n{self.options}"
        )

    def argv(self):
        return ["pdns_recursor", f"--config-dir={self.folder}"]
