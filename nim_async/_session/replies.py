"""HTTP/1.1 replies out of the pieces they come in: strict, bounded, no I/O."""

from __future__ import annotations

import re
from functools import lru_cache
from math import inf

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from nim_async._session import MAX_REPLY_BYTES, Reply
from nim_async.errors import DecodeError, TransportError

MAX_HEAD_BYTES = 64 * 1024  # our own bound of headers and trailers together
_OK = 200
_INTERIM = 200  # statuses below announce that the reply is still to come
_VERSIONS = frozenset({"1.0", "1.1"})
_PROBLEM_CHARACTERS = 256
_PLAIN_BYTES = 2048  # of a head, beyond which it is left to the parser
_KNOWN_HEADS = 64
_END_OF_HEAD = b"\r\n\r\n"
# The head of nearly all replies, in which nothing but the length says how to read the body. Names
# that begin as those of headers which may say more are left to the parser.
_PLAIN_HEADER = (
    rb"(?:(?:[^\W_cptuCPTU][\w-]*+|(?i:content-type|cache-control)): [ -~]*+\r\n"
    rb"|(?i:connection: keep-alive\r\n))*+"
)
_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 200 [ -~]*+\r\n"
    rb"(%b(?i:content-length): (\d{1,8})\r\n%b)\r\n" % (_PLAIN_HEADER, _PLAIN_HEADER),
)


@lru_cache(_KNOWN_HEADS)
def _plain_head(head: bytes) -> tuple[float, bytes]:
    """
    Return the length of the body and the headers of a plain head; no length fits another.

    Replies of one second have few heads, which are looked at once.
    """
    found = _PLAIN_HEAD.fullmatch(head)
    return (inf, b"") if found is None else (int(found[2]), found[1])


class ReplyReader:
    """
    Reads the replies of one connection, one after the other.

    Attributes:
        reply: The reply, once it is whole.
        begun: Whether a part of it has come.
        reusable: Whether the connection may carry another request after it.
    """

    __slots__ = (
        "_around",
        "_body",
        "_foreign",
        "_head_done",
        "_headers",
        "_parser",
        "_size",
        "_surplus",
        "begun",
        "reply",
        "reusable",
    )

    def __init__(self) -> None:
        """Begin with the first reply."""
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self.next()

    def next(self) -> None:
        """Begin with the next reply."""
        self.reply: Reply | None = None
        self.begun = False
        self.reusable = False

    def close(self) -> None:
        """Take nothing more: parser and reader would keep each other."""
        del self._parser

    def feed(self, data: bytes | memoryview) -> None:
        """
        Take what came.

        Raises:
            DecodeError: It is no HTTP, too long, or more than one reply.
        """
        if not self.begun:
            self.begun = True
            if self._take_plain(data):
                return
            self._start()
        self._size += len(data)
        parts = len(self._body)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise _refused("a protocol nobody asked for", data) from None
        except HttpParserError as error:
            # An error of a callback keeps what that raised as its context.
            problem = "more than one reply" if self._surplus or self.reply else _named(error)
            raise _refused(problem, data) from None
        if self._surplus:
            raise _refused("more than one reply", data)
        if self._foreign:
            raise _refused("no HTTP/1", data)
        if len(self._body) == parts:
            self._around += len(data)
        if self._size > MAX_REPLY_BYTES or self._around > MAX_HEAD_BYTES:
            raise _refused("too long", data)

    def _take_plain(self, data: bytes | memoryview) -> bool:
        """Take a reply that came whole, if it is as plain as most; the parser takes longer."""
        beginning = bytes(data[:_PLAIN_BYTES])
        start = beginning.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        length, headers = _plain_head(beginning[:start])
        if start + length != len(data):
            return False
        self.reply = Reply(_OK, bytes(data[start:]), headers)
        self.reusable = True
        return True

    def _start(self) -> None:
        """Let the parser read a reply."""
        self._size = 0
        self._around = 0  # bytes that came without any of the body
        self._surplus = False
        self._foreign = False
        self._head_done = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body.clear()

    def end(self) -> None:
        """
        Take the end of the connection, which is the end of a reply that states no length.

        Raises:
            TransportError: The reply is not whole.
        """
        if not (self.begun and self._head_done) or self._told_length():
            raise TransportError("the connection was closed before the reply was whole")
        self._finish()

    def _told_length(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return not names.isdisjoint({b"content-length", b"transfer-encoding"})

    def _finish(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self.reply = Reply.of(self._parser.get_status_code(), body, self._headers)

    # what the parser calls

    def on_message_begin(self) -> None:
        """Refuse a second reply."""
        self._surplus = self.reply is not None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what comes behind a chunked body is dropped."""
        if not self._head_done:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note that a body may follow, if this is the protocol that was spoken."""
        self._head_done = True
        self._foreign = self._parser.get_http_version() not in _VERSIONS

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Finish the reply; one that only announces another is dropped."""
        if self._surplus:
            return
        if self._parser.get_status_code() < _INTERIM:
            self._head_done = False
            self._headers = []
            self._body.clear()
            return
        self.reusable = self._parser.should_keep_alive()
        self._finish()


def _named(error: HttpParserError) -> str:
    return f"no HTTP: {error}"[:_PROBLEM_CHARACTERS]


def _refused(problem: str, data: bytes | memoryview) -> DecodeError:
    return DecodeError([f"$: {problem}"], raw=bytes(data))
