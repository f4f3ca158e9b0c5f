"""`MaskedText`: the only kind of text that is stored, sent or shown.

Danger: a second way to make one would let raw text through every door that asks for it.
Rule: `trusted()` is called in `security.masking` and in `security.crypto.sealed`, nowhere else; an architecture test
holds that. A str method (`+`, slicing, `format`) gives a plain str again, which has to be masked again.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Never, Self

_DOOR: Final = object()


@dataclass(frozen=True, slots=True)
class Finding:
    """One masked place: offsets count code points of the input; `reasons` explain it without quoting it."""

    kind: str
    start: int
    end: int
    rule: str
    reasons: tuple[str, ...] = ()


class MaskedText(str):
    """Text that went through masking; immutable, cannot be constructed or unpickled elsewhere."""

    __slots__ = ("_findings",)
    _findings: tuple[Finding, ...]

    def __new__(cls, text: str, *, door: object = None, findings: tuple[Finding, ...] = ()) -> Self:
        """Refuse everybody but `trusted()`."""
        if door is not _DOOR:
            raise TypeError("MaskedText comes from mask() or from opening a sealed body")
        masked = super().__new__(cls, text)
        masked._findings = findings
        return masked

    def __init_subclass__(cls, **kwargs: Any) -> Never:
        raise TypeError("MaskedText has no subclasses")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was masked, in the order of the input; empty for an opened body."""
        return self._findings

    @property
    def is_withheld(self) -> bool:
        """Whether masking failed, so that nothing of the text may stay; False for an opened body, of which that stands beside it."""
        return any(finding.kind == "withheld" for finding in self._findings)

    @property
    def masked(self) -> list[dict[str, str | int]]:
        """The wire's `masked` list: how many of each kind."""
        counts = Counter(finding.kind for finding in self._findings)
        return [{"kind": kind, "count": count} for kind, count in counts.items()]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("MaskedText does not travel by pickle")


def trusted(text: str, findings: tuple[Finding, ...] = ()) -> MaskedText:
    """Declare `text` masked. For masking and for opened bodies only: see the module's rule."""
    return MaskedText(text, door=_DOOR, findings=findings)


def as_opened(text: MaskedText) -> MaskedText:
    """The same text as its opened body is: findings are not stored with it."""
    return trusted(str(text)) if text.findings else text
