"""Which subject keys lie under a former key of their organisation. CONCURRENTLY: the table has a row for each conversation and each visitor."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('security', '0018_audit_copies'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='subjectkey',
            index=models.Index(fields=['tenant_id', 'tenant_key_version'], name='security_subjectkey_key_idx'),
        ),
    ]
