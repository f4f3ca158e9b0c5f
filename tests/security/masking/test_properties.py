"""What holds of masking for every text, not for examples."""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatplatform.bench import judge
from chatplatform.bench.corpus import encodings, numbers, scripts
from security.masking import MAX_LENGTH, MaskingPolicy, Stream, TooLong, mask

SLOW = settings(max_examples=300, deadline=None)
KEEPING_NOTHING = MaskingPolicy(keep_last_four=False)
SEPARATORS = st.sampled_from([*scripts.SEPARATORS, *scripts.SPACES.values(), ""])
ENCODINGS: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    (str, str, str, encodings.percent, encodings.entities, encodings.escaped, encodings.tags_inside)
)
WORDS = st.sampled_from(
    [
        "my card is ",
        "ok",
        " and ",
        "order ",
        "ssn ",
        " exp 04/27",
        " cvv ",
        "😀",
        "é",
        "\n",
        ", ",
        "$",
        "+",
        "-",
        ".",
        "(",
        "卡",
        "a",
        " ",
    ]
)
PLAIN_WORDS = st.sampled_from(
    ["my card is ", "ok", " and ", " exp 04/27", " cvv ", "😀", "\n", ", ", ".", "(", "卡", " "]
)
SMALL = st.from_regex(r"[0-9]{1,9}", fullmatch=True)
SEEDS = st.integers(0, 2**32)


@st.composite
def cards(draw: st.DrawFn) -> tuple[str, str]:
    """A card of a well-known brand, and how it is written."""
    chance = random.Random(draw(SEEDS))  # noqa: S311  a number that can be made again
    number = numbers.card(chance.choice(("visa", "mastercard", "amex", "discover", "jcb")), chance)
    written = numbers.grouped(number, draw(st.sampled_from((" ", "-", "", ".", "\n", "\u00a0"))))
    return number, draw(ENCODINGS)(written)


@st.composite
def ssns(draw: st.DrawFn) -> tuple[str, str]:
    number = numbers.ssn(random.Random(draw(SEEDS)))  # noqa: S311  likewise
    return number, numbers.ssn_grouped(number)


anything = st.text(max_size=120)
pieces = st.lists(
    st.one_of(WORDS, SMALL, cards().map(lambda pair: pair[1]), ssns().map(lambda pair: pair[1])), max_size=8
)
texts = st.one_of(anything, pieces.map("".join), pieces.map(" ".join))
policies = st.sampled_from([MaskingPolicy(), KEEPING_NOTHING])


@SLOW
@given(texts, policies)
def test_masking_what_was_masked_changes_nothing(text: str, policy: MaskingPolicy) -> None:
    once = mask(text, policy)
    assert mask(once, policy) == once


@SLOW
@given(texts, policies)
def test_findings_lie_in_the_text_one_after_the_other(text: str, policy: MaskingPolicy) -> None:
    at = 0
    for finding in mask(text, policy).findings:
        assert at <= finding.start < finding.end <= len(text)
        assert finding.reasons, "each decision can be explained"
        at = finding.end


@SLOW
@given(texts.filter(lambda text: "\x00" not in text and text.isprintable()), policies)
def test_text_outside_of_findings_stands_there_byte_for_byte(text: str, policy: MaskingPolicy) -> None:
    masked = mask(text, policy)
    rest, at = [], 0
    for finding in masked.findings:
        rest.append(text[at : finding.start])
        at = finding.end
    rest.append(text[at:])
    assert re.fullmatch("(.+?)".join(map(re.escape, rest)), masked, re.DOTALL)
    assert bool(masked.findings) == (masked != text)


@SLOW
@given(st.text(alphabet=st.characters(), max_size=400))
def test_no_text_makes_it_fail(text: str) -> None:
    masked = mask(text)
    masked.encode()
    assert "\x00" not in masked


@given(st.integers(MAX_LENGTH + 1, MAX_LENGTH + 50), st.characters())
@settings(max_examples=20, deadline=None)
def test_only_length_is_refused(length: int, char: str) -> None:
    with pytest.raises(TooLong):
        mask(char * length)


