from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities import actions as years
from keniki.apps.compacts import actions, counted
from keniki.apps.compacts.actions.visions import GoalRow
from keniki.apps.compacts.declaring import parts_of
from keniki.apps.compacts.models import (
    Declaration,
    Evaluation,
    Initiative,
    Kpi,
    Vision,
)
from keniki.apps.regions import actions as regions


def at(name, *args):
    return reverse(f"compacts:{name}", args=["aoba", *args])


def rows(prefix, given, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(given):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


@pytest.fixture
def vision(secretariat, in_region):
    return actions.save_vision(
        secretariat,
        in_region,
        None,
        None,
        values={
            "programme": "teiju",
            "title": "青葉圏域共生ビジョン",
            "first_year": 2020,
            "last_year": 2024,
            "future_image": "支え合う圏域",
        },
        sections=[],
        goals=[GoalRow("安心して暮らす", "disaster")],
    )


@pytest.fixture
def declaration(secretariat, in_region, towns):
    return actions.save_declaration(
        secretariat,
        in_region,
        None,
        None,
        programme="teiju",
        title="中心市宣言書",
        centre=towns["青葉市"],
        gist=["中心市としての役割を果たす。"],
        parts={},
    )


@pytest.fixture
def kpi(secretariat, in_region, vision):
    return actions.save_kpi(
        secretariat,
        in_region,
        None,
        None,
        values={
            "name": "訓練の参加者数",
            "unit": "人",
            "direction": "increase",
            "vision": vision,
            "baseline_value": Decimal(100),
            "baseline_years": [2019],
        },
        targets={2024: Decimal(200)},
    )


READ = ["visions", "kpis", "initiatives", "evaluations"]
WRITE = ["vision-new", "declaration-new", "initiative-new", "kpi-new"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*READ, *WRITE])
def test_each_page_answers_by_role(client_as, secretariat, partner, neighbour, resident, name):
    address = at(name)
    assert client_as(secretariat).get(address).status_code == 200
    assert client_as(neighbour).get(address).status_code == 404
    assert "/accounts/login/" in client_as(resident).get(address).url
    answer = client_as(partner).get(address)
    assert answer.status_code == (403 if name in WRITE else 200)
    if name in WRITE:
        assert "事務局が編集します" in answer.content.decode()


@pytest.mark.slow
def test_the_pages_of_one_record_answer_by_role(
    client_as, secretariat, partner, neighbour, resident, vision, declaration, kpi
):
    addresses = {
        at("vision", vision.slug): 200,
        at("vision-edit", vision.slug): 403,
        at("vision-move", vision.slug, "draft"): 403,
        at("declaration", declaration.slug): 200,
        at("declaration-edit", declaration.slug): 403,
        at("kpi", kpi.slug): 200,
        at("kpi-edit", kpi.slug): 403,
        at("kpi-reading", kpi.slug, 2022): 403,
        at("initiative-edit", "bousai"): 403,
        at("project-new", "bousai"): 403,
        at("project", "bousai", "kunren"): 403,
    }
    for address, as_partner in addresses.items():
        assert client_as(secretariat).get(address).status_code == 200, address
        assert client_as(partner).get(address).status_code == as_partner, address
        assert client_as(neighbour).get(address).status_code == 404, address
        assert client_as(resident).get(address).status_code == 302, address


@pytest.mark.slow
def test_what_a_region_does_not_have_is_not_found(client_as, secretariat, vision):
    client = client_as(secretariat)
    for address in (
        at("vision", "nani"),
        at("vision-move", vision.slug, "nani"),
        at("vision-edition", vision.slug, 1),
        at("declaration", "nani"),
        at("kpi", "nani"),
        at("initiative-edit", "nani"),
        at("project", "bousai", "nani"),
        at("evaluations-year", 2200),
    ):
        assert client.get(address).status_code == 404, address


