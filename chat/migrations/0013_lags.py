"""How far audit and retention are behind, in seconds over all organisations: two numbers, of nobody in particular.

A checkpoint that claims to stand beyond the end of its chain is forged, and counts for nothing. The platform's own row has no conversations: nobody
runs its retention, so it is not late.
"""

from django.db import migrations

from security.scoping import PLATFORM_TENANT_ID

FUNCTION = f"""
CREATE FUNCTION lags(OUT audit double precision, OUT retention double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT
        (SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp() - e.at)), 0), 0)
            FROM public.security_audithead h
            CROSS JOIN LATERAL (
                SELECT coalesce(max(c.seq), 0) AS seq FROM public.security_auditcheckpoint c
                WHERE c.tenant_id = h.tenant_id AND c.seq <= h.seq
            ) signed
            JOIN public.security_auditevent e ON e.tenant_id = h.tenant_id AND e.seq = signed.seq + 1
            WHERE h.seq > signed.seq),
        (SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp() - coalesce(
                (SELECT r.finished_at FROM public.chat_retentionrun r
                    WHERE r.tenant_id = t.id AND r.finished_at IS NOT NULL ORDER BY r.day DESC LIMIT 1), t.created_at
            ) - interval '26 hours')), 0), 0)
            FROM public.tenants_tenant t WHERE t.id IN (SELECT public.tenant_ids()) AND t.id <> {PLATFORM_TENANT_ID})
$$;

REVOKE ALL ON FUNCTION lags() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lags() TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0012_chunk_leases"),
        ("security", "0016_validate_tenant_key_versions"),
        ("tenants", "0025_tenants_with_work"),
    ]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION lags()")]
