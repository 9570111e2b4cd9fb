import io

import docx
import pytest
from django.urls import reverse

from keniki.apps.accounts.models import LogEntry
from keniki.apps.compacts import actions
from keniki.apps.compacts.models import Agreement

from .test_agreement_actions import DAY, filled, pair, through_assemblies


def at(name, *args):
    return reverse(f"compacts:{name}", args=["aoba", *args])


PAGES = [
    ("agreements", (), False),
    ("agreement", ("kyoutei",), False),
    ("agreement-version", ("kyoutei", 1), False),
    ("agreement-new", (), True),
    ("agreement-pairs", (), True),
    ("agreement-head", ("kyoutei",), True),
]


@pytest.mark.parametrize(("name", "args", "writes"), PAGES)
def test_each_page_answers_by_role(client_as, secretariat, partner, neighbour, resident, name, args, writes):
    address = at(name, *args)
    assert client_as(secretariat).get(address).status_code == 200
    assert client_as(neighbour).get(address).status_code == 404
    assert "/accounts/login/" in client_as(resident).get(address).url
    answer = client_as(partner).get(address)
    assert answer.status_code == (403 if writes else 200)
    if writes:
        assert "事務局が編集します" in answer.content.decode()


def test_a_name_the_region_does_not_have_is_not_found(client_as, secretariat):
    client = client_as(secretariat)
    assert client.get(at("agreement", "nani")).status_code == 404
    assert client.get(at("agreement-version", "kyoutei", 9)).status_code == 404
    assert client.get(at("agreement-move", "kyoutei", "nani")).status_code == 404


@pytest.mark.slow
def test_an_agreement_is_made_in_the_browser_and_its_blanks_are_shown(client_as, secretariat, towns):
    client = client_as(secretariat)
    answer = client.post(
        at("agreement-new"),
        {"kind": "settlement", "programme": "teiju", "parties": [towns["青葉市"].code, towns["川北町"].code]},
        follow=True,
    )
    page = answer.content.decode()
    assert "甲 青葉市" in page
    assert "埋めていない箇所があります" in page
    assert "「議案の提出を記録する」はまだできません" in page


