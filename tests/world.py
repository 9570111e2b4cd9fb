"""A region with one record of every kind that an address can name, made by the loader and the actions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django_scopes import scope
from PIL import Image

from keniki.apps.accounts import actions as accounts
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities import actions as activities
from keniki.apps.activities.actions.photos import PhotoDraft, PhotoFile
from keniki.apps.activities.drafts import ActivityDraft, read_lines
from keniki.apps.activities.models import Activity
from keniki.apps.compacts import actions as compacts
from keniki.apps.compacts.models import Agreement, Initiative, Kpi, Vision
from keniki.apps.documents import actions as documents
from keniki.apps.documents.models import Build, BuildRun
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.book.book import members_of
from keniki.apps.evidence.futures.making import Wanted
from keniki.apps.evidence.importers import flows, tidy
from keniki.apps.evidence.importers.base import AreaKey, RawBytes
from keniki.apps.evidence.importers.mapping import head_of, spec_of
from keniki.apps.evidence.inquiring import actions as inquiring
from keniki.apps.evidence.inquiring.items import Item, Kind, from_catalogue
from keniki.apps.evidence.inquiring.values import Mark, Value
from keniki.apps.evidence.models import Area, FetchRun, Figure, ForecastRun, Mapping, TownAnswer
from keniki.apps.evidence.tests.country import load_censuses
from keniki.apps.evidence.tests.test_store import parsed as statistics
from keniki.apps.portal import testing
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.programmes import actions as programmes
from keniki.apps.regions import actions as regions
from keniki.apps.regions import policies, queries
from keniki.apps.regions.models import PostHolder, Region, RegionMembership
from keniki.apps.workflow import actions as workflow
from keniki.core.holidays import Calendar

from .disaster import disaster_records
from .money import joint_money

TIDY_HEAD = "municipality_code,indicator,year,value,unit"
DECISION = {"decision_kind": "mayor", "document_no": "架空第9号"}


@dataclass
class World:
    """The cast and the numbers of the records that addresses need."""

    cast: testing.Cast
    numbers: dict[str, int] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    region: str = "aoba"
    #: Records that are called otherwise than the table of addresses calls them.
    names: dict[str, str] = field(default_factory=dict)

    def actor(self, seat: str) -> Actor:
        return self.cast.actor(seat)


def picture(colour: str = "#3465a4", size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def _settled(slug: str, partner: str) -> dict[str, Any]:
    """A settlement agreement in force between 青葉市 and a partner."""
    return {
        "slug": slug,
        "kind": "settlement",
        "title": f"定住自立圏の形成に関する協定（{slug}）",
        "programme": "teiju",
        "state": "concluded",
        "concluded_on": "2024-06-01",
        "parties": [{"municipality": AOBA, "mark": "甲"}, {"municipality": partner, "mark": "乙"}],
        "states": [{"state": "draft"}, {"state": "concluded", "on": "2024-06-01"}],
    }


def whole_region() -> Any:
    """青葉圏域 with a declaration, a vision, budget lines, a town's own activity, and agreements in every stage."""
    whole = testing.region_file()
    plain = whole.model_dump(mode="json", exclude_defaults=True)
    first = plain["agreements"][0]
    lost = {**first["versions"][0]["signatories"][2], "name": "星川", "name_complete": False}
    return testing.region_file(
        agreements=[
            first,
            {
                "slug": "oboegaki",
                "kind": "memorandum",
                "title": "備蓄の共有に関する覚書",
                "state": "concluded",
                "concluded_on": "2021-04-01",
                "parties": [{"municipality": AOBA}, {"municipality": HOSHINO}],
                "states": [{"state": "draft"}, {"state": "concluded", "on": "2021-04-01"}],
                "versions": [
                    {
                        "number": 1,
                        "articles": [
                            {"number": 1, "heading": "目的", "paragraphs": [{"text": "備蓄を共有する。"}]}
                        ],
                        "signatories": [first["versions"][0]["signatories"][0], lost],
                    }
                ],
            },
            _settled("keisei", HOSHINO),
            {**_settled("haishi", KAWAKITA), "dissolutions": [{"municipality": KAWAKITA}]},
        ],
        declarations=[
            {
                "slug": "sengen",
                "programme": "teiju",
                "title": "中心市宣言書",
                "centre": AOBA,
                "gist": ["圏域の中心的な役割を担う意思を表明する。"],
                "parts": [
                    {"key": key, "heading": heading, "text": "都市機能の現状を記す。"}
                    for key, heading in (
                        ("functions", "都市機能の集積状況"),
                        ("use", "都市機能の利用状況"),
                        ("history", "これまでの取組"),
                        ("ideas", "連携が想定される取組"),
                        ("partners", "近隣市町村の名称"),
                    )
                ],
            }
        ],
        visions=[
            {
                "slug": "vision",
                "programme": "teiju",
                "title": "青葉定住自立圏共生ビジョン",
                "first_year": 2024,
                "last_year": 2028,
                "state": "outline",
                "future_image": "緑の風がつなぐ三つのまち",
                "states": [{"state": "outline", "on": "2024-06-01"}],
                "sections": [{"heading": "策定の趣旨", "body": "三つの市町が連携する。"}],
                "goals": [{"key": "anzen", "field": "bousai", "text": "災害に強い圏域をつくる。"}],
            }
        ],
        activities=[
            *plain["activities"],
            {
                "slug": "r6-kawakita",
                "initiative": "bousai",
                "fiscal_year": 2024,
                "title": "川北町の避難所運営訓練",
                "kind": "drill",
                "state": "done",
                "municipality": KAWAKITA,
                "lines": [{"kind": "result", "text": "{people}参加"}],
                "counts": [
                    {
                        "key": "people",
                        "value": 35,
                        "counter": "名",
                        "quantity": "participants",
                        "municipality": KAWAKITA,
                    }
                ],
            },
        ],
        arrangements=[
            {
                "slug": "kumiai",
                "name": "青葉衛生組合",
                "form": "partial_affairs",
                "office": "し尿の処理",
                "members": [AOBA, KAWAKITA],
            }
        ],
        matters=[
            {
                "slug": "kadai",
                "order": 1,
                "kind": "issue",
                "title": "公共施設の維持管理",
                "voices": [{"municipality": KAWAKITA, "text": "体育館が古い。"}],
            },
            {"slug": "kitai", "order": 2, "kind": "hope", "title": "救急医療", "fields": ["medical"]},
        ],
        candidates=[
            {
                "slug": "koho",
                "order": 1,
                "title": "公共施設の相互利用",
                "matters": ["kadai"],
                "interests": [{"municipality": KAWAKITA}],
                "steps": [{"stage": "candidate"}],
            },
            {"slug": "koho-2", "order": 2, "title": "使わなくなった候補"},
        ],
        budgets=[
            {
                "slug": "kunren-kawakita",
                "initiative": "bousai",
                "fiscal_year": 2024,
                "municipality": KAWAKITA,
                "stage": "initial",
                "amount": 300_000,
            }
        ],
    )


