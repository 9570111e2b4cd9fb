"""Where state lives, and that secrets are made once and privately."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from keniki.core.errors import WrongInput
from keniki.site import home
from keniki.site.home import Home


def test_the_environment_names_the_home(tmp_path: Path) -> None:
    assert home.resolve({"KENIKI_HOME": f" {tmp_path}/a/../b "}).root == tmp_path / "b"


def test_a_checkout_keeps_its_state_in_var() -> None:
    assert home.resolve({}).root == home.CHECKOUT / "var"


def test_an_installed_package_keeps_its_state_under_the_persons_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(home, "CHECKOUT", tmp_path)
    monkeypatch.setenv("HOME", "/home/tanaka")
    assert home.resolve({}).root == Path("/home/tanaka/.local/share/keniki")


def test_a_relative_home_is_settled_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = home.resolve({"KENIKI_HOME": "here"})
    monkeypatch.chdir("/")
    assert found.root == tmp_path / "here"


def test_private_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    made = Home(tmp_path / "home").create()
    for folder in (made.media, made.backups, made.secrets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_keys_are_made_once_with_mode_0600(tmp_path: Path) -> None:
    made = Home(tmp_path)
    assert made.secret_key() == made.secret_key()
    assert len(made.secret_key()) >= 50
    for file in (made.secret_key_file, made.encryption_key_file if made.encryption_key() else Path()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.secret_key() != made.encryption_key()


def test_the_encryption_key_encrypts(tmp_path: Path) -> None:
    key = Fernet(Home(tmp_path).encryption_key())
    assert key.decrypt(key.encrypt("要支援者".encode())).decode() == "要支援者"


@pytest.mark.slow
def test_processes_that_make_a_key_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        keys = pool.map(_key, [tmp_path] * 32)
    assert len(set(keys)) == 1
    assert [path.name for path in Home(tmp_path).secrets.iterdir()] == ["secret_key"]


def _key(root: Path) -> str:
    return Home(root).secret_key()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_may_only_be_read_is_told_with_its_way_out(tmp_path: Path) -> None:
    made = Home(tmp_path / "home").create()
    made.postgres.chmod(0o500)
    with pytest.raises(WrongInput, match=r"書き込む権限がありません.*KENIKI_HOME"):
        made.create()


def test_a_home_where_a_file_stands_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(WrongInput, match=r"同じ名前のファイルがあります|フォルダでないもの"):
        Home(tmp_path / "home").create()
