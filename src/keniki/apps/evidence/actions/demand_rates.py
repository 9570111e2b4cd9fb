"""A region's own rates for demand: registered as one text, put right, given up."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book

from .. import policies
from ..book.book import members_of
from ..futures.demanding import totals_given
from ..futures.rate_files import Given, GivenRule, read
from ..futures.rate_keys import keys
from ..futures.rates_today import projected_from_newest, reckoned
from ..futures.region_rates import rates_of
from ..models import DemandRates

#: A ledger of some thousand buildings and every rate by single year of age are smaller.
LARGEST_RATES = 500_000
_NAMED = 8


def save_demand_rates(
    actor: Actor, region: Region, text: str, *, name: str = "", note: str = "", version: int | None = None
) -> DemandRates:
    """Register a file of rates in place of the region's former one; forecasts take it from then on.

    `version` is that of the rates the actor saw, 0 where there were none. WrongInput for what no file of rates may
    say, for none at all, and where the rates seen were removed meanwhile.
    """
    ruling = policies.keep_demand_rates(actor, region).require()
    text = _plain(text)
    given = _checked(text, name)
    _try(region, given, name)
    with verb(actor, "evidence.save_demand_rates", region=region.slug, ruling=ruling, quiet=True) as act:
        Region.objects.select_for_update().get(pk=region.pk)
        stored = _seen(region, version)
        before = _rules(stored)
        was = None if stored is None else _said(stored)
        if stored is None:
            stored = DemandRates(region=region)
        elif (stored.content, stored.file_name, stored.note) == (text, name, note):
            return stored
        stored.content, stored.file_name, stored.note = text, name, note
        stored.author, stored.author_name = actor.user, actor.label(ruling.post)
        act.save(stored)
        act.log(stored, was, _said(stored), _sentence(before, given.rules))
    return stored


def remove_demand_rates(actor: Actor, region: Region, version: int | None) -> None:
    """Give the region's own rates up: the statistics' and the nation's are taken again."""
    ruling = policies.keep_demand_rates(actor, region).require()
    with verb(actor, "evidence.remove_demand_rates", region=region.slug, ruling=ruling, quiet=True) as act:
        Region.objects.select_for_update().get(pk=region.pk)
        stored = rates_of(region)
        if stored is None:
            return
        stored = act.lock(stored, version)
        gone = _rules(stored)
        said = f"（{_names(gone)}）" if gone else ""
        act.log(stored, _said(stored), None, f"需要の率を削除{said}")
        stored.delete()


def _seen(region: Region, version: int | None) -> DemandRates | None:
    """What is stored now. Stale where it is not what the actor saw."""
    stored = rates_of(region)
    if version is None:
        return stored
    if stored is not None and stored.version != version:
        raise Stale(stored)
    if stored is None and version:
        raise WrongInput(
            "ほかの利用者が、登録した率を削除しました。新しく登録するときは、もう一度保存してください。"
        )
    return stored


def _plain(text: str) -> str:
    """The text with one kind of line end and one at its end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"


def _checked(text: str, name: str) -> Given:
    file = name or None
    if len(text.encode()) > LARGEST_RATES:
        raise WrongInput(f"率のファイルが大きすぎます（{LARGEST_RATES // 1000} KBまで）。", file=file)
    on = today()
    given = read(text, name, totals_given(on))
    if not given.rules:
        raise WrongInput(
            "率が1件もありません。登録をやめるときは「登録した率を削除する」を使ってください。", file=file
        )
    uses = book.renewal(on).value.uses
    for rule in given.rules:
        for number, building in enumerate(getattr(rule.value, "rows", ()), 1):
            if getattr(building, "use", None) not in (None, *uses):
                raise WrongInput(
                    f"{number}番目の建物の用途「{building.use[:40]}」はありません。使える用途：{'、'.join(uses)}",
                    file=file,
                    column=f"{rule.id}.value.rows.{number}.use",
                )
    return given


def _try(region: Region, given: Given, name: str) -> None:
    """Reckon the members' demand with the rates, where there is a population to do so."""
    try:
        base = projected_from_newest(members_of(region))
    except WrongInput:
        return
    try:
        reckoned(base, region, given, today())
    except WrongInput as wrong:
        raise wrong.at(file=name or None) from None


def _rules(stored: DemandRates | None) -> tuple[GivenRule, ...]:
    """The rules of what is stored; none where the rules of today do not take it any more."""
    if stored is None:
        return ()
    try:
        return read(stored.content, stored.file_name, totals_given(today())).rules
    except WrongInput:
        return ()


def _said(stored: DemandRates) -> dict[str, str]:
    return {"file_name": stored.file_name, "note": stored.note, "digest": stored.digest}


def _sentence(before: tuple[GivenRule, ...], after: tuple[GivenRule, ...]) -> str:
    """What changed in words."""
    was, now = _by_key(before), _by_key(after)
    parts = [
        ("追加", [rule for key, rule in now.items() if key not in was]),
        ("変更", [rule for key, rule in now.items() if key in was and was[key] != rule]),
        ("削除", [rule for key, rule in was.items() if key not in now]),
    ]
    said = "、".join(f"{_names(rules)}を{what}" for what, rules in parts if rules)
    return f"需要の率を登録（{said or '率は変わらず、説明か書き方を変更'}）"


def _by_key(rules: Iterable[GivenRule]) -> dict[tuple[str, tuple[str, ...]], GivenRule]:
    return {(rule.id, rule.municipalities): rule for rule in rules}


def _names(rules: Iterable[GivenRule]) -> str:
    """What they are rates of, the first few by name."""
    known = keys(today())
    found = list(dict.fromkeys(known[rule.id].label for rule in rules))
    more = f"ほか{len(found) - _NAMED}件" if len(found) > _NAMED else ""
    return f"「{'」「'.join(found[:_NAMED])}」{more}"
