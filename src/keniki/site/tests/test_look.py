"""The look of all pages: components render, are documented, keep the content policy and can be read."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Thing

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.urls import include, path

import keniki
from keniki.core.counts import Basis, Count
from keniki.site import gallery
from keniki.site.templatetags import keniki as components


def nothing(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse()


desk = ([path("desk/", nothing, name="desk"), path("desk/<slug:region>/", nothing, name="region")], "portal")
urlpatterns = [path("", include(desk)), path("accounts/logout/", nothing, name="account_logout")]
pytestmark = pytest.mark.urls(__name__)

PACKAGE = Path(keniki.__file__).parent
TEMPLATES = PACKAGE / "site" / "templates"
STATIC = PACKAGE / "site" / "static" / "keniki"
ALL_TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))


class Elements(HTMLParser):
    """The start tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.found if "id" in attrs]


def render(text: str, **context: object) -> str:
    return engines["django"].from_string(text).render(context).strip()


@pytest.fixture
def page() -> str:
    return render_to_string("gallery.html", gallery.sample())


def test_the_gallery_and_the_readme_show_every_tag() -> None:
    shown = "".join(
        file.read_text() for file in [*TEMPLATES.glob("base*.html"), *TEMPLATES.glob("**/gallery/*.html")]
    )
    shown += (TEMPLATES / "gallery.html").read_text()
    readme = (TEMPLATES / "components" / "README.md").read_text()
    for name in components.register.tags:
        assert re.search(rf"{{% {name}\b", shown), f"{name} is missing in the gallery"
        assert re.search(rf"\b{name}\b", readme), f"{name} is missing in components/README.md"
    for name in components.register.filters:
        assert name in readme, f"the filter {name} is missing in components/README.md"


def test_no_id_is_used_twice_on_a_page(page: str) -> None:
    ids = Elements(page).ids
    assert sorted(set(ids)) == sorted(ids)


def test_what_describes_or_labels_an_element_is_on_the_page(page: str) -> None:
    elements = Elements(page)
    named = {
        name
        for _, attrs in elements.found
        for key in ("for", "aria-labelledby", "aria-describedby")
        for name in (attrs.get(key) or "").split()
    }
    assert named <= {*elements.ids}


def test_every_error_on_top_leads_to_its_field(page: str) -> None:
    summary = page[page.index('class="error-summary"') : page.index('class="field has-error"')]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets
    assert set(targets) <= set(Elements(page).ids)


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_template_keeps_the_content_policy(template: Path) -> None:
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", template.read_text(), flags=re.DOTALL)
    for tag, attrs in Elements(re.sub(r"{%.*?%}", "", text, flags=re.DOTALL)).found:
        assert "style" not in attrs, f"inline style in <{tag}>"
        assert not [name for name in attrs if name.startswith("on")], f"inline handler in <{tag}>"
        assert tag != "style"
        assert tag != "script" or "src" in attrs, "inline script"
        for name in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//|javascript:", attrs.get(name) or ""), (
                f"{name} leaves the machine"
            )


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_template_compiles(template: Path) -> None:
    get_template(str(template).rpartition("/templates/")[2])


def test_every_file_and_icon_a_template_names_exists() -> None:
    icons = set(re.findall(r'symbol id="([\w-]+)"', (STATIC / "icons" / "icons.svg").read_text()))
    for template in ALL_TEMPLATES:
        text = template.read_text()
        for name in re.findall(r"static ['\"]keniki/([^'\"]+)", text):
            assert (STATIC / name).is_file(), f"{template.name}: {name}"
        for name in re.findall(r"{% icon ['\"]([\w-]+)", text):
            assert name in icons, f"{template.name}: {name}"
    signs = {
        *components.blocks.NOTICE_ICONS.values(),
        *(sign for _, _, sign in components.pieces.KPI_STATUSES.values() if sign),
    }
    assert signs <= icons


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("grey-900", "white"),
        ("grey-700", "grey-50"),
        ("grey-700", "green-50"),
        ("grey-536", "white"),
        ("grey-600", "green-50"),
        ("grey-600", "surface-sunken"),
        ("blue-900", "yellow-50"),
        ("blue-900", "green-50"),
        ("blue-900", "yellow-300"),
        ("magenta-900", "yellow-50"),
        ("blue-1000", "blue-50"),
        ("green-900", "green-50"),
        ("white", "green-900"),
        ("white", "red-900"),
        ("red-900", "white"),
        ("red-1000", "red-50"),
        ("orange-900", "orange-50"),
        ("yellow-1100", "yellow-50"),
        ("purple-700", "white"),
        ("white", "level-5"),
        ("white", "level-4"),
        ("black", "level-3"),
        ("black", "level-2"),
    ],
)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (STATIC / "css" / "tokens.css").read_text()))
    light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_variable_a_style_sheet_uses_has_a_value() -> None:
    sheets = {file.name: file.read_text() for file in (STATIC / "css").glob("*.css")}
    known = {name for text in sheets.values() for name in re.findall(r"(?m)(--[\w-]+):", text)}
    for name, text in sheets.items():
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= known, name


