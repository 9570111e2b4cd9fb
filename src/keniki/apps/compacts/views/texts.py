"""The text of a draft: articles, annex items, signatories."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.actions.texts import MeasureRow, RoleRow, SignatoryRow
from keniki.apps.compacts.forms.agreements import (
    AnnexForm,
    MeasureForm,
    NameForm,
    RoleForm,
    SignatoryForm,
    TextForm,
)
from keniki.apps.compacts.models import Agreement, AgreementVersion, AnnexItem
from keniki.apps.regions.editing import Sheet, VersionedForm, edit_page, kept, rows_of
from keniki.apps.regions.models import Region, RegionMembership
from keniki.apps.regions.pages import StaffRequest, region_page, version_of
from keniki.apps.regions.queries import members_on

from .frames import EDIT, agreement_frame


@region_page
@require_http_methods(["GET", "POST"])
def text(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Edit preamble, articles in the plain notation, and what stands behind them."""
    found = queries.agreement(region, agreement)
    policies.edit_text(request.actor, found).require()
    version = queries.shown_version(found)
    if version is not None and version.frozen:
        version.version = None  # type: ignore[assignment]

    def build(data: QueryDict | None, record: AgreementVersion | None) -> Sheet:
        return Sheet(TextForm(data, initial=TextForm.filled_from(record)))

    def save(sheet: Sheet) -> AgreementVersion:
        given = sheet.form.cleaned_data
        return actions.edit_text(
            request.actor,
            found,
            given["version"],
            preamble=given["preamble"],
            articles=given["articles"],
            closing=given["closing"],
            annex_heading=given["annex_heading"],
            change_note=given["change_note"],
        )

    frame = agreement_frame(region, found, "#text")
    return edit_page(
        request,
        frame,
        "本文を編集",
        version,
        build,
        save,
        done=lambda saved: (
            f"本文を保存しました（全{len(saved.articles)}条）。",
            frame.back,
        ),
        template=EDIT,
    )


@region_page
@require_http_methods(["GET", "POST"])
def annex(request: StaffRequest, region: Region, agreement: str, key: str | None = None) -> HttpResponse:
    """Add or edit one annex item with its measures and roles."""
    found = queries.agreement(region, agreement)
    policies.edit_text(request.actor, found).require()
    version = queries.shown_version(found)
    item = (
        next((row for row in version.annex_items.all() if row.key == key), None) if version and key else None
    )
    if key is not None and item is None:
        raise Http404("この取組は別表にありません。")
    if item is not None and version is not None and version.frozen:
        item.version = None  # type: ignore[assignment]
    parties = list(queries.towns_by_code(found).items())

    def build(data: QueryDict | None, record: AnnexItem | None) -> Sheet:
        measures = [{"key": m.key, "text": m.text} for m in record.measures.all()] if record else []
        roles = (
            [{"municipalities": r.municipalities, "items": r.items} for r in record.roles.all()]
            if record
            else _first_roles(region, found)
        )
        return Sheet(
            AnnexForm(
                found,
                data,
                initial=AnnexForm.filled_from(record) if record else {},
                keep=record.fields if record else [],
            ),
            {
                "取組内容": rows_of(MeasureForm, data, "measures", measures),
                "役割": rows_of(RoleForm, data, "roles", roles, extra=1, parties=parties),
            },
        )

    def save(sheet: Sheet) -> AnnexItem:
        given = dict(sheet.form.cleaned_data)
        return actions.save_annex_item(
            request.actor,
            found,
            key,
            given.pop("version"),
            values=given,
            measures=[MeasureRow(row["text"], row["key"]) for row in kept(sheet.formsets["取組内容"])],
            roles=[RoleRow(row["municipalities"], row["items"]) for row in kept(sheet.formsets["役割"])],
        )

    frame = agreement_frame(region, found, "#annex")
    return edit_page(
        request,
        frame,
        "別表の取組を編集" if item else "別表に取組を追加",
        item,
        build,
        save,
        done=lambda saved: (f"別表の取組「{saved.title}」を保存しました。", frame.back),
        template=EDIT,
        remove=reverse("compacts:annex-remove", args=[region.slug, found.slug, key]) if item else "",
        remove_label="この取組を案から削除",
        remove_version=item.version if item else "",
    )