@pytest.mark.slow
def test_a_vision_is_written_and_decided_and_its_editions_stay(client_as, secretariat, in_region):
    client = client_as(secretariat)
    data = {
        "programme": "teiju",
        "title": "共生ビジョン",
        "first_year": "令和7年度",
        "last_year": "R11",
        "future_image": "",
        **rows("sections", [{"heading": "圏域の概況", "body": "三つの市町からなる。"}]),
        **rows(
            "goals",
            [{"key": "", "field": "disaster", "text": "備える"}, {"key": "", "field": "", "text": ""}],
        ),
    }
    wrong = client.post(at("vision-new"), {**data, "last_year": "R5", "title": "残る名前"})
    assert wrong.status_code == 422
    assert "開始年度（令和7年度）より前" in wrong.content.decode()
    assert "残る名前" in wrong.content.decode()
    client.post(at("vision-new"), data)
    vision = Vision.objects.get(title="共生ビジョン")
    assert (vision.first_year, vision.last_year) == (2025, 2029)
    assert [g.key for g in vision.goals.all()] == ["goal_1"]
    client.post(at("vision-move", vision.slug, "draft"), {"version": vision.version, "on": "2024-10-01"})
    refused = client.get(at("vision-move", vision.slug, "decided"))
    assert refused.status_code == 403
    assert "将来像" in refused.content.decode()
    page = client.get(at("vision", vision.slug)).content.decode()
    assert "まだできません" in page
    assert "未入力" in page
    vision.refresh_from_db()
    filled = {
        **data,
        "version": vision.version,
        "future_image": "支え合う圏域",
        **rows("goals", [{"key": "goal_1", "field": "disaster", "text": "共に備える"}], 1),
        **rows("sections", [{"heading": "圏域の概況", "body": "三つの市町からなる。"}], 1),
    }
    client.post(at("vision-edit", vision.slug), filled)
    vision.refresh_from_db()
    client.post(at("vision-move", vision.slug, "decided"), {"version": vision.version, "on": "2025-03-25"})
    vision.refresh_from_db()
    assert (vision.state, vision.decided_on.isoformat()) == ("decided", "2025-03-25")
    same = client.post(
        at("vision-move", vision.slug, "changed"), {"version": vision.version, "on": "2025-04-01"}
    )
    assert same.status_code == 422
    assert "前の版から変わったところがありません" in same.content.decode()
    client.post(
        at("vision-edit", vision.slug), {**filled, "version": vision.version, "future_image": "変えた将来像"}
    )
    assert "策定した版の後に変更があります" in client.get(at("vision", vision.slug)).content.decode()
    vision.refresh_from_db()
    client.post(at("vision-move", vision.slug, "changed"), {"version": vision.version, "on": "2025-04-01"})
    vision.refresh_from_db()
    assert vision.state_label == "変更第1版"
    decided = client.get(at("vision-edition", vision.slug, 3)).content.decode()
    assert "支え合う圏域" in decided
    assert "変えた将来像" not in decided
    assert "変えた将来像" in client.get(at("vision-edition", vision.slug, 4)).content.decode()


def test_the_tree_sets_goals_against_initiatives(client_as, secretariat, vision, in_region):
    client = client_as(secretariat)
    client.post(at("initiative-edit", "bousai"), initiative_data(in_region, aim=f"{vision.slug}:goal_1"))
    page = client.get(at("vision", vision.slug)).content.decode()
    tree = page[page.index('id="vision-tree"') : page.index('id="chapters"')]
    assert (
        tree.index("防災")
        < tree.index("安心して暮らす")
        < tree.index("地域防災体制の充実")
        < tree.index("合同防災訓練")
    )


def initiative_data(region, **more):
    row = Initiative.objects.get(slug="bousai")
    return {
        "version": row.version,
        "title": row.title,
        "order": 1,
        "fields": ["disaster"],
        "first_year": "R4",
        "last_year": "R6",
        "annex": ["kyoutei:bousai"],
        "outlooks": "■訓練の継続\n・夜間訓練\n夜間に行う。",
        **rows("roles", [{"label": "各市町", "text": "参加する。"}]),
        **rows("findings", [{"text": "円滑になった。"}, {"text": "夜間が課題。"}]),
        **more,
    }


@pytest.mark.slow
def test_an_initiative_is_edited_with_everything_that_hangs_on_it(client_as, secretariat, in_region):
    client = client_as(secretariat)
    wrong = client.post(at("initiative-edit", "bousai"), initiative_data(in_region, outlooks="文だけ"))
    assert wrong.status_code == 422
    assert "1行目：文の前に" in wrong.content.decode()
    client.post(at("initiative-edit", "bousai"), initiative_data(in_region, overview="新しい概要"))
    row = Initiative.objects.get(slug="bousai")
    assert row.overview == "新しい概要"
    assert [f.text for f in row.findings.all()] == ["円滑になった。", "夜間が課題。"]
    assert [(o.title, [m.title for m in o.measures.all()]) for o in row.outlooks.all()] == [
        ("訓練の継続", ["夜間訓練"])
    ]
    assert [(link.agreement.slug, link.key) for link in row.annex_links.all()] == [("kyoutei", "bousai")]
    assert "取組「地域防災体制の充実」（" in LogEntry.objects.order_by("-id").first().text


