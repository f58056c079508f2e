"""A second reading of the knowledge base, slow and plain: straight from the TOML, entry by entry, with nothing shared.

Given a case as data, it says which entries are findings. It knows yes and not-yes only.
"""

from __future__ import annotations

TOPICS = ("transactions", "landing", "slippage", "calls", "delivery", "work", "stale", "invalid")
SHARES = ("transactions", "landing", "slippage", "calls", "stale", "invalid")
BAD_FOR_ALL = {
    "transactions": ("solana_tx", "solana_dex"),
    "landing": ("solana_tx", "solana_dex"),
    "slippage": ("solana_dex",),
    "calls": ("rpc_api",),
    "delivery": ("zkpow",),
    "work": ("zkpow",),
    "stale": ("zkpow",),
    "invalid": ("zkpow",),
}


def expected(raw, documents, case):
    """The ids of the findings, sorted, each as often as it is found."""
    features = dict(case.get("features", {}))
    crowd = {topic: dict(given) for topic, given in case.get("crowd", {}).items()}
    entries = raw["entries"]

    def holds(name, topic=None):
        return _holds(raw, documents, name, case.get("readings", ()), _view(features, crowd, topic))

    found = [name for name in ("META-04", "META-05", "META-07") if holds(name)]
    few = [topic for topic in SHARES if topic in crowd and holds("META-03", topic)]
    found += ["META-03"] * len(few)
    _forget(found, features, crowd)
    common = {topic for topic in TOPICS if topic in crowd and (holds("META-02", topic) or _tests_say_so(crowd[topic]))}
    common = {topic for topic in common if not (holds("META-01", topic) and topic not in few)}
    for topic in crowd:
        found += ["META-02"] if holds("META-02", topic) else []
        found += ["META-01"] if topic not in few and holds("META-01", topic) else []
        found += ["META-06"] if holds("META-06", topic) and topic not in common else []
    quiet = {domain for topic in common for domain in BAD_FOR_ALL[topic]}
    for name, entry in entries.items():
        if entry["domain"] == "meta" or not holds(name, entry.get("topic")):
            continue
        blamed = "scope" not in entry and (entry["domain"] in quiet or entry.get("topic") in common)
        if not blamed or entry["certainty"] == "entailed":
            found.append(name)
    return sorted(found)


def _forget(found, features, crowd):
    if "META-04" in found:
        features.pop("tx.failed", None)
        features.pop("tx.fail_rate", None)
        crowd.update({topic: {"n": each.get("n")} for topic, each in crowd.items() if topic == "transactions"})
    if "META-05" in found:
        features.pop("tx.attempted", None)
        features.pop("tx.landing_rate", None)
        crowd.update({topic: {"n": each.get("n")} for topic, each in crowd.items() if topic == "landing"})


def _tests_say_so(standing):
    own, peer, net = (standing.get(name) for name in ("p_own", "p_peer", "p_net"))
    if own is None or peer is None or net is None or standing.get("reach", 0) >= 0.001**0.5:
        return False
    return own < 0.001**0.5 and net < 0.001 and not (own < 0.001 and peer < 0.001**0.5)


def _view(features, crowd, topic):
    standing = crowd.get(topic, {})
    return {
        **{name: value for name, value in features.items() if not name.startswith("stat.")},
        **{f"stat.{name}": value for name, value in standing.items() if value is not None},
    }


def _holds(raw, documents, name, readings, view):
    signal = raw["entries"][name]["signal"]
    lists = [field for field in signal if field not in ("when", "chain", "origin_program", "least")]
    told = [each for each in readings if any(_listed(signal, field, each, documents) for field in lists)]
    if lists and sum(each.get("count", 1) for each in told) < signal.get("least", 1):
        return False
    when = signal.get("when", {})
    every = all(_true(raw, asked, view) for asked in when.get("all", ()))
    return every and ("any" not in when or any(_true(raw, asked, view) for asked in when["any"]))


def _true(raw, asked, view):
    feature, sign, right = asked
    if raw["features"][feature]["unit"] != "text" and isinstance(right, str):
        right = view.get(right)
    left = view.get(feature)
    if left is None or right is None:
        return False
    answers = {"<": left < right, ">": left > right} if not isinstance(left, str | bool) else {}
    answers |= {"==": left == right, "!=": left != right}
    answers |= {"<=": answers.get("<") or left == right, ">=": answers.get(">") or left == right}
    return answers[sign]


def _listed(signal, field, reading, documents):
    kinds = {
        "errors": "error", "tx_errors": "transaction", "ix_errors": "instruction", "rpc_errors": "rpc", "http": "http",
        "api_codes": "api", "pool_codes": "pool", "codes": "code", "outcomes": "outcome", "states": "state",
        "messages": "message", "selectors": "selector", "decode": "error",
    }  # fmt: skip
    if reading["kind"] != kinds[field]:
        return False
    name, code, program = reading.get("name", ""), reading.get("code"), reading.get("program", "")
    if field == "decode":
        return not (name and program) or bool(reading.get("candidates"))
    if field == "errors":
        return any(_raised(each, reading, documents) for each in signal["errors"])
    if field == "api_codes":
        return any(
            each["api"] == program and (code in each["codes"] or name in each["codes"]) for each in signal[field]
        )
    if field == "rpc_errors":
        return code in signal[field] and reading.get("chain") == signal["chain"]
    if field == "ix_errors":
        return name in signal[field] and signal.get("origin_program", program) == program
    if field == "messages":
        return any(text == name if text.isdigit() else text in name for text in signal[field])
    return (code if field in ("http", "pool_codes") else name.lower() if field == "selectors" else name) in signal[
        field
    ]


def _raised(wanted, reading, documents):
    """Whether the error is one of a program's; errors of the Anchor framework may come from any program, by name."""
    code, program, name = reading.get("code"), reading.get("program", ""), reading.get("name", "")
    table = documents[0]["programs"][wanted["program"]]["codes"]
    names = {table[str(each)] for each in wanted.get("codes", ())} | set(wanted.get("names", ()))
    if program != wanted["program"]:
        framework = wanted["program"] == "anchor" and program and code in wanted["codes"]
        return bool(framework and name == table[str(code)])
    if name:
        return name in wanted.get("names", ()) or (code in wanted.get("codes", ()) and name == table[str(code)])
    if reading.get("candidates"):
        return set(reading["candidates"]) <= names
    return code in wanted.get("codes", ())
