"""The browser's copy of the engine: equal to this one, text and findings, for the whole corpus and for what chance writes."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from chatplatform import tools
from chatplatform.bench import fuzz, hostile
from security.masking import MAX_LENGTH, MaskingPolicy, mask
from security.masking.engine import Unsettled
from security.masking.packs import PACKS
from tests.missing import missing

ROOT: Final = Path(__file__).resolve().parents[3]
SCRIPT: Final = ROOT / "tests/js/mask_differential.mjs"
TIMES: Final = ROOT / "tests/js/mask_times.mjs"
BOUND: Final = 50
"""Milliseconds for a message made to be slow; three times that here, for a machine that is busy."""
CORPUS: Final = ROOT / "chatplatform/bench/corpus"
SEED: Final = 20261122
MUTATIONS: Final = 2_000
Case = dict[str, Any]

# Where the two languages could part: case and word boundaries, planes of Unicode, signs that one of them folds otherwise.
PIECES: Final = (
    *("card ", "my visa ", "ssn ", "cvv ", "exp 04/28 ", "order ", "imei ", "social ", "security ", "last four ", "pass: "),
    *("four ", "double ", "seven", "cuatro ", "quatre vingt ", "soixante dix ", "zwei", "und", "one", "k", "s", "x", "O", "l", "I", "|", "!"),
    *("0", "1", "4242", "4111 1111 1111 1111", "5555-5555-5555-4444", "123-45-6789", "378282246310005", "a@b.co"),
    *("+1 415 555 0134", "GB29NWBK60161331926819", "dob 1.2.1980", "49906958-4830-4011-abcd-0123456789ab", "+", "$", "€", "•"),
    *("%34", "&#52;", "\\u0034", "<b>", "</b>", "=34", "=20", "&nbsp;", "&amp;", "[email]", "\n", "\t", " ", "-", ".", ",", "/", "_", "(", ")"),
    *("é", "ñ", "ß", "İ", "\u212a", "\u017f", "Σ", "ς", "ǆ", "ﬁ", "ä", "卡", "カード", "карта", "한", "𐐀", "𠀀", "🙂", "½", "Ⅷ", "¥"),
    *("𝟒", "\uff14", "٤", "²", "①", "四二四二四二四二", "\u200b", "\u00ad", "\ufe0f\u20e3", "\u0301", "\u0600", "\u2028", "\x1f", "\x7f", "\x85"),
    *("\x00", "\ud800"),
)  # fmt: skip


def corpus() -> Iterator[Case]:
    """Every message as it stands with those before it, and with every pack switched on."""
    for path in sorted(CORPUS.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            texts = [entry["text"]] if "text" in entry else [message[2] for message in entry["messages"]]
            for index, text in enumerate(texts):
                yield {"text": text, "context": texts[max(0, index - 3) : index]}
                yield {"text": text, "rules": {"packs": sorted(PACKS)}}


def mutations(texts: list[str], chance: fuzz.Chance) -> Iterator[Case]:
    for _ in range(MUTATIONS):
        way = chance.random()
        if way < 0.35:
            text = fuzz._mutated(chance)[0].text
        elif way < 0.7:
            text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 25)))
        else:
            signs = list(chance.choice(texts))
            for _ in range(chance.randint(1, 6)):
                place = chance.randint(0, len(signs))
                signs[place : place + chance.randint(0, 1)] = [chance.choice((*PIECES, ""))]
            text = "".join(signs)
        rules: Case = {}
        if chance.random() < 0.4:
            rules = {
                "packs": chance.sample(sorted(PACKS), chance.randint(1, 6)),
                "keep_last_four": chance.random() < 0.7,
            }
        yield {"text": text[:MAX_LENGTH], "rules": rules, "context": [chance.choice(texts)] if way % 0.2 < 0.04 else []}


@cache
def policy_of(packs: tuple[str, ...], keeps: bool) -> MaskingPolicy:
    return MaskingPolicy(packs=packs, keep_last_four=keeps)


def masked_here(case: Case) -> Any:
    rules = case.get("rules", {})
    policy = policy_of(tuple(rules.get("packs", ())), rules.get("keep_last_four", True))
    try:
        masked = mask(case["text"], policy, case.get("context", ()))
    except Unsettled:
        return "unsettled"
    findings = [
        {"kind": f.kind, "start": f.start, "end": f.end, "rule": f.rule, "reasons": list(f.reasons)}
        for f in masked.findings
    ]
    return {"text": str(masked), "findings": findings}


def said_there(script: Path, cases: list[Case], folder: Path) -> list[Any]:
    """What a script of node says of each case."""
    node = tools.path_of(tools.NODE)
    if node is None:
        missing("node is not installed.")
    path = folder / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)), "utf-8")
    done = subprocess.run([node, str(script), str(path)], capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().strip("\n").split("\n")]


def masked_there(cases: list[Case], folder: Path) -> list[Any]:
    results = said_there(SCRIPT, cases, folder)
    return ["unsettled" if "error" in result else result for result in results]


def differing(cases: list[Case], folder: Path) -> list[tuple[Case, Any, Any]]:
    there = masked_there(cases, folder)
    assert len(there) == len(cases)
    both = [(case, masked_here(case), theirs) for case, theirs in zip(cases, there, strict=True)]
    assert any(ours != "unsettled" and ours["findings"] for _, ours, _ in both)
    return [(case, ours, theirs) for case, ours, theirs in both if ours != theirs]


def test_the_browser_masks_the_corpus_as_the_server_does(tmp_path: Path) -> None:
    assert differing(list(corpus()), tmp_path) == []


def test_the_browser_masks_what_chance_writes_as_the_server_does(tmp_path: Path) -> None:
    texts = [case["text"] for case in corpus()]
    assert differing(list(mutations(texts, fuzz.Chance(SEED))), tmp_path) == []


def test_the_browser_masks_hostile_messages_as_the_server_does(tmp_path: Path) -> None:
    assert differing([{"text": text} for _, text in hostile.texts()], tmp_path) == []


def test_no_message_holds_a_browser_up(tmp_path: Path) -> None:
    for rules in ({}, {"packs": sorted(PACKS)}):
        cases = [{"text": text, "rules": rules} for _, text in hostile.texts()]
        slowest = max(said_there(TIMES, cases, tmp_path))
        assert slowest < 3 * BOUND, f"{slowest:.1f} ms with {len(rules)} packs"
