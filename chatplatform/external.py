"""`./run` on a PostgreSQL of somebody else's: given a superuser's URL only, the project's roles are made there."""

from collections.abc import MutableMapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from chatplatform import generated, roles
from chatplatform.database import parse
from chatplatform.embedded.process import EmbeddedError
from chatplatform.embedded.state import Layout
from chatplatform.env import Environment


def prepare_roles(environment: MutableMapping[str, str], layout: Layout) -> list[str]:
    """If DATABASE_URL is a superuser's, make roles and database and put their URLs in its place; what was done."""
    env = Environment(environment)
    url = env.secret("DATABASE_URL")
    if not url or env.secret("DATABASE_OWNER_URL"):
        return []
    database = str(parse(url, setting="DATABASE_URL")["NAME"])
    passwords = kept_passwords(layout)
    if not make_roles(url, database, passwords):
        raise EmbeddedError(
            "DATABASE_URL is not a superuser's, so DATABASE_OWNER_URL must be set too: the role that owns the tables."
        )
    _speak_as_roles(environment, url, passwords)
    return [f"DATABASE_URL is a superuser's: made the roles {roles.OWNER}, {roles.APP} and {roles.PLATFORM} there."]


def use_made_roles(environment: MutableMapping[str, str], layout: Layout) -> None:
    """In a command that is given the URL with which `./run` made the roles: be those, for a superuser passes every policy by."""
    env = Environment(environment)
    url = env.secret("DATABASE_URL")
    is_made = (layout.secrets / f"PASSWORD_{roles.APP}").exists()
    if (
        url
        and is_made
        and not env.secret("DATABASE_OWNER_URL")
        and urlsplit(url).username not in {roles.APP, roles.OWNER}
    ):
        _speak_as_roles(environment, url, kept_passwords(layout))


def _speak_as_roles(environment: MutableMapping[str, str], url: str, passwords: dict[str, str]) -> None:
    environment.pop("DATABASE_URL_FILE", None)
    environment["DATABASE_URL"] = as_role(url, roles.APP, passwords[roles.APP])
    environment["DATABASE_OWNER_URL"] = as_role(url, roles.OWNER, passwords[roles.OWNER])


def kept_passwords(layout: Layout) -> dict[str, str]:
    """The roles' passwords on a server of somebody else's, made once."""
    return {role: generated.secret(layout.secrets, f"PASSWORD_{role}") for role in (roles.OWNER, roles.APP)}


def make_roles(url: str, database: str, passwords: dict[str, str]) -> bool:
    """Make them through `url`; False if it is no superuser's."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            if connection.info.parameter_status("is_superuser") != "on":
                return False
            roles.prepare(connection, database=database, passwords=passwords)
        with psycopg.connect(in_database(url, database), autocommit=True, connect_timeout=10) as connection:
            roles.grant(connection, database=database)
    except psycopg.OperationalError as error:
        raise EmbeddedError(f"DATABASE_URL cannot be reached: {type(error).__name__}.") from None
    return True


def as_role(url: str, role: str, password: str, database: str | None = None) -> str:
    """`url` with another role, its password ("" where none is needed), and another database if given."""
    split = urlsplit(url)
    place = split.netloc.rpartition("@")[2]
    user = f"{quote(role)}:{quote(password, safe='')}" if password else quote(role)
    path = split.path if database is None else f"/{database}"
    return urlunsplit(split._replace(netloc=f"{user}@{place}", path=path))


def in_database(url: str, database: str) -> str:
    """`url` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
