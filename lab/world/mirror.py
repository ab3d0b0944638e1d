"""What a switch's mirror port does to frames: VLAN tags, where this lab's bridge knows none."""

import struct

PCAP_HEADER = 24
RECORD_HEADER = struct.Struct("=IIII")


def tagged(capture, tags):
    """A copy of a pcap file whose frames carry the tags that `tags(frame)` says: (TPID, VLAN) pairs, outermost first."""
    octets = capture.read_bytes()
    out = [octets[:PCAP_HEADER]]
    at = PCAP_HEADER
    while at < len(octets):
        seconds, fraction, captured, original = RECORD_HEADER.unpack_from(octets, at)
        at += RECORD_HEADER.size
        frame = octets[at:at + captured]
        at += captured
        inserted = b"".join(struct.pack("!HH", protocol, vlan) for protocol, vlan in tags(frame))
        out.append(RECORD_HEADER.pack(seconds, fraction, captured + len(inserted), original + len(inserted)))
        out.append(frame[:12] + inserted + frame[12:])
    copy = capture.with_name("mirrored")
    copy.write_bytes(b"".join(out))
    return copy
