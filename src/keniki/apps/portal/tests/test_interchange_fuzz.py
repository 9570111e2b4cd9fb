"""Whatever is done to a region's files, they load or are refused in one Japanese sentence; nothing else happens."""

from __future__ import annotations

import copy
import json
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from keniki.apps.documents.tests import small_region
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.regions import queries
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).resolve().parents[5] / "data" / "sample"
FILES = {file.name: file.read_bytes() for file in sorted(SAMPLE.glob("*.yaml"))}
SNIPPETS = (
    *(
        ": ",
        "- ",
        "\n",
        "  ",
        "\t",
        "'",
        '"',
        "{",
        "[",
        "&a ",
        "*a",
        "!!binary ",
        "!!set ",
        "? [a]\n",
        "<<: *a\n",
    ),
    *(
        "\0",
        "\x1b",
        "\ufeff",
        "\u2028",
        "髙",
        "０",
        "1:30:00",
        "0x7f",
        ".nan",
        "-.inf",
        "1e999",
        "2023-02-29",
    ),
    *(
        "0001-01-01",
        "9999-12-31",
        "2024-01-01T00:00:00+25:00",
        "9" * 5000,
        "~",
        "null",
        "[" * 300,
        "|\n",
        "%",
    ),
)
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**31, 2**63, 10**400, 0.1, 1e300, "", " ", "\0", "a\ud800", "nashi", "a" * 5000),
    *(
        "１",
        "011002",
        "2024-02-30",
        "9999-12-31",
        "0001-01-01",
        [],
        {},
        [[]],
        [None],
        {"slug": "x"},
        date(1, 1, 1),
    ),
)


def refused_or_fine(path: Path, *, store: bool) -> bool:
    """Whether it was fine; a refusal says something in Japanese, where, and not in the database's words."""
    try:
        document = read(path)
        if store:
            load_region(queries.operator(), document)
    except WrongInput as error:
        refusal = error
    else:
        return True
    assert re.search("[ぁ-ん]", refusal.message), refusal.message
    assert refusal.file
    assert not re.search(r"violates|constraint|ERROR|Traceback|relation \"", refusal.message), refusal.message
    return False


@st.composite
def torn(draw: st.DrawFn) -> dict[str, bytes]:
    """The sample's files, one of them torn, spliced or overwritten in places."""
    files = dict(FILES)
    name = draw(st.sampled_from(sorted(files)))
    content = files[name]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from((0, 0, 1, 2, 20, 1000, 10**6))))
        new = draw(st.sampled_from(SNIPPETS).map(lambda words: words.encode()) | st.binary(max_size=4))
        content = content[:start] + new + content[end:]
    files[name] = content
    return files


@given(torn())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_torn_files_are_read_or_refused(files: dict[str, bytes]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        refused_or_fine(folder, store=False)
    finally:
        shutil.rmtree(folder)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the content, the outermost left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in inside for place in ((*at, key), *places(child, (*at, key)))]


PLACES = places(small_region.content())


def changed(content: Any, at: tuple[Any, ...], how: str, odd: Any) -> None:
    for step in at[:-1]:
        content = content[step]
    last = at[-1]
    if how == "remove":
        del content[last]
    elif how == "double" and isinstance(content, list):
        content.append(copy.deepcopy(content[last]))
    elif how == "swap" and isinstance(content, list):
        content[0], content[last] = content[last], content[0]
    else:
        content[last] = odd