def test_parties_that_do_not_fit_are_answered_in_place_and_nothing_is_lost(client_as, secretariat, towns):
    answer = client_as(secretariat).post(
        at("agreement-new"),
        {"kind": "pact", "title": "わたしの協約", "parties": [town.code for town in towns.values()][:1]},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1対1で締結します" in page
    assert "わたしの協約" in page


def test_all_one_to_one_agreements_are_made_at_once(client_as, secretariat, in_region):
    partners = [
        p.municipality.code
        for p in Agreement.objects.get(slug="kyoutei").parties.all()
        if p.municipality.name != "青葉市"
    ]
    client_as(secretariat).post(
        at("agreement-pairs"), {"kind": "pact", "programme": "renkei", "partners": partners}
    )
    assert Agreement.objects.filter(kind="pact").count() == 2


def test_the_text_is_edited_in_the_plain_notation(client_as, secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    client = client_as(secretariat)
    address = at("agreement-text", agreement.slug)
    page = client.get(address).content.decode()
    assert "第1条（目的）" in page
    version = agreement.versions.get()
    fields = {"version": version.version, "preamble": "前文", "closing": "", "annex_heading": "別表"}
    wrong = client.post(address, {**fields, "articles": "第1条（目的）定める。\n第3条 定める。"})
    assert wrong.status_code == 422
    assert "2行目：第3条とありますが、ここは第2条です" in wrong.content.decode()
    assert "第3条 定める。" in wrong.content.decode()
    client.post(address, {**fields, "articles": "第1条（目的）定める。\n2 次のとおり。\n(1) 一"})
    version.refresh_from_db()
    assert version.articles == [
        {
            "number": 1,
            "heading": "目的",
            "paragraphs": [{"text": "定める。", "items": []}, {"text": "次のとおり。", "items": ["一"]}],
        }
    ]


def test_two_writers_choose_between_their_texts(client_as, secretariat, administrator, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    version = agreement.versions.get()
    address = at("agreement-text", agreement.slug)
    first = {
        "version": version.version,
        "preamble": "先の前文",
        "articles": "第1条 先の条文。",
        "closing": "先",
        "annex_heading": "別表",
    }
    client_as(administrator).post(address, first)
    mine = {**first, "preamble": "後の前文", "articles": "第1条 後の条文。"}
    client = client_as(secretariat)
    answer = client.post(address, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "先の前文" in page
    assert "後の前文" in page
    assert "鈴木久美" in page
    version.refresh_from_db()
    client.post(
        address,
        {**mine, "version": version.version, "choice-preamble": "theirs", "choice-articles": "mine"},
    )
    version.refresh_from_db()
    assert version.preamble == "先の前文"
    assert version.articles[0]["paragraphs"][0]["text"] == "後の条文。"


def annex_data(measures, **more):
    data = {
        "field_label": "防災",
        "title": "備え",
        "measures-TOTAL_FORMS": len(measures),
        "measures-INITIAL_FORMS": 0,
        "roles-TOTAL_FORMS": 1,
        "roles-INITIAL_FORMS": 0,
        **more,
    }
    for number, text in enumerate(measures):
        data[f"measures-{number}-text"] = text
    return data


@pytest.mark.slow
def test_an_annex_item_is_added_with_measures_and_roles_and_taken_out_again(
    client_as, secretariat, in_region, towns
):
    agreement = pair(secretariat, in_region, towns)
    client = client_as(secretariat)
    data = annex_data(
        ["訓練を行う。", "", "備蓄する。"],
        **{"roles-0-municipalities": [towns["青葉市"].code], "roles-0-items": "総括\n連絡"},
    )
    page = client.post(at("annex-new", agreement.slug), data, follow=True).content.decode()
    assert "甲 青葉市の役割" in page
    item = agreement.versions.get().annex_items.get()
    assert [m.text for m in item.measures.all()] == ["訓練を行う。", "備蓄する。"]
    assert item.roles.get().items == ["総括", "連絡"]
    assert client.get(at("annex", agreement.slug, item.key)).status_code == 200
    assert client.get(at("annex", agreement.slug, "item_99")).status_code == 404
    wrong = client.post(at("annex", agreement.slug, item.key), {**data, "title": "", "version": item.version})
    assert wrong.status_code == 422
    stale = client.post(at("annex-remove", agreement.slug, item.key), {"version": item.version + 5})
    assert stale.status_code == 302
    assert agreement.versions.get().annex_items.exists()
    client.post(at("annex-remove", agreement.slug, item.key), {"version": item.version})
    assert not agreement.versions.get().annex_items.exists()


@pytest.mark.slow
def test_a_town_records_its_own_vote_and_is_told_why_not_anothers(
    client_as, partner, secretariat, in_region, towns
):
    agreement = pair(secretariat, in_region, towns)
    client = client_as(partner)
    own = at("resolution", agreement.slug, towns["川北町"].code)
    other = at("resolution", agreement.slug, towns["青葉市"].code)
    assert client.get(own).status_code == 200
    refused = client.get(other)
    assert refused.status_code == 403
    assert "青葉市の担当者だけ" in refused.content.decode()
    client.post(
        own,
        {
            "ordinance": "true",
            "ordinance_name": "議決条例",
            "bill_no": "議案第3号",
            "submitted_on": "2024-06-03",
        },
    )
    row = agreement.resolutions.get()
    assert (row.ordinance, row.bill_no) == (True, "議案第3号")
    page = client.get(at("agreement", agreement.slug)).content.decode()
    assert "議案第3号 R6.6.3" in page
    assert client.get(at("resolution", agreement.slug, towns["星野町"].code)).status_code == 404


def test_the_secretariat_sees_that_it_enters_for_a_town(client_as, secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    page = client_as(secretariat).get(at("resolution", agreement.slug, towns["川北町"].code)).content.decode()
    assert "代理入力" in page


@pytest.mark.slow
def test_a_way_the_secretariat_entered_is_marked_until_the_town_writes_it_itself(
    client_as, secretariat, partner, in_region, towns
):
    agreement = pair(secretariat, in_region, towns)
    address = at("resolution", agreement.slug, towns["川北町"].code)
    shown = at("agreement", agreement.slug)
    mark = '川北町 <span class="badge is-warning">'
    data = {"ordinance": "true", "bill_no": "議案第3号", "submitted_on": "2024-06-03"}
    client_as(secretariat).post(address, data)
    row = agreement.resolutions.get()
    assert row.proxy
    assert "川北町分を代理入力" in LogEntry.objects.order_by("-id").first().text
    assert mark in client_as(secretariat).get(shown).content.decode()
    client_as(partner).post(address, {**data, "version": row.version, "bill_no": "議案第4号"})
    row.refresh_from_db()
    assert (row.bill_no, row.proxy) == ("議案第4号", False)
    assert mark not in client_as(partner).get(shown).content.decode()


@pytest.mark.slow
def test_states_are_entered_in_the_browser_and_illegal_ones_refused_with_the_reason(
    client_as, secretariat, in_region, towns
):
    agreement = pair(secretariat, in_region, towns)
    filled(secretariat, agreement)
    client = client_as(secretariat)
    refused = client.get(at("agreement-move", agreement.slug, "submitted"))
    assert refused.status_code == 403
    assert "議案番号と提出日を記録してください" in refused.content.decode()
    assert client.get(at("agreement-move", agreement.slug, "noticed")).status_code == 403
    through_assemblies(secretariat, agreement, submit=False)
    address = at("agreement-move", agreement.slug, "submitted")
    wrong = client.post(address, {"version": agreement.version, "on": "2200-01-01"})
    assert wrong.status_code == 422
    assert "まだ来ていない日付" in wrong.content.decode()
    client.post(address, {"version": agreement.version, "on": DAY.isoformat(), "document_no": "企第1号"})
    agreement.refresh_from_db()
    assert agreement.state == "submitted"
    assert "企第1号" in client.get(at("agreement", agreement.slug)).content.decode()


def test_signatories_follow_the_order_of_the_parties(client_as, secretariat, in_region, towns):
    agreement = pair(secretariat, in_region, towns)
    client = client_as(secretariat)
    address = at("signatories", agreement.slug)
    assert client.get(address).status_code == 200
    data = {"version": agreement.version, "signatories-TOTAL_FORMS": 2, "signatories-INITIAL_FORMS": 2}
    for number, (town, name) in enumerate((("川北町", "川本花子"), ("青葉市", "青木一郎"))):
        data |= {
            f"signatories-{number}-municipality": towns[town].code,
            f"signatories-{number}-title": f"{town}長",
            f"signatories-{number}-name": name,
        }
    client.post(address, data)
    assert [s.name for s in agreement.versions.get().signatories.all()] == ["青木一郎", "川本花子"]


@pytest.mark.slow
def test_a_change_agreement_is_begun_compared_and_taken_away_as_word(
    client_as, secretariat, partner, in_region
):
    original = Agreement.objects.get(slug="kyoutei")
    assert client_as(partner).post(at("agreement-amend", "kyoutei")).status_code == 403
    client = client_as(secretariat)
    client.post(at("agreement-amend", "kyoutei"))
    amendment = Agreement.objects.get(amends=original)
    draft = amendment.versions.get()
    actions.edit_text(
        secretariat,
        amendment,
        None,
        preamble=draft.preamble.replace("次のとおり", "以下のとおり"),
        articles=draft.articles,
        closing=draft.closing,
        annex_heading=draft.annex_heading,
    )
    page = client.get(at("agreement", amendment.slug)).content.decode()
    assert "新旧対照表（青葉圏域の形成に関する協定書 第1版と比較）" in page
    query = f"?old={original.versions.get().pk}&new={draft.pk}"
    table = client.get(at("compare", amendment.slug, "table") + query).content.decode()
    assert "変更した箇所は1か所です" in table
    assert "<u>以下</u>" in table
    tracked = client.get(at("compare", amendment.slug, "tracked") + query).content.decode()
    assert "<del>次</del><ins>以下</ins>" in tracked
    for form in ("table", "tracked"):
        word = client.get(at("compare-word", amendment.slug, form) + query)
        assert word.status_code == 200
        document = docx.Document(io.BytesIO(word.content))
        text = "".join(
            part.text for part in document.element.body.iter() if part.tag.endswith(("}t", "}delText"))
        )
        assert "以下" in text
    assert client.get(at("compare", amendment.slug, "table") + "?old=1&new=99999").status_code == 404
    assert client.get(at("compare", amendment.slug, "nani") + query).status_code == 404


def test_the_promises_are_those_of_the_version_in_force(secretariat, in_region):
    from keniki.apps.compacts.queries import promises

    before = promises(in_region)
    assert [p.key for p in before if p.kind == "measure"] == ["kunren", "bichiku", "koushuu"]
    assert [p.key for p in before if p.kind == "role"] == ["bousai.role1_1", "ict.role1_1"]
    amendment = actions.start_amendment(secretariat, Agreement.objects.get(slug="kyoutei"))
    actions.remove_annex_item(secretariat, amendment, "ict", None)
    assert promises(in_region) == before
    actions.move_agreement(secretariat, amendment, None, "concluded", on=DAY)
    after = promises(in_region)
    assert [p.key for p in after if p.kind == "measure"] == ["kunren", "bichiku"]
    assert {p.version for p in after} == {2}


def test_the_pages_ask_the_database_a_constant_number_of_times(
    client_as, secretariat, in_region, towns, django_assert_max_num_queries
):
    client = client_as(secretariat)
    actions.create_pairs(secretariat, in_region, kind="settlement")
    client.get(at("agreements"))
    with django_assert_max_num_queries(20):
        client.get(at("agreements"))
