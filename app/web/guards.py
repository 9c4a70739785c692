"""Guards: every route says who may come; a route without one does not start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user

from app.kernel.errors import NotAllowed
from app.kernel.i18n import msg
from app.kernel.permissions import ROLE_PERMISSIONS, Held, Permission, Role
from app.web.htmx import go_to, wants_fragment

P = ParamSpec("P")
R = TypeVar("R")

MARK = "__fair_guard__"


@dataclass(eq=False)
class Me(UserMixin):  # type: ignore[misc]
    """The person who is signed in, as far as pages need them."""

    id: UUID
    display_name: str
    held: tuple[Held, ...] = ()
    language: str | None = None
    place_id: UUID | None = None
    session_id: UUID | None = None
    scopes: frozenset[str] | None = None
    permissions: frozenset[Permission] = field(init=False)

    def __post_init__(self) -> None:
        """Collect what the held roles carry."""
        self.permissions = frozenset().union(
            ROLE_PERMISSIONS[Role.RESIDENT],
            *(ROLE_PERMISSIONS[held.role] for held in self.held),
        )

    def get_id(self) -> str:
        """Return the id as text (Flask-Login asks)."""
        return str(self.id)

    def has_role(self, role: Role) -> bool:
        """Say whether *role* is held today, anywhere."""
        return any(held.role == role for held in self.held)


def find_me() -> Me | None:
    """Return who is signed in, or None."""
    return cast("Me", current_user) if current_user.is_authenticated else None


def me() -> Me:
    """Return who is signed in; only behind a guard that makes sure."""
    found = find_me()
    assert found is not None, "me() behind a public guard"
    return found


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let anyone in."""
    setattr(view, MARK, "public")
    return view


def signed_in(
    view: Callable[P, ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    """Let in who is signed in; show others the way to sign in, and back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if find_me() is None:
            return _to_sign_in()
        return view(*args, **kwargs)

    setattr(guarded, MARK, "signed_in")
    return guarded


def needs(
    permission: Permission,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let in who carries *permission* somewhere; actions check the very place."""

    def wrap(
        view: Callable[P, ResponseReturnValue],
    ) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            found = find_me()
            if found is None:
                return _to_sign_in()
            if permission not in found.permissions:
                raise NotAllowed(msg("This page is for staff with another role."))
            return view(*args, **kwargs)

        setattr(guarded, MARK, f"needs {permission}")
        return guarded

    return wrap


def guard_of(view: Any) -> str | None:
    """Return which guard a view has, or None."""
    return getattr(view, MARK, None)


def _to_sign_in() -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        abort(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    where = url_for("people.sign_in", back=back)
    return go_to(where) if wants_fragment() else redirect(where, code=303)
