from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("documents", "0004_submitted_documents_stay")]
    operations = [RowSecurity("buildevent")]
