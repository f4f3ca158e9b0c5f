"""From where events came, to be searched by: keyed digests beside the chain, written by `audit_append` and forgotten with their person.

Events from before have no row, so that a search by address does not find them: only the tenant's keys could tell, which no migration has.
"""

import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models

WRITER = """
CREATE OR REPLACE FUNCTION audit_append(events jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    head public.security_audithead;
    event jsonb;
    said jsonb;
    moment timestamptz;
    event_id bigint;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'audit_append needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT * INTO head FROM public.security_audithead h WHERE h.tenant_id = tenant FOR UPDATE;
    IF NOT FOUND THEN
        head.chain := gen_random_uuid();
        INSERT INTO public.security_audithead (tenant_id, chain, seq, hash)
        VALUES (tenant, head.chain, 0, sha256(convert_to(E'chatplatform audit chain v1\n', 'UTF8') || uuid_send(head.chain)))
        ON CONFLICT (tenant_id) DO NOTHING;
        SELECT * INTO STRICT head FROM public.security_audithead h WHERE h.tenant_id = tenant FOR UPDATE;
    END IF;
    FOR event IN SELECT e.value FROM jsonb_array_elements(events) WITH ORDINALITY e (value, place) ORDER BY e.place LOOP
        said := (event->>'entry')::jsonb;
        moment := clock_timestamp();
        head.seq := head.seq + 1;
        head.hash := sha256(
            convert_to(E'chatplatform audit event v1\n', 'UTF8') || head.hash || int8send(head.seq)
            || int8send((extract(epoch FROM moment) * 1000000)::bigint) || convert_to(event->>'entry', 'UTF8')
        );
        INSERT INTO public.security_auditevent
            (tenant_id, seq, at, entry, hash, action, outcome, actor_kind, actor_id, object_id)
        VALUES (
            tenant, head.seq, moment, event->>'entry', head.hash, said->>'action', said->>'outcome',
            said->'actor'->>'kind', (said->'actor'->>'id')::uuid, (said->'on'->>'id')::uuid
        ) RETURNING id INTO event_id;
        INSERT INTO public.security_auditdetail (tenant_id, event_id, part, subject_kind, subject_id, sealed)
        SELECT tenant, event_id, d->>'part', d->>'kind', (d->>'id')::uuid, decode(d->>'sealed', 'base64')
        FROM jsonb_array_elements(event->'details') d;
        IF event ? 'from' THEN
            INSERT INTO public.security_auditaddress (tenant_id, seq, subject_id, address, network)
            VALUES (
                tenant, head.seq, (event->'from'->>'subject')::uuid,
                decode(event->'from'->>'address', 'base64'), decode(event->'from'->>'network', 'base64')
            );
        END IF;
        IF said->>'action' IN ('visitor.erased', 'member.erased') AND said->>'outcome' = 'ok' THEN
            DELETE FROM public.security_auditaddress a WHERE a.tenant_id = tenant AND a.subject_id = (said->'on'->>'id')::uuid;
        END IF;
    END LOOP;
    UPDATE public.security_audithead h SET seq = head.seq, hash = head.hash WHERE h.tenant_id = tenant AND h.seq < head.seq;
    RETURN head.seq;
END $$;
"""
WRITER_BEFORE = """
CREATE OR REPLACE FUNCTION audit_append(events jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    head public.security_audithead;
    event jsonb;
    said jsonb;
    moment timestamptz;
    event_id bigint;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'audit_append needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT * INTO head FROM public.security_audithead h WHERE h.tenant_id = tenant FOR UPDATE;
    IF NOT FOUND THEN
        head.chain := gen_random_uuid();
        INSERT INTO public.security_audithead (tenant_id, chain, seq, hash)
        VALUES (tenant, head.chain, 0, sha256(convert_to(E'chatplatform audit chain v1\n', 'UTF8') || uuid_send(head.chain)))
        ON CONFLICT (tenant_id) DO NOTHING;
        SELECT * INTO STRICT head FROM public.security_audithead h WHERE h.tenant_id = tenant FOR UPDATE;
    END IF;
    FOR event IN SELECT e.value FROM jsonb_array_elements(events) WITH ORDINALITY e (value, place) ORDER BY e.place LOOP
        said := (event->>'entry')::jsonb;
        moment := clock_timestamp();
        head.seq := head.seq + 1;
        head.hash := sha256(
            convert_to(E'chatplatform audit event v1\n', 'UTF8') || head.hash || int8send(head.seq)
            || int8send((extract(epoch FROM moment) * 1000000)::bigint) || convert_to(event->>'entry', 'UTF8')
        );
        INSERT INTO public.security_auditevent
            (tenant_id, seq, at, entry, hash, action, outcome, actor_kind, actor_id, object_id)
        VALUES (
            tenant, head.seq, moment, event->>'entry', head.hash, said->>'action', said->>'outcome',
            said->'actor'->>'kind', (said->'actor'->>'id')::uuid, (said->'on'->>'id')::uuid
        ) RETURNING id INTO event_id;
        INSERT INTO public.security_auditdetail (tenant_id, event_id, part, subject_kind, subject_id, sealed)
        SELECT tenant, event_id, d->>'part', d->>'kind', (d->>'id')::uuid, decode(d->>'sealed', 'base64')
        FROM jsonb_array_elements(event->'details') d;
    END LOOP;
    UPDATE public.security_audithead h SET seq = head.seq, hash = head.hash WHERE h.tenant_id = tenant AND h.seq < head.seq;
    RETURN head.seq;
END $$;
"""
RIGHTS = """
REVOKE ALL ON security_auditaddress FROM PUBLIC, chat_app;
REVOKE ALL ON SEQUENCE security_auditaddress_id_seq FROM chat_app;
GRANT SELECT ON security_auditaddress TO chat_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0011_audit_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('seq', models.BigIntegerField(editable=False)),
                ('subject_id', models.UUIDField(editable=False)),
                ('address', models.BinaryField(max_length=16)),
                ('network', models.BinaryField(max_length=16)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant_id', 'address', '-seq'], name='security_auditaddress_seq_idx'), models.Index(fields=['tenant_id', 'subject_id', 'network', 'seq'], name='security_auditaddress_who_idx')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditaddress_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditaddress_isolation')],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(WRITER, WRITER_BEFORE),
    ]
