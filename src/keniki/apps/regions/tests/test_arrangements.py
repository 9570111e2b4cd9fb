"""Joint arrangements that exist: who is in them, on which article they stand, files in and out."""

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
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, KONAN
from keniki.apps.regions import actions, arrangement_tables, queries
from keniki.apps.regions.models import Arrangement, Municipality, Region
from keniki.core.errors import WrongInput
from keniki.rulebooks.regions import arrangement_forms

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATA = Path(__file__).parents[5] / "data"
URL = "/desk/aoba/arrangements/"


@pytest.fixture
def desk(client_as: Any, secretariat: Actor) -> Any:
    return client_as(secretariat)


def town(code: str) -> Municipality:
    return Municipality.objects.get(code=code)


def made(actor: Actor, region: Region, *codes: str, **more: Any) -> Arrangement:
    values = {"name": "青葉消防組合", "form": "partial_affairs", "office": "消防", **more}
    return actions.save_arrangement(
        actor, region, None, None, values=values, members=[town(code) for code in codes]
    )


def test_every_form_says_on_what_it_rests_and_none_names_an_article_it_has_not() -> None:
    forms = {form.key: form for form in arrangement_forms(date(2026, 4, 1)).value.forms}
    assert forms["partial_affairs"].article == "地方自治法第284条第2項"
    assert [key for key, form in forms.items() if not form.article] == ["agreement", "voluntary"]
    assert all(form.evidence for form in forms.values())


def test_arrangements_of_any_municipalities_on_a_day(
    in_region: Region, other_region: Region, secretariat: Actor
) -> None:
    made(secretariat, in_region, AOBA, KONAN, since=date(1991, 1, 1))
    made(secretariat, in_region, KAWAKITA, HOSHINO, name="町の協議会", form="", until=date(2020, 3, 31))
    (fire,) = queries.arrangements_of([AOBA, KAWAKITA])
    assert (fire.form_name, fire.article) == ("一部事務組合", "地方自治法第284条第2項")
    assert fire.beyond
    assert fire.members_text == "青葉市・港南市（圏域外）"
    (council,) = queries.arrangements_of([HOSHINO], on=date(2020, 3, 31))
    assert (council.form_name, council.article, council.beyond) == ("不詳", "", True)
    assert queries.arrangements_of([HOSHINO], on=date(2020, 4, 1)) == []
    assert queries.arrangements_of([AOBA], on=date(1990, 12, 31)) == []
    assert not queries.arrangements_of([AOBA, KONAN])[0].beyond
    with scope(region=other_region):
        assert queries.arrangements_of([KONAN]) == []


def test_only_the_secretariat_writes_and_a_second_editor_is_told(
    in_region: Region, secretariat: Actor, partner: Actor
) -> None:
    with pytest.raises(Denied):
        made(partner, in_region, AOBA, KAWAKITA)
    row = made(secretariat, in_region, AOBA, KAWAKITA)
    ended = actions.end_arrangement(secretariat, row, row.version, date(2026, 3, 31), "広域連合へ統合")
    assert ended.until == date(2026, 3, 31)
    line = LogEntry.objects.filter(verb="regions.end_arrangement").first()
    assert line is not None
    assert "令和8年3月31日 に終了（広域連合へ統合）" in line.text
    with pytest.raises(Stale):
        actions.save_arrangement(
            secretariat, in_region, row, 1, values={"name": "別名"}, members=[town(AOBA), town(KAWAKITA)]
        )


@pytest.mark.parametrize(
    ("codes", "more", "said"),
    [
        ((), {}, "構成する市町村を1つ以上"),
        ((AOBA,), {}, "2つ以上"),
        ((AOBA, KAWAKITA), {"name": " "}, "名称を入力"),
        ((AOBA, KAWAKITA), {"form": "guild"}, "形式を選んで"),
        ((AOBA, KAWAKITA), {"since": date(2020, 1, 2), "until": date(2020, 1, 1)}, "終了日が開始日より前"),
    ],
)
def test_what_is_wrong_is_said(
    in_region: Region, secretariat: Actor, codes: tuple[str, ...], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongInput, match=said):
        made(secretariat, in_region, *codes, **more)


