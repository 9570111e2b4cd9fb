"""Every address filled in with the records of a synthetic region, and a person who may open them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse
from django_scopes import scopes_disabled

from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, PASSWORD

from .addresses import ADDRESSES, SIGN_IN
from .disaster import place_records
from .disaster_board import board_records
from .disaster_incidents import incident_records
from .disaster_plans import plan_records
from .disaster_reception import reception_records
from .disaster_stock import stock_records
from .disaster_stock_plans import stock_plan_records
from .disaster_support import open_web_form
from .disaster_training import training_records
from .world import TIDY_HEAD, figure_inquiries, forecasts, load_flows, loaded_beside

if TYPE_CHECKING:
    from keniki.apps.accounts.models import User
    from keniki.apps.regions.models import Municipality

SLUG = "synthetic-0000"
#: What the table of addresses calls a record, and what a synthetic region calls one of that kind.
NAMES = {
    "aoba": SLUG,
    "bousai": "torikumi-01",
    "kunren": "jigyo",
    "sumaho": "torikumi-02",
    "r6-sumaho": "torikumi-02-2024-0",
    "kyoutei": "kyotei",
    "keisei": "keisei-1",
    "oboegaki": "oboegaki",
    "sengen": "sengen-an",
    "koushuukai-sanka": "shihyo-01",
    "tsukatta-hito": "shihyo-01",
    "r5-koufukin": "grant-2023",
    "kunren-kawakita": "torikumi-01-2024-initial",
    "hoshino-cho": f"{SLUG}-2",
    "nakamura": f"{SLUG}-03",
    "public_comment": "changed",
    "key=bousai": "item_1",
    "kunren-hi": "kyodo",
    "kouhou-hi": "kyodo-1",
}
#: What the API's lists of these names hold.
API_SLUGS = {"agreements": "kyotei", "initiatives": "torikumi-01", "activities": "torikumi-02-2024-0"}


@dataclass
class Filled:
    """What `Address.url` asks of a world."""

    region: str = SLUG
    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))
    numbers: dict[str, int] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)


def addresses() -> dict[str, str]:
    """Every page, file and API route that answers GET with 200, by its name."""
    from keniki.apps.portal.api import openapi

    world = filled()
    found = {
        name: address.url(name, world)
        for name, address in ADDRESSES.items()
        if address.opens and "administrator" in address.opens and address.ok == 200
    }
    for name, (kwargs, _, person) in SIGN_IN.items():
        if person == 200 and name != "account_logout":
            found[name] = reverse(name, kwargs=kwargs)
    for path, methods in openapi()["paths"].items():
        if "get" in methods:
            kind = path.removeprefix("/api/v1/regions/{region}/").partition("/")[0]
            found[f"api {path}"] = path.format(
                region=SLUG, slug=API_SLUGS.get(kind), kind="results", number=1, run=world.numbers["run"]
            )
    return found


def filled() -> Filled:
    """The names and numbers of the first synthetic region's records."""
    from keniki.apps.activities.models import Photo
    from keniki.apps.compacts.models import AgreementVersion, Initiative
    from keniki.apps.documents.models import Build, BuildRun
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Post, PostHolder, Region, RegionMembership
    from keniki.apps.workflow.models import Attachment, DueItem, Inquiry

    world = Filled()
    with scopes_disabled():
        own = {"region__slug": SLUG}
        members = list(
            RegionMembership.objects.filter(**own).order_by("order").select_related("municipality")
        )
        world.names[KAWAKITA], world.names[HOSHINO] = (row.municipality.code for row in members[:2])
        world.names[AOBA] = members[2].municipality.code
        world.names["haishi"] = f"keisei-{len(members) - 1}"
        post = Post.objects.get(slug=f"{SLUG}-2-officer")
        versions = AgreementVersion.objects.filter(agreement__region__slug=SLUG)
        world.slugs |= {
            "draft": "kyotei-henkou",
            "settlement": "keisei-an",
            "post": post.slug,
            "photo": Photo.objects.filter(**own, public=True).order_by("id")[0].slug,
        }
        world.numbers |= {
            "initiative": Initiative.objects.get(**own, slug="torikumi-01").pk,
            "membership": members[1].pk,
            "membership_here_only": members[1].pk,
            "holder": PostHolder.objects.get(post=post).pk,
            "file": Attachment.objects.filter(**own).order_by("id")[0].pk,
            "due": DueItem.objects.filter(**own, state="open").order_by("id")[0].pk,
            "inquiry": Inquiry.objects.get(**own).pk,
            "report": Build.objects.filter(**own, state="check").order_by("id")[0].pk,
            "run": BuildRun.objects.get(**own, state="waiting").pk,
            "old": versions.get(agreement__slug="kyotei").pk,
            "new": versions.get(agreement__slug="kyotei-henkou").pk,
            "edition": 2,
            "bill": 1,
            "entry": 1,
        }
        towns = [row.municipality for row in members]
        world.numbers |= _statistics(towns)
        _programmes(world, towns)
        region = Region.objects.get(slug=SLUG)
        _office(towns[0])
        slugs, numbers = incident_records(queries.operator(), region, *towns[:2])
        world.slugs |= slugs
        world.numbers |= numbers
        world.slugs |= place_records(queries.operator(), region, *towns[:2])
        open_web_form(queries.operator(), region, towns[0])
        world.slugs |= plan_records(queries.operator(), region, world.slugs["district"])
        slugs, numbers = board_records(
            queries.operator(), region, towns[0], world.slugs["shelter"], world.slugs["district"]
        )
        world.slugs |= slugs
        world.numbers |= numbers
        holders = [
            PostHolder.objects.filter(post__organisation__municipality=town, post__role="officer")[0]
            for town in towns[:2]
        ]
        officers = [queries.actor_for(holder.user) for holder in holders]
        world.slugs |= reception_records(*officers, region, *towns[:2], world.slugs["shelter"])
        slugs, numbers = stock_records(queries.operator(), Region.objects.get(slug=SLUG), *towns[:2])
        world.slugs |= slugs
        world.numbers |= numbers
        training_records(queries.operator(), region, *towns[:2])
        slugs, numbers = stock_plan_records(
            queries.operator(),
            Region.objects.get(slug=SLUG),
            towns[0],
            Initiative.objects.get(**own, slug="torikumi-01"),
        )
        world.slugs |= slugs
        world.numbers |= numbers
    return world


