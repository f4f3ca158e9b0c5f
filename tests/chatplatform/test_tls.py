"""What is given for TLS is good, or refused in a sentence that says what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured

from chatplatform import tls
from chatplatform.configuration import problems
from chatplatform.deployment import Deployment
from chatplatform.env import Environment
from tests.chatplatform.certificates import Authority, pem_of
from tests.chatplatform.test_deployment import _SOUND

NOW = datetime.now(UTC)
AUTHORITY = Authority("for the tests")
CERT, KEY = AUTHORITY.vouch("chat.example.com")


def _given(folder: Path, cert: bytes = CERT, key: bytes = KEY, mode: int = 0o600) -> tuple[str, str]:
    paths = folder / "chain.pem", folder / "key.pem"
    for path, content in zip(paths, (cert, key), strict=True):
        path.write_bytes(content)
        path.chmod(mode)
    return str(paths[0]), str(paths[1])


def _check(cert: str, key: str, site_url: str = "https://chat.example.com", now: datetime = NOW) -> None:
    tls.check(cert, key, site_url=site_url, now=now)


@pytest.mark.parametrize("names", [("chat.example.com",), ("*.example.com",), ("other.example", "CHAT.example.com")])
def test_a_chain_of_this_name_with_its_key_is_accepted(names: tuple[str, ...], tmp_path: Path) -> None:
    _check(*_given(tmp_path, *AUTHORITY.vouch(*names)))


def test_nothing_given_is_for_a_proxy_to_answer() -> None:
    _check("", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((b"none", KEY), "TLS_CERT holds no certificate in PEM."),
        ((CERT, b"none"), "TLS_CERT has a TLS_KEY that is no PEM key without a passphrase."),
        ((CERT, AUTHORITY.vouch("chat.example.com")[1]), "TLS_CERT does not belong to TLS_KEY."),
        (AUTHORITY.vouch("example.com"), "TLS_CERT does not name chat.example.com, the host of SITE_URL."),
        (AUTHORITY.vouch("*.chat.example.com"), "TLS_CERT does not name chat.example.com, the host of SITE_URL."),
        (AUTHORITY.vouch("127.0.0.1"), "TLS_CERT does not name chat.example.com, the host of SITE_URL."),
    ],
)
def test_what_browsers_would_refuse_is_refused(content: tuple[bytes, bytes], said: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        _check(*_given(tmp_path, *content))
    assert str(refused.value) == said


@pytest.mark.parametrize("days", [-91, 2])
def test_a_certificate_is_refused_before_and_after_its_days(days: int, tmp_path: Path) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"^TLS_CERT is good from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d only\.$"
    ):
        _check(*_given(tmp_path), now=NOW + timedelta(days=days))


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^TLS_KEY can be read by everybody on this machine: chmod 600 "):
        _check(*_given(tmp_path, mode=0o604))


def test_a_short_rsa_key_is_refused(tmp_path: Path) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    given = AUTHORITY.vouch("chat.example.com", key=short)
    with pytest.raises(ImproperlyConfigured, match="has an RSA key of 1024 bits, 2048 are the least"):
        _check(*_given(tmp_path, *given))
    assert given[1] == pem_of(short)


def test_check_config_says_that_nobody_ends_tls(tmp_path: Path) -> None:
    said = "TLS_CERT and TLS_KEY must be set, or TRUSTED_PROXIES if a proxy ends TLS: "
    assert [sentence.startswith(said) for sentence in problems(Environment(_SOUND), tmp_path)] == [True]
    assert problems(Environment({**_SOUND, "TRUSTED_PROXIES": "10.0.0.0/8"}), tmp_path) == []


def test_check_config_says_a_week_before_that_a_certificate_ends(tmp_path: Path) -> None:
    for days, sentences in ((6, 1), (8, 0)):
        cert, key = _given(tmp_path, *AUTHORITY.vouch("chat.example.com", ends=timedelta(days=days)))
        found = problems(Environment({**_SOUND, "TLS_CERT": cert, "TLS_KEY": key}), tmp_path)
        assert len(found) == sentences
        assert all(sentence.startswith("TLS_CERT ends on ") for sentence in found)


def test_development_over_tls_makes_what_it_needs_and_says_https(tmp_path: Path) -> None:
    deployment = Deployment(Environment({"DEBUG": "1", "HTTPS": "1", "VAR_DIR": str(tmp_path)}), tmp_path)
    cert, key = deployment.tls_files()
    assert deployment.site_url == "https://127.0.0.1:8000"
    _check(cert, key, deployment.site_url)


def test_what_was_made_for_development_is_never_served_to_others(tmp_path: Path) -> None:
    deployment = Deployment(Environment({**_SOUND, "HTTPS": "1", "VAR_DIR": str(tmp_path)}), tmp_path)
    with pytest.raises(ImproperlyConfigured, match="^HTTPS is for DEBUG on this machine"):
        deployment.tls_files()
    assert list(tmp_path.iterdir()) == []
