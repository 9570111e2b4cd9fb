"""The one exception for input that is wrong: what is wrong, where it stands, what to do about it."""

from __future__ import annotations

from typing import TypedDict


class WrongInputFields(TypedDict):
    """The error object of the command line and of the API."""

    message: str
    file: str | None
    row: int | None
    column: str | None


class WrongInput(Exception):
    """Input that a person has to correct.

    `message` says what is wrong and what to do, in Japanese; `file` is the name of the file as the person
    knows it, `row` counts from 1 as in a spreadsheet (the head is row 1), `column` is the heading or field.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.row = row
        self.column = column

    @property
    def place(self) -> str:
        """Where the input stands, e.g. `活動.csv 3行目「参加人数」`; empty when nothing is known."""
        row = f"{self.row}行目" if self.row is not None else None
        column = f"「{self.column}」" if self.column is not None else ""
        return " ".join(part for part in (self.file, row) if part) + column

    def __str__(self) -> str:
        message = " ".join(self.message.split())
        return f"{self.place}：{message}" if self.place else message

    def as_dict(self) -> WrongInputFields:
        """The fields of the command line's error object."""
        return {"message": self.message, "file": self.file, "row": self.row, "column": self.column}

    def at(self, *, file: str | None = None, row: int | None = None, column: str | None = None) -> WrongInput:
        """The same complaint with the place filled in where it was not known yet."""
        return type(self)(
            self.message,
            file=self.file if self.file is not None else file,
            row=self.row if self.row is not None else row,
            column=self.column if self.column is not None else column,
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.as_dict())


def _rebuild(kind: type[WrongInput], fields: WrongInputFields) -> WrongInput:
    return kind(fields["message"], file=fields["file"], row=fields["row"], column=fields["column"])
