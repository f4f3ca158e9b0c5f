"""How uvicorn is set up: TLS, sizes, the end."""

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatplatform import server, tls
from chatplatform.ports import free_port
from tests.chatplatform.certificates import Authority
from tests.services import environment, session
from tests.services.web import WebServer


def write_certificate(folder: Path) -> Path:
    """Key and certificate for this machine in one file."""
    path = folder / "tls.pem"
    path.write_bytes(b"".join(Authority("for the tests").vouch("localhost", "127.0.0.1")))
    path.chmod(0o600)
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    """A socket that speaks TLS as our server would."""
    config = server.configuration(
        host="127.0.0.1", port=0, processes=1, tls_cert=str(certificate), tls_key=str(certificate)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls.harden(context)
    assert config.ssl_certfile == str(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands, args=(listener, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def _offer(port: int, *, ciphers: str | None = None, version: ssl.TLSVersion | None = None) -> tuple[str, str, int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        return cipher


def test_tls_1_3_is_preferred_with_256_bits(tls_port: int) -> None:
    name, version, bits = _offer(tls_port)
    assert (name, version, bits) == ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)


def test_our_order_of_ciphers_wins_in_tls_1_2(tls_port: int) -> None:
    weak_first = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    name, version, _ = _offer(tls_port, ciphers=weak_first, version=ssl.TLSVersion.TLSv1_2)
    assert (name, version) == ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2")


@pytest.mark.parametrize("ciphers", ["AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA384", "DHE-RSA-AES256-GCM-SHA384"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(tls_port: int, ciphers: str) -> None:
    with pytest.raises(ssl.SSLError):
        _offer(tls_port, ciphers=ciphers, version=ssl.TLSVersion.TLSv1_2)


def test_nothing_of_the_wire_is_believed_or_logged() -> None:
    config = server.configuration(host="127.0.0.1", port=1, processes=1, tls_cert="", tls_key="")
    assert (config.proxy_headers, config.access_log, config.server_header) == (False, False, False)
    assert config.ws_per_message_deflate is False
    assert 64 * 1024 < config.ws_max_size <= 68 * 1024


def _serve(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    values = {**os.environ, **environment.values(session.urls()), **extra}
    command = [sys.executable, "manage.py", "serve", *arguments]
    return subprocess.run(command, env=values, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "extra", "sentence"),
    [
        (["--host=0.0.0.0"], {}, "DEMO and DEBUG are refused on 0.0.0.0"),
        (["--host=0.0.0.0"], {"DEMO": "1", "ALLOWED_HOSTS": "localhost"}, "DEMO and DEBUG are refused on 0.0.0.0"),
        ([], {"TLS_CERT": "/x"}, "TLS_KEY must be set: TLS_CERT and TLS_KEY belong together."),
    ],
)
def test_serving_unsafely_is_refused_in_one_sentence(
    arguments: list[str], extra: dict[str, str], sentence: str
) -> None:
    done = _serve(*arguments, **extra)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        done = _serve(f"--port={port}")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        f"CommandError: Port {port} on 127.0.0.1 cannot be used: Address already in use."
    )


def test_sigterm_ends_it_cleanly_and_at_once(committed_db: None, tmp_path: Path) -> None:
    web = WebServer(session.urls(), tmp_path)
    web.start()
    web.stop()
    assert web.child is not None
    assert web.child.process is not None
    assert web.child.process.returncode == 0


def test_several_processes_serve_one_port_and_end_together(committed_db: None, tmp_path: Path) -> None:
    web = WebServer(session.urls(), tmp_path, {"WEB_PROCESSES": "2"})
    web.start()
    assert web.child is not None
    assert web.child.process is not None
    web.child.process.kill()  # the first alone, which had no time to tell the others
    web.child.process.wait()
    deadline = time.monotonic() + 20
    while not _is_free(web.port):
        assert time.monotonic() < deadline, "a web process outlived its parent"
        time.sleep(0.05)


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
