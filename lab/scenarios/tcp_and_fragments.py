"""Large answers: IP fragments over IPv4 and IPv6, truncation with a second try over TCP, shared TCP connections.

The resolver offers 4096 octets of UDP, as resolvers did before the flag day of 2020, and the servers of the large zones
make use of it: DNSKEY RRsets of RSA keys with 4096 bits and long TXT records come in two or three fragments. What is
longer still comes with TC and then over TCP. The client asks several things over one TCP connection.
"""

from world.expectation import secure

VERDICTS = secure("four.big.test. TXT", "big.test. DNSKEY", "six.big.example. TXT", "big.example. DNSKEY",
                  "one.huge.test. TXT", "two.huge.test. TXT", "three.huge.test. TXT", "gone.big.example. A")
ALERTS = []
SILENCE = "All verifies once it is put together; the answers with TC=1 are not judged as they are."
ROOMY = {"udp_octets": 4096}


def long_text(octets):
    """TXT data of about so many octets."""
    return " ".join(f'"{number:04d}{"x" * 196}"' for number in range(octets // 200))


def play(lab):
    """Fragments over IPv4 and IPv6, then TCP."""
    tree = lab.grow(ipv6=True)
    four = tree.zone("big.test.", {"ns1.big.test.": ["203.0.113.11"]}, "named", server_options=ROOMY,
                     algorithm="RSASHA512", rsa_bits=4096)
    four.records += [f"four IN TXT {long_text(2200)}"]
    six = tree.zone("big.example.", {"ns1.big.example.": ["2001:db8:11::12"]}, "nsd", server_options=ROOMY,
                    algorithm="RSASHA256", rsa_bits=4096, denial="nsec3")
    six.records += [f"six IN TXT {long_text(3000)}"]
    huge = tree.zone("huge.test.", {"ns1.huge.test.": ["203.0.113.13"]}, "knotd", server_options=ROOMY)
    huge.records += [f"{name} IN TXT {long_text(6000)}" for name in ("one", "two", "three")]
    tree.start()
    lab.record(tree.resolver(options="  edns-buffer-size: 4096\n  max-udp-size: 4096\n"),
               "large answers in fragments, over IPv4 from 203.0.113.11 and IPv6 from 2001:db8:11::12.")
    lab.ask("four.big.test", "TXT", "+dnssec", "+bufsize=4096")
    lab.ask("big.test", "DNSKEY", "+dnssec", "+bufsize=4096")
    lab.ask("six.big.example", "TXT", "+dnssec", "+bufsize=4096")
    lab.ask("gone.big.example", "A", "+dnssec", "+bufsize=4096")
    lab.phase("answers too large for 4096 octets: TC, then TCP.")
    lab.ask("one.huge.test", "TXT", "+dnssec", "+bufsize=4096")
    lab.phase("several questions over one TCP connection of the client.")
    lab.ask_together("two.huge.test TXT", "three.huge.test TXT", "four.big.test TXT", "gone.big.example AAAA")
