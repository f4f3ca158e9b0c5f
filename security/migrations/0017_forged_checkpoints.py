"""Rows among the checkpoints that nobody signed neither hide a chain from the signer, nor keep a true row out, nor are pruned up to.

Whoever has the application's role can insert rows. So the signer asks how long each chain is instead of what the rows say of it; nothing is unique
about them; and `audit_prune` is told which row it is, whose signature the worker has looked at.
"""

from django.db import migrations, models

FUNCTIONS = """
DROP FUNCTION audit_unsigned();
CREATE FUNCTION audit_heads() RETURNS TABLE (tenant bigint, seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT h.tenant_id, h.seq FROM public.security_audithead h ORDER BY h.tenant_id
$$;

DROP FUNCTION audit_prune(bigint, bytea);
CREATE FUNCTION audit_prune(checkpoint bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    term integer;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'audit_prune needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    term := public.audit_term(tenant);
    IF term IS NULL THEN
        RAISE EXCEPTION 'this audit trail is kept for ever' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO public.security_audittombstone (tenant_id, seq, hash, note, pruned_at)
    SELECT tenant, c.seq, c.hash, c.note, clock_timestamp() FROM public.security_auditcheckpoint c
    JOIN public.security_auditevent e ON e.tenant_id = c.tenant_id AND e.seq = c.seq AND e.hash = c.hash
    WHERE c.tenant_id = tenant AND c.id = checkpoint
    AND greatest(c.signed_at, e.at) <= clock_timestamp() - make_interval(months => term);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint ends there that is % months old', term USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

REVOKE ALL ON FUNCTION audit_heads(), audit_prune(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_heads(), audit_prune(bigint) TO chat_app;
"""
BEFORE = """
DROP FUNCTION audit_heads();
CREATE FUNCTION audit_unsigned() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT h.tenant_id FROM public.security_audithead h
    WHERE h.seq > coalesce(
        (SELECT max(c.seq) FROM public.security_auditcheckpoint c WHERE c.tenant_id = h.tenant_id), 0
    ) ORDER BY h.tenant_id
$$;

DROP FUNCTION audit_prune(bigint);
CREATE FUNCTION audit_prune(upto bigint, signer bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    term integer;
BEGIN
    term := public.audit_term(tenant);
    IF term IS NULL THEN
        RAISE EXCEPTION 'this audit trail is kept for ever' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO public.security_audittombstone (tenant_id, seq, hash, note, pruned_at)
    SELECT tenant, c.seq, c.hash, c.note, clock_timestamp() FROM public.security_auditcheckpoint c
    JOIN public.security_auditevent e ON e.tenant_id = c.tenant_id AND e.seq = c.seq AND e.hash = c.hash
    WHERE c.tenant_id = tenant AND c.seq = upto AND c.public_key = signer
    AND greatest(c.signed_at, e.at) <= clock_timestamp() - make_interval(months => term) ORDER BY c.id LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint ends there that is % months old', term USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

REVOKE ALL ON FUNCTION audit_unsigned(), audit_prune(bigint, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_unsigned(), audit_prune(bigint, bytea) TO chat_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0016_validate_tenant_key_versions'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='auditcheckpoint', name='security_checkpoint_seq_key'),
        migrations.AddIndex(
            model_name='auditcheckpoint',
            index=models.Index(fields=['tenant_id', 'seq'], name='security_checkpoint_seq_idx'),
        ),
        migrations.RunSQL(FUNCTIONS, BEFORE),
    ]
