from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0004_sweep_revocations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditdetail',
            name='subject_kind',
            field=models.CharField(choices=[('conversation', 'conversation'), ('visitor', 'visitor'), ('person', 'person'), ('masking', 'masking')], editable=False, max_length=16),
        ),
        migrations.AlterField(
            model_name='revocation',
            name='kind',
            field=models.CharField(choices=[('session', 'session'), ('user', 'user'), ('membership', 'membership'), ('tenant', 'tenant'), ('visitor', 'visitor'), ('site', 'site'), ('masking', 'masking')], max_length=16),
        ),
        migrations.AlterField(
            model_name='subjectkey',
            name='kind',
            field=models.CharField(choices=[('conversation', 'conversation'), ('visitor', 'visitor'), ('person', 'person'), ('masking', 'masking')], max_length=16),
        ),
    ]
