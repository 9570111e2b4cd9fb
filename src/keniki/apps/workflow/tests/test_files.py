from __future__ import annotations

import io
import zipfile

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.workflow import actions, queries, storage, uploads
from keniki.apps.workflow.storage import _path
from keniki.core.errors import WrongInput

from . import files


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", files.TAKEN)
def test_files_of_the_agreed_kinds_are_taken(name):
    content = files.TAKEN[name]()
    upload = uploads.check(name, content)
    assert upload.name == name
    assert upload.content == content


def _zip(**members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return target.getvalue()


REFUSED = {
    "empty": ("a.pdf", b"", "空"),
    "cut": ("a.pdf", b"%PDF-1.4\nhalf", "途中で切れて"),
    "page": ("a.html", b"<script>alert(1)</script>", "添付できるのは"),
    "named pdf": ("a.pdf", b"<script>alert(1)</script>", "添付できるのは"),
    "program": ("a.exe", b"MZ\x90\x00", "添付できるのは"),
    "picture named pdf": ("a.pdf", files.picture("PNG"), "合いません"),
    "broken picture": ("a.png", b"\x89PNG\r\n\x1a\nxxxx", "壊れて"),
    "zip": ("a.zip", _zip(a="b"), "ZIP"),
    "zip named docx": ("a.docx", _zip(a="b"), "ZIP"),
    "macros": (
        "a.docx",
        _zip(**{"[Content_Types].xml": "", "word__document.xml": "", "word__vbaProject.bin": ""}),
        "マクロ",
    ),
    "slides": ("a.pptx", _zip(**{"[Content_Types].xml": "", "ppt__presentation.xml": ""}), "docx"),
    "old word": ("a.doc", b"\xd0\xcf\x11\xe0" + b"\0" * 100, "docx・xlsx で保存し直し"),
    "binary text": ("a.txt", b"\x00\x01\x02\xff", "文字"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused_with_what_to_do(case):
    name, content, words = REFUSED[case]
    with pytest.raises(WrongInput, match=words) as wrong:
        uploads.check(name, content)
    assert wrong.value.file == name


@override_settings(UPLOAD_LIMIT=1024 * 1024)
def test_a_file_over_the_limit_is_refused():
    with pytest.raises(WrongInput, match="1 MB まで"):
        uploads.check("a.txt", b"a" * (1024 * 1024 + 1))


@pytest.mark.slow
@given(st.text(max_size=400))
def test_a_name_has_no_folder_no_control_sign_and_a_bearable_length(name):
    clean = uploads.clean_name(name)
    assert 0 < len(clean) <= 200
    assert not {"/", "\\", "\n", "\0"} & set(clean)
    assert clean == uploads.clean_name(clean)


@pytest.mark.django_db
def test_a_kept_file_is_unreadable_on_disk_and_comes_back_as_it_was(in_region, initiative, partner):
    row = actions.attach(partner, initiative, "回答.pdf", files.pdf())
    assert files.pdf() not in _path(row.digest).read_bytes()
    assert storage.get(row.digest) == files.pdf()
    assert queries.attachments(initiative) == [row]


@pytest.mark.django_db
def test_adding_and_removing_leave_their_lines_with_the_files_hash(in_region, initiative, partner):
    row = actions.attach(partner, initiative, "回答.pdf", files.pdf())
    actions.detach(partner, row)
    assert queries.attachments(initiative) == []
    removed, added = LogEntry.objects.filter(object_kind="compacts.initiative").order_by("-pk")[:2]
    assert removed.text == "川北町 企画課 中村次郎 が 取組「地域防災体制の充実」の添付「回答.pdf」を削除"
    assert removed.before["sha256"] == added.after["sha256"] == row.digest


@pytest.mark.django_db
def test_a_town_removes_its_own_files_only_and_the_secretariat_all(
    in_region, initiative, partner, other_partner, secretariat
):
    row = actions.attach(partner, initiative, "回答.pdf", files.pdf())
    with pytest.raises(Denied):
        actions.detach(other_partner, row)
    assert actions.detach(secretariat, row).removed_at


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["viewer", "panel_member", "neighbour"])
def test_who_does_not_write_in_the_region_attaches_nothing(in_region, initiative, cast, who):
    with pytest.raises(Denied):
        actions.attach(cast.actor(who), initiative, "回答.pdf", files.pdf())


@pytest.mark.django_db
def test_a_file_is_handed_out_to_the_region_only_and_never_shown_as_a_page(
    in_region, initiative, partner, viewer, neighbour, client_as
):
    row = actions.attach(partner, initiative, "回答書 第1号.pdf", files.pdf())
    address = f"/desk/aoba/files/{row.pk}/"
    answer = client_as(viewer).get(address)
    assert answer.content == files.pdf()
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%9B%9E")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client_as(neighbour).get(address).status_code == 404
    assert client_as(neighbour).get(f"/desk/konan/files/{row.pk}/").status_code == 404
    actions.detach(partner, row)
    assert client_as(viewer).get(address).status_code == 404
