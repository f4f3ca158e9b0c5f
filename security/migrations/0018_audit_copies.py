"""What became of copies of checkpoints outside, for who may read the trail."""

import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0017_forged_checkpoints'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('place', models.CharField(editable=False, max_length=16)),
                ('kind', models.CharField(editable=False, max_length=16)),
                ('host', models.CharField(editable=False, max_length=255)),
                ('seq', models.BigIntegerField(editable=False, null=True)),
                ('written_at', models.DateTimeField(editable=False, null=True)),
                ('failed_at', models.DateTimeField(editable=False, null=True)),
                ('failure', models.CharField(editable=False, max_length=32)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'place'), name='security_auditcopy_place_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditcopy_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditcopy_isolation')],
            },
        ),
    ]
