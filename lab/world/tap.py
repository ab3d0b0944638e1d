"""The recording: made with tcpdump at the resolver's port, read back with tshark."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .network import command, stop, wait_until

FIELDS = {
    "frame": "frame.number", "time": "frame.time_epoch",
    "source": "ip.src", "source6": "ipv6.src", "destination": "ip.dst", "destination6": "ipv6.dst",
    "udp_port": "udp.srcport", "tcp_port": "tcp.srcport",
    "id": "dns.id", "response": "dns.flags.response", "qname": "dns.qry.name", "qtype": "dns.qry.type",
    "aa": "dns.flags.authoritative", "tc": "dns.flags.truncated", "ra": "dns.flags.recavail",
    "ad": "dns.flags.authenticated", "rcode": "dns.flags.rcode", "ede": "dns.opt.ext_error.info_code",
    "do": "dns.resp.z.do", "checksum": "udp.checksum", "sequence": "tcp.seq",
    "udp_to": "udp.dstport", "tcp_to": "tcp.dstport",
}
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
         33: "SRV", 39: "DNAME", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 59: "CDS", 60: "CDNSKEY",
         65: "HTTPS", 255: "ANY", 257: "CAA"}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


class Tap:
    """tcpdump (or dumpcap, for pcapng) on an interface of a namespace."""

    def __init__(self, network, path):
        self.network = network
        self.path = path
        self.process = None

    def start(self, namespace, interface, *options, program="tcpdump"):
        """Starts and waits until frames are being recorded."""
        if program == "dumpcap":
            argv = ["dumpcap", "-q", "-i", interface, "-w", self.path]
        else:
            argv = ["tcpdump", "-i", interface, "-U", "--immediate-mode", "-Z", "root", "-s", "0",
                    "-w", self.path, *options]
        log = self.path.with_suffix(".log")
        with open(log, "wb") as output:
            self.process = subprocess.Popen(["ip", "netns", "exec", namespace, *argv],
                                            stderr=output, stdout=output, start_new_session=True)
        self.network.processes.append(self.process)
        started = "listening on" if program == "tcpdump" else "File:"
        wait_until("the tap", lambda: started in log.read_text())

    def stop(self):
        """Ends the recording with all frames in the file."""
        stop(self.process, signal.SIGINT)


@dataclass
class Message:
    """What of a DNS message the reports need."""

    frame: int
    time: float
    source: str
    destination: str
    port: int
    peer_port: int
    id: str
    do: bool  # in its own OPT, or, for a response, in that of its question
    response: bool
    qname: str
    qtype: str
    aa: bool
    tc: bool
    ra: bool
    ad: bool
    rcode: str
    ede: list


def messages(capture: Path):
    """All DNS messages of a capture, as Wireshark sees them; a frame may complete several."""
    arguments = [part for name in FIELDS.values() for part in ("-e", name)]
    out = command("tshark", "-n", "-r", capture, "-Y", "dns && !icmp && !icmpv6", "-T", "fields",
                  "-E", "separator=/t", "-E", "aggregator=|", *arguments)
    found, seen = [], set()
    for line in out.splitlines():
        row = dict(zip(FIELDS, (cell.split("|") for cell in line.split("\t"))))
        # A datagram or segment that was mirrored twice counts once.
        identity = tuple(str(row[name]) for name in FIELDS if name not in ("frame", "time"))
        if identity in seen:
            continue
        seen.add(identity)
        for i in range(len(row["id"])):
            found.append(_message(row, i))
    return _with_do_of_questions(found)


def _with_do_of_questions(found):
    """Gives each response the DO bit of its question, which a box on the path may have taken away."""
    asked = set()
    for message in found:
        ends = (message.source, message.port, message.destination, message.peer_port)
        key = (message.id, message.qname.lower(), message.qtype, *(ends[2:] + ends[:2] if message.response else ends))
        if message.response:
            message.do = message.do or key in asked
        elif message.do:
            asked.add(key)
    return found


def _message(row, i):
    def cell(name):
        return row[name][i] if i < len(row[name]) else row[name][0]

    def bit(name):
        return cell(name) in ("1", "True")

    qname = cell("qname")
    qtype = int(cell("qtype") or 0)
    rcode = int(cell("rcode") or 0)
    return Message(
        frame=int(row["frame"][0]), time=float(row["time"][0]),
        source=row["source"][0] or row["source6"][0],
        destination=row["destination"][0] or row["destination6"][0],
        port=int(row["udp_port"][0] or row["tcp_port"][0] or 0),
        peer_port=int(row["udp_to"][0] or row["tcp_to"][0] or 0), id=cell("id"), do=bit("do"),
        response=bit("response"), qname="." if qname in ("<Root>", "") else qname + ".",
        qtype=TYPES.get(qtype, f"TYPE{qtype}"),
        aa=bit("aa"), tc=bit("tc"), ra=bit("ra"), ad=bit("ad"),
        rcode=RCODES.get(rcode, str(rcode)), ede=[int(code) for code in row["ede"] if code],
    )
