"""Messages of the greatest length made to be slow: which of them costs the engine most, and a search for worse ones."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chatplatform.bench.corpus import encodings, numbers, scripts
from chatplatform.bench.corpus.numbers import digits, grouped, luhn_digit
from security.masking import MAX_LENGTH, MaskingPolicy, mask

Chance = random.Random
Segments = tuple[tuple[str, int], ...]  # units, and how often each is repeated before the next
SEED: Final = 20261122
WANTED_MS: Final = 20.0
_SHOWN: Final = 12

# What is repeated until the message is full.
_UNITS: Final[dict[str, str]] = {
    "letters": "a",
    "words": "the quick brown fox ",
    "spaces": " ",
    "line ends": "\n",
    "digits": "1234567890",
    "zeros": "0",
    "fours": "4",
    "fours in groups": "4444 ",
    "ones and spaces": "1 ",
    "digit and letter": "4a",
    "digit and dash": "4-",
    "digit and dot": "4.",
    "digit and slash": "4/",
    "digit and line end": "4\n",
    "digit and bullet": "4•",
    "digit and quote": "4'",
    "two digits and six signs": "42-- --",
    "near card": "4242 4242 4242 4241 ",
    "near card, glued": "4242424242424241",
    "a card again and again": "4242 4242 4242 4242 ",
    "a card again and again, glued": "4242424242424242",
    "amex again and again": "378282246310005 ",
    "diners and comma": "36227206271667,",
    "short visa": "4222222222222 ",
    "longest card": "6205500000000000004 ",
    "ssn again and again": "219-09-9941 ",
    "near ssn": "000-00-0000 ",
    "nine digits and ssn": "ssn 219099940 ",
    "imei": "imei 356938035643809 ",
    "orders": "order 4500123987, ",
    "uuid": "550e8400-e29b-41d4-a716-446655440000 ",
    "dates": "2026-04-01 ",
    "times": "12:30:59.123 ",
    "prices": "$1,299.99 ",
    "phones": "+1 (415) 555-0134, ",
    "addresses": "192.168.10.44 ",
    "ipv6": "2001:0db8:85a3:0000:0000:8a2e:0370:7334 ",
    "iban": "DE89 3704 0044 0532 0130 00 ",
    "percent": "%34%32",
    "percent twice": "%2534%2532",
    "percent thrice": "%252534",
    "bare percent": "%",
    "broken percent": "%3",
    "entities": "&#52;&#50;",
    "hex entities": "&#x34;",
    "nested entities": "&amp;amp;#52;",
    "ampersands": "&",
    "unfinished entity": "&#5",
    "padded entity": "&#00000000000000052;",
    "named entities": "&nbsp;4&ensp;2",
    "escapes": "\\u0034",
    "backslashes": "\\",
    "double escapes": "\\\\u0034",
    "tags": "4<b>",
    "opened tags": "<",
    "tags in tags": "<a<b>4",
    "comments": "4<!-- -->",
    "number words": "four two ",
    "glued number words": "fourtwo",
    "double words": "double seven triple oh ",
    "doubles only": "double ",
    "words of four languages": "four zwei trois cuatro ",
    "words and digits": "4 two 4 two ",
    "almost number words": "fou tw thre fiv ",
    "card words": "card visa cvv ssn ",
    "card words and digits": "card 4 ssn 2 ",
    "order words and digits": "order 4 imei 2 ",
    "look-alikes": "O0lI1",
    "look-alikes between": "4O4l",
    "letters O": "O",
    "zero-width": "\u200b",
    "zero-width digits": "4\u200b",
    "soft hyphens": "42\u00ad",
    "variation": "4\ufe0f\u20e3",
    "combining": "4\u0301\u0302\u0303",
    "combining alone": "\u0301",
    "overrides": "\u202d4\u202c",
    "tag signs": "\U000e0034",
    "arabic digits": "٤٢",
    "full-width": "４２",
    "bold": "𝟒𝟐",
    "circled": "④②",
    "superscript": "⁴²",
    "chinese": "四二",
    "thai text": "กขฃค4",
    "emoji": "😀",
    "emoji and digits": "4😀2",
    "family": "👨‍👩‍👧4",
    "surrogates": "\ud800",
    "surrogates and digits": "4\udfff",
    "NUL": "\x00",
    "NUL and digits": "4\x00",
    "no characters": "\uffff\ufdd0",
    "masked already": "•••• •••• •••• 4242 ",
    "bullets": "•",
    "expiry": "04/27 ",
    "codes": "cvv 123 ",
    "mail": "a@b.co ",
    "at signs": "@",
    "dots": "a.",
    "slashes": "/a",
    "url": "https://x.example/?n=4242&m=",
    "json": '{"n":4242},',
    "csv": "4242,4242,\n",
    "keys": "sk_live_4242 ",
    "base64": "NDI0Mg==",
    "hex": "deadbeef42",
    "underscores": "4_2_",
    "brackets": "(4)[2]",
    "nested brackets": "((((",
    "plus": "+4",
    "currency": "$4",
    "decimals": "4.2",
    "labels": "no.4 nr 2 #",
}  # fmt: skip


def _cards(between: str, around: str) -> Callable[[Chance], str]:
    def make(chance: Chance) -> str:
        cards = (numbers.card(chance.choice(numbers.STRONG), chance) for _ in range(500))
        return around.join(grouped(card, between) for card in cards)

    return make


def _nearly(length: int) -> Callable[[Chance], str]:
    """Numbers that only their last digit keeps from being cards."""

    def make(chance: Chance) -> str:
        parts = []
        for _ in range(500):
            body = chance.choice(("4", "51", "6011", "3528")) + digits(length - 5, chance)
            parts.append(body + str((int(luhn_digit(body)) + 1) % 10))
        return " ".join(parts)

    return make


def _signs(alphabet: str) -> Callable[[Chance], str]:
    return lambda chance: "".join(chance.choice(alphabet) for _ in range(MAX_LENGTH))


_EVERY_DIGIT: Final = "".join(scripts.SCRIPTS.values())
_MADE: Final[dict[str, Callable[[Chance], str]]] = {
    "cards in groups": _cards(" ", " "),
    "cards glued": _cards("", ""),
    "cards in lines": _cards("-", "\n"),
    "cards in odd groups": _cards(". ", ", "),
    "nearly cards of 16": _nearly(16),
    "nearly cards of 19": _nearly(19),
    "nearly cards of 13": _nearly(13),
    "random digits": _signs("0123456789"),
    "random digits and spaces": _signs("0123456789 "),
    "random digits and signs": _signs("0123456789 -./"),
    "random fours, twos and spaces": _signs("42 "),
    "random digits of every script": _signs(_EVERY_DIGIT),
    "random digits and invisible": _signs("0123456789" + "".join(scripts.INVISIBLE.values())),
    "random printable": _signs("".join(map(chr, range(32, 127)))),
    "random unicode": lambda chance: "".join(chr(chance.randrange(0x110000)) for _ in range(MAX_LENGTH)),
    "random words and digits": lambda chance: " ".join(chance.choice(("four", "two", "oh", "double", "4", "2", "and", "card")) for _ in range(MAX_LENGTH)),
    "orders of 16 digits": lambda chance: ",".join(digits(16, chance) for _ in range(500)),
    "ssns": lambda chance: " ".join(numbers.ssn_grouped(numbers.ssn(chance)) for _ in range(700)),
    "percent cards": lambda chance: encodings.percent(_cards(" ", " ")(chance)[:3000]),
    "entity cards": lambda chance: encodings.entities(_cards("", " ")(chance)[:2000]),
    "escaped cards": lambda chance: encodings.escaped(_cards("", " ")(chance)[:1500]),
    "tagged cards": lambda chance: encodings.tags_spans(_cards("", "")(chance)[:500]),
    "spelled cards": lambda chance: scripts.spoken("".join(numbers.card("visa", chance) for _ in range(100)), "en"),
    "dictated cards": lambda chance: scripts.doubled("".join(numbers.card("visa", chance) for _ in range(100))),
    "one card at the end": lambda chance: ("1234 " * 1600)[: MAX_LENGTH - 20] + " " + numbers.card("visa", chance),
}  # fmt: skip

# Mixtures that a search found to cost many times what their parts cost.
_FOUND: Final[dict[str, Segments]] = {
    "found 1": (
        ("4\u200b", 20),
        ("ssn 219099940 ", 2),
        ("%3", 1),
        ("- t3o 4 5o ", 32),
        ("%", 2),
        ("4", 4),
        ("4<b9", 1),
        ("四二", 1),
    ),
    "found 3": (("4O4l", 4), ("<a<b>4", 1)),
    "found 4": (("4242 4242 242 4241 ", 1), ("4O4l", 1), ("cvv 123 ", 5)),
    "found 2": (
        ("4<b>", 1),
        ("&amp;amp;#52;", 1),
        ("4242 4242 4242 4242 ", 1),
        ("ssn 219099945 ", 2),
        ("4", 5),
        ("\u0301", 1),
        ("4O2l", 50),
    ),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of processor time, at best of several runs, and the segments that a search put together."""

    name: str
    milliseconds: float
    segments: Segments = ()


