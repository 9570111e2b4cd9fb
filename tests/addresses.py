"""Every address of the product: which record it names, who opens it, who may write there."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django_scopes import scope

from keniki.apps.activities.sheets import FIGURES, write_sheet
from keniki.apps.activities.tests.test_sheets import filled as typed_over
from keniki.apps.evidence.inquiring.references import References
from keniki.apps.evidence.inquiring.sheets import write_sheet as write_return_sheet
from keniki.apps.evidence.models import TownAnswer
from keniki.apps.evidence.tests.test_inquiry_sheets import changed as filled_in
from keniki.apps.evidence.tests.test_inquiry_sheets import typed
from keniki.apps.finance.models import JointCost
from keniki.apps.finance.queries.costs import holder_key
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions import policies

from .addressing import (
    ADMINISTRATOR,
    EVERYONE,
    HOSHINO_OR_SHARED,
    INSIDE,
    KAWAKITA_OR_SHARED,
    SEATS,
    SHARED,
    STAFF,
    WRITERS,
    Address,
    deed,
    form,
    of_draft,
    of_kawakita,
    own,
    public,
    read,
)
from .disaster_addresses import DISASTER
from .money import COST, OTHER
from .world import World, picture


def today(world: World, seat: str) -> str:
    return str(policies.today())


def own_town(world: World, seat: str) -> str:
    return str(world.cast.towns["星野町" if seat == "other_partner" else "川北町"].pk)


def own_code(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


def picture_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("kaijou.jpg", picture(), "image/jpeg")


def return_sheet(world: World, seat: str) -> SimpleUploadedFile:
    """川北町's sheet of the inquiry with one more figure."""
    with scope(region=world.cast.region):
        answer = TownAnswer.objects.get(inquiry=world.numbers["asked"], municipality__code=KAWAKITA)
        blank = write_return_sheet(answer, References(answer.inquiry, [answer.municipality]), handed_in=0)
    return SimpleUploadedFile("kaitou.xlsx", filled_in(blank, typed(40, 44)))


def statistics_file(world: World, seat: str) -> SimpleUploadedFile:
    rows = f"municipality_code,indicator,year,value,unit\n{AOBA},bus_users,2024,{len(seat)},persons\n"
    return SimpleUploadedFile("bus.csv", rows.encode(), "text/csv")


def matters_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("kadai.csv", f"件名\n{seat}の課題\n".encode(), "text/csv")


def arrangements_file(world: World, seat: str) -> SimpleUploadedFile:
    rows = f"名称,構成市町村\n{seat}の協議会,青葉市、星野町\n"
    return SimpleUploadedFile("kumiai.csv", rows.encode(), "text/csv")


def claims_file(world: World, seat: str) -> SimpleUploadedFile:
    rows = f"municipality_code,initiative,general_revenue\n{own_code(world, seat)},夜間訓練,{len(seat)}\n"
    return SimpleUploadedFile("ippan.csv", rows.encode(), "text/csv")


def table_file(world: World, seat: str) -> SimpleUploadedFile:
    """A table of the region's own, of no known layout."""
    rows = f"団体コード,市町名,人数（人）\n{AOBA},青葉市,{len(seat)}\n"
    return SimpleUploadedFile("riyou.csv", rows.encode(), "text/csv")


def transfer_file(world: World, seat: str) -> str:
    """加藤's post goes to 中村."""
    rows = [
        "ログインID,氏名,異動前の職,異動後の職,発令日",
        f"kato,加藤三奈,{world.slugs['kato']},,2099-04-01",
    ]
    return base64.b64encode("\r\n".join(rows).encode()).decode()


def activity_sheet(world: World, seat: str) -> SimpleUploadedFile:
    """The form of 2024 in which a town's figure is filled in: one the seat may enter."""
    with scope(region=world.cast.region):
        book = write_sheet(world.cast.region, 2024)
    town = "星野町" if seat == "other_partner" else "川北町"
    return SimpleUploadedFile("youshiki.xlsx", typed_over(book, (FIGURES, 4, town, 19)))


def scenario_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("katei.yaml", f"name: {seat}の仮定\nchanges: [{{kind: closed}}]\n".encode())


def rates_text(world: World, seat: str) -> str:
    """A file of rates that is another for each seat."""
    value = f"    value:\n      kind: flat\n      year: 2023\n      value: 0.{70 + len(seat)}\n"
    return f"rules:\n  - id: water_load_factor\n    source: 水道事業ビジョン\n{value}"


def rates_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("ritsu.yaml", rates_text(world, seat).encode())


def ledger_file(world: World, seat: str) -> SimpleUploadedFile:
    rows = f"use,built,area,municipality_code\nschool,1990,{len(seat)}000,{AOBA}\n"
    return SimpleUploadedFile("daichou.csv", rows.encode(), "text/csv")


def holder(world: World, seat: str) -> str:
    """青葉市's office, which keeps the account of the joint cost."""
    with scope(region=world.cast.region):
        cost = JointCost.objects.select_related("holder__municipality").get(slug=COST)
        return holder_key(cost.holder)


