"""The files of a region as one content: decoded, parsed, joined, and nothing in them that could not be stored."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import yaml

from keniki.core.errors import WrongInput

from ..places import Loc, Places
from ..schema import FORMAT, RegionFile

SUFFIXES = (".yaml", ".yml", ".json")
#: A region with its pictures is far below these.
LARGEST, MOST, DEEPEST = 200_000_000, 2_000_000, 40

_LISTS = {name for name, field in RegionFile.model_fields.items() if name not in ("format", "region")}


def joined(path: Path) -> Places:
    """The content of the file, or of the folder's files together. Raises `WrongInput`."""
    merged: dict[str, Any] = {"format": FORMAT}
    origin: dict[str, list[tuple[Path, int]]] = {}
    for file in _files(path):
        for key, value in _content(file).items():
            if key in _LISTS and isinstance(value, list) and isinstance(merged.get(key, []), list):
                merged.setdefault(key, []).extend(value)
                origin.setdefault(key, []).extend((file, position) for position in range(len(value)))
            elif key in origin and key != "format":
                raise WrongInput(
                    f"{key} が複数のファイルにあります。一つにまとめてください。",
                    file=file.name,
                    column=str(key),
                )
            else:
                merged[key] = value
                origin[key] = [(file, 0)]
    return Places(merged, origin, path.name or str(path))


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not found:
                raise WrongInput(
                    "このフォルダには .yaml も .json もありません。圏域のフォルダを指定してください。",
                    file=str(path),
                )
        elif path.exists() or path.is_symlink():
            found = [path]
        else:
            raise WrongInput("ファイルがありません。パスを確かめてください。", file=str(path))
        for file in found:
            if not file.exists():
                raise WrongInput("リンクの先がありません。リンクを直すか消してください。", file=file.name)
            if not file.is_file():
                raise WrongInput(
                    "ふつうのファイルではありません。YAML か JSON を置いてください。", file=file.name
                )
            if file.stat().st_size > LARGEST:
                raise WrongInput(
                    f"大きすぎます（{LARGEST // 1_000_000} MB まで）。圏域の記録か確かめてください。",
                    file=file.name,
                )
    except (OSError, ValueError, RuntimeError):
        raise WrongInput("開けません。パスと読取りの権限を確かめてください。", file=str(path)) from None
    return found


def _content(file: Path) -> dict[str, Any]:
    try:
        raw = file.read_bytes()
    except OSError:
        raise WrongInput("読めません。読取りの権限を確かめてください。", file=file.name) from None
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise WrongInput(
            "UTF-8 で保存してください（読めない文字があります）。", file=file.name, row=row
        ) from None
    if not words.strip():
        raise WrongInput(
            "空のファイルです。いちばん外側に format、region などの見出しを書くか、消してください。",
            file=file.name,
        )
    content = _json(words, file) if file.suffix.lower() == ".json" else _yaml(words, file)
    if not isinstance(content, dict):
        raise WrongInput("いちばん外側は format、region などの見出しでなければなりません。", file=file.name)
    _storable(content, file)
    return content


def _json(words: str, file: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise WrongInput(f"{key} が二度書かれています。", file=file.name, column=key)
            found[key] = value
        return found

    def no_number(name: str) -> NoReturn:
        raise WrongInput(f"{name} は数ではありません。数を書いてください。", file=file.name)

    try:
        return json.loads(words, object_pairs_hook=once, parse_constant=no_number, parse_float=Decimal)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(words.rstrip()) or error.msg.startswith("Unterminated string")
        problem = "途中で切れています。もう一度書き出してください" if cut else f"{error.colno}文字目"
        raise WrongInput(f"JSON として読めません（{problem}）。", file=file.name, row=error.lineno) from None
    except RecursionError:
        raise _too_deep(file) from None
    except (ValueError, ArithmeticError):
        raise WrongInput("JSON として読めません（大きすぎる数があります）。", file=file.name) from None


def _yaml(words: str, file: Path) -> Any:
    try:
        return yaml.load(words, _Loader)  # noqa: S506
    except _Wrong as error:
        raise WrongInput(error.words, file=file.name, row=error.row) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise WrongInput(
            "YAML として読めません（字下げ、コロンの後の空白、引用符の閉じ忘れを確かめてください）。",
            file=file.name,
            row=mark.line + 1 if mark else None,
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        row = words[:position].count("\n") + 1 if isinstance(position, int) else None
        raise WrongInput(
            "YAML として読めません（使えない制御文字があります）。", file=file.name, row=row
        ) from None
    except RecursionError:
        raise _too_deep(file) from None


class _Wrong(yaml.constructor.ConstructorError):
    """A complaint in Japanese about a node."""

    def __init__(self, words: str, node: Any) -> None:
        super().__init__(None, None, words, node.start_mark)
        self.words, self.row = words, node.start_mark.line + 1


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """A safe loader that refuses a key written twice and keeps numbers as they are typed."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Any value; one that its notation cannot mean is refused with its line."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, ArithmeticError, AttributeError, KeyError):
            shown = str(node.value)[:40] if isinstance(node, yaml.ScalarNode) else ""
            raise _Wrong(f"{shown or 'この部分'} は読み取れない書き方です。", node) from None

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _Wrong("ここには「見出し: 値」の形が必要です。", node)
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _Wrong("見出しは文字で書いてください（数字や日付の見出しは使えません）。", key_node)
            if key in seen:
                raise _Wrong(f"{key} が二度書かれています。", key_node)
            seen.add(key)
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return result

    def construct_timestamp(self, node: Any) -> Any:
        """A date; one that no calendar has is refused with its line."""
        try:
            return self.construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            raise _Wrong(f"{str(node.value)[:40]} という日付はありません。", node) from None

    def construct_number(self, node: Any) -> Decimal:
        """A number with a point, with exactly the digits that are typed."""
        try:
            return Decimal(self.construct_scalar(node).replace("_", ""))
        except InvalidOperation:
            raise _Wrong(f"{str(node.value)[:40]} は数ではありません。", node) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_timestamp)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_number)


def _storable(content: dict[str, Any], file: Path) -> None:
    """Refuse what no record can hold: NUL, halves of characters, and contents that unfold without end."""
    waiting: list[tuple[Any, Loc]] = [(content, ())]
    seen = 0
    while waiting:
        value, loc = waiting.pop()
        seen += 1
        if len(loc) > DEEPEST:
            raise _too_deep(file)
        if seen > MOST:
            raise WrongInput(f"項目が多すぎます（{MOST:,} まで）。", file=file.name)
        if isinstance(value, dict):
            waiting.extend((child, (*loc, key)) for key, child in value.items())
            waiting.extend((key, loc) for key in value if not key.isascii())
        elif isinstance(value, list):
            waiting.extend((child, (*loc, position)) for position, child in enumerate(value))
        elif isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise _at(
                    "文字として成り立たない部分（\\ud800 など）があります。書き直してください。",
                    loc,
                    content,
                    file,
                ) from None
        if isinstance(value, str) and "\0" in value:
            raise _at("NUL 文字（\\0）は保存できません。取り除いてください。", loc, content, file)


def _at(message: str, loc: Loc, content: dict[str, Any], file: Path) -> WrongInput:
    origin = {
        key: [(file, position) for position in range(len(value))] if isinstance(value, list) else [(file, 0)]
        for key, value in content.items()
    }
    return Places(content, origin, file.name).wrong(message, loc)


def _too_deep(file: Path) -> WrongInput:
    return WrongInput("入れ子が深すぎます。圏域の記録か確かめてください。", file=file.name)
