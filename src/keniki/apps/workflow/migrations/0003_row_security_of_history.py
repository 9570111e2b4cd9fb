from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_row_security")]
    operations = [RowSecurity("attachmentevent", "dueitemevent", "inquiryevent")]
