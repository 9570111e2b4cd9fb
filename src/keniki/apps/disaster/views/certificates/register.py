"""Pages about certificates as a whole: counts of all towns, a town's register, its setting, a paper to check."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.csv_dialect import write_csv
from keniki.press.excel import DataSheet, render_xlsx
from keniki.rulebooks.disaster import law

from ... import policies
from ...actions import certificates as actions
from ...actions.privacy import Deed, looked
from ...certificate_charts import class_chart
from ...forms import certificates as forms
from ...models import CertificateApplication, CertificateSetting, Incident
from ...models.certificates import Kind
from ...queries import certificates as queries
from ...queries import incidents
from ..frame import incident_page, incident_way, marked

_ROWS = 50


@region_page
@require_GET
def certificates(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How many asked for certificates and had them, by town: no name, so that the region may read it."""
    incident = incidents.incident_for(region, slug)
    days = forms.asked_in(request.GET).days
    rows = queries.counts_of(incident, days)
    names = queries.class_names()
    day = max(timezone.localtime(incident.began_at).date(), law.first_day())
    return incident_page(
        request,
        incident,
        "disaster/certificates/overview.html",
        rows=[
            (each, [each.by_class.get(key, 0) for key in names], _own(request, region, each.town))
            for each in rows
        ],
        names=names.values(),
        totals=_totals(rows, list(names)),
        any_issued=any(each.issued for each in rows),
        chart=class_chart(incident, rows),
        days=days,
        articles=[law.article(number, day) for number in ("90-2", "90-3")],
    )


@region_page
@require_GET
def certificates_chart(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The picture of the counts."""
    incident = incidents.incident_for(region, slug)
    drawn = class_chart(incident, queries.counts_of(incident))
    return HttpResponse(drawn.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def register(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """A town's applications: searched, filtered, by page."""
    incident, town = _found(request, region, slug, code)
    asked = forms.asked_in(request.GET)
    pages = Paginator(queries.register_of(incident, town, asked), _ROWS)
    shown = pages.get_page(request.GET.get("page"))
    rows = queries.with_certificates(incident, town, list(shown))
    deed = Deed.SEARCH if asked.text.strip() else Deed.LIST
    looked(request.actor, region, town, deed, "証明書の台帳", people=len(rows), incident=incident)
    query = {
        "q": asked.text,
        "kind": asked.kind,
        "state": asked.state,
        "class": asked.class_key,
        "waits": "1" if asked.waits else "",
        "days": asked.days,
    }
    return incident_page(
        request,
        incident,
        "disaster/certificates/register.html",
        town=town,
        rows=rows,
        shown=shown,
        asked=asked,
        query=urlencode({key: value for key, value in query.items() if value}),
        kinds=Kind.choices,
        states=CertificateApplication.State.choices,
        classes=queries.class_names().items(),
        setting=queries.setting_of(region, town),
        searched=queries.SEARCHED,
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_GET
def register_file(request: StaffRequest, region: Region, slug: str, code: str, form: str) -> HttpResponse:
    """What the register shows, as CSV or Excel for the town's own use."""
    if form not in ("csv", "xlsx"):
        raise Http404("この形式では出力できません。")
    incident, town = _found(request, region, slug, code)
    rows = list(queries.table_rows(incident, town, forms.asked_in(request.GET)))
    looked(
        request.actor,
        region,
        town,
        Deed.EXPORT,
        f"証明書の台帳（{form}）",
        people=len(rows),
        incident=incident,
    )
    name = f"{incident.get_mode_display()}_証明書台帳_{town.name}_{incident.title}.{form}".replace("/", "／")
    if form == "csv":
        texts = [tuple(str(cell) for cell in row) for row in rows]
        return download(name, write_csv([queries.COLUMNS, *texts]).data)
    sheet = DataSheet(f"{incident.get_mode_display()}_台帳", queries.COLUMNS, rows)
    return download(name, render_xlsx(None, [sheet], dated=incident.began_at))


@region_page
@require_http_methods(["GET", "POST"])
def setting(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """What the town prints on its certificates, and how long it keeps them."""
    incident, town = _found(request, region, slug, code)
    found = queries.setting_of(region, town)
    ruling = policies.record_person(request.actor, region, town)
    if request.method == "POST":
        ruling.require()
    back = register_url(incident, town)

    def build(data: Any, record: CertificateSetting | None) -> Sheet:
        return Sheet(forms.SettingForm(data, initial=forms.setting_initial(record)))

    def save(sheet: Sheet) -> CertificateSetting:
        form = sheet.form
        assert isinstance(form, forms.SettingForm)
        version = (form.cleaned_data.get("version") or 0) if found is not None else None
        return actions.save_setting(request.actor, region, town, form.draft(), version)

    def done(_saved: CertificateSetting) -> tuple[str, str]:
        return f"{town.name}の発行の設定を保存しました。", back

    return edit_page(
        request,
        Frame(back, crumbs(incident, town), "disaster", eyebrow=incident.get_mode_display()),
        f"{town.name}の発行の設定",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        lead="この設定は、これから発行する証明書に使います。発行済みの証明書は変わりません。",
        ruling=ruling,
        entries=log_of(found) if found is not None else [],
        **marked(incident),
    )


@region_page
@require_GET
def check(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Whether a paper that somebody shows was issued so, and still holds."""
    incident, town = _found(request, region, slug, code)
    form = forms.CheckForm(request.GET if "number" in request.GET else None)
    found = None
    answered = form.is_bound and form.is_valid()
    if answered:
        data = form.cleaned_data
        found = queries.checked(incident, town, data["number"], data["check"], data["kind"])
        looked(
            request.actor,
            region,
            town,
            Deed.SEARCH,
            "証明書の照合",
            people=int(found is not None),
            incident=incident,
        )
    return incident_page(
        request,
        incident,
        "disaster/certificates/check.html",
        status=422 if form.is_bound and not answered else 200,
        town=town,
        form=form,
        answered=answered,
        found=found,
    )


def register_url(incident: Incident, town: Municipality) -> str:
    """The address of a town's register."""
    return reverse("disaster:certificate-register", args=[incident.region.slug, incident.slug, town.code])


def crumbs(incident: Incident, town: Municipality) -> list[tuple[str, str]]:
    """The way to a town's register."""
    slugs = [incident.region.slug, incident.slug]
    return incident_way(
        incident,
        ("証明書", reverse("disaster:certificates", args=slugs)),
        (f"{town.name}の台帳", register_url(incident, town)),
    )


def _found(request: StaffRequest, region: Region, slug: str, code: str) -> tuple[Incident, Municipality]:
    incident = incidents.incident_for(region, slug)
    return incident, queries.town_for(request.actor, region, code)


def _own(request: StaffRequest, region: Region, town: Municipality) -> bool:
    return bool(policies.see_person(request.actor, region, town))


def _totals(rows: list[queries.OfTown], keys: list[str]) -> dict[str, Any]:
    return {
        "applications": sum(each.applications for each in rows),
        "issued": sum(each.issued for each in rows),
        "reports": sum(each.reports for each in rows),
        "waiting": sum(each.waiting for each in rows),
        "too_long": sum(each.too_long for each in rows),
        "objected": sum(each.objected for each in rows),
        "classes": [sum(each.by_class.get(key, 0) for each in rows) for key in keys],
    }
