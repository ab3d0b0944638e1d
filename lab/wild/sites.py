"""What stands at a name, and what is asked about it."""

from dataclasses import dataclass, field

TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "NAPTR", "PTR", "SSHFP", "TLSA", "RP", "HINFO", "KX", "AFSDB",
         "LOC", "TYPE65280", "CERT", "URI"]
ODD_LABELS = [r"a\.b", r"\000\255", r"sp\032ace", "_tcp", "x" * 63, r"back\\slash", "*x", "x*"]


@dataclass
class Question:
    """A question, and the names of its alias chain that may be asked for on their own."""

    name: str
    rtype: str
    links: list = field(default_factory=list)


@dataclass
class Site:
    """Records at and below one name, with questions, and where damage can be done."""

    kind: str
    records: list
    questions: list
    sets: list  # (owner, type) of the sets that answer
    denied: list = field(default_factory=list)  # names whose NSEC or NSEC3 are needed
    damage: str = "none"


def mixed(rng, name):
    """The name with letters of either case."""
    return "".join(c.upper() if rng.random() < 0.5 and not name.startswith("\\") else c for c in name) \
        if "\\" not in name else name


def rdata(rng, rtype, zone):
    """Random RDATA of a type, in zone-file form."""
    name = mixed(rng, f"Mail{rng.randrange(99)}.{zone}")
    word = "%08x" % rng.getrandbits(32)
    return {
        "A": f"203.0.113.{rng.randrange(100, 250)}", "AAAA": f"2001:db8::{rng.randrange(1, 9999):x}",
        "TXT": f'"{word}" "{mixed(rng, "some text")}"', "MX": f"{rng.randrange(99)} {name}",
        "SRV": f"{rng.randrange(9)} 5 5060 {name}", "CAA": f'0 issue "{word}.example"',
        "NAPTR": f'100 {rng.randrange(99)} "S" "SIP+D2U" "" {name}', "PTR": name,
        "SSHFP": f"4 2 {word * 8}", "TLSA": f"3 1 1 {word * 8}", "RP": f"{name} {name}",
        "HINFO": f'"{word}" "Linux"', "KX": f"{rng.randrange(99)} {name}", "AFSDB": f"1 {name}",
        "LOC": f"{rng.randrange(1, 89)} 22 23.000 N 4 53 32.000 E -2.00m 1.00m 10000.00m 10.00m",
        "TYPE65280": rf"\# 4 {word}", "CERT": "1 12345 8 c2lndGFw", "URI": f'10 1 "ftp://{word}.example/"',
    }[rtype]


def a_set(rng, owner, rtype, zone, count=None):
    """The lines of a set of one to three records."""
    count = count or rng.choice([1, 1, 2, 3])
    return sorted({f"{owner} IN {rtype} {rdata(rng, rtype, zone)}" for _ in range(count)})


def host(rng, label, zone):
    """A name with some types; asked for one of them and one that is not there."""
    if rng.random() < 0.15:
        label = f"{rng.choice(ODD_LABELS)}.{label}"
    owner = f"{mixed(rng, label)}.{zone}"
    types = rng.sample(TYPES, rng.randrange(1, 5))
    if rng.random() < 0.5 and "A" not in types:
        types.append("A")
    lines = [line for rtype in types for line in a_set(rng, owner, rtype, zone)]
    missing = rng.choice([rtype for rtype in TYPES if rtype not in types])
    asked = rng.choice(types)
    site = Site("host", lines, [Question(owner.lower(), asked), Question(owner, missing)], [(owner, asked)], [owner])
    if rng.random() < 0.1:
        site.questions.append(Question(owner, rng.choice(["DS", "NSEC", "ANY", "DNSKEY", "NS", "SOA"])))
    return site


def absent(rng, label, zone):
    """A name beside one that is there."""
    owner, name = f"{label}.{zone}", f"{label}-{rng.choice(['x', 'y.z', 'A.b.C'])}.{zone}"
    return Site("absent", a_set(rng, owner, "A", zone), [Question(name, rng.choice(TYPES[:6]))], [(owner, "A")],
                [name, f"{label}-{'z' if 'z' in name else 'C' if 'C' in name else 'x'}.{zone}", owner, f"*.{zone}"])


