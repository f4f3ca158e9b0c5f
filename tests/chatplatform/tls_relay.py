"""TLS in front of the real PostgreSQL and Valkey of the tests: the servers of the packages were built without it."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

Preface = Callable[[socket.socket], None]
"""What is said in clear before TLS begins."""


def postgres_preface(plain: socket.socket) -> None:
    """The client asks for TLS, the server says that it has it."""
    assert plain.recv(8, socket.MSG_WAITALL)[4:] == (80877103).to_bytes(4, "big"), "a client that spoke in clear"
    plain.sendall(b"S")


def mail_preface(plain: socket.socket) -> None:
    """STARTTLS."""
    plain.sendall(b"220 mail\r\n")
    with plain.makefile("rb") as lines:
        assert lines.readline().lower().startswith(b"ehlo")
        plain.sendall(b"250-mail\r\n250 STARTTLS\r\n")
        assert lines.readline().lower().startswith(b"starttls")
    plain.sendall(b"220 go on\r\n")


@contextlib.contextmanager
def relay(
    certificate: tuple[bytes, bytes], folder: Path, upstream: Path | None, preface: Preface | None
) -> Iterator[int]:
    """The port where TLS is ended, and its content passed on to a Unix socket; without one every line is answered 250."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    chain = folder / f"{threading.get_ident()}.pem"
    chain.write_bytes(b"".join(certificate))
    context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, context, upstream, preface), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(listener: socket.socket, context: ssl.SSLContext, upstream: Path | None, preface: Preface | None) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(plain, context, upstream, preface), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, upstream: Path | None, preface: Preface | None) -> None:
    with contextlib.suppress(OSError, AssertionError), plain:  # a client that does not believe us, or speaks in clear
        if preface is not None:
            preface(plain)
        with context.wrap_socket(plain, server_side=True) as client:
            if upstream is None:
                _agree(client, is_greeted=preface is not None)
                return
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(str(upstream))
                _pass_on(client, server)


def _pass_on(client: ssl.SSLSocket, server: socket.socket) -> None:
    """Both ways, in one thread: OpenSSL's connection is not for two."""
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        for source, sink in ((client, server), (server, client)):
            if source not in ready:
                continue
            data = source.recv(65536)
            if not data:
                return
            sink.sendall(data)


def _agree(client: ssl.SSLSocket, *, is_greeted: bool) -> None:
    if not is_greeted:
        client.sendall(b"220 mail\r\n")
    with client.makefile("rb") as lines:
        for line in lines:
            client.sendall(b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 yes\r\n")
