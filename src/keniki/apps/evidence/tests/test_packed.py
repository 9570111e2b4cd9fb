"""Files that are published in a ZIP are read without unpacking them by hand."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scope

from keniki.apps.evidence import queries
from keniki.apps.evidence.importers import packed as packing
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.importers.packed import unpacked
from keniki.apps.evidence.models import RawFile
from keniki.cli import database, main
from keniki.core.errors import WrongInput

HEAD = "municipality_code,indicator,year,value,unit\n"
FLOWS = "origin,destination,purpose,value\n019011,019020,commute,12\n"


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


PUBLISHED = packed(
    {
        "hyou/バス_2023.csv": f"{HEAD}019011,bus_users,2023,7,persons\n".encode(),
        "hyou/tsuukin_2020.csv": FLOWS.encode(),
        "hyou/利用規約.txt": "出典を書いてください。".encode("cp932"),
        "__MACOSX/hyou/._a.csv": b"\x00",
    }
)


def test_the_files_of_a_zip_are_its_files_and_a_workbook_is_itself() -> None:
    files = unpacked(RawBytes("hyou.zip", PUBLISHED))
    assert [(file.name, file.folder) for file in files] == [
        ("バス_2023.csv", "hyou"),
        ("tsuukin_2020.csv", "hyou"),
        ("利用規約.txt", "hyou"),
    ]
    book = RawBytes("a.xlsx", packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}))
    assert unpacked(book) == [book]
    plain = RawBytes("a.csv", b"a,b\n")
    assert unpacked(plain) == [plain]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("x.csv", b"1")
    windows = out.getvalue().replace(b"x.csv", "表a".encode("cp932") + b".c")
    assert unpacked(RawBytes("w.zip", windows))[0].name == "表a.c"


@pytest.mark.parametrize(
    ("content", "why"), [(PUBLISHED[:200], "壊れていないか"), (PUBLISHED, "大きすぎます")]
)
def test_a_broken_or_huge_zip_is_refused(content: bytes, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_UNPACKED", 100)
    with pytest.raises(WrongInput, match=why) as wrong:
        packing.unpacked(RawBytes("a.zip", content))
    assert wrong.value.file == "a.zip"


@pytest.mark.slow
@pytest.mark.django_db
def test_a_zip_is_loaded_on_the_page_and_by_the_command(
    region: Any, client_as: Any, secretariat: Any, capsys: Any, monkeypatch: Any, tmp_path: Any
) -> None:
    url = reverse("evidence:import", args=["aoba"])
    sent = client_as(secretariat).post(url, {"file": SimpleUploadedFile("hyou.zip", PUBLISHED)}, follow=True)
    said = sent.content.decode()
    assert "整った形のCSV" in said
    assert "流動のCSV" in said
    with scope(region=region):
        assert queries.figures(["019011"], ["bus_users"], region=region)[0].value == 7
        assert set(RawFile.objects.values_list("name", flat=True)) == {"バス_2023.csv", "tsuukin_2020.csv"}
    nothing = client_as(secretariat).post(
        url, {"file": SimpleUploadedFile("a.zip", packed({"a.txt": b"x", "b.txt": b"y"}))}
    )
    assert nothing.status_code == 422
    monkeypatch.setattr(database, "prepare", lambda **_: None)
    path = tmp_path / "hyou.zip"
    path.write_bytes(PUBLISHED)
    assert main.main(["data", "import", str(path), "--json"]) == 0
    assert "利用規約.txt: 統計のファイルではないため" in capsys.readouterr().err
    assert queries.figures(["019011"], ["bus_users"])[0].value == 7
