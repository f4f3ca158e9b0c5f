"""uvicorn as this platform needs it: strict TLS, no deflate, no headers believed, bounded drain."""

import ctypes
import gc
import resource
import signal
import ssl
import sys

import uvicorn
from uvicorn.supervisors import Multiprocess

from chatplatform import tls
from chatplatform.connections import BoundedProtocol, Bounds
from chatplatform.frames import FrameProtocol

FRAME_BYTES = 64 * 1024
# The guard answers what is a little too long itself; the server cuts off what is far beyond.
FRAME_MARGIN = 2 * 1024
_DRAIN_SECONDS = 10
# Python's own 700 has it walk through young objects at every other message; what is freed by counting does not wait for it anyway.
_GARBAGE_EVERY = (20_000, 20, 50)
_PR_SET_PDEATHSIG = 1
# Seconds that a thread at work keeps the interpreter while the event loop has something to do; Python's own 5 ms are most of what a message takes.
_TURN = 0.0005


class Config(uvicorn.Config):
    """uvicorn's configuration with our rules; it is loaded in each process that serves."""

    bounds = Bounds()

    def load(self) -> None:
        """Forbid core dumps, end with the parent if there are several processes, narrow TLS."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self.workers > 1 and sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        super().load()
        if isinstance(self.ssl, ssl.SSLContext):
            tls.harden(self.ssl)
        settle_memory()


def settle_memory() -> None:
    """Code and settings, loaded by now, are never looked at by the garbage collector again; it comes by seldom. Threads take short turns."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_EVERY)
    sys.setswitchinterval(_TURN)


def configuration(
    *,
    host: str,
    port: int,
    processes: int,
    tls_cert: str,
    tls_key: str,
    bounds: Bounds | None = None,
    connections: int | None = None,
) -> Config:
    """How the platform is served on one address; more than `connections` at once, sockets included, are answered 503."""
    config = Config(
        "chatplatform.asgi:application",
        host=host,
        port=port,
        workers=processes,
        http=BoundedProtocol,
        limit_concurrency=connections,
        loop="uvloop" if sys.implementation.name == "cpython" else "auto",
        ws=FrameProtocol,
        ws_max_size=FRAME_BYTES + FRAME_MARGIN,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the protocol has its own heartbeat
        lifespan="on",
        proxy_headers=False,  # security.net decides whom to believe
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=tls_cert or None,
        ssl_keyfile=tls_key or None,
        ssl_ciphers=tls.CIPHERS,
    )
    config.bounds = bounds or Bounds()
    return config


def serve(config: Config) -> bool:
    """Run until SIGINT or SIGTERM: sockets are closed with 1012, what runs may finish within the bound."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn drains, puts this handler back and raises the signal again: a wanted end is no failure.
        signal.signal(number, lambda *_: sys.exit(0))
    listener = config.bind_socket()
    try:
        if config.workers > 1:
            Multiprocess(config, sockets=[listener]).run()
            return True
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
        return server.started
    finally:
        listener.close()
