"""As few as it needs. The connection to the database is kept, or each message would make a new one."""

import os

from chatplatform import database

SECRET_KEY = "made-up messages only, on the loopback, for as long as a benchmark runs"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels", "chatplatform.bench.chat.peers.stock"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {**database.parse(os.environ["DATABASE_URL"], setting="DATABASE_URL"), "CONN_MAX_AGE": None}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # The layer holds a connection a socket and waits five seconds on it; the client of today has a hundred and gives up after five seconds.
        # With its defaults the textbook's chat fails from the hundredth socket on, and closes each that is idle.
        "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None, "max_connections": 20_000}]},
    }
}
