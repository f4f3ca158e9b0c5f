"""Cards in every brand, layout, separator, script, encoding and neighbourhood: each dimension by itself, made of a seed."""

import random
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from chatplatform.bench.cases import Case, Said

from . import encodings, numbers, scripts
from .numbers import BRANDS, STRONG, grouped

_ASKS: Final = (
    "card number {}",
    "my card is {}",
    "please charge {} (credit card)",
    "tarjeta {}",
    "Kreditkarte {}",
    "ma carte {}",
)
_AROUND: Final = (
    "{}", "it's {}", "ok {} thanks", "({})", '"{}"', "{}.", "{}, {}?", "hi!{}", "😀{}😀", "number={}", "a{}b", "xx{}", "{}xx", "é{}é", "卡{}卡",
    "#{}", "no.{}", "nr {}", "<{}>", "[{}]", "{} is it", "-> {}", "...{}...", "@{}", "*{}*", "~{}~", "/{}/", "{}!!!", "\n{}\n", "\t{}",
)  # fmt: skip
_LIKE: Final = (
    ("0", "O"),
    ("0", "o"),
    ("1", "l"),
    ("1", "I"),
    ("1", "i"),
    ("5", "S"),
    ("8", "B"),
    ("2", "Z"),
    ("0", "О"),
    ("1", "|"),
)


def made() -> Iterator[Case]:
    """All of them."""
    chance = random.Random("cards")
    for group, text, *cards in [
        *_brands(chance),
        *_separators(chance),
        *_scripts(chance),
        *_invisible(chance),
        *_encodings(chance),
        *_spelled(chance),
        *_look_alikes(chance),
        *_around(chance),
        *_glued(chance),
    ]:
        yield Case(id="", group=f"cards.{group}", language="en", messages=(Said(text),), cards=tuple(cards))


Made = Iterator[tuple[str, ...]]


def _brands(chance: random.Random) -> Made:
    asks = cycle(_ASKS)
    for brand in BRANDS:
        for between in ("", " ", "-"):
            number = numbers.card(brand, chance)
            said = grouped(number, between)
            yield "brands", said if brand in STRONG and between != "-" else next(asks).format(said), number
    for brand in numbers.RARE:
        number = numbers.card(brand, chance)
        yield "rare brands", f"my card number is {grouped(number)}", number
        number = numbers.card(brand, chance)
        yield "rare brands", f"{number} is my debit card, exp 04/28", number
    for number in numbers.PUBLISHED:
        yield "published", grouped(number) if len(number) > 14 else f"card {number}", number


def _separators(chance: random.Random) -> Made:
    for between in (*scripts.SEPARATORS, *scripts.SPACES.values()):
        for brand in ("visa", chance.choice(("mastercard", "amex", "discover", "jcb"))):
            number = numbers.card(brand, chance)
            yield "separators", grouped(number, between), number
    for between in (" ", "-", ".", ",", "\n", "_", "\u00a0"):
        number = numbers.card("mastercard", chance)
        yield "single digits", between.join(number), number
        number = numbers.card("visa", chance)
        yield "pairs", between.join(number[at : at + 2] for at in range(0, 16, 2)), number
        number = numbers.card("visa", chance)
        a, b, c = chance.sample(("-", " ", ".", "", "/", "  "), 3)
        yield "mixed separators", f"{number[:4]}{a}{number[4:8]}{b}{number[8:12]}{c}{number[12:]}", number


def _scripts(chance: random.Random) -> Made:
    for signs in scripts.SCRIPTS.values():
        number = numbers.card(chance.choice(("visa", "mastercard")), chance)
        yield "scripts", scripts.written(grouped(number), signs), number
        number = numbers.card("visa", chance)
        yield "scripts", f"card {scripts.written(number, signs)} ok", number
    number = numbers.card("visa", chance)
    yield "key-caps", "".join(char + scripts.KEY_CAP for char in number), number
    number = numbers.card("mastercard", chance)
    yield "key-caps", " ".join(char + scripts.KEY_CAP for char in number), number
    number = numbers.card("amex", chance)
    yield "key-caps", "".join(char + "\u20e3" for char in number), number
    every = list(scripts.SCRIPTS.values())[:-1]
    for _ in range(8):
        number = numbers.card("visa", chance)
        yield "mixed scripts", "".join(scripts.written(char, chance.choice(every)) for char in number), number
        number = numbers.card("mastercard", chance)
        parts = [scripts.written(part, chance.choice(every)) for part in grouped(number).split()]
        yield "mixed scripts", " ".join(parts), number