def texts(seed: int = SEED) -> Iterator[tuple[str, str]]:
    """Every name with its message, filled to the greatest length."""
    for name, unit in _UNITS.items():
        yield name, filled(unit)
    for name, make in _MADE.items():
        yield name, filled(make(Chance(f"{seed} {name}")))
    for name, segments in _FOUND.items():
        yield name, built(segments)


def filled(unit: str) -> str:
    return (unit * (MAX_LENGTH // len(unit) + 1))[:MAX_LENGTH]


def cost(text: str, *, runs: int = 3, policy: MaskingPolicy | None = None) -> float:
    """Of masking it, at best: what others do on the machine is not the engine's."""
    best = float("inf")
    for _ in range(runs):
        began = time.process_time()
        mask(text, policy)
        best = min(best, time.process_time() - began)
    return best * 1000


def run(*, tick: Callable[[], None] = lambda: None) -> list[Cost]:
    """Every generator, the slowest first."""
    costs = []
    for name, text in texts():
        costs.append(Cost(name, cost(text)))
        tick()
    return sorted(costs, key=lambda one: -one.milliseconds)


def built(segments: Segments) -> str:
    """A message out of units and how often each is repeated, again and again."""
    return filled("".join(unit * times for unit, times in segments) or " ")


def search(steps: int, *, seed: int = SEED, tick: Callable[[], None] = lambda: None) -> Cost:
    """Climb from the slowest generators to slower mixtures of them."""
    chance = Chance(seed)
    units = list(_UNITS.values())
    population: list[tuple[float, Segments]] = [(cost(filled(unit), runs=2), ((unit, 1),)) for unit in units]
    population.sort(key=lambda one: -one[0])
    del population[12:]
    for _ in range(steps):
        tick()
        _, parent = chance.choice(population)
        child = _changed(parent, units, chance)
        spent = cost(built(child), runs=2)
        if spent > population[-1][0] and child not in (segments for _, segments in population):
            population[-1] = (spent, child)
            population.sort(key=lambda one: -one[0])
    _, best = population[0]
    return Cost("found by search", cost(built(best), runs=5), best)


def _changed(parent: Segments, units: list[str], chance: Chance) -> Segments:
    segments = list(parent)
    what = chance.randrange(4)
    if what == 0 or not segments:
        segments.insert(
            chance.randint(0, len(segments)), (chance.choice(units), chance.choice((1, 1, 1, 2, 5, 20, 100)))
        )
    elif what == 1 and len(segments) > 1:
        segments.pop(chance.randrange(len(segments)))
    elif what == 2:
        at = chance.randrange(len(segments))
        unit, times = segments[at]
        segments[at] = (unit, max(1, min(4000, chance.choice((times * 2, times // 2, times + 1, times - 1)))))
    else:
        at = chance.randrange(len(segments))
        unit, times = segments[at]
        start = chance.randrange(len(unit))
        segments[at] = (
            unit[:start] + chance.choice(("", chance.choice("0123456789 -4"))) + unit[start + 1 :] or "4",
            times,
        )
    return tuple(segments[:8])


def lines(costs: list[Cost]) -> Iterator[str]:
    """The worst of them."""
    yield f"{len(costs)} messages of {MAX_LENGTH} characters; the slowest, wanted ≤ {WANTED_MS:g} ms each:"
    for one in costs[:_SHOWN]:
        what = f"  {one.segments!r}" if one.segments else ""
        yield f"{one.milliseconds:>9.2f} ms  {one.name}{what}"
