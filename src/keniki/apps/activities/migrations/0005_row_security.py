from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_role_links")]
    operations = [RowSecurity("yearclosing", "activity", "photo")]
