from django.apps import AppConfig


class CompactsConfig(AppConfig):
    name = "keniki.apps.compacts"
    label = "compacts"
    verbose_name = "協定・ビジョン"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Claims of general revenue choose among the initiatives."""
        from keniki.apps.programmes.naming import offer

        from .queries.initiatives import named_initiatives

        offer(named_initiatives)
