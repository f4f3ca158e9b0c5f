"""An account is closed by functions of PostgreSQL's: asked for, waited for by its clock, and then everything of the organisation's is deleted.

The application deletes no organisation, and nobody a trail. What asks for it waits a week at least, the tables' owner too; a legal hold stops it until
it is released. Only where a closing has begun do the triggers that keep the trail let its rows go.
"""

from django.db import migrations

FUNCTIONS = r"""
REVOKE ALL ON chat_closing FROM PUBLIC, chat_app;
REVOKE ALL ON SEQUENCE chat_closing_id_seq FROM chat_app;
GRANT SELECT ON chat_closing TO chat_app;

CREATE FUNCTION closing_is_sound() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.begun_at IS NOT NULL OR NEW.tenant_id = 1 OR NEW.due_at < clock_timestamp() + interval '7 days' THEN
            RAISE EXCEPTION 'an account is closed a week after it was asked for, at the earliest' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    ELSIF NEW.due_at < OLD.due_at OR NEW.tenant_id <> OLD.tenant_id OR OLD.begun_at IS NOT NULL OR OLD.undone_at IS NOT NULL THEN
        RAISE EXCEPTION 'a closing is not changed' USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF NEW.begun_at IS NOT NULL AND (OLD.due_at > clock_timestamp() OR EXISTS (
        SELECT FROM public.chat_legalhold h WHERE h.tenant_id = NEW.tenant_id AND h.released_at IS NULL
    )) THEN
        RAISE EXCEPTION 'the account is not to be closed yet, or something of it is held' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER is_sound BEFORE INSERT OR UPDATE ON chat_closing FOR EACH ROW EXECUTE FUNCTION closing_is_sound();

CREATE FUNCTION closing_ask(days integer) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    due timestamptz := clock_timestamp() + make_interval(days => days, secs => 60);
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'closing_ask needs a tenant in scope' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO public.chat_closing (tenant_id, public_id, asked_at, due_at) VALUES (tenant, gen_random_uuid(), clock_timestamp(), due);
    RETURN due;
END $$;

CREATE FUNCTION closing_undo() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    UPDATE public.chat_closing SET undone_at = clock_timestamp() WHERE tenant_id = tenant AND undone_at IS NULL AND begun_at IS NULL;
    RETURN FOUND;
END $$;

CREATE FUNCTION closing_begin() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    UPDATE public.chat_closing SET begun_at = clock_timestamp()
    WHERE tenant_id = tenant AND undone_at IS NULL AND begun_at IS NULL AND due_at <= clock_timestamp();
    RETURN FOUND;
END $$;

CREATE FUNCTION closing_sweep(at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    -- What names objects beside the database goes at the end: whoever goes on after a kill takes them away once more, and counts them.
    kept name[] := '{chat_closing,chat_archivechunk,chat_erasure,chat_organisationexport}';
    swept bigint;
    one name;
    other name;
    is_needed boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM public.chat_closing c WHERE c.tenant_id = tenant AND c.begun_at IS NOT NULL) THEN
        RAISE EXCEPTION 'this account is not being closed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM public.security_subjectkey k WHERE k.tenant_id = tenant AND k.id IN (
        SELECT n.id FROM public.security_subjectkey n WHERE n.tenant_id = tenant LIMIT at_most
    );
    GET DIAGNOSTICS swept = ROW_COUNT;
    IF swept > 0 THEN
        RETURN swept;
    END IF;
    FOR one IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'chat\_%' AND c.relname <> ALL (kept)
        ORDER BY c.relname
    LOOP
        is_needed := false;
        FOR other IN
            SELECT DISTINCT r.relname FROM pg_constraint f JOIN pg_class r ON r.oid = f.conrelid
            WHERE f.contype = 'f' AND f.confrelid = format('public.%I', one)::regclass
        LOOP
            -- A table that refers to itself goes at the end too: which of its rows may go first nobody knows.
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE tenant_id = $1)', other) INTO is_needed USING tenant;
            EXIT WHEN is_needed;
        END LOOP;
        CONTINUE WHEN is_needed;
        EXECUTE format(
            'DELETE FROM public.%1$I WHERE tenant_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM public.%1$I WHERE tenant_id = $1 LIMIT $2))', one
        ) USING tenant, at_most;
        GET DIAGNOSTICS swept = ROW_COUNT;
        IF swept > 0 THEN
            RETURN swept;
        END IF;
    END LOOP;
    RETURN 0;
END $$;

CREATE FUNCTION closing_finish() RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    people bigint[];
    one name;
BEGIN
    IF NOT EXISTS (SELECT FROM public.chat_closing c WHERE c.tenant_id = tenant AND c.begun_at IS NOT NULL) THEN
        RAISE EXCEPTION 'this account is not being closed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SET CONSTRAINTS ALL DEFERRED;
    SELECT coalesce(array_agg(u.id), '{}') INTO people FROM public.security_user u
    WHERE NOT u.is_operator AND EXISTS (SELECT FROM public.tenants_membership m WHERE m.user_id = u.id AND m.tenant_id = tenant)
    AND NOT EXISTS (SELECT FROM public.tenants_membership m WHERE m.user_id = u.id AND m.tenant_id <> tenant);
    FOR one IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'chat_closing'
        ORDER BY c.relname = 'security_tenantkey', c.relname
    LOOP
        EXECUTE format('DELETE FROM public.%I WHERE tenant_id = $1', one) USING tenant;
    END LOOP;
    DELETE FROM public.chat_closing WHERE tenant_id = tenant;
    DELETE FROM public.tenants_tenant WHERE id = tenant;
    SET CONSTRAINTS ALL IMMEDIATE; -- what they take is taken here, before anybody else waits for this transaction
    RETURN people;
END $$;

REVOKE ALL ON FUNCTION closing_is_sound(), closing_ask(integer), closing_undo(), closing_begin(), closing_sweep(integer), closing_finish() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION closing_ask(integer), closing_undo(), closing_begin(), closing_sweep(integer), closing_finish() TO chat_app;

CREATE FUNCTION audit_refuse_unclosed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.chat_closing c WHERE c.tenant_id = OLD.tenant_id AND c.begun_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the audit trail is append-only: DELETE on % is refused', TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN OLD;
END $$;
REVOKE ALL ON FUNCTION audit_refuse_unclosed() FROM PUBLIC;

DROP TRIGGER append_only ON security_audithead;
DROP TRIGGER append_only ON security_audittombstone;
CREATE TRIGGER append_only BEFORE TRUNCATE ON security_audithead FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON security_audittombstone FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER closed_only BEFORE DELETE ON security_audithead FOR EACH ROW EXECUTE FUNCTION audit_refuse_unclosed();
CREATE TRIGGER closed_only BEFORE DELETE ON security_audittombstone FOR EACH ROW EXECUTE FUNCTION audit_refuse_unclosed();

CREATE OR REPLACE FUNCTION audit_refuse_unpruned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    place bigint;
BEGIN
    IF EXISTS (SELECT FROM public.chat_closing c WHERE c.tenant_id = OLD.tenant_id AND c.begun_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
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

CREATE OR REPLACE FUNCTION tenants_with_chat(work text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CASE work
    WHEN 'open' THEN
        RETURN QUERY SELECT DISTINCT c.tenant_id FROM public.chat_conversation c WHERE c.status = 'open' ORDER BY 1;
    WHEN 'masking' THEN
        RETURN QUERY SELECT DISTINCT j.tenant_id FROM public.chat_maskingjob j WHERE j.status = 'running' ORDER BY 1;
    WHEN 'own server' THEN
        RETURN QUERY SELECT s.tenant_id FROM public.chat_ownserver s ORDER BY 1;
    WHEN 'closing' THEN
        RETURN QUERY SELECT c.tenant_id FROM public.chat_closing c
        WHERE c.undone_at IS NULL AND c.due_at <= clock_timestamp() ORDER BY 1;
    WHEN 'export' THEN
        RETURN QUERY SELECT DISTINCT e.tenant_id FROM public.chat_organisationexport e
        WHERE e.state = 'running' OR e.expires_at <= clock_timestamp() ORDER BY 1;
    END CASE;
END $$;
"""
DROP = """
CREATE OR REPLACE FUNCTION audit_refuse_unpruned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    place bigint;
BEGIN
    IF TG_TABLE_NAME = 'security_auditdetail' THEN
        SELECT e.seq INTO place FROM public.security_auditevent e WHERE e.tenant_id = OLD.tenant_id AND e.id = OLD.event_id;
    ELSIF TG_TABLE_NAME = 'security_auditcheckpoint' THEN
        place := OLD.seq + 1;
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
DROP TRIGGER closed_only ON security_audithead;
DROP TRIGGER closed_only ON security_audittombstone;
DROP TRIGGER append_only ON security_audithead;
DROP TRIGGER append_only ON security_audittombstone;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON security_audithead FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_audittombstone FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
DROP FUNCTION audit_refuse_unclosed();
DROP FUNCTION closing_finish();
DROP FUNCTION closing_sweep(integer);
DROP FUNCTION closing_begin();
DROP FUNCTION closing_undo();
DROP FUNCTION closing_ask(integer);
DROP TRIGGER is_sound ON chat_closing;
DROP FUNCTION closing_is_sound();
CREATE OR REPLACE FUNCTION tenants_with_chat(work text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CASE work
    WHEN 'open' THEN
        RETURN QUERY SELECT DISTINCT c.tenant_id FROM public.chat_conversation c WHERE c.status = 'open' ORDER BY 1;
    WHEN 'masking' THEN
        RETURN QUERY SELECT DISTINCT j.tenant_id FROM public.chat_maskingjob j WHERE j.status = 'running' ORDER BY 1;
    WHEN 'own server' THEN
        RETURN QUERY SELECT s.tenant_id FROM public.chat_ownserver s ORDER BY 1;
    END CASE;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0015_leaving"), ("security", "0019_subject_key_index")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
