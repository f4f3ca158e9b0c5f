"""What leaves this machine goes over TLS, to a server that has shown who it is: PostgreSQL, Valkey and mail, outside of development.

Danger: a password and whatever is stored or mailed, read or changed on the way by whoever sits there; encryption alone does not help against
somebody who answers in the server's place. Rule: another machine is reached with certificate and name checked, or the start is refused. Proof:
tests/chatplatform/test_verified.py and, with real servers, tests/chatplatform/test_verified_servers.py.
"""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from chatplatform.hosts import is_loopback

_FULL = "verify-full"


def database(url: str, *, setting: str) -> None:
    """Refuse a PostgreSQL on another machine whose certificate or name would not be checked; `url` was parsed before."""
    asked = _libpq_defaults() | {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    hosts = [*asked.get("host", "").split(","), *asked.get("hostaddr", "").split(",")]
    if all(_stays_here(host) for host in hosts):
        return
    if asked.get("sslmode") != _FULL:
        raise ImproperlyConfigured(
            f"{setting} must end in ?sslmode=verify-full&sslrootcert=/path/of/the/authority.pem: its PostgreSQL is on another machine."
        )
    _require_file(asked.get("sslrootcert", ""), f"The sslrootcert of {setting}")


def redis(url: str, *, setting: str = "REDIS_URL") -> None:
    """Refuse a Valkey on another machine whose certificate or name would not be checked."""
    split = urlsplit(url)
    asked = _asked(split)
    if split.scheme == "unix" or is_loopback(split.hostname or asked.get("host", "localhost")):
        return
    if split.scheme != "rediss":
        raise ImproperlyConfigured(
            f"{setting} must begin with rediss:// and, with an authority of your own, end in ?ssl_ca_certs=/path/of/the/authority.pem:"
            " its Valkey is on another machine."
        )
    if asked.get("ssl_cert_reqs", "required") != "required" or asked.get("ssl_check_hostname", "True") != "True":
        raise ImproperlyConfigured(f"{setting} must leave ssl_cert_reqs and ssl_check_hostname out: both are checked.")
    _require_file(asked.get("ssl_ca_certs", ""), f"The ssl_ca_certs of {setting}")


def mail(split: SplitResult) -> None:
    """Refuse a mail server on another machine that would be spoken to in clear; over TLS Django checks certificate and name."""
    if split.scheme == "smtp" and not is_loopback(split.hostname or ""):
        raise ImproperlyConfigured(
            "EMAIL_URL must begin with smtp+tls:// or smtps://: its mail server is on another machine, and mails hold links that sign in."
        )


def broker_tls(url: str) -> dict[str, Any] | None:
    """Celery's `broker_use_ssl`, None without TLS: of `rediss://` alone it would check nobody."""
    split = urlsplit(url)
    if split.scheme != "rediss":
        return None
    asked = {name: value for name, value in _asked(split).items() if name.startswith("ssl_")}
    wanted = f"CERT_{asked.get('ssl_cert_reqs', 'required').upper()}"
    return asked | {
        "ssl_cert_reqs": ssl.VerifyMode.__members__.get(wanted, ssl.CERT_REQUIRED),
        "ssl_check_hostname": asked.get("ssl_check_hostname", "True") == "True",
    }


def _asked(split: SplitResult) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(split.query).items()}


def _libpq_defaults() -> dict[str, str]:
    """What libpq takes from its own variables where the URL says nothing: PGHOST may lead elsewhere."""
    return {
        option.keyword.decode(): option.val.decode() for option in pq.Conninfo.get_defaults() if option.val is not None
    }


def _stays_here(host: str) -> bool:
    """No host and a path are libpq's for a Unix socket, as is an abstract one."""
    return not host or host.startswith(("/", "@")) or is_loopback(host)


def _require_file(name: str, what: str) -> None:
    if name and name != "system" and not Path(name).is_file():
        raise ImproperlyConfigured(f"{what} names a file that is not there.")
