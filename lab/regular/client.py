"""A client that never stops: asks a resolver random questions of a file at a steady rate, until it is ended.

Usage: client.py RESOLVER QUESTIONS RATE SAID; a line of QUESTIONS is a JSON array of name, type and kind, and `?` in a
name becomes a random label. SAID gets a JSON line for each answer that is no NOERROR or NXDOMAIN, and the counts last.
"""

import collections
import json
import random
import select
import signal
import socket
import sys
import time

import dns.flags
import dns.message
import dns.rcode


def main():
    """Asks and listens; one question in ten goes without DO."""
    address, questions, rate, said = sys.argv[1:]
    with open(questions, encoding="utf-8") as lines:
        table = [json.loads(line) for line in lines]
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    sockets = []
    for _ in range(16):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.setblocking(False)
        sock.connect((address, 53))
        sockets.append(sock)
    open_questions, counts = {}, collections.Counter()
    due = time.monotonic()
    with open(said, "w", encoding="utf-8", buffering=1) as sink:
        while running:
            due = max(due + 1 / float(rate), time.monotonic() - 0.2)
            name, rtype, kind = random.choice(table)
            name = name.replace("?", f"x{random.randrange(10**6)}")
            query = dns.message.make_query(name, rtype, want_dnssec=random.random() < 0.9, payload=4096)
            sock = random.choice(sockets)
            open_questions[sock.fileno(), query.id] = (kind, name, rtype, time.time())
            try:
                sock.send(query.to_wire())
                counts["asked"] += 1
            except OSError:
                counts["refused"] += 1
            while True:
                left = due - time.monotonic()
                for sock in select.select(sockets, [], [], max(left, 0))[0]:
                    take(sock, open_questions, counts, sink)
                if left <= 0:
                    break
        sink.write(json.dumps({"counts": counts}) + "\n")


def take(sock, open_questions, counts, sink):
    """Reads one answer and counts it."""
    try:
        octets = sock.recv(65535)
    except OSError:  # the resolver is being restarted
        return
    number, flags = int.from_bytes(octets[:2], "big"), int.from_bytes(octets[2:4], "big")
    question = open_questions.pop((sock.fileno(), number), None)
    if question is None:
        return
    rcode = dns.rcode.to_text(flags & 15)
    counts[rcode] += 1
    counts["AD"] += bool(flags & dns.flags.AD)
    if rcode not in ("NOERROR", "NXDOMAIN"):
        reply = dns.message.from_wire(octets, ignore_trailing=True, continue_on_error=True)
        errors = [option.to_text() for option in reply.options if option.otype == 15]
        kind, name, rtype, asked = question
        sink.write(json.dumps({"asked": asked, "time": time.time(), "rcode": rcode, "ede": errors, "kind": kind,
                               "name": name, "rtype": rtype}) + "\n")


if __name__ == "__main__":
    main()
