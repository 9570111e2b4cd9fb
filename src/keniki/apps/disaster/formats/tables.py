"""A file as a head and rows of cells, whether it is CSV, an Excel workbook or GeoJSON of points."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput
from keniki.core.text import unstorable

from .columns import head_key, kind_of

MAX_BYTES: Final = 64_000_000
MAX_UNPACKED: Final = 400_000_000
#: Rows above the head that titles and notes of a workbook may take.
_ABOVE: Final = 10
_ESCAPED: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SPLIT: Final = (head_key("崖崩れ"), head_key("土石流及び地滑り"))


@dataclass(frozen=True)
class Table:
    """A head and the rows below it with their numbers in the file; `exact`: every row has to be as long as the head."""

    headings: list[str]
    rows: Sequence[tuple[int, Sequence[str]]]
    exact: bool


def read_table(data: bytes, name: str) -> Table:
    """The table of a file whose head is known; WrongInput for one that cannot be read or has no known head."""
    if len(data) > MAX_BYTES:
        raise WrongInput(f"ファイルが大きすぎます（上限{MAX_BYTES // 1_000_000} MB）。", file=name)
    if not data.strip():
        raise WrongInput("ファイルが空です。", file=name)
    if data[:4] == b"PK\x03\x04":
        return _headed(_workbook(data, name), name, exact=False)
    if data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _points(data, name)
    return _headed([(name, read_csv(data, file=name).rows)], name, exact=True)


def load_json(data: bytes, name: str) -> Any:
    """The JSON of a file; WrongInput names the line that cannot be read."""
    try:
        text = data.decode("utf-8-sig")
        content = json.loads(text)
    except UnicodeDecodeError:
        raise WrongInput(
            "文字コードがUTF-8ではありません。UTF-8で保存し直してください。", file=name
        ) from None
    except json.JSONDecodeError as error:
        raise WrongInput(
            f"JSONとして読めません（{error.lineno}行目の{error.colno}文字目）。"
            "ファイルが途中で切れていないか確かめてください。",
            file=name,
            row=error.lineno,
        ) from None
    except RecursionError:
        raise WrongInput("JSONの入れ子が深すぎます。", file=name) from None
    except ValueError:
        raise WrongInput("JSONの数値に読めないものがあります。", file=name) from None
    # Only an escape can bring what is no character; looking at each text of a large map takes long.
    if _ESCAPED.search(text) and (bad := unstorable(content)) is not None:
        shown = bad[:40].encode("ascii", "backslashreplace").decode().replace("\0", "\\u0000")
        raise WrongInput(
            f"文字として成り立たない部分（\\u0000、\\ud800 など）があります（{shown}）。取り除いてください。",
            file=name,
        )
    return content


def _workbook(data: bytes, name: str) -> list[tuple[str, list[list[str]]]]:
    """The sheets of a workbook as text."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise WrongInput("ファイルの中身が大きすぎます。", file=name)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            (
                f"{name}［{sheet}］",
                [
                    [_text(cell) for cell in row]
                    for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                ],
            )
            for sheet in book.sheet_names
        ]
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise WrongInput(
            "Excelファイルとして読めません。ファイルが壊れていないか確かめてください。", file=name
        ) from error


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _headed(sheets: list[tuple[str, list[list[str]]]], name: str, *, exact: bool) -> Table:
    """The first table with a known head."""
    for place, rows in sheets:
        for at, cells in enumerate(rows[:_ABOVE]):
            headings = [cell.strip() for cell in cells]
            while headings and not headings[-1]:
                headings.pop()
            if kind_of(headings) is None:
                continue
            below = [(at + 2 + each, row) for each, row in enumerate(rows[at + 1 :]) if any(row)]
            headings = _rejoined(headings, below)
            _refuse_doubles(headings, place, at + 1)
            return Table(headings, below, exact)
    seen = next((row for _, rows in sheets for row in rows if any(row)), [])
    raise WrongInput(
        "避難所・避難場所のファイルの見出しではありません。国土地理院の指定緊急避難場所・指定避難所データ、"
        "自治体標準オープンデータセットの指定緊急避難場所一覧、又は避難所とスペースの一覧を選んでください。"
        f"（見出し：{'、'.join(seen)[:200]}）",
        file=name,
        row=1,
    )


def _rejoined(headings: list[str], below: Sequence[tuple[int, Sequence[str]]]) -> list[str]:
    """A head whose 「崖崩れ、土石流及び地滑り」 was written with a comma that split it in two."""
    keys = [head_key(heading).removeprefix("災害種別_") for heading in headings]
    for at in range(len(keys) - 1):
        if (keys[at], keys[at + 1]) == _SPLIT and below and len(below[0][1]) == len(headings) - 1:
            return [*headings[:at], f"{headings[at]}、{headings[at + 1]}", *headings[at + 2 :]]
    return headings


def _refuse_doubles(headings: Sequence[str], place: str, row: int) -> None:
    often = Counter(head_key(heading) for heading in headings if heading)
    for heading in headings:
        if heading and often[head_key(heading)] > 1:
            raise WrongInput(
                "同じ見出しの列が2つ以上あります。1つにしてください。", file=place, row=row, column=heading
            )


def _points(data: bytes, name: str) -> Table:
    """GeoJSON of points with GSI's columns as properties; a row's number is that of its feature, from 1."""
    content = load_json(data, name)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise WrongInput("GeoJSONの FeatureCollection ではありません。", file=name)
    headings: dict[str, None] = {}
    for properties in _properties(features):
        headings.update(dict.fromkeys(str(key) for key in properties))
    listed = [heading for heading in headings if heading not in ("緯度", "経度")]
    if kind_of(listed) is None:
        raise WrongInput(
            "避難所・避難場所のGeoJSONではありません。国土地理院の指定緊急避難場所・指定避難所データを選んでください。"
            f"（項目：{'、'.join(listed)[:200]}）",
            file=name,
        )
    rows = []
    for number, feature in enumerate(features, start=1):
        given: dict[str, object] = next(_properties([feature]), {})
        east, north = _coordinates(feature, given)
        rows.append((number, [*(_cell(given.get(heading)) for heading in listed), north, east]))
    return Table([*listed, "緯度", "経度"], rows, exact=True)


def _properties(features: Sequence[object]) -> Iterator[dict[str, object]]:
    for feature in features:
        if isinstance(feature, dict) and isinstance(feature.get("properties"), dict):
            yield feature["properties"]


def _coordinates(feature: object, properties: Mapping[str, object]) -> tuple[str, str]:
    """Longitude and latitude as text; a geometry that is no point gives what cannot be read as a number."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return _cell(properties.get("経度")), _cell(properties.get("緯度"))
    written = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if isinstance(written, list) and len(written) >= 2:
        return _cell(written[0]), _cell(written[1])
    return "座標なし", "座標なし"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.12f}".rstrip("0").rstrip(".") if abs(value) < 1e12 else str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:200]
