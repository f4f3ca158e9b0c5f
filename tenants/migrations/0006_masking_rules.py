import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import security.scoping.constraints
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0005_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='MaskingCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('day', models.DateField()),
                ('rule', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=16)),
                ('hits', models.PositiveIntegerField(default=0)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'day', 'rule', 'kind'), name='tenants_maskingcount_day_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='tenants_maskingcount_tenant_key'), security.scoping.constraints.TenantIsolation(name='tenants_maskingcount_isolation'), security.scoping.constraints.TenantReference(name='tenants_maskingcount_tenant_fk', table='tenants_tenant')],
            },
        ),
        migrations.CreateModel(
            name='MaskingDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('packs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('keep_last_four', models.BooleanField(default=True)),
                ('masks_agents', models.BooleanField(default=True)),
                ('visitor_may_undo', models.BooleanField(default=False)),
                ('typing_preview', models.BooleanField(default=False)),
                ('content', models.BinaryField(null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id',), name='tenants_maskingdraft_one_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='tenants_maskingdraft_tenant_key'), security.scoping.constraints.TenantIsolation(name='tenants_maskingdraft_isolation'), models.UniqueConstraint(fields=('tenant_id', 'public_id'), name='tenants_maskingdraft_public_id_key'), security.scoping.constraints.TenantReference(name='tenants_maskingdraft_tenant_fk', table='tenants_tenant')],
            },
        ),
        migrations.CreateModel(
            name='MaskingVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('packs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('keep_last_four', models.BooleanField(default=True)),
                ('masks_agents', models.BooleanField(default=True)),
                ('visitor_may_undo', models.BooleanField(default=False)),
                ('typing_preview', models.BooleanField(default=False)),
                ('content', models.BinaryField(null=True)),
                ('number', models.PositiveIntegerField()),
                ('activated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('activated_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenants.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'number'), name='tenants_maskingversion_number_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='tenants_maskingversion_tenant_key'), security.scoping.constraints.TenantIsolation(name='tenants_maskingversion_isolation'), models.UniqueConstraint(fields=('tenant_id', 'public_id'), name='tenants_maskingversion_public_id_key'), security.scoping.constraints.TenantReference(name='tenants_maskingversion_tenant_fk', table='tenants_tenant'), security.scoping.constraints.SameTenant(field='activated_by', name='tenants_maskingversion_activated_by_same_tenant')],
            },
        ),
    ]
