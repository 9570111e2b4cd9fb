"""The text of a draft agreement: articles, annex items with measures and roles, signatories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import Article, tidy
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Measure,
    PartyRole,
    Signatory,
)
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from .agreements import open_version
from .common import free_number, label_of, needed

_TEXT = ("preamble", "articles", "closing", "annex_heading", "change_note")
_ITEM = ("group", "field_label", "fields", "title", "direction", "remarks")


@dataclass(frozen=True)
class MeasureRow:
    """A measure as typed; an empty `key` is a new measure."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class RoleRow:
    """Who (six-digit codes) does what (one line each)."""

    municipalities: Sequence[str]
    items: Sequence[str]


@dataclass(frozen=True)
class SignatoryRow:
    """A party's signatory; `name` as printed, empty while unknown."""

    municipality: Municipality
    address: str = ""
    title: str = ""
    name: str = ""


def edit_text(
    actor: Actor,
    agreement: Agreement,
    version: int | None,
    *,
    preamble: str,
    articles: Sequence[Article],
    closing: str,
    annex_heading: str = "別表",
    change_note: str = "",
) -> AgreementVersion:
    """Write the draft's text; `version` is that of the text (`AgreementVersion.version`) the user saw."""
    ruling = policies.edit_text(actor, agreement)
    with verb(actor, "compacts.edit_text", region=agreement.region.slug, ruling=ruling, quiet=True) as act:
        text = _locked(act, actor, agreement, version)
        values: dict[str, Any] = {
            "preamble": tidy(preamble),
            "articles": list(articles),
            "closing": tidy(closing),
            "annex_heading": needed(annex_heading, "別表の見出し"),
            "change_note": tidy(change_note),
        }
        before = snapshot(text, *_TEXT)
        if before == values:
            return text
        for name, value in values.items():
            setattr(text, name, value)
        act.save(text)
        was, now = changes(before, values)
        names = [label_of(AgreementVersion, name) for name in now]
        count = f"（全{len(articles)}条）" if "articles" in now else ""
        act.log(text, was, now, f"「{agreement}」第{text.number}版（案）の{'・'.join(names)}を 変更{count}")
        return text


def save_annex_item(
    actor: Actor,
    agreement: Agreement,
    key: str | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    measures: Sequence[MeasureRow],
    roles: Sequence[RoleRow],
) -> AnnexItem:
    """Write an annex item of the draft, or add one (`key` None).

    `values`: group, field_label, fields, title, direction, remarks. A measure keeps its key; a new one gets a key
    that no measure of the agreement ever had.
    """
    ruling = policies.edit_text(actor, agreement)
    with verb(
        actor, "compacts.save_annex_item", region=agreement.region.slug, ruling=ruling, quiet=True
    ) as act:
        text = _locked(act, actor, agreement, None)
        item = _item(act, text, key, version)
        fresh = item._state.adding
        clean = {name: values.get(name, getattr(item, name)) for name in _ITEM}
        clean["title"] = needed(str(clean["title"]), "取組")
        clean["field_label"] = needed(str(clean["field_label"]), "分野")
        clean["direction"], clean["remarks"] = tidy(str(clean["direction"])), tidy(str(clean["remarks"]))
        before = None if fresh else _whole(item)
        parties = {party.municipality.code for party in agreement.parties.select_related("municipality")}
        for name, value in clean.items():
            setattr(item, name, value)
        kept = _keyed(agreement, item, measures)
        wanted_roles = _roles(roles, parties)
        after = {**snapshot(item, *_ITEM), "measures": [list(pair) for pair in kept], "roles": wanted_roles}
        if before == after:
            return item
        act.save(item)
        _replace(item, kept, wanted_roles)
        doing = "追加" if fresh else "変更"
        what = "" if before is None else "（" + "・".join(_changed_names(before, after)) + "）"
        act.log(
            item,
            before,
            after,
            f"「{agreement}」別表の取組「{item}」{what}を {doing}（取組内容 {len(kept)}件）",
        )
        return item


