"""Numbers by which states know people: ITIN, NINO, NHS, SIN, CPF, Aadhaar."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from security.masking.finding.surroundings import Surroundings
from security.masking.packs.kinds import Pack, found, says
from security.masking.reading.scan import Candidate
from security.masking.reading.views import View

_OTHERWISE: Final = frozenset({"hard", "soft", "phone"})
_ITIN_GROUPS: Final = frozenset([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])
_NINO: Final = re.compile(
    r"(?<![a-z0-9])(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-npr-tw-z][ -]?(?:[0-9]{2}[ -]?){3}([a-d])?(?![a-z0-9])"
)
_NOT_CHECKED: Final = 10
# The dihedral group of order ten: Verhoeff's own permutation, applied place by place.
_TURNED: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_HALF: Final = 5


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])")


def is_itin(digits: str) -> bool:
    """900–999, and a group that the IRS gives to ITINs (IRS Pub. 1915): 50–65, 70–88, 90–92, 94–99."""
    return digits[0] == "9" and int(digits[3:5]) in _ITIN_GROUPS


def is_nhs(digits: str) -> bool:
    """Modulus 11 with weights 10 to 2 (NHS Data Dictionary); a check of 10 is not issued."""
    check = -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != _NOT_CHECKED and check == int(digits[9])


def is_sin(digits: str) -> bool:
    """Luhn (Service Canada). Numbers that begin with 0 are not issued, but examples do: they count."""
    doubled = ((int(digit) * 2 if place % 2 else int(digit)) for place, digit in enumerate(digits))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004


def is_cpf(digits: str) -> bool:
    """Two check digits by modulus 11 (Receita Federal); eleven times the same digit is none."""
    for length in (9, 10):
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False)) % 11
        if int(digits[length]) != (0 if rest < 2 else 11 - rest):  # noqa: PLR2004
            return False
    return len(set(digits)) > 1


def is_aadhaar(digits: str) -> bool:
    """Verhoeff's check digit; the first digit is none of 0 and 1 (UIDAI)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = _TURNED[value]
        total = _composed(total, value)
    return total == 0 and digits[0] not in "01"


def _composed(one: int, other: int) -> int:
    if one < _HALF:
        return (one + other) % 5 if other < _HALF else (one + other - 5) % 5 + 5
    return (one - 5 - other) % 5 + 5 if other < _HALF else (one - other) % 5


def _find(
    name: str,
    shape: re.Pattern[str],
    words: re.Pattern[str],
    holds: Callable[[str], bool],
    laid_out: re.Pattern[str],
    view: View,
    around: Surroundings,
) -> Iterator[Candidate]:
    """Numbers of this shape that hold, where words speak of them, or where they are laid out and nothing else is said."""
    for match in shape.finditer(view.text):
        start, end = match.span()
        if not holds(re.sub("[^0-9]", "", match.group())):
            continue
        if says(words, view, start, end):
            yield found(name, view, start, end, "check digits", f"{name} words")
        elif laid_out.fullmatch(match.group()) and not around.said(start, end, start).labels & _OTHERWISE:
            yield found(name, view, start, end, "check digits", "layout")


def _find_nino(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    """Two letters that HMRC uses, six digits, and A to D (HMRC manual NIM39110); without the last letter, by its words."""
    for match in _NINO.finditer(view.text):
        if match.group(1) or says(_NINO_WORDS, view, *match.span()):
            yield found("nino", view, *match.span(), "prefix and suffix")


def _shape(*groups: int, gap: str = "[ .-]?") -> re.Pattern[str]:
    digits = gap.join(f"[0-9]{{{size}}}" for size in groups)
    return re.compile(rf"(?<![0-9a-z+$])(?<![0-9][.,\-]){digits}(?![0-9]|[.,\-][0-9])")


_NINO_WORDS: Final = _words("nino", "ni", "national insurance", "insurance number")
_itin = partial(
    _find, "itin", _shape(3, 2, 4), _words("itin", "tin", "taxpayer", "tax", "ssn"), is_itin, _shape(3, 2, 4, gap="[ -]")
)  # fmt: skip
_nhs = partial(_find, "nhs", _shape(3, 3, 4), _words("nhs"), is_nhs, _shape(3, 3, 4, gap=" "))
_sin = partial(
    _find, "sin", _shape(3, 3, 3), _words("sin", "social insurance", "nas", "assurance sociale"), is_sin, _shape(3, 3, 3, gap="[ -]")
)  # fmt: skip
_cpf = partial(
    _find, "cpf", _shape(3, 3, 3, 2, gap="[ ./-]?"), _words("cpf", "cadastro"), is_cpf,
    re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
)  # fmt: skip
_aadhaar = partial(
    _find, "aadhaar", _shape(4, 4, 4), _words("aadhaar", "aadhar", "adhar", "uid", "uidai"), is_aadhaar, _shape(4, 4, 4, gap="[ -]")
)  # fmt: skip

PACKS: Final = (
    Pack("itin", "Tax numbers of people without a social security number (US).", "IRS Publication 1915", r"9\pN{2}[ .-]?\pN{2}[ .-]?\pN{4}", _itin),
    Pack("nino", "National insurance numbers (United Kingdom).", "HMRC NIM39110", r"(?i)[a-z]{2}[ -]?\pN{2}", _find_nino),
    Pack("nhs", "NHS numbers (United Kingdom).", "NHS Data Dictionary", r"\pN{3}[ .-]?\pN{3}[ .-]?\pN{4}", _nhs),
    Pack("sin", "Social insurance numbers (Canada).", "Service Canada", r"\pN{3}[ .-]?\pN{3}[ .-]?\pN{3}", _sin),
    Pack("cpf", "Tax numbers of people in Brazil.", "Receita Federal", r"\pN{3}[ ./-]?\pN{3}[ ./-]?\pN{3}", _cpf),
    Pack("aadhaar", "Aadhaar numbers (India).", "UIDAI, Verhoeff's algorithm", r"\pN{4}[ .-]?\pN{4}[ .-]?\pN{4}", _aadhaar),
)  # fmt: skip
