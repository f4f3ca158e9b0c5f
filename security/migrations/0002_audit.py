"""The audit trail: its tables, the function that alone writes them, and the triggers that refuse everything else.

`audit_append` takes the tenant from the scope, never from its argument; numbers, dates, chains and inserts the events under the lock of the
tenant's head row. What it hashes is described in `security/audit/chain.py`, which computes the same. It runs as its owner with a fixed search
path, so nobody's objects can change what it means. An owner could drop the triggers; that, and a history written anew, is what checkpoints
held elsewhere are for.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models


WRITER = """
CREATE FUNCTION audit_append(events jsonb) RETURNS bigint
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

REVOKE ALL ON FUNCTION audit_append(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(jsonb) TO chat_app;
REVOKE ALL ON security_audithead, security_auditevent, security_auditdetail FROM PUBLIC, chat_app;
REVOKE ALL ON SEQUENCE security_audithead_id_seq, security_auditevent_id_seq, security_auditdetail_id_seq FROM chat_app;
GRANT SELECT ON security_audithead, security_auditevent, security_auditdetail TO chat_app;
"""

TRIGGERS = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;
REVOKE ALL ON FUNCTION audit_refuse() FROM PUBLIC;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditdetail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON security_audithead
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_forward BEFORE UPDATE ON security_audithead
    FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.tenant_id <> OLD.tenant_id OR NEW.chain <> OLD.chain)
    EXECUTE FUNCTION audit_refuse();
"""

DROP_TRIGGERS = """
DROP TRIGGER append_only ON security_auditevent;
DROP TRIGGER append_only ON security_auditdetail;
DROP TRIGGER append_only ON security_audithead;
DROP TRIGGER only_forward ON security_audithead;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('seq', models.BigIntegerField(editable=False)),
                ('at', models.DateTimeField(editable=False)),
                ('entry', models.TextField(editable=False)),
                ('hash', models.BinaryField(max_length=32)),
                ('action', models.CharField(editable=False, max_length=64)),
                ('outcome', models.CharField(editable=False, max_length=16)),
                ('actor_kind', models.CharField(editable=False, max_length=16)),
                ('actor_id', models.UUIDField(editable=False, null=True)),
                ('object_id', models.UUIDField(editable=False, null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant_id', 'actor_id', '-seq'], name='security_auditevent_actor_idx'), models.Index(fields=['tenant_id', 'object_id', '-seq'], name='security_auditevent_object_idx')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'seq'), name='security_auditevent_seq_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditevent_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditevent_isolation')],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('chain', models.UUIDField(editable=False)),
                ('seq', models.BigIntegerField(editable=False)),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id',), name='security_audithead_one_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_audithead_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_audithead_isolation')],
            },
        ),
        migrations.CreateModel(
            name='AuditDetail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('part', models.CharField(editable=False, max_length=16)),
                ('subject_kind', models.CharField(choices=[('conversation', 'conversation'), ('visitor', 'visitor'), ('person', 'person')], editable=False, max_length=16)),
                ('subject_id', models.UUIDField(editable=False)),
                ('sealed', models.BinaryField()),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='details', to='security.auditevent')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'event', 'part'), name='security_auditdetail_part_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditdetail_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditdetail_isolation'), security.scoping.constraints.SameTenant(field='event', name='security_auditdetail_event_same_tenant')],
            },
        ),
        migrations.RunSQL(WRITER, "DROP FUNCTION audit_append(jsonb)"),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
