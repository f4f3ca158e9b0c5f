"""What organisations decided in their policy becomes the first version of their rules; and of versions the application changes nothing.

Who had changed nothing has no row: without one the same holds as for everybody.
"""

from django.db import migrations

MOVE = """
INSERT INTO tenants_maskingversion
    (tenant_id, public_id, packs, keep_last_four, masks_agents, visitor_may_undo, typing_preview, number, activated_at)
SELECT tenant_id, gen_random_uuid(), '{}', keep_last_four, true, false, typing_preview, 1, now()
FROM tenants_policy WHERE NOT keep_last_four OR typing_preview
"""
MOVE_BACK = """
UPDATE tenants_policy p SET keep_last_four = v.keep_last_four, typing_preview = v.typing_preview
FROM tenants_maskingversion v
WHERE v.tenant_id = p.tenant_id
  AND v.number = (SELECT max(number) FROM tenants_maskingversion n WHERE n.tenant_id = p.tenant_id)
"""
NARROW = """
REVOKE UPDATE, DELETE ON tenants_maskingversion FROM chat_app;
GRANT UPDATE (activated_by_id) ON tenants_maskingversion TO chat_app;
"""
WIDEN = """
REVOKE UPDATE (activated_by_id) ON tenants_maskingversion FROM chat_app;
GRANT UPDATE, DELETE ON tenants_maskingversion TO chat_app;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_masking_rules")]

    operations = [migrations.RunSQL(MOVE, MOVE_BACK), migrations.RunSQL(NARROW, WIDEN)]
