"""`docs/reference/cli.md` from the parsers of the `keniki` command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from keniki.cli import main

from .tables import page as page_of
from .tables import table

_COMMON = ("--json", "--as", "--help", "--version")
_IN_JAPANESE = {argparse._HelpAction: "使い方を表示する", argparse._VersionAction: "版を表示する"}


def page() -> str:
    """Every listed command with its arguments."""
    top = main.parser()
    common = [action for action in top._actions if set(action.option_strings) & set(_COMMON)]
    return page_of(
        "コマンド",
        "`keniki コマンド --help` でも見られます。どのコマンドも、必要なら内蔵のPostgreSQLを起動し、"
        "自分で起動したものは終わるときに止めます。",
        "## すべてに共通",
        _arguments(common),
        table(
            ("終了コード", "意味"),
            (
                ("0", "終わった（判定の内容によらない）"),
                ("1", "障害（標準エラー出力に1行）"),
                ("2", '入力の誤り（何が・どこで・どうするかを1行。`--json` では `{"error": {…}}`）'),
            ),
        ),
        *(part for name, parser, help_ in listed(top) for part in _section(name, parser, help_)),
    )


def listed(
    top: argparse.ArgumentParser, prefix: str = "keniki"
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Every command that `--help` lists, as typed ("keniki user add"), its parser and its one line of help."""
    for action in top._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for choice in action._choices_actions:
            parser = action.choices[choice.dest]
            name = f"{prefix} {choice.dest}"
            if _groups(parser):
                yield from listed(parser, name)
            else:
                yield name, parser, choice.help or ""


def _groups(parser: argparse.ArgumentParser) -> bool:
    return any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)


def _section(name: str, parser: argparse.ArgumentParser, help_: str) -> Iterator[str]:
    own = [action for action in parser._actions if not set(action.option_strings) & set(_COMMON)]
    yield f"## {name}"
    yield parser.description or help_
    yield "```\n" + " ".join([name, *_usage(parser, own)]) + "\n```"
    if own:
        yield _arguments(own)


def _arguments(actions: list[argparse.Action]) -> str:
    return table(
        ("引数", "意味", "省略時"),
        ((f"`{_typed(action)}`", _meaning(action), _default(action)) for action in actions),
    )


def _typed(action: argparse.Action) -> str:
    value = _value(action)
    return " ".join(part for part in (", ".join(action.option_strings), value) if part)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    word = str(action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else "値"))
    return f"{word} …" if action.nargs in ("+", "*") else word


def _usage(parser: argparse.ArgumentParser, actions: list[argparse.Action]) -> Iterator[str]:
    alternatives = {
        action: group for group in parser._mutually_exclusive_groups for action in group._group_actions
    }
    for action in actions:
        group = alternatives.get(action)
        if group is None:
            yield _in_usage(action) if action.required else f"[{_in_usage(action)}]"
        elif action is group._group_actions[0]:
            either = " | ".join(_in_usage(each) for each in group._group_actions)
            yield f"({either})" if group.required else f"[{either}]"


def _in_usage(action: argparse.Action) -> str:
    return " ".join(part for part in (*action.option_strings[-1:], _value(action)) if part)


def _meaning(action: argparse.Action) -> str:
    return _IN_JAPANESE.get(type(action), action.help or "ログインID")


def _default(action: argparse.Action) -> str:
    if action.required:
        return "（必須）"
    if action.default in (None, "", False, argparse.SUPPRESS):
        return ""
    return " ".join(map(str, action.default)) if isinstance(action.default, list) else str(action.default)
