"""The documentation is complete and true: what it names exists, and what exists is named."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import subprocess
import textwrap
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
FEATURES = ROOT / "docs" / "features.md"
#: The slice that CONTRIBUTING makes up to show how one is added.
EXAMPLE = "/apps/notices/"
#: Put together here so that this file does not contain them itself.
FORBIDDEN = {
    "a path of somebody's machine": rf"/{'work'}/|/{'tmp'}/keniki/|/{'root'}/",
    "a package registry's host": rf"(?:{'pypi'}|{'pythonhosted'}|{'npmjs'})\.(?:org|com)|/{'simple'}/?\b",
    "an issue's number": rf"\b{'issue'}s? ?#?\d+\b|(?:{'fix'}(?:es)?|{'close'}s?) #\d+|\(#\d+\)",
}
#: Python's own cache folders aside, these hold no text.
BINARY = {".png", ".jpg", ".jpeg", ".gif", ".ico", ".woff2", ".otf", ".ttf", ".pdf", ".docx", ".xlsx", ".gz"}


def documents() -> list[Path]:
    """Every page of documentation."""
    return sorted(path for path in files() if path.suffix == ".md")


@functools.cache
def files() -> tuple[Path, ...]:
    """What is tracked, or would be; in a copy without git everything outside the ignored folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return tuple(ROOT / name for name in names if (ROOT / name).is_file())
    ignored = {
        ".venv",
        "var",
        "__pycache__",
        ".git",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
    }
    return tuple(
        path for path in ROOT.rglob("*") if path.is_file() and not ignored & set(path.relative_to(ROOT).parts)
    )


def expand(text: str) -> list[str]:
    """`/a/{b,c}/` as the two addresses it stands for."""
    parts = [
        part[1:-1].split(",") if part.startswith("{") else [part] for part in re.split(r"(\{[^{}]*\})", text)
    ]
    return ["".join(chosen) for chosen in product(*parts)]


def shape(address: str) -> str:
    """An address or a pattern with its variable parts blanked out."""
    return re.sub(r"<[^>]*>|\(\?P<[^)]*\)", "<>", address)


@functools.cache
def patterns() -> dict[str, tuple[str, str]]:
    """Shape of every address → its name and the module that answers."""
    from django.urls import URLPattern, URLResolver, get_resolver

    found: dict[str, tuple[str, str]] = {}

    def walk(resolver: URLResolver, prefix: str, space: str) -> None:
        for each in resolver.url_patterns:
            part = prefix + re.sub(r"[\^$\\]", "", str(each.pattern))
            if isinstance(each, URLResolver):
                walk(each, part, f"{each.namespace}:" if each.namespace else space)
            elif isinstance(each, URLPattern):
                module = getattr(each.callback, "__module__", "")
                found.setdefault(shape("/" + part), (f"{space}{each.name or ''}", module))

    walk(get_resolver(), "", "")
    return found


