"""A mailbox for checkpoints gets nothing before it was confirmed from there; those that were named before are to be confirmed, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("tenants", "0026_audit_term"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="audit_mailbox_asked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="audit_mailbox_confirmed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
