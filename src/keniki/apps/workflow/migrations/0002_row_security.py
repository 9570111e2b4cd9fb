from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial")]
    operations = [RowSecurity("comment", "attachment", "dueitem", "inquiry")]
