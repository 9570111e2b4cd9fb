from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "keniki.apps.workflow"
    label = "workflow"
    verbose_name = "手続"
    default_auto_field = "django.db.models.BigAutoField"
