"""Forms of devices and of the files they bring."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from keniki.apps.regions.editing import VersionedForm

from ...actions.reception.devices import DeviceDraft


class DeviceForm(forms.Form):
    """A device as its screen shows it."""

    town = forms.ChoiceField(label="市町村")
    name = forms.CharField(label="名称", max_length=80, help_text="例：受付1号、体育館のタブレット")
    device = forms.CharField(
        label="端末の番号", max_length=40, help_text="端末の受付画面に出ている番号。例：t-0a1b2c3d4e5f"
    )
    public_key = forms.CharField(
        label="端末の鍵（公開鍵）",
        max_length=100,
        help_text="端末の受付画面に出ている鍵。端末の画面で登録したときは、ここで登録する必要はありません。",
    )

    def __init__(self, *args: object, towns: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["town"].choices = towns  # type: ignore[attr-defined]

    def draft(self) -> DeviceDraft:
        """The device."""
        data = self.cleaned_data
        return DeviceDraft(data["device"].strip(), data["name"], data["public_key"].strip())


class RevokeForm(VersionedForm):
    """Why a device is struck off."""

    reason = forms.CharField(label="理由", max_length=200, help_text="例：紛失、故障、返却")


class BundleForm(forms.Form):
    """A file of a stick."""

    file = forms.FileField(
        label="持ち運びファイル",
        help_text="端末で書き出した「.keniki」のファイル。同じファイルを何度読み込んでも、二重にはなりません。",
        widget=forms.FileInput(attrs={"accept": ".keniki"}),
    )
