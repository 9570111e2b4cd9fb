"""Every kind of wrong file is refused in one sentence that names the file and the place in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from keniki.apps.documents.tests import small_region
from keniki.apps.portal.interchange.read import read
from keniki.core.errors import WrongInput


def folder(path: Path, content: dict[str, Any]) -> Path:
    """The region as a folder of three files."""
    parts = {
        "region.yaml": ("format", "region", "municipalities", "members"),
        "activities.yaml": ("activities",),
        "rest.yaml": tuple(set(content) - {"format", "region", "municipalities", "members", "activities"}),
    }
    for name, keys in parts.items():
        words = yaml.safe_dump(
            {key: content[key] for key in sorted(keys)}, allow_unicode=True, sort_keys=False
        )
        (path / name).write_text(words, encoding="utf-8")
    return path


def refusal(path: Path) -> WrongInput:
    with pytest.raises(WrongInput) as caught:
        read(path)
    return caught.value


def stands_there(path: Path, error: WrongInput) -> bool:
    """Whether the line that is named is where the field, or at least its record, begins."""
    line = (path / str(error.file)).read_text(encoding="utf-8").splitlines()[(error.row or 0) - 1]
    field = str(error.column).split(".")[-1]
    return line.strip().removeprefix("- ").startswith(f"{field}:") or line.lstrip().startswith("- ")


def test_the_untouched_folder_reads(tmp_path):
    assert read(folder(tmp_path, small_region.content())).region.slug == "umibe"


Change = Callable[[dict[str, Any]], Any]
CASES: dict[str, tuple[Change, str, str, str]] = {
    "unknown key": (
        lambda c: c["activities"][1].update(plaec="診療所"),
        "activities.yaml",
        "activities.r5-unei.plaec",
        "この項目はありません",
    ),
    "missing key": (
        lambda c: c["activities"][1].pop("fiscal_year"),
        "activities.yaml",
        "activities.r5-unei.fiscal_year",
        "この項目が必要です",
    ),
    "text for a number": (
        lambda c: c["activities"][2].update(fiscal_year="令和6年度"),
        "activities.yaml",
        "activities.r6-unei.fiscal_year",
        "整数で書いてください",
    ),
    "number for a text": (
        lambda c: c["activities"][1].update(title=2024),
        "activities.yaml",
        "activities.r5-unei.title",
        "文字で書いてください",
    ),
    "bad date": (
        lambda c: c["members"][0].update(valid_from="令和4年4月1日"),
        "region.yaml",
        "members.1番目.valid_from",
        "日付は 2020-10-09 の形で",
    ),
    "a day that does not exist": (
        lambda c: c["members"][0].update(valid_from="2023-02-29"),
        "region.yaml",
        "members.1番目.valid_from",
        "日付は 2020-10-09 の形で",
    ),
    "unknown choice": (
        lambda c: c["activities"][1].update(kind="party"),
        "activities.yaml",
        "activities.r5-unei.kind",
        "使える値のどれでもありません",
    ),
    "no steps": (
        lambda c: c["grants"][0]["steps"].clear(),
        "rest.yaml",
        "grants.koufu-2022.steps",
        "",
    ),
    "bad slug": (
        lambda c: c["activities"][0].update(slug="令和5年度"),
        "activities.yaml",
        "activities.令和5年度.slug",
        "形が正しくありません",
    ),
    "lost leading zero": (
        lambda c: c["municipalities"][0].update(code=19110),
        "region.yaml",
        "municipalities.1番目.code",
        "文字で書いてください",
    ),
    "a key of the region": (
        lambda c: c["region"].update(nmae="海辺"),
        "region.yaml",
        "region.nmae",
        "この項目はありません",
    ),
}


@pytest.mark.parametrize(("change", "file", "place", "words"), CASES.values(), ids=CASES)
def test_wrong_shape_names_file_record_and_field(tmp_path, change, file, place, words):
    content = small_region.content()
    change(content)
    error = refusal(folder(tmp_path, content))
    assert (error.file, error.column) == (file, place)
    assert words in error.message
    assert stands_there(tmp_path, error)


def _twice(key: str) -> Change:
    return lambda c: c[key].append(dict(c[key][0]))


REFERENCES: dict[str, tuple[Change, str, str]] = {
    "secretariat": (lambda c: c["region"].update(secretariat="nashi"), "region.secretariat", "nashi"),
    "member": (
        lambda c: c["members"][0].update(municipality="011002"),
        "members.1番目.municipality",
        "011002",
    ),
    "party": (
        lambda c: c["agreements"][0]["parties"][0].update(municipality="011002"),
        "agreements.umibe-kyoutei.parties.1番目.municipality",
        "011002",
    ),
    "source": (
        lambda c: c["region"]["facts"][1]["source"].update(document="nashi"),
        "region.facts.2番目.source.document",
        "出典 nashi がありません",
    ),
    "initiative": (
        lambda c: c["activities"][1].update(initiative="nashi"),
        "activities.r5-unei.initiative",
        "取組 nashi がありません",
    ),
    "project": (
        lambda c: c["activities"][1].update(project="nashi"),
        "activities.r5-unei.project",
        "事業 nashi がありません",
    ),
    "measure": (
        lambda c: c["activities"][1].update(measures=[{"agreement": "umibe-kyoutei", "measure": "nashi"}]),
        "activities.r5-unei.measures.1番目",
        "取組内容 umibe-kyoutei/nashi が別表にありません",
    ),
    "role": (
        lambda c: c["activities"][1].update(
            roles=[{"agreement": "umibe-kyoutei", "item": "nashi", "role": "role1_1"}]
        ),
        "activities.r5-unei.roles.1番目",
        "役割 umibe-kyoutei/nashi/role1_1 が別表にありません",
    ),
    "annex item": (
        lambda c: c["initiatives"][0]["annex_items"][0].update(item="nashi"),
        "initiatives.isha.annex_items.1番目",
        "別表の取組 umibe-kyoutei/nashi がありません",
    ),
    "part of": (
        lambda c: c["activities"][1]["counts"][2].update(part_of="nashi"),
        "activities.r5-unei.counts.children.part_of",
        "nashi",
    ),
    "part of itself": (
        lambda c: c["activities"][1]["counts"][2].update(part_of="children"),
        "activities.r5-unei.counts.children.part_of",
        "children",
    ),
    "goal": (lambda c: c["initiatives"][0].update(goal="nashi"), "initiatives.isha.goal", "基本目標 nashi"),
    "kpi": (
        lambda c: c["kpi"][1]["count_query"].update(initiatives=["nashi"]),
        "kpi.jushin.count_query.initiatives.1番目",
        "nashi",
    ),
    "budget": (lambda c: c["budgets"][0].update(project="nashi"), "budgets.unei-2022.project", "事業 nashi"),
    "activity twice": (_twice("activities"), "activities.r4-nashi.slug", "r4-nashi が二度あります"),
    "grant twice": (_twice("grants"), "grants.koufu-2022.slug", "koufu-2022 が二度あります"),
    "kpi twice": (_twice("kpi"), "kpi.kyuushin.slug", "kyuushin が二度あります"),
    "initiative twice": (_twice("initiatives"), "initiatives.isha.slug", "isha が二度あります"),
    "municipality twice": (_twice("municipalities"), "municipalities.019119", "が二度あります"),
    "party twice": (
        lambda c: c["agreements"][0]["parties"].append(dict(c["agreements"][0]["parties"][0])),
        "agreements.umibe-kyoutei.parties.3番目",
        "が二度あります",
    ),
    "target twice": (
        lambda c: c["kpi"][0]["targets"].append(dict(c["kpi"][0]["targets"][0])),
        "kpi.kyuushin.targets.2番目.fiscal_year",
        "2024 が二度あります",
    ),
    "reading twice": (
        lambda c: c["kpi"][0]["readings"].append(dict(c["kpi"][0]["readings"][0])),
        "kpi.kyuushin.readings.2番目.fiscal_year",
        "2022 が二度あります",
    ),
    "declaration twice": (_twice("declarations"), "declarations.sengen.slug", "sengen が二度あります"),
    "part twice": (
        lambda c: c["declarations"][0]["parts"].append(dict(c["declarations"][0]["parts"][0])),
        "declarations.sengen.parts.functions.key",
        "functions が二度あります",
    ),
    "programme twice": (
        lambda c: c["region"]["programmes"].append(dict(c["region"]["programmes"][0])),
        "region.programmes.2番目",
        "が二度あります",
    ),
    "none with a kind": (
        lambda c: c["activities"][0].update(kind="study"),
        "activities.r4-nashi.state",
        "実績なし",
    ),
    "done without a title": (
        lambda c: c["activities"][2].update(title=""),
        "activities.r6-unei.title",
        "title が必要です",
    ),
    "line without its count": (
        lambda c: c["activities"][1]["lines"][0].update(text="{nashi}参加"),
        "activities.r5-unei.lines.1番目.text",
        "nashi",
    ),
    "fact with both": (
        lambda c: c["region"]["facts"][0].update(text="約1万人"),
        "region.facts.1番目",
        "どちらか一つ",
    ),
    "candidate that answers nothing there is": (
        lambda c: c.update(
            matters=[{"slug": "kadai", "order": 1, "kind": "issue", "title": "公共施設の維持管理"}],
            candidates=[{"slug": "koho", "order": 1, "title": "相互利用", "matters": ["kadai", "nashi"]}],
        ),
        "candidates.koho.matters.2番目",
        "課題 nashi がありません",
    ),
    "candidate that became nothing": (
        lambda c: c.update(
            candidates=[
                {"slug": "koho", "order": 1, "title": "相互利用", "steps": [{"stage": "studying"}]},
            ],
        ),
        "candidates.koho.stage",
        "最後の段階と stage が違います",
    ),
    "arrangement with a town that is not there": (
        lambda c: c.update(arrangements=[{"slug": "kumiai", "name": "組合", "members": ["999999"]}]),
        "arrangements.kumiai.members.1番目",
        "999999",
    ),
    "answer to a rule that does not ask": (
        lambda c: c.update(
            rule_answers=[
                {"parameter": "nashi", "value": {}, "legal_basis": "省令", "valid_from": "2025-04-01"},
            ],
        ),
        "rule_answers.1番目.parameter",
        "値を尋ねる規則「nashi」はありません",
    ),
    "claim for an initiative there is not": (
        lambda c: c.update(
            revenue_claims=[
                {
                    "fiscal_year": 2024,
                    "municipality": c["municipalities"][0]["code"],
                    "initiative": "防災",
                    "initiative_slug": "nashi",
                    "general_revenue": 1,
                },
            ],
        ),
        "revenue_claims.1番目.initiative_slug",
        "取組 nashi がありません",
    ),
    "step of one town that is all towns' together": (
        lambda c: c.update(
            procedure_plans=[
                {
                    "programme": "teiju",
                    "start": "2024-05-24",
                    "steps": [
                        {
                            "step": "declaration",
                            "municipality": c["municipalities"][0]["code"],
                            "done_on": "2024-05-24",
                        },
                    ],
                },
            ],
        ),
        "procedure_plans.1番目.steps.1番目.municipality",
        "市町村ごとの工程",
    ),
    "days the wrong way round": (
        lambda c: c["members"][0].update(valid_to="2020-01-01"),
        "members.1番目.valid_to",
        "終わりの日が始まりの日より前です",
    ),
}


@pytest.mark.parametrize(("change", "place", "words"), REFERENCES.values(), ids=REFERENCES)
def test_a_record_that_does_not_fit_the_others_is_named(tmp_path, change, place, words):
    content = small_region.content()
    change(content)
    error = refusal(folder(tmp_path, content))
    assert error.column == place
    assert words in error.message
    assert stands_there(tmp_path, error)


@pytest.mark.slow
def test_a_wrong_check_digit_names_the_town_and_the_right_one(tmp_path):
    content = small_region.content()
    wrong = small_region.MISAKI[:5] + str((int(small_region.MISAKI[5]) + 1) % 10)
    content["municipalities"][1]["code"] = wrong
    error = refusal(folder(tmp_path, content))
    assert (
        f"岬村 のコード {wrong} の検査数字が違います。正しくは {small_region.MISAKI} です。" in error.message
    )


@pytest.mark.parametrize(
    ("words", "row", "message"),
    [
        ("region:\n  slug: a\n name: b\n", 3, "YAML として読めません"),
        ("kpi: []\nkpi: []\n", 2, "kpi が二度書かれています"),
        ("- slug: a\n", None, "いちばん外側"),
        ("", None, "いちばん外側"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, "YAML として読めません"),
    ],
)
def test_broken_yaml_names_file_and_line(tmp_path, words, row, message):
    path = tmp_path / "broken.yaml"
    path.write_text(words, encoding="utf-8")
    error = refusal(path)
    assert (error.file, error.row) == ("broken.yaml", row)
    assert message in error.message


def test_broken_json_names_file_and_line(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text('{"format": "keniki-region/1",\n "region": }', encoding="utf-8")
    error = refusal(path)
    assert (error.file, error.row) == ("broken.json", 2)


def test_a_file_in_another_encoding_says_to_save_as_utf8(tmp_path):
    path = tmp_path / "region.yaml"
    path.write_bytes("region: 海辺圏域\n".encode("cp932"))
    error = refusal(path)
    assert error.file == "region.yaml"
    assert "UTF-8 で保存" in error.message


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    folder(tmp_path, small_region.content())
    for file in tmp_path.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read(tmp_path).region.slug == "umibe"


def test_an_empty_folder_a_missing_path_and_another_format_are_told_apart(tmp_path):
    assert "ファイルがありません" in refusal(tmp_path / "nashi").message
    assert ".yaml も .json もありません" in refusal(tmp_path).message
    content = small_region.content()
    content["format"] = "keniki-region/9"
    error = refusal(folder(tmp_path, content))
    assert error.column == "format"


def test_one_object_in_two_files_is_refused(tmp_path):
    folder(tmp_path, small_region.content())
    (tmp_path / "zweite.yaml").write_text("region: {slug: b}\n", encoding="utf-8")
    error = refusal(tmp_path)
    assert error.file == "zweite.yaml"
    assert "複数のファイルにあります" in error.message


def test_a_broken_picture_is_refused_by_its_photo(tmp_path, db):
    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.regions import queries

    for change, words in (({"base64": "???"}, "base64"), ({"sha256": "0" * 64}, "壊れています")):
        content = small_region.content()
        content["initiatives"][0]["photos"][0]["file"] |= change
        with pytest.raises(WrongInput, match=words) as caught:
            load_region(queries.operator(), read(folder(tmp_path, content)))
        assert caught.value.column == "initiatives.isha.photos.shinryoujo.file"
        assert caught.value.file == "rest.yaml"
        assert caught.value.row
