"""`keniki user`, run in the suite's own database."""

from __future__ import annotations

import json

import pytest

from keniki.cli import console, database, user
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def keniki(monkeypatch, capsys, cast):
    monkeypatch.setattr(database, "prepare", lambda **_: None)

    def run(*arguments):
        top = console.Parser(prog="keniki")
        user.add(top.add_subparsers(dest="command", parser_class=console.Parser))
        args = top.parse_args(["user", *arguments])
        result = args.run(args)
        json.dumps(result, default=str)
        return result, capsys.readouterr()

    return run


def test_a_person_is_added_with_a_post_and_the_password_is_printed_once(keniki):
    from keniki.apps.accounts.models import User
    from keniki.apps.regions.queries import actor_for

    result, printed = keniki("add", "mori", "--name", "森 一", "--post", "kawakita-cho-officer-nakamura")
    assert result["password"] in printed.out
    person = User.objects.get(login="mori")
    assert person.check_password(result["password"])
    assert [post.label for post in actor_for(person).posts] == ["川北町 企画課"]


def test_an_unknown_post_leaves_no_user_behind(keniki):
    from keniki.apps.accounts.models import User

    with pytest.raises(WrongInput, match="nowhere"):
        keniki("add", "mori", "--name", "森", "--post", "nowhere")
    assert not User.objects.filter(login="mori").exists()


def test_a_token_is_printed_once_and_works(keniki):
    from keniki.apps.regions.queries import actor_from_token

    result, printed = keniki("token", "nakamura", "--label", "予約")
    assert printed.out.strip() == result["token"]
    assert actor_from_token(f"Bearer {result['token']}").user.login == "nakamura"


def test_who_may_not_manage_a_person_gets_no_token_for_them(keniki):
    from keniki.apps.accounts.actor import Denied

    with pytest.raises(Denied):
        keniki("token", "nakamura", "--as", "kato")


@pytest.mark.parametrize("deed", ["token", "password", "unlock", "reset-2fa", "deactivate"])
def test_an_unknown_login_is_said_in_one_line(keniki, deed):
    with pytest.raises(WrongInput, match="登録されていません"):
        keniki(deed, "nobody")


@pytest.mark.slow
def test_a_password_is_replaced_an_account_closed_and_the_list_says_so(keniki):
    from keniki.apps.accounts.models import User

    result, _ = keniki("password", "nakamura")
    assert User.objects.get(login="nakamura").check_password(result["password"])
    keniki("deactivate", "nakamura")
    listed, printed = keniki("list")
    row = next(each for each in listed["users"] if each["login"] == "nakamura")
    assert (row["active"], row["posts"]) == (False, ["kawakita-cho-officer-nakamura"])
    assert "中村次郎（利用停止）" in printed.out


def test_a_transfer_is_checked_first_and_stored_on_request(keniki, tmp_path):
    from keniki.apps.accounts.models import User

    file = tmp_path / "idou.csv"
    head = "ログインID,氏名,異動前の職,異動後の職,発令日\n"
    file.write_text(f"{head}shin,新人花子,,kawakita-cho-officer-nakamura,2027-04-01\n", encoding="cp932")
    result, _ = keniki("transfer", str(file), "--dry-run")
    assert (result["stored"], len(result["moves"])) == (False, 1)
    assert not User.objects.filter(login="shin").exists()
    result, printed = keniki("transfer", str(file))
    assert User.objects.get(login="shin").check_password(result["passwords"]["shin"])
    assert "川北町 企画課（2027-04-01）" in printed.out


def test_a_wrong_transfer_names_file_row_and_column(keniki, tmp_path):
    file = tmp_path / "idou.csv"
    file.write_text(
        "ログインID,氏名,異動前の職,異動後の職,発令日\nshin,新人,,nowhere,2027-04-01\n", encoding="utf-8"
    )
    with pytest.raises(WrongInput) as wrong:
        keniki("transfer", str(file))
    assert wrong.value.as_dict()["file"] == "idou.csv"
    assert (wrong.value.row, wrong.value.column) == (2, "異動後の職")
    with pytest.raises(WrongInput, match="開けません"):
        keniki("transfer", str(tmp_path / "none.csv"))
