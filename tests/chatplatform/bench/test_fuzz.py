"""The fuzzer finds what hides a number from an engine, and shows it small."""

from chatplatform.bench import baseline, fuzz, fuzz_clean
from chatplatform.bench.corpus import every_case


def test_it_is_the_same_in_every_run() -> None:
    first, again = fuzz.run(200, masker=baseline.mask), fuzz.run(200, masker=baseline.mask)
    assert first.total == again.total
    assert first.smallest == again.smallest


def test_each_mutation_takes_part_alone_and_with_others() -> None:
    outcome = fuzz.run(800, masker=baseline.mask)
    assert {name for name in outcome.total if name in fuzz.MUTATIONS} == fuzz.MUTATIONS.keys()
    assert {
        name.removesuffix(" + others") for name in outcome.total if name.endswith(" + others")
    } == fuzz.MUTATIONS.keys()


def test_an_engine_that_masks_nothing_finds_nothing() -> None:
    outcome = fuzz.run(100, masker=lambda text: text)
    assert outcome.total["all"]
    assert outcome.recall == 0


def test_an_engine_that_masks_everything_finds_everything() -> None:
    assert fuzz.run(100, masker=lambda _: "•").recall == 1


def test_what_the_plain_pattern_misses_is_shown_without_what_does_not_matter() -> None:
    examples = fuzz.run(400, masker=baseline.mask).smallest
    assert "card, encoding percent" in examples
    assert all(len(text) < 120 for text in examples["card, zero-width space"])


def test_a_failure_is_made_smaller_until_nothing_can_be_left_out() -> None:
    sample = fuzz.Sample(
        "4000056655665556",
        "card",
        between="_",
        before="well, it is my old ",
        after=" thanks a lot",
        hidden="\u200b\u200b",
    )
    small = fuzz.smaller(sample, baseline.mask)
    assert small.text == "40\u200b0005\u200b6655\u200b6655\u200b56"


def test_ordinary_messages_are_mutated_too_and_damage_is_shown() -> None:
    outcome = fuzz_clean.run(every_case(), 120, masker=lambda text: text.replace("!!", "•"))
    assert set(outcome.total) == fuzz_clean.MUTATIONS.keys()
    assert 0.5 < outcome.share < 1
    assert all("!!" in text for text in outcome.touched)


def test_the_engine_holds_under_mutation() -> None:
    """A short run of what `bench masking --fuzz` does at length; the same in every run."""
    assert fuzz.run(1500).recall >= 0.98
    assert fuzz_clean.run(every_case(), 500).share >= 0.985
