"""Reads a page as a person does: its words, links, forms and buttons.

Journeys press what the page offers and never build an address themselves, so a
button that is missing, leads nowhere or forgets a field is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "source", "use", "path"})
SILENT = frozenset({"script", "style", "template"})
TYPED = frozenset({"checkbox", "radio", "submit", "button", "image", "reset", "file"})


@dataclass
class Control:
    """One field of a form: what it holds, and what it may hold (None: anything)."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    choices: list[str] | None = None


@dataclass
class Form:
    """A form as the page has it."""

    action: str
    method: str
    op: str
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(words, name, value) of each submit button."""

    def has_button(self, words: str) -> bool:
        return any(_is_called(said, words) for said, _, _ in self.buttons)

    def filled(
        self, words: str, typed: dict[str, str | list[str]]
    ) -> dict[str, object]:
        """Return what a browser sends when *typed* is typed and *words* pressed."""
        sent: dict[str, object] = {
            one.name: list(one.values) for one in self.controls.values() if one.values
        }
        for name, value in typed.items():
            assert name in self.controls, (
                f"no field {name!r}; there is {list(self.controls)}"
            )
            control, wanted = (
                self.controls[name],
                [value] if isinstance(value, str) else value,
            )
            if control.choices is not None:
                missing = set(wanted) - set(control.choices) - {""}
                assert not missing, (
                    f"{name} does not offer {missing}: {control.choices}"
                )
            sent[name] = [one for one in wanted if one or control.kind == "text"]
        said = next(one for one in self.buttons if _is_called(one[0], words))
        if said[1]:
            sent[said[1]] = said[2]
        return sent


@dataclass
class Page:
    """What a browser shows."""

    url: str
    status: int
    html: str
    text: str = ""
    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    """Sentences beside fields, by the field's element id without `-error`."""
    alerts: str = ""
    """What the summary above the form says."""

    def form_with(self, words: str, op: str | None = None, to: str = "") -> Form:
        """Return the one form that has a button called *words*."""
        found = [
            one
            for one in self.forms
            if one.has_button(words) and op in (None, one.op) and to in one.action
        ]
        assert len(found) == 1, (
            f"{len(found)} forms have a button {words!r} on {self.url} ({self.status});"
            f" buttons: {self.buttons}\n{self.text[:1500]}"
        )
        return found[0]

    @property
    def buttons(self) -> list[str]:
        return [words for form in self.forms for words, _, _ in form.buttons]

    def has_button(self, words: str) -> bool:
        return any(form.has_button(words) for form in self.forms)

    def link(self, words: str) -> str:
        """Return where the first link with these words leads."""
        for said, href in self.links:
            if words in said:
                return href
        raise AssertionError(
            f"no link {words!r} on {self.url}: {self.links}\n{self.text[:800]}"
        )

    def links_to(self, part: str) -> list[str]:
        """Return the addresses of links whose address contains *part*."""
        return [href for _, href in self.links if part in href]


def _is_called(said: str, words: str) -> bool:
    return said in (words, f"Yes, {words}")


def read(url: str, status: int, html: str) -> Page:
    """Return the page that *html* shows."""
    page = Page(url, status, html)
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    page.text = " ".join("".join(reader.said).split())
    return page


class _Reader(HTMLParser):
    """Collects words, links and forms while it walks the tags."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.said: list[str] = []
        self.open: list[tuple[str, dict[str, str], int]] = []
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.said.append(" ")
        if tag == "form":
            self.form = Form(
                urljoin(self.page.url, facts.get("action") or self.page.url),
                facts.get("method", "get"),
                facts.get("data-op", ""),
            )
            self.page.forms.append(self.form)
        elif tag == "input" and self.form is not None and facts.get("name"):
            self._input(facts)
        elif tag == "option" and self.form is not None:
            self._option(facts)
        elif tag in ("select", "textarea") and self.form is not None:
            choices = [] if tag == "select" else None
            self.form.controls[facts["name"]] = Control(
                facts["name"], tag if choices is not None else "text", [], choices
            )
        if tag not in VOID:
            self.open.append((tag, facts, len(self.said)))

    def handle_endtag(self, tag: str) -> None:
        while any(one == tag for one, _, _ in self.open):
            top, facts, start = self.open.pop()
            if top == tag:
                self._close(tag, facts, "".join(self.said[start:]))
                break
        if tag == "form":
            self.form = None
        self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if not any(tag in SILENT for tag, _, _ in self.open):
            self.said.append(data)

    def _close(self, tag: str, facts: dict[str, str], raw: str) -> None:
        words = " ".join(raw.split())
        if tag == "a" and "href" in facts:
            self.page.links.append((words, urljoin(self.page.url, facts["href"])))
        elif tag == "button" and self.form is not None:
            if facts.get("type", "submit") == "submit":
                self.form.buttons.append(
                    (words, facts.get("name", ""), facts.get("value", ""))
                )
        elif tag == "textarea" and self.form is not None:
            self.form.controls[facts["name"]].values = [raw.strip()]
        elif tag == "select" and self.form is not None:
            control = self.form.controls[facts["name"]]
            if not control.values and control.choices:
                control.values = [control.choices[0]]
        if facts.get("id", "").endswith("-error"):
            self.page.errors[facts["id"].removesuffix("-error")] = words
        if "error-summary" in facts.get("class", ""):
            self.page.alerts = words

    def _input(self, facts: dict[str, str]) -> None:
        assert self.form is not None
        kind, name = facts.get("type", "text"), facts["name"]
        if kind in ("radio", "checkbox"):
            control = self.form.controls.setdefault(name, Control(name, kind, [], []))
            assert control.choices is not None
            control.choices.append(facts.get("value", "on"))
            if "checked" in facts:
                control.values.append(facts.get("value", "on"))
        elif kind not in TYPED:
            self.form.controls[name] = Control(
                name, "hidden" if kind == "hidden" else "text", [facts.get("value", "")]
            )

    def _option(self, facts: dict[str, str]) -> None:
        assert self.form is not None
        control = list(self.form.controls.values())[-1]
        assert control.choices is not None
        control.choices.append(facts.get("value", ""))
        if "selected" in facts:
            control.values = [facts.get("value", "")]
