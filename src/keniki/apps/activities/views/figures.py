"""Towns enter their own figures in a shared activity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keniki.apps.accounts.actor import Denied, Ruling, allow
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.drafts import number
from keniki.apps.activities.forms import StartForm
from keniki.apps.activities.models import Activity, Count
from keniki.apps.activities.queries.counts import quantity_label
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.apps.regions.queries import towns_in
from keniki.core import digits
from keniki.core.errors import WrongInput


@dataclass
class Cell:
    """A town's figure below one total, and what was typed for it."""

    key: str
    town: Municipality
    part: Count | None
    ruling: Ruling
    typed: str
    error: str = ""
    member: bool = True

    @property
    def name(self) -> str:
        return f"value-{self._id}"

    @property
    def version_name(self) -> str:
        return f"version-{self._id}"

    @property
    def _id(self) -> str:
        """A municipality that is gone can have left its code to another."""
        gone = f"-{self.town.pk}" if self.town.valid.upper is not None else ""
        return f"{self.key}-{self.town.code}{gone}"

    @property
    def version(self) -> int:
        return self.part.version if self.part is not None else 0


@dataclass
class Block:
    """One total with its towns."""

    breakdown: queries.Breakdown
    label: str
    cells: list[Cell]

    @property
    def caption(self) -> str:
        return f"{self.label}の団体別の内訳"

    @property
    def id(self) -> str:
        return f"block-{self.breakdown.total.pk}"

    @property
    def silent(self) -> list[str]:
        """Names of the towns without a figure."""
        return [cell.town.name for cell in self.cells if cell.part is None]


