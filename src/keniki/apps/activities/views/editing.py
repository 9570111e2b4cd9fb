"""Adding, editing and removing an activity in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keniki.apps.accounts.actor import Ruling
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.drafts import ActivityDraft, Reading, read_lines, reading_of
from keniki.apps.activities.forms import (
    ActivityForm,
    CountForm,
    LineFormSet,
    line_initial,
    role_initial,
    role_value,
    signature,
)
from keniki.apps.activities.models import Activity, ActivityLine
from keniki.apps.activities.queries.history import label_of
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.apps.regions.queries import members_word, towns_in
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput


@region_page
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, region: Region) -> HttpResponse:
    """Add an activity: first its initiative is chosen, then the form opens."""
    ruling = policies.create(request.actor, region)
    slug = request.GET.get("initiative", "")
    if not slug:
        return page(
            request,
            "activities/choose.html",
            nav_active="activities",
            initiatives=queries.initiatives_of(region),
            year=request.GET.get("year", ""),
            ruling=ruling,
        )
    owner = _initiative(region, slug)
    ruling.require()
    return _Editor(request, region, owner, None, ruling).answer()


@region_page
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Change an activity; in a closed year the form shows why it cannot be."""
    activity = queries.activity_for(region, slug)
    if activity.state == Activity.State.NONE:
        return redirect("activities:activity", region.slug, slug)
    ruling = policies.edit(request.actor, activity)
    closed = queries.year_state(region, activity.fiscal_year).is_closed
    if request.method == "POST" or not closed:
        ruling.require()
    owner = _initiative(region, request.GET.get("initiative", "") or activity.initiative.slug)
    return _Editor(request, region, owner, activity, ruling).answer()


