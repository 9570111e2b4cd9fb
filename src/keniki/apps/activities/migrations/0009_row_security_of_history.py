from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("activities", "0008_findings_of_closed_years")]
    operations = [RowSecurity("yearclosingevent", "activityevent", "photoevent")]
