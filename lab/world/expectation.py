"""What a passive sensor must find in a recording: written by reasoning, never taken from a sensor."""

from dataclasses import dataclass

CAUSE_CLASSES = {
    "tampering": "attack", "downgrade": "attack", "spoofing": "attack", "registrar_hijack": "attack",
    "expired_signatures": "misconfiguration", "rollover_error": "misconfiguration",
    "ds_mismatch": "misconfiguration", "resolver_fault": "misconfiguration",
    "signing_outage": "outage", "sensor_clock": "sensor", "unknown": "unknown",
}


@dataclass
class Verdict:
    """The state of the authoritative answers (or the referrals) to one question."""

    qname: str
    qtype: str
    state: str
    reason: str | None = None
    why: str = ""
    phase: int | None = None  # counted from 1; None for the whole recording
    server: str | None = None
    referral: bool = False  # about the referrals to this question, not the answers
    relayed: bool = False  # about what another resolver said, not an authoritative server
    or_reason: str | None = None  # where two reasons are as right
    or_state: str | None = None  # where two states are as right

    def entry(self, frames):
        """As it stands in expect.json."""
        entry = {"qname": self.qname, "qtype": self.qtype, "server": self.server, "packets": frames,
                 "state": self.state, "reason": self.reason}
        choices = {"or_reason": self.or_reason, "or_state": self.or_state}
        return entry | {key: value for key, value in choices.items() if value}

    def frames(self, recording, bounds):
        """The frames whose answers this is about: with AA, to this question, in this phase."""
        first, last = bounds[self.phase - 1] if self.phase else (0, float("inf"))
        return [
            message.frame for message in recording
            if message.response and message.do and not message.tc and self._fits(message)
            and message.qname.lower() == self.qname and message.qtype == self.qtype
            and (self.server is None or message.source == self.server)
            and first <= message.frame <= last
        ]

    def _fits(self, message):
        """Whether the response is of the kind that the verdict is about."""
        if self.relayed:
            return message.ra
        return message.aa != self.referral and not (message.ra and not message.aa)


@dataclass
class Change:
    """A `change` line: a DS or key set that changed as expected."""

    kind: str
    zone: str
    why: str = ""

    def entry(self):
        """As it stands in expect.json."""
        return {"kind": self.kind, "zone": self.zone, "expected": True}


@dataclass
class Alert:
    """An alert that must be raised, or may be beside those that must."""

    kind: str
    zone: str | None  # None where it is not a zone's incident
    cause: str
    severity: str
    why: str = ""
    or_causes: tuple = ()  # where the rules leave room: what is as right
    or_kinds: tuple = ()

    def entry(self):
        """As it stands in expect.json."""
        cause_class = "outage" if self.kind == "zone_unreachable" else CAUSE_CLASSES[self.cause]
        entry = {"kind": self.kind, "zone": self.zone, "cause": self.cause,
                 "cause_class": cause_class, "severity": self.severity}
        choices = {"or_causes": self.or_causes, "or_kinds": self.or_kinds}
        return entry | {key: list(value) for key, value in choices.items() if value}


def secure(*questions, **options):
    """Verdicts `secure` for questions written as `name TYPE`."""
    return [Verdict(*question.split(), "secure", **options) for question in questions]


def insecure(*questions, reason="no_ds", **options):
    """Verdicts `insecure` for questions written as `name TYPE`."""
    return [Verdict(*question.split(), "insecure", reason, **options) for question in questions]


def bogus(reason, *questions, **options):
    """Verdicts `bogus` for questions written as `name TYPE`."""
    return [Verdict(*question.split(), "bogus", reason, **options) for question in questions]