def wildcard(rng, label, zone):
    """A wildcard, names made from it, and one beside it."""
    owner = f"*.{label}.{zone}"
    types = rng.sample(TYPES[:8], 2)
    lines = [line for rtype in types for line in a_set(rng, owner, rtype, zone)]
    lines += a_set(rng, f"here.{label}.{zone}", "A", zone)
    made, deep = f"foo.{label}.{zone}", f"a.B.{label}.{zone}"
    missing = next(rtype for rtype in TYPES if rtype not in types)
    questions = [Question(made, types[0]), Question(deep, types[1]), Question(made, missing),
                 Question(f"here.{label}.{zone}", "TXT"), Question(f"x.here.{label}.{zone}", "A"),
                 Question(owner, types[0])]
    rng.shuffle(questions)
    return Site("wildcard", lines, questions[:3], [(owner, types[0]), (owner, types[1])],
                [made, f"B.{label}.{zone}", owner, f"{label}.{zone}", f"here.{label}.{zone}"])


def empty(rng, label, zone):
    """Names that only have names below them."""
    owner = f"deep.a.{label}.{zone}"
    questions = [Question(f"a.{label}.{zone}", "A"), Question(f"b.a.{label}.{zone}", "A"),
                 Question(f"{label}.{zone}", "TXT"), Question(owner, "A")]
    return Site("empty", a_set(rng, owner, "A", zone), questions[:rng.randrange(1, 5)], [(owner, "A")],
                [f"a.{label}.{zone}", f"b.a.{label}.{zone}", f"{label}.{zone}", f"*.a.{label}.{zone}"])


def alias(rng, label, zone, targets):
    """A CNAME to somewhere; sometimes one made from a wildcard, sometimes two in a row."""
    target = rng.choice(targets + [f"no-such-{label}.{zone}"])
    owner = f"{mixed(rng, label)}.{zone}"
    if rng.random() < 0.2:
        made = f"any.{label}.{zone}"
        return Site("alias", [f"*.{label}.{zone} IN CNAME {target}"],
                    [Question(made, rng.choice(["A", "TXT"]), [target])], [(f"*.{label}.{zone}", "CNAME")],
                    [made, f"*.{label}.{zone}"])
    lines, links = [f"{owner} IN CNAME {target}"], [target]
    if rng.random() < 0.3:
        lines = [f"{owner} IN CNAME second.{label}.{zone}", f"second.{label}.{zone} IN CNAME {target}"]
        links = [f"second.{label}.{zone}", target]
    questions = [Question(owner, rng.choice(["A", "TXT", "AAAA"]), links)]
    if rng.random() < 0.2:
        questions.append(Question(owner, "CNAME"))
    return Site("alias", lines, questions, [(owner, "CNAME")], [owner])


def subtree_alias(rng, label, zone, targets):
    """A DNAME to the parent of some name that is there."""
    target = rng.choice(targets)
    first, _, parent = target.partition(".") if "\\" not in target else ("www", "", zone)
    owner = f"{label}.{zone}"
    questions = [Question(f"{first}.{owner}", "A", [f"{first}.{parent}"]), Question(owner, "DNAME"),
                 Question(f"nope-{label}.{owner}", "A", [f"nope-{label}.{parent}"]), Question(owner, "A")]
    rng.shuffle(questions)
    return Site("subtree", [f"{owner} IN DNAME {parent}"], questions[:2], [(owner, "DNAME")], [owner])


def cut(rng, label, zone):
    """A delegation of which only the upper side is asked."""
    owner = f"{label}.{zone}"
    lines = [f"{owner} IN NS ns.{owner}", f"ns.{owner} IN A 203.0.113.254"]
    if rng.random() < 0.5:
        lines.append(f"{owner} IN DS {rng.randrange(65536)} 13 2 {'%064X' % rng.getrandbits(256)}")
        return Site("cut", lines, [Question(owner, "DS")], [(owner, "DS")], [owner])
    return Site("cut", lines, [Question(owner, "DS")], [], [owner])