def test_saving_an_initiative_as_it_is_writes_nothing(client_as, secretariat, in_region):
    client = client_as(secretariat)
    client.post(at("initiative-edit", "bousai"), initiative_data(in_region))
    entries = LogEntry.objects.count()
    client.post(at("initiative-edit", "bousai"), initiative_data(in_region))
    assert LogEntry.objects.count() == entries


@pytest.mark.slow
def test_a_new_initiative_and_its_project_appear_in_the_list(client_as, secretariat, in_region):
    client = client_as(secretariat)
    data = {**initiative_data(in_region), "title": "共同研修", "annex": [], "order": "", "version": ""}
    client.post(at("initiative-new"), data)
    made = Initiative.objects.get(title="共同研修")
    assert made.order == 3
    wrong = client.post(at("project-new", made.slug), {"title": "", "code": "X-1"})
    assert wrong.status_code == 422
    assert "X-1" in wrong.content.decode()
    client.post(
        at("project-new", made.slug), {"title": "新任職員研修", "first_year": "R6", "last_year": "R7"}
    )
    assert made.projects.get().first_year == 2024
    page = client.get(at("initiatives")).content.decode()
    assert "共同研修" in page
    assert "地域防災体制等の充実" in page


@pytest.mark.slow
def test_a_declaration_is_published_only_when_its_parts_are_written(
    client_as, secretariat, declaration, towns
):
    client = client_as(secretariat)
    refused = client.get(at("declaration-publish", declaration.slug))
    assert refused.status_code == 403
    assert "都市機能の集積状況" in refused.content.decode()
    data = {
        "version": declaration.version,
        "programme": "teiju",
        "title": "中心市宣言書",
        "centre": towns["青葉市"].code,
        "gist": "一文目。\n二文目。",
        "text_complete": "on",
        "ideas_fields": ["medical"],
        "partners_municipalities": [towns["川北町"].code],
    }
    for key in [part.key for part in parts_of("teiju")]:
        data[f"{key}_text"] = f"{key}の本文"
    client.post(at("declaration-edit", declaration.slug), data)
    declaration.refresh_from_db()
    assert declaration.gist == ["一文目。", "二文目。"]
    wrong = client.post(
        at("declaration-publish", declaration.slug), {"version": declaration.version, "on": "2200-01-01"}
    )
    assert wrong.status_code == 422
    client.post(
        at("declaration-publish", declaration.slug),
        {"version": declaration.version, "on": "2024-05-24", "document_no": "企第8号"},
    )
    page = client.get(at("declaration", declaration.slug)).content.decode()
    assert "令和6年5月24日" in page
    assert "川北町" in page
    assert "医療" in page
    assert Declaration.objects.get().state == "published"

    declaration.refresh_from_db()
    data |= {"version": declaration.version, "mayor": "青木朔"}
    changed = client.post(at("declaration-edit", declaration.slug), {**data, "gist": "別の要旨。"})
    assert changed.status_code == 422
    assert "追記できるのは、宣言者の氏名だけです" in changed.content.decode()
    client.post(at("declaration-edit", declaration.slug), data)
    assert Declaration.objects.get().mayor == "青木朔"
    assert "公表した宣言者の氏名を 補入" in LogEntry.objects.first().text
    assert client.get(at("declaration-edit", declaration.slug)).status_code == 403