@pytest.mark.django_db
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.sampled_from(("set", "set", "remove", "double", "swap")),
            st.sampled_from(ODD),
        ),
        min_size=1,
        max_size=2,
    )
)
@example([(("members", 0, "valid_to"), "set", "9999-12-31")])
@example([(("grants", 0, "steps", 0, "amount"), "set", 2**63)])
@example([(("activities", 1, "title"), "set", "a" * 5000)])
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_changed_region_is_stored_whole_or_not_at_all(changes: list[tuple[Any, str, Any]]) -> None:
    content = small_region.content()
    for at, how, odd in changes:
        try:
            changed(content, at, how, odd)
        except (KeyError, IndexError, TypeError):
            continue
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "region.json"
        path.write_text(json.dumps(content, default=str), encoding="utf-8")
        fine = refused_or_fine(path, store=True)
        assert Region.objects.exists() == fine
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "空のファイル"),
        ("\n \n", "空のファイル"),
        ("a: &a [*a]\n", "項目が多すぎます" + "|" + "入れ子が深すぎます"),
        ("[" * 5000, "YAML として読めません|入れ子が深すぎます"),
        ("? [a]\n: b\n", "見出しは文字で"),
        ("1: a\n", "見出しは文字で"),
        ('region: {slug: "a\\0b"}\n', "NUL"),
        ("region: {slug: 2024-13-01}\n", "という日付はありません"),
        ("region: {slug: !!binary あ}\n", "YAML として読めません|読み取れない"),
        ("region: {slug: .nan}\n", "数"),
        ("kpi: {slug: a}\n", "一覧にしてください|この項目が必要"),
        ("x: 1\n", "この項目"),
    ],
)
def test_odd_yaml_is_refused_with_its_file(tmp_path: Path, words: str, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(WrongInput, match=said) as caught:
        read(path)
    assert caught.value.file == "odd.yaml"


def test_aliases_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    words = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        words += f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    path = tmp_path / "bomb.yaml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(WrongInput, match="多すぎます"):
        read(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_export_cut_off_says_so(tmp_path: Path, share: float) -> None:
    whole = json.dumps(small_region.content(), ensure_ascii=False, indent=2, default=str)
    path = tmp_path / "cut.json"
    path.write_text(whole[: int(len(whole) * share)], encoding="utf-8")
    with pytest.raises(WrongInput, match=r"途中で切れています|JSON として読めません") as caught:
        read(path)
    assert caught.value.row


def test_odd_files_in_the_folder_are_refused_by_name(tmp_path: Path) -> None:
    import os

    good = yaml.safe_dump(small_region.content(), allow_unicode=True)
    (tmp_path / "region.yaml").write_text(good, encoding="utf-8")
    linked = tmp_path / "linked.yaml"
    linked.symlink_to(tmp_path / "nowhere.yaml")
    with pytest.raises(WrongInput, match="リンクの先がありません") as caught:
        read(tmp_path)
    assert caught.value.file == "linked.yaml"
    linked.unlink()
    linked.symlink_to(linked)
    with pytest.raises(WrongInput, match=r"リンク|開けません"):
        read(tmp_path)
    linked.unlink()
    os.mkfifo(linked)
    with pytest.raises(WrongInput, match="ふつうのファイルではありません"):
        read(tmp_path)
    linked.unlink()
    linked.mkdir()
    with pytest.raises(WrongInput, match="ふつうのファイルではありません"):
        read(tmp_path)
    linked.rmdir()
    assert read(tmp_path).region.slug == "umibe"


def test_a_link_to_a_good_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    good = yaml.safe_dump(small_region.content(), allow_unicode=True)
    (tmp_path / "there" / "all.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "here.yaml").symlink_to(tmp_path / "there" / "all.yaml")
    assert read(tmp_path / "here.yaml").region.slug == "umibe"


def test_a_folder_without_its_region_says_what_is_missing(tmp_path: Path) -> None:
    content = small_region.content()
    (tmp_path / "activities.yaml").write_text(
        yaml.safe_dump({"activities": content["activities"]}, allow_unicode=True), encoding="utf-8"
    )
    with pytest.raises(WrongInput, match="必要です") as caught:
        read(tmp_path)
    assert caught.value.column == "region"
    assert caught.value.file == tmp_path.name


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(WrongInput, match="大きすぎます"):
        read(path)
