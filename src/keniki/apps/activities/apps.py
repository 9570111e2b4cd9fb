from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "keniki.apps.activities"
    label = "activities"
    verbose_name = "活動"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Counted KPIs get their actuals from here; closed years close KPIs and evaluations too; photos hold files."""
        from keniki.apps.compacts import closing, counted
        from keniki.apps.workflow.keeping import refer

        from .policies import closed_years
        from .queries import count_query_actuals

        closing.register(closed_years)
        counted.register(
            lambda kpi, years: {
                year: actual.value for year, actual in count_query_actuals(kpi.region_id, kpi, years).items()
            }
        )
        refer("activities.Photo", "digest")
        refer("activities.Photo", "public_digest")
