from django.apps import AppConfig


class DisasterConfig(AppConfig):
    name = "keniki.apps.disaster"
    label = "disaster"
    verbose_name = "防災"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The public board is kept fresh; finance finds the plans behind items of a joint cost; files are kept."""
        from keniki.apps.accounts import snapshots
        from keniki.apps.finance import item_sources
        from keniki.apps.workflow.keeping import refer

        from .public import source
        from .queries.stock_plans.plans import sources_of_items

        snapshots.register(source())
        item_sources.register(sources_of_items)
        refer("disaster.SurveyPhoto", "digest")
        refer("disaster.TrainingPicture", "digest")
