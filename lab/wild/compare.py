"""Sets what sigtap says beside what the validators said."""

import json
import subprocess

import dns.name
import dns.rdatatype

SIGTAP_STATES = ["secure", "insecure", "bogus", "indeterminate"]  # best first, of one question
WORST_FIRST = ["bogus", "indeterminate", "insecure", "secure"]


class SensorFailed(Exception):
    """sigtap itself failed, or did not come to an end."""


def read(sigtap, capture, anchors):
    """The verdict lines and alert lines of a capture."""
    verdicts, lines = read_together(sigtap, [capture], anchors, timeout=120)
    return list(verdicts), [line for line in lines if line["event_type"] == "alert"]


def read_together(sigtap, captures, anchors, timeout=None):
    """The verdict lines of captures merged by time, one by one, and all other lines."""
    into = f"{captures[0]}.verdicts"
    try:
        done = subprocess.run(
            [sigtap, "read", "-q", "--format", "eve", "--trust-anchor", anchors, "--verdicts", into, *captures],
            capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise SensorFailed(f"sigtap read did not end within {timeout} s") from None
    if done.returncode not in (0, 3):
        raise SensorFailed(f"sigtap read failed: exit code {done.returncode}, {done.stderr}")

    def verdicts():
        with open(into, encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    return verdicts(), [json.loads(line) for line in done.stdout.splitlines()]


def by_question(verdicts, vantage, servers=None):
    """The best verdict of each question; upstream, of what the servers of its own zone said, not of referrals."""
    best = {}
    for verdict in verdicts:
        if verdict["vantage"] != vantage:
            continue
        if servers and verdict["server"] not in servers(verdict["qname"], verdict["qtype"]):
            continue
        key = (verdict["qname"].lower(), number(verdict["qtype"]))
        if key not in best or rank(verdict) < rank(best[key]):
            best[key] = verdict
    return best


def rank(verdict):
    """Its place among the verdicts of one question."""
    return SIGTAP_STATES.index(verdict["state"]), verdict["reason"] == "truncated"


def canonical(name):
    """A name as sigtap writes it."""
    return dns.name.from_text(name).to_text().lower()


def number(rtype):
    """The number of a type, whichever way it is written."""
    return int(dns.rdatatype.from_text(rtype))


def sensed(question, best, said=None):
    """The verdict for the question's final data: the worst link of its alias chain. Nothing where a validator said
    bogus of a link that it never asked for, or gave up after a reply that was cut."""
    names = [canonical(name) for name in [question.name, *question.links]]
    rtype = number(question.rtype)
    found = [best[name, rtype] for name in names if (name, rtype) in best]
    if not found or (names[0], rtype) not in best:
        return None
    worst = min(found, key=lambda verdict: WORST_FIRST.index(verdict["state"]))
    if worst["reason"] == "truncated":
        return None
    if said == "bogus" and worst["state"] in ("secure", "insecure") and len(found) < len(names):
        return None
    return worst


def answered(answer):
    """What a validator's answer says: secure, insecure, bogus, or nothing."""
    if answer["rcode"] == "SERVFAIL":
        return "bogus"
    if answer["rcode"] not in ("NOERROR", "NXDOMAIN"):
        return None
    return "secure" if answer["ad"] else "insecure"


def outcome(said, verdict):
    """How the two agree."""
    if said is None or verdict is None:
        return "unseen"
    state = verdict["state"]
    if state == said:
        return "agree"
    if state == "bogus":
        return "false bogus"
    if said == "bogus" and state != "indeterminate":
        return "missed bogus"
    return "indeterminate" if state == "indeterminate" else "other"
