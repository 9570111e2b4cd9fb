"""Pages of the victims' ledger: the towns, a town's ledger, one person, uses of it and their files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.press.excel import DataSheet, render_xlsx
from keniki.rulebooks.disaster import law

from .. import policies
from ..actions import ledger as actions
from ..actions.privacy import Deed, looked
from ..forms import ledger as forms
from ..models import Incident, LedgerUse, Victim, VictimSupport
from ..queries import incidents
from ..queries import ledger as queries
from ..queries.certificates import class_names
from .frame import incident_page, incident_way, marked

WHAT = "被災者台帳"
_ROWS = 50


class Desk:
    """An incident and a town whose ledger the actor may see; 404 for every other."""

    def __init__(self, request: StaffRequest, region: Region, slug: str, code: str) -> None:
        self.region, self.actor = region, request.actor
        self.incident: Incident = incidents.incident_for(region, slug)
        self.town: Municipality = queries.town_for(request.actor, region, code)

    @property
    def mode(self) -> str:
        return str(self.incident.get_mode_display())

    @property
    def ruling(self) -> Any:
        """Whether the actor may write in it."""
        return policies.record_person(self.actor, self.region, self.town)

    def at(self, name: str, *more: object) -> str:
        """The address of a page of this ledger."""
        return reverse(f"disaster:{name}", args=[self.region.slug, self.incident.slug, self.town.code, *more])

    def looked(self, deed: str, **more: Any) -> None:
        """Write down the look. Call it before showing."""
        looked(self.actor, self.region, self.town, deed, WHAT, incident=self.incident, **more)

    def crumbs(self, victim: Victim | None = None) -> list[tuple[str, str]]:
        """The way here."""
        return incident_way(
            self.incident,
            (WHAT, reverse("disaster:ledgers", args=[self.region.slug, self.incident.slug])),
            (self.town.name, self.at("ledger")),
            *([(str(victim), victim.get_absolute_url())] if victim else []),
        )

    def page(self, request: StaffRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """A page of this ledger."""
        given = {"town": self.town, "crumbs": self.crumbs(), "ruling": self.ruling, **context}
        return incident_page(
            request, self.incident, f"disaster/ledger/{template}.html", status=status, **given
        )


@region_page
@require_GET
def ledgers(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The ledgers of the towns: the way to one's own, and the law."""
    incident = incidents.incident_for(region, slug)
    rows = [
        (row.municipality, bool(policies.see_person(request.actor, region, row.municipality)))
        for row in members_on(region)
    ]
    return incident_page(
        request,
        incident,
        "disaster/ledger/towns.html",
        rows=rows,
        has_own=any(own for _, own in rows),
        articles=_articles(incident),
    )