def remove_annex_item(actor: Actor, agreement: Agreement, key: str, version: int | None) -> None:
    """Take an annex item out of the draft; earlier versions keep it."""
    ruling = policies.edit_text(actor, agreement)
    with verb(actor, "compacts.remove_annex_item", region=agreement.region.slug, ruling=ruling) as act:
        text = _locked(act, actor, agreement, None)
        item = _item(act, text, key, version)
        before = _whole(item)
        act.log(item, before, None, f"「{agreement}」別表の取組「{item}」を 案から削除")
        item.delete()


def edit_signatories(
    actor: Actor, agreement: Agreement, version: int | None, rows: Sequence[SignatoryRow]
) -> AgreementVersion:
    """Who signs, in the order of the parties, one for each; `version` is that of the agreement."""
    ruling = policies.edit_signatories(actor, agreement)
    with verb(
        actor, "compacts.edit_signatories", region=agreement.region.slug, ruling=ruling, quiet=True
    ) as act:
        agreement = act.lock(agreement, version)
        policies.edit_signatories(actor, agreement).require()
        text = policies.last_version(agreement)
        if text is None:
            text = open_version(agreement)
        given = {row.municipality.pk: row for row in rows}
        before = [_signatory(row) for row in text.signatories.select_related("municipality")]
        text.signatories.all().delete()
        for party in agreement.parties.select_related("municipality"):
            row = given.get(party.municipality_id)
            if row is None or not (row.title.strip() or row.name.strip() or row.address.strip()):
                continue
            Signatory(
                agreement_version=text,
                municipality=party.municipality,
                order=party.order,
                address=row.address.strip(),
                title=row.title.strip(),
                name=row.name.strip(),
            ).save()
        after = [_signatory(row) for row in text.signatories.select_related("municipality")]
        if before == after:
            return text
        act.save(agreement)
        names = [row["municipality"] for row in after if row not in before]
        act.log(
            text,
            {"signatories": before},
            {"signatories": after},
            f"「{agreement}」の署名者（{'・'.join(names) or '削除'}）を 変更",
        )
        return text


def complete_signatory(actor: Actor, signatory: Signatory, *, name: str) -> Signatory:
    """Fill in a name of which the source had lost a part; the text itself stays frozen."""
    agreement = signatory.agreement_version.agreement
    ruling = policies.complete_name(actor, signatory)
    with verb(actor, "compacts.complete_signatory", region=agreement.region.slug, ruling=ruling) as act:
        current = Signatory.objects.select_for_update().get(pk=signatory.pk)
        policies.complete_name(actor, current).require()
        before = snapshot(current, "name", "name_complete")
        current.name, current.name_complete = needed(name, "氏名"), True
        current.save()
        act.log(
            current,
            before,
            snapshot(current, "name", "name_complete"),
            f"「{agreement}」の署名者 {current.title} の氏名を {before['name'] or '（空欄）'}→{current.name} に補記",
        )
        return current


# --- steps ------------------------------------------------------------------------------------------------


def _locked(act: Act, actor: Actor, agreement: Agreement, version: int | None) -> AgreementVersion:
    """The open text of the draft, locked; the agreement's state is checked again under the lock."""
    locked = act.lock(agreement, None)
    policies.edit_text(actor, locked).require()
    last = policies.last_version(locked)
    if last is not None and not last.frozen:
        return act.lock(last, version)
    return open_version(locked)


def _item(act: Act, text: AgreementVersion, key: str | None, version: int | None) -> AnnexItem:
    if key is None:
        taken = AnnexItem.objects.filter(agreement_version__agreement=text.agreement).values_list(
            "key", flat=True
        )
        last = text.annex_items.order_by("-order").first()
        return AnnexItem(
            agreement_version=text, key=free_number(taken, "item_"), order=last.order + 1 if last else 1
        )
    item = text.annex_items.filter(key=key).first()
    if item is None:
        raise WrongInput("この取組は案から削除されています。別表の一覧を開き直してください。")
    return act.lock(item, version)


