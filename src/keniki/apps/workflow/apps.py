from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "keniki.apps.workflow"
    label = "workflow"
    verbose_name = "手続"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Attachments hold files until they are removed; replies of decisions always do."""
        from django.db.models import Q

        from .keeping import refer

        refer("workflow.Attachment", "digest", Q(removed_at=None))
        refer("workflow.Approval", "reply__digest", Q(reply__isnull=False))
