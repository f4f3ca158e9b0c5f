"""How to reach somebody, and when he was born: e-mail, phone, date of birth."""

import re
from collections.abc import Iterator
from typing import Final

from security.masking.finding.surroundings import Surroundings
from security.masking.packs.kinds import Pack, found, words_before
from security.masking.reading.scan import Candidate
from security.masking.reading.views import View

_EMAIL: Final = re.compile(
    r"(?<![\w.+\-])[\w.!#$%&'*+/=?^`{|}~\-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,6}[^\W\d_]{2,24}(?![\w@])"
)
# ITU-T E.164: country code and number have at most 15 digits; NANP: area and exchange begin with 2 to 9.
_ABROAD: Final = re.compile(r"(?<![\w+])(?:\+|00(?=[1-9]))[0-9](?:[ ()./\-]{0,3}[0-9]){6,14}(?![0-9])")
_NANP: Final = re.compile(
    r"(?<![\w+./\-])(?:1[ .\-])?(?:\([2-9][0-9]{2}\)[ .\-]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}(?![\w]|[.\-/][0-9])"
)
_NATIONAL: Final = re.compile(r"(?<![\w+./\-])\(?0[1-9](?:[ ()/\-]{0,2}[0-9]){7,10}(?![\w]|[.\-/][0-9])")
_CALLED: Final = re.compile(r"(?<![\w+])\(?[0-9](?:[ ()./\-]{0,2}[0-9]){6,14}(?!\w|[.\-/][0-9])")
_CALLS: Final = re.compile(
    r"(?<![a-z])(?:phone|tel|telephone|telefon|telefono|mobile|mobil|cell|cellphone|handy|whatsapp|fax|call|call me(?: at| on)?|text me(?: at| on)?)"
    r"(?:\s(?:number|no|nr|nummer|is|at|on|me|us|ist|es))*[\s.:#]{0,3}$"
)
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR: Final = r"(?:(?:19|20)[0-9]{2}|[0-9]{2})"
_NAMED_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|janv|fevr|avr|mai|juin|juil|aout|marz|okt|dez|mrz)[a-z]{0,7}\.?"
_DATE: Final = (
    rf"(?:{_DAY}[./\- ]{_DAY}[./\- ]{_YEAR}|(?:19|20)[0-9]{{2}}[./\-]{_DAY}[./\-]{_DAY}"
    rf"|{_DAY}(?:st|nd|rd|th|\.)?(?: de| of)? ?{_NAMED_MONTH},?(?: de| del)? ?{_YEAR}"
    rf"|{_NAMED_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{{2}})"
)
_BORN: Final = (
    r"(?:d\.?o\.?b|date of birth|birth ?date|birth ?day|born|geburtsdatum|geburtstag|geboren|geb|fecha de nacimiento|nacimiento|naci|"
    r"date de naissance|naissance|nee?|data de nascimento|nascimento|nasci|data di nascita|nato|nata|geboortedatum)"
)
_DOB: Final = re.compile(rf"(?<![a-z]){_BORN}(?![a-z])[^0-9\u2022\n]{{0,24}}?\n?(?<![0-9a-z])({_DATE})(?![0-9])")


def _find_email(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    """Addresses as people write them (RFC 5321, without quotes and literals)."""
    for match in _EMAIL.finditer(view.text):
        yield found("email", view, *match.span(), "address")


def _find_phone(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    """Numbers with a country's code, in North America's groups, with a trunk nought, or after a word such as "call"."""
    for shape, reason in ((_ABROAD, "country code"), (_NANP, "area and exchange")):
        for match in shape.finditer(view.text):
            yield found("phone", view, *match.span(), reason)
    for shape, reason in ((_NATIONAL, "trunk prefix"), (_CALLED, "phone words")):
        for match in shape.finditer(view.text):
            if _CALLS.search(words_before(view, match.start())):
                yield found("phone", view, *match.span(), reason, "phone words")


def _find_dob(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    """A date that words call somebody's birth."""
    for match in _DOB.finditer(view.text):
        yield found("dob", view, match.start(1), match.end(1), "birth words")


PACKS: Final = (
    Pack("email", "E-mail addresses.", "RFC 5321", r"\S@\S|%40|&#", _find_email),
    Pack("phone", "Telephone numbers.", "ITU-T E.164, North American Numbering Plan", r"(?:\pN[^\pL\pN]{0,3}){6}\pN", _find_phone),
    Pack("dob", "Dates of birth.", "words in seven languages, calendar dates", r"(?i)b\.?(?:irth|orn)|d\.?o\.?b|geb|nac|nais|n[eé]|nas|nat[oa]", _find_dob),
)  # fmt: skip
