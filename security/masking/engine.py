"""`mask()`: find what is secret, put bullets in its place, and do so until nothing more is found.

Danger: what is left after masking may itself read as a number, together with its neighbours. So the result is
looked at again until it stands still, which also makes masking idempotent; a text that does not settle is withheld.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Final

from security.masking import cards, ssn
from security.masking.policy import MaskingPolicy, default_policy
from security.masking.render import BULLET, Replacement, replaced, resolved
from security.masking.scan import FEWEST_DIGITS, PARTING, Candidate, chains
from security.masking.surroundings import Surroundings
from security.masking.tables import ELSE, tables
from security.masking.text import Finding, MaskedText, trusted

MAX_LENGTH: Final = 8_000
WITHHELD: Final = "[message withheld: masking error]"
_PASSES: Final = 8
_PASSES_THAT_KEEP: Final = 2  # later passes keep no digits, so that a chain made to measure ends
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

logger = logging.getLogger(__name__)


class TooLong(ValueError):
    """The text has more than 8,000 characters."""


class Unsettled(RuntimeError):
    """Masking did not come to an end; only a text made for it does that."""


def mask(text: str, policy: MaskingPolicy | None = None, context: Sequence[str] = ()) -> MaskedText:
    """Mask `text`; `context` are the messages before it. `TooLong` beyond 8,000 code points.

    The result has at most 8,000 code points: where groups and labels would make it longer, bullets stand one for one.
    """
    if len(text) > MAX_LENGTH:
        raise TooLong(f"more than {MAX_LENGTH} characters")
    return _masked(text, policy or default_policy(), context, MAX_LENGTH)


def mask_line(text: str) -> str:
    """Mask a line of a log, of any length. A plain str: it is not for storing as a body."""
    return str(_masked(text, default_policy(), (), None))


def mask_or_withhold(text: str, policy: MaskingPolicy | None = None, context: Sequence[str] = ()) -> MaskedText:
    """`mask()` that fails closed: on any error the whole text is replaced. `TooLong` is still raised."""
    try:
        return mask(text, policy, context)
    except TooLong:
        raise
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the text must not pass
        # The type alone: an error's message or traceback may quote the text.
        logger.error("masking failed, message withheld: %s", type(error).__name__)  # noqa: TRY400
        return trusted(WITHHELD, (Finding("withheld", 0, len(text), "engine", (type(error).__name__,)),))


def _masked(text: str, policy: MaskingPolicy, context: Sequence[str], limit: int | None) -> MaskedText:
    if not policy.patterns and _is_plain(text):
        return trusted(text)
    current, origins = _sanitised(text)
    findings: list[Finding] = []
    for number in range(_PASSES):
        keeps = policy.keep_last_four and number < _PASSES_THAT_KEEP
        replacements = resolved(_candidates(current, policy, context))
        if not replacements:
            return trusted(current, tuple(findings))
        findings = _merged(findings, replacements, origins)
        current, origins = replaced(current, origins, replacements, keeps, limit)
    raise Unsettled


def _is_plain(text: str) -> bool:
    """Whether nothing in it can be found or has to be removed, as in nearly every message: a short look, no more."""
    if text.isascii():
        return "\x00" not in text and _enough_digits().search(text) is None
    return _UNSTORABLE.search(text) is None and _enough_digits().search(_classes(text)) is None


def _classes(text: str) -> str:
    # Without its bullets a masked text is mostly ASCII, which is translated many times faster.
    return text.replace(BULLET, ELSE).translate(tables().classes)


@cache
def _enough_digits() -> re.Pattern[str]:
    """Nine digits that only separators part; for class letters and, since they are of the same kind, for ASCII."""
    classes = tables().classes
    parting = re.escape("".join(char for char in map(chr, range(128)) if classes[ord(char)] in PARTING))
    return re.compile(f"[0-9](?:[{parting}]*+[0-9]){{{FEWEST_DIGITS - 1}}}")


def _sanitised(text: str) -> tuple[str, Sequence[int]]:
    """Without NUL and lone surrogates, which the database and RE2 refuse; and where each character came from."""
    clean = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    if "\x00" not in clean:
        return clean, range(len(clean) + 1)
    places = [place for place, char in enumerate(clean) if char != "\x00"]
    return clean.replace("\x00", ""), [*places, len(clean)]


def _candidates(text: str, policy: MaskingPolicy, context: Sequence[str]) -> Iterator[Candidate]:
    known = tables()
    # Labels are finished work: they neither match again nor lend their words to a number beside them.
    labels = _label_spans(text, policy)
    around = Surroundings(_blanked(_classes(text), labels), context)
    for chain in chains(around.classes):
        yield from cards.find(chain, around)
        yield from ssn.find(chain, around)
    if policy.patterns:
        digits_plain = text if text.isascii() else text.translate(known.digits)
        for start, end in _open_stretches(digits_plain, labels):
            for pattern in policy.patterns:
                for left, right in pattern.spans(digits_plain[start:end]):
                    yield Candidate(
                        "custom", start + left, start + right, pattern.token, partial(tuple, (pattern.kind,))
                    )


def _label_spans(text: str, policy: MaskingPolicy) -> list[tuple[int, int]]:
    if not policy.patterns or "[" not in text:
        return []
    tokens = "|".join(re.escape(token) for token in sorted({p.token for p in policy.patterns}))
    return [match.span() for match in re.finditer(tokens, text)]


def _blanked(classes: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces += [classes[done:start], "?" * (end - start)]
        done = end
    return "".join([*pieces, classes[done:]])


def _open_stretches(text: str, labels: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches between labels and bullets: only there do a tenant's patterns match."""
    closed = sorted([*labels, *(match.span() for match in re.finditer("•+", text))])
    begin = 0
    for start, end in [*closed, (len(text), len(text))]:
        if begin < start:
            yield begin, start
        begin = max(begin, end)


def _merged(findings: Sequence[Finding], replacements: Sequence[Replacement], origins: Sequence[int]) -> list[Finding]:
    """The findings of all passes so far in offsets of the input; what overlaps an earlier one becomes part of it."""
    merged: list[Finding] = []
    fresh = [Finding(r.kind, origins[r.start], origins[r.end - 1] + 1, r.rule, r.reasons) for r in replacements]
    for finding in sorted([*findings, *fresh], key=lambda f: (f.start, f.end)):
        last = merged[-1] if merged else None
        if last is not None and finding.start < last.end:
            merged[-1] = Finding(last.kind, last.start, max(last.end, finding.end), last.rule, last.reasons)
        else:
            merged.append(finding)
    return merged
