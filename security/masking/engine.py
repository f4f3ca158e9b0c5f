"""`mask()`: find what is secret, put bullets in its place, and do so until nothing more is found.

Danger: what is left after masking may itself read as a number, together with its neighbours. So the result is
looked at again until it stands still, which also makes masking idempotent; a text that does not settle is withheld.
"""

import logging
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Final, NamedTuple

from security.masking.effort import VIEW_CHARACTERS, Effort, Exhausted, Matching, TooManyMatches
from security.masking.finding import beside, cards, ssn
from security.masking.finding.surroundings import Conversation, Surroundings
from security.masking.packs import Pack
from security.masking.patterns import Pattern, read_digits
from security.masking.policy import MaskingPolicy, default_policy
from security.masking.reading.prefilter import CVV, ENCODED, LAST_FOUR, are_enough, hints_of
from security.masking.reading.scan import Candidate, rows
from security.masking.reading.views import View, views
from security.masking.render import BULLET, LABELS, Replacement, replaced, resolved
from security.masking.text import Finding, MaskedText, trusted

MAX_LENGTH: Final = 8_000
WITHHELD: Final = "[message withheld: masking error]"
_PASSES: Final = 8
_PASSES_THAT_KEEP: Final = 2  # later passes keep no digits, so that a chain made to measure ends
_ALWAYS: Final = frozenset({"card", "ssn"})
_NEVER_ALLOWED: Final = _ALWAYS | {"cvv", "expiry"}
_READ_BY_PACKS: Final = frozenset({"plain", "decoded"})
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# No pattern matches a single space (`patterns`), so these may stay where all is hidden, and the text can break its lines.
_NO_SINGLE_SPACE: Final = re.compile("[^ ]| (?= )|(?<= ) ")

logger = logging.getLogger(__name__)


class TooLong(ValueError):
    """The text has more than 8,000 characters."""


class Unsettled(RuntimeError):
    """Masking did not come to an end; only a text made for it does that."""


def mask(text: str, policy: MaskingPolicy | None = None, context: Sequence[str] = ()) -> MaskedText:
    """Mask `text`; `context` are the messages before it. `TooLong` beyond 8,000 code points.

    A text made to be slow is withheld as a whole (`effort`). The result has at most 8,000 code points: where groups and
    labels would make it longer, bullets stand one for one.
    """
    if len(text) > MAX_LENGTH:
        raise TooLong(f"more than {MAX_LENGTH} characters")
    return _masked_or_exhausted(text, policy or default_policy(), context, MAX_LENGTH)


def mask_line(text: str) -> str:
    """Mask a line of a log, of any length. A plain str: it is not for storing as a body."""
    return str(_masked_or_exhausted(text, default_policy(), (), None))


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


def _masked_or_exhausted(text: str, policy: MaskingPolicy, context: Sequence[str], limit: int | None) -> MaskedText:
    try:
        return _masked(text, policy, context, limit)
    except Exhausted:
        return trusted(WITHHELD, (Finding("withheld", 0, len(text), "engine", ("too much to be weighed",)),))
    except TooManyMatches as error:
        reasons = ("too many matches",)
        return trusted(_NO_SINGLE_SPACE.sub(BULLET, text), (Finding("custom", 0, len(text), error.rule, reasons),))


def _masked(text: str, policy: MaskingPolicy, context: Sequence[str], limit: int | None) -> MaskedText:
    suspected = _suspected(text, policy)
    if suspected is None:
        return trusted(text)
    current, origins = _sanitised(text)
    conversation, effort, matching = Conversation(tuple(context)), Effort(len(text)), Matching()
    findings: list[Finding] = []
    for number in range(_PASSES):
        suspected = suspected if current is text else _suspected(current, policy)
        if suspected is None:
            return trusted(current, tuple(findings))
        keeps = policy.keep_last_four and number < _PASSES_THAT_KEEP
        found = _candidates(current, policy, conversation, suspected, effort, matching)
        replacements = resolved(_without_allowed(current, policy, found))
        if not replacements:
            return trusted(current, tuple(findings))
        findings = _merged(findings, replacements, origins)
        current, origins = replaced(current, origins, replacements, keeps, limit)
    raise Unsettled


class _Suspected(NamedTuple):
    """What may be found in a text: the prefilter's hints, and the tenant's own packs and patterns."""

    hints: frozenset[int]
    packs: tuple[Pack, ...] = ()
    patterns: tuple[Pattern, ...] = ()


def _suspected(text: str, policy: MaskingPolicy) -> _Suspected | None:
    """What may be in the text; None where there is nothing to find or to remove, as in nearly all messages."""
    try:
        hints = hints_of(text)
        packs, patterns = policy.suspects(text, is_encoded=ENCODED in hints)
    except UnicodeEncodeError:
        return _Suspected(frozenset())
    return _Suspected(hints, packs, patterns) if packs or patterns or are_enough(hints) else None


