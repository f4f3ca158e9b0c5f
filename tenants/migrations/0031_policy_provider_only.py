from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0030_sessions_ended_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='policy',
            name='provider_only',
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
