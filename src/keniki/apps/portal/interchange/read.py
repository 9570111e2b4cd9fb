"""Read a region's files: a directory of YAML, one YAML file or one JSON file. Wrong input names its place."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from keniki.apps.compacts.states import AGREEMENT_MOVES
from keniki.core import municipality_code
from keniki.core.errors import WrongInput

from .schema import FORMAT, Municipality, RegionFile

#: A count named in a line's text; `{{` and `}}` are braces.
_NAMED = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
_LISTS = {name for name, field in RegionFile.model_fields.items() if name not in ("format", "region")}


def read(path: Path) -> RegionFile:
    """Read and check a region (shape, references, check digits). Raises `WrongInput`."""
    if not path.exists():
        raise WrongInput("ファイルがありません。パスを確かめてください。", file=str(path))
    parts = _parts(path)
    merged: dict[str, Any] = {"format": FORMAT}
    origin: dict[str, list[str]] = {}
    for name, content in parts:
        for key, value in content.items():
            if key in _LISTS and isinstance(value, list):
                merged.setdefault(key, []).extend(value)
                origin.setdefault(key, []).extend([name] * len(value))
            elif key in merged and key != "format":
                raise WrongInput(
                    f"{key} が複数のファイルにあります。一つにまとめてください。", file=name, column=key
                )
            else:
                merged[key] = value
                origin[key] = [name]
    try:
        document = RegionFile.model_validate(merged)
    except ValidationError as error:
        raise _explain(error, origin, path) from None
    check(document, path.name)
    return document


def _parts(path: Path) -> list[tuple[str, dict[str, Any]]]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml", ".json"))
        if not files:
            raise WrongInput("このフォルダには .yaml も .json もありません。", file=str(path))
    else:
        files = [path]
    return [(file.name, _content(file)) for file in files]


def _content(file: Path) -> dict[str, Any]:
    try:
        words = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongInput("UTF-8 で保存してください。", file=file.name) from error
    except OSError as error:
        raise WrongInput(f"読めません（{error.strerror}）。", file=file.name) from error
    try:
        content = json.loads(words) if file.suffix == ".json" else yaml.load(words, _Loader)  # noqa: S506
    except json.JSONDecodeError as error:
        raise WrongInput(
            f"JSON として読めません（{error.msg}）。", file=file.name, row=error.lineno
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", "") or "形が正しくありません"
        raise WrongInput(
            f"YAML として読めません（{problem}）。", file=file.name, row=mark.line + 1 if mark else None
        ) from None
    if not isinstance(content, dict):
        raise WrongInput("いちばん外側は format、region などの見出しでなければなりません。", file=file.name)
    return content


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """A safe loader that refuses a key written twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} が二度書かれています", key_node.start_mark
                )
            seen.add(key)
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return result

    def construct_timestamp(self, node: Any) -> Any:
        """A date; one that no calendar has is refused with its line."""
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} という日付はありません", node.start_mark
            ) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_timestamp)


def _explain(error: ValidationError, origin: dict[str, list[str]], path: Path) -> WrongInput:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    file, row = path.name, None
    if first["loc"] and first["loc"][0] in origin:
        files = origin[str(first["loc"][0])]
        position = first["loc"][1] if len(first["loc"]) > 1 else 0
        file = files[position] if isinstance(position, int) and position < len(files) else files[0]
        if isinstance(position, int) and len(first["loc"]) > 1:
            row = files[: position + 1].count(file)
            place[1] = f"{row}番目"
    others = f"（ほか{error.error_count() - 1}件）" if error.error_count() > 1 else ""
    reason = _REASONS.get(first["type"], "この項目に使えない値です。")
    given = f" 入っている値: {first['input']!r}" if first["type"] not in ("missing",) else ""
    return WrongInput(f"{reason}{given[:120]}{others}", file=file, column=".".join(place))


_REASONS = {
    "missing": "この項目が必要です。",
    "extra_forbidden": "この項目はありません。つづりを確かめてください。",
    "string_type": "文字で書いてください（数字は引用符で囲みます）。",
    "int_type": "整数で書いてください。",
    "int_parsing": "整数で書いてください。",
    "date_from_datetime_parsing": "日付は 2020-10-09 の形で書いてください。",
    "literal_error": "使える値のどれでもありません。",
    "string_pattern_mismatch": "形が正しくありません。",
    "string_too_short": "空にできません。",
}