def test_missing_values_have_three_looks_and_zero_is_a_value() -> None:
    looks = {
        render("{{ value|missing:kind }}", value=None, kind=kind) for kind in ("none", "todo", "unknown")
    }
    assert len(looks) == 3
    assert render("{{ 0|missing }}") == "0"
    assert "未入力" in render("{{ amount|yen|missing }}", amount=None)
    assert "なし" in render("{{ amount|yen|dash_if_none }}", amount=None)


def test_values_are_written_as_on_paper() -> None:
    assert render("{{ amount|yen }}", amount=-1234000) == "▲1,234,000円"
    assert render("{{ amount|thousand_yen }}", amount=10_000_500) == "10,001"
    assert (
        render("{{ count|count }}", count=Count(100, "作品", Basis.CUMULATIVE, "延べ100作品"))
        == "延べ100作品"
    )
    typed = Thing(value=300, counter="人", basis="about", as_typed="")
    assert render("{{ count|count }}", count=typed) == "約300人"
    day = date(2019, 5, 1)
    assert render("{{ day|era_date }}/{{ day|era_date_short }}", day=day) == "令和元年5月1日/R1.5.1"
    assert render("{{ 2024|year_table }}{{ 2024|year_text }}") == "令和6年度（R6年度）"


def test_a_figure_without_a_source_is_printed_alone() -> None:
    assert render("{% source %}12{% endsource %}") == "12"
    assert "国勢調査" in render('{% source edition="国勢調査" %}12{% endsource %}')


def test_user_text_in_a_component_is_escaped() -> None:
    nasty = "<script>alert(1)</script>"
    for text in (
        "{% badge nasty %}",
        "{% crumb nasty nasty %}",
        "{% pageheader title=nasty state=nasty lead=nasty %}{% endpageheader %}",
        "{% datatable caption=nasty file=nasty note=nasty %}{% enddatatable %}",
        "{% source edition=nasty %}{{ nasty }}{% endsource %}",
        "{% notice title=nasty %}{{ nasty }}{% endnotice %}",
        "{% photocard src=nasty alt=nasty caption=nasty %}",
    ):
        assert "<script" not in render(text, nasty=nasty)


def test_a_mark_says_its_word_to_a_screen_reader() -> None:
    assert 'class="sr-only">実施<' in render('{% mark "done" 3 "/a/" %}')
    assert "<a" not in render('{% mark "done" 3 %}')


class Town(forms.Form):
    name = forms.CharField(label="市町名")
    role = forms.ChoiceField(label="役割", choices=[("a", "A")])
    note = forms.CharField(label="備考", error_messages={"required": "備考を書いてください。"})


def test_an_empty_field_says_what_to_do() -> None:
    errors = {bound.name: components.forms.field_errors(bound) for bound in Town({})}
    assert errors == {
        "name": ["入力してください。"],
        "role": ["選んでください。"],
        "note": ["備考を書いてください。"],
    }


def test_a_page_without_errors_has_no_summary() -> None:
    assert render("{% errorsummary form %}", form=Town()) == ""


def test_the_pages_of_a_list_keep_the_filters() -> None:
    request = RequestFactory().get("/", {"year": "2024", "page": "1"})
    html = (
        engines["django"]
        .from_string("{% pagination page %}")
        .render({"page": Paginator(range(100), 10).page(1)}, request)
    )
    assert 'href="?year=2024&amp;page=2"' in html
    assert "page=1&" not in html


def test_ways_into_a_region_need_a_region() -> None:
    keys = render(
        "{% navigation as ways %}{% for way in ways %}{{ way.key }} {% endfor %}", region=None
    ).split()
    assert keys == ["desk"]
    with_region = render(
        "{% navigation as ways %}{% for way in ways %}{{ way.key }} {{ way.url }} {% endfor %}",
        region=Thing(slug="midorino"),
    )
    assert with_region.split() == ["desk", "/desk/", "region", "/desk/midorino/"]


@pytest.mark.parametrize(
    "name", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"]
)
def test_an_error_page_needs_no_context(name: str) -> None:
    html = render_to_string(name)
    assert "<h1>" in html
    assert 'lang="ja"' in html


def test_a_refusal_tells_the_reason() -> None:
    assert "森田町の担当者だけ" in render_to_string(
        "403.html", {"exception": "直せるのは森田町の担当者だけです。"}
    )


@pytest.mark.parametrize(
    ("verb", "able", "unable"),
    [
        ("保存", "保存できます。", "保存できません。"),
        ("決定を記録", "決定を記録できます。", "決定を記録できません。"),
        ("品目の登録", "品目の登録ができます。", "品目の登録はできません。"),
        ("確認・決定", "確認・決定ができます。", "確認・決定はできません。"),
    ],
)
def test_what_may_and_may_not_be_done_is_said_in_a_sentence(verb: str, able: str, unable: str) -> None:
    for allowed, words in ((True, able), (False, unable)):
        ruling = Thing(allowed=allowed, reason="理由です。", on_behalf_of=None)
        told = render("{% whynot ruling verb %}", ruling=ruling, verb=verb)
        assert f"<strong>{words}</strong>理由です。" in told