def _sanitised(text: str) -> tuple[str, Sequence[int]]:
    """Without NUL and lone surrogates, which the database and RE2 refuse; and where each character came from."""
    clean = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    if "\x00" not in clean:
        return clean, range(len(clean) + 1)
    places = [place for place, char in enumerate(clean) if char != "\x00"]
    return clean.replace("\x00", ""), [*places, len(clean)]


def _candidates(
    text: str,
    policy: MaskingPolicy,
    conversation: Conversation,
    suspected: _Suspected,
    effort: Effort,
    matching: Matching,
) -> Iterator[Candidate]:
    # Labels are finished work: they neither match again nor lend their words to a number beside them.
    labels = _label_spans(text, policy)
    yield from _built_in(_blanked(text, labels), conversation, suspected, effort)
    if suspected.patterns:
        yield from _custom(text, suspected.patterns, labels, matching)


def _built_in(text: str, conversation: Conversation, suspected: _Suspected, effort: Effort) -> Iterator[Candidate]:
    if not suspected.packs and not are_enough(suspected.hints):
        return
    for view, hints in views(text, suspected.hints):
        effort.spend(len(view.text) // VIEW_CHARACTERS)
        around = Surroundings(view.text, conversation, hints)
        if are_enough(hints):
            yield from _numbers(view, around, hints, effort)
        if view.name in _READ_BY_PACKS:
            for pack in suspected.packs:
                yield from pack.find(view, around)


def _without_allowed(text: str, policy: MaskingPolicy, found: Iterable[Candidate]) -> Iterable[Candidate]:
    """Without what the tenant allows, and what lies inside of it: a number is also found as the shorter one it ends with.

    No list rescues what the built-in rules find, whatever was stored in it once: nine digits of somebody's phone would
    show the same social security number of everybody.
    """
    if not policy.allowed:
        return found
    found = list(found)
    own = {(one.start, one.end) for one in found if one.kind not in _NEVER_ALLOWED}
    places = sorted(place for place in own if policy.allows(text[slice(*place)]))
    starts, reached = [start for start, _ in places], list(accumulate([end for _, end in places], max))

    def is_allowed(one: Candidate) -> bool:
        before = bisect_right(starts, one.start)
        return one.kind not in _NEVER_ALLOWED and before > 0 and one.end <= reached[before - 1]

    return [one for one in found if not is_allowed(one)]


def _numbers(view: View, around: Surroundings, hints: frozenset[int], effort: Effort) -> Iterator[Candidate]:
    """The cards and social security numbers of one view, with what stands beside them."""
    judge, finder = cards.Judge(around, effort), ssn.Finder(around, effort)
    found: list[Candidate] = []
    for row in rows(view, effort):
        found += cards.find(row, judge)
        yield from finder.find(row)
    yield from found
    yield from beside.find_beside(view, found)
    if CVV in hints:
        yield from beside.find_named_values(view)
    if LAST_FOUR in hints:
        yield from ssn.find_last_four(view)


def _custom(
    text: str, patterns: Sequence[Pattern], labels: Sequence[tuple[int, int]], matching: Matching
) -> Iterator[Candidate]:
    readable = read_digits(text)
    kept = max(pattern.keep_last for pattern in patterns)
    for start, end in _open_stretches(readable, labels, kept):
        for pattern in patterns:
            for left, right in pattern.spans(readable[start:end], matching):
                explain = partial(tuple, (pattern.kind,))
                yield Candidate("custom", start + left, start + right, pattern.token, explain, pattern.keep_last)


def _label_spans(text: str, policy: MaskingPolicy) -> list[tuple[int, int]]:
    if "[" not in text or (not policy.patterns and policy.packs == _ALWAYS):
        return []
    tokens = {*LABELS.values(), *(pattern.token for pattern in policy.patterns)}
    return [match.span() for match in re.finditer("|".join(map(re.escape, sorted(tokens))), text)]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], BULLET * (end - start)]
        done = end
    return "".join([*pieces, text[done:]]) if spans else text


def _open_stretches(text: str, labels: Sequence[tuple[int, int]], kept: int) -> Iterator[tuple[int, int]]:
    """The stretches between labels and bullets, with what was kept behind those: only there do patterns match."""
    done = re.finditer(rf"\u2022+[^\W_]{{0,{kept}}}", text)
    closed = sorted([*labels, *(match.span() for match in done)])
    begin = 0
    for start, end in [*closed, (len(text), len(text))]:
        if begin < start and text[begin:start] != " ":
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