def check(document: RegionFile, file: str) -> None:
    """Check references, keys and check digits across the document. Raises `WrongInput`."""
    for municipality in document.municipalities:
        _code(municipality, document.region.fictional, file)
    codes = {municipality.code for municipality in document.municipalities}

    def known(code: str | None, place: str) -> None:
        if code is not None and code not in codes:
            raise WrongInput(f"市町村コード {code} が municipalities にありません。", file=file, column=place)

    def one_of(value: str | None, among: set[str], place: str, what: str) -> None:
        if value is not None and value not in among:
            raise WrongInput(f"{what} {value} がありません。", file=file, column=place)

    def unique(values: Iterable[Any], place: str) -> None:
        twice = [str(value) for value, times in Counter(values).items() if times > 1]
        if twice:
            raise WrongInput(f"{twice[0]} が二度あります。", file=file, column=place)

    def in_order(first: date | None, last: date | None, place: str) -> None:
        if first and last and last < first:
            raise WrongInput("終わりの日が始まりの日より前です。", file=file, column=place)

    unique(((m.code, m.valid_from) for m in document.municipalities), "municipalities")
    for municipality in document.municipalities:
        in_order(municipality.valid_from, municipality.valid_to, "municipalities")
    region = document.region
    sources = {source.slug for source in region.sources}
    unique((s.slug for s in region.sources), "region.sources")
    organisations = {organisation.slug for organisation in region.organisations}
    unique((o.slug for o in region.organisations), "region.organisations")
    one_of(region.secretariat, organisations, "region.secretariat", "団体")
    unique((m.slug for m in region.milestones), "region.milestones")
    for milestone in region.milestones:
        in_order(milestone.starts_on, milestone.ends_on, f"milestones.{milestone.slug}")
    unique(((p.programme, p.valid_from) for p in region.programmes), "region.programmes")
    for programme in region.programmes:
        in_order(programme.valid_from, programme.valid_to, "region.programmes")
    for organisation in region.organisations:
        known(organisation.municipality, f"organisations.{organisation.slug}")
        for code in organisation.members:
            known(code, f"organisations.{organisation.slug}")
    for fact in region.facts:
        known(fact.municipality, f"facts.{fact.indicator}")
        if (fact.value is None) == (not fact.text):
            raise WrongInput(
                "value か text のどちらか一つを書いてください。", file=file, column=f"facts.{fact.indicator}"
            )
    unique(((m.municipality, m.valid_from) for m in document.members), "members")
    for member in document.members:
        known(member.municipality, "members")
        in_order(member.valid_from, member.valid_to, "members")
    agreements = {agreement.slug: agreement for agreement in document.agreements}
    unique((a.slug for a in document.agreements), "agreements")
    for agreement in document.agreements:
        place = f"agreements.{agreement.slug}"
        one_of(agreement.amends, set(agreements), place, "協定")
        moves = AGREEMENT_MOVES[agreement.kind]
        reachable = {"draft", *moves, *(state for states in moves.values() for state in states)}
        one_of(agreement.state, reachable, f"{place}.state", "この種別の協定の状態")
        in_order(agreement.valid_from, agreement.valid_to, place)
        unique((party.municipality for party in agreement.parties), place)
        unique((resolution.municipality for resolution in agreement.resolutions), f"{place}.resolutions")
        for party in agreement.parties:
            known(party.municipality, place)
        unique((v.number for v in agreement.versions), place)
        for version in agreement.versions:
            unique((item.key for item in version.annex), f"{place}.annex")
            unique((m.key for item in version.annex for m in item.measures), f"{place}.measures")
            for item in version.annex:
                for role in item.roles:
                    for code in role.municipalities:
                        known(code, f"{place}.{item.key}.roles")
            unique((s.municipality for s in version.signatories), f"{place}.signatories")
            for signatory in version.signatories:
                known(signatory.municipality, f"{place}.signatories")
        for resolution in agreement.resolutions:
            known(resolution.municipality, f"{place}.resolutions")
    unique((d.slug for d in document.declarations), "declarations")
    for declaration in document.declarations:
        unique((part.key for part in declaration.parts), f"declarations.{declaration.slug}")
        known(declaration.centre, f"declarations.{declaration.slug}")
        for part in declaration.parts:
            for code in part.municipalities:
                known(code, f"declarations.{declaration.slug}.{part.key}")
    visions = {vision.slug: vision for vision in document.visions}
    unique((v.slug for v in document.visions), "visions")
    initiatives = {initiative.slug: initiative for initiative in document.initiatives}
    unique((i.slug for i in document.initiatives), "initiatives")
    activities = {activity.slug: activity for activity in document.activities}
    unique((a.slug for a in document.activities), "activities")
    unique((p.slug for i in document.initiatives for p in i.photos), "photos")
    items = {(a.slug, item.key) for a in document.agreements for v in a.versions for item in v.annex}
    measures = {
        (a.slug, measure.key)
        for a in document.agreements
        for v in a.versions
        for item in v.annex
        for measure in item.measures
    }
    for initiative in document.initiatives:
        place = f"initiatives.{initiative.slug}"
        one_of(initiative.vision, set(visions), place, "ビジョン")
        if initiative.goal and (
            initiative.vision is None
            or initiative.goal not in {g.key for g in visions[initiative.vision].goals}
        ):
            raise WrongInput(f"基本目標 {initiative.goal} がビジョンにありません。", file=file, column=place)
        for link in initiative.annex_items:
            if (link.agreement, link.item) not in items:
                raise WrongInput(
                    f"別表の取組 {link.agreement}/{link.item} がありません。", file=file, column=place
                )
        for code in [*initiative.bodies, *(c for role in initiative.roles for c in role.municipalities)]:
            known(code, place)
        unique((p.slug for p in initiative.projects), f"{place}.projects")
        for photo in initiative.photos:
            one_of(photo.activity, set(activities), f"{place}.photos.{photo.slug}", "活動")
        evaluated = ((e.fiscal_year, e.municipality) for e in initiative.evaluations)
        unique(evaluated, f"{place}.evaluations")
        for evaluation in initiative.evaluations:
            known(evaluation.municipality, f"{place}.evaluations")
    for activity in document.activities:
        place = f"activities.{activity.slug}"
        one_of(activity.initiative, set(initiatives), place, "取組")
        if activity.project is not None:
            one_of(
                activity.project, {p.slug for p in initiatives[activity.initiative].projects}, place, "事業"
            )
        known(activity.municipality, place)
        for measure in activity.measures:
            if (measure.agreement, measure.measure) not in measures:
                raise WrongInput(
                    f"取組内容 {measure.agreement}/{measure.measure} が別表にありません。",
                    file=file,
                    column=place,
                )
        keys = {count.key for count in activity.counts}
        unique((count.key for count in activity.counts), f"{place}.counts")
        for named in (name for line in activity.lines for name in _NAMED.findall(line.text)):
            one_of(named or None, keys, f"{place}.lines", "数量")
        in_order(activity.starts_on, activity.ends_on, place)
        for count in activity.counts:
            known(count.municipality, f"{place}.counts")
            one_of(count.part_of, keys - {count.key}, f"{place}.counts", "合計の数量")
        if (activity.state == "none") != (activity.kind == "none"):
            raise WrongInput("実績なしの記録は state も kind も none にします。", file=file, column=place)
        if activity.state != "none" and not activity.title:
            raise WrongInput("title が必要です。", file=file, column=place)
    unique((g.slug for g in document.grants), "grants")
    unique((b.slug for b in document.budgets), "budgets")
    for grant in document.grants:
        known(grant.recipient, f"grants.{grant.slug}")
    for line in document.budgets:
        place = f"budgets.{line.slug}"
        one_of(line.initiative, set(initiatives), place, "取組")
        if line.project is not None:
            one_of(line.project, {p.slug for p in initiatives[line.initiative].projects}, place, "事業")
        known(line.municipality, place)
    unique((k.slug for k in document.kpi), "kpi")
    for kpi in document.kpi:
        place = f"kpi.{kpi.slug}"
        unique((target.fiscal_year for target in kpi.targets), f"{place}.targets")
        unique((reading.fiscal_year for reading in kpi.readings), f"{place}.readings")
        one_of(kpi.vision, set(visions), place, "ビジョン")
        one_of(kpi.initiative, set(initiatives), place, "取組")
        if kpi.count_query:
            for slug in kpi.count_query.initiatives:
                one_of(slug, set(initiatives), f"{place}.count_query", "取組")
    for sourced, place in _sourced(document):
        one_of(sourced, sources, place, "出典")


def _sourced(document: RegionFile) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def walk(part: Any, place: str) -> None:
        source = getattr(part, "source", None)
        if source is not None and hasattr(source, "document"):
            found.append((source.document, place))
        for name in type(part).model_fields:
            value = getattr(part, name)
            if isinstance(value, list):
                for number, child in enumerate(value, 1):
                    if hasattr(type(child), "model_fields"):
                        walk(child, f"{place}.{name}.{getattr(child, 'slug', f'{number}番目')}")
            elif hasattr(type(value), "model_fields") and name != "source":
                walk(value, f"{place}.{name}")

    walk(document, "")
    return [(slug, place.lstrip(".")) for slug, place in found]


def _code(municipality: Municipality, fictional: bool, file: str) -> None:
    """Real codes hold the national rule; a fictional region's codes keep the check digit and use prefecture 99."""
    right = municipality.code[:5] + municipality_code.check_digit(municipality.code[:5])
    if municipality.code != right:
        raise WrongInput(
            f"{municipality.name} のコード {municipality.code} の検査数字が違います。正しくは {right} です。",
            file=file,
            column="municipalities",
        )
    if not fictional:
        municipality_code.parse_code(municipality.code)
