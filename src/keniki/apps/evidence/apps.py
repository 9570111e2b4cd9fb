from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "keniki.apps.evidence"
    label = "evidence"
    verbose_name = "統計と根拠"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The files figures came from stay as long as the figures."""
        from keniki.apps.workflow.keeping import refer

        refer("evidence.RawFile", "digest")