def build(documents_too: bool = True) -> World:
    """Store everything; the documents (a few seconds) only if wanted."""
    cast = testing.build()
    world = World(cast)
    operator = queries.operator()
    load_region(operator, whole_region())
    with scope(region=cast.region):
        _compacts(world)
        _activities(world)
        _people(world)
        _workflow(world)
        _evidence(world)
        _programmes(world)
        joint_money(world)
        disaster_records(world)
        if documents_too:
            _documents(world)
    return world


def _compacts(world: World) -> None:
    secretariat = world.actor("secretariat")
    region = world.cast.region
    draft = compacts.start_amendment(secretariat, Agreement.objects.get(slug="kyoutei"))
    world.slugs["draft"] = draft.slug
    old = Agreement.objects.get(slug="kyoutei").versions.get()
    world.numbers |= {"old": old.pk, "new": draft.versions.get().pk}
    settled = compacts.create_agreement(
        secretariat,
        region,
        kind="settlement",
        programme="teiju",
        title="定住自立圏の形成に関する協定",
        parties=[world.cast.towns["青葉市"], world.cast.towns["川北町"]],
    )
    world.slugs["settlement"] = settled.slug
    vision = Vision.objects.get(slug="vision")
    compacts.move_vision(secretariat, vision, vision.version, "draft", on=date(2024, 7, 1))
    with verb(queries.operator(), "testing.kpi", quiet=True):
        Kpi(region=region, slug="tsukatta-hito", name="使った人", unit="人", direction="increase").save()
    world.numbers["edition"] = vision.editions.order_by("-order").first().order


