from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "keniki.apps.programmes"
    label = "programmes"
    verbose_name = "制度"
    default_auto_field = "django.db.models.BigAutoField"
