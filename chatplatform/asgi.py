"""The platform as one ASGI application: Django for HTTP, the chat's sockets for WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
_django = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from chat.routing import websocket_application  # noqa: E402
from chatplatform.proxy import ForwardedScheme  # noqa: E402
from security.body_limit import BodyLimit  # noqa: E402

application = ForwardedScheme(
    ProtocolTypeRouter({"http": BodyLimit(_django), "websocket": websocket_application}), settings.TRUSTED_PROXIES
)
