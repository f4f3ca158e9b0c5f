"""The platform as one ASGI application: Django for HTTP, the chat's sockets for WebSocket."""

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
_django = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter
from django.conf import settings

from chat.routing import websocket_application
from chatplatform.demo import LocalSocketsOnly
from chatplatform.lifespan import lifespan
from chatplatform.proxy import ForwardedScheme, SecureRequestsOnly, SecureSocketsOnly
from security.accounts.cookies import is_signed_in
from security.body_limit import Application, BodyLimit
from security.net import networks
from security.request_limit import RequestLimit

_bodies = BodyLimit(
    cast("Application", _django),
    seconds=settings.LIMITS["BODY_SECONDS"],
    paths=("/admin/", "/api/"),
    is_member=is_signed_in,
)
_sockets: Any = LocalSocketsOnly(websocket_application) if settings.DEMO else websocket_application
_requests: Any = RequestLimit(
    _bodies, limit=settings.LIMITS["REQUESTS"], trusted=networks(tuple(settings.TRUSTED_PROXIES))
)
application = ForwardedScheme(
    ProtocolTypeRouter(
        {
            "http": SecureRequestsOnly(_requests) if settings.SESSION_COOKIE_SECURE else _requests,
            "websocket": SecureSocketsOnly(_sockets) if settings.SESSION_COOKIE_SECURE else _sockets,
            "lifespan": lifespan,
        }
    ),
    settings.TRUSTED_PROXIES,
)
