"""Pages of devices, and of the files they bring on a stick."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from keniki.analysis.merging import missing_serials
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.reception.bundles import TOLD, Read, read_bundle
from ...actions.reception.devices import register_device, revoke_device
from ...forms.reception.devices import BundleForm, DeviceForm, RevokeForm
from ...models import Device
from ...queries import incidents
from ...queries.reception import field
from ...queries.towns import towns_seen
from ..frame import incident_page


@region_page
@require_http_methods(["GET", "POST"])
def devices(request: StaffRequest, region: Region) -> HttpResponse:
    """The devices of the receptions: registered, struck off, and which of their files have not come."""
    towns = {town.code: town for town in towns_seen(request.actor, region)}
    choices = [(code, town.name) for code, town in towns.items()]
    form, status = DeviceForm(towns=choices), 200
    if request.method == "POST":
        policies.register_device(request.actor, region).require()
        form, status = DeviceForm(request.POST, towns=choices), 422
        if form.is_valid():
            try:
                made = register_device(request.actor, region, towns[form.cleaned_data["town"]], form.draft())
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"端末「{made}」を登録しました。")
                form, status = DeviceForm(towns=choices), 200
    serials = field.serials_of(region)
    rows = []
    for each in field.devices_of(region):
        each.region = region
        read = [serial for _, serial in serials.get(each.pk, [])]
        rows.append((each, len(read), missing_serials(read), each.municipality.code in towns))
    return page(
        request,
        "disaster/reception/devices.html",
        status=status,
        nav_active="disaster",
        rows=rows,
        form=form,
        ruling=policies.register_device(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def revoke(request: StaffRequest, region: Region, device: str) -> HttpResponse:
    """Strike a device off."""
    found = field.device_for(region, device)
    if found is None:
        raise Http404("端末が見つかりません。")
    found.region = region
    ruling = policies.record_person(request.actor, region, found.municipality)
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:devices", args=[region.slug])

    def build(data: Any, record: Device | None) -> Sheet:
        return Sheet(RevokeForm(data, initial={"version": record.version if record else 0}))

    def save(sheet: Sheet) -> Device:
        data = sheet.form.cleaned_data
        return revoke_device(request.actor, found, data["reason"], data.get("version") or 0)

    def done(saved: Device) -> tuple[str, str]:
        return f"端末「{saved}」の登録を抹消しました。", back

    return edit_page(
        request,
        Frame(
            back,
            [("防災", reverse("disaster:overview", args=[region.slug])), ("受付の端末", back)],
            "disaster",
        ),
        f"端末「{found.name}」の登録抹消",
        found,
        build,
        save,
        done=done,
        template="disaster/reception/edit.html",
        save_label="登録を抹消",
        lead="抹消した端末からこれから届く記録とファイルは、取り込まずに保留します。既に届いた記録は残ります。",
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def bundles(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Read a file of a stick; the files that were read."""
    incident = incidents.incident_for(region, slug)
    towns = towns_seen(request.actor, region)
    form, read, status = BundleForm(), None, 200
    if request.method == "POST":
        policies.register_device(request.actor, region).require()
        form, status = BundleForm(request.POST, request.FILES), 422
        if form.is_valid():
            try:
                read = read_bundle(request.actor, incident, form.cleaned_data["file"].read())
            except WrongInput as wrong:
                put_error(form, WrongInput(wrong.message, column="file"))
            else:
                status = 200
                form = BundleForm()
                messages.success(request, _said(read, incident.get_mode_display()))
    return incident_page(
        request,
        incident,
        "disaster/reception/bundles.html",
        status=status,
        form=form,
        read=read,
        told=read.refused[:TOLD] if read else [],
        rows=field.bundles_of(incident, towns),
        ruling=policies.register_device(request.actor, region),
    )


def _said(read: Read, mode: str) -> str:
    if read.again:
        return f"【{mode}】このファイルは既に読み込んでいます。記録は変わりません。"
    parts = [f"新しい記録{read.stored}件", f"既にある記録{read.known}件"]
    if read.refused:
        parts.append(f"保留{len(read.refused)}件")
    return f"【{mode}】端末「{read.device}」のファイル第{read.header.serial}号を読み込みました（{'、'.join(parts)}）。"
