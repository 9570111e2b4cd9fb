from types import ModuleType

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "keniki.apps.accounts"
    label = "accounts"
    verbose_name = "利用者"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        """Before any model is read."""
        from . import triggers

        super().__init__(app_name, app_module)
        triggers.use()

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        from . import lockout, signin

        user_login_failed.connect(lockout.on_failure, dispatch_uid="keniki.lockout")
        user_logged_in.connect(signin.on_login, dispatch_uid="keniki.signin")
        signin.listen_to_password_changes()
