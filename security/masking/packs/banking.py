"""Bank accounts: IBAN, and the routing numbers of banks in the United States."""

import re
from collections.abc import Iterator
from typing import Final

from security.masking.finding.surroundings import Surroundings
from security.masking.packs.kinds import Pack, found, says
from security.masking.reading.scan import Candidate
from security.masking.reading.views import View

# The lengths of the IBAN registry (ISO 13616, kept by SWIFT).
_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "no", 16: "be", 18: "dk fi fo gl nl fk sd", 19: "mk si", 20: "at ba ee kz lt lu xk mn", 21: "hr lv li ch",
        22: "bg bh cr de ge gb ie me rs va", 23: "ae gi il iq tl om so", 24: "ad cz md pk ro sa sk es se tn vg", 25: "ly pt st",
        26: "is tr", 27: "bi dj fr gr it mc mr sm", 28: "al az by cy do gt hu lb ni pl sv", 29: "br eg ps qa ua", 30: "jo kw mu ye",
        31: "mt sc", 32: "lc", 33: "ru",
    }.items()
    for country in countries.split()
}  # fmt: skip
_IBAN: Final = re.compile(r"(?<![a-z0-9])(?=[a-z]{2}[ \-.]?[0-9]{2})[a-z0-9](?:[ \-.]?[a-z0-9]){14,36}")
_ABA: Final = re.compile(r"(?<![0-9])[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9](?![0-9])")
_ROUTING: Final = re.compile(r"(?<![a-z])(?:routing|aba|rtn|ach|wire|transit)(?![a-z])")
_AREAS: Final = frozenset([*range(1, 13), *range(21, 33), *range(61, 73), 80])
_CHECKED: Final = 97


def is_iban(text: str) -> bool:
    """Whether it has its country's length and its remainder by 97 is 1 (ISO 7064 mod 97-10)."""
    if len(text) != _LENGTHS.get(text[:2], 0) or not text[2:4].isdecimal():
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % _CHECKED == 1


def is_aba(digits: str) -> bool:
    """Whether the weights 3-7-1 give a multiple of ten and the first two digits name a district (ABA routing policy)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True))
    return total % 10 == 0 and int(digits[:2]) in _AREAS


def _find_iban(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    for match in _IBAN.finditer(view.text):
        wanted = _LENGTHS.get(match.group()[:2], 0)
        seen = 0
        for place in range(*match.span()):
            seen += view.text[place] not in " -."
            if seen == wanted:
                text = re.sub(r"[ \-.]", "", view.text[match.start() : place + 1])
                if is_iban(text):
                    yield found("iban", view, match.start(), place + 1, "mod 97", f"country {text[:2].upper()}")
                break


def _find_aba(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    for match in _ABA.finditer(view.text):
        if is_aba(re.sub("[ -]", "", match.group())) and says(_ROUTING, view, *match.span()):
            yield found("aba", view, *match.span(), "weights 3-7-1", "routing words")


PACKS: Final = (
    Pack("iban", "International bank account numbers.", "ISO 13616, ISO 7064", r"(?i)[a-z]{2}[ \-.]?\pN{2}", _find_iban),
    Pack("aba", "Routing numbers of banks in the United States.", "ABA routing number policy", r"\pN{4}[ -]?\pN{4}[ -]?\pN", _find_aba),
)  # fmt: skip
