from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "keniki.apps.activities"
    label = "activities"
    verbose_name = "活動"
    default_auto_field = "django.db.models.BigAutoField"