@pytest.mark.slow
def test_a_published_declaration_known_in_outline_only_is_completed_once(
    client_as, secretariat, declaration, towns
):
    client = client_as(secretariat)
    keys = [part.key for part in parts_of("teiju")]
    data = {
        "version": declaration.version,
        "programme": "teiju",
        "title": "中心市宣言書",
        "centre": towns["青葉市"].code,
        "gist": "要旨だけが残る。",
        **{f"{key}_outline": f"{key}の概要" for key in keys},
    }
    client.post(at("declaration-edit", declaration.slug), data)
    declaration.refresh_from_db()
    assert not declaration.text_complete
    client.post(
        at("declaration-publish", declaration.slug), {"version": declaration.version, "on": "2024-05-24"}
    )
    page = client.get(at("declaration", declaration.slug)).content.decode()
    assert "宣言書の本文は未入力です" in page
    assert page.count("本文：") == len(keys)
    declaration.refresh_from_db()
    data |= {"version": declaration.version, "text_complete": "on", "use_text": "利用の本文"}
    lacking = client.post(at("declaration-edit", declaration.slug), data)
    assert lacking.status_code == 422
    assert "本文が未入力の部があります" in lacking.content.decode()
    data |= {f"{key}_text": f"{key}の本文" for key in keys} | {"mayor": "青木朔"}
    client.post(at("declaration-edit", declaration.slug), data)
    declaration.refresh_from_db()
    assert (declaration.state, declaration.text_complete) == ("published", True)
    assert "公表した本文を 補入" in LogEntry.objects.first().text
    assert client.get(at("declaration-edit", declaration.slug)).status_code == 403


