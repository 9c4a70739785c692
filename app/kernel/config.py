"""Settings: read once from the environment, frozen, unknown names refused."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "FAIR_"
ROOT = Path(__file__).resolve().parents[2]
"""The checkout: templates and static files lie beside the packages."""

LANGUAGES_KNOWN = ("zh-Hans", "zh-Hant", "en")


class SettingsProblem(Exception):
    """The environment says something the fair cannot use; one line says what."""


class Settings(BaseSettings):
    """What an operator may set, each as `FAIR_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    bind: str = Field("127.0.0.1:8000", description="Address and port to serve on.")
    data_dir: Path = Field(
        Path("var"), description="Everything that changes at run time lives here."
    )
    database_url: str = Field(
        "", description="SQLite in the data folder when empty, or postgresql://…"
    )
    secret_key_file: Path | None = Field(
        None, description="Created in the data folder, mode 600, when not given."
    )
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Host names this site answers to, with commas between.",
    )
    proxies: int = Field(
        0, ge=0, le=5, description="How many reverse proxies stand in front."
    )
    outbox_dir: Path | None = Field(
        None, description="Where messages to people are written (codes, notices)."
    )
    languages: Annotated[tuple[str, ...], NoDecode] = Field(
        LANGUAGES_KNOWN, description="Offered languages; the first is the default."
    )
    timezone: str = Field("Asia/Shanghai", description="The clock on the wall.")
    demo: bool = Field(
        default=False,
        description="Show the demo cast on the sign-in page. Never on a real site.",
    )
    secure_cookies: bool = Field(
        default=False, description="Cookies only over HTTPS; set it behind TLS."
    )
    search_engine: Literal["whoosh", "tantivy"] = Field(
        "whoosh",
        description="What the search index is kept in; tantivy past a million.",
    )
    workers: int = Field(2, ge=1, le=64, description="Web processes of `fair run`.")
    threads: int = Field(4, ge=1, le=64, description="Threads of each web process.")

    @field_validator("trusted_hosts", "languages", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("languages")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        strange = sorted(set(value) - set(LANGUAGES_KNOWN))
        if strange or not value:
            problem = f"choose from {', '.join(LANGUAGES_KNOWN)}"
            raise ValueError(problem)
        return value

    @classmethod
    def from_environment(cls, **given: object) -> Self:
        """Read `FAIR_…`; *given* settings win (tests, commands).

        Raises:
            SettingsProblem: a name is unknown or a value cannot be used.
        """
        known = {PREFIX + name.upper() for name in cls.model_fields}
        unknown = sorted(
            name
            for name in os.environ
            if name.startswith(PREFIX)
            and name not in known
            and not name.startswith(PREFIX + "TEST_")
        )
        if unknown:
            problem = f"unknown setting {', '.join(unknown)}"
            raise SettingsProblem(problem)
        try:
            return cls(**given)  # type: ignore[arg-type]
        except ValidationError as refused:
            first = refused.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            problem = f"{name}: {first['msg']}"
            raise SettingsProblem(problem) from None

    @property
    def url(self) -> str:
        """The database's URL."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{self.data_dir.resolve() / 'fair.sqlite3'}"

    @property
    def messages_dir(self) -> Path:
        """Where messages to people are written."""
        return self.outbox_dir or self.data_dir / "outbox"

    @property
    def index_dir(self) -> Path:
        """Where the search index lies."""
        return self.data_dir / "search_index"

    def prepare_data_dir(self) -> None:
        """Create the data folder, readable by its owner only."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    def secret_key(self) -> bytes:
        """Return the key that signs codes and cookies; made at first use."""
        path = self.secret_key_file or self.data_dir / "secret_key"
        if not path.exists():
            self.prepare_data_dir()
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_text().strip().encode()
