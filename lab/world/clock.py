"""The time of the lab's hosts. It may be moved by days or years between two phases, so that caches, signatures, trust
anchors and key managers live through real TTLs and lifetimes; libfaketime tells Knot DNS and the resolvers of it, file
signers are told the times, and the frames of the recording get the time that the hosts had."""

import struct
import time
from datetime import datetime
from pathlib import Path

PCAP_MAGIC = 0xA1B2C3D4  # microseconds, in the octet order of the machine that wrote it
FRAME_HEADER = struct.Struct("=IIII")


class Clock:
    """Real time, and what it was moved on by so far."""

    def __init__(self):
        self.steps = [(0.0, 0)]  # since when in real time, and the seconds ahead of it
        self.file = None
        self.settings = []

    @property
    def ahead(self):
        """By how many seconds the hosts' time is ahead of real time now."""
        return self.steps[-1][1]

    def now(self):
        """The hosts' time, in seconds since the epoch."""
        return time.time() + self.ahead

    def fake(self, folder):
        """From now on the programs that ask `under` find their time in a file."""
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if not library:
            raise RuntimeError("faketime is not installed")
        self.file = Path(folder) / "clock"
        self.file.write_text("+0\n")
        self.settings = [
            # With jemalloc's malloc, as named has it, libfaketime runs in circles; so libc's comes before that.
            f"LD_PRELOAD={library}:libc.so.6",
            f"FAKETIME_TIMESTAMP_FILE={self.file}", "FAKETIME_NO_CACHE=1",
            # Timers run as they do: only the time of day moves.
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]

    def under(self, *argv):
        """A command line whose program lives in the hosts' time."""
        return ["env", *self.settings, *argv] if self.settings else list(argv)

    def move(self, seconds):
        """Moves the hosts' time on, or back if negative. No frame may be under way."""
        self.steps.append((time.time(), self.ahead + int(seconds)))
        fresh = self.file.with_name("clock.new")
        fresh.write_text(f"{self.ahead:+d}\n")
        fresh.replace(self.file)

    def turn(self, date):
        """Moves the hosts' time to noon of this date (YYYY-MM-DD)."""
        self.move(datetime.fromisoformat(date + "T12:00:00+00:00").timestamp() - self.now())

    def ahead_at(self, real):
        """By how many seconds the hosts' time was ahead at a moment of real time."""
        return next(ahead for since, ahead in reversed(self.steps) if since <= real)

    def stamp(self, capture):
        """Gives every frame of a pcap file the hosts' time."""
        if len(self.steps) == 1:
            return
        octets = bytearray(capture.read_bytes())
        if struct.unpack_from("=I", octets)[0] != PCAP_MAGIC:
            raise RuntimeError("only pcap files in microseconds can be given another time")
        at = 24
        while at + FRAME_HEADER.size <= len(octets):
            seconds, micros, length, _ = FRAME_HEADER.unpack_from(octets, at)
            struct.pack_into("=I", octets, at, seconds + self.ahead_at(seconds + micros / 1e6))
            at += FRAME_HEADER.size + length
        capture.write_bytes(octets)
