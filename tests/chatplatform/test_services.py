"""The tests stand on PostgreSQL as production does."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_tests_speak_as_the_application_and_not_as_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("chat_app", False)
