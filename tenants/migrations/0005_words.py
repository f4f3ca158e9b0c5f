"""The words of the product in the admin: websites and members. Nothing in the database changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_membership_password_change_required_at")]

    operations = [
        migrations.AlterModelOptions(
            name="site",
            options={"base_manager_name": "objects", "default_manager_name": "objects", "verbose_name": "website"},
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={"base_manager_name": "objects", "default_manager_name": "objects", "verbose_name": "member"},
        ),
    ]
