"""`docs/reference/permissions.md`: the policies asked for every kind of user, and what each of them says."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .tables import page as page_of
from .tables import table

Ask = Callable[[Any, "Scene"], Any]


@dataclass(frozen=True)
class Scene:
    """A region with the town a user works for and another member town."""

    region: Any
    own: Any
    other: Any


@dataclass(frozen=True)
class Deed:
    """What somebody wants to do; `ask(actor, scene)` gives the policy's ruling."""

    label: str
    ask: Ask


def page() -> str:
    """Roles and deeds as one table, the sentences of every no, and every ruling by slice."""
    users, scene = actors(), _scene()
    answers = {
        deed.label: {name: deed.ask(actor, scene) for name, actor in users.items()} for deed in deeds()
    }
    return page_of(
        "権限",
        "権限は人ではなく職（しょく）に付きます。画面も API もコマンドも同じ判断を通り、"
        "できないときは理由を1文で返します。下の表は、その判断をそれぞれの立場で実行した結果です。",
        "- ○ … できる　／　代理 … 代理入力としてできる（記録と画面に代理であることが出る）　／　― … できない\n"
        "- 見えない記録は、無いものとして扱います（404）。見えてもできないことは、理由を示して断ります（403）。\n"
        "- 締め切った年度、締結した協定、提出した文書は、○ の立場でも変更できません。"
        "年度は事務局が理由を書いて再開でき、協定は変更協定、文書は差替版で改めます。",
        "## 立場ごとにできること",
        table(
            ("すること", *users),
            ((label, *(mark(row[name]) for name in users)) for label, row in answers.items()),
        ),
        "## できないときに示される理由",
        table(
            ("すること", "理由"), ((label, reasons(row)) for label, row in answers.items() if reasons(row))
        ),
        "## すべての判断",
        "Each is a function in the slice's `policies.py` that answers with a `Ruling`.",
        *(part for slice_ in _slices() for part in _slice(slice_)),
    )


def actors() -> Mapping[str, Any]:
    """One actor per kind of user, in memory.

    Of the bodies 1 is the secretariat's, 2 the user's town, 4 a town outside the region, 5 a fire union.
    """
    from keniki.apps.accounts.actor import Actor, PostRef
    from keniki.apps.regions.models import Organisation, Post

    body, role = Organisation.Kind, Post.Role

    def actor(role_: str, organisation: int, kind: str, municipality: int | None = None) -> Actor:
        post = PostRef(organisation, "職", role_, organisation, kind, "団体", municipality)
        return Actor(posts=(post,))

    return {
        "事務局": actor(role.SECRETARIAT, 1, body.SECRETARIAT),
        "事務局の管理者": actor(role.ADMINISTRATOR, 1, body.SECRETARIAT),
        "市町村の担当者": actor(role.OFFICER, 2, body.MUNICIPALITY, 2),
        "市町村の決裁者": actor(role.APPROVER, 2, body.MUNICIPALITY, 2),
        "市町村の管理者": actor(role.ADMINISTRATOR, 2, body.MUNICIPALITY, 2),
        "懇談会委員": actor(role.PANEL_MEMBER, 1, body.SECRETARIAT),
        "閲覧者": actor(role.VIEWER, 2, body.MUNICIPALITY, 2),
        "関係団体の担当者": actor(role.OFFICER, 5, body.FIRE),
        "圏域外の職員": actor(role.OFFICER, 4, body.MUNICIPALITY, 4),
        "システム管理者": Actor(operator=True),
    }