def _activities(world: World) -> None:
    activity = Activity.objects.get(slug="r6-sumaho")
    photo = activities.add_photo(
        world.actor("secretariat"),
        activity.initiative,
        PhotoDraft("R6 講習会のようす", credit="青葉市", consent="given", public=True),
        PhotoFile("koushuukai.jpg", picture()),
        activity=activity,
    )
    world.slugs["photo"] = photo.slug
    draft = ActivityDraft(
        activity.initiative, 2023, "出張講習", "course", "done", reading=read_lines([("result", "207名参加")])
    )
    differing = activities.save_activity(world.actor("secretariat"), world.cast.region, draft)
    activities.enter_town_count(
        world.actor("partner"), differing, "participants", world.cast.towns["川北町"], 28
    )
    differing.refresh_from_db()
    world.slugs["differing"] = differing.slug
    world.numbers["differing_version"] = differing.version


def _people(world: World) -> None:
    holder = PostHolder.objects.select_related("post").get(user__login="nakamura")
    world.slugs["post"] = holder.post.slug
    world.slugs["kato"] = PostHolder.objects.get(user__login="kato").post.slug
    world.numbers["hoshino"] = world.cast.towns["星野町"].pk
    world.numbers["holder"] = holder.pk
    world.numbers["membership"] = RegionMembership.objects.get(
        region=world.cast.region, municipality=world.cast.towns["川北町"]
    ).pk
    world.numbers["membership_here_only"] = RegionMembership.objects.get(
        region=world.cast.region, municipality=world.cast.towns["星野町"]
    ).pk
    regions.write_note(world.actor("partner"), holder.post, "名簿は共有の棚にあります。", region="aoba")
    token, _ = accounts.create_token(world.actor("secretariat"), "予約システム")
    world.numbers["token"] = token.pk


def _workflow(world: World) -> None:
    initiative = Initiative.objects.get(slug="bousai")
    world.numbers["initiative"] = initiative.pk
    secretariat = world.actor("secretariat")
    comment = workflow.comment(secretariat, initiative, "備蓄の数を確かめてください。")
    kept = workflow.attach(secretariat, initiative, "名簿.csv", "氏名,所属\r\n".encode())
    offices = queries.organisations_of(world.cast.region)
    own = [office for office in offices if office.slug == "hoshino-cho"]
    due = workflow.create_due(secretariat, world.cast.region, "実績の入力", date(2099, 3, 31), own)[0]
    world.numbers |= {"comment": comment.pk, "file": kept.pk, "due": due.pk}


def figure_inquiries(secretariat: Actor, region: Region, code: str) -> dict[str, int]:
    """An inquiry in the making, and one that was sent and that the town with this code has begun to answer."""
    deadline = Calendar().next_business_day(policies.today() + timedelta(days=20))
    says = inquiring.Draft(
        "基礎数値調査（令和7年度）",
        [2023, 2024],
        "圏域の基礎調査",
        deadline=deadline,
        contact="企画課",
        sender="事務局",
    )
    asked = [
        from_catalogue("births"),
        Item("", Kind.FIGURE, "講座の参加者数", unit="人", fiscal=True, adds_up=True, note="町内の講座"),
        Item("", Kind.CHOICE, "広報の方法", choices=("広報紙", "ウェブ")),
    ]
    asking, sent = (inquiring.make_inquiry(secretariat, region, says) for _ in range(2))
    for each in (asking, sent):
        inquiring.change_items(secretariat, each, None, asked[1:] if each is asking else asked)
    letter = inquiring.send_inquiry(secretariat, sent, None, dated=policies.today())
    answer = TownAnswer.objects.get(inquiry=sent, municipality__code=code)
    typed = {("births", "2023"): Value(32.0, note="速報"), ("births", "2024"): Value(mark=Mark.UNKNOWN)}
    inquiring.save_answer(secretariat, answer, None, typed)
    return {"asking": asking.pk, "asked": sent.pk, "letter": letter.pk}


