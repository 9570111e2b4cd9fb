"""The form of a version of a rule while somebody works on it: started, given more rows, tried, read, saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from keniki.apps.accounts.actor import Ruling
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import Conflict, StaffRequest, page, put_error, version_of
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.sharing import RuleSpec

from ..actions import rules as actions
from ..actions.rules import RuleDraft
from ..forms.rule_steps import FileForm
from ..forms.rules import RuleForm, blank_form, filled_form, typed_form
from ..models import JointCost, SharingRule
from ..queries import rules as queries
from ..sharing import canonical, gather, reckon, towns_of
from ..sharing.described import lines_of
from ..sharing.places import own_part
from ..sharing.reckoning import StageOf

State = SharingRule.State
#: So many years ahead a rule may begin.
_AHEAD = 10


class RuleDesk:
    """The form of a version while somebody works on it: started, given more rows, tried, read from a file, saved."""

    def __init__(
        self,
        request: StaffRequest,
        region: Region,
        cost: JointCost,
        found: SharingRule | None,
        ruling: Ruling,
    ) -> None:
        self.request, self.region, self.cost, self.found, self.ruling = request, region, cost, found, ruling
        self.checked = queries.checkable(cost)
        self.conflict: Conflict | None = None
        self.dropped: list[str] = []
        self.file = FileForm()
        self.result: dict[str, Any] | None = None
        self.status = 200
        year = self._year()
        towns = towns_of(cost, year)
        self.facts: dict[str, Any] = {
            "towns": towns or towns_of(cost, cost.first_year),
            "years": self._years(),
            "checked": self.checked,
        }

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self._page(self._opened())
        asked = self.request.POST.get("do", "")
        if asked == "read":
            return self._page(self._from_file())
        if asked.startswith("more-") or asked in ("split", "join"):
            return self._page(self._with_rows(asked))
        data = self.request.POST
        if self.found is not None and data.get("choice-content") == "theirs":
            return redirect(self.found.get_absolute_url())
        form = RuleForm(data, **self.facts)
        if asked == "check":
            return self._page(self._tried(form))
        if form.is_valid():
            try:
                saved = actions.save_rule(
                    self.request.actor, self.cost, self._draft(form), self.found, version_of(self.request)
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            except Stale as stale:
                self.conflict = self._clash(stale, form)
            else:
                messages.success(
                    self.request, f"第{saved.number}版の案を保存しました。内容を確かめて照会してください。"
                )
                return redirect(saved.get_absolute_url())
        self.status = 409 if self.conflict else 422
        return self._page(form)

    def _draft(self, form: RuleForm) -> RuleDraft:
        data = form.cleaned_data
        assert form.spec is not None
        return RuleDraft(
            form.spec, data["first_year"], data["last_year"], data["taken_from"], data["remarks"]
        )

    def _year(self) -> int:
        typed = whole_number(self.request.POST.get("first_year", ""))
        if typed in self._years():
            return int(typed or 0)
        return self.found.first_year if self.found is not None else self._next_year()

    def _next_year(self) -> int:
        """The year a new rule begins with: the first without a decided one, else the one after this year."""
        decided = SharingRule.objects.filter(cost=self.cost, state=State.ADOPTED).exists()
        now = int(FiscalYear.of(rights.today()))
        year = now + 1 if decided else max(self.cost.first_year, min(now, self.cost.last_year or now))
        return max(self._years()[0], min(year, self._years()[-1]))

    def _years(self) -> list[int]:
        now = int(FiscalYear.of(rights.today()))
        last = self.cost.last_year or max(now, self.cost.first_year) + _AHEAD
        return list(range(self.cost.first_year, last + 1))

    def _opened(self) -> RuleForm:
        own = self._own_facts()
        if self.found is not None:
            return self._filled(_content(self.found), own)
        start = self.request.GET.get("from", "")
        kind, _, key = start.partition(":")
        if kind == "version" and (number := whole_number(key)) is not None:
            earlier = queries.rule_for(self.cost, number)
            return self._filled(_content(earlier), {**own, "taken_from": f"第{number}版"})
        if kind == "published":
            published = next((each for each in queries.starts() if each.key == key), None)
            if published is None:
                raise Http404("公表されている定めが見つかりません。")
            content = canonical(published.value.rule)
            return self._filled(content, {**own, "taken_from": published.origin})
        if start:
            raise Http404("もとにする定めが見つかりません。")
        return blank_form(initial=own, **self.facts)

    def _own_facts(self) -> dict[str, Any]:
        year = max((year for year, _ in self.checked), default=self._year())
        if self.found is None:
            return {"first_year": self._year(), "check_year": year}
        return {
            "first_year": self.found.first_year,
            "last_year": self.found.last_year or "",
            "taken_from": self.found.taken_from,
            "remarks": self.found.note,
            "check_year": year,
        }

    def _filled(self, content: Mapping[str, Any], initial: Mapping[str, Any]) -> RuleForm:
        own, self.dropped = own_part(content, [town.code for town in self.facts["towns"]])
        return filled_form(own, initial=dict(initial), **self.facts)

    def _typed_facts(self) -> dict[str, Any]:
        names = ("first_year", "last_year", "taken_from", "remarks", "check_year", "check_stage")
        return {name: self.request.POST[name] for name in names if name in self.request.POST}

    def _from_file(self) -> RuleForm:
        self.file = FileForm(self.request.POST, self.request.FILES)
        if self.file.is_valid():
            upload = self.file.cleaned_data["file"]
            try:
                spec = queries.read_rule(upload.read(), upload.name)
            except WrongInput as wrong:
                place = "".join(
                    (
                        f"{wrong.row}行目：" if wrong.row else "",
                        f"「{wrong.column}」：" if wrong.column else "",
                    )
                )
                self.file.add_error("file", f"{place}{wrong.message}")
            else:
                messages.success(self.request, f"「{upload.name}」を読み込みました。まだ保存されていません。")
                facts = {
                    **self._own_facts(),
                    **self._typed_facts(),
                    "taken_from": f"ファイル {upload.name}"[:200],
                }
                return self._filled(canonical(spec), facts)
        self.status = 422
        form = RuleForm(self.request.POST, **self.facts)
        return typed_form(self.request.POST, form.shape, {}, **self.facts)

    def _with_rows(self, asked: str) -> RuleForm:
        shape = RuleForm(self.request.POST, **self.facts).shape
        changes: dict[str, Any] = {}
        if asked == "split":
            changes["by_class"] = "yes"
            shape = shape.more("parts") if len(shape.parts) == 1 else shape
        elif asked == "join":
            changes["by_class"] = ""
        else:
            shape = shape.more(asked.removeprefix("more-"))
        return typed_form(self.request.POST, shape, changes, **self.facts)

    def _tried(self, form: RuleForm) -> RuleForm:
        if not form.is_valid() or form.spec is None:
            self.status = 422
            return form
        self.result = self._result(form.spec, form.cleaned_data)
        return filled_form(canonical(form.spec), initial=self._typed_facts(), **self.facts)

    def _result(self, spec: RuleSpec, data: Mapping[str, Any]) -> dict[str, Any]:
        names = queries.names_of(self.cost)
        found: dict[str, Any] = {"lines": lines_of(spec, names), "name": spec.name}
        year = data.get("check_year") or max((year for year, _ in self.checked), default=None)
        stages = [stage for each, stage in self.checked if each == year]
        stage = next(
            (each for each in stages if f"{each.stage}-{each.round}" == data.get("check_stage")),
            stages[-1] if stages else None,
        )
        if year is None or stage is None:
            problem = "この年度の経費がまだありません。経費の内訳を入力すると、負担額を確かめられます。"
            return {**found, "year": year, "problem": problem}
        return {**found, "year": year, "stage": stage, **_reckoned(self.cost, year, stage, spec)}

    def _clash(self, stale: Stale, form: RuleForm) -> Conflict:
        current: Any = stale.current
        names = queries.names_of(self.cost)
        assert form.spec is not None
        theirs = queries.readable(current)
        last = next(iter(log_of(current)), None)
        stored = {
            "first_year": current.first_year,
            "last_year": current.last_year,
            "remarks": current.note,
        }
        rows = [
            {
                "name": "content",
                "label": "定め",
                "mine": _text(form.spec, form.cleaned_data, names),
                "theirs": _text(theirs, stored, names),
            }
        ]
        whose = f"{last.post_label} {last.actor_name}".strip() if last else ""
        return Conflict(rows, current.version, whose, last.at if last else current.changed_at)

    def _page(self, form: RuleForm) -> HttpResponse:
        found = self.found
        back = (
            found.get_absolute_url()
            if found is not None
            else reverse("finance:rules", args=[self.region.slug, self.cost.slug])
        )
        return page(
            self.request,
            "finance/rule_form.html",
            nav_active="finance",
            cost=self.cost,
            rule=found,
            form=form,
            file=self.file,
            dropped=self.dropped,
            result=self.result,
            conflict=self.conflict,
            ruling=self.ruling,
            starts=queries.starts() if found is None else [],
            versions=queries.versions_of(self.cost) if found is None else [],
            back=back,
            shown_version=version_of(self.request) or (found.version if found is not None else None),
            status=self.status,
        )


def _content(rule: SharingRule) -> Mapping[str, Any]:
    """What a version says as the form is filled with; as it stands where it cannot be read any more."""
    spec = queries.readable(rule)
    return canonical(spec) if spec is not None else rule.content


def _text(spec: RuleSpec | None, facts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    years = f"適用：{facts['first_year']}～{facts['last_year'] or ''}年度"
    said = [spec.name, *lines_of(spec, names)] if spec is not None else []
    return "\n".join([years, *said, f"備考：{facts['remarks']}"])


def _reckoned(cost: JointCost, year: int, stage: StageOf, spec: RuleSpec) -> dict[str, Any]:
    """What the rule makes of a year's costs: each town's yen by class of cost, or why it cannot be shared."""
    gathered = gather(cost, year, stage)
    found = reckon(gathered, spec)
    if found.shared is None:
        return {"problem": found.problem, "basis": found.basis}
    splits = found.shared.splits
    total = sum(found.shares.values())
    labels = {
        key: spec.classes[name].label or name
        for key in splits
        if (name := key.partition(":")[0]) in spec.classes
    }
    return {
        "problem": "",
        "cost": found.shared.cost,
        "deducted": found.shared.deducted,
        "heads": [f"{labels.get(key, key)}{_loan(key)}" for key in splits] if len(splits) > 1 else [],
        "rows": [
            {
                "town": town,
                "parts": [split.shares[town.code] for split in splits.values()] if len(splits) > 1 else [],
                "amount": found.shares[town.code],
                "percent": 100 * found.shares[town.code] / total if total else None,
            }
            for town in gathered.towns
        ],
        "sums": [sum(split.shares.values()) for split in splits.values()] if len(splits) > 1 else [],
        "total": total,
    }


def _loan(key: str) -> str:
    year = key.partition(":")[2]
    return f"（{year}年度借入）" if year else ""
