"""XML from elsewhere as a plain tree: no DTD, no entities, nothing fetched, bounded; a fault is told with its row.

A document type definition is refused before anything of it is used, so that there are no entities to grow and no
addresses to call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from keniki.core.errors import WrongInput

#: Bytes, elements and depth of one document.
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_NODES: Final = 400_000
MAX_DEPTH: Final = 60


@dataclass(slots=True)
class Node:
    """An element: its local name, namespace, attributes (by local name), the row it begins in, and what is in it."""

    name: str
    space: str
    attributes: dict[str, str]
    row: int
    children: list[Node] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, without the space around it."""
        return "".join(self.parts).strip()

    def all(self, name: str) -> list[Node]:
        """The children of this name, in order."""
        return [child for child in self.children if child.name == name]

    def first(self, path: str) -> Node | None:
        """The first element at a path of names (`Head/Headline/Text`), None where there is none."""
        here: Node | None = self
        for name in path.split("/"):
            here = next((child for child in here.children if child.name == name), None) if here else None
        return here

    def said(self, path: str) -> str:
        """The text at a path, empty where there is none."""
        found = self.first(path)
        return found.text if found is not None else ""

    def within(self, name: str) -> Iterator[Node]:
        """Every element of this name below, in document order."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            if node.name == name:
                yield node
            waiting.extend(reversed(node.children))


def read_xml(data: bytes, name: str, *, most: int = MAX_BYTES) -> Node:
    """The root of a document. WrongInput with file and row for anything that is no plain, bounded XML.

    >>> read_xml(b"<a><b>1</b></a>", "x.xml").said("b")
    '1'
    """
    if len(data) > most:
        raise WrongInput(f"XMLが大きすぎます（上限{most // 1024 // 1024} MB）。", file=name)
    reader = _Reader(name)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise WrongInput(
            f"XMLとして読めません（{error.offset + 1}文字目、{_reason(error)}）。"
            "壊れていないファイルを入手してください。",
            file=name,
            row=error.lineno,
        ) from None
    except (LookupError, ValueError):
        raise WrongInput(
            "XMLの文字コードを読めません。UTF-8のファイルを入手してください。", file=name, row=1
        ) from None
    if reader.root is None:
        raise WrongInput("XMLに要素がありません。", file=name, row=1)
    return reader.root


class _Reader:
    """Builds the tree while the parser reads."""

    def __init__(self, name: str) -> None:
        self.file = name
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0
        self.parser = expat.ParserCreate(namespace_separator="\x1f")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.said
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse
        self.parser.SkippedEntityHandler = self.refuse

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("\x1f")
        self.count += 1
        if self.count > MAX_NODES or len(self.open) >= MAX_DEPTH:
            raise WrongInput(
                f"XMLの要素が多すぎるか、入れ子が深すぎます（上限{MAX_NODES:,}個、{MAX_DEPTH}段）。",
                file=self.file,
                row=self.parser.CurrentLineNumber,
            )
        named = {key.rpartition("\x1f")[2]: value for key, value in attributes.items()}
        node = Node(local, space, named, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _: str) -> None:
        self.open.pop()

    def said(self, text: str) -> None:
        self.open[-1].parts.append(text)

    def refuse(self, *_: object) -> NoReturn:
        raise WrongInput(
            "文書型宣言（DTD）や実体の定義があるXMLは受け付けません。",
            file=self.file,
            row=self.parser.CurrentLineNumber,
        )


def _reason(error: expat.ExpatError) -> str:
    return expat.ErrorString(error.code) or "原因不明"
