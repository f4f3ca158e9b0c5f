"""What a labelled case of the masking corpus is, and how it is read from a line of JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from security.masking import MaskingPolicy, Pattern

FOLDER: Final = Path(__file__).resolve().parent / "corpus"
Author = Literal["visitor", "agent"]


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `at` is in seconds."""

    text: str
    author: Author = "visitor"
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is said, and what has to become of it: a case without secrets must come out byte for byte."""

    id: str
    group: str
    language: str
    messages: tuple[Said, ...]
    cards: tuple[str, ...] = ()
    ssns: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()  # texts that must not be left standing by themselves: codes, expiries, what packs hide
    keeps: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not (self.cards or self.ssns or self.gone)

    @property
    def is_split(self) -> bool:
        """Judged as a conversation, by `Stream`; anything else by `mask`, the earlier messages being its context."""
        return self.group.startswith("split")

    @property
    def policy(self) -> MaskingPolicy:
        return MaskingPolicy(packs=frozenset({"card", "ssn", *self.packs}), patterns=self.patterns)

    @property
    def text(self) -> str:
        """What is judged where one message is."""
        return self.messages[-1].text

    @property
    def context(self) -> tuple[str, ...]:
        return tuple(said.text for said in self.messages[:-1])


def load(*, folder: Path = FOLDER) -> Iterator[Case]:
    """The cases written by hand, in the order of the files' names."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line:
                yield parse_case(json.loads(line), id=f"{path.stem}-{number}")


def parse_case(row: dict[str, Any], *, id: str) -> Case:  # noqa: A002  it is the case's own word
    """A row of a file; `text` is short for one message of the visitor's."""
    said = row.get("messages") or [["visitor", 0, row["text"]]]
    return Case(
        id=id,
        group=row["class"],
        language=row.get("lang", "en"),
        messages=tuple(Said(text, author, at) for author, at, text in said),
        cards=tuple(row.get("card", ())),
        ssns=tuple(row.get("ssn", ())),
        gone=tuple(row.get("gone", ())),
        keeps=tuple(row.get("keep", ())),
        packs=tuple(row.get("packs", ())),
        patterns=tuple(_pattern(**pattern) for pattern in row.get("patterns", ())),
    )


def _pattern(*, name: str, kind: Any, value: str | list[str]) -> Pattern:
    return Pattern(name=name, kind=kind, value=value if isinstance(value, str) else tuple(value))
