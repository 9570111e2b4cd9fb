from django.apps import AppConfig


class RegionsConfig(AppConfig):
    name = "keniki.apps.regions"
    label = "regions"
    verbose_name = "圏域"
    default_auto_field = "django.db.models.BigAutoField"
