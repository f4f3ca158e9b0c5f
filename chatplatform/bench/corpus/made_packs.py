"""What the optional packs must hide and what they must leave: numbers with check digits computed here, published examples."""

import random
import string
from collections.abc import Callable, Iterator
from typing import Final

from chatplatform.bench.cases import Case, Said

from .numbers import digits, luhn_digit

Chance = random.Random


def made() -> Iterator[Case]:
    """All of them."""
    chance = random.Random("packs")
    for pack, asks, make, spoil in _PACKS:
        for at in range(10):
            yield _case(pack, asks[at % len(asks)], make(chance))
        for at in range(6 if spoil else 0):
            yield _case(pack, asks[at % len(asks)], spoil(chance) if spoil else "", clean=True)


def _case(pack: str, wording: str, *secrets: str, clean: bool = False) -> Case:
    return Case(
        id="",
        group=f"clean.pack {pack}" if clean else f"pack.{pack}",
        language="en",
        messages=(Said(wording.format(*secrets)),),
        gone=() if clean else secrets,
        packs=(pack,),
    )


def _eleven(body: str, weights: range) -> int:
    return sum(int(char) * weight for char, weight in zip(body, weights, strict=True)) % 11


def _nhs(chance: Chance) -> str:
    while True:
        body = digits(9, chance)
        check = (11 - _eleven(body, range(10, 1, -1))) % 11
        if check < 10:
            number = f"{body}{check}"
            return chance.choice(
                (number, f"{number[:3]} {number[3:6]} {number[6:]}", f"{number[:3]}-{number[3:6]}-{number[6:]}")
            )


def _cpf(chance: Chance) -> str:
    body = digits(9, chance)
    for weights in (range(10, 1, -1), range(11, 1, -1)):
        rest = _eleven(body, weights)
        body += str(0 if rest < 2 else 11 - rest)
    return chance.choice((body, f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"))


def _sin(chance: Chance) -> str:
    body = "0" + digits(7, chance)  # never issued: for examples
    number = body + luhn_digit(body)
    return chance.choice((f"{number[:3]} {number[3:6]} {number[6:]}", f"{number[:3]}-{number[3:6]}-{number[6:]}"))


def _aba(chance: Chance) -> str:
    body = f"{chance.randint(1, 12):02}" + digits(6, chance)
    total = sum(int(char) * weight for char, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return body + str(-total % 10)


def _aadhaar(chance: Chance) -> str:
    body = str(chance.randint(2, 9)) + digits(10, chance)
    number = body + _verhoeff(body)
    return chance.choice(
        (number, " ".join((number[:4], number[4:8], number[8:])), "-".join((number[:4], number[4:8], number[8:])))
    )


def _verhoeff(body: str) -> str:
    """The check digit by the dihedral group of order ten."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
        return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5

    once = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    total = 0
    for place, char in enumerate(reversed(body), 1):
        value = int(char)
        for _ in range(place % 8):
            value = once[value]
        total = times(total, value)
    return next(str(value) for value in range(10) if times(total, value) == 0)


def _nino(chance: Chance) -> str:
    head = chance.choice(("AB", "JG", "CE", "HW", "PL", "SX"))
    body = digits(6, chance)
    tail = chance.choice("ABCD")
    return chance.choice(
        (
            f"{head}{body}{tail}",
            f"{head} {body[:2]} {body[2:4]} {body[4:]} {tail}",
            f"{head.lower()}{body}{tail.lower()}",
        )
    )


def _itin(chance: Chance) -> str:
    group = chance.choice([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])
    return f"9{digits(2, chance)}-{group}-{digits(4, chance)}"


def _wrong_itin(chance: Chance) -> str:
    return f"9{digits(2, chance)}-{chance.choice((10, 33, 49, 69, 89, 93))}-{digits(4, chance)}"


def _next_digit(make: Callable[[Chance], str]) -> Callable[[Chance], str]:
    """Its last digit is one too high: the check fails."""

    def wrong(chance: Chance) -> str:
        number = make(chance)
        return number[:-1] + str((int(number[-1]) + 1) % 10)

    return wrong


def _token(prefix: str, length: int, chance: Chance) -> str:
    return prefix + "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(length))


def _key(chance: Chance) -> str:
    """In the shape of a provider's key; put together here, so that no file holds one."""
    prefix, length = chance.choice(
        (("sk_" + "live_", 24), ("sk_" + "test_", 24), ("gh" + "p_", 36), ("xo" + "xb-", 40), ("AI" + "za", 35), ("gl" + "pat-", 20), ("sk-" + "proj-", 48))
    )  # fmt: skip
    return _token(prefix, length, chance)


def _mail(chance: Chance) -> str:
    name = chance.choice(("jane.doe", "pat_roe", "kim+shop", "o'neil", "a", "x.y.z", "JANE", "info"))
    return f"{name}{chance.randint(1, 99)}@{chance.choice(('example.com', 'mail.example.org', 'example.co.uk', 'sub.domain.example.net'))}"


def _phone(chance: Chance) -> str:
    last = f"{chance.randint(100, 199):04}"
    return chance.choice(
        (
            f"+1 (415) 555-{last}",
            f"(212) 555-{last}",
            f"415-555-{last}",
            f"+44 20 7946 {last}",
            f"+49 30 2312{last}",
            f"+33 1 99 00 {last[:2]} {last[2:]}",
        )
    )


def _born(chance: Chance) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1940, 2008)
    return chance.choice(
        (
            f"{day:02}/{month:02}/{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}",
            f"{month}/{day}/{year}",
        )
    )


Pack = tuple[str, tuple[str, ...], Callable[[Chance], str], Callable[[Chance], str] | None]
_PACKS: Final[tuple[Pack, ...]] = (
    ("nhs", ("NHS number {}", "my nhs no is {}", "NHS: {}"), _nhs, _next_digit(_nhs)),
    ("cpf", ("CPF {}", "meu CPF é {}", "cpf: {}"), _cpf, _next_digit(_cpf)),
    ("sin", ("SIN {}", "my social insurance number is {}", "sin: {}"), _sin, _next_digit(_sin)),
    ("aba", ("routing number {}", "ABA {}", "routing {} please"), _aba, _next_digit(_aba)),
    ("aadhaar", ("aadhaar {}", "my Aadhaar number is {}", "UID: {}"), _aadhaar, _next_digit(_aadhaar)),
    ("nino", ("NI number {}", "my NINO is {}", "{}", "national insurance {}"), _nino, None),
    ("itin", ("ITIN {}", "my itin is {}", "{}"), _itin, _wrong_itin),
    ("secret", ("{}", "key: {}", "curl -H 'Authorization: Bearer {}'", "API_KEY={}"), _key, None),
    ("email", ("{}", "mail me at {}", "<{}>", "contact: {}, thanks", "mailto:{}"), _mail, None),
    ("phone", ("call {}", "my phone is {}", "{}", "tel. {}"), _phone, None),
    ("dob", ("DOB {}", "date of birth: {}", "I was born {}", "born on {}", "Geburtsdatum: {}"), _born, None),
)  # fmt: skip
