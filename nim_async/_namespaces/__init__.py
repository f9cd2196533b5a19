"""The namespaces of a client: the generated operations, and what is written by hand on top."""

from nim_async._generated.methods import StatsMethods, UserMethods
from nim_async._namespaces.chatroom import Chatroom
from nim_async._namespaces.history import History

__all__ = ["Chatroom", "History", "Stats", "User"]


class Stats(StatsMethods):
    """Operations under ``/nimserver/stats/``."""


class User(UserMethods):
    """Operations under ``/nimserver/user/``."""
