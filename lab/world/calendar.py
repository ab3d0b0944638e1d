"""A story that takes months: each phase plays at a date of its own.

Zones are signed for the date of the phase, resolvers run by a clock that says so (libfaketime), and the times of the
recorded frames are moved to the same date afterwards. Nothing else differs from a recording as it comes.
"""

import math
import struct
import time
from datetime import datetime
from pathlib import Path


class Calendar:
    """By how much the story's clock is ahead of the real one, phase by phase."""

    def __init__(self):
        self.shifts = []  # real time of the beginning of a phase, seconds to add from then on

    def turn(self, date):
        """The story goes on at this date (YYYY-MM-DD, at noon)."""
        noon = datetime.fromisoformat(date + "T12:00:00+00:00").timestamp()
        now = time.time()
        self.shifts.append((now, math.ceil(noon - now)))

    @property
    def shift(self):
        """Seconds to add to the real time of now."""
        return self.shifts[-1][1] if self.shifts else 0

    def clock(self):
        """What a program's command line begins with, so that it runs by the story's clock."""
        found = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if not found:
            raise RuntimeError("libfaketime is not installed: apt-get install faketime")
        # With jemalloc's malloc, as named has it, libfaketime runs in circles; so libc's comes before that.
        return ["env", f"LD_PRELOAD={found}:libc.so.6", f"FAKETIME={self.shift:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC=1"]

    def moved(self, at):
        """A real time of the recording as a time of the story."""
        began = [shift for start, shift in self.shifts if start <= at]
        return at + (began[-1] if began else self.shifts[0][1])

    def rewrite(self, capture):
        """Moves the times of all frames of a pcap file to the story's dates."""
        octets = bytearray(capture.read_bytes())
        if octets[:4] != b"\xd4\xc3\xb2\xa1":
            raise RuntimeError(f"{capture}: not a pcap file with microseconds, least octet first")
        at = 24
        while at < len(octets):
            seconds, micros, length = struct.unpack_from("<III", octets, at)
            moved = int(round(self.moved(seconds + micros / 1e6) * 1e6)) // 1_000_000
            struct.pack_into("<I", octets, at, moved)
            at += 16 + length
        capture.write_bytes(octets)
