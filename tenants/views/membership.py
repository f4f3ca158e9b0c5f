"""Between organisations."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from security.errors import NotFound
from security.models import User
from tenants import services
from tenants.middleware import LAST_COOKIE
from tenants.views.public import SeeOther, next_path, set_cookie


@require_POST
@login_required
def switch(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Go on in another organisation of one's own; any other does not exist."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    try:
        chosen = services.switch_tenant(user=user, session=request.session, tenant=tenant)
    except NotFound:
        raise Http404 from None
    response = SeeOther(next_path(request, settings.CONSOLE_PATH))
    set_cookie(response, LAST_COOKIE, str(chosen.tenant_public_id))
    return response
