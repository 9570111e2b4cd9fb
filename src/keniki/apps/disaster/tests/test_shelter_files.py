"""Files of shelters are looked at, then taken: nothing typed is overwritten unasked, the same file changes nothing."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions import shelter_files as actions
from keniki.apps.disaster.actions import shelters as by_hand
from keniki.apps.disaster.formats.shelters import read
from keniki.apps.disaster.formats.writing import write_own, write_standard
from keniki.apps.disaster.merging import row_of
from keniki.apps.disaster.models import Shelter
from keniki.apps.disaster.queries.shelters import registered
from keniki.apps.portal.testing import HOSHINO, KAWAKITA

from .test_formats_shelters import SHELTERS, SITES, file
from .test_shelters import HALL, ROOM, of

BASE = "/desk/aoba/disaster/shelters/"
FOLDER = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "shelters")
real = pytest.mark.skipif(not FOLDER.is_dir(), reason="KENIKI_TEST_DATA has no shelters")


def site(
    number: int, name: str, *, town: str = "川北町", code: str = KAWAKITA, note: str = "", **at: str
) -> str:
    common = at.get("common", f"E{code[:5]}{number:05d}201")
    latitude, longitude = at.get("latitude", f"43.2{number}"), at.get("longitude", "141.8")
    return (
        f"{number},{common},北海道{town},{name},北海道{town}{number},1,,,1,,,,,,{latitude},{longitude},{note}"
    )


def sites(*lines: str, name: str = "mergeFromCity_2.csv"):
    return read(file(SITES, *lines), name)


THREE = (site(1, "北公園"), site(2, "南公園"), site(3, "星野公園", town="星野町", code=HOSHINO))


def test_the_same_file_twice_changes_nothing(in_region, secretariat):
    first = actions.import_shelters(secretariat, in_region, sites(*THREE))
    assert (first.new, first.changed, first.unchanged) == (3, 0, 0)
    versions = list(Shelter.objects.values_list("pk", "version"))
    again = actions.import_shelters(secretariat, in_region, sites(*THREE))
    assert (again.new, again.changed, again.unchanged, again.conflicts) == (0, 0, 3, 0)
    assert list(Shelter.objects.values_list("pk", "version")) == versions
    assert LogEntry.objects.filter(verb="disaster.import_shelters").count() == 1


def test_a_town_takes_its_own_rows_only(in_region, partner, viewer):
    taken = actions.import_shelters(partner, in_region, sites(*THREE))
    assert taken.new == 2
    assert [(each.row, each.raw) for each in taken.merge.problems] == [(4, "星野公園")]
    with pytest.raises(Denied):
        actions.import_shelters(viewer, in_region, sites(*THREE))


def test_rows_outside_the_region_are_counted_and_bad_rows_quarantined(in_region, secretariat):
    rows = (*THREE, site(4, "紅葉園", town="夕張市", code="012092"), site(5, "東公園", latitude="10"))
    taken = actions.import_shelters(secretariat, in_region, sites(*rows))
    assert (taken.new, taken.merge.outside) == (3, 1)
    assert [(each.row, each.column) for each in taken.merge.problems] == [(6, "緯度")]


def test_what_was_typed_stays_unless_the_files_value_is_chosen(in_region, secretariat):
    actions.import_shelters(secretariat, in_region, sites(*THREE))
    shelter = Shelter.objects.get(name="北公園")
    draft = by_hand.draft_of(shelter, name="北公園グラウンド", note="鍵は町内会長")
    by_hand.save_shelter(secretariat, in_region, draft, [HALL], shelter, shelter.version)
    newer = sites(site(1, "北運動公園", note="耐震済み"), *THREE[1:])
    taken = actions.import_shelters(secretariat, in_region, newer)
    shelter.refresh_from_db()
    assert (shelter.name, shelter.note, taken.conflicts) == ("北公園グラウンド", "鍵は町内会長", 2)
    assert shelter.spaces.count() == 1
    again = actions.preview_shelters(secretariat, in_region, newer)
    assert again.conflicts == []
    third = sites(site(1, "中央公園"), *THREE[1:])
    found = actions.preview_shelters(secretariat, in_region, third)
    assert [(each.label, each.kept, each.told) for each in found.conflicts] == [
        ("名称", "北公園グラウンド", "中央公園")
    ]
    actions.import_shelters(secretariat, in_region, third, choose={found.conflicts[0].key})
    shelter.refresh_from_db()
    assert (shelter.name, shelter.note) == ("中央公園", "鍵は町内会長")


def test_what_the_same_file_said_before_is_brought_up_to_date(in_region, secretariat):
    actions.import_shelters(secretariat, in_region, sites(*THREE))
    newer = sites(site(1, "北運動公園"), *THREE[1:])
    found = actions.preview_shelters(secretariat, in_region, newer)
    assert [each.differences for each in found.changed] == [[("名称", "北公園", "北運動公園")]]
    assert actions.import_shelters(secretariat, in_region, newer).changed == 1
    assert Shelter.objects.filter(name="北運動公園", source_text__contains="国土地理院").exists()


def test_both_files_of_a_facility_are_one_place_with_two_ids(in_region, secretariat):
    actions.import_shelters(secretariat, in_region, sites(*THREE))
    line = f"9,E{KAWAKITA[:5]}00001111,北海道川北町,北公園,北海道川北町1,1,,,43.21,141.8,"
    taken = actions.import_shelters(secretariat, in_region, read(file(SHELTERS, line), "1.csv"))
    assert (taken.new, taken.changed) == (0, 1)
    shelter = Shelter.objects.get(name="北公園")
    assert (shelter.is_site, shelter.is_shelter, shelter.other_ids) == (
        True,
        True,
        [f"E{KAWAKITA[:5]}00001111"],
    )
    again = actions.import_shelters(secretariat, in_region, read(file(SHELTERS, line), "1.csv"))
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)


def test_places_a_newer_file_leaves_out_are_shown_and_end_when_asked(in_region, secretariat):
    actions.import_shelters(secretariat, in_region, sites(*THREE))
    newer = sites(THREE[0], THREE[2])
    found = actions.import_shelters(secretariat, in_region, newer)
    assert [each.name for each in found.merge.gone] == ["南公園"]
    assert Shelter.objects.get(name="南公園").ended_on is None
    assert actions.import_shelters(secretariat, in_region, newer, retire=True).retired == 1
    gone = Shelter.objects.get(name="南公園")
    assert gone.ended_on is not None
    assert not gone.is_site
    assert actions.preview_shelters(secretariat, in_region, newer).gone == ()
    assert actions.preview_shelters(secretariat, in_region, sites(site(7, "別の公園"), THREE[2])).gone != ()


@pytest.mark.parametrize(
    "broken",
    [
        THREE[1].replace(",1,,,1,", ",はい,,,1,"),
        site(2, "南公園", latitude="141.8", longitude="43.2"),
        site(2, "南公園", common="E01"),
        site(2, "南公園" + "の" * 200),
    ],
)
def test_a_place_whose_row_cannot_be_read_keeps_its_designation(in_region, secretariat, broken):
    actions.import_shelters(secretariat, in_region, sites(*THREE))
    taken = actions.import_shelters(secretariat, in_region, sites(THREE[0], broken, THREE[2]), retire=True)
    assert [each.row for each in taken.merge.problems] == [3]
    assert (taken.merge.gone, taken.retired) == ((), 0)
    assert Shelter.objects.get(name="南公園").is_site


def test_a_row_without_id_that_may_be_one_of_two_is_not_guessed(in_region, partner, towns):
    for number in (1, 2):
        by_hand.save_shelter(
            partner, in_region, of(towns["川北町"], name="集会所", address=f"川北町{number}")
        )
    from keniki.apps.disaster.formats.columns import OWN

    row = dict.fromkeys(OWN, "") | {
        "団体コード": KAWAKITA, "名称": "集会所", "緯度": "43.2", "経度": "141.8", "指定避難所": "1",
    }  # fmt: skip
    content = ("\r\n".join([",".join(OWN), ",".join(row.values())])).encode("utf-8-sig")
    taken = actions.import_shelters(partner, in_region, read(content, "own.csv"))
    assert (taken.new, taken.changed) == (0, 0)
    assert len(taken.merge.problems) == 1
    assert "決められません" in taken.merge.problems[0].reason


def test_our_own_file_comes_out_and_in_with_spaces(in_region, partner, towns):
    made = by_hand.save_shelter(partner, in_region, of(towns["川北町"]), [HALL, ROOM])
    out = write_own(row_of(each, spaces) for each, spaces in registered(in_region))
    same = actions.preview_shelters(partner, in_region, read(out, "own.csv"))
    assert (same.new, same.changed, same.conflicts) == ((), (), [])
    changed = out.decode("utf-8-sig").replace(",700,", ",800,").encode()
    kept = actions.import_shelters(partner, in_region, read(changed, "own.csv"))
    assert kept.conflicts == 1
    assert made.spaces.get(name="体育館").floor_area == 700
    further = changed.decode().replace(",800,", ",900,").encode()
    taken = actions.import_shelters(partner, in_region, read(further, "own.csv"), choose={actions.EVERYTHING})
    assert taken.changed == 1
    assert made.spaces.get(name="体育館").floor_area == 900


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        ("標高", "9999999"),
        ("標高", "-1000.5"),
        ("面積（m²）", "1000001"),
        ("面積（m²）", "999999999999"),
        ("個別に定めた人数", "1000001"),
    ],
)
def test_a_number_no_place_has_keeps_its_row_out_and_the_rest_goes_on(
    in_region, partner, towns, column, typed
):
    by_hand.save_shelter(partner, in_region, of(towns["川北町"], name="北会館"), [HALL])
    by_hand.save_shelter(partner, in_region, of(towns["川北町"], name="南会館"), [HALL])
    text = write_own(row_of(each, spaces) for each, spaces in registered(in_region)).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    at, area = head.index(column), head.index("面積（m²）")
    rows[0][at], rows[1][area] = typed, "650"
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    taken = actions.import_shelters(
        partner, in_region, read(out.getvalue().encode(), "own.csv"), choose={actions.EVERYTHING}
    )
    assert [(each.row, each.column) for each in taken.merge.problems] == [(2, column)]
    assert taken.changed == 1


def test_a_fictional_towns_own_file_comes_out_and_in(in_region, partner, towns):
    by_hand.save_shelter(partner, in_region, of(towns["川北町"]), [HALL])
    out = write_own(row_of(each, spaces) for each, spaces in registered(in_region))
    fictional = out.replace(KAWAKITA.encode(), b"992011")
    refused = read(fictional, "own.csv", towns={KAWAKITA: "川北町"})
    assert [each.column for each in refused.problems] == ["団体コード"]
    read_again = read(fictional, "own.csv", towns={"992011": "川北町"})
    assert (read_again.problems, read_again.rows[0].code) == ((), "992011")


def test_39_columns_come_out_as_they_came_in(in_region, secretariat):
    from keniki.apps.disaster.formats.columns import STANDARD

    cells = {
        "全国地方公共団体コード": KAWAKITA, "ID": "0001", "名称": "川北小学校", "名称_英字": "Kawakita",
        "所在地_町字": "中央", "所在地_番地以下": "1番地", "緯度": "43.2000", "経度": "141.80000012", "標高": "12.345",
        "災害種別_洪水": "1", "指定避難所との重複": "1", "想定収容人数": "約300人", "URL": "https://example.jp/a",
        "市区町村コード": KAWAKITA, "地方公共団体名": "川北町", "備考": "-1階",
    }  # fmt: skip
    line = ",".join(cells.get(column, "") for column in STANDARD)
    data = (",".join(STANDARD) + "\r\n" + line + "\r\n").encode("utf-8-sig")
    actions.import_shelters(secretariat, in_region, read(data, "standard.csv"))
    assert write_standard(row_of(each) for each, _ in registered(in_region)) == data


def test_the_pages_show_first_and_take_then(in_region, partner, client_as, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = client_as(partner)
    upload = SimpleUploadedFile("2.csv", file(SITES, *THREE), "text/csv")
    shown = client.post(BASE + "import/", {"file": upload}, follow=True)
    page = shown.content.decode()
    assert "北公園" in page
    assert "国土地理院" in page
    assert "星野町の担当者だけ" in page
    assert not Shelter.objects.exists()
    mark = shown.context["mark"]
    problems = client.get(BASE + "import/problems/", {"mark": mark}).content.decode("utf-8-sig")
    assert problems.splitlines()[0] == "行,列,理由,書かれていた内容"
    assert "星野公園" in problems
    done = client.post(BASE + "import/take/", {"mark": mark}, follow=True).content.decode()
    assert "新規2か所" in done
    assert "1行は読み込んでいません" in done
    assert Shelter.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "said"), [(b"a,b\n1,2\n", "見出し"), (b"", "空"), (b"\xff\xfe\x00a", "UTF-16")]
)
def test_a_file_that_cannot_be_read_is_refused(in_region, partner, client_as, content, said):
    upload = SimpleUploadedFile("x.csv", content, "text/csv")
    answer = client_as(partner).post(BASE + "import/", {"file": upload})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_an_upload_of_another_region_or_none_is_not_found(in_region, partner, client_as, viewer):
    client = client_as(partner)
    for address in ("import/", "import/problems/"):
        page = client.get(BASE + address, {"mark": "x"}, follow=True).content.decode()
        assert "ファイルが見つかりません" in page
    page = client.post(BASE + "import/take/", {"mark": "x"}, follow=True).content.decode()
    assert "ファイルが見つかりません" in page
    assert client_as(viewer).post(BASE + "import/take/", {"mark": "x"}).status_code == 403


@real
@pytest.mark.slow
def test_the_nine_towns_files_are_taken_and_the_second_time_change_nothing(
    in_region, secretariat, monkeypatch
):
    """The real files of nine towns, as if they were members."""
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.disaster import merging
    from keniki.apps.disaster.queries import shelters as queries
    from keniki.apps.regions import queries as regions
    from keniki.apps.regions.models import Municipality

    names = {
        "012106": "岩見沢市", "012092": "夕張市", "012157": "美唄市", "012220": "三笠市", "014231": "南幌町",
        "014273": "由仁町", "014281": "長沼町", "014290": "栗山町", "014303": "月形町",
    }  # fmt: skip
    with verb(secretariat, "testing.towns", quiet=True):
        towns = {
            code: Municipality.objects.create(code=code, name=name, kind="town", prefecture="01")
            for code, name in names.items()
        }
    monkeypatch.setattr(
        actions,
        "preview_shelters",
        lambda actor, region, file: merging.merge(
            region, file, queries.registered(region), towns, frozenset(towns)
        ),
    )
    files = [
        read(path.read_bytes(), path.name, towns=names)
        for kind in ("emergency", "evacuation")
        for path in sorted((FOLDER / kind).glob("*.json"))
    ]
    assert sum(len(each.rows) for each in files) == 319
    first = [actions.import_shelters(secretariat, in_region, each) for each in files]
    assert [(p.reason, p.raw) for each in first for p in each.merge.problems] == []
    stored = Shelter.objects.count()
    assert sum(each.new for each in first) == stored
    assert 159 < stored < 319
    again = [actions.import_shelters(secretariat, in_region, each) for each in files]
    assert [(each.new, each.changed, each.conflicts) for each in again] == [(0, 0, 0)] * len(files)
    assert Shelter.objects.filter(is_site=True).count() == 159
    assert regions.operator() is not None
    assert Shelter.objects.filter(latitude=Decimal(0)).count() == 0
