from django.db import migrations

from keniki.apps.accounts.migrating import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("compacts", "0004_dissolution_and_scales")]
    operations = [RowSecurity("agreement", "declaration", "vision", "initiative", "kpi", "scalechoice")]
