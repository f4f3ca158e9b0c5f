"""Break-glass: operators' stays, which the application never deletes."""

import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.utils.timezone
import security.scoping.constraints
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0012_password_policy'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='policy',
            name='entry_needs_consent',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='OperatorEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('role', models.SlugField(max_length=40)),
                ('reason', models.CharField(max_length=500)),
                ('stay_minutes', models.PositiveSmallIntegerField()),
                ('status', models.CharField(choices=[('asked', 'asked'), ('open', 'open'), ('refused', 'refused'), ('ended', 'ended')], max_length=16)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('opened_at', models.DateTimeField(editable=False, null=True)),
                ('expires_at', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('ended_by', models.CharField(blank=True, choices=[('operator', 'operator'), ('organisation', 'organisation'), ('time', 'time'), ('suspension', 'suspension')], max_length=16)),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': "operator's entry",
                'verbose_name_plural': "operators' entries",
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='entry',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.operatorentry'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('entry', None), ('expires_at__isnull', False), _connector='OR'), name='tenants_membership_entry_ends_check'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=security.scoping.constraints.SameTenant(field='entry', name='tenants_membership_entry_same_tenant'),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_at', None), ('opened_at', None)), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('opened_at'), '+', models.Value(datetime.timedelta(seconds=14400)))), _connector='OR'), name='tenants_operatorentry_longest_check'),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['asked', 'open'])), fields=('tenant_id', 'operator'), name='tenants_operatorentry_one_key'),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'id'), name='tenants_operatorentry_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=security.scoping.constraints.TenantIsolation(name='tenants_operatorentry_isolation', platform=True),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'public_id'), name='tenants_operatorentry_public_id_key'),
        ),
        migrations.AddConstraint(
            model_name='operatorentry',
            constraint=security.scoping.constraints.TenantReference(name='tenants_operatorentry_tenant_fk', table='tenants_tenant'),
        ),
        migrations.RunSQL(
            "REVOKE DELETE ON tenants_operatorentry FROM chat_app",
            "GRANT DELETE ON tenants_operatorentry TO chat_app",
        ),
    ]
