import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import security.scoping.constraints
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0002_token_expiry'),
        ('tenants', '0008_policy_without_masking'),
    ]

    operations = [
        migrations.CreateModel(
            name='MaskingJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('kind', models.CharField(choices=[('trial', 'trial'), ('remask_trial', 'remask_trial'), ('remask', 'remask')], max_length=16)),
                ('status', models.CharField(choices=[('running', 'running'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('failed', 'failed'), ('done', 'done')], default='running', max_length=16)),
                ('rules', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('moved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('leased_by', models.UUIDField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('stage', models.CharField(blank=True, max_length=16)),
                ('after', models.BigIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('found', models.JSONField(default=dict)),
                ('begun_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant_id', '-created_at'], name='chat_maskingjob_recent_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ('running', 'paused'))), fields=('tenant_id', 'kind'), name='chat_maskingjob_unfinished_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='chat_maskingjob_tenant_key'), security.scoping.constraints.TenantIsolation(name='chat_maskingjob_isolation'), models.UniqueConstraint(fields=('tenant_id', 'public_id'), name='chat_maskingjob_public_id_key'), security.scoping.constraints.TenantReference(name='chat_maskingjob_tenant_fk', table='tenants_tenant'), security.scoping.constraints.SameTenant(field='begun_by', name='chat_maskingjob_begun_by_same_tenant')],
            },
        ),
    ]
