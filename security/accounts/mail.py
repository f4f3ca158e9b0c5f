"""Mails to people: plain text from templates, sent after the commit; a mail that cannot be sent never undoes what it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string


def send(prefix: str, email: str, context: Mapping[str, object]) -> None:
    """Render `<prefix>_subject.txt` and `<prefix>_message.txt` now; send once the transaction is committed.

    The subject is one line whatever a name in it holds, so no header can be added through it.
    """
    values = {"email": email, "site_url": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"{prefix}_subject.txt", values).split())
    body = render_to_string(f"{prefix}_message.txt", values).strip() + "\n"
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [email])
    transaction.on_commit(partial(message.send), robust=True)
