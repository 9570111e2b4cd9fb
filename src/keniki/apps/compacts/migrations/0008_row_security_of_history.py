from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("compacts", "0007_guards_of_bound_texts")]
    operations = [RowSecurity("agreementevent", "declarationevent", "visionevent", "initiativeevent", "kpievent")]
