"""What is typed to wish for something, or to keep a search."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from app.web.forms import Form

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class WishForm(Form):
    """What somebody looked for in vain."""

    words: Annotated[str, Field(max_length=200)]


class KeepForm(Form):
    """A search to hear of again: its address, and what it is called."""

    line: Annotated[str, Field(max_length=1000)]
    name: Name


class NameForm(Form):
    """What a kept search is called."""

    name: Name
