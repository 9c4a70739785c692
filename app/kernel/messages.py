"""Messages to people (codes, notices): a pluggable way out; files by default."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4


@dataclass(frozen=True)
class Message:
    """One message: to whom (a phone number or address), what kind, the words."""

    to: str
    kind: str
    text: str
    at: datetime


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
        path = self._folder / f"{stamp}-{message.kind}-{uuid4().hex[:8]}.json"
        content = asdict(message) | {"at": message.at.isoformat()}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
