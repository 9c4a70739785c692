"""Messages to people (codes, notices): a pluggable way out; files by default."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import uuid4


@dataclass(frozen=True)
class Message:
    """One message: to whom (a phone number or address), what kind, the words.

    Two with the same `key` and moment are one message, sent again.
    """

    to: str
    kind: str
    text: str
    at: datetime
    key: str | None = None


class Messenger(Protocol):
    """Anything that can carry a message out."""

    def send(self, message: Message) -> None:
        """Hand *message* over; it returns when the message is safe."""


class FileMessenger:
    """Writes each message as a file, for an office without a contract for texts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write the message; names sort by time."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp = message.at.strftime("%Y%m%dT%H%M%S%f")
        mark = sha256((message.key or uuid4().hex).encode()).hexdigest()[:12]
        path = self._folder / f"{stamp}-{message.kind}-{mark}.json"
        content = asdict(message) | {"at": message.at.isoformat()}
        del content["key"]
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
