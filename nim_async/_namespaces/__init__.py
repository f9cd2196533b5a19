"""The namespaces of a client: the generated operations, and what is written by hand on top."""

from nim_async._generated.methods import StatsMethods
from nim_async._namespaces.chatroom import Chatroom
from nim_async._namespaces.history import History

__all__ = ["Chatroom", "History", "Stats"]


class Stats(StatsMethods):
    """Operations under ``/nimserver/stats/``."""
