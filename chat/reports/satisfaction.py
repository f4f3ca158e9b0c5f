"""What visitors said of it, 1 to 5. Comments are counted, never opened."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.reports.asking import Question
from chat.reports.charts import rows_of
from chat.reports.tables import Column, Figure, Kind, Section, Table
from chat.reports.times import percent
from chat.reports.volume import CLOSED_THEN

SCORES: Final = (5, 4, 3, 2, 1)
SATISFIED: Final = 4
"""From this score on a visitor counts as satisfied."""
RATINGS: Final = f"""
SELECT c.rating, count(*), count(c.rating_comment) FROM chat_conversation c WHERE {CLOSED_THEN} GROUP BY c.rating
"""  # noqa: S608 - put together from constants


def satisfaction(asked: Question) -> Section:
    """Of the conversations that were closed in the period."""
    table, closed = _read(asked)
    before, closed_before = _read(asked.before)
    score, rated, comments = _sums(table)
    score_before, rated_before, comments_before = _sums(before)
    return Section(
        slug="satisfaction",
        title=_("Satisfaction"),
        about=_(
            "Ratings of conversations that were closed in the period. Score: how many of the ratings are 4 or 5. Rate: how many of those"
            " conversations were rated. Comments are counted alone; they stand beside the conversation."
        ),
        table=table,
        figures=(
            Figure(_("Score"), score, score_before, Kind.PERCENT, is_good=True),
            Figure(_("Rate"), percent(rated, closed), percent(rated_before, closed_before), Kind.PERCENT, is_good=True),
            Figure(_("Ratings"), rated, rated_before),
            Figure(_("Comments"), comments, comments_before),
        ),
        chart=rows_of(table, key="ratings") if rated else None,
        template="rows",
        nothing=_("Nothing that was closed in this period was rated."),
    )


def _read(asked: Question) -> tuple[Table, int]:
    found = {rating: (count, comments) for rating, count, comments in asked.rows(RATINGS)}
    columns = (
        Column("score", gettext_lazy("Score"), Kind.TEXT),
        Column("ratings", gettext_lazy("Ratings")),
        Column("comments", gettext_lazy("Comments")),
    )
    rows = [(str(score), *found.get(score, (0, 0))) for score in SCORES]
    return Table(columns, rows), sum(count for count, _ in found.values())


def _sums(table: Table) -> tuple[int | None, int, int]:
    ratings = [cell for cell in table.column("ratings") if isinstance(cell, int)]
    comments = [cell for cell in table.column("comments") if isinstance(cell, int)]
    satisfied = sum(count for score, count in zip(SCORES, ratings, strict=True) if score >= SATISFIED)
    return percent(satisfied, sum(ratings)), sum(ratings), sum(comments)
