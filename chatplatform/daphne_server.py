"""daphne as this platform needs it: the same TLS as under uvicorn, and sockets that know whether they came over it.

By itself daphne takes Twisted's ciphers, CBC among them, and tells an application of no socket's scheme, so that behind its TLS every socket would be
refused. What uvicorn bounds besides – heads that never end, connections of one address – is not bounded here: docs/how-to/deploy.md. Proof:
tests/chatplatform/test_tls_scan.py.
"""

from typing import Any

from daphne.server import Server  # first: it chooses the reactor
from twisted.internet import interfaces, reactor, ssl
from twisted.internet.endpoints import SSL4ServerEndpoint

from chatplatform import tls

HANDSHAKE_SECONDS = 5


class SchemedServer(Server):  # type: ignore[misc]
    """Its sockets say `wss` where they came over TLS."""

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As daphne's, with the scheme that it leaves out."""
        if scope["type"] == "websocket":
            is_secure = interfaces.ISSLTransport.providedBy(protocol.transport)
            scope = {**scope, "scheme": "wss" if is_secure else "ws"}
        return super().create_application(protocol, scope)


def serve(*, application: Any, host: str, port: int, tls_cert: str, tls_key: str, frame_bytes: int) -> None:
    """Run until SIGINT or SIGTERM."""
    plain = f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"
    server = SchemedServer(
        application,
        endpoints=[plain],
        websocket_handshake_timeout=HANDSHAKE_SECONDS,
        websocket_max_message_size=frame_bytes,
        websocket_max_frame_size=frame_bytes,
        verbosity=0,
        server_name="",
    )
    if tls_cert:
        endpoint = SSL4ServerEndpoint(reactor, port, context_factory(tls_cert, tls_key), interface=host)  # type: ignore[no-untyped-call]
        server.endpoints = []  # it takes descriptions only, which can name no cipher
        server.ready_callable = lambda: _listen(endpoint, server)
    server.run()


def context_factory(cert: str, key: str) -> ssl.DefaultOpenSSLContextFactory:
    """Twisted's context by our rules."""
    factory = ssl.DefaultOpenSSLContextFactory(key, cert)  # type: ignore[no-untyped-call]
    context = factory.getContext()  # type: ignore[no-untyped-call]
    context.use_certificate_chain_file(cert)
    context.set_min_proto_version(int(tls.LEAST_VERSION))
    context.set_cipher_list(tls.IN_ORDER.encode())
    context.set_options(int(tls.OPTIONS))
    return factory


def _listen(endpoint: SSL4ServerEndpoint, server: SchemedServer) -> None:
    listening = endpoint.listen(server.http_factory)  # type: ignore[no-untyped-call]
    listening.addCallback(server.listen_success)
    listening.addErrback(server.listen_error)
    server.listeners.append(listening)
