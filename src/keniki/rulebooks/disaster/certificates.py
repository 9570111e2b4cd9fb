"""Forms of the certificates of damage (罹災証明書・被災証明書) by date: their items, the sentence under them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

CertificateKind: TypeAlias = Literal["damage", "report"]
ItemKey: TypeAlias = Literal[
    "number", "head_address", "head", "household", "applicant_address", "applicant", "cause", "place", "class",
    "things", "remark",
]  # fmt: skip


class Item(Entry):
    """A line of the form; a required one is printed also where it is empty, and blocks the issue."""

    key: ItemKey
    label: str
    required: bool = False


class CertificateForm(Entry):
    """A form: its title, items in their order, the sentence that certifies them, the article where there is one."""

    title: str
    sentence: str
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    article: str = ""


def form(kind: CertificateKind, on: date) -> Rule[CertificateForm]:
    """The form of a kind on a day; RuleNotInForce before there was one."""
    return _book().on(f"form.{kind}", on)


@cache
def _book() -> Rulebook[CertificateForm]:
    return load("disaster/certificates.yaml", CertificateForm)
