"""Cards and paper sheets of a reception, made before anything happens: numbered, each with a code of its own."""

from __future__ import annotations

from typing import Final

from django.db.models import Max
from django.db.models.functions import Coalesce

from keniki.analysis import merging, reception
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Card, CardBatch, Mode, PaperSheet

MOST_CARDS: Final = 1_000
MOST_SHEETS: Final = 100
LINES: Final = 10


def make_cards(actor: Actor, region: Region, town: Municipality, mode: merging.Mode, size: int) -> CardBatch:
    """Make a batch of cards for real disasters or for training. Raises `WrongInput`, `Denied`."""
    ruling = policies.record_person(actor, region, town).require()
    if not 1 <= size <= MOST_CARDS:
        raise WrongInput(f"枚数は1～{MOST_CARDS:,}枚にしてください。", column="size")
    with verb(actor, "disaster.make_cards", region=region.slug, ruling=ruling) as act:
        lock("cards", region.pk, town.pk, mode)
        rows = Card.objects.filter(region=region, municipality=town, mode=mode)
        first = rows.aggregate(last=Coalesce(Max("number"), 0))["last"] + 1
        batch = CardBatch(
            region=region, municipality=town, mode=mode, first=first, size=size, made_by=actor.name
        )
        act.save(batch)
        Card.objects.bulk_create(
            Card(
                region=region,
                municipality=town,
                batch=batch,
                mode=mode,
                number=first + at,
                token=reception.new_card(mode),
            )
            for at in range(size)
        )
        said = f"{town.name}の受付カード（{Mode(mode).label}用）{size:,}枚を作成（第{first}号～第{batch.last}号）"
        act.log(batch, None, {"first": first, "size": size}, said, municipality=town.code)
        return batch


def make_sheets(
    actor: Actor, region: Region, town: Municipality, mode: merging.Mode, number: int
) -> list[PaperSheet]:
    """Make numbered sheets of ten lines. Raises `WrongInput`, `Denied`."""
    ruling = policies.record_person(actor, region, town).require()
    if not 1 <= number <= MOST_SHEETS:
        raise WrongInput(f"枚数は1～{MOST_SHEETS}枚にしてください。", column="size")
    with verb(actor, "disaster.make_sheets", region=region.slug, ruling=ruling) as act:
        lock("sheets", region.pk, town.pk, mode)
        rows = PaperSheet.objects.filter(region=region, municipality=town, mode=mode)
        first = rows.aggregate(last=Coalesce(Max("number"), 0))["last"] + 1
        made = [
            PaperSheet(
                region=region,
                municipality=town,
                mode=mode,
                number=first + at,
                token=reception.new_sheet(mode),
                lines=LINES,
                made_by=actor.name,
            )
            for at in range(number)
        ]
        PaperSheet.objects.bulk_create(made)
        said = f"{town.name}の受付簿（{Mode(mode).label}用）{number}枚を作成（第{first}号から）"
        act.log(made[0], None, {"first": first, "size": number}, said, municipality=town.code)
        return made