def figures_file(world: World, seat: str) -> SimpleUploadedFile:
    """The figures of the town the seat writes for, another for each seat."""
    return SimpleUploadedFile(
        "jinkou.csv", f"code,population\n{own_code(world, seat)},{len(seat)}00\n".encode()
    )


def seed(world: World, seat: str) -> str:
    """Another scenario for each seat: the same one is kept once."""
    return str(sorted(SEATS).index(seat))


_TWO_FORECASTS = {"forecast": ["{forecast}", "{other_forecast}"]}
_RECORD = {"record": "compacts.initiative:{initiative}"}
_DRAFT = {"agreement": "{draft}"}
_PAIR = {"old": "{old}", "new": "{new}"}

_DEED = {"amount": "1000", "on": "2024-06-10", "fiscal_year": "2024", "token": "0123456789ab"}
_LATE_DEED = _DEED | {"on": "2025-05-20"}
_ASSESSED = {"on": "2025-05-01", "fiscal_year": "2024", "due_on": "2025-05-30", "refund_on": "2025-05-30"}
_CORRECTION = {"reason": "入力誤り", "on": "2024-06-10", "fiscal_year": "2024", "token": "0123456789ab"}


def _of_bill(number: str, writes: frozenset[str], data: Mapping[str, Any]) -> Address:
    return deed(writes, year="2024", number=number, data=data)


