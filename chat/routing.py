"""The sockets and their guards, from the outside in: origin, then route, then consumer."""

from __future__ import annotations

from channels.routing import URLRouter
from django.conf import settings
from django.urls import path, re_path

from chat.live.consumers import AgentConsumer, VisitorConsumer
from security.sockets.origin import OriginGuard, Receive, Scope, Send, own_origins


async def refuse(_: Scope, receive: Receive, send: Send) -> None:
    """There is no such socket: HTTP 403 before the upgrade."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [
    path("ws/visitor/<str:site_key>/", VisitorConsumer.as_asgi()),
    path("ws/agent/", AgentConsumer.as_asgi()),
    re_path("", refuse),  # type: ignore[arg-type]  # an ASGI application, as the two above are
]

websocket_application = OriginGuard(
    URLRouter(websocket_urlpatterns), own_origins(settings.SITE_URL, debug=settings.DEBUG)
)
