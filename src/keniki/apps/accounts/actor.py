"""Who acts: a user with the posts held today, and the ruling a policy gives about an act."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from .models import User


@dataclass(frozen=True)
class Remedy:
    """Where a thing that the state of a record forbids is made possible: what the link says, and its address."""

    label: str
    url: str


class Denied(PermissionDenied):
    """The actor sees the record but may not do this; the text says why, for the user (403).

    With a `remedy` the state of a record is the reason, without one the actor's posts are.
    """

    def __init__(self, reason: str = "", remedy: Remedy | None = None):
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class PostRef:
    """A post (職) held on the day of the act. Rights come from here and from nowhere else."""

    id: int
    label: str
    role: str
    organisation_id: int
    organisation_kind: str
    organisation_name: str
    municipality_id: int | None = None
    municipality_code: str = ""


@dataclass(frozen=True)
class Actor:
    """Someone acting now. `user` is None for a visitor; `operator` is the installation's own operator (CLI)."""

    user: User | None = None
    posts: tuple[PostRef, ...] = ()
    operator: bool = False
    via: str = "page"
    _memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        if self.via == "system":
            return "システム（自動）"
        if self.operator:
            return self.user.name if self.user else "システム管理者"
        return self.user.name if self.user else "（ログインしていない利用者）"

    @property
    def is_authenticated(self) -> bool:
        return self.operator or self.user is not None

    @property
    def post(self) -> PostRef | None:
        """The post shown beside the name: the first one held."""
        return self.posts[0] if self.posts else None

    def label(self, post: PostRef | None = None) -> str:
        """「栗山町 企画課 中村」, as the log prints it."""
        post = post or self.post
        return f"{post.label} {self.name}" if post else self.name


VISITOR = Actor()
#: What the installation does by itself: locks, reminders.
SYSTEM = Actor(operator=True, via="system")


@dataclass(frozen=True)
class Ruling:
    """A policy's answer: may the actor do it, through which post, and why (not), in a sentence for the user.

    `on_behalf_of` is the municipality's name when the act is a 代理入力. A no with a `remedy` comes from the
    state of a record and not from the actor's posts.
    """

    allowed: bool
    reason: str
    post: PostRef | None = None
    on_behalf_of: str = ""
    remedy: Remedy | None = None

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> Ruling:
        """Return itself, or raise `Denied` with the reason."""
        if not self.allowed:
            raise Denied(self.reason, self.remedy)
        return self


def allow(reason: str, post: PostRef | None = None, on_behalf_of: str = "") -> Ruling:
    return Ruling(True, reason, post, on_behalf_of)


def deny(reason: str, remedy: Remedy | None = None) -> Ruling:
    return Ruling(False, reason, remedy=remedy)
