from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("finance", "0002_initial")]
    operations = [RowSecurity("grant", "budgetline")]
