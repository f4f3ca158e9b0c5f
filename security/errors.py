"""The one family of errors that services raise; each kind of entry maps them once."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal that the caller can act on; `code` is stable and safe to show, never built from input."""

    code = "error"

    def __init__(self, code: str | None = None) -> None:
        if code is not None:
            self.code = code
        super().__init__(self.code)


class NotFound(DomainError):
    """Missing, or another tenant's: the two are never told apart."""

    code = "not_found"


class Denied(DomainError):
    """The object is the caller's own to see, the act is not his to do."""

    code = "forbidden"


class Conflict(DomainError):
    """Somebody was faster, or the state does not allow it any more."""

    code = "conflict"


class Invalid(DomainError):
    """The input is refused; `code` names the rule, never the value."""

    code = "invalid"
