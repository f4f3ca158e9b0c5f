"""What the trail is filtered by. CONCURRENTLY: the table may be large, and each act of everybody's writes to it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('security', '0010_revoked_addresses'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='auditevent',
            index=models.Index(fields=['tenant_id', 'action', '-seq'], name='security_auditevent_action_idx'),
        ),
        AddIndexConcurrently(
            model_name='auditevent',
            index=models.Index(condition=models.Q(('outcome', 'ok'), _negated=True), fields=['tenant_id', 'outcome', '-seq'], name='security_auditevent_unwell_idx'),
        ),
        AddIndexConcurrently(
            model_name='auditevent',
            index=models.Index(condition=models.Q(('actor_kind__in', ('operator', 'command', 'anonymous'))), fields=['tenant_id', 'actor_kind', '-seq'], name='security_auditevent_kind_idx'),
        ),
    ]
