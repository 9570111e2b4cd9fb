"""Pages of contacts and turns of duty."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.apps.regions.policies import edit_shared
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import contacts as actions
from ..forms.contacts import (
    COLUMNS,
    ContactFileForm,
    ContactForm,
    DutyForm,
    contact_initial,
    contacts_in,
)
from ..models import Contact, Duty
from ..queries import contacts as queries

#: So many days of duty are shown.
_DAYS = 14


@region_page
@require_GET
def contacts(request: StaffRequest, region: Region) -> HttpResponse:
    """All contacts, and who is on duty now."""
    return page(
        request,
        "disaster/contacts.html",
        nav_active="disaster",
        contacts=[
            (each, policies.write_contact(request.actor, region, each.municipality))
            for each in queries.contacts_of(region)
        ],
        duties=queries.on_duty(region),
        ruling=policies.write_some_place(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_contact(request: StaffRequest, region: Region, pk: int | None = None) -> HttpResponse:
    """Register a contact or change one; a second editor is shown both."""
    found = queries.contact_for(region, pk) if pk else None
    ruling = (
        policies.write_contact(request.actor, region, found.municipality)
        if found
        else policies.write_some_place(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:contacts", args=[region.slug])
    towns = _towns(request, region, found)

    def build(data: Any, record: Contact | None) -> Sheet:
        form = ContactForm(
            data,
            towns=towns,
            others=bool(edit_shared(request.actor, region)),
            initial=contact_initial(record),
        )
        return Sheet(
            form,
            groups=[
                ("どこの連絡先か", ["town", "body", "post", "hours", "order"]),
                ("氏名と番号", ["name", "phone", "mobile", "fax", "email"]),
                ("確認", ["checked_on", "note"]),
            ],
        )

    def save(sheet: Sheet) -> Contact:
        form = sheet.form
        assert isinstance(form, ContactForm)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_contact(request.actor, region, form.draft(), found, version)

    def done(saved: Contact) -> tuple[str, str]:
        return f"連絡先「{saved}」を保存しました。", back

    crumbs = [("防災", reverse("disaster:overview", args=[region.slug])), ("連絡先", back)]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "連絡先の変更" if found else "連絡先を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-contact", args=[region.slug, found.pk]) if found and ruling else "",
        remove_version=found.version if found else None,
        remove_label="この連絡先を、当番とともに削除",
    )


@region_page
@require_POST
def remove_contact(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Remove a contact with its turns."""
    found = queries.contact_for(region, pk)
    policies.write_contact(request.actor, region, found.municipality).require()
    try:
        actions.remove_contact(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの連絡先を更新しました。内容を確かめてください。")
        return redirect("disaster:edit-contact", region.slug, pk)
    messages.success(request, f"連絡先「{found}」を削除しました。")
    return redirect("disaster:contacts", region.slug)


@region_page
@require_GET
def contacts_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """The contacts as a file, with the head that is read back; without contacts the file to fill in."""
    rows = [
        (
            each.municipality.code if each.municipality else "",
            each.municipality.name if each.municipality else "",
            each.body,
            each.post,
            each.get_hours_display(),
            each.order,
            *(each.sealed.get(key, "") for key in actions.SEALED),
            each.checked_on,
            each.note,
        )
        for each in queries.contacts_of(region)
    ]
    return download(f"{region.name}_防災連絡先.csv", write_csv([COLUMNS, *rows]).data)


@region_page
@require_http_methods(["GET", "POST"])
def load_contacts(request: StaffRequest, region: Region) -> HttpResponse:
    """Take contacts from a file, all or none."""
    ruling = policies.write_some_place(request.actor, region)
    form = ContactFileForm()
    if request.method == "POST":
        ruling.require()
        form = ContactFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                drafts = contacts_in(file.read(), _towns(request, region, None), file.name)
                number = actions.load_contacts(request.actor, region, drafts)
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"連絡先を{number}件、登録または変更しました。")
                return redirect("disaster:contacts", region.slug)
    return page(
        request,
        "disaster/load_contacts.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        form=form,
        columns=COLUMNS,
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def duties(request: StaffRequest, region: Region) -> HttpResponse:
    """The turns of the next two weeks, and a form for one more."""
    ruling = policies.write_some_place(request.actor, region)
    may = {
        str(each.pk): each
        for each in queries.contacts_of(region)
        if policies.write_contact(request.actor, region, each.municipality)
    }
    form = DutyForm(contacts=may)
    if request.method == "POST":
        ruling.require()
        form = DutyForm(request.POST, contacts=may)
        if form.is_valid():
            try:
                actions.save_duty(request.actor, may[form.cleaned_data["contact"]], form.draft())
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, "当番を登録しました。")
                return redirect("disaster:duties", region.slug)
    now = timezone.now()
    return page(
        request,
        "disaster/duties.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        duties=[(each, now in each.during, str(each.contact_id) in may) for each in _coming(region)],
        days=_DAYS,
        form=form,
        may=may,
        ruling=ruling,
    )


@region_page
@require_POST
def remove_duty(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Take a turn away."""
    found = queries.duty_for(region, pk)
    actions.remove_duty(request.actor, found)
    messages.success(request, "当番を削除しました。")
    return redirect("disaster:duties", region.slug)


def _coming(region: Region) -> list[Duty]:
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return queries.duties_from(region, start, _DAYS)


def _towns(request: StaffRequest, region: Region, contact: Contact | None) -> dict[str, Municipality]:
    """The towns whose contacts the actor writes, by code."""
    towns = [row.municipality for row in members_on(region)]
    if contact is not None and contact.municipality is not None and contact.municipality not in towns:
        towns.append(contact.municipality)
    return {town.code: town for town in towns if policies.write_contact(request.actor, region, town)}
