"""`mask()`: find what is secret, put bullets in its place, and do so until nothing more is found.

Danger: what is left after masking may itself read as a number, together with its neighbours. So the result is
looked at again until it stands still, which also makes masking idempotent; a text that does not settle is withheld.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from security.masking import beside, cards, ssn
from security.masking.policy import MaskingPolicy, default_policy
from security.masking.prefilter import CVV, LAST_FOUR, suspicions
from security.masking.render import BULLET, Replacement, replaced, resolved
from security.masking.scan import Candidate, rows
from security.masking.surroundings import Conversation, Surroundings
from security.masking.tables import tables
from security.masking.text import Finding, MaskedText, trusted
from security.masking.views import View, views

MAX_LENGTH: Final = 8_000
WITHHELD: Final = "[message withheld: masking error]"
_PASSES: Final = 8
_PASSES_THAT_KEEP: Final = 2  # later passes keep no digits, so that a chain made to measure ends
_NONE: Final[frozenset[int]] = frozenset()
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

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
    hints = _suspicions(text, policy)
    if hints is None:
        return trusted(text)
    current, origins = _sanitised(text)
    conversation = Conversation(tuple(context))
    findings: list[Finding] = []
    for number in range(_PASSES):
        keeps = policy.keep_last_four and number < _PASSES_THAT_KEEP
        hints = _suspicions(current, policy)
        if hints is None:
            return trusted(current, tuple(findings))
        replacements = resolved(_candidates(current, policy, conversation, hints))
        if not replacements:
            return trusted(current, tuple(findings))
        findings = _merged(findings, replacements, origins)
        current, origins = replaced(current, origins, replacements, keeps, limit)
    raise Unsettled


def _suspicions(text: str, policy: MaskingPolicy) -> frozenset[int] | None:
    """What may be in the text; None where there is nothing to find or to remove, as in nearly all messages."""
    try:
        return suspicions(text) or (_NONE if policy.suspects(text) else None)
    except UnicodeEncodeError:
        return _NONE


def _sanitised(text: str) -> tuple[str, Sequence[int]]:
    """Without NUL and lone surrogates, which the database and RE2 refuse; and where each character came from."""
    clean = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    if "\x00" not in clean:
        return clean, range(len(clean) + 1)
    places = [place for place, char in enumerate(clean) if char != "\x00"]
    return clean.replace("\x00", ""), [*places, len(clean)]


def _candidates(
    text: str, policy: MaskingPolicy, conversation: Conversation, hints: frozenset[int]
) -> Iterator[Candidate]:
    # Labels are finished work: they neither match again nor lend their words to a number beside them.
    labels = _label_spans(text, policy)
    looked_at = _blanked(text, labels)
    if hints:
        for view, suspected in views(looked_at, hints):
            yield from _numbers(view, conversation, suspected)
    if policy.patterns:
        yield from _custom(text, policy, labels)


def _numbers(view: View, conversation: Conversation, hints: frozenset[int]) -> Iterator[Candidate]:
    """The cards and social security numbers of one view, with what stands beside them."""
    around = Surroundings(view.text, conversation)
    judge, finder = cards.Judge(around), ssn.Finder(around)
    found: list[Candidate] = []
    for row in rows(view):
        found += cards.find(row, judge)
        yield from finder.find(row)
    yield from found
    yield from beside.find_beside(view, found)
    if CVV in hints:
        yield from beside.find_named_values(view)
    if LAST_FOUR in hints:
        yield from ssn.find_last_four(view)


def _custom(text: str, policy: MaskingPolicy, labels: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    digits_plain = text if text.isascii() else text.translate(tables().digits)
    for start, end in _open_stretches(digits_plain, labels):
        for pattern in policy.patterns:
            for left, right in pattern.spans(digits_plain[start:end]):
                yield Candidate("custom", start + left, start + right, pattern.token, partial(tuple, (pattern.kind,)))


def _label_spans(text: str, policy: MaskingPolicy) -> list[tuple[int, int]]:
    if not policy.patterns or "[" not in text:
        return []
    tokens = "|".join(re.escape(token) for token in sorted({p.token for p in policy.patterns}))
    return [match.span() for match in re.finditer(tokens, text)]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], BULLET * (end - start)]
        done = end
    return "".join([*pieces, text[done:]]) if spans else text


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
