"""Rows among the checkpoints that nobody signed neither hide a chain from the signer, nor keep a true row out, nor are pruned up to.

Whoever has the application's role can insert rows, but no longer choose their numbers, by which the signer remembers how far it has looked. It asks
how long each chain is instead of what the rows say of it; nothing is unique about them; and `audit_prune` is told which row it is, whose signature
the worker has looked at.

The table may be large and is written to all the time: the index is built CONCURRENTLY, before the constraint goes whose place it takes. Workers of the
release before ask `audit_unsigned()` and `audit_prune(bigint, bytea)` until they are restarted: those stay for one release.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

DROP_UNIQUE = "ALTER TABLE security_auditcheckpoint DROP CONSTRAINT IF EXISTS security_checkpoint_seq_key"
FUNCTIONS = """
CREATE FUNCTION audit_heads() RETURNS TABLE (tenant bigint, seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT h.tenant_id, h.seq FROM public.security_audithead h ORDER BY h.tenant_id
$$;

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
BEFORE = "DROP FUNCTION audit_heads(); DROP FUNCTION audit_prune(bigint)"
NARROW = """
REVOKE INSERT ON security_auditcheckpoint FROM chat_app;
GRANT INSERT (tenant_id, seq, after, hash, public_key, note, signed_at) ON security_auditcheckpoint TO chat_app;
REVOKE ALL ON SEQUENCE security_auditcheckpoint_id_seq FROM chat_app;
"""
WIDEN = """
GRANT INSERT ON security_auditcheckpoint TO chat_app;
GRANT USAGE ON SEQUENCE security_auditcheckpoint_id_seq TO chat_app;
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('security', '0016_validate_tenant_key_versions'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='auditcheckpoint',
            index=models.Index(fields=['tenant_id', 'seq'], name='security_checkpoint_seq_idx'),
        ),
        # The way back leaves it away: what was written meanwhile may not be unique, and the release before does without.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP_UNIQUE, migrations.RunSQL.noop)],
            state_operations=[
                migrations.RemoveConstraint(model_name='auditcheckpoint', name='security_checkpoint_seq_key')
            ],
        ),
        migrations.RunSQL(FUNCTIONS, BEFORE),
        migrations.RunSQL(NARROW, WIDEN),
    ]
