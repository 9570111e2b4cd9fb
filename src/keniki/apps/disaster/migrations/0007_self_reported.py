"""A survey may be the applicant's own (自己判定方式)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disaster", "0006_certificates")]

    operations = [
        migrations.AlterField(
            model_name="housesurvey",
            name="round",
            field=models.CharField(
                choices=[
                    ("first", "第1次調査"),
                    ("second", "第2次調査"),
                    ("again", "再調査"),
                    ("self", "自己判定方式"),
                ],
                max_length=10,
                verbose_name="調査の回",
            ),
        ),
    ]
