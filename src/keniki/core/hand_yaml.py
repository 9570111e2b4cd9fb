"""YAML as people type it: a municipality's code stays text, a key stands once, mistakes have their line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from keniki.core.errors import WrongInput
from keniki.core.text import unstorable

_INT = "tag:yaml.org,2002:int"
_BOOL = "tag:yaml.org,2002:bool"
_DATE = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
#: What a mapping may merge (<<), and how many keys it may come to: merges of merges grow without end.
_MERGED, _KEYS = 20, 10_000
#: How what is no character can be written.
_ESCAPED = re.compile(r"\\(?:0|x00|u0000|U00000000|[uU](?:0000)?[dD][89a-fA-F])")


class _Loader(yaml.SafeLoader):
    """A SafeLoader for which 012106 is a code and no octal number; a day, on and no are text."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Take in what is merged, within bounds."""
        for key, value in node.value:
            if key.tag == _MERGE and isinstance(value, yaml.SequenceNode) and len(value.value) > _MERGED:
                raise yaml.constructor.ConstructorError(
                    None, None, "「<<」で重ねるものが多すぎます", key.start_mark
                )
        super().flatten_mapping(node)
        if len(node.value) > _KEYS:
            raise yaml.constructor.ConstructorError(
                None, None, "「<<」で重ねるものが多すぎます", node.start_mark
            )


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in (_INT, _BOOL, _DATE)]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_INT, re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"「{key.value}」が2回あります", key.start_mark
            )
        seen.add(key.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(text: str, file: str | None = None) -> Any:
    """The plain data of a YAML (or JSON) text. WrongInput names the line that cannot be read.

    >>> read_yaml("{code: 012106, on: 2024-09-30, weight: 20}")
    {'code': '012106', 'on': '2024-09-30', 'weight': 20}
    """
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or ""
        said = f"{problem}。" if "「" in problem else ""
        raise WrongInput(
            f"YAMLとして読めません。{said}字下げと「:」の後の空白を確かめてください。",
            file=file,
            row=mark.line + 1 if mark is not None else None,
        ) from None
    except RecursionError:
        raise WrongInput("YAMLの入れ子が深すぎます。", file=file) from None
    except ValueError:
        raise WrongInput("YAMLの数が大きすぎます。桁数を確かめてください。", file=file) from None
    if _ESCAPED.search(text) and unstorable(content) is not None:
        raise WrongInput(
            "文字として成り立たない部分（\\0、\\ud800 など）があります。取り除いてください。", file=file
        )
    return content
