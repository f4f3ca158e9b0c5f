"""The tests stand on PostgreSQL as production does, and leave nothing for each other."""

from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, connections
from django.utils import timezone

from tests.services import databases, session


@pytest.mark.django_db
def test_the_tests_speak_as_the_application_and_not_as_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("chat_app", False)


@pytest.fixture
def emptied_behind_us() -> Iterator[None]:
    """Looks, after `committed_db` has tidied up, whether it did."""
    yield
    server, database = session.current()
    with server.superuser(database) as superuser:
        assert superuser.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        known = superuser.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'chat' AND model = 'tag'")
        assert known.fetchone() == (1,)
        assert superuser.execute("SELECT count(*) > 0 FROM django_migrations").fetchone() == (True,)


def test_commits_are_seen_by_others_and_gone_afterwards(emptied_behind_us: None, committed_db: None) -> None:
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now())
    ContentType.objects.filter(app_label="chat", model="tag").update(model="changed")
    cache.set("left", "behind")
    seen = []

    def look() -> None:
        seen.append(Session.objects.count())
        connections.close_all()

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_the_cache_is_empty_after_a_test_that_commits(committed_db: None) -> None:
    assert cache.get("left") is None


def test_emptying_passes_by_triggers_that_refuse_it() -> None:
    server, database = session.current()
    with psycopg.connect(server.url("chat_owner", database), autocommit=True) as owner:
        owner.execute("CREATE TABLE append_only (id int)")
        owner.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$"
        )
        owner.execute("CREATE TRIGGER refuse BEFORE DELETE ON append_only FOR EACH ROW EXECUTE FUNCTION refuse()")
        owner.execute("INSERT INTO append_only VALUES (1)")
        try:
            with pytest.raises(psycopg.errors.RaiseException):
                owner.execute("DELETE FROM append_only")
            with server.superuser(database) as superuser:
                databases.empty(superuser, databases.Fixed(("append_only",), {}))
            assert owner.execute("SELECT count(*) FROM append_only").fetchone() == (0,)
        finally:
            owner.execute("DROP TABLE append_only; DROP FUNCTION refuse()")
