"""What a department that is deleted means for retention: its conversations fall under the default department's rule.

Danger: a way round the cooling-off time and the typed name, that shortens by moving. Rule: what would be kept less long there, by the rule in force or
by one that waits, is not moved at all. Proof: tests/chat/test_departments_deleted.py.
"""

from __future__ import annotations

from django.utils import timezone

from chat.models import ArchivedConversation, Conversation
from chat.retention.changing import undo_waiting
from chat.retention.rules import changed, lock_rules, term_in, terms, waiting
from chat.retention.terms import Term
from security.errors import Conflict
from tenants.models import Department


def require_as_long(old: Department, new: Department) -> None:
    """Before its conversations are handed over. Conflict("department_kept_longer"). What waits for `old` is undone, with its event."""
    lock_rules()
    if _has_conversations(old) and any(_of(found, new).keeps_less_than(_of(found, old)) for found in _coming(old)):
        raise Conflict("department_kept_longer")
    undo_waiting(department=old.pk, now=timezone.now())


def _has_conversations(of: Department) -> bool:
    return any(model.objects.filter(department=of).exists() for model in (Conversation, ArchivedConversation))


def _coming(old: Department) -> list[dict[int | None, Term]]:
    """The rules as they are, and as they will be when what waits for others is in force."""
    found = later = terms()
    for change in waiting().exclude(department=old).order_by("due_at", "pk"):
        later = changed(later, change.department_id, term_in(change))
    return [found, later]


def _of(found: dict[int | None, Term], department: Department) -> Term:
    return found.get(department.pk, found[None])
