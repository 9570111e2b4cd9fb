from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "keniki.apps.documents"
    label = "documents"
    verbose_name = "文書"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The files of every build are kept."""
        from keniki.apps.workflow.keeping import refer

        refer("documents.BuildFile", "digest")