@region_page
@require_GET
def ledger(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The persons of a town with their house, certificate and support."""
    desk = Desk(request, region, slug, code)
    form = forms.LedgerListForm(request.GET, classes=class_names())
    asked = form.asked
    shown = Paginator(queries.victims_of(desk.incident, desk.town, asked), _ROWS).get_page(
        request.GET.get("page")
    )
    lines = queries.lines_of(desk.incident, desk.town, list(shown))
    if lines:
        desk.looked(Deed.SEARCH if asked.text.strip() else Deed.LIST, people=len(lines))
    return desk.page(
        request,
        "ledger",
        form=form,
        lines=lines,
        shown=shown,
        number=shown.paginator.count,
        counts=queries.counts_of(desk.incident, desk.town),
        searched=queries.SEARCHED,
        query=urlencode({key: value for key, value in request.GET.items() if key != "page"}),
    )


@region_page
@require_POST
def take(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Enter the applicants for certificates who are not there yet."""
    desk = Desk(request, region, slug, code)
    try:
        number = actions.take_applications(request.actor, desk.incident, desk.town)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        said = f"証明書の申請から{number}人を載せました。" if number else "新しく載せる申請はありません。"
        messages.success(request, f"【{desk.mode}】{said}")
    return redirect(desk.at("ledger"))


@region_page
@require_GET
def victim(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """One person: what is known, the house, the certificate, all support."""
    desk = Desk(request, region, slug, code)
    return _victim(request, desk, queries.victim_for(desk.incident, desk.town, number), forms.SupportForm())


def _victim(
    request: StaffRequest, desk: Desk, found: Victim, form: forms.SupportForm, status: int = 200
) -> HttpResponse:
    desk.looked(Deed.RECORD, key=str(found.number))
    sealed = found.sealed or {}
    return desk.page(
        request,
        "victim",
        status=status,
        crumbs=desk.crumbs(),
        victim=found,
        line=queries.lines_of(desk.incident, desk.town, [found])[0],
        sealed=[(label, sealed[key]) for key, label in actions.SEALED.items() if key in sealed],
        supports=queries.supports_of(found),
        support_form=form,
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_victim(
    request: StaffRequest, region: Region, slug: str, code: str, number: int | None = None
) -> HttpResponse:
    """Enter a person, or correct what is known."""
    desk = Desk(request, region, slug, code)
    found = queries.victim_for(desk.incident, desk.town, number) if number else None
    ruling = desk.ruling
    if request.method == "POST":
        ruling.require()
    if found is not None:
        desk.looked(Deed.RECORD, key=str(number))
    back = found.get_absolute_url() if found is not None else desk.at("ledger")

    def build(data: Any, record: Victim | None) -> Sheet:
        return Sheet(forms.VictimForm(data, initial=forms.victim_initial(record)), groups=forms.VICTIM_GROUPS)

    def save(sheet: Sheet) -> Victim:
        form = sheet.form
        assert isinstance(form, forms.VictimForm)
        version = (form.cleaned_data.get("version") or 0) if found is not None else None
        return actions.save_victim(request.actor, desk.incident, desk.town, form.draft(), found, version)

    def done(saved: Victim) -> tuple[str, str]:
        return f"【{desk.mode}】{saved}を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, desk.crumbs(found), "disaster", eyebrow=f"{desk.mode}　{desk.town.name}"),
        f"{found}の変更" if found is not None else "被災者を記載",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(desk.incident),
    )


@region_page
@require_POST
def add_support(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """Write down what was done for a person."""
    desk = Desk(request, region, slug, code)
    found = queries.victim_for(desk.incident, desk.town, number)
    desk.ruling.require()
    form = forms.SupportForm(request.POST)
    if form.is_valid():
        try:
            actions.add_support(request.actor, found, form.draft())
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"【{desk.mode}】援護の実施を記録しました。")
            return redirect(found.get_absolute_url() + "#support")
    return _victim(request, desk, found, form, status=422)


@region_page
@require_POST
def withdraw_support(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, uid: UUID
) -> HttpResponse:
    """Cross out a line that was entered wrongly."""
    desk = Desk(request, region, slug, code)
    found = queries.victim_for(desk.incident, desk.town, number)
    support = VictimSupport.objects.filter(victim=found, uid=uid).first()
    if support is None:
        raise Http404("この援護の記録はありません。")
    support.victim = found
    actions.withdraw_support(request.actor, support)
    messages.success(request, f"【{desk.mode}】援護の記録を取り消しました。")
    return redirect(found.get_absolute_url() + "#support")


@region_page
@require_http_methods(["GET", "POST"])
def uses(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """All uses of the ledger, and the form of a new one."""
    desk = Desk(request, region, slug, code)
    form = forms.UseForm()
    if request.method == "POST":
        desk.ruling.require()
        form = forms.UseForm(request.POST)
        if form.is_valid():
            try:
                made = actions.record_use(request.actor, desk.incident, desk.town, form.draft())
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                said = f"{made}を記録しました。下の表からファイルを出力できます。"
                messages.success(request, f"【{desk.mode}】{said}")
                return redirect(desk.at("ledger-uses"))
    shown = Paginator(queries.uses_of(desk.incident, desk.town), _ROWS).get_page(request.GET.get("page"))
    return desk.page(
        request,
        "uses",
        status=422 if request.method == "POST" else 200,
        form=form,
        shown=shown,
        rows=[(each, [actions.COLUMNS.get(key, key) for key in each.columns]) for each in shown],
        articles=_articles(desk.incident)[1:],
    )


@region_page
@require_GET
def use_file(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """The file of a use: its persons with its columns, marked as what it is."""
    desk = Desk(request, region, slug, code)
    found: LedgerUse = queries.use_for(desk.incident, desk.town, number)
    desk.ruling.require()
    rows = list(queries.file_rows(found))
    desk.looked(Deed.EXPORT, key=str(number), people=len(rows), purpose=found.purpose)
    name = f"{desk.mode}_被災者台帳_{desk.town.name}_第{number}号_{desk.incident.title}.xlsx".replace(
        "/", "／"
    )
    sheet = DataSheet(f"{desk.mode}_被災者台帳", queries.file_head(found), rows)
    return download(name, render_xlsx(None, [sheet], dated=found.made_at))


def _articles(incident: Incident) -> list[Any]:
    day = max(timezone.localtime(incident.began_at).date(), law.first_day())
    return [law.article(number, day) for number in ("90-3", "90-4")]