def test_in_the_browser_it_is_made_with_a_member_outside_the_region_and_found_again(
    desk: Any, in_region: Region, other_region: Region
) -> None:
    given = {
        "name": "道央し尿処理組合",
        "form": "partial_affairs",
        "office": "し尿の処理",
        "fields": ["environment"],
        "members": [AOBA, KAWAKITA],
        "outside": "港南市",
        "others": "北海道",
        "lead": "青葉市",
        "since": "1991-04-01",
        "since_precision": "year",
    }
    wrong = desk.post(f"{URL}new/", {**given, "outside": "ない市"})
    assert wrong.status_code == 422
    assert "「ない市」は市町村の一覧にありません" in wrong.content.decode()
    assert desk.post(f"{URL}new/", given).status_code == 302
    row = Arrangement.objects.get()
    shown = desk.get(URL).content.decode()
    for words in ("道央し尿処理組合", "地方自治法第284条第2項", "圏域外を含む", "1991年から", "◎"):
        assert words in shown, words
    assert "道央し尿処理組合" in desk.get(f"{URL}?form=partial_affairs&town={KAWAKITA}").content.decode()
    assert "条件に合う仕組みはありません" in desk.get(f"{URL}?town={HOSHINO}").content.decode()
    assert "港南市（圏域外）" in desk.get(f"{URL}{row.slug}/").content.decode()
    again = {**given, "version": row.version, "office": "し尿とごみの処理", "outside": f"{KONAN} 港南市"}
    assert desk.post(f"{URL}{row.slug}/edit/", again).status_code == 302
    assert Arrangement.objects.get().office == "し尿とごみの処理"


def test_a_table_goes_out_and_comes_back_without_a_change(
    desk: Any, in_region: Region, other_region: Region, secretariat: Actor
) -> None:
    made(
        secretariat, in_region, AOBA, KONAN, since=date(1991, 1, 1), since_precision="year", others=["北海道"]
    )
    content = desk.get(f"{URL}data/arrangements.csv").content
    members = [row.municipality for row in queries.members_on(in_region)]
    rows = arrangement_tables.read_arrangements(content, members)
    assert actions.import_arrangements(secretariat, in_region, rows) == (0, 0)
    file = SimpleUploadedFile(
        "kumiai.csv",
        "名称,形式,構成市町村\r\n青葉消防組合,広域連合,青葉市、川北町\r\n新しい協議会,,川北町、星野町\r\n".encode(
            "cp932"
        ),
        "text/csv",
    )
    assert desk.post(f"{URL}load/", {"file": file}).status_code == 302
    changed = Arrangement.objects.get(name="青葉消防組合")
    assert (changed.form, changed.office, changed.others) == ("wide_area_union", "消防", ["北海道"])
    assert Arrangement.objects.get(name="新しい協議会").form == ""
    book = CalamineWorkbook.from_filelike(io.BytesIO(desk.get(f"{URL}data/arrangements.xlsx").content))
    assert book.sheet_names == ["共同処理・連携の仕組み", "仕組みと市町村"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("組合,結社,青葉市、川北町,", "「結社」は登録にありません"),
        ("組合,,青葉市、ない町,", "「ない町」は市町村の一覧にありません"),
        ("組合,,青葉市、川北町,いつか", "日付として読めません"),
        ("組合,,青葉市,", "2つ以上"),
        (",,青葉市、川北町,", "名称を入力"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_stored(
    desk: Any, in_region: Region, line: str, said: str
) -> None:
    content = f"名称,形式,構成市町村,開始日\r\n正しい組合,,青葉市、川北町,\r\n{line}\r\n".encode()
    refused = desk.post(f"{URL}load/", {"file": SimpleUploadedFile("kumiai.csv", content, "text/csv")})
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert "3行目" in refused.content.decode()
    assert not Arrangement.objects.exists()


def test_the_papers_unions_are_loaded_with_their_members_outside_the_region() -> None:
    for folder in ("sapporo", "minami-sorachi"):
        load_region(queries.operator(), read(DATA / folder))
    with scope(region=Region.objects.get(slug="sapporo")):
        codes = [row.municipality.code for row in queries.members_on(Region.objects.get(slug="sapporo"))]
        found = {each.arrangement.name: each for each in queries.arrangements_of(codes)}
        assert found["岩見沢地区消防事務組合"].members_text == "岩見沢市・月形町（圏域外）"
        assert [name for name, each in found.items() if each.beyond] == [
            "南空知消防事務組合",
            "岩見沢地区消防事務組合",
        ]
        assert found["し尿・下水の受入"].form_name == "不詳"
        assert all(each.arrangement.source for each in found.values())
    with scope(region=Region.objects.get(slug="minami-sorachi")):
        (union,) = queries.arrangements_of(["012106"])
        assert len(union.inside) + len(union.outside) == 9
        assert union.arrangement.since_precision == "year"