def _office(town: Municipality) -> None:
    """An office of the centre's own: its other people are the secretariat's, and enter no persons."""
    from keniki.apps.accounts.models import User
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.portal.interchange.load import days
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Organisation, Post, PostHolder

    with verb(queries.operator(), "testing.office", quiet=True):
        kind = Organisation.Kind.MUNICIPALITY
        office = Organisation.objects.create(slug=f"{SLUG}-1", kind=kind, name=town.name, municipality=town)
        post = Post.objects.create(
            organisation=office, slug=f"{SLUG}-1-officer", section="防災課", role="officer"
        )
        user = User.objects.create(login=f"{SLUG}-bousai", name="架空 防災", password="!")
        PostHolder.objects.create(user=user, post=post, valid=days(date(2020, 4, 1), None))


def _statistics(towns: list[Municipality]) -> dict[str, int]:
    from keniki.apps.evidence import actions
    from keniki.apps.evidence.importers import tidy
    from keniki.apps.evidence.importers.base import RawBytes
    from keniki.apps.evidence.models import Figure, QuarantinedRow
    from keniki.apps.evidence.tests.test_store import parsed
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Region

    sheet = {town.name: (10_000.0 + number, None) for number, town in enumerate(towns)}
    codes = {town.name: town.code for town in towns}
    region, operator = Region.objects.get(slug=SLUG), queries.operator()
    edition = actions.import_figures(operator, [parsed(sheet, codes=codes)]).edition
    own = actions.import_figures(operator, [parsed(sheet, codes=codes, edition="own")], region=region).edition
    bus = RawBytes("bus.csv", f"{TIDY_HEAD}\n{towns[0].code},bus_users,2024,x,persons\n".encode())
    actions.import_figures(operator, [tidy.READER.read(bus)], region=region)
    kept = QuarantinedRow.objects.filter(run__region=region).order_by("pk")[0]
    firsts = [Figure.objects.filter(series__edition=each).order_by("pk")[0].pk for each in (edition, own)]
    own_numbers = {"statistics": edition.pk, "figure": firsts[0], "own_figure": firsts[1], "kept": kept.pk}
    own_numbers["kept_in"] = kept.run.edition_id
    own_numbers |= loaded_beside(operator, operator, region, towns[0].code)
    load_flows(operator, list(codes.values()))
    own_numbers |= forecasts(operator, region, list(codes.values()))
    return own_numbers | figure_inquiries(operator, region, towns[0].code)


def _programmes(world: Filled, towns: list[Municipality]) -> None:
    from keniki.apps.programmes import actions
    from keniki.apps.programmes import queries as programmes
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Region

    region, operator = Region.objects.get(slug=SLUG), queries.operator()
    answer = actions.answer_rule(
        operator,
        region,
        actions.AnswerDraft(
            "teiju.cap.centre.from_2025", {"yen": "85000000"}, "令和7年度の省令（架空）", date(2025, 4, 1)
        ),
    )
    use = actions.FactDraft(towns[0], "use", "広域圏基礎調査（架空）", use="shopping", figure="買物の40％")
    fact = actions.supply_fact(operator, region, use)
    claims = [
        actions.save_claim(operator, region, actions.ClaimDraft(2024, town, "合同防災訓練", 3_000_000))
        for town in towns
    ]
    plan = programmes.plan_for(region, "teiju")
    moved = actions.StepDraft("panel_2", moved_to=date(2024, 11, 5), reason="会場の都合")
    actions.record_step(operator, plan, moved)
    address, world.slugs["calendar_secret"] = actions.give_address(operator, plan, "企画課の共有カレンダー")
    world.numbers |= {"answer": answer.pk, "fact": fact.pk, "claim": claims[0].pk, "calendar": address.pk}


def somebody(user: User | None = None) -> User:
    """A person with a post in every region's secretariat; with `user` the posts that are missing are added."""
    from django.contrib.auth.hashers import make_password

    from keniki.apps.accounts.models import User
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.portal.interchange.load import days
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Post, PostHolder, Region

    with verb(queries.operator(), "testing.posts", quiet=True):
        user = user or User.objects.create(
            login="everywhere", name="全域 花子", password=make_password(PASSWORD)
        )
        for region in Region.objects.exclude(secretariat__posts__holders__user=user):
            post = Post.objects.create(
                organisation=region.secretariat,
                slug=f"{region.slug}-post",
                section="企画課",
                role="administrator",
            )
            PostHolder.objects.create(user=user, post=post, valid=days(date(2020, 4, 1), None))
    return user
