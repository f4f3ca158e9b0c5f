"""Which settings may be left out where: in development nearly all, in production what is unsafe stops the start."""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatplatform import audit_trail, database, generated, verified
from chatplatform.embedded.state import Layout
from chatplatform.env import Environment
from chatplatform.hosts import LOOPBACK_HOSTS, is_loopback
from security.crypto.signing import public_key as public_key_of

EMBEDDABLE = frozenset({"postgres", "valkey", "keys"})
_KEY_BYTES = 32
_SECRET_KEY_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Deployment:
    """The environment, read with the rules of where it runs."""

    env: Environment
    base: Path

    @property
    def debug(self) -> bool:
        """Development on this machine alone."""
        return self.env.boolean("DEBUG")

    @property
    def demo(self) -> bool:
        """Demo accounts and pages, which are for the loopback only."""
        return self.env.boolean("DEMO")

    @property
    def var(self) -> Path:
        """Where the installation keeps its files."""
        return Path(self.env.text("VAR_DIR", str(self.base / "var"))).absolute()

    @property
    def port(self) -> int:
        """Where the web server listens."""
        return self.env.integer("PORT", 8000, least=1, most=65535)

    @property
    def site_url(self) -> str:
        """The platform's own origin, without a slash at the end."""
        own = f"http{'s' if self.https else ''}://127.0.0.1:{self.port}"
        url = self.env.text("SITE_URL", own if self.debug else "").rstrip("/")
        split = urlsplit(url)
        if not url:
            raise ImproperlyConfigured("SITE_URL must be set: the address people open, as https://chat.example.com.")
        if split.scheme not in {"http", "https"} or not split.hostname or split.path or split.query:
            raise ImproperlyConfigured("SITE_URL must be an origin such as https://chat.example.com.")
        if split.scheme == "http" and not (self.debug and is_loopback(split.hostname)):
            raise ImproperlyConfigured("SITE_URL must begin with https://; plain http is for DEBUG on this machine.")
        if self.demo and not is_loopback(split.hostname):
            raise ImproperlyConfigured("DEMO is refused with a SITE_URL others can reach: its passwords are public.")
        return url

    @property
    def log_level(self) -> str:
        """From where on something is written down."""
        return _one_of(
            "LOG_LEVEL", self.env.text("LOG_LEVEL", "INFO"), ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        )

    @property
    def log_format(self) -> str:
        """As lines for people or for programs."""
        return _one_of("LOG_FORMAT", self.env.text("LOG_FORMAT", "text"), ("text", "json"))

    @property
    def https(self) -> bool:
        """Development over TLS, with a certificate of its own."""
        if self.env.boolean("HTTPS") and not self.debug:
            raise ImproperlyConfigured("HTTPS is for DEBUG on this machine: set TLS_CERT and TLS_KEY instead.")
        return self.env.boolean("HTTPS")

    def tls_files(self) -> tuple[str, str]:
        """Certificate chain and key, if the server ends TLS itself; in development both are made."""
        given = self.env.text("TLS_CERT"), self.env.text("TLS_KEY")
        if any(given) or not self.https:
            return given
        made = str(generated.certificate(Layout(self.var).secrets, now=datetime.now(UTC)))
        return made, made

    @property
    def allowed_hosts(self) -> list[str]:
        """Host names that are answered."""
        hosts = self.env.words("ALLOWED_HOSTS", LOOPBACK_HOSTS if self.debug else ())
        if not hosts:
            raise ImproperlyConfigured("ALLOWED_HOSTS must be set: the host names people open, separated by commas.")
        if "*" in hosts and not self.debug:
            raise ImproperlyConfigured("ALLOWED_HOSTS must not be *: name the hosts.")
        if self.demo and not all(is_loopback(host) for host in hosts):
            raise ImproperlyConfigured("DEMO is refused with ALLOWED_HOSTS others can reach.")
        return hosts

    def secret_key(self) -> str:
        """Signs sessions and links."""
        key = self._key("SECRET_KEY", "it signs sessions; 50 random characters")
        if len(key) < _SECRET_KEY_LENGTH or key.startswith("django-insecure") or len(set(key)) < 5:  # noqa: PLR2004
            raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters.")
        return key

    def master_keys(self) -> list[bytes]:
        """Newest first, 32 bytes each."""
        why = "it encrypts transcripts; 32 random bytes in base64url, newest first, separated by commas"
        names = [item.strip() for item in self._key("CRYPTOGRAPHY_KEY", why).split(",") if item.strip()]
        keys = [_decoded(item, "CRYPTOGRAPHY_KEY") for item in names]
        if len(set(keys)) != len(keys):
            raise ImproperlyConfigured("CRYPTOGRAPHY_KEY names one key twice.")
        return keys

    def audit_signing_key(self) -> bytes | None:
        """The Ed25519 seed; only the worker has it, so it may be missing anywhere else."""
        value = self.env.secret("AUDIT_SIGNING_KEY")
        if not value and self._may_embed("keys"):
            value = generated.secret(Layout(self.var).secrets, "AUDIT_SIGNING_KEY")
        return _decoded(value, "AUDIT_SIGNING_KEY") if value else None

    @property
    def is_given_signing_key(self) -> bool:
        """Whether this process's environment holds it, as only a worker's may."""
        return bool(self.env.secret("AUDIT_SIGNING_KEY"))

    @property
    def checkpoint_folder(self) -> Path:
        """Where the worker remembers what it signed; not in the database, or it would prove nothing."""
        return Path(self.env.text("AUDIT_CHECKPOINT_DIR", str(self.var / "checkpoints"))).absolute()

    def audit_public_keys(self) -> list[bytes]:
        """Whose checkpoints count: today's key first, then those it followed; [] where none is noted."""
        keys = [audit_trail.public_key(word) for word in self.env.words("AUDIT_PUBLIC_KEYS")]
        seed = self.audit_signing_key() if keys and self.is_given_signing_key else None
        if seed is not None and public_key_of(seed) not in keys:
            raise ImproperlyConfigured("AUDIT_PUBLIC_KEYS must name the key that AUDIT_SIGNING_KEY signs with, too.")
        return keys

    def checkpoint_urls(self) -> list[str]:
        """Where copies of signed checkpoints go: folders, mailboxes and servers of others."""
        urls = [word.strip() for word in self.env.secret("AUDIT_CHECKPOINT_URLS").split(",")]
        return [audit_trail.sound_place(url) for url in urls if url]

    def archive_url(self) -> str:
        """Where the archive lies."""
        return audit_trail.sound_archive(self.env.secret("ARCHIVE_URL") or (self.var / "archive").absolute().as_uri())

    def database_url(self) -> str:
        """The application's role."""
        url = self.env.secret("DATABASE_URL") or self._embedded("postgres", "DATABASE_URL").app
        return self._verified_database(url, "DATABASE_URL")

    def database_owner_url(self) -> str:
        """The owner's role; web and worker need no such right, so without it the alias is the application's role."""
        url = self.env.secret("DATABASE_OWNER_URL")
        if url:
            return self._verified_database(url, "DATABASE_OWNER_URL")
        given = self.env.secret("DATABASE_URL")
        return given or self._embedded("postgres", "DATABASE_OWNER_URL").owner

    def redis_urls(self) -> list[str]:
        """Redis or Valkey: one, or several among which the fan-out is divided; the first holds cache and tasks, too."""
        given = self.env.secret("REDIS_URL") or self._embedded("valkey", "REDIS_URL").redis
        urls = [database.redis_checked(url) for url in database.redis_separated(given)]
        if not self.debug:
            for url in urls:
                verified.redis(url)
        if len(set(urls)) < len(urls):
            raise ImproperlyConfigured("REDIS_URL names the same server twice.")
        return urls

    def trusted_proxies(self) -> list[str]:
        """Networks whose X-Forwarded-For is believed."""
        return _networks("TRUSTED_PROXIES", self.env.words("TRUSTED_PROXIES"))

    def outgoing_networks(self) -> list[str]:
        """Networks that are not public, in which organisations may have servers all the same."""
        return _networks("OUTGOING_NETWORKS", self.env.words("OUTGOING_NETWORKS"))

    def dns_servers(self) -> list[tuple[str, int]]:
        """Name servers that are asked about mail domains, by address and port; none for the system's own."""
        return [_dns_server(word) for word in self.env.words("DNS_SERVERS")]

    def mail(self) -> tuple[str, dict[str, Any]]:
        """Django's mail backend and its settings, from EMAIL_URL; on the console in development."""
        url = self.env.secret("EMAIL_URL")
        if not url and self.debug:
            return "django.core.mail.backends.console.EmailBackend", {}
        split = urlsplit(url)
        if split.scheme not in {"smtp", "smtps", "smtp+tls"} or not split.hostname:
            raise ImproperlyConfigured("EMAIL_URL must be set: smtp+tls://user:password@host:587 or smtps://….")
        if not self.debug:
            verified.mail(split)
        options = dict(parse_qsl(split.query))
        return "django.core.mail.backends.smtp.EmailBackend", {
            "EMAIL_HOST": split.hostname,
            "EMAIL_PORT": split.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[split.scheme],
            "EMAIL_HOST_USER": unquote(split.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(split.password or ""),
            "EMAIL_USE_SSL": split.scheme == "smtps",
            "EMAIL_USE_TLS": split.scheme == "smtp+tls",
            "EMAIL_TIMEOUT": 10,
            "DEFAULT_FROM_EMAIL": options.get("from", f"no-reply@{urlsplit(self.site_url).hostname}"),
        }

    def _verified_database(self, url: str, setting: str) -> str:
        """`url`, which is sound; in production it keeps to this machine or is verified."""
        database.parse(url, setting=setting)
        if not self.debug:
            verified.database(url, setting=setting)
        return url

    def _key(self, name: str, why: str) -> str:
        if not self.env.secret(name) and self._may_embed("keys"):
            return generated.secret(Layout(self.var).secrets, name)
        return self.env.required(name, why)

    def _may_embed(self, part: str) -> bool:
        allowed = set(self.env.words("ALLOW_EMBEDDED"))
        if not allowed <= EMBEDDABLE:
            raise ImproperlyConfigured(f"ALLOW_EMBEDDED may name {', '.join(sorted(EMBEDDABLE))}, nothing else.")
        return self.debug or part in allowed

    def _embedded(self, part: str, setting: str) -> Any:
        if not self._may_embed(part):
            raise ImproperlyConfigured(f"{setting} must be set: an embedded {part} is for development.")
        return Layout(self.var).urls()


def _one_of(name: str, given: str, known: tuple[str, ...]) -> str:
    found = next((word for word in known if word.lower() == given.lower()), None)
    if found is None:
        raise ImproperlyConfigured(f"{name} must be {', '.join(known[:-1])} or {known[-1]}.")
    return found


def _decoded(value: str, name: str) -> bytes:
    try:
        key = base64.b64decode(value.encode("ascii") + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must be 32 bytes in base64url.")
    return key


def _dns_server(word: str) -> tuple[str, int]:
    host, _, port = word.rpartition(":") if re.fullmatch(r"\[.+\]:\d+|[\d.]+:\d+", word) else (word, "", "53")
    try:
        address, number = ipaddress.ip_address(host.strip("[]")), int(port)
    except ValueError:
        raise ImproperlyConfigured("DNS_SERVERS must be addresses such as 10.0.0.53 or 10.0.0.53:5353.") from None
    if not 0 < number < 65536:  # noqa: PLR2004 - the largest port
        raise ImproperlyConfigured("DNS_SERVERS must be addresses such as 10.0.0.53 or 10.0.0.53:5353.")
    return str(address), number


def _networks(name: str, given: list[str]) -> list[str]:
    for network in given:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be networks such as 10.0.0.0/8.") from None
    return given
