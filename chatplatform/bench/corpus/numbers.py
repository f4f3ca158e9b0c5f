"""Numbers that look like secrets, made of a seed: each passes the check that its kind prescribes."""

import random
from typing import Final

# Brand, first digits, length. Written from the issuers' public descriptions (ISO/IEC 7812), not from the engine's table.
BRANDS: Final[dict[str, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    "visa": (("4",), (16,)),
    "visa13": (("4",), (13,)),
    "visa19": (("4",), (19,)),
    "mastercard": (("51", "52", "53", "54", "55"), (16,)),
    "mastercard2": (("2221", "2345", "2500", "2699", "2720"), (16,)),
    "amex": (("34", "37"), (15,)),
    "discover": (("6011", "644", "649", "65"), (16,)),
    "discover19": (("6011", "65"), (19,)),
    "diners": (("300", "301", "305", "36", "38", "39"), (14,)),
    "jcb": (("3528", "3530", "3566", "3589"), (16,)),
    "unionpay": (("620", "622126", "622925", "625"), (16,)),
    "unionpay19": (("621", "622", "625"), (19,)),
    "maestro": (("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763"), (16,)),
    "maestro13": (("5018", "6304", "6759"), (13,)),
    "maestro18": (("6304", "6759", "6761"), (18,)),
    "maestro19": (("6304", "6759", "6763"), (19,)),
    "mir": (("2200", "2201", "2202", "2203", "2204"), (16,)),
    "rupay": (("60", "6521", "81", "82", "508"), (16,)),
    "elo": (("401178", "438935", "506699", "509000", "636297"), (16,)),
    "hipercard": (("606282",), (16,)),
    "verve": (("506100", "506150", "650002"), (16,)),
    "verve19": (("506100", "506150"), (19,)),
    "troy": (("9792",), (16,)),
    "dankort": (("5019",), (16,)),
    "uatp": (("1",), (15,)),
    "instapayment": (("637", "638", "639"), (16,)),
}  # fmt: skip
# Of one country, or issued no more: found only where words say what they are.
RARE: Final[dict[str, tuple[str, int]]] = {
    "bancontact": ("6703", 16), "solo": ("6334", 16), "switch": ("633110", 18), "switch19": ("4903", 19), "laser": ("6304", 16), "uzcard": ("8600", 16),
    "humo": ("9860", 16), "napas": ("9704", 16), "lankapay": ("357111", 16), "meeza": ("507803", 16), "carnet": ("506199", 16), "cabal": ("604201", 16),
    "naranja": ("589562", 16), "bc": ("9410", 16), "interpayment": ("636", 16), "dinacard": ("9891", 16), "jcb19": ("3528", 19), "diners16": ("36", 16),
    "mir19": ("2200", 19), "maestro15": ("6759", 15), "maestro17": ("6759", 17), "maestro14": ("5018", 14), "enroute": ("2014", 15), "hiper": ("637095", 16),
}  # fmt: skip
STRONG: Final = ("visa", "mastercard", "mastercard2", "amex", "discover", "diners", "jcb", "unionpay")
# Published by payment providers for trying out their interfaces.
PUBLISHED: Final = (
    "4242424242424242", "4000056655665556", "5555555555554444", "2223003122003222", "5200828282828210",
    "5105105105105100", "378282246310005", "371449635398431", "378734493671000", "6011111111111117",
    "6011000990139424", "6011981111111113", "3056930009020004", "36227206271667", "30569309025904", "38520000023237",
    "3566002020360505", "3530111333300000", "6200000000000005", "6205500000000000004", "4111111111111111",
    "4012888888881881", "4222222222222", "4000000000000002", "4000002500003155", "5424000000000015",
    "4007000000027", "4988438843884305", "5577000055770004", "6771798021000008", "6759649826438453",
)  # fmt: skip


def luhn_digit(body: str) -> str:
    """The check digit that makes `body` pass ISO/IEC 7812's check."""
    total = sum(
        value if place % 2 else (value * 2 if value < 5 else value * 2 - 9)
        for place, value in enumerate(map(int, reversed(body)))
    )
    return str(-total % 10)


def card(brand: str, chance: random.Random) -> str:
    if brand in RARE:
        prefix, length = RARE[brand]
    else:
        prefixes, lengths = BRANDS[brand]
        prefix, length = chance.choice(prefixes), chance.choice(lengths)
    body = prefix + digits(length - 1 - len(prefix), chance)
    return body + luhn_digit(body)


def digits(count: int, chance: random.Random) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def ssn(chance: random.Random) -> str:
    """Nine digits that the Social Security Administration's rules allow, of no numbering in a row."""
    area = chance.choice([number for number in range(1, 900) if number != 666])
    return f"{area:03}{chance.randint(1, 99):02}{chance.randint(1, 9999):04}"


def grouped(number: str, between: str = " ") -> str:
    """As it is printed on the card: 4-6-5 and 4-6-4 for the short ones, fours otherwise."""
    if len(number) in {14, 15}:
        return between.join((number[:4], number[4:10], number[10:]))
    return between.join(number[at : at + 4] for at in range(0, len(number), 4))


def ssn_grouped(number: str, between: str = "-") -> str:
    return between.join((number[:3], number[3:5], number[5:]))
