"""Old revocations go by one function: the application may not take back what a socket has not read yet."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION sweep_revocations() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH gone AS (
        DELETE FROM public.security_revocation WHERE created_at < now() - interval '1 hour' RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION sweep_revocations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_revocations() TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [("security", "0003_narrow_rights")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION sweep_revocations()")]
