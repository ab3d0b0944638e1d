"""A client: asks a resolver the questions of a file, four at a time, and writes down what it said.

Usage: ask.py RESOLVER QUESTIONS ANSWERS; a line of QUESTIONS is a JSON array of name and type.
"""

import json
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype


def ask(address, name, rtype):
    """One question with DO over UDP, over TCP if it was cut; what came of it."""
    query = dns.message.make_query(name, rtype, want_dnssec=True, payload=4096)
    start = time.time()
    reply = exchange(address, query)
    end = time.time()
    if reply is None:
        return {"start": start, "end": end, "rcode": None, "ad": False, "ede": []}
    errors = [option.code for option in reply.options if option.otype == 15]
    answer = [f"{s.name} {dns.rdatatype.to_text(s.rdtype)}" for s in reply.answer if s.rdtype != 46]
    return {"start": start, "end": end, "rcode": dns.rcode.to_text(reply.rcode()),
            "ad": bool(reply.flags & dns.flags.AD), "ede": errors, "answer": answer}


def exchange(address, query):
    """The reply, or nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(12)
            sock.connect((address, 53))
            sock.send(query.to_wire())
            reply = parsed(sock.recv(65535))
        if not reply.flags & dns.flags.TC:
            return reply
        with socket.create_connection((address, 53), timeout=12) as stream, stream.makefile("rb") as lines:
            wire = query.to_wire()
            stream.sendall(struct.pack("!H", len(wire)) + wire)
            (octets,) = struct.unpack("!H", lines.read(2))
            return parsed(lines.read(octets))
    except (OSError, struct.error, dns.exception.DNSException):
        return None


def parsed(wire):
    """The message of these octets."""
    return dns.message.from_wire(wire, ignore_trailing=True, one_rr_per_rrset=False)


def main():
    """Asks all of them."""
    address, questions, answers = sys.argv[1:]
    with open(questions, encoding="utf-8") as source, open(answers, "w", encoding="utf-8") as sink:
        with ThreadPoolExecutor(4) as pool:
            for answer in pool.map(lambda line: ask(address, *json.loads(line)), source):
                sink.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
