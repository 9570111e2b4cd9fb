"""Forms about one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation

from .models import User


class FirstPasswordForm(forms.Form):
    """The password that replaces the initial one."""

    password = forms.CharField(
        label="新しいパスワード",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="10文字以上。数字だけのものと、よく使われるものは使えません。",
    )
    again = forms.CharField(
        label="新しいパスワード（確認）",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="同じものをもう一度入力してください。",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if self.user.check_password(password):
            raise forms.ValidationError("仮パスワードと違うものにしてください。")
        password_validation.validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "2回の入力が一致しません。")
        return cleaned


class TokenForm(forms.Form):
    """A new API token."""

    label = forms.CharField(label="用途", max_length=80, help_text="例：市の予約システムから活動を登録")
    days = forms.IntegerField(label="有効日数", initial=365, min_value=1, max_value=3 * 366)


class LogFilterForm(forms.Form):
    """Filters of the log; choices are given by the page."""

    verb = forms.ChoiceField(label="操作", required=False)
    town = forms.ChoiceField(label="市町村", required=False)
    person = forms.ChoiceField(label="人", required=False)
    first = forms.DateField(
        label="この日から", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(label="この日まで", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    q = forms.CharField(label="ことば", required=False, widget=forms.TextInput(attrs={"type": "search"}))

    def __init__(
        self,
        *args: Any,
        verbs: list[tuple[str, str]],
        towns: list[tuple[str, str]],
        people: list[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        every = [("", "すべて")]
        self.fields["verb"].choices = every + verbs  # type: ignore[attr-defined]
        self.fields["town"].choices = every + towns  # type: ignore[attr-defined]
        self.fields["person"].choices = every + [(name, name) for name in people]  # type: ignore[attr-defined]
