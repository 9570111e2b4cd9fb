"""`docs/reference/region-file.md` from the schema of the form in which a region travels."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic_core import PydanticUndefined

from keniki.apps.portal.interchange import schema

from .tables import page as page_of
from .tables import table

_NAMED: tuple[tuple[Any, str], ...] = (
    (schema.Slug, "識別名（半角の小文字・数字とハイフン）"),
    (schema.Key, "キー（半角の小文字・数字と _）"),
    (schema.Code, "市町村コード（6桁、引用符で囲む）"),
    (schema.Year, "年度（西暦、2024＝令和6年度）"),
    (schema.Text, "文字列（空は不可）"),
)
_PLAIN = {str: "文字列", int: "整数", bool: "true / false", date: "日付（2024-05-24）", Decimal: "数値"}
_NOT_SHOWN = ('""', "false", "")


def page(example: str) -> str:
    """Every part of the file with its keys; `example` is a whole small file in YAML."""
    return page_of(
        "圏域のファイル",
        "圏域の記録を読み書きする形です。`keniki load` がフォルダ（YAML）か1つの JSON ファイルを読み、"
        "`keniki export` が同じ形の JSON を書き出します。フォルダの中の YAML は1つに合わせて読まれます"
        "（同じキーのリストはつながり、`format` と `region` はどれか1つのファイルにだけ書きます）。"
        "知らないキーがあると、場所を示して読み込みません。",
        (inspect.getdoc(schema) or "").split("\n\n", 1)[-1],
        "## 例",
        "最小に近い、架空の圏域です（[region-example.yaml](region-example.yaml)）。",
        f"```yaml\n{example.rstrip()}\n```",
        "## キー",
        *(part for model in parts() for part in _section(model)),
    )


def parts() -> list[type[schema.Part]]:
    """The models of the file, each once, in the order in which they are first named."""
    found: list[type[schema.Part]] = [schema.RegionFile]
    for model in found:
        for hint in _hints(model).values():
            found.extend(each for each in _models(hint) if each not in found)
    return found


def describe(hint: Any) -> str:
    """A type as a person writes it in the file."""
    for named, words in _NAMED:
        if hint == named:
            return words
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return describe(arguments[0])
    if origin in (Union, types.UnionType):
        return describe(next(each for each in arguments if each is not types.NoneType))
    if origin is list:
        return f"{describe(arguments[0])} のリスト"
    if origin is dict:
        return "名前と値の組"
    if origin is Literal:
        return "、".join(f"`{each}`" for each in arguments)
    if inspect.isclass(hint) and issubclass(hint, schema.Part):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return _PLAIN[hint]


def _section(model: type[schema.Part]) -> Iterator[str]:
    yield f"### {model.__name__}"
    yield _own_docstring(model)
    notes = _notes(model)
    noted = any(notes.get(name) for name in model.model_fields)
    head = ("キー", "値", "必須", "省略時", *(["説明"] if noted else []))
    rows = []
    for name, hint in _hints(model).items():
        field = model.model_fields[name]
        default = _shown(field.default)
        rows.append(
            (
                f"`{name}`",
                describe(hint),
                "必須" if field.is_required() else "",
                "" if default in _NOT_SHOWN else f"`{default}`",
                *([notes.get(name, "")] if noted else []),
            )
        )
    yield table(head, rows)


def _hints(model: type[schema.Part]) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _models(hint: Any) -> Iterator[type[schema.Part]]:
    if inspect.isclass(hint) and issubclass(hint, schema.Part):
        yield hint
    for argument in get_args(hint):
        yield from _models(argument)


def _own_docstring(model: type[schema.Part]) -> str:
    return inspect.cleandoc(model.__dict__.get("__doc__") or "")


def _notes(model: type[schema.Part]) -> dict[str, str]:
    """The `#:` lines above fields."""
    found = re.findall(r"((?: *#: .*\n)+) *(\w+):", inspect.getsource(model))
    return {name: " ".join(lines.replace("#: ", "").split()) for lines, name in found}


def _shown(default: Any) -> str:
    if default is PydanticUndefined or default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return '""' if default == "" else str(default)
