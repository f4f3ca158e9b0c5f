"""What a finding is called, and the packs that an organisation can switch on, with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.masking import MaskingPolicy, UnknownPack
from security.masking.marks import BROWSER

Word = str | Promise


@dataclass(frozen=True, slots=True)
class Pack:
    """A detector that an organisation switches on: what it hides, and where its rule comes from."""

    name: str
    label: Word
    hides: Word
    source: Word


_PACKS: Final = (
    Pack("iban", _("IBAN"), _("Bank account numbers with a country and valid check digits."), _("ISO 13616, mod 97")),
    Pack("aba", _("US routing numbers"), _("Nine-digit bank numbers with a valid check digit, near words about banks."), _("ABA check digit")),
    Pack("itin", _("US taxpayer numbers"), _("ITIN, which begin with 9."), _("Internal Revenue Service")),
    Pack("nino", _("UK National Insurance"), _("Two letters, six digits, one letter, without the prefixes that are never given."), _("HM Revenue & Customs")),
    Pack("nhs", _("UK NHS numbers"), _("Ten digits with a valid check digit."), _("NHS Data Dictionary, mod 11")),
    Pack("sin", _("Canadian SIN"), _("Nine digits with a valid check digit, near words about them."), _("Service Canada, Luhn")),
    Pack("cpf", _("Brazilian CPF"), _("Eleven digits with two valid check digits."), _("Receita Federal, mod 11")),
    Pack("aadhaar", _("Indian Aadhaar"), _("Twelve digits with a valid check digit."), _("UIDAI, Verhoeff")),
    Pack("email", _("E-mail addresses"), _("Everything that is written like an address."), _("RFC 5321, without quotes and literals")),
    Pack("phone", _("Phone numbers"), _("Numbers that are written like one, or near words about phones."), _("ITU-T E.164")),
    Pack("dob", _("Dates of birth"), _("Dates near words about birth; other dates stay."), _("Words of several languages")),
    Pack("secret", _("Passwords and keys"), _("What stands behind words such as “password is”, and keys of known services."), _("Published key formats")),
)  # fmt: skip


def packs() -> tuple[Pack, ...]:
    """Those that the engine knows."""
    return tuple(pack for pack in _PACKS if _is_known(pack.name))


def _is_known(name: str) -> bool:
    try:
        MaskingPolicy(packs={name})
    except UnknownPack:
        return False
    return True


KINDS: Final[dict[str, Word]] = {
    "card": _("Card number"),
    "cvv": _("Card security code"),
    "expiry": _("Expiry date of a card"),
    "ssn": _("Social security number"),
    "custom": _("Your rule"),
    "held": _("Held back"),
    "withheld": _("Withheld"),
    **{pack.name: pack.label for pack in _PACKS},
}


def kind_of(kind: str) -> str:
    """A finding's kind in words."""
    return gettext(str(KINDS.get(kind, kind)))


def rule_of(rule: str, kind: str) -> str:
    """What a count's rule is called: the organisation's own by their names, the browser's copy of the engine in words."""
    is_own = kind == "custom"
    return gettext("in the visitor's browser, before it was sent") if rule == BROWSER and not is_own else rule
