"""Secrets that are generated once."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatplatform import generated
from security.crypto import certificates


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = generated.secret(folder, "CRYPTOGRAPHY_KEY")
    assert generated.secret(folder, "CRYPTOGRAPHY_KEY") == first
    assert len(base64.urlsafe_b64decode(first)) == 32
    assert stat.S_IMODE((folder / "CRYPTOGRAPHY_KEY").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["CRYPTOGRAPHY_KEY"]


def test_processes_that_begin_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        values = set(pool.map(lambda _: generated.secret(tmp_path / "secrets", "SECRET_KEY"), range(64)))
    assert len(values) == 1


def test_the_secret_key_is_long_enough_for_django() -> None:
    assert len(generated.fresh("SECRET_KEY")) >= 50
    assert generated.fresh("SECRET_KEY") != generated.fresh("SECRET_KEY")


def test_the_certificate_for_development_is_made_once_of_this_machines_names_and_anew_before_it_ends(
    tmp_path: Path,
) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    path = generated.certificate(tmp_path / "secrets", now=now)
    first = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for host in ("localhost", "127.0.0.1", "::1"):
        assert certificates.faults(first, first, host=host, now=now) == []
    assert certificates.faults(first, first, host="chat.example.com", now=now) != []
    assert generated.certificate(tmp_path / "secrets", now=now + timedelta(days=380)).read_bytes() == first
    later = now + timedelta(days=391)
    second = generated.certificate(tmp_path / "secrets", now=later).read_bytes()
    assert second != first
    assert certificates.faults(second, second, host="localhost", now=later) == []
