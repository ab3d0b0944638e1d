"""What a switch's mirror port does to frames: VLAN tags, loss, doubles."""

import struct

PCAP_HEADER = 24
RECORD_HEADER = struct.Struct("=IIII")


def tagged(capture, tags):
    """A copy of a pcap file whose frames carry the (TPID, VLAN) pairs of `tags(frame)`, outermost first."""
    def tag(_, frame):
        inserted = b"".join(struct.pack("!HH", protocol, vlan) for protocol, vlan in tags(frame))
        return [frame[:12] + inserted + frame[12:]]

    return _copied(capture, tag)


def kept(capture, keep):
    """A copy of a pcap file with the frames for which `keep(number, frame)` holds, numbers from 1."""
    return _copied(capture, lambda number, frame: [frame] if keep(number, frame) else [])


def doubled(capture):
    """A copy of a pcap file with every frame twice, as when both ports of a path are mirrored."""
    return _copied(capture, lambda _, frame: [frame, frame])


def _copied(capture, seen):
    """A copy of a pcap file with what `seen(number, frame)` gives for each frame."""
    octets = capture.read_bytes()
    out = [octets[:PCAP_HEADER]]
    at, number = PCAP_HEADER, 0
    while at < len(octets):
        seconds, fraction, captured, _ = RECORD_HEADER.unpack_from(octets, at)
        at += RECORD_HEADER.size
        number += 1
        for frame in seen(number, octets[at:at + captured]):
            out.append(RECORD_HEADER.pack(seconds, fraction, len(frame), len(frame)) + frame)
        at += captured
    copy = capture.with_name("mirrored")
    copy.write_bytes(b"".join(out))
    return copy
