"""Pruning: the beginning of a trail is forgotten as a whole, up to a signed checkpoint that is a year old, and a tombstone says where.

Rows are deleted only where a tombstone covers them; triggers ask for it, of the tables' owner too. A tombstone is inserted by `audit_prune` alone and
refused where its event or its checkpoint is younger than twelve months. What is left is verified from the tombstone on.
"""

import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION audit_prune(upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'audit_prune needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO public.security_audittombstone (tenant_id, seq, hash, note, pruned_at)
    SELECT tenant, c.seq, c.hash, c.note, clock_timestamp() FROM public.security_auditcheckpoint c
    WHERE c.tenant_id = tenant AND c.seq = upto ORDER BY c.id LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint ends there' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

CREATE FUNCTION audit_sweep(at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    upto bigint;
    last bigint;
    swept bigint;
BEGIN
    SELECT max(t.seq) INTO upto FROM public.security_audittombstone t WHERE t.tenant_id = tenant;
    SELECT max(e.seq) INTO last FROM (
        SELECT seq FROM public.security_auditevent WHERE tenant_id = tenant AND seq <= upto ORDER BY seq LIMIT at_most
    ) e;
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM public.security_auditdetail d USING public.security_auditevent e
    WHERE e.tenant_id = tenant AND e.seq <= last AND d.tenant_id = tenant AND d.event_id = e.id;
    -- Their ids grow with the numbers, which have no index of their own.
    DELETE FROM public.security_auditaddress a WHERE a.tenant_id = tenant AND a.id < coalesce(
        (SELECT b.id FROM public.security_auditaddress b WHERE b.tenant_id = tenant AND b.seq > last ORDER BY b.id LIMIT 1),
        9223372036854775807
    );
    DELETE FROM public.security_auditcheckpoint c WHERE c.tenant_id = tenant AND c.seq <= last AND c.seq < upto;
    DELETE FROM public.security_auditevent e WHERE e.tenant_id = tenant AND e.seq <= last;
    GET DIAGNOSTICS swept = ROW_COUNT;
    RETURN swept;
END $$;

CREATE FUNCTION audit_tombstone_is_due() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.security_auditevent e
        JOIN public.security_auditcheckpoint c ON c.tenant_id = e.tenant_id AND c.seq = e.seq AND c.hash = e.hash
        WHERE e.tenant_id = NEW.tenant_id AND e.seq = NEW.seq AND e.hash = NEW.hash AND c.note = NEW.note
        AND e.at <= clock_timestamp() - interval '12 months' AND c.signed_at <= clock_timestamp() - interval '12 months'
    ) OR EXISTS (
        SELECT FROM public.security_audittombstone t WHERE t.tenant_id = NEW.tenant_id AND t.seq >= NEW.seq
    ) THEN
        RAISE EXCEPTION 'the audit trail is kept for twelve months: nothing is pruned up to %', NEW.seq
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_refuse_unpruned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    place bigint;
BEGIN
    IF TG_TABLE_NAME = 'security_auditdetail' THEN
        SELECT e.seq INTO place FROM public.security_auditevent e WHERE e.tenant_id = OLD.tenant_id AND e.id = OLD.event_id;
    ELSIF TG_TABLE_NAME = 'security_auditcheckpoint' THEN
        place := OLD.seq + 1; -- the one that a tombstone stands on is kept
    ELSE
        place := OLD.seq;
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.security_audittombstone t WHERE t.tenant_id = OLD.tenant_id AND t.seq >= place
    ) THEN
        RAISE EXCEPTION 'the audit trail is append-only: DELETE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN OLD;
END $$;

REVOKE ALL ON FUNCTION audit_prune(bigint), audit_sweep(integer), audit_tombstone_is_due(), audit_refuse_unpruned() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_prune(bigint), audit_sweep(integer) TO chat_app;
REVOKE ALL ON security_audittombstone FROM PUBLIC, chat_app;
REVOKE ALL ON SEQUENCE security_audittombstone_id_seq FROM chat_app;
GRANT SELECT ON security_audittombstone TO chat_app;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_audittombstone
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER is_due BEFORE INSERT ON security_audittombstone FOR EACH ROW EXECUTE FUNCTION audit_tombstone_is_due();

DROP TRIGGER append_only ON security_auditevent;
DROP TRIGGER append_only ON security_auditdetail;
DROP TRIGGER append_only ON security_auditcheckpoint;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON security_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON security_auditdetail FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON security_auditcheckpoint FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER pruned_only BEFORE DELETE ON security_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse_unpruned();
CREATE TRIGGER pruned_only BEFORE DELETE ON security_auditdetail FOR EACH ROW EXECUTE FUNCTION audit_refuse_unpruned();
CREATE TRIGGER pruned_only BEFORE DELETE ON security_auditcheckpoint FOR EACH ROW EXECUTE FUNCTION audit_refuse_unpruned();
"""
DROP = """
DROP TRIGGER pruned_only ON security_auditevent;
DROP TRIGGER pruned_only ON security_auditdetail;
DROP TRIGGER pruned_only ON security_auditcheckpoint;
DROP TRIGGER append_only ON security_auditevent;
DROP TRIGGER append_only ON security_auditdetail;
DROP TRIGGER append_only ON security_auditcheckpoint;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditdetail FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditcheckpoint FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
DROP TRIGGER append_only ON security_audittombstone;
DROP TRIGGER is_due ON security_audittombstone;
DROP FUNCTION audit_prune(bigint);
DROP FUNCTION audit_sweep(integer);
DROP FUNCTION audit_tombstone_is_due();
DROP FUNCTION audit_refuse_unpruned();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0012_audit_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditTombstone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('seq', models.BigIntegerField(editable=False)),
                ('hash', models.BinaryField(max_length=32)),
                ('note', models.TextField(editable=False)),
                ('pruned_at', models.DateTimeField(editable=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'seq'), name='security_audittombstone_seq_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_audittombstone_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_audittombstone_isolation')],
            },
        ),
        migrations.RunSQL(FUNCTIONS, DROP),
    ]
