"""From issue to project: what towns name, candidates and their way, the trace in both directions, files."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope
from python_calamine import CalamineWorkbook

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, register_tables
from keniki.apps.compacts.actions.register import Move
from keniki.apps.compacts.models import Candidate, Initiative, Matter
from keniki.apps.compacts.queries import register as reading
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def secretariat_client(client_as: Any, secretariat: Actor) -> Any:
    return client_as(secretariat)


DATA = Path(__file__).parents[5] / "data"
DAY = date(2026, 4, 1)


def town(name: str) -> Municipality:
    return Municipality.objects.get(name=name)


def issue(actor: Actor, region: Region, title: str = "公共施設の維持管理", **more: Any) -> Matter:
    where = more.pop("municipality", None)
    values = {"kind": "issue", "title": title, "fields": ["land_use"], **more}
    return actions.save_matter(actor, region, None, None, values=values, municipality=where)


def answer(actor: Actor, region: Region, *matters: Matter, title: str = "公共施設の相互利用") -> Candidate:
    values = {
        "title": title,
        "fields": ["land_use"],
        "text": "予約を一つにする。",
        "effect": "維持費が下がる。",
    }
    return actions.save_candidate(actor, region, None, None, values=values, matters=matters)


def advance(actor: Actor, candidate: Candidate, to: str, **more: Any) -> Candidate:
    return actions.move_candidate(actor, candidate, candidate.version, to, Move(on=DAY, **more))


def test_an_issue_goes_all_the_way_to_an_initiative_and_back(in_region: Region, secretariat: Actor) -> None:
    named = issue(secretariat, in_region)
    candidate = answer(secretariat, in_region, named)
    candidate = advance(secretariat, candidate, "studying", reason="担当者部会で検討する。")
    candidate = advance(secretariat, candidate, "trial", trial=(DAY, None))
    with pytest.raises(WrongInput, match="入力してください"):
        advance(secretariat, candidate, "project")
    candidate = advance(secretariat, candidate, "project", result="3施設で延べ120件の利用があった。")
    made = candidate.initiative
    assert made is not None
    assert (made.title, made.fields) == ("公共施設の相互利用", ["land_use"])
    assert [row.slug for row in reading.came_from(made)] == [candidate.slug]
    assert [row.slug for row in reading.came_from(made)[0].matters.all()] == [named.slug]
    assert [step.stage for step in candidate.steps.all()] == ["candidate", "studying", "trial", "project"]
    assert reading.standings(reading.matters(in_region)) == {named.slug: "事業化"}
    line = LogEntry.objects.filter(verb="compacts.move_candidate").first()
    assert line is not None
    assert "試行→事業化（取組「公共施設の相互利用」）" in line.text
    with pytest.raises(WrongInput, match="経過をたどれるように"):
        actions.remove_candidate(secretariat, candidate, candidate.version)
    with pytest.raises(WrongInput, match="応えているため"):
        actions.remove_matter(secretariat, named, named.version)


def test_what_is_set_aside_says_why_and_can_be_taken_up_again(in_region: Region, secretariat: Actor) -> None:
    candidate = answer(secretariat, in_region)
    with pytest.raises(WrongInput, match="見送る理由"):
        advance(secretariat, candidate, "dropped")
    candidate = advance(secretariat, candidate, "dropped", reason="費用に見合わない。")
    with pytest.raises(Denied, match="「見送り」から「試行」へは進められません"):
        advance(secretariat, candidate, "trial", trial=(DAY, None))
    candidate = advance(secretariat, candidate, "candidate")
    with pytest.raises(WrongInput, match="前の段階の日"):
        actions.move_candidate(
            secretariat, candidate, candidate.version, "studying", Move(on=date(2026, 3, 31))
        )
    known = Initiative.objects.get(slug="bousai")
    assert advance(secretariat, candidate, "project", initiative=known).initiative == known


def test_a_town_enters_its_own_and_the_secretariat_only_as_proxy(
    in_region: Region, secretariat: Actor, partner: Actor
) -> None:
    own = issue(partner, in_region, municipality=town("川北町"))
    assert [(row.municipality.name, row.proxy) for row in own.voices.all()] == [("川北町", False)]
    with pytest.raises(Denied):
        issue(partner, in_region, municipality=town("星野町"))
    with pytest.raises(Denied):
        issue(partner, in_region)
    with pytest.raises(Denied):
        actions.speak(partner, own, town("星野町"), None)
    said = actions.speak(secretariat, own, town("星野町"), None, text="体育館が古い。")
    assert said.proxy
    line = LogEntry.objects.filter(verb="compacts.speak").first()
    assert line is not None
    assert "（星野町分を代理入力）" in line.text
    with pytest.raises(Stale):
        actions.speak(secretariat, own, town("星野町"), None, text="体育館も図書館も古い。")
    with pytest.raises(Denied):
        answer(partner, in_region, own)
    candidate = answer(secretariat, in_region, own)
    interest = actions.be_interested(partner, candidate, town("川北町"), None, text="図書館から始めたい。")
    assert not interest.proxy
    actions.lose_interest(partner, candidate, town("川北町"))
    assert not candidate.interests.exists()


def test_hopes_are_counted_by_town_and_field(in_region: Region, secretariat: Actor) -> None:
    for title, fields, towns in (
        ("救急医療", ["medical"], ("川北町", "星野町")),
        ("公共交通網", ["transit", "ict"], ("川北町",)),
        ("移住促進", [], ()),
    ):
        hope = issue(secretariat, in_region, title, kind="hope", fields=fields)
        for name in towns:
            actions.speak(secretariat, hope, town(name), None)
    issue(secretariat, in_region, "課題は数えない", fields=["medical"])
    found = reading.hopes(in_region)
    names = [name for _, name in found.columns]
    rows = {row.town.name if row.town else "": dict(zip(names, row.cells, strict=True)) for row in found.rows}
    assert rows["川北町"]["医療"] == 1
    assert rows["青葉市"]["医療"] == 0
    assert rows[""]["分野なし"] == 1
    assert dict(zip(names, found.entries, strict=True))["医療"] == 1
    assert dict(zip(names, found.towns_by_field, strict=True))["医療"] == 2


def test_the_board_is_narrowed_by_words_field_and_town(
    secretariat_client: Any, in_region: Region, secretariat: Actor
) -> None:
    actions.speak(secretariat, issue(secretariat, in_region), town("川北町"), None)
    issue(secretariat, in_region, "就職先の不足", fields=["industry"])
    url = "/desk/aoba/register/"
    whole = secretariat_client.get(url).content.decode()
    assert "公共施設の維持管理" in whole
    assert "就職先の不足" in whole
    for query in ("words=公共", "field=land_use", f"town={KAWAKITA}"):
        shown = secretariat_client.get(f"{url}?{query}").content.decode()
        assert "公共施設の維持管理" in shown, query
        assert "就職先の不足" not in shown, query
    assert "条件に合う登録はありません" in secretariat_client.get(f"{url}?words=ない言葉").content.decode()


def test_in_the_browser_a_candidate_becomes_an_initiative_that_says_where_it_came_from(
    secretariat_client: Any, in_region: Region, secretariat: Actor
) -> None:
    candidate = answer(secretariat, in_region, issue(secretariat, in_region))
    url = f"/desk/aoba/register/candidates/{candidate.slug}/"
    refused = secretariat_client.post(f"{url}stages/dropped/", {"version": 1, "on": "2026-04-01"})
    assert refused.status_code == 422
    done = secretariat_client.post(
        f"{url}stages/project/", {"version": 1, "on": "2026-04-01", "reason": "", "initiative": ""}
    )
    assert done.status_code == 302, done.content.decode()
    candidate.refresh_from_db()
    assert candidate.initiative is not None
    shown = secretariat_client.get(f"/desk/aoba/initiatives/{candidate.initiative.slug}/").content.decode()
    assert "この取組の経緯" in shown
    assert "公共施設の維持管理" in shown


def test_issues_come_from_a_csv_file_and_go_out_as_one(
    secretariat_client: Any, in_region: Region, secretariat: Actor
) -> None:
    issue(secretariat, in_region, "人口減少", fields=[])
    head = ",".join(register_tables.MATTERS)
    lines = [
        head,
        "課題,人口減少,,,,,,,川北町、星野町,",
        f"期待する分野,救急医療,,医療、ICT,,事業調査,2018-02,population,{HOSHINO},3頁",
    ]
    file = SimpleUploadedFile("kadai.csv", "\r\n".join(lines).encode("cp932"), "text/csv")
    assert secretariat_client.post("/desk/aoba/register/load/", {"file": file}).status_code == 302
    hope = Matter.objects.get(title="救急医療")
    assert (hope.kind, hope.fields, hope.surveyed_on, hope.precision) == (
        "hope",
        ["medical", "ict"],
        date(2018, 2, 1),
        "month",
    )
    assert Matter.objects.get(title="人口減少").voices.count() == 2
    out = secretariat_client.get("/desk/aoba/register/data/matters.csv").content
    members = [row.municipality for row in regions.members_on(in_region)]
    again = register_tables.read_matters(out, members)
    assert [(row["title"], row["fields"]) for row in again] == [
        ("人口減少", []),
        ("救急医療", ["medical", "ict"]),
    ]
    assert actions.import_matters(secretariat, in_region, again) == 0
    content = io.BytesIO(secretariat_client.get("/desk/aoba/register/data/register.xlsx").content)
    names = CalamineWorkbook.from_filelike(content).sheet_names
    assert names == ["課題・期待・現状", "取組候補", "段階の経過", "期待する分野"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("課題,,,,,,,,,", "2行目"),
        ("願い,人口減少,,,,,,,,", "「願い」は登録にありません"),
        ("課題,人口減少,,宇宙,,,,,,", "「宇宙」は登録にありません"),
        ("課題,人口減少,,,,,2026-13,,,", "日付として読めません"),
        ("課題,人口減少,,,,,2099-01-01,,,", "まだ来ていない"),
        ("課題,人口減少,,,,,,,港南市,", "「港南市」は登録にありません"),
        ("課題,人口減少,,,,,,nai_shihyo,,", "指標の一覧にありません"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_stored(
    secretariat_client: Any, in_region: Region, line: str, said: str
) -> None:
    content = "\r\n".join([",".join(register_tables.MATTERS), line]).encode()
    file = SimpleUploadedFile("kadai.csv", content, "text/csv")
    refused = secretariat_client.post("/desk/aoba/register/load/", {"file": file})
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert not Matter.objects.exists()


def test_the_paper_of_2018_is_loaded_with_its_issues_hopes_and_directions() -> None:
    load_region(regions.operator(), read(DATA / "sapporo"))
    region = Region.objects.get(slug="sapporo")
    with scope(region=region):
        found = reading.matters(region)
        kinds = [row.kind for row in found]
        assert [kinds.count(kind) for kind in ("issue", "hope", "current")] == [7, 7, 10]
        assert all(row.source and row.source_place for row in found)
        columns = {column.key: column.number for column in reading.board(found, reading.candidates(region))}
        assert columns == {"open": 3, "candidate": 6, "studying": 0, "trial": 0, "project": 0, "dropped": 0}
        hopes = reading.hopes(region)
        assert hopes.asked == 7
        assert hopes.rows[-1].town is None
        assert sum(hopes.rows[-1].cells) == 7
