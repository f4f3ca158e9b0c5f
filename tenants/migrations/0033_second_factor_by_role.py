"""Since when a role asks for a second factor, and since when who has it. Defaults of the database's: the release before writes rows without them."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0032_certificates_that_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='departmentrole',
            name='given_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='membership',
            name='role_given_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='policy',
            name='second_factor_by_role',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='role',
            name='second_factor_since',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