def deeds() -> list[Deed]:
    """The rows of the table."""
    from keniki.apps.activities import policies as activities
    from keniki.apps.documents import policies as documents
    from keniki.apps.finance import policies as finance
    from keniki.apps.finance.models import JointCost
    from keniki.apps.regions import policies as regions
    from keniki.apps.regions.models import Organisation
    from keniki.apps.workflow import policies as workflow

    def joint_cost(at: Scene) -> JointCost:
        body = Organisation(kind=Organisation.Kind.MUNICIPALITY, municipality=at.own, name=at.own.name)
        return JointCost(region=at.region, holder=body)

    return [
        Deed("圏域の職員用画面を見る", lambda who, at: regions.see(who, at.region)),
        Deed("コメントする", lambda who, at: regions.comment(who, at.region)),
        Deed("文書の確認版を作る", lambda who, at: documents.build(who, at.region)),
        Deed("ファイルを添付する", lambda who, at: workflow.attach(who, at.region)),
        Deed("写真の原本を開く", lambda who, at: activities.see_original(who, at.region)),
        Deed("自分の市町村の活動を登録する", lambda who, at: activities.create(who, at.region)),
        Deed("自分の市町村の予算・決算を入力する", lambda who, at: finance.add_line(who, at.region)),
        Deed(
            "その市町村の数値・評価・議決を入力する",
            lambda who, at: regions.edit_town(who, at.region, at.own),
        ),
        Deed("ほかの市町村の数値を入力する", lambda who, at: regions.edit_town(who, at.region, at.other)),
        Deed("その市町村の機関決定を記録する", lambda who, at: regions.decide_for(who, at.region, at.own)),
        Deed(
            "ほかの市町村の機関決定を記録する", lambda who, at: regions.decide_for(who, at.region, at.other)
        ),
        Deed(
            "共同の記録（協定・ビジョン・取組・共同の活動・交付金）を編集する",
            lambda who, at: regions.edit_shared(who, at.region),
        ),
        Deed(
            "共同経費と負担割合の定めを編集し、照会・決定する",
            lambda who, at: finance.write_cost(who, at.region),
        ),
        Deed(
            "共同経費の調定・収納・支出を記帳する（その市町村が会計をもつとき）",
            lambda who, at: finance.keep_account(who, joint_cost(at)),
        ),
        Deed("年度を締め切る・再開する", lambda who, at: activities.close_year(who, at.region)),
        Deed("文書を照会・提出・公開する", lambda who, at: documents.advance(who, at.region)),
        Deed("構成市町村・事務局・制度を変更する", lambda who, at: regions.manage_region(who, at.region)),
        Deed("利用者を登録する", lambda who, at: regions.create_account(who)),
        Deed("圏域を作成する", lambda who, at: regions.create_region(who)),
    ]


def mark(ruling: Any) -> str:
    """The ruling as one sign."""
    return ("代理" if ruling.on_behalf_of else "○") if ruling else "―"


def reasons(row: Mapping[str, Any]) -> str:
    """The different sentences of the refusals, each with who gets it."""
    by_reason: dict[str, list[str]] = {}
    for name, ruling in row.items():
        if not ruling:
            by_reason.setdefault(ruling.reason, []).append(name)
    return "<br>".join(f"{'・'.join(names)}：{reason}" for reason, names in by_reason.items())


def _scene() -> Scene:
    """Rulings ask a region for its members and related bodies; this one only remembers them."""
    from keniki.apps.regions.models import Municipality, Region, forever
    from keniki.apps.regions.policies import Stay

    region = Region(pk=1, slug="region", secretariat_id=1)
    stays = [Stay(town, forever(), frozenset({town})) for town in (2, 3)]
    vars(region).update(_stays=stays, _related_ids=frozenset({5}))
    return Scene(region, Municipality(pk=2, name="A町"), Municipality(pk=3, name="B町"))


def _slices() -> list[str]:
    from django.apps import apps

    names = [app.name for app in apps.get_app_configs()]
    return [name.rpartition(".")[2] for name in names if name.startswith("keniki.apps.")]


def _slice(name: str) -> Iterator[str]:
    rulings = list(_rulings(name))
    if rulings:
        yield f"### {name}"
        yield table(("判断", "内容"), rulings)


def _rulings(slice_: str) -> Iterator[tuple[str, str]]:
    """Name and docstring of the public functions that answer with a `Ruling`."""
    spec = find_spec(f"keniki.apps.{slice_}.policies")
    if spec is None or spec.origin is None:
        return
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and isinstance(node.returns, ast.Name)
            and node.returns.id == "Ruling"
        ):
            yield f"`{node.name}`", ast.get_docstring(node) or ""
