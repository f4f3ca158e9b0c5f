"""The application may do to these tables what it does to them, and nothing else.

Default privileges give it SELECT, INSERT, UPDATE and DELETE on each new table; with them a fault in its code could rewrite which migrations ran,
write into logs that are to stay empty, or take revocations back.
"""

from django.db import migrations

NARROW = """
REVOKE ALL ON django_migrations, auditlog_logentry, django_admin_log FROM chat_app;
GRANT SELECT ON django_migrations, auditlog_logentry, django_admin_log TO chat_app;
REVOKE UPDATE, DELETE ON security_revocation FROM chat_app;
"""
WIDEN = """
GRANT SELECT, INSERT, UPDATE, DELETE ON django_migrations, auditlog_logentry, django_admin_log, security_revocation TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("security", "0002_audit"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auditlog", "0001_initial"),
    ]

    operations = [migrations.RunSQL(NARROW, WIDEN)]
