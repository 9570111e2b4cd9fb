"""Load a region from its file: one bulk action, all or nothing; the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, OperationalError
from django_scopes import scopes_disabled

from keniki.apps.accounts.actor import Actor, allow, deny
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput

from .. import schema
from ..sync import Sync
from . import activities, compacts, costs, finance, initiatives, kpis, programmes, refusals, regions, register
from .state import Load, days

__all__ = ["STEPS", "Progress", "days", "load_region"]

Progress = Callable[[str, int, int], None]

#: What is stored, in this order: a step refers to what the steps before it stored.
#: The second is the part of the file that is blamed when the database refuses.
STEPS: tuple[tuple[str, str, Callable[[Load], None]], ...] = (
    ("市町村", "municipalities", regions.municipalities),
    ("圏域", "region", regions.region_itself),
    ("構成市町", "members", regions.members),
    ("協定", "agreements", compacts.agreements),
    ("宣言・ビジョン", "visions", compacts.declarations_and_visions),
    ("取組", "initiatives", initiatives.initiatives),
    ("活動", "activities", activities.activities),
    ("財政", "budgets", finance.money),
    ("共同経費", "joint_costs", costs.joint_costs),
    ("KPI", "kpi", kpis.kpis),
    ("共同処理・連携の仕組み", "arrangements", register.arrangements),
    ("課題から事業化へ", "matters", register.register),
    ("制度の回答・計上・工程", "revenue_claims", programmes.programmes),
)


def load_region(actor: Actor, document: schema.RegionFile, *, progress: Progress | None = None) -> Sync:
    """Store the region. The operator loads anything; a region that exists is brought to the file's state.

    Rows that the file does not name stay as they are. Raises `WrongInput` where the database refuses (closed
    fiscal year, overlapping periods); then nothing is stored.
    """
    ruling = (
        allow("システム管理者です。") if actor.operator else deny("圏域の読込みはシステム管理者が行います。")
    )
    slug, at = document.region.slug, "region"
    try:
        with (
            scopes_disabled(),
            verb(actor, "portal.load_region", region=slug, ruling=ruling, quiet=True) as act,
        ):
            load = Load(document)
            for number, (label, section, step) in enumerate(STEPS):
                (progress or _silent)(label, number, len(STEPS))
                at = section
                step(load)
            (progress or _silent)("完了", len(STEPS), len(STEPS))
            region = load.region
            if load.sync.anything:
                created, changed = sum(load.sync.created.values()), sum(load.sync.changed.values())
                act.log(
                    region,
                    None,
                    {"created": dict(load.sync.created), "changed": dict(load.sync.changed)},
                    f"{region.name} の記録をファイルから読み込み（追加 {created}件、更新 {changed}件）",
                )
            return load.sync
    except WrongInput as wrong:
        if not isinstance(wrong.__cause__, DatabaseError):
            raise
        busy = isinstance(wrong.__cause__, OperationalError)
        raise document.wrong(wrong.message if busy else refusals.explained(wrong.__cause__), at) from wrong


def _silent(label: str, done: int, total: int) -> None:
    return None
