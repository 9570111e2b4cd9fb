from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "keniki.apps.portal"
    label = "portal"
    verbose_name = "公開"
    default_auto_field = "django.db.models.BigAutoField"