@region_page
@require_POST
def annex_remove(request: StaffRequest, region: Region, agreement: str, key: str) -> HttpResponse:
    """Take an annex item out of the draft."""
    found = queries.agreement(region, agreement)
    version = queries.shown_version(found)
    if version is None or not any(item.key == key for item in version.annex_items.all()):
        raise Http404("この取組は別表にありません。")
    try:
        actions.remove_annex_item(request.actor, found, key, version_of(request))
    except Stale:
        messages.error(
            request, "ほかの人がこの取組を更新したため、削除していません。内容を確かめてください。"
        )
        return redirect("compacts:annex", region.slug, found.slug, key)
    messages.success(request, "別表の取組を案から削除しました。以前の版には残っています。")
    return redirect("compacts:agreement", region.slug, found.slug)


@region_page
@require_http_methods(["GET", "POST"])
def signatories(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Who signs for each party."""
    found = queries.agreement(region, agreement)
    policies.edit_signatories(request.actor, found).require()
    parties = {party.municipality.code: party.municipality for party in found.parties.all()}

    def build(data: QueryDict | None, record: Agreement) -> Sheet:
        version = queries.shown_version(queries.agreement(region, record.slug))
        stored = {row.municipality.code: row for row in version.signatories.all()} if version else {}
        initial = [
            {
                "municipality": code,
                "address": stored[code].address if code in stored else town.office_address,
                "title": stored[code].title if code in stored else "",
                "name": stored[code].name if code in stored else "",
            }
            for code, town in parties.items()
        ]
        rows = rows_of(SignatoryForm, data, "signatories", initial, extra=0, delete=False)
        for form, town in zip(rows.forms, parties.values(), strict=False):
            form.fields["name"].label = f"{town.name}の署名者の氏名"
        return Sheet(VersionedForm(data, initial={"version": record.version}), {"署名者": rows})

    def save(sheet: Sheet) -> AgreementVersion:
        return actions.edit_signatories(
            request.actor,
            found,
            sheet.form.cleaned_data["version"],
            [
                SignatoryRow(parties[row["municipality"]], row["address"], row["title"], row["name"])
                for row in kept(sheet.formsets["署名者"])
                if row["municipality"] in parties
            ],
        )

    frame = agreement_frame(region, found, "#parties")
    return edit_page(
        request,
        frame,
        "署名者を編集",
        found,
        build,
        save,
        done=lambda saved: ("署名者を保存しました。", frame.back),
        template=EDIT,
        lead="並びは協定の当事者の順です。",
    )


@region_page
@require_http_methods(["GET", "POST"])
def name(request: StaffRequest, region: Region, agreement: str, code: str) -> HttpResponse:
    """Fill in a name of which the source had lost a part."""
    found = queries.agreement(region, agreement)
    version = queries.shown_version(found)
    rows = version.signatories.all() if version else []
    signatory = next((row for row in rows if row.municipality.code == code), None)
    if signatory is None:
        raise Http404("この市町村の署名者はありません。")
    ruling = policies.complete_name(request.actor, signatory).require()

    def build(data: QueryDict | None, record: Any) -> Sheet:
        return Sheet(NameForm(data, initial={"name": record.name}))

    def save(sheet: Sheet) -> Any:
        return actions.complete_signatory(request.actor, signatory, name=sheet.form.cleaned_data["name"])

    frame = agreement_frame(region, found, "#parties")
    return edit_page(
        request,
        frame,
        f"{signatory.title}の氏名を補記",
        signatory,
        build,
        save,
        done=lambda saved: ("氏名を補記しました。", frame.back),
        template=EDIT,
        lead="資料で読み取れなかった氏名を、原本を確かめて入力します。一度補記すると変更できません。",
        ruling=ruling,
    )


def _first_roles(region: Region, agreement: Agreement) -> list[dict[str, Any]]:
    """A row for the centre and one for the partners, as an annex usually has them."""
    parties = [party.municipality.code for party in agreement.parties.all()]
    centres = {m.municipality.code for m in members_on(region) if m.role == RegionMembership.Role.CENTRE}
    rows = [[code for code in parties if code in centres], [code for code in parties if code not in centres]]
    return [{"municipalities": codes, "items": []} for codes in rows if codes]
