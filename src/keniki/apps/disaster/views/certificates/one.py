"""Pages of one application for a certificate: received, corrected, its steps, its papers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from ... import policies
from ...actions import certificates as actions
from ...actions.certificates.issuing import result_of
from ...actions.privacy import Deed, looked
from ...forms import certificates as forms
from ...models import CertificateApplication, Incident
from ...models.certificates import Kind
from ...papers.certificates import certificate_paper
from ...papers.frame import paper_answer
from ...queries import certificates as queries
from ...queries import incidents
from ..frame import incident_page, marked
from .register import crumbs, register_url

State = CertificateApplication.State


@dataclass(frozen=True)
class Deeds:
    """A step on the page: its title, what it asks for, in which states it stands open, and what it does."""

    title: str
    asks: frozenset[str]
    needs: frozenset[str]
    states: frozenset[str]
    act: Callable[[Actor, CertificateApplication, dict[str, Any], int], Any]
    lead: str = ""


_OPEN: Final = frozenset({State.APPLIED, State.TOLD, State.OBJECTED})
_HELD: Final = frozenset({State.ISSUED, State.DELIVERED})
DEEDS: Final[dict[str, Deeds]] = {
    "house": Deeds(
        "調査する家屋を決定",
        frozenset({"house"}),
        frozenset({"house"}),
        _OPEN,
        lambda actor, row, data, version: actions.link_house(actor, row, data["house"], data["on"], version),
        "被害調査の一覧にある家屋を、整理番号で選びます。",
    ),
    "tell": Deeds(
        "調査の結果を通知",
        frozenset({"reason"}),
        frozenset(),
        _OPEN,
        lambda actor, row, data, version: actions.tell(actor, row, data["on"], version, data["reason"]),
        "決定した被害の程度を申請者に知らせた日を記録します。",
    ),
    "issue": Deeds(
        "証明書を発行",
        frozenset({"reason", "remark"}),
        frozenset(),
        _OPEN | _HELD,
        lambda actor, row, data, version: actions.issue(
            actor, row, data["on"], version, data["reason"], data["remark"]
        ),
        "有効な証明書があるときは差し替えます。前の証明書は「差替え済み」として残ります。そのときは備考に理由を入力します。",
    ),
    "deliver": Deeds(
        "証明書を交付",
        frozenset({"reason"}),
        frozenset(),
        frozenset({State.ISSUED}),
        lambda actor, row, data, version: actions.deliver(actor, row, data["on"], version, data["reason"]),
    ),
    "object": Deeds(
        "再調査の申請を受付",
        frozenset({"reason"}),
        frozenset({"reason"}),
        frozenset({State.TOLD, *_HELD}),
        lambda actor, row, data, version: actions.object_to(actor, row, data["on"], data["reason"], version),
        "結果に納得できない申請者から、再調査の求めを受け付けます。前とは別の職員が調査してください。",
    ),
    "revoke": Deeds(
        "証明書を取消し",
        frozenset({"reason"}),
        frozenset({"reason"}),
        _HELD | {State.OBJECTED},
        lambda actor, row, data, version: actions.revoke(actor, row, data["on"], data["reason"], version),
        "誤って発行した証明書を取り消します。申請は残り、もう一度発行できます。",
    ),
    "withdraw": Deeds(
        "申請を取下げ",
        frozenset({"reason"}),
        frozenset({"reason"}),
        _OPEN | _HELD,
        lambda actor, row, data, version: actions.withdraw(actor, row, data["on"], data["reason"], version),
        "申請者からの申し出により取り下げます。有効な証明書も取り消します。",
    ),
}
_DWELLING_ONLY: Final = frozenset({"house", "tell", "object"})


def deeds_of(application: CertificateApplication) -> list[tuple[str, Deeds]]:
    """The steps that stand open."""
    if application.sealed is None:
        return []
    return [
        (key, deed)
        for key, deed in DEEDS.items()
        if application.state in deed.states
        and (application.kind == Kind.DAMAGE or key not in _DWELLING_ONLY)
        and not (key == "house" and application.self_reported)
    ]


@region_page
@require_http_methods(["GET", "POST"])
def edit_application(
    request: StaffRequest, region: Region, slug: str, code: str, number: int | None = None
) -> HttpResponse:
    """Receive an application, or correct one."""
    incident, town = _town(request, region, slug, code)
    found = queries.application_for(incident, town, number) if number else None
    ruling = policies.record_person(request.actor, region, town)
    if request.method == "POST":
        ruling.require()
    elif found is not None:
        looked(request.actor, region, town, Deed.RECORD, str(found), key=str(found.number), incident=incident)
    back = found.get_absolute_url() if found is not None else register_url(incident, town)

    def build(data: Any, record: CertificateApplication | None) -> Sheet:
        form = forms.ApplicationForm(data, initial=forms.application_initial(record, incident))
        return Sheet(form, groups=forms.GROUPS)

    def save(sheet: Sheet) -> CertificateApplication:
        form = sheet.form
        assert isinstance(form, forms.ApplicationForm)
        if found is None:
            return actions.apply(request.actor, incident, town, form.draft())
        return actions.change(request.actor, found, form.draft(), form.cleaned_data.get("version") or 0)

    def done(saved: CertificateApplication) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{saved}を保存しました。", saved.get_absolute_url()

    way = [*crumbs(incident, town), *([(str(found), back)] if found is not None else [])]
    return edit_page(
        request,
        Frame(back, way, "disaster", eyebrow=f"{incident.get_mode_display()}　{town.name}"),
        "申請の訂正" if found is not None else "証明書の交付申請を受付",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_GET
def application(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """An application with what happened to it, what was issued, and what can be done next."""
    incident, town = _town(request, region, slug, code)
    found = queries.application_for(incident, town, number)
    looked(request.actor, region, town, Deed.RECORD, str(found), key=str(found.number), incident=incident)
    verdict, missing = "", ""
    if found.kind == Kind.DAMAGE and found.state != State.WITHDRAWN and found.sealed is not None:
        try:
            verdict = result_of(found)[1]
        except WrongInput as wrong:
            missing = wrong.message
    return incident_page(
        request,
        incident,
        "disaster/certificates/application.html",
        town=town,
        application=found,
        sealed=found.sealed or {},
        certificates=queries.certificates_of(found),
        steps=queries.steps_of(found),
        deeds=deeds_of(found),
        verdict=verdict,
        missing=missing,
        again=queries.same_assessors(found),
        setting=queries.setting_of(region, town),
        ruling=policies.record_person(request.actor, region, town),
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def deed(request: StaffRequest, region: Region, slug: str, code: str, number: int, key: str) -> HttpResponse:
    """Take a step of an application."""
    incident, town = _town(request, region, slug, code)
    found = queries.application_for(incident, town, number)
    wanted = DEEDS.get(key)
    if wanted is None:
        raise Http404("この手続はありません。")
    ruling = policies.record_person(request.actor, region, town)
    if request.method == "POST":
        ruling.require()
    back = found.get_absolute_url()

    def build(data: Any, record: CertificateApplication | None) -> Sheet:
        shown = record or found
        initial = {
            "version": shown.version,
            "on": today(),
            "house": shown.house.number if shown.house else request.GET.get("house", "")[:8],
        }
        return Sheet(forms.StepForm(data, asks=wanted.asks, needs=wanted.needs, initial=initial))

    def save(sheet: Sheet) -> Any:
        data = sheet.form.cleaned_data
        if key not in {name for name, _ in deeds_of(found)}:
            raise WrongInput("この申請では、いまこの手続はできません。")
        return wanted.act(request.actor, found, data, data.get("version") or 0)

    def done(_saved: Any) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{wanted.title}を記録しました。", back

    return edit_page(
        request,
        Frame(
            back,
            [*crumbs(incident, town), (str(found), back)],
            "disaster",
            eyebrow=f"{incident.get_mode_display()}　{found}",
        ),
        wanted.title,
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        lead=wanted.lead,
        save_label="記録",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_GET
def paper(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, serial: int, form: str
) -> HttpResponse:
    """A certificate as Word or PDF."""
    incident, town = _town(request, region, slug, code)
    found = queries.application_for(incident, town, number)
    made = next((each for each in queries.certificates_of(found) if each.number == serial), None)
    if made is None or made.sealed is None:
        raise Http404("証明書が見つかりません。個人に関する内容を消去した証明書は、もう出力できません。")
    looked(request.actor, region, town, Deed.PRINT, str(made), key=str(made.number), incident=incident)
    return paper_answer(certificate_paper(made), form)


def _town(request: StaffRequest, region: Region, slug: str, code: str) -> tuple[Incident, Municipality]:
    incident = incidents.incident_for(region, slug)
    return incident, queries.town_for(request.actor, region, code)
