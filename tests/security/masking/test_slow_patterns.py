"""A tenant's regular expressions hold nobody up: what they may take is counted before they are used and while they run."""

import random
import time

import pytest
import re2

from security.masking import MaskingPolicy, Pattern, TooManySteps, mask
from security.masking.effort import Matching, TooManyMatches
from security.masking.policy import MAX_STEPS, _Together

BOUND = 0.1
"""Seconds for the longest message by the slowest rules that are taken; three times that here, for a machine that is busy."""


def letters(share: float = 0.2) -> str:
    chance = random.Random(20261122)  # noqa: S311 - nothing secret
    return "".join("b" if chance.random() < share else "a" for _ in range(8_000))


def regexes(*values: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(f"p{number}", "regex", value) for number, value in enumerate(values))


def seconds(text: str, policy: MaskingPolicy) -> float:
    begun = time.process_time()
    mask(text, policy)
    return time.process_time() - begun


def test_expressions_that_are_in_many_places_at_once_are_refused_together() -> None:
    slow = regexes(*(f"[ab]*a[ab]{{100}}c{number}" for number in range(50)))
    with pytest.raises(TooManySteps) as refused:
        MaskingPolicy(patterns=slow)
    assert "too slow together" in refused.value.reason
    assert refused.value.reason.endswith(".")
    assert MaskingPolicy(patterns=slow[:7]).steps <= MAX_STEPS


@pytest.mark.parametrize("share", [0.5, 0.2, 0.02])
@pytest.mark.parametrize(
    "values",
    [
        [f"[ab]*a[ab]{{100}}c{number}" for number in range(7)],
        ["[ab]*a[ab]{780}c"],
        [f"[ab]*a[ab]{{5}}c{number}" for number in range(50)],
        [f"[ab]*a[ab]{{100}}c{number}" for number in range(6)] + ["a[ab]{20}b"],
    ],
    ids=["seven", "one", "fifty", "one that matches"],
)
def test_the_slowest_rules_that_are_taken_are_quick_enough(values: list[str], share: float) -> None:
    assert seconds(letters(share), MaskingPolicy(patterns=regexes(*values))) < 3 * BOUND


def test_the_steps_of_a_message_are_enough_to_find_and_to_look_again_but_not_for_more() -> None:
    policy = MaskingPolicy(patterns=regexes("[ab]*a[ab]{700}c", "bullets"))
    masked = mask(("4242 4242 4242 4242 " + letters())[:7_970] + " 4242 4242 4242 4242 bullets", policy)
    assert masked.endswith("•••• •••• •••• 4242 [p1]")
    slow, matching = regexes("[ab]*a[ab]{780}c")[0], Matching()
    assert not [*slow.spans("a" * 8_000, matching), *slow.spans("a" * 8_000, matching)]
    with pytest.raises(TooManyMatches):
        list(slow.spans("a" * 8_000, matching))


def test_long_texts_are_not_shown_to_the_set_which_takes_three_times_as_long() -> None:
    policy = MaskingPolicy(patterns=regexes("[ab]*a[ab]{700}c", "bullets"))
    assert policy.suspects("x" * 500) == ((), ())
    assert policy.suspects("x" * 8_000) == ((), policy.patterns)


def test_phrases_and_formats_take_no_steps() -> None:
    words = tuple(Pattern(f"w{number}", "phrase", "ab" * 100 + str(number)) for number in range(25))
    formats = tuple(Pattern(f"f{number}", "format", "#" * (290 - number) + "x") for number in range(25))
    policy = MaskingPolicy(patterns=(*words, *formats))
    assert policy.steps == 0
    runs = "".join("1" * length + "ab" * (length % 97) for length in range(1, 200))[:8_000]
    assert seconds(runs, policy) < BOUND


@pytest.mark.parametrize(
    ("value", "most"),
    [(r"EMP-\d{6}", 20), (r"password: .{1,40}", 150), (r"key-\w+", 20), (r"(?i)\bpassport\W{0,3}[A-Z0-9]{6,9}\b", 60)],
)
def test_what_people_write_takes_few_steps(value: str, most: int) -> None:
    assert regexes(value)[0].steps <= most


@pytest.mark.parametrize("value", ["[а-я]{50}", r"\p{Greek}{20}", r"[\x{400}-\x{4ff}]{50}"])
def test_classes_beyond_latin_count_in_full(value: str) -> None:
    pattern = regexes(value)[0]
    assert pattern.steps == pattern.size


def test_a_set_that_does_not_answer_is_no_answer() -> None:
    """RE2 says nothing where its memory is too small, which looks as if nothing matched: what matches always is missed then."""
    options = re2.Options()
    options.max_mem = 1 << 20
    silent = re2.Set.SearchSet(options)
    silent.Add("zebra")
    silent.Compile()
    assert _Together(silent, 1).hits("a zebra") is None
    assert _Together(silent, 1).hits("a horse") is None


def test_patterns_that_are_too_large_for_a_set_are_each_run() -> None:
    many = tuple(Pattern(f"p{n}", "phrase", tuple(f"x{n}y{m}" * 40 for m in range(9))) for n in range(49))
    policy = MaskingPolicy(patterns=(*many, Pattern("last", "phrase", "zebra crossing")))
    assert policy.suspects("hello") == ((), policy.patterns)
    assert mask("a zebra crossing " + "x7y3" * 40, policy) == "a [last] [p7]"
