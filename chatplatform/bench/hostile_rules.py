"""Rules of an organisation made to be slow, as slow as they are taken, beside messages made for them."""

from collections.abc import Callable, Iterator
from typing import Final

from chatplatform.bench.hostile import SEED, Chance, Cost, cost, filled
from security.masking import MAX_LENGTH, MaskingPolicy, Pattern, PatternRefused
from security.masking.policy import MAX_PATTERNS, MAX_STEPS

WANTED_MS: Final = 100.0
_EDGES: Final = 12  # about what an expression takes beside its repetition


def _letters(share: float) -> str:
    chance = Chance(f"{SEED} {share}")
    return "".join("b" if chance.random() < share else "a" for _ in range(MAX_LENGTH))


def _mixed() -> str:
    chance = Chance(SEED)
    return "".join(chance.choice("aé€😀") for _ in range(MAX_LENGTH))


def _regexes(*values: str) -> MaskingPolicy:
    """As many of these as are taken together."""
    taken: tuple[Pattern, ...] = ()
    policy = MaskingPolicy()
    for number, value in enumerate(values[:MAX_PATTERNS]):
        taken = (*taken, Pattern(f"rule {number}", "regex", value))
        try:
            policy = MaskingPolicy(patterns=taken)
        except PatternRefused:
            break
    return policy


def _repeated(expression: str, places: int) -> list[str]:
    return [expression.format(places) + str(number) for number in range(MAX_PATTERNS)]


def _phrases(phrase: Callable[[int], str]) -> MaskingPolicy:
    return MaskingPolicy(patterns=tuple(Pattern(f"rule {n}", "phrase", phrase(n)) for n in range(MAX_PATTERNS)))


def rules() -> Iterator[tuple[str, MaskingPolicy, str]]:
    """Names, the rules, and the message."""
    for places in (5, 20, 100):
        policy = _regexes(*_repeated("[ab]*a[ab]{{{}}}c", places))
        for share in (0.5, 0.2, 0.02):
            yield f"{len(policy.patterns)} regexes of {places} places, {share:.0%} b", policy, _letters(share)
    yield "1 regex of most places", _regexes(f"[ab]*a[ab]{{{MAX_STEPS - _EDGES}}}c"), _letters(0.2)
    yield "many places, and matches", _regexes(*_repeated("[ab]*a[ab]{{{}}}c", 100)[:6], "a[ab]{20}b"), _letters(0.2)
    yield "many places, in several bytes", _regexes(*_repeated("[^x]*[^yz€][^x]{{{}}}y", 40)), _mixed()
    yield "50 phrases of one letter", _phrases(lambda n: "a" * 250 + f"b{n}"), filled("a" * 240 + "c")
    formats = tuple(Pattern(f"rule {n}", "format", "#" * (290 - n) + "x") for n in range(MAX_PATTERNS))
    runs = "".join("1" * length + " " for length in range(1, 290))
    yield "50 formats of digits", MaskingPolicy(patterns=formats), filled(runs)


def run() -> list[Cost]:
    """Each of them, the slowest first."""
    costs = [Cost(name, cost(text, policy=policy)) for name, policy, text in rules()]
    return sorted(costs, key=lambda one: -one.milliseconds)


def lines(costs: list[Cost]) -> Iterator[str]:
    """All of them."""
    yield f"{len(costs)} organisations' rules made to be slow, with messages of {MAX_LENGTH} characters; wanted ≤ {WANTED_MS:g} ms each:"
    for one in costs:
        yield f"{one.milliseconds:>9.2f} ms  {one.name}"
