"""How long each trail is kept: a term that the application asks for and PostgreSQL decides, by its own clock, from when it holds.

A longer term holds at once. A shorter one waits for a week at least, whoever asks; `audit_prune` refuses what is younger than the term in force,
and everything where a trail is kept for ever. So what took the application over shortens nothing within the hour.
"""

import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models

FUNCTIONS = """
REVOKE ALL ON security_auditterm FROM PUBLIC, chat_app;
REVOKE ALL ON SEQUENCE security_auditterm_id_seq FROM chat_app;
GRANT SELECT ON security_auditterm TO chat_app;

CREATE FUNCTION audit_term(tenant bigint) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT t.months::integer FROM public.security_auditterm t
    WHERE t.tenant_id = tenant AND t.undone_at IS NULL AND t.due_at <= clock_timestamp() ORDER BY t.id DESC LIMIT 1
$$;

CREATE FUNCTION audit_keep(wanted smallint, days integer) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    present integer;
    due timestamptz := clock_timestamp();
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'audit_keep needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF wanted NOT BETWEEN 12 AND 240 THEN
        RAISE EXCEPTION 'an audit trail is kept for 12 to 240 months' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM FROM public.security_audithead h WHERE h.tenant_id = tenant FOR UPDATE;
    present := public.audit_term(tenant);
    IF wanted IS NOT NULL AND (present IS NULL OR wanted < present) THEN
        due := due + make_interval(days => greatest(coalesce(days, 0), 7));
    END IF;
    UPDATE public.security_auditterm t SET undone_at = clock_timestamp()
    WHERE t.tenant_id = tenant AND t.undone_at IS NULL AND t.due_at > clock_timestamp();
    INSERT INTO public.security_auditterm (tenant_id, months, asked_at, due_at) VALUES (tenant, wanted, clock_timestamp(), due);
    RETURN due;
END $$;

CREATE FUNCTION audit_keep_undone() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    UPDATE public.security_auditterm t SET undone_at = clock_timestamp()
    WHERE t.tenant_id = tenant AND t.undone_at IS NULL AND t.due_at > clock_timestamp();
    RETURN FOUND;
END $$;

DROP FUNCTION audit_prune(bigint);
CREATE FUNCTION audit_prune(upto bigint, signer bytea) RETURNS void
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
    WHERE c.tenant_id = tenant AND c.seq = upto AND c.public_key = signer
    AND greatest(c.signed_at, e.at) <= clock_timestamp() - make_interval(months => term) ORDER BY c.id LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint ends there that is % months old', term USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

REVOKE ALL ON FUNCTION audit_term(bigint), audit_keep(smallint, integer), audit_keep_undone(), audit_prune(bigint, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_keep(smallint, integer), audit_keep_undone(), audit_prune(bigint, bytea) TO chat_app;
"""
DROP = """
DROP FUNCTION audit_prune(bigint, bytea);
DROP FUNCTION audit_keep_undone();
DROP FUNCTION audit_keep(smallint, integer);
DROP FUNCTION audit_term(bigint);
CREATE FUNCTION audit_prune(upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    INSERT INTO public.security_audittombstone (tenant_id, seq, hash, note, pruned_at)
    SELECT tenant, c.seq, c.hash, c.note, clock_timestamp() FROM public.security_auditcheckpoint c
    WHERE c.tenant_id = tenant AND c.seq = upto ORDER BY c.id LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint ends there' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;
REVOKE ALL ON FUNCTION audit_prune(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_prune(bigint) TO chat_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0014_replace_tenant_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('months', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('asked_at', models.DateTimeField(editable=False)),
                ('due_at', models.DateTimeField(editable=False)),
                ('undone_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditterm_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditterm_isolation')],
            },
        ),
        migrations.RunSQL(FUNCTIONS, DROP),
    ]
