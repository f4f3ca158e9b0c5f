"""Which tenants have work of a kind, by one query: what runs each minute opens no scope where nothing is to be done.

As `tenant_ids()`: numbers, nothing of a tenant's content.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION tenants_with(work text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CASE work
    WHEN 'mail' THEN
        RETURN QUERY SELECT DISTINCT m.tenant_id FROM public.security_mail m ORDER BY 1;
    WHEN 'key' THEN
        RETURN QUERY SELECT k.tenant_id FROM public.security_tenantkey k GROUP BY 1 HAVING count(*) > 1 ORDER BY 1;
    WHEN 'alerts' THEN
        RETURN QUERY SELECT DISTINCT r.tenant_id FROM public.tenants_alertrule r WHERE r.is_on ORDER BY 1;
    WHEN 'trail check' THEN
        RETURN QUERY SELECT c.tenant_id FROM public.tenants_trailcheck c WHERE c.status = 'running' ORDER BY 1;
    END CASE;
END $$;

REVOKE ALL ON FUNCTION tenants_with(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_with(text) TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0024_audit_checkpoint_email"), ("security", "0014_replace_tenant_keys")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION tenants_with(text)")]