ADDRESSES: dict[str, Address] = {
    "healthz": own(EVERYONE),
    "accounts-profile": own(),
    "accounts-first-password": own(ok=302),
    "accounts-token-new": own(None, writes=STAFF, data={"label": "試し", "days": "30"}),
    "accounts-token-revoke": own(
        None, kwargs={"pk": "{token}"}, writes=frozenset({"secretariat"}), refusal=404
    ),
    "accounts-session-end": own(None, kwargs={"mark": "others"}, writes=STAFF, stores=False),
    "regions-list": own(),
    "regions-new": own(
        ADMINISTRATOR,
        writes=ADMINISTRATOR,
        data={
            "slug": "shinsei",
            "name": "新生圏域",
            "office_name": "青葉市",
            "office_slug": "shinsei-jimukyoku",
            "members-0-municipality": "青葉市",
            "members-0-role": "centre",
            "members-0-first": "2026-04-01",
        },
    ),
    "regions-rights": Address(query=_RECORD),
    "regions-log": read(),
    "regions-history": read(kind="compacts.initiative", pk="{initiative}"),
    "regions-members": read(),
    "regions-join": form(ADMINISTRATOR, data={"municipality": "港南市", "first": "2026-04-01"}),
    "regions-order": form(ADMINISTRATOR),
    "regions-merge": form(ADMINISTRATOR, data={"towns": ["{hoshino}"], "on": "2030-04-01", "into": "青葉市"}),
    "regions-rename": form(
        ADMINISTRATOR, pk="{membership_here_only}", data={"on": "2030-04-01", "name": "新星野町"}
    ),
    "regions-leave": form(ADMINISTRATOR, pk="{membership}", data={"last": "2030-03-31"}),
    "regions-role": form(ADMINISTRATOR, pk="{membership}", data={"first": "2030-04-01", "role": "centre"}),
    "regions-programme": form(ADMINISTRATOR, data={"programme": "renkei", "first": "2026-04-01"}),
    "regions-settings": form(ADMINISTRATOR, data={"name": "青葉大圏域"}),
    "regions-organisation": read(slug="hoshino-cho"),
    "regions-organisation-edit": form(ADMINISTRATOR, slug="hoshino-cho", data={"department": "総務課"}),
    "regions-post-new": form(
        ADMINISTRATOR, slug="hoshino-cho", data={"role": "officer", "section": "建設課"}
    ),
    "regions-post": read(slug="{post}"),
    "regions-post-edit": form(ADMINISTRATOR, slug="{post}", data={"section": "総務課"}),
    "regions-post-end": deed(ADMINISTRATOR, slug="{post}", data={"last": "2030-03-31"}),
    "regions-assign": deed(ADMINISTRATOR, slug="{post}", data={"login": "kobayashi", "first": "2099-04-01"}),
    "regions-note": deed(frozenset({"partner", "administrator"}), slug="{post}", data={"text": "鍵は棚に。"}),
    "regions-holding-end": form(ADMINISTRATOR, slug="{post}", pk="{holder}", data={"last": "2030-03-31"}),
    "regions-arrangements": read(),
    "regions-arrangement-new": form(data={"name": "青葉協議会", "members": [AOBA, HOSHINO]}),
    "regions-arrangements-load": form(data={"file": arrangements_file}),
    "regions-arrangements-template": read(),
    "regions-arrangements-data": read(name="arrangements.xlsx"),
    "regions-arrangement": read(slug="kumiai"),
    "regions-arrangement-edit": form(slug="kumiai", data={"office": "し尿とごみの処理"}),
    "regions-arrangement-end": form(slug="kumiai", data={"last": "2030-03-31", "reason": "統合"}),
    "regions-people": read(),
    "regions-user-new": form(ADMINISTRATOR, data={"login": "shinjin", "name": "新人花子"}),
    "regions-transfer": form(
        ADMINISTRATOR, data={"apply": "1", "file_name": "idou.csv", "content": transfer_file}
    ),
    "regions-transfer-template": read(),
    "regions-user": read(login="nakamura"),
    "regions-user-edit": form(ADMINISTRATOR, login="nakamura", data={"name": "中村二郎"}),
    "regions-user-do": deed(ADMINISTRATOR, login="nakamura", deed="password"),
    "workflow-comment": form(INSIDE, query=_RECORD, data={"text": "確かめました。"}),
    "workflow-comment-state": deed(pk="{comment}", deed="settle"),
    "workflow-attach": form(WRITERS, query=_RECORD, data={"file": picture_file}),
    "workflow-file": read(pk="{file}"),
    "workflow-detach": deed(pk="{file}"),
    "workflow-dues": read(),
    "workflow-due-new": form(data={"title": "決算の入力", "due_on": "2099-03-31"}),
    "workflow-due-edit": form(pk="{due}", data={"title": "実績の再入力"}),
    "workflow-due-do": deed(HOSHINO_OR_SHARED, pk="{due}", deed="done"),
    "workflow-inquiries": read(),
    "workflow-inquiry-new": form(
        query={"record": "compacts.agreementversion:{new}"}, data={"due_on": "2099-03-31"}
    ),
    "workflow-inquiry": read(pk="{inquiry}"),
    "workflow-inquiry-do": deed(pk="{inquiry}", deed="close"),
    "workflow-decide": form(
        frozenset({"approver", *SHARED}),
        pk="{inquiry}",
        code=KAWAKITA,
        data={
            "answer": "agreed",
            "decided_on": today,
            "decision_kind": "mayor",
            "document_no": "架空第5号",
            "reply": picture_file,
        },
    ),
    "compacts:agreements": read(),
    "compacts:agreement-new": form(data={"kind": "memorandum", "title": "除雪の応援に関する覚書"}),
    "compacts:agreement-pairs": form(data={"kind": "pact"}),
    "compacts:agreement": read(agreement="{settlement}"),
    "compacts:agreement-version": read(agreement="kyoutei", number="1"),
    "compacts:agreement-head": form(**_DRAFT, data={"title": "題名を改めた協定書"}),
    "compacts:agreement-move": form(**_DRAFT, state="dropped"),
    "compacts:resolution": form(
        KAWAKITA_OR_SHARED,
        agreement="{settlement}",
        code=KAWAKITA,
        data={"ordinance": "true", "bill_no": "第5号"},
    ),
    "compacts:dissolution-start": form(agreement="keisei", data={"deciding": [AOBA]}),
    "compacts:dissolution-stop": deed(agreement="haishi"),
    "compacts:dissolution": form(
        KAWAKITA_OR_SHARED, agreement="haishi", code=KAWAKITA, data={"ordinance": "true", "bill_no": "第6号"}
    ),
    "compacts:agreement-amend": deed(agreement="oboegaki"),
    "compacts:agreement-text": form(**_DRAFT, data={"preamble": "前文を改める。"}),
    "compacts:annex-new": form(**_DRAFT, data={"field_label": "(9)共通", "title": "新しい取組"}),
    "compacts:annex": form(**_DRAFT, key="bousai", data={"title": "題名を改めた取組"}),
    "compacts:annex-remove": deed(**_DRAFT, key="bousai"),
    "compacts:signatories": form(**_DRAFT),
    "compacts:signatory-name": form(agreement="oboegaki", code=HOSHINO),
    "compacts:compare": Address({**_DRAFT, "form": "table"}, query=_PAIR),
    "compacts:compare-word": Address({**_DRAFT, "form": "tracked"}, query=_PAIR),
    "compacts:declaration-new": form(data={"title": "新しい宣言書"}),
    "compacts:declaration": read(declaration="sengen"),
    "compacts:declaration-edit": form(declaration="sengen", data={"title": "題名を改めた宣言書"}),
    "compacts:declaration-publish": form(declaration="sengen", data={"declared_on": "2024-05-24"}),
    "compacts:visions": read(),
    "compacts:vision-new": form(data={"programme": "teiju", "title": "次期ビジョン"}),
    "compacts:vision": read(vision="vision"),
    "compacts:vision-edit": form(vision="vision", data={"title": "題名を改めたビジョン"}),
    "compacts:vision-move": form(vision="vision", state="public_comment"),
    "compacts:vision-edition": read(vision="vision", order="{edition}"),
    "compacts:initiatives": read(),
    "compacts:initiative-new": form(data={"title": "新しい取組"}),
    "compacts:initiative-edit": form(initiative="bousai", data={"title": "題名を改めた取組"}),
    "compacts:project-new": form(initiative="bousai", data={"title": "新しい事業"}),
    "compacts:project": form(initiative="bousai", project="kunren", data={"title": "題名を改めた事業"}),
    "compacts:kpis": read(),
    "compacts:kpi-new": form(data={"name": "新しい指標", "direction": "undecided", "initiative": "bousai"}),
    "compacts:kpi": read(kpi="koushuukai-sanka"),
    "compacts:kpi-chart": read(kpi="koushuukai-sanka"),
    "compacts:kpi-edit": form(kpi="koushuukai-sanka", data={"name": "名を改めた指標"}),
    "compacts:kpi-reading": form(kpi="tsukatta-hito", year="2024", data={"value": "5"}),
    "compacts:evaluations": read(),
    "compacts:evaluation-scale": form(),
    "compacts:evaluations-year": read(year="2024"),
    "compacts:evaluate": form(
        KAWAKITA_OR_SHARED, year="2024", initiative="sumaho", code=KAWAKITA, data={"grade": "A"}
    ),
    "compacts:library": read(),
    "compacts:library-table": read(),
    "compacts:library-comparison": read(),
    "compacts:library-gaps": read(),
    "compacts:register": read(),
    "compacts:register-hopes": read(),
    "compacts:register-load": form(data={"file": matters_file}),
    "compacts:register-template": read(),
    "compacts:register-data": read(name="register.xlsx"),
    "compacts:register-matter-new": form(WRITERS, data={"title": "空き家の増加", "municipality": own_code}),
    "compacts:register-matter": read(matter="kadai"),
    "compacts:register-matter-edit": form(matter="kadai", data={"title": "施設の維持管理"}),
    "compacts:register-matter-remove": deed(matter="kitai", data={"version": "1"}),
    "compacts:register-speak": form(
        KAWAKITA_OR_SHARED, matter="kadai", code=KAWAKITA, data={"text": "図書館も古い。"}
    ),
    "compacts:register-silence": deed(KAWAKITA_OR_SHARED, matter="kadai", code=KAWAKITA),
    "compacts:register-candidate-new": form(data={"title": "予約の共通化"}),
    "compacts:register-candidate": read(candidate="koho"),
    "compacts:register-candidate-edit": form(candidate="koho", data={"title": "施設の相互利用"}),
    "compacts:register-candidate-remove": deed(candidate="koho-2", data={"version": "1"}),
    "compacts:register-move": form(
        candidate="koho", stage="studying", data={"on": today, "reason": "部会で検討"}
    ),
    "compacts:register-interest": form(
        KAWAKITA_OR_SHARED, candidate="koho", code=KAWAKITA, data={"text": "予約から始めたい。"}
    ),
    "compacts:register-disinterest": deed(KAWAKITA_OR_SHARED, candidate="koho", code=KAWAKITA),
    "activities:activities": read(),
    "activities:new": form(
        WRITERS, query={"initiative": "bousai"}, data={"title": "夜間訓練", "kind": "drill"}
    ),
    "activities:none": deed(data={"initiative": "sumaho", "year": "2022"}),
    "activities:years": Address(writes=SHARED, data={"verb": "close", "year": "2023"}),
    "activities:sheets": Address(writes=WRITERS, stores=False, data={"file": activity_sheet}),
    "activities:sheet": read(year="2024"),
    "activities:store-sheet": Address(opens=None, writes=WRITERS, before="activities:sheets"),
    "activities:activity": read(slug="r6-sumaho"),
    "activities:edit": form(slug="r6-sumaho", data={"title": "題名を改めた講習会"}),
    "activities:remove": deed(slug="r6-sumaho", data={"version": "1"}),
    "activities:figures": Address(
        {"slug": "r6-sumaho"}, writes=KAWAKITA_OR_SHARED, data={f"value-people-{KAWAKITA}": "28"}
    ),
    "activities:adopt": deed(
        slug="{differing}", data={"key": "participants", "version": "{differing_version}"}
    ),
    "activities:photos": read(),
    "activities:add-photo": form(
        query={"activity": "r6-sumaho"}, data={"file": picture_file, "caption": "受付のようす"}
    ),
    "activities:edit-photo": form(slug="{photo}", data={"caption": "改めた説明"}),
    "activities:remove-photo": deed(slug="{photo}", data={"version": "1"}),
    "activities:photo": Address({"slug": "{photo}", "variant": "original"}, opens=WRITERS),
    "activities:public-photo": public(slug="{photo}", variant="image"),
    "evidence:evidence": read(),
    "evidence:inquiries": read(),
    "evidence:inquiry-new": form(data={"title": "基礎数値調査"}),
    "evidence:inquiry": read(pk="{asked}"),
    "evidence:inquiry-edit": of_draft(data={"title": "施設の利用状況"}),
    "evidence:inquiry-items": of_draft(data={"add": "births"}),
    "evidence:inquiry-send": of_draft(data={"dated": today, "document_no": "架空第7号"}),
    "evidence:inquiry-remind": form(pk="{asked}", data={"dated": today, "towns": KAWAKITA}),
    "evidence:inquiry-terms": form(pk="{asked}", data={"contact": "企画課 内線7"}),
    "evidence:inquiry-do": deed(pk="{asked}", deed="copy"),
    "evidence:inquiry-letters": Address({"pk": "{asked}", "letter": "{letter}"}, opens=SHARED),
    "evidence:inquiry-letter": of_kawakita(pk="{asked}", letter="{letter}", ending="docx"),
    "evidence:inquiry-table": Address({"pk": "{asked}"}, opens=SHARED),
    "evidence:inquiry-table-file": Address({"pk": "{asked}", "ending": "csv"}, opens=SHARED),
    "evidence:inquiry-answer": of_kawakita(KAWAKITA_OR_SHARED, pk="{asked}", data={"v1": "33"}),
    "evidence:inquiry-sheet": of_kawakita(pk="{asked}"),
    "evidence:inquiry-upload": of_kawakita(KAWAKITA_OR_SHARED, pk="{asked}", data={"file": return_sheet}),
    "evidence:inquiry-hand-in": of_kawakita(KAWAKITA_OR_SHARED, pk="{asked}"),
    "evidence:checks": Address(writes=INSIDE, stores=False, data={"lines": "計 = 3\n計 = 1 + 2"}),
    "evidence:book": read(),
    "evidence:book-regions": read(),
    "evidence:indicators": read(),
    "evidence:book-chapter": read(chapter="population"),
    "evidence:book-chapter-of": read(codes=KAWAKITA, chapter="population"),
    "evidence:book-file": read(exhibit="population_by_year", number="1", format="svg"),
    "evidence:reckoned": read(indicator="population", code="region"),
    "evidence:reckoned-of": read(codes=KAWAKITA, indicator="population", code="region"),
    "evidence:futures": read(),
    "evidence:workbench": Address(
        writes=WRITERS, query={"until": "2035"}, data={"title": "将来推計", "draws": "0", "seed": seed}
    ),
    "evidence:workbench-live": Address(query={"until": "2035", "young": "50"}, ok=302),
    "evidence:forecast-upload": deed(WRITERS, data={"state": "until=2040", "scenario": scenario_file}),
    "evidence:forecast": read(pk="{forecast}"),
    "evidence:forecast-edit": form(pk="{forecast}", data={"title": "名称を改めた推計"}),
    "evidence:forecast-scenario": read(pk="{forecast}"),
    "evidence:forecast-file": read(pk="{forecast}", exhibit="future_total", number="1", format="svg"),
    "evidence:forecast-do": deed(pk="{forecast}", deed="show", data={"version": "1"}),
    "evidence:forecast-run": read(pk="{forecast_run}"),
    "evidence:cancel-forecast": deed(pk="{forecast_run}"),
    "evidence:compare-futures": Address(query=_TWO_FORECASTS),
    "evidence:compared-file": Address(
        {"exhibit": "future_total", "number": "1", "format": "svg"}, query=_TWO_FORECASTS
    ),
    "evidence:futures-neighbours": Address(query={"until": "2030"}),
    "evidence:neighbours-file": Address(
        {"exhibit": "future_total", "number": "1", "format": "svg"}, query={"until": "2030"}
    ),
    "evidence:demand-rates": Address(writes=WRITERS, data={"content": rates_text}),
    "evidence:demand-rates-upload": deed(WRITERS, data={"rates": rates_file, "version": "1"}),
    "evidence:demand-rates-buildings": deed(
        WRITERS, data={"ledger": ledger_file, "source": "公共施設の台帳", "year": "2023", "version": "1"}
    ),
    "evidence:remove-demand-rates": deed(WRITERS, data={"version": "1"}),
    "evidence:demand-rates-file": read(),
    "evidence:demand-rates-template": read(),
    "evidence:futures-methods": read(),
    "evidence:methods-accuracy": read(),
    "evidence:delineation": read(),
    "evidence:delineation-stability": read(),
    "evidence:delineation-file": read(what="towns", format="csv"),
    "evidence:import": form(data={"file": statistics_file}),
    "evidence:edition": read(pk="{statistics}"),
    "evidence:sources": own(),
    "evidence:fetch-run": own(kwargs={"pk": "{fetch_run}"}),
    "evidence:cancel-fetch": own(None, kwargs={"pk": "{fetch_run}"}),
    "evidence:official-mappings": own(),
    "evidence:official-new-mapping": own(frozenset()),
    "evidence:official-mapping": own(kwargs={"pk": "{official_mapping}"}),
    "evidence:official-mapping-file": own(kwargs={"pk": "{official_mapping}"}),
    "evidence:official-forget-mapping": own(None, kwargs={"pk": "{official_mapping}"}),
    "evidence:originals": read(pk="{statistics}"),
    "evidence:rows": Address(
        {"pk": "{kept_in}"}, writes=SHARED, data={"rows": ["{kept}:1"], "reason": "合計の行"}
    ),
    "evidence:withdraw": form(pk="{kept_in}", data={"reason": "誤って読み込んだ"}),
    "evidence:restore": deed(pk="{withdrawn}"),
    "evidence:areas": read(),
    "evidence:area": read(pk="{area}"),
    "evidence:mappings": read(),
    "evidence:new-mapping": Address(opens=SHARED, writes=SHARED, stores=False, data={"file": table_file}),
    "evidence:mapping": read(pk="{mapping}"),
    "evidence:mapping-file": read(pk="{mapping}"),
    "evidence:forget-mapping": deed(pk="{mapping}", data={"version": "1"}),
    "evidence:row": form(pk="{kept}", data={"cell-4": "12"}),
    "evidence:drop-row": deed(pk="{kept}", data={"version": "1"}),
    "evidence:figure": read(pk="{figure}"),
    "evidence:correct": form(pk="{own_figure}", data={"value": "51000", "reason": "転記の誤り"}),
    "programmes:eligibility": read(),
    "programmes:partners": read(),
    "programmes:procedure": read(),
    "programmes:procedure-chart": read(),
    "programmes:procedure-calendar": read(),
    "programmes:rules": read(),
    "programmes:answer-new": form(
        parameter="teiju.cap.partner.from_2025",
        data={"part-0": "18,500,000", "legal_basis": "令和7年度の省令", "valid_from": "2025-04-01"},
    ),
    "programmes:answer": form(pk="{answer}", data={"part-0": "86,000,000"}),
    "programmes:remove-answer": deed(pk="{answer}", data={"version": "1"}),
    "programmes:facts": read(),
    "programmes:fact-new": form(
        kind="recognition",
        data={"programme": "renkei", "basis": "要綱第3（架空）", "municipality": "{aoba_town}"},
    ),
    "programmes:fact": form(pk="{fact}", data={"figure": "川北町の買物の41％"}),
    "programmes:remove-fact": deed(pk="{fact}", data={"version": "1"}),
    "programmes:funding": Address(query={"year": "2024"}),
    "programmes:funding-chart": Address(query={"year": "2024", "programme": "teiju"}),
    "programmes:funding-basis": Address({"format": "xlsx"}, query={"year": "2024", "programme": "teiju"}),
    "programmes:calculator": read(),
    "programmes:claim-new": Address(
        writes=WRITERS,
        query={"year": "2024"},
        data={"initiative": "夜間訓練", "general_revenue": "120万円", "municipality": own_town},
    ),
    "programmes:claims-file": form(WRITERS, query={"year": "2024"}, data={"file": claims_file}),
    "programmes:claim": Address(
        {"pk": "{claim}"}, writes=KAWAKITA_OR_SHARED, data={"general_revenue": "400万円"}
    ),
    "programmes:remove-claim": deed(KAWAKITA_OR_SHARED, pk="{claim}", data={"version": "1"}),
    "programmes:claims-confirm": deed(year="2024", verb="confirm"),
    "programmes:plan": read(programme="teiju"),
    "programmes:plan-chart": read(programme="teiju"),
    "programmes:plan-start": form(programme="teiju", data={"start": "2024-06-03"}),
    "programmes:plan-step": form(programme="teiju", step="panel_1", data={"done_on": "2024-07-18"}),
    "programmes:give-address": deed(programme="teiju", data={"label": "企画課の共有カレンダー"}),
    "programmes:revoke-address": deed(pk="{calendar}"),
    "programmes:feed": own(EVERYONE, kwargs={"secret": "{calendar_secret}"}),
    "finance:finance": read(),
    "finance:new-grant": Address(
        writes=SHARED, data={"programme": "teiju", "steps-0-step": "decision", "steps-0-amount": "1000000"}
    ),
    "finance:grants-csv": read(),
    "finance:grant": Address({"slug": "r5-koufukin"}, writes=SHARED, data={"title": "改めた名称"}),
    "finance:remove-grant": deed(slug="r5-koufukin", data={"version": "1"}),
    "finance:new-line": Address(
        writes=WRITERS, data={"initiative": "{initiative}", "amount": "1000", "municipality": own_town}
    ),
    "finance:lines-csv": read(),
    "finance:line": Address(
        {"slug": "kunren-kawakita"}, writes=KAWAKITA_OR_SHARED, data={"amount": "400000"}
    ),
    "finance:remove-line": deed(KAWAKITA_OR_SHARED, slug="kunren-kawakita", data={"version": "1"}),
    "finance:costs": read(),
    "finance:new-cost": Address(
        writes=SHARED,
        data={"title": "共同の広報", "initiative": "{initiative}", "holder": holder, "first_year": "2026"},
    ),
    "finance:cost": read(slug=COST),
    "finance:edit-cost": Address({"slug": COST}, writes=SHARED, data={"note": "改めた備考"}),
    "finance:remove-cost": deed(slug="kara", data={"version": "1"}),
    "finance:cost-chart": read(slug=COST),
    "finance:cost-csv": read(slug=COST),
    "finance:items": Address(
        {"slug": COST, "year": "2024"},
        writes=SHARED,
        query={"stage": "initial"},
        data={"items-0-amount": "2900000"},
    ),
    "finance:copy-items": deed(
        slug=COST, year="2025", data={"stage": "request", "from_year": "2024", "from_stage": "initial"}
    ),
    "finance:figures": Address(
        {"slug": COST, "year": "2024"},
        writes=WRITERS,
        data={f"v-population-{KAWAKITA}": "8999", f"v-population-{HOSHINO}": "2999"},
    ),
    "finance:figures-file": Address(
        {"slug": COST, "year": "2024"}, writes=WRITERS, data={"file": figures_file}
    ),
    "finance:fetch-figures": Address({"slug": COST, "year": "2024"}, writes=SHARED),
    "finance:rules": read(slug=COST),
    "finance:new-rule": Address({"slug": COST}, writes=SHARED, query={"from": "version:1"}),
    "finance:rule": read(slug=COST, number="1"),
    "finance:edit-rule": Address(
        {"slug": COST, "number": "2"}, writes=SHARED, data={"remarks": "改めた備考"}
    ),
    "finance:rule-file": read(slug=COST, number="1"),
    "finance:propose-rule": deed(slug=COST, number="2", data={"version": "1", "due_on": "2099-03-31"}),
    "finance:adopt-rule": deed(slug=COST, number="3", data={"version": "2", "adopted_on": today}),
    "finance:withdraw-rule": deed(slug=COST, number="3", data={"version": "2"}),
    "finance:remove-rule": deed(slug=COST, number="2", data={"version": "1"}),
    "finance:issue": Address(
        {"slug": COST, "year": "2024"},
        writes=SHARED,
        query={"stage": "request"},
        data={"document_no": "第3号", "answer_by": "2099-10-31"},
    ),
    "finance:allocation": read(slug=COST, year="2024", number="1"),
    "finance:budgets": read(slug=COST, year="2024"),
    "finance:town-budget": Address(
        {"slug": COST, "year": "2024", "code": KAWAKITA},
        writes=KAWAKITA_OR_SHARED,
        query={"stage": "initial"},
        data={"amount": "410000"},
    ),
    "finance:remove-town-budget": deed(
        KAWAKITA_OR_SHARED,
        slug=COST,
        year="2024",
        code=KAWAKITA,
        data={"stage": "request", "round": "0", "version": "1"},
    ),
    "finance:claim-revenue": Address({"slug": COST, "year": "2024"}, writes=KAWAKITA_OR_SHARED),
    "finance:workbench": read(slug=COST),
    "finance:workbench-chart": read(slug=COST),
    "finance:workbench-data": read(slug=COST),
    "finance:game": Address({"slug": COST, "year": "2024"}, writes=SHARED, data={"note": "改めた見積"}),
    "finance:game-csv": read(slug=COST, year="2024"),
    "finance:outlook": read(slug=COST),
    "finance:outlook-chart": read(slug=COST, chart="core"),
    "finance:outlook-csv": read(slug=COST),
    "finance:explanation": read(slug=COST, year="2024", number="1", code=KAWAKITA, form="pdf"),
    "finance:calculation": read(slug=COST, year="2024", number="1", form="xlsx"),
    "finance:request-letter": read(slug=COST, year="2024", number="1", code=KAWAKITA, form="docx"),
    "finance:notice": read(year="2024", number="{bill}", form="pdf"),
    "finance:dunning-letter": read(year="2024", number="{bill}", nth="1", form="pdf"),
    "finance:assessments": read(),
    "finance:assess": Address(
        {"slug": OTHER, "year": "2024"}, writes=SHARED, data=_ASSESSED | {f"take_{KAWAKITA}": "on"}
    ),
    "finance:settlement": Address(
        {"slug": COST, "year": "2024"}, writes=SHARED, data=_ASSESSED | {f"take_{HOSHINO}": "on"}
    ),
    "finance:assessment": read(year="2024", number="{bill}"),
    "finance:notify-assessment": _of_bill(
        "{untouched}", SHARED, {"version": "1", "notice_no": "第5号", "notice_on": "2024-04-15"}
    ),
    "finance:receive": _of_bill("{bill}", SHARED, _DEED | {"instalment": "1"}),
    "finance:commit": _of_bill("{bill}", KAWAKITA_OR_SHARED, _DEED),
    "finance:order": _of_bill("{bill}", KAWAKITA_OR_SHARED, _DEED),
    "finance:pay": _of_bill("{bill}", KAWAKITA_OR_SHARED, _DEED),
    "finance:dun": _of_bill(
        "{bill}", SHARED, {"instalment": "1", "sent_on": "2024-07-01", "pay_by": "2024-07-20"}
    ),
    "finance:cancel-assessment": _of_bill("{untouched}", SHARED, _CORRECTION),
    "finance:pay-refund": _of_bill("{refund}", SHARED, _LATE_DEED),
    "finance:assess-refund": _of_bill("{refund}", KAWAKITA_OR_SHARED, _LATE_DEED),
    "finance:receive-refund": _of_bill("{refund}", KAWAKITA_OR_SHARED, _LATE_DEED),
    "finance:ledger": read(),
    "finance:ledger-check": read(),
    "finance:ledger-csv": read(),
    "finance:entry": read(year="2024", number="{entry}"),
    "finance:reverse-entry": deed(KAWAKITA_OR_SHARED, year="2024", number="{entry}", data=_CORRECTION),
    "finance:post-spending": Address(
        {"slug": COST, "year": "2024"}, writes=SHARED, data=_DEED | {"kind": "expense", "text": "訓練委託料"}
    ),
    "documents:documents": read(),
    "documents:new": Address({"kind": "vision"}, writes=INSIDE, data={"slug": "vision"}),
    "documents:run": read(pk="{run}"),
    "documents:cancel": deed(pk="{run}"),
    "documents:document": read(kind="results", number="1"),
    "documents:act": deed(
        kind="agreement", number="1", verb="unpublish", data={"version": "{published_version}"}
    ),
    "documents:file": read(kind="results", number="1", format="pdf"),
    "documents:public-file": public(kind="agreement", number="1", format="pdf"),
    "portal:desk": own(),
    "portal:region": read(),
    "portal:initiative": read(initiative="bousai"),
    "portal:trace": read(),
    "public:regions": own(EVERYONE),
    "public:furigana": own(EVERYONE, query={"on": "1", "next": "/"}, ok=302),
    "public:home": public(),
    "public:members": public(),
    "public:initiative": public(initiative="sumaho"),
    "public:activities": public(),
    "public:activity": public(activity="r6-sumaho"),
    "public:vision": public(),
    "public:kpi-chart": public(kpi="koushuukai-sanka", shape="wide"),
    "public:agreements": public(),
    "public:agreement": public(agreement="kyoutei"),
    "public:documents": public(),
    "public:data": public(),
    "public:catalogue": public(),
    "public:dataset": public(dataset="activities", format="csv"),
    "public:photo": public(photo="{photo}"),
    **DISASTER,
}

