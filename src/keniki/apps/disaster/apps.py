from django.apps import AppConfig


class DisasterConfig(AppConfig):
    name = "keniki.apps.disaster"
    label = "disaster"
    verbose_name = "防災"
    default_auto_field = "django.db.models.BigAutoField"
