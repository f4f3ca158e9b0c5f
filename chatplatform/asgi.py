"""The platform as one ASGI application: Django for HTTP, the chat's sockets for WebSocket."""

import os
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
_django = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter
from django.conf import settings

from chat.routing import websocket_application
from chatplatform.lifespan import lifespan
from chatplatform.proxy import ForwardedScheme
from security.body_limit import Application, BodyLimit

application = ForwardedScheme(
    ProtocolTypeRouter(
        {"http": BodyLimit(cast("Application", _django)), "websocket": websocket_application, "lifespan": lifespan}
    ),
    settings.TRUSTED_PROXIES,
)
