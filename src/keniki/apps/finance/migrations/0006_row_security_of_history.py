from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("finance", "0005_grant_steps_in_order")]
    operations = [RowSecurity("grantevent", "budgetlineevent")]
