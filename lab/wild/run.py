"""Plays worlds one after the other and compares; what the lab itself fails at is kept apart from disagreements."""

import json
import shutil
import sys
import time
import traceback
from pathlib import Path

from . import compare, explained
from .tally import Found, Tally
from .world import World

ALONE_PER_WORLD = 12


class Deadline(BaseException):
    """The time that the run was given is over."""


class Run:
    """All worlds of a run."""

    def __init__(self, sigtap, keep=None, healthy=False, twice=False):
        self.sigtap = sigtap
        self.keep = keep and Path(keep)
        self.healthy = healthy
        self.twice = twice  # a disagreement counts if it comes again when its world is played again
        self.total = Tally()
        self.kept = set()  # kinds of disagreements
        self.failures = []  # worlds that did not come to life, twice
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)

    def world(self, seed, size):
        """One world; a second time if the lab fails, or if what it finds must come again."""
        tally = self.attempt(seed, size)
        if tally and tally.found and self.twice:
            print(f"seed {seed}: played again", file=sys.stderr, flush=True)
            again = self.attempt(seed, size)
            if again:
                tally.drop_unrepeated(again)
        if tally:
            self.total.add(tally)

    def attempt(self, seed, size):
        """The tally of a world; nothing if it did not come to life two times."""
        for is_last in (False, True):
            try:
                return self.play(seed, size)
            except compare.SensorFailed:
                raise
            except Exception as error:  # a server that does not start is no disagreement
                traceback.print_exc()
                print(f"seed {seed}: the lab itself failed{', again' if is_last else ''}", file=sys.stderr, flush=True)
                if is_last:
                    self.failures.append(f"seed {seed}: {type(error).__name__}: {str(error).splitlines()[0]}")
        return None

    def play(self, seed, size):
        """One world: built, asked, compared."""
        world = World(seed, self.healthy, size)
        try:
            start = time.time()
            world.build()
            built = time.time()
            world.ask()
            asked = time.time()
            tally = Tally()
            for name, capture in world.captures.items():
                self.compare(world, name, capture, tally)
            tally.questions = sum(1 for case in world.cases if case.compared)
            if self.keep:
                self.keep_world(world, tally)
            print(f"seed {seed}: {tally.questions} of {len(world.cases)} questions, built in {built - start:.0f} s, "
                  f"asked in {asked - built:.0f} s, {time.time() - start:.0f} s in all", file=sys.stderr, flush=True)
            return tally
        finally:
            world.lab.close()

    def compare(self, world, name, capture, tally):
        """Counts what one resolver and sigtap make of each question."""
        verdicts, alerts = compare.read(self.sigtap, capture, world.anchors())
        tally.responses += len(verdicts)
        if self.healthy:
            tally.alerts += [f"seed {world.seed} {name}: {alert['summary']}" for alert in alerts]
        upstream = compare.by_question(verdicts, "upstream", world.servers)
        downstream = compare.by_question(verdicts, "downstream")
        for case in world.cases:
            said = compare.answered(case.answers[name])
            verdict = compare.sensed(case.question, upstream, said)
            outcome = compare.outcome(said, verdict)
            low = downstream.get((compare.canonical(case.question.name), compare.number(case.question.rtype)))
            if outcome in ("agree", "unseen") and low and low["state"] == "bogus" and said in ("secure", "insecure"):
                outcome, verdict = "false bogus", low
            case.compared |= outcome != "unseen"
            if outcome in ("agree", "unseen"):
                tally.counts[name][outcome] += 1
                continue
            said_all = {other: compare.answered(given) for other, given in case.answers.items()}
            disagreement = explained.Disagreement(
                name, case.question.rtype, case.site, case.damages, world.denials(case), said_all,
                case.answers[name]["ede"], verdict["state"], verdict["reason"] or "", verdict["rrset"] or "", outcome)
            key = explained.key(disagreement)
            if self.keep:
                self.note(world, name, case, verdict, outcome, key)
            if key:
                kind = "split" if disagreement.is_split() else "explained"
                tally.counts[name][kind] += 1
                tally.reasons[kind, key, name] += 1
                continue
            tally.counts[name][outcome] += 1
            line = (f"seed {world.seed} {outcome}: {case.question.name} {case.question.rtype} ({case.what}): {name} "
                    f"{said} {case.answers[name]['rcode']} {case.answers[name]['ede']}, sigtap {verdict['state']} "
                    f"{verdict['reason']} {verdict['rrset']} {verdict['vantage']} packet {verdict['packet']}; "
                    f"all: {said_all}")
            print(f"  {line}", flush=True)
            tally.found.append(Found(name, case, outcome, verdict, line))

    def note(self, world, name, case, verdict, outcome, key):
        """Writes a disagreement down, whether it has a reason or not."""
        told = {field: verdict[field] for field in ("state", "reason", "rrset", "packet")}
        with open(self.keep / "disagreements.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({
                "seed": world.seed, "resolver": name, "name": case.question.name, "type": case.question.rtype,
                "what": case.what, "denials": sorted(map(str, world.denials(case))), "outcome": outcome, "key": key,
                "answers": case.answers, "sigtap": told}) + "\n")

    def keep_world(self, world, tally):
        """Keeps the captures where there is something to see, and a small one of each new kind of disagreement."""
        new = []
        for found in tally.found:
            if found.kind() not in self.kept:
                self.kept.add(found.kind())
                new.append(found)
        for name, capture in world.captures.items():
            text = "\n".join([found.line for found in new if found.resolver == name] + tally.alerts)
            if text:
                self.keep_files(f"seed{world.seed}-{name}-whole", capture, world, text)
                shutil.copy(world.resolvers[name].folder / "log", self.keep / f"seed{world.seed}-{name}-whole")
        for found in sorted(new, key=lambda found: not found.outcome.startswith("missed"))[:ALONE_PER_WORLD]:
            self.alone(world, found)

    def alone(self, world, found):
        """Asks again with an empty cache, so that the kept capture is small."""
        question, name = found.case.question, found.resolver
        capture, answer = world.ask_alone(name, question)
        verdicts, _ = compare.read(self.sigtap, capture, world.anchors())
        verdict = compare.sensed(question, compare.by_question(verdicts, "upstream", world.servers))
        outcome = compare.outcome(compare.answered(answer), verdict)
        again = f"alone: {outcome}, {answer['rcode']} ad={answer.get('ad')} ede={answer.get('ede')}, sigtap " \
                f"{verdict and (verdict['state'], verdict['reason'], verdict['rrset'])}"
        label = "".join(c if c.isalnum() else "-" for c in f"{found.case.what}-{question.name}-{question.rtype}")
        self.keep_files(f"seed{world.seed}-{name}-{label}"[:120], capture, world, f"{found.line}\n{again}")

    def keep_files(self, label, capture, world, text):
        """Keeps a capture with its anchors and a line about it."""
        folder = self.keep / label
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(capture, folder / "capture.pcap")
        shutil.copy(world.anchors(), folder / "anchors.txt")
        (folder / "README").write_text(text + "\n")
