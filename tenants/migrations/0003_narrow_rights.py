"""Of an organisation's row the application changes what services change; it deletes none."""

from django.db import migrations

NARROW = """
REVOKE UPDATE, DELETE ON tenants_tenant FROM chat_app;
GRANT UPDATE (name, time_zone, status, public_id) ON tenants_tenant TO chat_app;
"""
WIDEN = """
REVOKE UPDATE (name, time_zone, status, public_id) ON tenants_tenant FROM chat_app;
GRANT UPDATE, DELETE ON tenants_tenant TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_functions")]

    operations = [migrations.RunSQL(NARROW, WIDEN)]
