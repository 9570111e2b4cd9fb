from django.apps import AppConfig


class CompactsConfig(AppConfig):
    name = "keniki.apps.compacts"
    label = "compacts"
    verbose_name = "協定・ビジョン"
    default_auto_field = "django.db.models.BigAutoField"
