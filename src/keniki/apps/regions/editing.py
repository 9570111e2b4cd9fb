"""One way to edit, for every slice: show, check, call the action, and let the user choose where two people wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import models
from django.forms import BaseFormSet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.core.errors import WrongInput

from .pages import StaffRequest, page, put_error

#: A form has no more rows of a kind than this, whatever number of rows its sender claims: each costs milliseconds.
ROWS = 300


class VersionedForm(forms.Form):
    """A form that carries the version of the record it was filled from."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@dataclass
class Sheet:
    """A form with its rows: `formsets` by the label that stands over them, `groups` of fields under a legend."""

    form: forms.Form
    formsets: dict[str, BaseFormSet[Any]] = field(default_factory=dict)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)

    def is_valid(self) -> bool:
        """All parts are checked, so that every error shows at once."""
        return all([self.form.is_valid(), *(rows.is_valid() for rows in self.formsets.values())])

    @property
    def parts(self) -> list[Any]:
        """The form and up to three formsets, for the summary of errors."""
        parts: list[Any] = [self.form, *self.formsets.values()]
        return parts + [None] * (4 - len(parts))

    @property
    def grouped(self) -> list[tuple[str, list[Any]]]:
        """The visible fields under their legends; what no group names comes first without one."""
        named = {name for _, names in self.groups for name in names}
        rest = [bound for bound in self.form.visible_fields() if bound.name not in named]
        groups = [
            (legend, [self.form[name] for name in names if name in self.form.fields])
            for legend, names in self.groups
        ]
        return ([("", rest)] if rest else []) + groups


@dataclass(frozen=True)
class Difference:
    """One row of the conflict component."""

    name: str
    label: str
    mine: str
    theirs: str


@dataclass
class Conflict:
    """What the user typed against what somebody else stored; `hidden` repeats the typed values."""

    rows: list[Difference]
    version: int
    whose: str
    when: Any
    hidden: list[tuple[str, str]]


@dataclass
class Outcome:
    """What to show, or that it was saved."""

    sheet: Sheet
    conflict: Conflict | None = None
    saved: Any = None
    done: bool = False

    def status(self, request: StaffRequest) -> int:
        """200, 422 with errors, 409 when somebody else saved first."""
        return 409 if self.conflict else 422 if request.method == "POST" else 200


Build = Callable[[QueryDict | None, Any], Sheet]


@dataclass(frozen=True)
class Frame:
    """What stands around an edit page: where it goes back to, the crumbs above it, the line over its title."""

    back: str
    crumbs: list[tuple[str, str]]
    nav_active: str = ""
    eyebrow: str = ""


def edit_page(
    request: StaffRequest,
    frame: Frame,
    title: str,
    record: Any,
    build: Build,
    save: Callable[[Sheet], Any],
    *,
    done: Callable[[Any], tuple[str, str]],
    template: str = "regions/edit.html",
    **context: Any,
) -> HttpResponse:
    """The whole answer of a page that edits one record (see `edit`).

    `done(saved)` gives the message and the address to go on to. The page is 200, 422 with errors and 409 when
    somebody else saved first; `context` may hold `lead`, `save_label`, `ruling`, and `remove` with its label.
    """
    outcome = edit(request, record, build, save)
    if outcome.done:
        words, address = done(outcome.saved)
        messages.success(request, words)
        return redirect(address)
    return outcome_page(request, outcome, frame, title, template=template, **context)


def outcome_page(
    request: StaffRequest,
    outcome: Outcome,
    frame: Frame,
    title: str,
    *,
    template: str = "regions/edit.html",
    **context: Any,
) -> HttpResponse:
    """The edit page with what is to be shown: for views that do something of their own when it was saved."""
    return page(
        request,
        template,
        status=outcome.status(request),
        title=title,
        outcome=outcome,
        back=frame.back,
        crumbs=frame.crumbs,
        nav_active=frame.nav_active,
        eyebrow=frame.eyebrow,
        **context,
    )


def edit(request: StaffRequest, record: Any, build: Build, save: Callable[[Sheet], Any]) -> Outcome:
    """Answer a page that edits `record` (None for a new one).

    `build(data, record)` makes the sheet, bound to `data` or filled from the record. `save(sheet)` calls the
    action; its `WrongInput` is shown in place, its `Stale` shows both versions. The choice between them comes back
    as `choice-<field>` and is merged before checking.
    """
    if request.method != "POST":
        return Outcome(build(None, record))
    data = _chosen(request.POST, build, record)
    sheet = build(data, record)
    if not sheet.is_valid():
        return Outcome(sheet)
    try:
        return Outcome(sheet, saved=save(sheet), done=True)
    except WrongInput as error:
        put_error(sheet.form, error)
        return Outcome(sheet)
    except Stale as stale:
        return Outcome(sheet, conflict=_conflict(sheet, data, build, record, stale.current))


