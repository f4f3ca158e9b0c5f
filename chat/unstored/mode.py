"""Whether anything is stored of a conversation that begins now: what the rule of its department says, or the organisation's.

Danger: a conversation that is stored although the rule in force says that nothing is. Rule: it is read in the transaction that begins it, in the very
statement that finds the department, from the row that the day's run puts into force. Proof: tests/chat/unstored/test_mode.py.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from chat.models import Afterwards, RetentionRule
from tenants.models import Department


def with_storage(departments: QuerySet[Department]) -> QuerySet[Any]:
    """Each with `is_unstored`: its own rule's word, or, where it has none, the organisation's."""
    own, general = (_says_nothing(RetentionRule.objects.filter(department=of)) for of in (OuterRef("pk"), None))
    return departments.annotate(is_unstored=Coalesce(own, general, Value(False)))


def nothing_is_stored() -> bool:
    """By the organisation's rule, for what is in no department."""
    return RetentionRule.objects.filter(department=None, afterwards=Afterwards.NONE.value).exists()


def is_anything_unstored() -> bool:
    """Whether any rule says so: then what a visitor tells before it is known where his conversation will be waits for it."""
    return RetentionRule.objects.filter(afterwards=Afterwards.NONE.value).exists()


def _says_nothing(rules: QuerySet[RetentionRule]) -> Subquery:
    word = Case(When(Q(afterwards=Afterwards.NONE.value), then=True), default=False, output_field=BooleanField())
    return Subquery(rules.annotate(says=word).values("says")[:1])