def forecasts(secretariat: Actor, region: Region, codes: Sequence[str]) -> dict[str, int]:
    """Two forecasts of the region that were reckoned, on censuses and by rates loaded for it, and a run that waits."""
    load_censuses(codes)
    load_factor = (
        "{id: water_load_factor, source: 水道事業ビジョン, value: {kind: flat, year: 2023, value: 0.8}}"
    )
    evidence.save_demand_rates(secretariat, region, f"rules:\n  - {load_factor}\n", name="mizu.yaml")
    wanted = Wanted(tuple(members_of(region)), "census2020", "net", 2030, draws=20)
    found = []
    for title, changes in (("今のままの推計", ()), ("移動がない推計", ({"kind": "closed"},))):
        draft = evidence.ForecastDraft(title, replace(wanted, changes=changes))
        found.append(evidence.save_forecast(secretariat, region, draft))
        evidence.make_result(secretariat, found[-1], lambda *_: None)
    run = ForecastRun.objects.create(region=region, forecast=found[0], user=secretariat.user)
    return {"forecast": found[0].pk, "other_forecast": found[1].pk, "forecast_run": run.pk}


def load_flows(operator: Actor, codes: Sequence[str]) -> None:
    """Who goes to work and to school between municipalities: most stay, some go to the first one.

    Also where their codes are no prefecture's, which no file may have.
    """
    stand_ins = {f"03{201 + number}": code for number, code in enumerate(codes)}
    first = next(iter(stand_ins))
    rows = [(code, code, 4_000 - number) for number, code in enumerate(stand_ins)]
    rows += [(code, first, 500 + number) for number, code in enumerate(stand_ins) if code != first]
    lines = [f"{origin},{destination},commute_school,{people},2020" for origin, destination, people in rows]
    content = "\n".join(["origin,destination,purpose,value,year", *lines])
    read = flows.read(RawBytes("flows_2020.csv", content.encode()))
    areas = {code: AreaKey("municipality", made_up, made_up) for code, made_up in stand_ins.items()}
    going = [
        replace(row, origin=areas[row.origin.code[:5]], destination=areas[row.destination.code[:5]])
        for row in read.flows
    ]
    evidence.import_figures(operator, [replace(read, flows=going)])


def loaded_beside(operator: Actor, secretariat: Actor, region: Region, code: str) -> dict[str, int]:
    """A table that is fetched, an edition that was withdrawn, and areas read by a mapping that is remembered."""
    evidence.switch_table(operator, "0003454527", active=True, narrowed=f"cdArea={code[:5]}")
    rows = f"{TIDY_HEAD}\n{code},bus_users,2023,7,persons\n"
    withdrawn = evidence.import_figures(
        secretariat, [tidy.READER.read(RawBytes("old.csv", rows.encode()))], region=region
    ).edition
    evidence.withdraw_edition(secretariat, withdrawn, "古い表でした。", region=region)
    spec = spec_of(
        {
            "title": "医師数",
            "area": {"name": "圏域", "kind": "medical_area"},
            "areas": [
                {"name": "中央医療圏", "kind": "medical_area", "members": [code], "beyond_region": True}
            ],
            "year": "令和4年",
            "columns": [{"column": "医師数", "indicator": "medical_doctors", "unit": "人"}],
        }
    )
    table = RawBytes("ishi.csv", "圏域,医師数\n中央医療圏,88\n".encode())
    done = evidence.read_by_mapping(secretariat, region, table, spec)
    mapping = Mapping.objects.get(region=region, head=head_of(table, spec))
    area = Area.objects.get(figures__series__edition=done.edition)
    evidence.remember_mapping(operator, "二次医療圏", head_of(table, spec), spec.model_dump(mode="json"))
    official = Mapping.objects.get(region=None, head=head_of(table, spec))
    tried = [
        {"title": "人口", "table": "0003445078", "outcome": "new", "said": "新しい値 3件", "edition": ""}
    ]
    fetch = FetchRun.objects.create(all_steps=2, done_steps=1, results=tried)
    return {
        "withdrawn": withdrawn.pk,
        "mapping": mapping.pk,
        "area": area.pk,
        "official_mapping": official.pk,
        "fetch_run": fetch.pk,
    }


