from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_initial")]
    operations = [RowSecurity("build", "buildrun")]
