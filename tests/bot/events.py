"""Events made by hand."""

from __future__ import annotations

from itertools import count
from typing import Any

from nim_async import MessageType
from nim_async.webhooks import EnteredEvent, MessageEvent

_ids = count()


def message(text: str = "hi", *, room: int | None = 66, sender: str = "lisi", **more: Any) -> Any:
    """Make a message, each of its own."""
    usual: dict[str, Any] = {"msg_type": MessageType.TEXT, "msg_id_client": f"m-{next(_ids)}"}
    return MessageEvent(room_id=room, from_account=sender, attach=text, **(usual | more))


def entered(accid: str = "lisi", *, room: int | None = 66) -> EnteredEvent:
    """Make an entry, each of its own."""
    return EnteredEvent(room_id=room, accid=accid, time=next(_ids))
