"""What stands sealed in the database: opened in its own place with the installation's key, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.accounts.sealing import Unsealable, fingerprint, seal, unseal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(JSON)
def test_what_is_sealed_opens_as_it_was(value: object) -> None:
    assert unseal(seal(value, "place"), "place") == value


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    first, second = (seal({"name": "山田花子"}, "place") for _ in range(2))
    assert first != second
    assert "山田".encode() not in first


def test_it_opens_in_no_other_place_and_not_when_it_was_touched(settings) -> None:
    sealed = seal("x", "disaster.event.sealed")
    with pytest.raises(Unsealable):
        unseal(sealed, "disaster.person.sealed")
    with pytest.raises(Unsealable):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), "disaster.event.sealed")
    with pytest.raises(Unsealable):
        unseal(b"", "disaster.event.sealed")
    settings.ENCRYPTION_KEY = "A" * 43 + "="
    with pytest.raises(Unsealable):
        unseal(sealed, "disaster.event.sealed")


def test_a_fingerprint_finds_equal_values_and_differs_by_place_and_key(settings) -> None:
    one = fingerprint("ヤマダハナコ", "name")
    assert one == fingerprint("ヤマダハナコ", "name")
    assert len({one, fingerprint("ヤマダハナコ", "other"), fingerprint("ヤマダ", "name")}) == 3
    settings.ENCRYPTION_KEY = "A" * 43 + "="
    assert fingerprint("ヤマダハナコ", "name") != one