#: Addresses of the sign-in library: the rest of the address, what a visitor gets, what a logged-in person gets.
SIGN_IN: dict[str, tuple[Mapping[str, str], int, int]] = {
    "account_login": ({}, 200, 302),
    "account_logout": ({}, 302, 200),
    "account_inactive": ({}, 200, 200),
    "account_signup": ({}, 200, 302),
    "account_reauthenticate": ({}, 302, 200),
    "account_email": ({}, 302, 200),
    "account_email_verification_sent": ({}, 200, 200),
    "account_change_password": ({}, 302, 200),
    "account_set_password": ({}, 302, 302),
    "account_reset_password": ({}, 200, 200),
    "account_confirm_login_code": ({}, 302, 302),
    "account_confirm_email": ({"key": "x"}, 200, 200),
    "account_reset_password_from_key_done": ({}, 200, 200),
    "account_reset_password_from_key": ({"uidb36": "1", "key": "x"}, 200, 200),
    "account_reset_password_done": ({}, 200, 200),
    "mfa_index": ({}, 302, 200),
    "mfa_authenticate": ({}, 302, 302),
    "mfa_reauthenticate": ({}, 302, 302),
    "mfa_activate_totp": ({}, 302, 302),
    "mfa_deactivate_totp": ({}, 302, 404),
    "mfa_view_recovery_codes": ({}, 302, 404),
    "mfa_generate_recovery_codes": ({}, 302, 302),
    "mfa_download_recovery_codes": ({}, 302, 404),
    "mfa_list_webauthn": ({}, 302, 200),
    "mfa_add_webauthn": ({}, 302, 302),
    "mfa_reauthenticate_webauthn": ({}, 302, 302),
    "mfa_remove_webauthn": ({"pk": "1"}, 302, 302),
    "mfa_edit_webauthn": ({"pk": "1"}, 302, 302),
    "mfa_login_webauthn": ({}, 302, 302),
    "socialaccount_login_cancelled": ({}, 200, 200),
    "socialaccount_login_error": ({}, 401, 401),
    "socialaccount_signup": ({}, 302, 302),
    "socialaccount_connections": ({}, 302, 200),
    "openid_connect_login": ({"provider_id": "staff"}, 404, 404),
    "openid_connect_callback": ({"provider_id": "staff"}, 404, 404),
}
#: The library's old addresses, each sent on to a new one.
OLD = "accounts/social/"

#: Not here: the API has its own table in `keniki.apps.portal.tests`.
ELSEWHERE = ("api:", "api-nothing", OLD)


def names() -> Iterator[str]:
    """The name of every address the resolver knows; one without a name is given as its pattern."""
    yield from _walk(get_resolver(), "", "")


def _walk(resolver: URLResolver, space: str, before: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        where = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield f"{space}{each.name}" if each.name else where
        else:
            yield from _walk(each, f"{space}{each.namespace}:" if each.namespace else space, where)
