from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_masking_from_policy")]

    operations = [
        migrations.RemoveField(model_name="policy", name="keep_last_four"),
        migrations.RemoveField(model_name="policy", name="typing_preview"),
    ]
