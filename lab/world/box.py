"""A box on the path to a server: passes DNS on, and alters what its rules say.

Usage: box.py ADDRESS BEHIND [RULE...]; it answers at ADDRESS with what BEHIND says. Rules:
  alter=NAME/ADDRESS     the A record of NAME becomes ADDRESS, under the old signature
  times=N                no more than N answers are altered
  replay=NAME/OTHER,...  answers a question for NAME with what is said of OTHER, renamed
  strip                  takes RRSIG, NSEC and NSEC3 out of every answer
  edns                   takes the OPT record out of questions, as old firewalls do
  first=NAME/ADDRESS     sends a forged answer before the true one
  second=NAME/ADDRESS    sends a forged answer after the true one
  junk=OWNER             puts an NSEC set of OWNER, under a signature over another, beside every denial
  flood=N                sends N of these with wrong ids before all others
"""

import os
import socket
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

SIGNED = (dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.NSEC3)


class Box:
    """The rules, and how often they were used."""

    def __init__(self, behind, rules):
        self.behind = behind
        self.rules = dict(rule.split("=", 1) if "=" in rule else (rule, "") for rule in rules)
        self.left = int(self.rules.get("times", 1 << 30))
        pairs = [pair.split("/") for pair in self.rules.get("replay", "").split(",") if pair]
        self.replayed = {dns.name.from_text(name): dns.name.from_text(other) for name, other in pairs}

    def question(self, wire):
        """The question as it is passed on."""
        message = dns.message.from_wire(wire)
        if "edns" in self.rules:
            message.use_edns(False)
            return message.to_wire()
        other = self.replayed.get(message.question[0].name)
        if other is None:
            return wire
        self.rename(message, message.question[0].name, other)
        return message.to_wire()

    def answer(self, wire):
        """The answer as it is passed back."""
        message = dns.message.from_wire(wire)
        if self.left <= 0 or not message.question:
            return wire
        for name, other in self.replayed.items():
            if message.question[0].name == other:
                self.rename(message, other, name)
                return message.to_wire()
        before = [list(section) for section in message.sections]
        if "alter" in self.rules:
            self.alter(message, self.rules["alter"])
        if "strip" in self.rules:
            self.strip(message)
        if "junk" in self.rules:
            self.junk(message, self.rules["junk"])
        if [list(section) for section in message.sections] == before:
            return wire
        self.left -= 1
        print("altered", message.question[0], flush=True)
        return message.to_wire()

    @staticmethod
    def rename(message, name, other):
        """Gives the question, and the records of the same owner, another name."""
        for section in message.sections:
            for rrset in section:
                if rrset.name == name:
                    rrset.name = other

    @staticmethod
    def alter(message, rule):
        """Puts another address under the old signature."""
        name, address = rule.split("/")
        for i, rrset in enumerate(message.answer):
            if rrset.name == dns.name.from_text(name) and rrset.rdtype == dns.rdatatype.A:
                message.answer[i] = dns.rrset.from_text(rrset.name, rrset.ttl, "IN", "A", address)

    @staticmethod
    def strip(message):
        """Takes all that DNSSEC added out, but for the OPT record."""
        for section in message.sections[1:]:
            section[:] = [rrset for rrset in section if rrset.rdtype not in SIGNED]

    @staticmethod
    def junk(message, owner):
        """Puts an NSEC set with another's signature beside a denial."""
        signatures = [rdata for rrset in message.authority if rrset.rdtype == dns.rdatatype.RRSIG
                      for rdata in rrset if rdata.type_covered == dns.rdatatype.NSEC]
        if signatures:
            of_another = signatures[0].replace(labels=owner.count("."))
            message.authority += [
                dns.rrset.from_text(owner, 300, "IN", "NSEC", f"y.{owner} A RRSIG NSEC"),
                dns.rrset.from_rdata(owner, 300, of_another),
            ]

    def forged(self, wire):
        """A forged answer to go beside the true one, or nothing."""
        rule = self.rules.get("first") or self.rules.get("second")
        if not rule:
            return None
        name, _ = rule.split("/")
        message = dns.message.from_wire(wire)
        if not any(r.name == dns.name.from_text(name) and r.rdtype == dns.rdatatype.A for r in message.answer):
            return None
        self.alter(message, rule)
        return message.to_wire()

    def answers(self, wire):
        """All datagrams that go back for one answer, in order."""
        true, forged = self.answer(wire), self.forged(wire)
        if not forged:
            return [true]
        (number,) = struct.unpack_from("!H", forged)
        guesses = [struct.pack("!H", number ^ guess) + forged[2:]
                   for guess in range(1, int(self.rules.get("flood", 0)) + 1)]
        return [*guesses, forged, true] if "first" in self.rules else [*guesses, true, forged]

    def serve_datagrams(self, listening):
        """Passes datagrams on, one at a time."""
        while True:
            question, client = listening.recvfrom(65535)
            with socket.socket(listening.family, socket.SOCK_DGRAM) as upstream:
                upstream.settimeout(3)
                upstream.sendto(self.question(question), (self.behind, 53))
                try:
                    reply = upstream.recv(65535)
                except TimeoutError:
                    continue
            for answer in self.answers(reply):
                listening.sendto(answer, client)

    def serve_streams(self, listening):
        """Passes messages over TCP on, one connection at a time."""
        while True:
            client, _ = listening.accept()
            with client, socket.create_connection((self.behind, 53), timeout=3) as upstream:
                client.settimeout(3)
                try:
                    while question := read_message(client):
                        send_message(upstream, self.question(question))
                        send_message(client, self.answer(read_message(upstream)))
                except OSError:
                    continue


def read_message(stream):
    """One message with its length prefix; empty at the end of the stream."""
    prefix = stream.recv(2, socket.MSG_WAITALL)
    return stream.recv(struct.unpack("!H", prefix)[0], socket.MSG_WAITALL) if len(prefix) == 2 else b""


def send_message(stream, wire):
    """Sends one message with its length prefix."""
    stream.sendall(struct.pack("!H", len(wire)) + wire)


def main():
    """Binds the server's address and serves until it is stopped."""
    address, behind, *rules = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    streams = socket.socket(family, socket.SOCK_STREAM)
    streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for listening in (datagrams, streams):
        listening.bind((address, 53))
    streams.listen(5)
    box = Box(behind, rules)
    threading.Thread(target=box.serve_streams, args=(streams,), daemon=True).start()
    print("ready", os.getpid(), flush=True)
    box.serve_datagrams(datagrams)


if __name__ == "__main__":
    main()
