"""Ordinary messages full of numbers, with and without labels, made of a seed: nothing in them may be touched."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from chatplatform.bench.cases import Case, Said

from .numbers import digits, luhn_digit

Chance = random.Random


def _parcel(chance: Chance) -> str:
    """An SSCC or a USPS label: mod 10 of GS1, 18 to 22 digits."""
    body = chance.choice(("0034043", "9400111", "9205590", "9361289", "0037332")) + digits(12, chance)
    return body + _gs1(body)


def _gs1(body: str) -> str:
    total = sum(int(char) * (3 if place % 2 == 0 else 1) for place, char in enumerate(reversed(body)))
    return str(-total % 10)


def _article(chance: Chance) -> str:
    body = chance.choice(("400", "500", "300", "590", "978", "871", "045")) + digits(9, chance)
    return body + _gs1(body)


def _imei(chance: Chance) -> str:
    body = chance.choice(("35", "86", "01", "49")) + digits(12, chance)
    return body + luhn_digit(body)


def _iccid(chance: Chance) -> str:
    body = "89" + digits(16, chance)
    return body + luhn_digit(body)


def _plain(length: int, head: str = "") -> Callable[[Chance], str]:
    """Digits that are no card by Luhn."""

    def make(chance: Chance) -> str:
        body = head + digits(length - len(head) - 1, chance)
        return body + str((int(luhn_digit(body)) + chance.randint(1, 9)) % 10)

    return make


def _by_chance(length: int, head: str) -> Callable[[Chance], str]:
    """Digits that pass Luhn, as one order number in ten does; the label has to save them."""

    def make(chance: Chance) -> str:
        body = head + digits(length - len(head) - 1, chance)
        return body + luhn_digit(body)

    return make


def _phone(chance: Chance) -> str:
    country = chance.choice(
        ("+1 {} {} {}:334", "+44 {} {}:46", "+49 {} {}:37", "+33 {} {} {} {} {}:12222", "+61 {} {} {}:333", "+7 {} {}-{}-{}:3322",
         "({}) {}-{}:334", "+91 {} {}:55", "+81 {}-{}-{}:244", "+55 {} {}-{}:254", "+34 {} {} {}:333", "+353 {} {} {}:234", "0{} {}:37")
    )  # fmt: skip
    shape, _, lengths = country.partition(":")
    return shape.format(*(str(chance.randint(2, 9)) + digits(int(length) - 1, chance) for length in lengths))


def _hash(length: int) -> Callable[[Chance], str]:
    return lambda chance: "".join(chance.choice("0123456789abcdef") for _ in range(length))


def _date(chance: Chance) -> str:
    return f"20{chance.randint(20, 29)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _price(chance: Chance) -> str:
    return f"{chance.randint(1, 9999):,}.{chance.randint(0, 99):02}"


def _fraction(chance: Chance) -> str:
    return f"{chance.randint(0, 89)}.{digits(chance.randint(7, 15), chance)}"


def _address(chance: Chance) -> str:
    return ".".join(str(chance.randint(1, 254)) for _ in range(4))


def _uuid(chance: Chance) -> str:
    text = _hash(32)(chance)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "8" + text[17:20], text[20:]))


def _digit_uuid(chance: Chance) -> str:
    """A UUID that happens to have no letter in it."""
    text = digits(32, chance)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "8" + text[17:20], text[20:]))


def _voucher(chance: Chance) -> str:
    """48 digits in fours, as shops print them."""
    return " ".join(digits(4, chance) for _ in range(12))


def _french(chance: Chance) -> str:
    return " ".join((f"0{chance.randint(1, 9)}", *(digits(2, chance) for _ in range(4))))


def _fours(between: str) -> Callable[[Chance], str]:
    """Item numbers, one after the other: more than a card has groups."""
    return lambda chance: between.join(str(chance.randint(1000, 6999)) for _ in range(chance.randint(6, 9)))


# What is said with it, what is put in, and how often.
_SHAPES: Final[tuple[tuple[str, tuple[str, ...], Callable[[Chance], str]], ...]] = (
    (
        "tracking",
        ("tracking {}", "parcel number {}", "USPS {}", "my shipment {} is stuck", "Sendungsnummer {}", "{} (DHL)"),
        _parcel,
    ),
    ("tracking", ("fedex {}", "tracking number {}", "waybill {}", "where is package {}"), _plain(12, "7")),
    ("tracking", ("fedex tracking {}", "tracking no. {}", "FedEx Ground {}"), _by_chance(15, "6")),
    (
        "tracking",
        ("tracking id {}", "consignment {}", "suivi colis {}", "número de seguimiento {}"),
        _by_chance(14, "3"),
    ),
    (
        "articles",
        ("EAN {}", "barcode {}", "article {} in blue", "GTIN: {}", "{} out of stock", "do you have {}?"),
        _article,
    ),
    ("articles", ("{}, {} and {}", "{}\n{}\n{}"), _article),
    ("imei", ("IMEI {}", "imei: {}", "my phone's IMEI is {}", "IMEI1: {} IMEI2: {}", "device imei number {}"), _imei),
    ("iccid", ("ICCID {}", "sim card number {}", "SIM {}", "my sim's iccid is {}"), _iccid),
    (
        "orders",
        ("order {}", "Order #{}", "order number {}, please", "pedido {}", "commande {}", "Bestellnummer {}", "ref {}"),
        _plain(16, "4"),
    ),
    ("orders", ("order {}", "order no. {}", "my orders: {}, {}", "invoice {}", "case {}"), _plain(13, "30")),
    ("orders", ("order number {}", "invoice no {}", "reference {}", "ticket {}"), _by_chance(14, "20")),
    ("orders", ("order id {}", "transaction {}", "confirmation {}", "Rechnung {}"), _by_chance(17, "9")),
    ("orders", ("customer {}", "account number {}", "member id {}", "contract {}"), _by_chance(13, "8")),
    ("orders", ("{}", "is {} yours?", "{} and {}"), _plain(10, "1")),
    ("bare", ("{}", "{} ?", "what about {}"), _plain(16, "0")),
    ("bare", ("{}", "it says {}", "code {}"), _plain(18, "77")),
    ("bare", ("{}", "number {} it says"), _plain(16, "7")),
    (
        "phones",
        ("{}", "call {}", "my number is {}", "{} or {}", "{}, {}, {}", "tel {} fax {}", "phones:\n{}\n{}\n{}\n{}"),
        _phone,
    ),
    ("hashes", ("commit {}", "{}", "sha1 {} failed"), _hash(40)),
    ("hashes", ("md5 {}", "trace id {}", "session {}"), _hash(32)),
    ("hashes", ("{}", "request {}", "error in {}", "https://app.example/t/{}?x=1"), _uuid),
    ("hashes", ("id {}", "{}", "see /tickets/{}"), _digit_uuid),
    ("dates", ("{}", "from {} to {}", "{}, {}, {}, {}", "{} 12:30 - {} 14:45"), _date),
    ("prices", ("${}", "${} + ${} + ${}", "€{} vs €{}", "EUR {}, USD {}", "{} {} {} {}", "total £{}"), _price),
    ("coordinates", ("{}, -{}", "lat {} lng {}", "{},{};{},{}", "pi-ish {}"), _fraction),
    ("addresses", ("{}", "{} {} {} {}", "from {}:443 to {}:51022", "{}/24"), _address),
    ("times", ("{} ms since epoch", "ts={}", "[{}] started", "{}"), _plain(13, "17")),
    (
        "bank",
        ("routing 021000021 account {}", "a/c no {}", "Konto {}", "account {} sort code 20-00-00"),
        _plain(12, "0"),
    ),
    ("vouchers", ("gift card code {}", "voucher {}", "top-up code {}", "{}", "code: {} does not work"), _voucher),
    ("phones", ("mes numéros : {} et {}", "{}, {}", "tél {} / {}", "{}\n{}\n{}", "appelez le {} ou le {}"), _french),
    ("lists", ("items {}", "{}", "bids: {}", "we need {}", "{} are sold out"), _fours(", ")),
    ("lists", ("{}", "ids\n{}"), _fours("\n")),
    ("lists", ("values {}", "{}"), _fours(" ")),
    ("lists", ("row: {}", "{}", "[{}]"), _fours(",")),
    ("small", ("{}", "{} {} {}", "{},{},{},{},{},{}", "{}\n{}\n{}", "{}/{}/{}", "row {} seat {}"), _plain(3)),
    ("small", ("{}", "{} {}", "{} - {}", "between {} and {}", "{}; {}; {}"), _plain(4)),
    ("small", ("zip {}", "{}", "pin code {}", "postcode {} or {}"), _plain(5)),
    ("small", ("{}", "code {}", "otp {}", "it's {}"), _plain(6)),
)
_PER_SHAPE: Final = 7


def made() -> Iterator[Case]:
    """All of them."""
    chance = random.Random("clean")
    for group, wordings, make in _SHAPES:
        for at in range(_PER_SHAPE * (2 if group in {"vouchers", "lists"} else 1)):
            wording = wordings[at % len(wordings)]
            text = wording.format(*(make(chance) for _ in range(wording.count("{}"))))
            while (
                any(_is_card_by_chance(text, length) for length in (13, 14, 15, 16, 19))
                and group in {"small", "orders", "bare"}
                and "by" not in make.__qualname__
            ):
                text = wording.format(*(make(chance) for _ in range(wording.count("{}"))))
            yield Case(id="", group=f"clean.{group}", language="en", messages=(Said(text),))


def _is_card_by_chance(text: str, length: int) -> bool:
    """All its digits together are a card's: nobody could tell."""
    joined = "".join(char for char in text if char.isdigit())
    return len(joined) == length and luhn_digit(joined[:-1]) == joined[-1] and joined[0] in "3456"
