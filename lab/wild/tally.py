"""What came out of worlds: the counts, and each disagreement that has no reason."""

import collections

OUTCOMES = ["agree", "split", "explained", "false bogus", "missed bogus", "indeterminate", "other", "once", "unseen"]
UNEXPLAINED = ["false bogus", "missed bogus", "indeterminate", "other"]


class Tally:
    """The counts of one world, or of all."""

    def __init__(self):
        self.counts = {"unbound": collections.Counter(), "bind": collections.Counter()}
        self.reasons = collections.Counter()  # resolver and key of explained.RULES
        self.questions = 0  # that some resolver answered, compared
        self.responses = 0
        self.alerts = []
        self.found = []  # disagreements without a reason

    def add(self, other):
        """Takes the counts of a world in."""
        for name, counts in other.counts.items():
            self.counts[name].update(counts)
        self.reasons.update(other.reasons)
        self.questions += other.questions
        self.responses += other.responses
        self.alerts += other.alerts
        self.found += other.found

    def drop_unrepeated(self, again):
        """Leaves the disagreements that the same world gave a second time; the others are told of, and counted."""
        repeated = {found.key() for found in again.found}
        for found in self.found:
            if found.key() not in repeated:
                print(f"  only once of two times: {found.line}", flush=True)
                self.counts[found.resolver][found.outcome] -= 1
                self.counts[found.resolver]["once"] += 1
        self.found = [found for found in self.found if found.key() in repeated]

    def table(self):
        """What came out, for reading."""
        print(f"{'':9}" + "".join(f"{outcome:>14}" for outcome in OUTCOMES))
        for name, counts in self.counts.items():
            print(f"{name:9}" + "".join(f"{counts[outcome]:>14}" for outcome in OUTCOMES))
        for (kind, key, name), count in sorted(self.reasons.items()):
            print(f"{kind:9} {count:>5}  {key} ({name})")
        print(f"questions: {self.questions}, responses judged: {self.responses}, alerts: {len(self.alerts)}"
              if self.alerts else f"questions: {self.questions}, responses judged: {self.responses}")


class Found:
    """A disagreement that has no reason."""

    def __init__(self, resolver, case, outcome, verdict, line):
        self.resolver = resolver
        self.case = case
        self.outcome = outcome
        self.verdict = verdict
        self.line = line

    def key(self):
        """What makes it the same disagreement when the world is played again."""
        return self.resolver, self.case.question.name, self.case.question.rtype, self.outcome

    def kind(self):
        """What makes two of them alike, so that one is enough to keep."""
        return self.resolver, self.case.what, self.outcome, self.verdict["reason"]
