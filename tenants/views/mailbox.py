"""Confirming the mailbox that keeps an organisation's checkpoints, by a link from a mail; nobody has to be signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from security.errors import NotFound
from tenants.services.audit.mailbox import access_mailbox, confirm_mailbox


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def audit_mailbox(request: HttpRequest, token: str) -> HttpResponse:
    """A button, since what looks at mails opens each link in them; then thanks, and so for who opens the link again."""
    try:
        if request.method == "POST":
            confirm_mailbox(token=token, now=timezone.now())
        organisation, is_done = access_mailbox(token)
    except NotFound:
        return render(request, "tenants/audit_mailbox_gone.html", status=404)
    context = {"organisation": organisation, "is_done": is_done, "path": request.path}
    return render(request, "tenants/audit_mailbox.html", context)
