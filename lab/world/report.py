"""The written side of a scenario: README.md, anchors.txt and expect.json from a recording."""

import json
import shutil
import textwrap
import time

from .network import command
from .tap import messages

VERSIONS = [
    ("BIND", ["named", "-v"]), ("NSD", ["nsd", "-v"]), ("Knot DNS", ["knotd", "--version"]),
    ("PowerDNS", ["pdns_server", "--version"]), ("unbound", ["unbound", "-V"]),
    ("Knot Resolver", ["kresd", "--version"]), ("PowerDNS Recursor", ["pdns_recursor", "--version"]),
    ("ldns", ["ldns-signzone", "-v"]), ("tcpdump", ["tcpdump", "--version"]),
]


def versions():
    """What made the recording, as one sentence part."""
    parts = []
    for name, argv in VERSIONS:
        if not shutil.which(argv[0]):
            continue
        printed = command("sh", "-c", " ".join(argv) + " 2>&1; true")
        words = printed.replace(",", " ").replace("(", " ").split()
        number = next((word for word in words if word[0].isdigit() and "." in word), "?")
        parts.append(f"{name} {number.split('-')[0].split('+')[0].split(':')[-1].rstrip(')')}")
    return ", ".join(parts)


class Report:
    """A recording with its scenario, read once."""

    def __init__(self, lab, scenario, capture):
        self.lab = lab
        self.scenario = scenario
        self.capture = capture
        self.messages = messages(capture)
        last = int(command("sh", "-c", f"tcpdump -nr '{capture}' 2>/dev/null | wc -l"))
        self.frame_count = last
        self.bounds = self.phase_bounds()

    def phase_bounds(self):
        """The first and last frame of each phase."""
        times = frame_times(self.capture)
        starts = [at for at, _ in self.lab.phases]
        bounds = []
        for i, start in enumerate(starts):
            end = starts[i + 1] if i + 1 < len(starts) else float("inf")
            inside = [number for number, at in times if start <= at < end]
            if i == 0:
                inside += [number for number, at in times if at < start]
            bounds.append((min(inside), max(inside)) if inside else (0, -1))
        return bounds

    def answers(self):
        """What the resolver told its client, in order."""
        own = set(self.lab.resolver.host.addresses)
        return [m for m in self.messages if m.response and m.source in own and m.port == 53]

    def verdicts(self):
        """The expected verdicts with the frames that they are about."""
        found = [(v, v.frames(self.messages, self.bounds)) for v in self.scenario.VERDICTS]
        missing = [f"{v.qname} {v.qtype} phase {v.phase} server {v.server}" for v, frames in found if not frames]
        if missing:
            raise LookupError(f"{self.lab.name}: not on the wire: {', '.join(missing)}")
        return found

    def expect(self):
        """expect.json."""
        return {
            "alerts": [alert.entry() for alert in self.scenario.ALERTS],
            "tolerated": [alert.entry() for alert in getattr(self.scenario, "TOLERATED", [])],
            "awaited": [alert.entry() for alert in getattr(self.scenario, "AWAITED", [])],
            "changes": [change.entry() for change in getattr(self.scenario, "CHANGES", [])],
            "verdicts": [verdict.entry(frames) for verdict, frames in self.verdicts()],
            "resolver": [
                {"packet": m.frame, "qname": m.qname, "qtype": m.qtype, "rcode": m.rcode, "tc": m.tc, "ad": m.ad,
                 "ede": m.ede}
                for m in self.answers()
            ],
        }

    def readme(self):
        """README.md."""
        title, _, story = (self.scenario.__doc__ or "").strip().partition("\n")
        out = [f"# {self.lab.name}", "", title, "", story.strip(), "", "## Origin", ""]
        out += [fill(
            f"Recorded by `lab/record {self.lab.name}` on {time.strftime('%Y-%m-%d', time.gmtime())}, "
            f"{self.frame_count} frames. The resolver is {self.lab.resolver.software} at {self.lab.resolver.address}, "
            f"its client is 192.0.2.100. All names, addresses and keys are made up for the recording; `anchors.txt` "
            f"is the DS of its root. Software: {versions()}."), ""]
        out += ["| zone | signed by | algorithm | denial | served by | at |", "| --- | --- | --- | --- | --- | --- |"]
        out += self.lab.tree.table
        out += ["", "## What happened", ""]
        for i, ((_, text), (first, last)) in enumerate(zip(self.lab.phases, self.bounds), 1):
            where = f"Frames {first} to {last}" if last > 0 else "No frame"
            out.append(fill(f"{i}. {where}: {text}", "   "))
        out += ["", "## What the resolver answered", ""]
        out += self.answer_table() or ["Its answers are not in the recording."]
        out += ["", "## What a sensor must conclude", ""]
        out += self.verdict_table() or [self.scenario.SILENCE]
        out += ["", "## What must be alerted", ""]
        out += self.alert_lines()
        return "\n".join(out) + "\n"

    def answer_table(self):
        """What the resolver told its client."""
        rows = [f"| {m.frame} | {m.qname} {m.qtype} | {m.rcode}{', truncated' if m.tc else ''} | "
                f"{'yes' if m.ad else 'no'} | {', '.join(map(str, m.ede)) or '-'} |" for m in self.answers()]
        return rows and ["| frame | question | rcode | AD | EDE |", "| --- | --- | --- | --- | --- |", *rows]

    def verdict_table(self):
        """What a sensor must conclude, and why."""
        rows = []
        for verdict, frames in self.verdicts():
            state = " or ".join(filter(None, [verdict.state, verdict.or_state]))
            reason = " or ".join(filter(None, [verdict.reason, verdict.or_reason])) or "-"
            rows.append(f"| {verdict.qname} {verdict.qtype} | {spans(frames)} | {state} | {reason} | {verdict.why} |")
        return rows and ["Of the authoritative answers in these frames:", "",
                         "| question | frames | state | reason | why |", "| --- | --- | --- | --- | --- |", *rows]

    def alert_lines(self):
        """The alerts that must and may be raised."""
        lines = []
        if not self.scenario.ALERTS:
            lines.append("Nothing." + (f" {self.scenario.SILENCE}" if self.scenario.VERDICTS else ""))
        for alert in self.scenario.ALERTS:
            entry = alert.entry()
            kinds = " or ".join(f"`{kind}`" for kind in (alert.kind, *alert.or_kinds))
            causes = " or ".join(f"`{cause}`" for cause in (alert.cause, *alert.or_causes))
            of = f" of `{alert.zone}`" if alert.zone else ""
            lines.append(fill(f"- {kinds}{of}, cause {causes} (class `{entry['cause_class']}`), "
                              f"{alert.severity}: {alert.why}", "  "))
        tolerated = getattr(self.scenario, "TOLERATED", [])
        if tolerated:
            lines += ["", "May be raised beside it:", ""]
            lines += [fill(f"- `{a.kind}` of `{a.zone or 'the sensor'}`: {a.why}", "  ") for a in tolerated]
        awaited = getattr(self.scenario, "AWAITED", [])
        if awaited:
            lines += ["", "Should be raised, and is not asked for by the tests yet:", ""]
            lines += [fill(f"- `{a.kind}` of `{a.zone or 'the sensor'}`, cause `{a.cause}`, {a.severity}: {a.why}", "  ")
                      for a in awaited]
        changes = getattr(self.scenario, "CHANGES", [])
        if changes:
            lines += ["", "As `change` lines, expected, no alarm:", ""]
            lines += [fill(f"- `{c.kind}` of `{c.zone}`: {c.why}", "  ") for c in changes]
        return [line.rstrip() for line in lines]

    def write(self, folder, name):
        """Puts the written files beside the capture."""
        readme, expect = self.readme(), rows_of_json(self.expect())
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text(readme)
        (folder / "expect.json").write_text(expect)
        (folder / "anchors.txt").write_text("\n".join(self.lab.resolver.anchors) + "\n")
        portfolio = getattr(self.scenario, "PORTFOLIO", None)
        if portfolio:
            (folder / "portfolio.toml").write_text(portfolio)
        (folder / name).write_bytes(self.capture.read_bytes())


def frame_times(capture):
    """Every frame's number and time."""
    out = command("tshark", "-n", "-r", capture, "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch")
    return [(int(number), float(at)) for number, at in (line.split("\t") for line in out.splitlines())]


def fill(text, indent=""):
    """Text broken into lines of a width that diffs well."""
    return textwrap.fill(" ".join(text.split()), 116, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def spans(frames):
    """Frame numbers, short."""
    return ", ".join(map(str, frames[:8])) + (f" and {len(frames) - 8} more" if len(frames) > 8 else "")


def rows_of_json(value):
    """JSON with one list entry a line."""
    parts = []
    for key, entries in value.items():
        body = ",\n".join("    " + json.dumps(entry) for entry in entries)
        parts.append(f'  "{key}": [\n{body}\n  ]' if entries else f'  "{key}": []')
    return "{\n" + ",\n".join(parts) + "\n}\n"
