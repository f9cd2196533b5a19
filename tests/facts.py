"""What the files of the spec say of the service, all of them together."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

FOLDER = files("nim_async").joinpath("_spec")
PARTS: list[dict[str, Any]] = [
    json.loads(path.read_text("utf-8"))
    for path in sorted(FOLDER.iterdir(), key=lambda path: path.name)
    if path.name.endswith(".json")
]
SPEC: dict[str, list[dict[str, Any]]] = {
    key: [entry for part in PARTS for entry in part.get(key, ())]
    for key in ("operations", "codes", "descs", "message_types", "platforms", "notifications")
}
