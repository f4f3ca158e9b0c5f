"""Mails to people: plain text from templates, queued with what they tell of and sent by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Context
from typing import Final

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from security.accounts.outbox import Letter, Order, Queued, queue
from security.tasks import deliver_mail

_IMPATIENT: Final = {"socket_timeout": 1, "max_retries": 1, "interval_start": 0, "interval_step": 0}
"""A page waits for the broker: Celery's own patience is six seconds for one that is away, and endless for one that hangs."""


def send(prefix: str, email: str, context: Mapping[str, object]) -> None:
    """Render `<prefix>_subject.txt` and `<prefix>_message.txt`, and have them sent once the transaction is committed.

    The subject is one line whatever a name in it holds, so no header can be added through it.
    """
    post(letter(prefix, email, context), template=prefix)


def letter(prefix: str, email: str, context: Mapping[str, object]) -> Letter:
    """The two templates, rendered."""
    values = {"email": email, "site_url": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"{prefix}_subject.txt", values).split())
    body = render_to_string(f"{prefix}_message.txt", values).strip() + "\n"
    return Letter(email, subject, body)


def post(what: Letter | Order, *, template: str) -> None:
    """Have it sent once the transaction is committed; an order is written by the worker first."""
    queued = queue(what, template=template)
    # In a context of its own: the caller's holds a scope that has ended by then. Where the broker is away, the next sweep finds the mail.
    transaction.on_commit(lambda: Context().run(_hand_over, queued), robust=True)


def _hand_over(queued: Queued) -> None:
    with current_app.connection_for_write(transport_options=_IMPATIENT) as broker:
        deliver_mail.apply_async((queued.tenant_id, queued.pk), connection=broker, retry=False)  # type: ignore[call-arg]  # passed on to kombu