@SLOW
@given(cards(), WORDS, WORDS)
def test_a_card_among_words_is_masked(card: tuple[str, str], before: str, after: str) -> None:
    number, written = card
    assert not judge.leaks_card(number, mask(f"{before} {written} {after}"))


@SLOW
@given(cards(), cards(), SEPARATORS)
def test_two_masked_texts_together_reveal_no_more(one: tuple[str, str], other: tuple[str, str], between: str) -> None:
    assume(one[0][-4:] not in other[0] and other[0][-4:] not in one[0])  # what is kept of the one is in the other
    first, second = mask(f"it is {one[1]}"), mask(other[1])
    for number, _ in (one, other):
        assert not judge.leaks_card(number, f"{first}{between}{second}")
        assert not judge.leaks_card(number, f"{second}{between}{first}")
    together = mask(f"{first}{between}{second}")
    assert not any(judge.leaks_card(number, together) for number, _ in (one, other))


@SLOW
@given(cards(), ssns(), SEPARATORS)
def test_a_masked_text_reveals_no_more_beside_its_neighbours(
    card: tuple[str, str], ssn: tuple[str, str], between: str
) -> None:
    assume(card[0][-4:] not in ssn[0])  # what is kept of the one would read as part of the other
    text = mask(f"{card[1]} ") + between + mask(f"ssn {ssn[1]}")
    assert not judge.leaks_card(card[0], text)
    assert not judge.leaks_ssn(ssn[0], text)


@SLOW
@given(cards(), st.lists(PLAIN_WORDS, max_size=6))
def test_masking_the_parts_of_a_text_leaves_nothing_that_the_whole_hides(
    card: tuple[str, str], around: list[str]
) -> None:
    """A quotation of a masked message in a new one is masked again: nothing comes back."""
    masked = mask(" ".join([*around, card[1]]))
    assert not judge.leaks_card(card[0], mask(f"> {masked}\nyes, that"))


@SLOW
@given(st.data(), st.integers(2, 8))
def test_a_card_cut_anywhere_is_masked_and_no_agent_saw_more_than_its_first_six(
    data: st.DataObject, count: int
) -> None:
    chance = random.Random(data.draw(SEEDS))  # noqa: S311  a number that can be made again
    number = numbers.card(chance.choice(("visa", "mastercard", "amex", "discover", "jcb")), chance)
    places = sorted(data.draw(st.sets(st.integers(1, len(number) - 1), min_size=count - 1, max_size=count - 1)))
    stream, seen = Stream(MaskingPolicy()), []
    for at, (start, end) in enumerate(pairwise([0, *places, len(number)])):
        fed = stream.feed(number[start:end], "visitor", float(at))
        seen.append([fed.text])
        for revision in fed.revisions:
            seen[revision.index].append(revision.text)
    stream.settle(600.0)
    assert not judge.leaks_card(number, "\n".join(stream.transcript()))
    most = "\n".join(max(versions, key=lambda text: judge.most_read(number, text)) for versions in seen)
    assert judge.most_read(number, most) <= 6


@SLOW
@given(st.lists(st.tuples(texts, st.sampled_from(("visitor", "agent")), st.floats(0, 40)), max_size=6))
def test_a_conversation_keeps_each_message_or_masks_it(
    said: list[tuple[str, Literal["visitor", "agent"], float]],
) -> None:
    """What is released in the end is what masking made of the message by itself, or less of it."""
    stream, at = Stream(MaskingPolicy()), 0.0
    for text, author, pause in said:
        at += pause
        stream.feed(text, author, at)
    stream.settle(at + 600)
    assert len(stream.transcript()) == len(said)
    for masked, (text, _, _) in zip(stream.transcript(), said, strict=True):
        assert sum(map(str.isdigit, masked)) <= sum(map(str.isdigit, text))
        assert "checking" not in masked or "checking" in text