def text_of(bound: forms.BoundField) -> str:
    """A field's value in words."""
    value = bound.value()
    choices = {str(key): str(word) for key, word in getattr(bound.field, "choices", None) or ()}
    if isinstance(value, list | tuple):
        return "・".join(choices.get(str(part), str(part)) for part in value)
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if value is None:
        return ""
    return choices.get(str(value), str(value))


def _rows_text(rows: BaseFormSet[Any]) -> str:
    lines = []
    for form in rows.forms:
        if form.data and form.data.get(form.add_prefix("DELETE")):
            continue
        words = [text_of(bound) for bound in form.visible_fields() if bound.name != "DELETE"]
        if any(words):
            lines.append("／".join(word for word in words if word))
    return "\n".join(lines)


def _conflict(sheet: Sheet, data: QueryDict, build: Build, record: Any, current: models.Model) -> Conflict:
    if isinstance(record, models.Model) and type(record) is type(current):
        now = build(None, current)
    else:
        now = build(None, record)
    rows = [
        Difference(bound.name, str(bound.label), text_of(bound), text_of(now.form[bound.name]))
        for bound in sheet.form.visible_fields()
    ]
    rows += [
        Difference(mine.prefix or label, label, _rows_text(mine), _rows_text(now.formsets[label]))
        for label, mine in sheet.formsets.items()
    ]
    entry = next(iter(log_of(current)), None)
    hidden = [
        (name, value)
        for name, values in data.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "version") and not name.startswith("choice-")
    ]
    return Conflict(
        rows=[row for row in rows if row.mine or row.theirs],
        version=getattr(current, "version", 0),
        whose=f"{entry.post_label} {entry.actor_name}".strip() if entry else "",
        when=entry.at if entry else None,
        hidden=hidden,
    )


def _chosen(posted: QueryDict, build: Build, record: Any) -> QueryDict:
    """The posted values, replaced by the stored ones where the user chose 「現在の記録」."""
    theirs = [
        name.removeprefix("choice-")
        for name, value in posted.items()
        if name.startswith("choice-") and value == "theirs"
    ]
    if not theirs:
        return posted
    data = posted.copy()
    now = build(None, record)
    for name in theirs:
        if name in now.form.fields:
            _put(data, now.form[name].html_name, now.form[name].value())
            continue
        for rows in now.formsets.values():
            if rows.prefix == name:
                _put_rows(data, rows)
    return data


def _put(data: MultiValueDict[str, Any], name: str, value: Any) -> None:
    if value is None or value is False:
        data.pop(name, None)
    elif isinstance(value, list | tuple):
        data.setlist(name, [str(part) for part in value])
    elif isinstance(value, date):
        data[name] = value.isoformat()
    else:
        data[name] = "on" if value is True else str(value)


def _put_rows(data: MultiValueDict[str, Any], rows: BaseFormSet[Any]) -> None:
    for name in [name for name in data if name.startswith(f"{rows.prefix}-")]:
        data.pop(name)
    for bound in rows.management_form:
        _put(data, bound.html_name, bound.value())
    for form in rows.forms:
        for bound in form:
            _put(data, bound.html_name, bound.value())


class FoldedForm(forms.Form):
    """A form some of whose fields are folded away until somebody wants them, or something stands in them."""

    #: What is written on the fold, and the names of the fields in it.
    FOLDED: ClassVar[tuple[str, tuple[str, ...]]]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """What is always shown."""
        return [each for each in self.visible_fields() if each.name not in self.FOLDED[1]]

    @property
    def folded_fields(self) -> list[forms.BoundField]:
        """What is in the fold."""
        return [self[name] for name in self.FOLDED[1]]

    @property
    def folded_title(self) -> str:
        """What is written on it."""
        return self.FOLDED[0]

    @property
    def is_unfolded(self) -> bool:
        """Whether something stands in it, or is wrong in it."""
        return any(each.value() or each.errors for each in self.folded_fields)


def rows_of(
    form: type[forms.Form],
    data: Mapping[str, Any] | None,
    prefix: str,
    initial: list[dict[str, Any]],
    *,
    extra: int = 2,
    delete: bool = True,
    **kwargs: Any,
) -> BaseFormSet[Any]:
    """A formset filled with `initial` and `extra` empty rows, so that adding works without a script.

    Typed rows are not measured against what is stored: a row somebody else has stored alike is still a row.
    """
    made: type[BaseFormSet[Any]] = forms.formset_factory(
        form, extra=extra, can_delete=delete, max_num=ROWS, absolute_max=ROWS
    )
    return made(data, prefix=prefix, initial=initial if data is None else None, form_kwargs=kwargs)


def kept(rows: BaseFormSet[Any]) -> list[dict[str, Any]]:
    """The cleaned rows that are neither empty nor marked for removal."""
    return [
        form.cleaned_data for form in rows.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
