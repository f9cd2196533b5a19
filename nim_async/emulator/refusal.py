"""How the stand-in says no."""

from __future__ import annotations


class Refused(Exception):
    """
    The service refuses a call or the act of a client program.

    Args:
        code: Status code, as in the ``code`` of a reply.
        desc: What is wrong, for humans.
        callback_ext: What the web server that refused it says to the client program, if anything.
    """

    def __init__(self, code: int, desc: str, callback_ext: str | None = None) -> None:
        """Keep them, so that the error pickles."""
        super().__init__(code, desc, callback_ext)
        self.code = code
        self.desc = desc
        self.callback_ext = callback_ext

    def __str__(self) -> str:
        """Show the code before the text."""
        return f"{self.code} {self.desc}"


def bad_parameter(name: str, problem: str) -> Refused:
    """Return the refusal of a parameter, which names it."""
    return Refused(414, f"{name} {problem}")


def forbidden(desc: str) -> Refused:
    """Return the refusal of something the caller may not do."""
    return Refused(403, desc)


def not_found(what: str) -> Refused:
    """Return the refusal over something that does not exist."""
    return Refused(404, f"{what} does not exist")


def repeated(desc: str) -> Refused:
    """Return the refusal of a change to what already holds."""
    return Refused(417, desc)


def room_closed() -> Refused:
    """Return the refusal of something that needs an open room."""
    return Refused(13002, "chatroom is closed")
