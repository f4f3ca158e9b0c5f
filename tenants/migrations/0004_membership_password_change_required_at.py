from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0003_narrow_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='password_change_required_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
