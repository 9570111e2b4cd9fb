from django.apps import AppConfig


class DisasterConfig(AppConfig):
    name = "keniki.apps.disaster"
    label = "disaster"
    verbose_name = "防災"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The public board is kept fresh."""
        from keniki.apps.accounts import snapshots

        from .public import source

        snapshots.register(source())