def _whole(item: AnnexItem) -> dict[str, Any]:
    return {
        **snapshot(item, *_ITEM),
        "measures": [[row.key, row.text] for row in item.measures.all()],
        "roles": [[list(row.municipalities), list(row.items)] for row in item.roles.all()],
    }


def _keyed(agreement: Agreement, item: AnnexItem, measures: Sequence[MeasureRow]) -> list[tuple[str, str]]:
    used = list(
        Measure.objects.filter(annex_item__agreement_version__agreement=agreement).values_list(
            "key", flat=True
        )
    )
    own = set() if item._state.adding else {row.key for row in item.measures.all()}
    kept: list[tuple[str, str]] = []
    for row in measures:
        text = tidy(row.text)
        if not text:
            continue
        key = row.key if row.key in own else free_number(used, "measure_")
        used.append(key)
        kept.append((key, text))
    return kept


def _roles(roles: Sequence[RoleRow], parties: set[str]) -> list[list[list[str]]]:
    wanted = []
    for row in roles:
        lines = [line.strip() for line in row.items if line.strip()]
        towns = list(row.municipalities)
        if not lines and not towns:
            continue
        if not lines:
            continue
        if not towns:
            raise WrongInput("役割を担う市町を選んでください。", column="市町")
        if set(towns) - parties:
            raise WrongInput("役割を担う市町は、協定の当事者から選んでください。", column="市町")
        wanted.append([towns, lines])
    return wanted


def _replace(item: AnnexItem, measures: list[tuple[str, str]], roles: list[list[list[str]]]) -> None:
    stored = [(row.key, row.text) for row in item.measures.all()]
    if stored != measures:
        item.measures.all().delete()
        for order, (key, text) in enumerate(measures, 1):
            Measure(annex_item=item, key=key, order=order, text=text).save()
    before = list(item.roles.all())
    if [[list(r.municipalities), list(r.items)] for r in before] != roles:
        keys = _role_keys(item, before, roles)
        item.roles.all().delete()
        for order, (towns, lines) in enumerate(roles, 1):
            PartyRole(
                annex_item=item, order=order, municipalities=towns, items=lines, keys=keys[order - 1]
            ).save()


def _role_keys(item: AnnexItem, before: Sequence[PartyRole], roles: list[list[list[str]]]) -> list[list[str]]:
    """A key for every line of every role: a line keeps its key when it is moved, given to others or reworded."""
    old = [
        (tuple(role.municipalities), text, (number, place), key)
        for number, role in enumerate(before)
        for place, (key, text) in enumerate(role.clauses)
    ]
    wanted = [
        (tuple(towns), text, (number, place))
        for number, (towns, lines) in enumerate(roles)
        for place, text in enumerate(lines)
    ]
    found: dict[tuple[int, int], str] = {}
    for same in (slice(0, 2), slice(1, 2), slice(2, 3)):
        for line in wanted:
            kept = next((row for row in old if row[same] == line[same]), None)
            if line[2] not in found and kept is not None:
                found[line[2]] = kept[3]
                old.remove(kept)
    agreement = item.agreement_version.agreement
    everywhere = PartyRole.objects.filter(
        annex_item__agreement_version__agreement__in=(agreement.pk, agreement.amends_id),
        annex_item__key=item.key,
    )
    used = [key for role in everywhere for key, _ in role.clauses]
    for line in wanted:
        if line[2] not in found:
            found[line[2]] = free_number(used, "role_")
            used.append(found[line[2]])
    return [[found[number, place] for place in range(len(lines))] for number, (_, lines) in enumerate(roles)]


def _changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    labels = {name: label_of(AnnexItem, name) for name in _ITEM}
    labels |= {"measures": "取組内容", "roles": "役割"}
    return [labels[name] for name in after if before.get(name) != after[name]]


def _signatory(row: Signatory) -> dict[str, str]:
    return {
        "municipality": row.municipality.name,
        "address": row.address,
        "title": row.title,
        "name": row.name,
    }
