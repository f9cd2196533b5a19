"""Webhooks as the service sends them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "callbacks.json").read_text("utf-8")
)
EXAMPLES: list[tuple[str, str, str]] = [
    (event["source"], example["class"], example["body"])
    for event in VECTORS["events"]
    for example in event["examples"]
]
SECRET = "s3cr3t-example"
NOW = 1735689600.0


def signed(
    body: bytes, *, secret: str = SECRET, key: str = "the-key", now: float = NOW
) -> dict[str, str]:
    """Return the headers that the service signs a body with."""
    curtime = str(int(now * 1000))
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    text = f"{secret}{digest}{curtime}".encode()
    checksum = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    return {"AppKey": key, "CurTime": curtime, "MD5": digest, "CheckSum": checksum}


def body(event_type: object, **members: object) -> bytes:
    """Write a body."""
    return json.dumps({"eventType": event_type, **members}).encode()