def rows() -> Iterator[tuple[int, list[str]]]:
    """The lines of the table of features: line number and cells."""
    for number, line in enumerate(FEATURES.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield number, [cell.strip() for cell in line.strip("|").split("|")]


def named(prefix: str) -> Iterator[tuple[int, str]]:
    """What the table names in code style and begins with `prefix`, braces resolved, with its line."""
    for number, cells in rows():
        for text in re.findall(r"`([^`]+)`", " ".join(cells)):
            if text.startswith(prefix):
                yield from ((number, each) for each in expand(text))


def test_every_page_that_the_features_name_exists() -> None:
    known = patterns()
    wrong = [
        f"features.md:{number}: {address}" for number, address in named("/") if shape(address) not in known
    ]
    assert not wrong, "no such address:\n" + "\n".join(wrong)


def test_every_page_of_the_product_is_among_the_features() -> None:
    listed = {shape(address) for _, address in named("/")}
    forgotten = [
        f"{address}  ({name})"
        for address, (name, module) in patterns().items()
        if (module.startswith("keniki.") or address.startswith("/api/")) and address not in listed
    ]
    assert not forgotten, "add a row to docs/features.md for:\n" + "\n".join(sorted(forgotten))


def test_every_command_that_the_features_name_exists_and_none_is_left_out() -> None:
    from keniki.cli.docs.commands import listed
    from keniki.cli.main import parser

    commands = {name for name, *_ in listed(parser())}
    mentioned = {text: number for number, text in named("keniki ")}
    known = {
        text for text in mentioned if any(text == name or text.startswith(f"{name} ") for name in commands)
    }
    assert set(mentioned) == known
    assert {name for name in commands if not any(text.startswith(name) for text in mentioned)} == set()


def test_every_file_and_target_that_the_features_name_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert [text for _, text in named("make ") if text.removeprefix("make ") not in targets] == []
    assert [text for _, text in named("src/") if "::" not in text and not (ROOT / text).exists()] == []


def test_every_file_of_the_source_that_a_page_names_exists() -> None:
    lost = [
        f"{page.relative_to(ROOT)}: {path}"
        for page in documents()
        for path in re.findall(
            r"(?<![\w/-])(?:src|tests|benchmarks|scripts)/[\w./-]*[\w/]", page.read_text("utf-8")
        )
        if not (ROOT / path).exists() and EXAMPLE not in path
    ]
    assert lost == []


def test_every_option_that_a_page_shows_exists() -> None:
    from keniki.cli.docs.commands import listed
    from keniki.cli.main import parser

    options = {
        name: {option for action in command._actions for option in action.option_strings}
        for name, command, _ in listed(parser())
    }
    wrong = []
    for page in documents():
        for text in re.findall(
            r"(?:^|`)(keniki [a-z][^`\n#]*)", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            command = next(
                (name for name in sorted(options, reverse=True) if f"{text} ".startswith(f"{name} ")), ""
            )
            given = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", text))
            if command and not given <= options[command]:
                wrong.append(f"{page.relative_to(ROOT)}: {text}")
    assert not wrong, "no such option:\n" + "\n".join(wrong)


@pytest.mark.slow
def test_every_test_that_the_features_name_exists() -> None:
    tests = _tests()
    wrong = []
    for number, cells in rows():
        for text in re.findall(r"`([^`]+::[^`]+)`", cells[-1]):
            file, name = text.split("::")
            matching = [path for path in tests if path == file or path.endswith(f"/{file}")]
            if len(matching) != 1 or name not in tests[matching[0]]:
                wrong.append(f"features.md:{number}: {text}")
    assert not wrong, "no such test:\n" + "\n".join(wrong)


def test_every_feature_names_a_way_to_reach_it_and_a_test() -> None:
    bare = [
        f"features.md:{number}: {cells[0]}"
        for number, cells in rows()
        if cells[0] not in ("Capability", "---") and ("`" not in cells[1] or "::" not in cells[-1])
    ]
    assert not bare, "\n".join(bare)


@pytest.mark.slow
def test_the_generated_references_are_fresh() -> None:
    from keniki.cli import docs

    assert [path.name for path in docs.stale()] == [], "run: python -m keniki.cli.docs"


@pytest.mark.parametrize(
    "seat", ["secretariat", "partner", "approver", "panel_member", "viewer", "fire_officer"]
)
def test_the_table_of_permissions_says_what_the_policies_say_of_real_people(
    seat: str, cast: Any, in_region: Any, towns: Any
) -> None:
    from keniki.cli.docs import permissions

    columns = {
        "secretariat": "事務局",
        "partner": "市町村の担当者",
        "approver": "市町村の決裁者",
        "panel_member": "懇談会委員",
        "viewer": "閲覧者",
        "fire_officer": "関係団体の担当者",
    }
    own, other = ("星野町", "青葉市") if seat == "viewer" else ("川北町", "星野町")
    scene = permissions.Scene(in_region, towns[own], towns[other])
    for deed in permissions.deeds():
        in_table = deed.ask(permissions.actors()[columns[seat]], permissions._scene())
        real = deed.ask(cast.actors[seat], scene)
        assert permissions.mark(real) == permissions.mark(in_table), deed.label


def test_the_example_of_a_region_file_loads(cast: Any) -> None:
    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.portal.interchange.read import read
    from keniki.apps.regions import queries
    from keniki.cli.docs import EXAMPLE

    document = read(EXAMPLE)
    load_region(queries.operator(), document)
    assert load_region(queries.operator(), document).created.total() == 0


def test_no_link_in_the_documentation_is_broken() -> None:
    broken = []
    for page in documents():
        for target in _links(page):
            path, _, anchor = unquote(target).partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
            elif anchor and file.suffix == ".md" and anchor not in _anchors(file):
                broken.append(f"{page.relative_to(ROOT)}: {target} (no such heading)")
    assert not broken, "\n".join(broken)


def test_every_page_of_documentation_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md", ROOT / "README.ja.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        linked = [(page.parent / unquote(target).partition("#")[0]).resolve() for target in _links(page)]
        waiting += [path for path in linked if path.suffix == ".md" and path.is_file()]
        waiting += [path / "README.md" for path in linked if (path / "README.md").is_file()]
    below = [path for path in documents() if path.is_relative_to(ROOT / "docs")]
    assert [path.relative_to(ROOT).as_posix() for path in below if path not in reached] == []


def test_the_pictures_are_small_and_used() -> None:
    pictures = [path for path in files() if path.parent == ROOT / "docs" / "pictures"]
    texts = "".join(page.read_text(encoding="utf-8") for page in documents())
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size >= 250_000 or path.name not in texts] == []


@pytest.mark.slow
def test_nothing_of_the_place_where_it_was_made_is_left_in_a_file() -> None:
    found = []
    for path in files():
        if path.suffix in BINARY:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for what, pattern in FORBIDDEN.items():
            found += [
                f"{path.relative_to(ROOT)}:{number}: {what}: {match.group()}"
                for number, line in enumerate(lines, 1)
                for match in re.finditer(pattern, line, re.IGNORECASE)
            ]
    assert not found, "\n".join(found)


@functools.cache
def _tests() -> dict[str, set[str]]:
    """Path of every test file → names of its tests, read without importing it."""
    found = {}
    for path in files():
        if path.name.startswith("test_") and path.suffix == ".py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found[path.relative_to(ROOT).as_posix()] = {
                node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
            }
    return found


def _links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [
        target
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in target and "mailto:" not in target
    ]


@functools.cache
def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_examples_for_contributors_use_what_exists() -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(blocks) >= 4
    for block in blocks:
        for node in ast.walk(ast.parse(textwrap.dedent(block))):
            if (
                isinstance(node, ast.ImportFrom)
                and node.level == 0
                and (node.module or "").startswith("keniki")
            ):
                module = importlib.import_module(node.module or "")
                assert [name.name for name in node.names if not hasattr(module, name.name)] == [], node.module


@pytest.mark.slow
def test_what_the_how_tos_put_in_brackets_is_said_by_the_product() -> None:
    said = "".join(
        path.read_text(encoding="utf-8")
        for path in files()
        if path.is_relative_to(ROOT / "src")
        and path.suffix in {".html", ".py", ".js"}
        and "tests" not in path.parts
    )
    unknown = [
        f"{page.relative_to(ROOT)}: {words}"
        for page in documents()
        if page.parent == ROOT / "docs" / "how-to"
        for words in re.findall(r"「([^「」]+)」", page.read_text(encoding="utf-8"))
        if words not in said
    ]
    assert not unknown, "no such label in src/:\n" + "\n".join(unknown)