@region_page
@require_POST
def remove(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove an activity, or take back 実績なし."""
    activity = queries.activity_for(region, slug)
    try:
        actions.remove_activity(request.actor, activity, version_of(request) or 0)
    except Stale:
        messages.error(
            request, "ほかの人が先にこの活動を更新しました。内容を確かめてから、もう一度削除してください。"
        )
        return redirect("activities:activity", region.slug, slug)
    messages.success(request, f"「{activity}」を削除しました。")
    return redirect("activities:activities", region.slug)


@region_page
@require_POST
def none(request: StaffRequest, region: Region) -> HttpResponse:
    """Record 実績なし for an initiative's year."""
    initiative = _initiative(region, request.POST.get("initiative", ""))
    year = fiscal_year.FiscalYear.named(request.POST.get("year"))
    if year is None:
        raise Http404("年度がありません。")
    try:
        town = _town(region, year, request.POST.get("municipality", ""))
        actions.record_none(request.actor, initiative, int(year), municipality=town)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        label = fiscal_year.format_table(year)
        whose = f"の{town.name}分を" if town is not None else "を"
        messages.success(request, f"{label}の「{initiative.title}」{whose}「実績なし」と記録しました。")
    return redirect("activities:activities", region.slug)


def _town(region: Region, year: int, pk: str) -> Municipality | None:
    """The town of that year with this id, None for the whole region."""
    if not pk:
        return None
    found = next((town for town in towns_in(region, year) if str(town.pk) == pk), None)
    if found is None:
        raise WrongInput(
            f"{fiscal_year.format_table(year)}の{members_word(region)}を選んでください。",
            column="municipality",
        )
    return found


@dataclass
class _Editor:
    """The form of one activity, its lines, and the counts to confirm."""

    request: StaffRequest
    region: Region
    owner: Initiative
    activity: Activity | None
    ruling: Ruling

    def answer(self) -> HttpResponse:
        request = self.request
        if request.method != "POST":
            return self.shown(self.form(), self.lines())
        form, lines = self.form(request.POST), self.lines(request.POST)
        if not (form.is_valid() & lines.is_valid()):
            return self.shown(form, lines)
        try:
            draft, counts = self.draft(form, lines)
        except WrongInput as wrong:
            put_error(form, wrong)
            return self.shown(form, lines)
        if counts and not (self.confirmed(draft.reading) and all(one.is_valid() for one in counts)):
            return self.shown(form, lines, counts, draft.reading)
        try:
            reading = draft.reading
            for one in counts:
                reading = one.applied(reading)
            draft = self.chosen(replace(draft, reading=reading))
            saved = actions.save_activity(
                request.actor, self.region, draft, self.activity, version_of(request)
            )
        except WrongInput as wrong:
            put_error(form, wrong)
            return self.shown(form, lines, counts, draft.reading)
        except Stale as stale:
            return self.conflict(draft, queries.activity_for(self.region, str(_slug(stale))))
        messages.success(
            request, f"{fiscal_year.format_table(saved.fiscal_year)}「{saved.title}」を保存しました。"
        )
        if queries.contradicted(saved):
            messages.warning(
                request,
                "この年度には、事務局の「実績なし」の記録が残っています。事務局に取消しを依頼してください。",
            )
        if left_out := form.roles_left_out:
            messages.info(
                request,
                "次の役割は、取組内容を選んでいないか、ほかの団体の役割のため、結び付けていません："
                + "、".join(left_out),
            )
        return redirect("activities:activity", self.region.slug, saved.slug)

    def form(self, data: Any = None) -> ActivityForm:
        return ActivityForm(
            data,
            initial=self.initial(),
            actor=self.request.actor,
            region=self.region,
            promised=queries.measure_choices([self.owner])[self.owner.pk],
            roles=self.roles,
            owner=self.owner,
            activity=self.activity,
        )

    @cached_property
    def roles(self) -> list[queries.RoleGroup]:
        return queries.role_choices([self.owner])[self.owner.pk]

    def lines(self, data: Any = None) -> Any:
        return LineFormSet(
            data, initial=line_initial(self.activity) if data is None else None, prefix="lines"
        )

    def initial(self) -> dict[str, Any]:
        if self.activity is None:
            year = fiscal_year.FiscalYear.named(self.request.GET.get("year"))
            acting = self.ruling.post.municipality_id if self.ruling.post is not None else None
            return {
                "fiscal_year": int(year or min(_this_year(), self.owner.last_year or _this_year())),
                "roles": role_initial(self.roles, acting),
            }
        activity = self.activity
        plain = ("fiscal_year", "title", "kind", "state", "tally_only", "starts_on", "ends_on", "place")
        return {
            **{name: getattr(activity, name) for name in (*plain, "organiser", "text")},
            "project": activity.project_id,
            "municipality": activity.municipality_id or "",
            "measures": [f"{link.agreement_id}:{link.key}" for link in activity.measure_links.all()],
            "roles": [role_value(link) for link in activity.role_links.all()],
        }

    def draft(self, form: ActivityForm, lines: Any) -> tuple[ActivityDraft, list[CountForm]]:
        """What was typed as a draft, and a form for each count to confirm."""
        typed = [
            (row["kind"], row["text"])
            for row in (each.cleaned_data for each in lines.forms)
            if row and not row.get("DELETE") and row.get("text")
        ]
        town = form.cleaned_data["municipality"]
        reading = read_lines(typed, self.activity, town=town)
        asked = self.confirmed(reading)
        counts = [
            CountForm(
                self.request.POST if asked else None, count=count, others=reading.counts, towns=form.towns
            )
            for count in reading.to_confirm()
        ]
        return form.draft(reading), counts

    def confirmed(self, reading: Reading) -> bool:
        return self.request.POST.get("confirmed") == signature(reading)

    def chosen(self, draft: ActivityDraft) -> ActivityDraft:
        """The draft after the choice between two versions: parts answered with `theirs` are as stored."""
        activity = self.activity
        if activity is None:
            return draft
        theirs = {
            name.removeprefix("choice-")
            for name, value in self.request.POST.items()
            if name.startswith("choice-") and value == "theirs"
        }
        for name in theirs & set(_COMPARED):
            if name == "lines":
                draft = replace(draft, reading=reading_of(activity))
            elif name == "measures":
                links = activity.measure_links.all()
                draft = replace(draft, measures=tuple((link.agreement_id, link.key) for link in links))
            elif name == "roles":
                draft = replace(draft, roles=_roles_of(activity))
            else:
                draft = replace(draft, **{name: getattr(activity, name)})
        return draft

    def shown(
        self,
        form: ActivityForm,
        lines: Any,
        counts: list[CountForm] | None = None,
        reading: Reading | None = None,
    ) -> HttpResponse:
        activity = self.activity
        year = queries.year_state(self.region, activity.fiscal_year) if activity is not None else None
        wrong = form.errors or lines.total_error_count() or any(one.errors for one in counts or [])
        return page(
            self.request,
            "activities/edit.html",
            status=422 if wrong else 200,
            nav_active="activities",
            activity=activity,
            owner=self.owner,
            form=form,
            lines=lines,
            line_kinds=ActivityLine.Kind,
            counts=counts or [],
            reading=reading,
            signature=signature(reading) if reading is not None else "",
            version=version_of(self.request) or (activity.version if activity is not None else ""),
            ruling=self.ruling,
            none_for=form.parts,
            heading="活動の編集" if activity is not None else "活動を登録",
            save_label="確かめた内容で保存" if counts else "保存",
            initiatives=queries.initiatives_of(self.region),
            year=year,
            back=reverse("activities:activity", args=[self.region.slug, activity.slug])
            if activity is not None
            else reverse("activities:activities", args=[self.region.slug]),
        )

    def conflict(self, draft: ActivityDraft, current: Activity) -> HttpResponse:
        """Both versions side by side; what was typed travels along in hidden fields."""
        last = next(iter(log_of(current)), None)
        mine, theirs = _of_draft(draft), _of_record(current)
        rows = [
            {"name": name, "label": label_of(name), "mine": mine[name], "theirs": theirs[name]}
            for name in _COMPARED
            if mine[name] != theirs[name]
        ]
        kept = [
            (name, value)
            for name in self.request.POST
            for value in self.request.POST.getlist(name)
            if name not in ("csrfmiddlewaretoken", "version") and not name.startswith("choice-")
        ]
        return page(
            self.request,
            "activities/conflict.html",
            status=409,
            nav_active="activities",
            activity=current,
            rows=rows,
            kept=kept,
            version=current.version,
            whose=f"{last.post_label} {last.actor_name}".strip() if last is not None else "",
            when=last.at if last is not None else current.changed_at,
            save_url=self.request.get_full_path(),
        )


def _of_draft(draft: ActivityDraft) -> dict[str, Any]:
    reading = draft.reading
    lines = "／".join(reading.text(line) for line in reading.lines)
    return _compared(draft, lines, _promises(draft.measures), _fulfilled(draft.roles))


def _of_record(activity: Activity) -> dict[str, Any]:
    lines = "／".join(line.text for line in queries.rendered_lines(activity))
    measures = _promises([(link.agreement_id, link.key) for link in activity.measure_links.all()])
    return _compared(activity, lines, measures, _fulfilled(_roles_of(activity)))


def _compared(one: Any, lines: str, measures: str, roles: str) -> dict[str, Any]:
    labels: Mapping[str, Mapping[str, str]] = {
        "kind": dict(Activity.Kind.choices),
        "state": dict(Activity.State.choices),
    }
    found: dict[str, Any] = {}
    for name in _COMPARED:
        if name == "lines":
            found[name] = lines
        elif name == "measures":
            found[name] = measures
        elif name == "roles":
            found[name] = roles
        else:
            value: Any = getattr(one, name)
            value = labels[name][value] if name in labels else value
            found[name] = fiscal_year.format_table(value) if name == "fiscal_year" else value or ""
            if isinstance(value, bool):
                found[name] = "はい" if value else "いいえ"
    return found


def _promises(links: Sequence[tuple[int, str]]) -> str:
    texts = queries.measure_texts(links)
    return "／".join(texts.get(link, link[1]) for link in sorted(links))


def _fulfilled(links: Sequence[tuple[int, str, str]]) -> str:
    texts = queries.role_texts(links)
    return "／".join(texts.get(link, f"{link[1]}.{link[2]}") for link in sorted(links))


def _roles_of(activity: Activity) -> tuple[tuple[int, str, str], ...]:
    return tuple((link.agreement_id, link.item, link.key) for link in activity.role_links.all())


def _slug(stale: Stale) -> str:
    return str(getattr(stale.current, "slug", ""))


def _initiative(region: Region, slug: str) -> Initiative:
    found: Initiative | None = Initiative.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise Http404("取組が見つかりません。")
    return found


def _this_year() -> int:
    from django.utils import timezone

    return fiscal_year.FiscalYear.of(timezone.localdate())


_COMPARED = (
    "title",
    "fiscal_year",
    "kind",
    "state",
    "municipality",
    "project",
    "starts_on",
    "ends_on",
    "place",
    "organiser",
    "lines",
    "text",
    "tally_only",
    "measures",
    "roles",
)
