"""Work that a member's page does without a transaction: what takes as long as somebody else's server likes."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class Interlude(HttpResponse):
    """Instead of an answer: the page's scope ends, `work` is done without any, and the page is asked once more, with what came of it.

    `noted` leaves its event, in a scope of its own and by who asked, whatever he may do by then: it was done.
    """

    def __init__(self, work: Callable[[], object], *, noted: Callable[[object], None] | None = None) -> None:
        super().__init__()
        self.work, self.noted = work, noted


def outcome_of(request: HttpRequest) -> object | None:
    """What came of the work that this page asked for; None where it has not asked yet."""
    return getattr(request, "outcome_of_interlude", None)


def note_outcome(request: HttpRequest, outcome: object) -> None:
    """For `outcome_of`, in the same request."""
    request.outcome_of_interlude = outcome  # type: ignore[attr-defined]
