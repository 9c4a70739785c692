"""Somebody before Chromium: presses what is called so in their language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Locator, expect

from app.web.words import translate

PATIENCE_MS = 8000
MISSING = "/nothing-at-all"
"""An address where there is nothing."""
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Mode:
    """A language, a width, and whether scripts run."""

    language: str
    width: int
    has_scripts: bool

    def __str__(self) -> str:
        return (
            f"{self.language}-{self.width}-{'scripts' if self.has_scripts else 'plain'}"
        )


class Walker:
    """One person, one browser window, and what went wrong behind it."""

    def __init__(self, context: BrowserContext, base: str, mode: Mode) -> None:
        self.context = context
        self.base = base
        self.mode = mode
        self.troubles: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: self._ensure_near(request.url))
        self.page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on(
            "pageerror", lambda error: self.troubles.append(f"script: {error}")
        )

    def say(self, sentence: str, **values: Any) -> str:
        """Return our sentence in this reader's language."""
        return translate(sentence, self.mode.language, **values)

    def name(self, chinese: str, english: str) -> str:
        """Return the title a reader of this language sees."""
        return english if self.mode.language == "en" else chinese

    def go(self, path: str) -> Walker:
        self.page.goto(path if path.startswith("http") else self.base + path)
        return self

    def sign_in(self, person: str) -> Walker:
        """Press the card of one of the cast on the sign-in page."""
        if "/sign-in" not in self.page.url:
            self.go("/sign-in")
        card = self.page.locator("form[action='/sign-in/cast']", has_text=person)
        card.get_by_role("button").click()
        expect(self.page.locator("h1").first).to_be_visible()
        assert "/sign-in" not in self.page.url
        return self

    def button(self, sentence: str, **values: Any) -> Locator:
        return self.page.get_by_role(
            "button", name=self.say(sentence, **values), exact=True
        )

    def press(self, sentence: str, **values: Any) -> Walker:
        found = self.button(sentence, **values).first
        if found.evaluate("one => one.form?.method") != "post":
            found.click()
            return self
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            found.click()
        return self

    def follow(self, words: str) -> Walker:
        """Follow the link with these words, as they stand on the page."""
        self.page.locator("main").get_by_role("link", name=words).first.click()
        return self

    def follow_said(self, sentence: str, **values: Any) -> Walker:
        return self.follow(self.say(sentence, **values))

    def fill(self, name: str, value: str) -> Walker:
        self.page.locator(f"main [name='{name}']").first.fill(value)
        return self

    def choose(self, name: str, value: str) -> Walker:
        """Choose from a list, a row of cards or a box to tick."""
        found = self.page.locator(f"main [name='{name}']")
        if found.first.evaluate("one => one.tagName") == "SELECT":
            found.first.select_option(value)
        else:
            self.page.locator(f"main [name='{name}'][value='{value}']").check()
        return self

    def sees(self, words: str) -> Walker:
        expect(self.page.locator("body")).to_contain_text(words)
        return self

    def reads(self, sentence: str, **values: Any) -> Walker:
        return self.sees(self.say(sentence, **values))

    def misses(self, words: str) -> Walker:
        expect(self.page.locator("main")).not_to_contain_text(words)
        return self

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def is_too_wide(self) -> str | None:
        """Say what sticks out at the side, if anything does."""
        found = self.page.evaluate(
            """() => {
                const room = document.documentElement.clientWidth;
                if (document.documentElement.scrollWidth <= room) return null;
                const out = [...document.querySelectorAll("body *")].filter(
                    (one) => one.getBoundingClientRect().right > room + 1);
                return out.slice(0, 4).map((one) => one.outerHTML.slice(0, 160)).join("\\n")
                    || "the page";
            }"""
        )
        return None if found is None else str(found)

    def ensure_quiet(self) -> None:
        """Nothing was refused by the policy, asked elsewhere, or thrown by a script."""
        assert self.troubles == [], self.troubles

    def _hear(self, message: Any) -> None:
        if MISSING in self.page.url and "404" in message.text:
            return  # asked for on purpose; the browser notes it
        if message.type == "error" or "Content Security Policy" in message.text:
            self.troubles.append(f"{message.text} at {self.page.url}")

    def _ensure_near(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:")):
            self.troubles.append(f"asked elsewhere: {url}")
