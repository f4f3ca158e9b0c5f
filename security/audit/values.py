"""What may stand in an event: JSON scalars of bounded length, nothing secret. Pure but for the look at a model's `public_id`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Final
from uuid import UUID

from django.db.models import Model

Scalar = str | int | float | bool | None

MASK: Final = "•••"
LONGEST: Final = 2_000
PERSONAL: Final = frozenset({"address", "email", "full_name", "name", "phone"})
"""Names of details that are about a person: they are sealed, never part of the chain itself."""

_SECRET_ANYWHERE: Final = frozenset({"passphrase", "secret"})
_SECRET_AT_END: Final = frozenset(
    {"cookie", "credential", "credentials", "digest", "hash", "key", "otp", "password", "token", "totp", "wrapped"}
)


def scalar(name: str, value: object) -> Scalar:
    """`value` as JSON can hold it; TypeError for what would have to be guessed, so no object's repr lands in the trail."""
    plain = _plain(name, value)
    if plain is None or isinstance(plain, bool):
        return plain
    if is_secret(name):
        return MASK
    return _text(plain) if isinstance(plain, str) else plain


def scalars(values: Mapping[str, object]) -> dict[str, Scalar]:
    """Each of `values` as a scalar."""
    return {name: scalar(name, value) for name, value in values.items()}


def difference(changes: Mapping[str, tuple[object, object]]) -> dict[str, list[Scalar]]:
    """Before and after of each field; lists are joined, whatever else is not a scalar shows as its text."""
    return {
        name: [scalar(name, _shown(before)), scalar(name, _shown(after))] for name, (before, after) in changes.items()
    }


def is_secret(name: str) -> bool:
    """Whether values of this name are never shown: `password`, `identity_secret`, `api_key`; not `password_min_length`."""
    words = name.lower().split("_")
    return words[-1] in _SECRET_AT_END or not _SECRET_ANYWHERE.isdisjoint(words)


def public_id(value: Model) -> UUID | None:
    """By what a record is known outside; its primary key never is."""
    found = getattr(value, "public_id", None)
    return found if isinstance(found, UUID) else None


def label_of(value: Model) -> str:
    """What a record calls itself; Django's own fall-back would show the primary key."""
    if type(value).__str__ is Model.__str__:
        return str(value._meta.verbose_name)
    return str(value)


def label_by_id(model: str, found: UUID) -> str:
    """What a record calls itself that has no other name: the chain says as much openly, so nothing is sealed for it."""
    return f"{model.capitalize()} {found.hex[:6]}"


def _plain(name: str, value: object) -> Scalar:
    match value:
        case Enum():
            return _plain(name, value.value)
        case None | bool() | int() | float() | str():
            return _number(name, value) if isinstance(value, float) else value
        case UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Model() if public_id(value) is not None:
            return str(public_id(value))
        case bytes() | memoryview():
            return MASK
        case _:
            raise TypeError(f"The detail {name!r} is a {type(value).__name__}, not a JSON scalar.")


def _number(name: str, value: float) -> float:
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124
        raise ValueError(f"The detail {name!r} is not a number that JSON has.")
    return value


def _text(value: str) -> str:
    """Without what PostgreSQL's JSON refuses (NUL, lone surrogates), and no longer than LONGEST."""
    clean = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not clean.isascii():
        clean = clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return clean if len(clean) <= LONGEST else f"{clean[: LONGEST - 1]}…"


def _shown(value: object) -> object:
    if isinstance(value, str | bytes | memoryview) or not isinstance(value, Iterable):
        return value if isinstance(value, Scalar | UUID | date | Enum | bytes | memoryview | Model) else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return ", ".join(str(item) for item in value)
