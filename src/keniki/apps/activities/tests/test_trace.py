"""The trace: what came of measures and roles follows from what activities are linked to, and of whose they are."""

from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.accounts.verbs import verb
from keniki.apps.activities import actions, queries
from keniki.apps.compacts import actions as compacts
from keniki.apps.compacts.actions.texts import MeasureRow, RoleRow
from keniki.apps.compacts.models import Agreement, AgreementVersion
from keniki.core.errors import WrongInput

from .test_actions import draft
from .test_pages import BASE, posted

ROLE = ("bousai", "role1_1")


@pytest.fixture
def agreement(in_region) -> Agreement:
    return Agreement.objects.get(slug="kyoutei")


def cells(trace, *role):
    return {year: cell.state for year, cell in trace.role("kyoutei", *role).cells.items()}


def test_the_trace_follows_from_kinds(in_region, initiative, secretariat, agreement) -> None:
    linked = {"measures": ((agreement.pk, "bichiku"),)}
    actions.save_activity(secretariat, in_region, draft(initiative, year=2022, state="planned", **linked))
    assert queries.trace(in_region).row("kyoutei", "bichiku").overall.state == "none"
    actions.save_activity(secretariat, in_region, draft(initiative, kind="study", **linked))
    assert queries.trace(in_region).row("kyoutei", "bichiku").cells[2024].state == "studied"
    actions.save_activity(secretariat, in_region, draft(initiative, kind="purchase", **linked))
    cell = queries.trace(in_region).row("kyoutei", "bichiku").cells[2024]
    assert (cell.state, cell.number, len(cell.activities)) == ("done", 1, 2)
    assert queries.trace(in_region).row("kyoutei", "kunren").cells[2023].number == 1


@pytest.mark.parametrize("kind", ["study", "survey", "meeting"])
def test_meetings_and_surveys_are_studies_and_fulfil_no_promise(
    in_region, initiative, secretariat, agreement, kind
) -> None:
    linked = {"measures": ((agreement.pk, "bichiku"),)}
    actions.save_activity(secretariat, in_region, draft(initiative, kind=kind, **linked))
    found = queries.trace(in_region)
    assert found.row("kyoutei", "bichiku").overall.state == "studied"
    assert "会議" in found.rule


def test_what_was_never_concluded_is_shown_as_a_draft_and_counts_as_no_promise(
    in_region, secretariat, agreement, client_as
) -> None:
    promised = len(queries.trace(in_region).rows)
    agreement.pk, agreement.slug, agreement.title, agreement.state = None, "shin", "新しい協定", "draft"
    agreement.concluded_on, agreement._state.adding = None, True
    version = AgreementVersion.objects.get(agreement__slug="kyoutei")
    item = version.annex_items.get(key="bousai")
    measures = list(item.measures.all())
    with verb(secretariat, "compacts.save", region="aoba", quiet=True) as act:
        act.save(agreement)
        version.pk, version.agreement, version.frozen = None, agreement, False
        version._state.adding = True
        act.save(version)
        item.pk, item.agreement_version, item._state.adding = None, version, True
        act.save(item)
        for measure in measures:
            measure.pk, measure.annex_item, measure._state.adding = None, item, True
            measure.save()
    found = queries.trace(in_region)
    drafts = [item for item in found.items if item.is_draft]
    assert [item.agreement.slug for item in drafts] == ["shin"]
    assert drafts[0].rows
    assert len(found.rows) == promised
    page = client_as(secretariat).get("/desk/aoba/trace/").content.decode()
    assert "（案）" in page
    assert "Keniki の初期設定" in page


def test_a_role_comes_to_what_the_activities_linked_to_it_were(
    in_region, initiative, secretariat, agreement
) -> None:
    linked = {"roles": ((agreement.pk, *ROLE),)}
    assert queries.trace(in_region).role("kyoutei", *ROLE).overall.state == "none"
    actions.save_activity(secretariat, in_region, draft(initiative, kind="study", year=2023, **linked))
    saved = actions.save_activity(secretariat, in_region, draft(initiative, **linked))
    found = queries.trace(in_region)
    assert cells(found, *ROLE) == {2022: "none", 2023: "studied", 2024: "done"}
    assert found.row("kyoutei", "kunren").cells[2024].state == "none"
    assert [group.label for group in queries.roles_of(saved)] == ["各市町の役割"]
    actions.save_activity(secretariat, in_region, draft(initiative), saved, saved.version)
    assert cells(queries.trace(in_region), *ROLE)[2024] == "none"


def test_what_one_town_did_is_no_other_towns_doing(
    in_region, initiative, secretariat, partner, towns, agreement
) -> None:
    own = towns["川北町"]
    links = {"measures": ((agreement.pk, "bichiku"),), "roles": ((agreement.pk, *ROLE),)}
    actions.save_activity(partner, in_region, draft(initiative, municipality=own, **links))
    of_own = queries.trace(in_region, town=own.code)
    of_other = queries.trace(in_region, town=towns["星野町"].code)
    assert cells(of_own, *ROLE)[2024] == "done"
    assert of_own.row("kyoutei", "bichiku").overall.state == "done"
    assert cells(of_other, *ROLE)[2024] == "none"
    assert of_other.row("kyoutei", "bichiku").overall.state == "none"
    assert cells(queries.trace(in_region), *ROLE)[2024] == "done"