def _invisible(chance: random.Random) -> Made:
    for sign in scripts.INVISIBLE.values():
        number = numbers.card("visa", chance)
        yield "invisible", sign.join(number), number
        number = numbers.card("mastercard", chance)
        yield "invisible", f"card {grouped(number, sign)}", number
        number = numbers.card(chance.choice(("visa", "discover")), chance)
        at = chance.randrange(1, 15)
        yield "invisible", f"{number[:at]}{sign * 3}{number[at:]}", number


def _encodings(chance: random.Random) -> Made:
    for encode in encodings.ENCODINGS:
        for brand in ("visa", chance.choice(("mastercard", "amex"))):
            number = numbers.card(brand, chance)
            yield "encodings", f"card={encode(grouped(number))}", number
        number = numbers.card("visa", chance)
        yield "encodings", encode(grouped(number)), number


def _spelled(chance: random.Random) -> Made:
    for language in scripts.WORDS:
        for between in (" ", ", ", "-", "\n", " - ", ". "):
            number = numbers.card(chance.choice(("visa", "mastercard")), chance)
            yield "spelled", scripts.spoken(number, language, between), number
        number = numbers.card("visa", chance)
        yield "spelled", f"card: {scripts.spoken(number, language).upper()}.", number
        number = numbers.card("amex", chance)
        yield "spelled", scripts.spoken(number, language).title(), number
        for start, end in ((4, 8), (12, 16), (0, 4), (8, 9)):
            number = numbers.card("mastercard", chance)
            said = f"{number[:start]} {scripts.spoken(number[start:end], language)} {number[end:]}".strip()
            yield "spelled with digits", said, number
        number = numbers.card("visa", chance)
        words = [scripts.spoken(char, language) if at % 2 else char for at, char in enumerate(number)]
        yield "spelled with digits", " ".join(words), number
    for _ in range(8):
        number = numbers.card("visa", chance)
        for run in ("00", "555", "77"):
            at = chance.randrange(2, 12)
            number = number[:at] + run + number[at + len(run) :]
        number = number[:-1] + numbers.luhn_digit(number[:-1])
        yield "dictated", f"my card is {scripts.doubled(number)}", number


def _look_alikes(chance: random.Random) -> Made:
    for digit, letter in _LIKE:
        for _ in range(2):
            body = (
                "4" + numbers.digits(5, chance) + digit + numbers.digits(4, chance) + digit + numbers.digits(3, chance)
            )
            number = body + numbers.luhn_digit(body)
            head, tail = number[:2], number[2:-2].replace(digit, letter)
            yield "look-alikes", f"card {grouped(head + tail + number[-2:])}", number
    number = numbers.card("visa", chance)
    yield "look-alikes", f"card {grouped(number.replace('0', 'O').replace('1', 'l'))}", number


def _around(chance: random.Random) -> Made:
    for around in _AROUND:
        number = numbers.card(chance.choice(("visa", "mastercard", "discover")), chance)
        yield "around", around.replace("{}, {}?", "{}, yes?").format(grouped(number)), number
        number = numbers.card(chance.choice(("visa", "amex", "mastercard2")), chance)
        yield "around", around.replace("{}, {}?", "{}, yes?").format(number), number


def _glued(chance: random.Random) -> Made:
    for tail in (
        "0428123",
        "04281234",
        "123",
        "1228",
        "122028",
        "/123",
        " 0428 123",
        "|04|28|123",
        "=28041010000",
        "D2804101",
        "x0428",
    ):
        number = numbers.card(chance.choice(("visa", "mastercard")), chance)
        yield "glued", f"card {number}{tail}", number
    for head in ("00", "0", "1.", "no1:", "card1", "12/", "9", "2x"):
        number = numbers.card("visa", chance)
        yield "glued", f"card {head}{number}", number
    for between in ("", " ", ",", "/", "\n", " and ", "\t", "; "):
        pair = [numbers.card("visa", chance), numbers.card("mastercard", chance)]
        yield "glued", between.join(pair), *pair
        pair = [numbers.card("amex", chance), numbers.card("visa", chance), numbers.card("discover", chance)]
        yield "several", (between or " ; ").join(grouped(number) for number in pair), *pair