@region_page
@require_http_methods(["GET", "POST"])
def figures(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The towns' figures of one activity; each town fills in its own row."""
    activity = queries.activity_for(region, slug)
    blocks = _blocks(request, activity)
    start = _start_form(request, activity)
    if request.method == "POST" and "start" in request.POST:
        answer = _start(request, activity, start)
        if answer is not None:
            return answer
    elif request.method == "POST":
        answer = _store(request, activity, blocks)
        if answer is not None:
            return answer
    rulings = [cell.ruling for block in blocks for cell in block.cells]
    return page(
        request,
        "activities/figures.html",
        nav_active="activities",
        activity=activity,
        blocks=blocks,
        start=start,
        may_any=any(rulings),
        ruling=_told(rulings),
        may_adopt=policies.edit(request.actor, activity),
        year=queries.year_state(region, activity.fiscal_year),
        status=422
        if any(cell.error for block in blocks for cell in block.cells) or (start and start.errors)
        else 200,
    )


def _start_form(request: StaffRequest, activity: Activity) -> StartForm | None:
    """The form for a number nobody has written yet; None for those who enter nothing, and where towns do not."""
    if activity.municipality is not None or activity.state == Activity.State.NONE:
        return None
    members = towns_in(activity.region, activity.fiscal_year)
    rulings = policies.enter_for_each(request.actor, activity, members)
    towns = [town for town in members if rulings[town.pk]]
    if not towns:
        return None
    return StartForm(request.POST if "start" in request.POST else None, towns=towns)


def _start(request: StaffRequest, activity: Activity, form: StartForm | None) -> HttpResponse | None:
    if form is None:
        raise Denied("この活動に、あなたが数値を入力する団体はありません。")
    if not form.is_valid():
        return None
    data = dict(form.cleaned_data)
    town = next(t for t in towns_in(activity.region, activity.fiscal_year) if t.pk == data["municipality"])
    data.pop("municipality")
    try:
        actions.start_town_count(request.actor, activity, town, **data)
    except WrongInput as wrong:
        put_error(form, wrong)
        return None
    messages.success(request, f"{town.name}の数値を保存しました。")
    return redirect("activities:figures", activity.region.slug, activity.slug)


@region_page
@require_POST
def adopt(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Set a total to the sum of the towns' figures."""
    activity = queries.activity_for(region, slug)
    try:
        actions.adopt_breakdown(
            request.actor, activity, request.POST.get("key", ""), version_of(request) or 0
        )
    except Stale:
        messages.error(
            request, "ほかの人が先に数値を更新しました。内容を確かめてから、もう一度操作してください。"
        )
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, "合計を、団体別の内訳の計に合わせました。")
    return redirect("activities:figures", region.slug, slug)


def _told(rulings: list[Ruling]) -> Ruling | None:
    """What the page says about the right to enter: one town's ruling, or that all are entered on behalf."""
    towns = {ruling.on_behalf_of for ruling in rulings if ruling}
    if len(towns - {""}) > 1:
        return allow(
            "事務局として各団体の分を代理入力できます。代理入力であることが記録と画面に表示されます。"
        )
    return next((ruling for ruling in rulings if ruling), rulings[0] if rulings else None)


def _blocks(request: StaffRequest, activity: Activity) -> list[Block]:
    towns = (
        [activity.municipality] if activity.municipality else towns_in(activity.region, activity.fiscal_year)
    )
    rulings = policies.enter_for_each(request.actor, activity, towns)
    left = _no_members(activity, towns)
    rulings |= {town.pk: policies.take_back(request.actor, activity, town) for town in left}
    blocks = []
    for breakdown in queries.breakdowns(activity):
        key = breakdown.total.key
        cells = []
        for town in [*towns, *(town for town in left if town.pk in breakdown.parts)]:
            part = breakdown.parts.get(town.pk)
            stored = number(part.value) if part is not None else ""
            cell = Cell(key, town, part, rulings[town.pk], stored, member=town not in left)
            cell.typed = request.POST.get(cell.name, stored)
            cells.append(cell)
        blocks.append(Block(breakdown, quantity_label(breakdown.total.quantity), cells))
    return blocks


def _no_members(activity: Activity, towns: list[Municipality]) -> list[Municipality]:
    """Towns with a figure that, as was registered afterwards, were no members in the year."""
    known = {town.pk for town in towns}
    left = {
        count.municipality.pk: count.municipality
        for count in activity.counts.all()
        if count.municipality is not None and count.municipality.pk not in known
    }
    return list(left.values())


def _store(request: StaffRequest, activity: Activity, blocks: list[Block]) -> HttpResponse | None:
    """Store what was typed, all or nothing; None when there is something to correct on the page."""
    cells = {cell.name: cell for block in blocks for cell in block.cells}
    changed: list[tuple[Cell, Decimal | None]] = []
    for name, cell in cells.items():
        if name not in request.POST or request.POST.get(f"choice-{name}") == "theirs":
            continue
        try:
            value = _number(cell.typed)
        except WrongInput as wrong:
            cell.error = wrong.message
            continue
        stored = cell.part.value if cell.part is not None else None
        seen = _seen(request, cell)
        if value != stored or (seen is not None and seen != cell.version):
            changed.append((cell, value))
    for name in request.POST:
        if name.startswith("value-") and name not in cells:
            raise Denied("この活動にない団体の数値は入力できません。")
    if any(cell.error for cell in cells.values()):
        return None
    stale: list[Cell] = []
    try:
        with transaction.atomic():
            for cell, value in changed:
                try:
                    actions.enter_town_count(
                        request.actor, activity, cell.key, cell.town, value, version=_seen(request, cell)
                    )
                except WrongInput as wrong:
                    cell.error = wrong.message
                except Stale:
                    stale.append(cell)
            if stale or any(cell.error for cell in cells.values()):
                raise _Undo
    except _Undo:
        return _conflict(request, activity, stale, blocks) if stale else None
    if changed:
        messages.success(request, "数値を保存しました。")
    return redirect("activities:figures", activity.region.slug, activity.slug)


class _Undo(Exception):
    """Nothing of this request is stored."""


def _conflict(
    request: StaffRequest, activity: Activity, stale: list[Cell], blocks: list[Block]
) -> HttpResponse:
    counter = {block.breakdown.total.key: block.breakdown.total.counter for block in blocks}
    rows = [
        {
            "name": cell.name,
            "label": cell.town.name,
            "mine": f"{cell.typed}{counter[cell.key]}" if cell.typed else "",
            "theirs": f"{number(cell.part.value)}{counter[cell.key]}" if cell.part is not None else "",
        }
        for cell in stale
    ]
    now = {cell.version_name: str(cell.version) for cell in stale}
    kept = [
        (name, now.get(name, value))
        for name, value in request.POST.items()
        if name != "csrfmiddlewaretoken" and not name.startswith("choice-")
    ]
    last = next(iter(log_of(activity)), None)
    return page(
        request,
        "activities/conflict.html",
        status=409,
        nav_active="activities",
        activity=activity,
        rows=rows,
        kept=kept,
        version=activity.version,
        whose=f"{last.post_label} {last.actor_name}".strip() if last is not None else "",
        when=last.at if last is not None else activity.changed_at,
        save_url=reverse("activities:figures", args=[activity.region.slug, activity.slug]),
    )


def _seen(request: StaffRequest, cell: Cell) -> int | None:
    return digits.whole_number(request.POST.get(cell.version_name))


def _number(typed: str) -> Decimal | None:
    plain = digits.plain(typed).replace(",", "")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value >= 10**12 or value != round(value, 3):
        raise WrongInput(f"「{typed}」を数として読めません。0以上の数を、単位を付けずに入力してください。")
    return value