def test_a_town_sees_its_own_roles_only_and_nothing_of_agreements_it_is_no_party_to(in_region, towns) -> None:
    def labels(town: str) -> list[str]:
        return [role.label for item in queries.trace(in_region, town=town).items for role in item.roles]

    assert labels(towns["青葉市"].code) == ["各市町の役割", "青葉市の役割"]
    assert labels(towns["星野町"].code) == ["各市町の役割"]
    assert queries.trace(in_region, town=towns["港南市"].code).items == ()


def test_a_town_cannot_fulfil_another_towns_role(in_region, secretariat, towns, agreement) -> None:
    (initiative,) = [row for row in queries.initiatives_of(in_region) if row.slug == "sumaho"]
    with pytest.raises(WrongInput, match="青葉市の役割には結び付けられません"):
        actions.save_activity(
            secretariat,
            in_region,
            draft(initiative, municipality=towns["星野町"], roles=((agreement.pk, "ict", "role1_1"),)),
        )


def test_a_role_keeps_its_activities_when_a_change_agreement_moves_or_rewords_it(
    in_region, initiative, secretariat, towns, agreement
) -> None:
    actions.save_activity(secretariat, in_region, draft(initiative, roles=((agreement.pk, *ROLE),)))
    amendment = compacts.start_amendment(secretariat, agreement)
    item = amendment.versions.get().annex_items.get(key="bousai")
    everyone = [towns[name].code for name in ("青葉市", "川北町", "星野町")]
    compacts.save_annex_item(
        secretariat,
        amendment,
        "bousai",
        item.version,
        values={},
        measures=[MeasureRow(m.text, m.key) for m in item.measures.all()],
        roles=[
            RoleRow(everyone[:1], ["全体を調整する。"]),
            RoleRow(everyone[1:], ["会場を貸す。", "訓練に参加する。"]),
        ],
    )
    assert queries.trace(in_region).items[0].roles[0].label == "各市町の役割"
    compacts.move_agreement(secretariat, amendment, None, "concluded", on=date(2024, 4, 1))
    found = queries.trace(in_region)
    assert [role.label for role in found.items[0].roles] == ["青葉市の役割", "川北町・星野町の役割"]
    assert cells(found, *ROLE)[2024] == "done"
    assert [row.clause.text for row in found.items[0].roles[1].rows if row.overall.state == "done"] == [
        "訓練に参加する。"
    ]
    assert len(found.items) == 2


# --- pages ---


@pytest.mark.slow
def test_the_form_offers_roles_with_the_acting_towns_own_chosen(client_as, partner, secretariat) -> None:
    def chosen(person, slug) -> list[str]:
        form = client_as(person).get(f"{BASE}new/?initiative={slug}").context["form"]
        return [value.split(":", 1)[1] for value in form["roles"].value()]

    assert chosen(partner, "bousai") == ["bousai:role1_1"]
    assert chosen(partner, "sumaho") == []
    assert chosen(secretariat, "sumaho") == ["ict:role1_1"]


@pytest.mark.slow
def test_a_role_is_linked_with_a_measure_of_its_item_and_left_out_without_one(
    client_as, secretariat, in_region, agreement
) -> None:
    client = client_as(secretariat)
    role = f"{agreement.pk}:bousai:role1_1"
    answer = client.post(f"{BASE}new/?initiative=bousai", posted(roles=[role]), follow=True)
    assert "結び付けていません：各市町の役割「訓練に参加する。」" in answer.content.decode()
    both = posted(roles=[role], measures=[f"{agreement.pk}:kunren"])
    answer = client.post(f"{BASE}new/?initiative=bousai", both, follow=True)
    assert "結び付けていません" not in answer.content.decode()
    assert cells(queries.trace(in_region), *ROLE)[2024] == "done"
    assert "各市町の役割" in answer.content.decode()


def test_the_page_answers_what_a_town_promised_and_what_came_of_it(
    client_as, partner, in_region, towns
) -> None:
    client = client_as(partner)
    page = client.get("/desk/aoba/trace/", {"town": towns["川北町"].code})
    text = page.content.decode()
    assert "川北町の約束と実績" in text
    assert "各市町の役割" in text
    assert "青葉市の役割" not in text
    assert page.context["numbers"] == {"done": 1, "studied": 0, "none": 3}
    assert [row.overall.state for row in client.get("/desk/aoba/trace/?came=done").context["trace"].rows] == [
        "done"
    ]
    assert "条件に合う約束はありません" in client.get("/desk/aoba/trace/?came=studied").content.decode()


@pytest.mark.slow
def test_the_pages_queries_do_not_grow_with_the_activities(
    client_as, in_region, initiative, secretariat, agreement, django_assert_max_num_queries
) -> None:
    client = client_as(secretariat)
    for number in range(12):
        links = {"measures": ((agreement.pk, "kunren"),), "roles": ((agreement.pk, *ROLE),)}
        actions.save_activity(secretariat, in_region, draft(initiative, title=f"訓練{number}", **links))
    with django_assert_max_num_queries(20):
        client.get("/desk/aoba/trace/")