def kpi_data(**more):
    return {
        "name": "路線の数",
        "unit": "路線",
        "direction": "maintain",
        "initiative": "bousai",
        "counting": "typed",
        "baseline_value": "27",
        "baseline_years": "H30",
        **rows("targets", [{"year": "R5", "value": "27"}]),
        **more,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"direction": "undecided"}, "「検討中」の指標には目標値を入れません"),
        (rows("targets", [{"year": "", "value": ""}]), "目標値を1つ以上"),
        ({"initiative": ""}, "ビジョン又は取組のどちらか"),
        ({"baseline_average": "on"}, "2つ以上"),
        ({"baseline_years": ""}, "基準年度を入力"),
        (rows("targets", [{"year": "H29", "value": "27"}]), "基準年度より後"),
        (
            rows("targets", [{"year": "R5", "value": "27"}, {"year": "令和5年度", "value": "28"}]),
            "2つあります",
        ),
        (rows("targets", [{"year": "R5", "value": ""}]), "目標値を入力してください"),
        ({"baseline_years": "むかし"}, "読めません"),
        ({"counting": "counted"}, "集計する数量を選んでください"),
    ],
)
def test_a_kpi_that_cannot_be_is_refused_in_place(client_as, secretariat, changes, words):
    answer = client_as(secretariat).post(at("kpi-new"), kpi_data(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "路線の数" in answer.content.decode()


def test_a_kpi_with_an_average_baseline_is_kept_and_shown(client_as, secretariat, in_region):
    client = client_as(secretariat)
    data = kpi_data(
        direction="ceiling", baseline_value="2.0", baseline_years="H25～H29", baseline_average="on"
    )
    client.post(at("kpi-new"), data)
    kpi = Kpi.objects.get(name="路線の数")
    assert kpi.baseline_years == [2013, 2014, 2015, 2016, 2017]
    page = client.get(at("kpi", kpi.slug)).content.decode()
    assert "2路線（H25～H29の平均）" in page


@pytest.mark.slow
def test_an_actual_is_typed_judged_and_taken_back(client_as, secretariat, kpi):
    client = client_as(secretariat)
    address = at("kpi-reading", kpi.slug, 2022)
    client.post(address, {"value": "150", "comment": "合同で実施"})
    page = client.get(at("kpi", kpi.slug)).content.decode()
    assert "合同で実施" in page
    assert "順調" in page
    assert "未入力→150人 と記録" in LogEntry.objects.order_by("-id").first().text
    row = kpi.readings.get()
    stale = client.post(address, {"version": row.version + 1, "value": "151"})
    assert stale.status_code == 409
    client.post(address, {"version": row.version, "value": ""})
    assert not kpi.readings.exists()


def test_a_counted_kpi_takes_no_typed_actual_and_says_where_it_is_counted(client_as, secretariat, in_region):
    client = client_as(secretariat)
    address = at("kpi-reading", "koushuukai-sanka", 2024)
    answer = client.post(address, {"value": "5"})
    assert answer.status_code == 422
    assert "活動の数量から集計される" in answer.content.decode()
    page = client.get(at("kpi", "koushuukai-sanka")).content.decode()
    assert "スマートフォン講習会" in page


def test_counted_actuals_come_from_whoever_registered(client_as, secretariat, in_region, monkeypatch):
    monkeypatch.setattr(counted, "_source", [lambda kpi, years: {2024: Decimal(60)}])
    kpi = Kpi.objects.get(slug="koushuukai-sanka")
    actions.save_kpi(
        secretariat,
        in_region,
        kpi,
        None,
        values={"baseline_value": Decimal(0), "baseline_years": [2022]},
        targets={2024: Decimal(60)},
    )
    page = client_as(secretariat).get(at("kpis")).content.decode()
    assert "達成" in page


@pytest.mark.slow
def test_each_town_gives_its_own_evaluation_and_differences_show(
    client_as, secretariat, partner, other_partner, neighbour, in_region, towns
):
    own = at("evaluate", 2023, "bousai", towns["川北町"].code)
    assert client_as(partner).get(own).status_code == 200
    assert client_as(neighbour).get(own).status_code == 404
    refused = client_as(other_partner).get(own)
    assert refused.status_code == 403
    assert "川北町の担当者だけ" in refused.content.decode()
    assert client_as(partner).post(own, {"grade": "Z"}).status_code == 422
    client_as(partner).post(own, {"grade": "C", "comment": "参加しにくい"})
    centre = at("evaluate", 2023, "bousai", towns["青葉市"].code)
    assert "代理入力" in client_as(secretariat).get(centre).content.decode()
    client_as(secretariat).post(centre, {"grade": "A"})
    assert "青葉市分を代理入力" in LogEntry.objects.order_by("-id").first().text
    page = client_as(partner).get(at("evaluations-year", 2023)).content.decode()
    assert "差があります" in page
    assert "川北町（最大2段階）" in page
    assert "参加しにくい" in page
    client_as(partner).post(own, {"version": Evaluation.objects.get(grade="C").version, "grade": "A"})
    assert "一致" in client_as(partner).get(at("evaluations-year", 2023)).content.decode()


@pytest.mark.slow
def test_a_town_that_left_within_the_year_stands_in_its_table_and_one_merged_into_a_member_only_with_its_own_words(
    client_as, secretariat, operator, in_region, towns
):
    left, merged = towns["川北町"], towns["星野町"]
    membership = in_region.memberships.get(municipality=left)
    regions.leave(operator, membership, membership.version, date(2023, 9, 30))
    regions.merge(operator, [merged], towns["青葉市"], date(2023, 11, 1))

    def columns(year):
        page = client_as(secretariat).get(at("evaluations-year", year)).content.decode()
        return [town for town in ("青葉市", "川北町", "星野町") if f">{town}<" in page.split("</thead>")[0]]

    assert columns(2023) == ["青葉市", "川北町"]
    assert columns(2024) == ["青葉市"]
    client_as(secretariat).post(at("evaluate", 2023, "bousai", merged.code), {"grade": "B"})
    assert columns(2023) == ["青葉市", "川北町", "星野町"]


@pytest.mark.slow
def test_an_evaluation_the_secretariat_entered_is_marked_until_the_town_gives_it_itself(
    client_as, secretariat, partner, in_region, towns
):
    own, table = at("evaluate", 2023, "bousai", towns["川北町"].code), at("evaluations-year", 2023)
    client_as(secretariat).post(own, {"grade": "A", "comment": "電話で確認"})
    row = Evaluation.objects.get()
    assert row.proxy
    assert '<span class="badge is-warning">' in client_as(partner).get(table).content.decode()
    entries = LogEntry.objects.count()
    same = {"version": row.version, "grade": "A", "comment": "電話で確認"}
    client_as(secretariat).post(own, same)
    assert LogEntry.objects.count() == entries
    client_as(partner).post(own, same)
    row.refresh_from_db()
    assert not row.proxy
    assert '<span class="badge is-warning">' not in client_as(partner).get(table).content.decode()
    client_as(secretariat).post(own, {**same, "version": row.version})
    row.refresh_from_db()
    assert not row.proxy


@pytest.mark.slow
def test_a_closed_year_takes_neither_evaluations_nor_actuals_until_it_is_reopened(
    client_as, secretariat, partner, in_region, towns, kpi
):
    own = at("evaluate", 2023, "bousai", towns["川北町"].code)
    typed = at("kpi-reading", kpi.slug, 2023)
    client_as(partner).post(own, {"grade": "A"})
    actions.save_reading(secretariat, kpi, 2023, None, value=Decimal(150))
    years.close_year(secretariat, in_region, 2023)
    for who, address in ((partner, own), (secretariat, own), (secretariat, typed)):
        refused = client_as(who).get(address)
        assert refused.status_code == 403
        assert "令和5年度は締め切られています" in refused.content.decode()
        assert client_as(who).post(address, {"grade": "B", "value": "1"}).status_code == 403
    page = client_as(partner).get(at("evaluations-year", 2023)).content.decode()
    assert "締め切られています" in page
    assert own not in page
    page = client_as(secretariat).get(at("kpi", kpi.slug)).content.decode()
    assert typed not in page
    assert at("kpi-reading", kpi.slug, 2022) in page
    for attempt in (
        lambda: Evaluation.objects.update(grade="D"),
        lambda: Evaluation.objects.all()._raw_delete("default"),
        lambda: kpi.readings.update(value=1),
        lambda: kpi.readings.update(fiscal_year=2022),
        lambda: kpi.readings.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
            attempt()
    years.reopen_year(secretariat, in_region, 2023, "実績値の誤記")
    assert client_as(partner).get(own).status_code == 200
    assert client_as(secretariat).post(typed, {"version": 1, "value": "151"}).status_code == 302


def test_an_initiative_is_evaluated_only_in_its_years(client_as, secretariat):
    page = client_as(secretariat).get(at("evaluations-year", 2022)).content.decode()
    assert "地域防災体制の充実" in page
    assert "スマートフォン講習会" not in page


@pytest.mark.slow
def test_a_kpi_has_its_chart_and_says_in_words_what_it_shows(client_as, secretariat, neighbour, kpi):
    actions.save_reading(secretariat, kpi, 2022, None, value=Decimal(150))
    address = at("kpi-chart", kpi.slug)
    answer = client_as(secretariat).get(address)
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"<svg" in answer.content
    assert client_as(neighbour).get(address).status_code == 404
    page = client_as(secretariat).get(at("kpi", kpi.slug)).content.decode()
    assert address in page


def test_the_standing_goes_by_the_latest_actual_and_names_the_one_awaited(secretariat, kpi):
    from keniki.apps.compacts.queries.kpis import standing

    assert standing(kpi, 2023).verdict.status == "missing"
    actions.save_reading(secretariat, kpi, 2022, None, value=Decimal(160))
    found = standing(Kpi.objects.get(pk=kpi.pk), 2023)
    assert (found.year, found.awaited, found.verdict.status) == (2022, 2023, "achieved")
    actions.save_reading(secretariat, kpi, 2023, None, value=Decimal(160))
    found = standing(Kpi.objects.get(pk=kpi.pk), 2023)
    assert (found.year, found.awaited, found.verdict.status) == (2023, None, "behind")


def test_what_is_to_be_kept_is_asked_for_from_its_first_target_on(secretariat, in_region, vision):
    from keniki.apps.compacts.queries.kpis import table

    def years(direction):
        kpi = actions.save_kpi(
            secretariat,
            in_region,
            None,
            None,
            values={
                "name": direction,
                "direction": direction,
                "vision": vision,
                "baseline_value": Decimal(9),
                "baseline_years": [2019],
            },
            targets={2022: Decimal(9), 2023: Decimal(9)},
        )
        return [row.year for row in table(kpi)]

    assert years("maintain") == [2022, 2023]
    assert years("increase") == [2020, 2021, 2022, 2023]


@pytest.mark.slow
def test_every_page_of_a_plan_takes_comments(client_as, partner, in_region, vision, kpi, declaration):
    client = client_as(partner)
    pages = {
        f"compacts.agreement:{in_region.agreements.get().pk}": at("agreement", "kyoutei"),
        f"compacts.vision:{vision.pk}": at("vision", vision.slug),
        f"compacts.kpi:{kpi.pk}": at("kpi", kpi.slug),
        f"compacts.declaration:{declaration.pk}": at("declaration", declaration.slug),
    }
    for record, address in pages.items():
        posted = client.post(
            "/desk/aoba/comments/new/", {"record": record, "text": f"{record}への意見", "next": address}
        )
        assert posted["Location"] == f"{address}#comments"
        assert f"{record}への意見" in client.get(address).content.decode()