def _evidence(world: World) -> None:
    done = evidence.import_figures(queries.operator(), [statistics()])
    own = evidence.import_figures(
        world.actor("secretariat"), [statistics(edition="own")], region=world.cast.region
    )
    bus = RawBytes("bus.csv", f"{TIDY_HEAD}\n{AOBA},bus_users,2024,x,persons\n".encode())
    run = evidence.import_figures(
        world.actor("secretariat"), [tidy.READER.read(bus)], region=world.cast.region
    ).run
    world.numbers |= {"kept": run.quarantined.get().pk, "kept_in": run.edition_id}
    world.numbers |= loaded_beside(
        queries.operator(), world.actor("secretariat"), world.cast.region, KAWAKITA
    )
    firsts = [
        Figure.objects.filter(series__edition=each.edition).order_by("pk")[0].pk for each in (done, own)
    ]
    world.numbers |= {"statistics": done.edition.pk, "figure": firsts[0], "own_figure": firsts[1]}
    world.numbers |= figure_inquiries(world.actor("secretariat"), world.cast.region, KAWAKITA)
    codes = [town.code for town in world.cast.towns.values()]
    load_flows(queries.operator(), codes)
    world.numbers |= forecasts(world.actor("secretariat"), world.cast.region, codes)


def _programmes(world: World) -> None:
    """An answer, a supplied fact, a claim, a plan with a moved step, and a calendar's address."""
    secretariat, region, towns = world.actor("secretariat"), world.cast.region, world.cast.towns
    answer = programmes.answer_rule(
        secretariat,
        region,
        programmes.AnswerDraft(
            "teiju.cap.centre.from_2025", {"yen": "85000000"}, "令和7年度の省令（架空）", date(2025, 4, 1)
        ),
    )
    fact = programmes.supply_fact(
        secretariat,
        region,
        programmes.FactDraft(
            towns["青葉市"], "use", "広域圏基礎調査（架空）", use="shopping", figure="川北町の買物の40％"
        ),
    )
    claim = programmes.save_claim(
        world.actor("partner"),
        region,
        programmes.ClaimDraft(2024, towns["川北町"], "合同防災訓練", 3_000_000),
    )
    plan = programmes.start_plan(secretariat, region, "teiju", date(2024, 5, 24))
    moved = programmes.StepDraft("panel_2", moved_to=date(2024, 11, 5), reason="会場の都合")
    programmes.record_step(secretariat, plan, moved)
    address, secret = programmes.give_address(secretariat, plan, "企画課の共有カレンダー")
    world.numbers |= {"answer": answer.pk, "fact": fact.pk, "claim": claim.pk, "calendar": address.pk}
    world.numbers["aoba_town"] = towns["青葉市"].pk
    world.slugs["calendar_secret"] = secret


def _documents(world: World) -> None:
    """A results report for the towns to answer, and a submitted and published agreement."""
    secretariat, region = world.actor("secretariat"), world.cast.region
    report = documents.build(
        secretariat, region, "results", {"first": 2020, "last": 2024, "programme": "hokkaido"}
    )
    report = documents.inquire(secretariat, report, report.version, date(2099, 3, 31))
    agreement = documents.build(secretariat, region, "agreement", {"slug": "kyoutei"})
    agreement = documents.inquire(secretariat, agreement, agreement.version, date(2099, 3, 31))
    for name, seat in (("青葉市", "secretariat"), ("川北町", "approver"), ("星野町", "secretariat")):
        workflow.record_decision(
            world.actor(seat),
            inquiry_about(agreement),
            world.cast.towns[name],
            answer="agreed",
            decided_on=policies.today(),
            reply=None if seat == "approver" else workflow.Reply("回答.csv", "異議なし\r\n".encode()),
            **DECISION,
        )
    agreement = documents.confirm(secretariat, agreement, agreement.version)
    agreement = documents.submit(secretariat, agreement, agreement.version)
    agreement = documents.publish(secretariat, agreement, agreement.version, True)
    world.numbers["published_version"] = agreement.version
    waiting = BuildRun.objects.create(region=region, kind="vision", parameters={"slug": "vision"})
    world.numbers |= {"report": report.pk, "inquiry": inquiry_about(report).pk, "run": waiting.pk}


def inquiry_about(build_: Build) -> Any:
    """The inquiry that asks about the build."""
    from keniki.apps.workflow.about import about
    from keniki.apps.workflow.models import Inquiry

    return Inquiry.objects.get(**about(build_))
