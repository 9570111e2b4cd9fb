"""`keniki disaster plan`: the evacuation plan of a scenario's file, as the page reckons it, into a folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console, folder
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.disaster.models import EvacuationPlan
    from keniki.apps.disaster.planning.gathering import Gathered
    from keniki.apps.regions.models import Region


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        commands,
        "plan",
        run,
        help="避難の想定のファイルから、だれがどの避難所へ行くかの計画（想定）を計算して書き出す",
    )
    parser.add_argument("--region", required=True, metavar="SLUG", help="圏域の識別名")
    parser.add_argument(
        "--scenario",
        required=True,
        type=Path,
        metavar="FILE",
        help="想定のファイル（keniki.scenario/1、YAMLかJSON）",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="書き出すフォルダ")


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Write plan.json, a CSV for each table, the map, the plan and the districts' sheets; nothing is stored."""
    from keniki.apps.disaster.formats.scenario import read_scenario
    from keniki.apps.disaster.planning.gathering import gather
    from keniki.apps.disaster.planning.reckoning import STEPS, reckon

    actor = acting.actor(args)
    region = acting.region(actor, args.region)
    file = str(args.scenario)
    spec = read_scenario(console.read_bytes(args.scenario), file)
    with acting.within(region):
        try:
            with console.progress("割当を計算しています", total=len(STEPS)) as step:
                gathered = gather(region, spec)
                step(note=STEPS[0])
                content = json.loads(json.dumps(reckon(gathered)))
                step(2, note=STEPS[-1])
        except WrongInput as wrong:
            raise wrong.at(file=file) from None
        out = folder.made(args.out)
        paths = _written(region, gathered, content, out)
    _say(content)
    console.say(*paths)
    for each in content["left_out"]:
        console.note(
            f"計画に入れていない地区: {each['town']} {each['name']}（{each['people']:,}人） {each['reason']}"
        )
    return {
        "region": region.slug,
        "mode": "plan",
        **{key: content[key] for key in ("people", "placed", "unplaced", "aims", "receiving", "short")},
        "equipment": content["equipment"],
        "nearest": content["nearest"],
        "split": [row["district"] for row in content["districts"] if not row["whole"]],
        "quarantined": len(content["left_out"]),
        "left_out": content["left_out"],
        "digest": _digest(gathered),
        "files": [str(path) for path in paths],
    }


def _digest(gathered: Gathered) -> str:
    from keniki.apps.disaster.planning.gathering import digest_of

    return digest_of(gathered.inputs)


def _written(region: Region, gathered: Gathered, content: dict[str, Any], out: Path) -> list[Path]:
    from keniki.apps.disaster.papers.plans import district_sheet, district_sheets, drawing, whole_plan
    from keniki.apps.disaster.planning.sheets import sheets_of
    from keniki.apps.disaster.queries.plans import contact_words
    from keniki.press.csv import render_csv

    plan = _plan(region, gathered, content)
    drawn = drawing(plan)
    words = contact_words(region)
    said = {"mode": "計画（想定）", "digest": plan.digest, "inputs": dict(gathered.inputs), **content}
    paths = [
        folder.written(out / "plan.json", (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode())
    ]
    paths += [
        folder.written(out / f"{key}.csv", render_csv(sheet).data)
        for key, sheet in sheets_of(content).items()
    ]
    image = drawn("")
    if image is not None:
        paths.append(folder.written(out / "map.svg", image))
    whole = whole_plan(plan, drawn)
    paths += [folder.written(out / f"plan.{form}", whole.render(form)) for form in ("pdf", "docx", "xlsx")]
    rows = [row for row in content["districts"] if row["people"]]
    every = district_sheets(plan, rows, words, drawn)
    paths += [folder.written(out / f"sheets.{form}", every.render(form)) for form in ("pdf", "docx")]
    if rows:
        folder.made(out / "sheets")
    for row in console.track(rows, "地区ごとの計画を書き出しています"):
        sheet = district_sheet(plan, row, words.get(row["town"], ()), drawn)
        paths.append(folder.written(out / "sheets" / f"{row['district']}.docx", sheet.render("docx")))
    return paths


def _plan(region: Region, gathered: Gathered, content: dict[str, Any]) -> EvacuationPlan:
    """The plan as the papers take it, stored nowhere."""
    from django.utils import timezone

    from keniki.apps.disaster.models import EvacuationPlan, Scenario
    from keniki.apps.disaster.planning.gathering import digest_of

    spec = gathered.spec
    scenario = Scenario(
        region=region, slug="file", title=spec.title, hazard=spec.hazard, layer=gathered.layer
    )
    now = timezone.now()
    return EvacuationPlan(
        region=region,
        scenario=scenario,
        number=0,
        state=EvacuationPlan.State.DONE,
        inputs=dict(gathered.inputs),
        digest=digest_of(gathered.inputs),
        content=content,
        started_at=now,
        ended_at=now,
    )


def _say(content: dict[str, Any]) -> None:
    from keniki.apps.disaster.planning.sheets import aims_of, lacks_of

    console.say(
        "計画（想定）: 実災害の指示でも訓練の記録でもありません。",
        f"避難する人 {content['people']:,}人、避難先のある人 {content['placed']:,}人、"
        f"避難所に入れない人 {content['unplaced']:,}人",
    )
    for each in aims_of(content):
        console.say(f"  {each.label}: {each.plan}{each.unit}（下限 {each.bound}、差 {each.gap}）")
    for row in content["receiving"]:
        console.say(
            f"  {row['name']}: 自市町村 {row['own']:,}人、ほかの市町村 {row['others']:,}人、空き {row['free']:,}人"
        )
    for each in content["short"]:
        console.say(f"  不足 {each['name']} {each['unplaced']:,}人: {each['reason']}")
    for lack in lacks_of(content) if content["unplaced"] else ():
        console.say(f"  使えない避難所 {lack.shelters:,}か所: {lack.reason}")
