"""Look-ups from before a scope is open, and the platform's own tenant row.

Both functions run as their owner (SECURITY DEFINER) with a fixed search path, so a role that can make objects elsewhere cannot change what
they mean. They answer one exact digest, or numbers; nothing of a tenant's content.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION tenant_of(wanted_kind text, wanted_digest bytea, OUT tenant_id bigint, OUT object_id bigint)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT d.tenant_id, d.object_id FROM public.tenants_directory d
    WHERE d.kind = wanted_kind AND d.digest = wanted_digest
$$;

CREATE FUNCTION tenant_ids() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT t.id FROM public.tenants_tenant t ORDER BY t.id
$$;

REVOKE ALL ON FUNCTION tenant_of(text, bytea), tenant_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_of(text, bytea), tenant_ids() TO chat_app;
"""

DROP = "DROP FUNCTION tenant_of(text, bytea); DROP FUNCTION tenant_ids();"

PLATFORM = """
INSERT INTO tenants_tenant (id, public_id, slug, name, status, time_zone, created_at)
VALUES (1, '00000000-0000-4000-8000-000000000001', 'platform', 'Platform', 'active', 'UTC', now());
SELECT setval(pg_get_serial_sequence('tenants_tenant', 'id'), 1);
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunSQL(PLATFORM, "DELETE FROM tenants_tenant WHERE id = 1"),
    ]
