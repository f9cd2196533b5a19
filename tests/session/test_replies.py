"""Reading replies: what fuzz makes of good ones is read, refused or waited for, nothing else."""

from __future__ import annotations

from collections import deque
from itertools import product
from random import Random

import pytest

from nim_async._session import MAX_REPLY_BYTES, Reply
from nim_async._session.replies import MAX_HEAD_BYTES, ReplyReader
from nim_async.errors import DecodeError, TransportError

BODY = b'{"code":200,"chatroom":{"roomid":66}}'
BY_LENGTH = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Tue, 24 Nov 2026 01:57:15 GMT\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY)
)
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"a\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:10], len(BODY) - 10, BODY[10:])
)
TO_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + BY_LENGTH
GOOD = [BY_LENGTH, CHUNKED, TO_THE_END, INTERIM]
FUZZED = 200_000


def mutated(random: Random) -> bytes:
    """Damage a good reply in a few places."""
    data = bytearray(random.choice(GOOD))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        match random.randrange(6):
            case 0:
                data[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del data[at : at + random.randint(1, 9)]
            case 2:
                data[at:at] = random.randbytes(random.randint(1, 9))
            case 3:
                data[at:at] = data[at : at + random.randint(1, 60)]
            case 4:
                data[at:at] = random.choice([b"\r\n", b"\r\n\r\n", b"\n", b":", b" ", b"0", b"\0"])
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.slow
def test_fuzzed_replies(capsys: pytest.CaptureFixture[str]) -> None:
    """Each ends as a reply, as an error of ours, or as one that has not all come."""
    random = Random(20_261_124)  # noqa: S311  no secret
    replies = refused = cut = 0
    reader = ReplyReader()
    for _ in range(FUZZED):
        data = mutated(random)
        at = random.randrange(len(data) + 1)
        try:
            for piece in (data[:at], data[at:]):
                if piece and reader.reply is None:
                    reader.feed(piece)
            if reader.reply is None:
                reader.end()
        except DecodeError as error:
            refused += 1
            assert len(str(error)) < 400  # noqa: PT017  most end otherwise
        except TransportError:
            cut += 1
        else:
            replies += 1
            assert isinstance(reader.reply, Reply)
            assert len(reader.reply.body) <= len(data)
        reader = ReplyReader()
    with capsys.disabled():
        print(  # noqa: T201  the figure of the run
            f"\n{FUZZED} fuzzed replies: {replies} read, {refused} refused, {cut} cut"
        )
    assert min(replies, refused, cut) > FUZZED / 50


@pytest.mark.parametrize("raw", [BY_LENGTH, CHUNKED, INTERIM])
def test_one_reader_reads_many(raw: bytes) -> None:
    """Replies follow one another on a connection; each begins with nothing of the last."""
    reader = ReplyReader()
    for _ in range(3):
        assert not reader.begun
        reader.feed(raw)
        assert reader.reply is not None
        assert reader.reply.body == BODY
        assert reader.reusable
        reader.next()
        assert reader.reply is None


def outcome(*pieces: bytes) -> tuple[object, ...]:
    """Return what a reader makes of a reply."""
    reader = ReplyReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except DecodeError:
        return ("refused",)
    reply = reader.reply
    return (
        ("waiting",) if reply is None else (*reply[:2], reply.headers, *reply[3:], reader.reusable)
    )


HEADERS = [
    b"Server: nginx",
    b"Date: Tue, 24 Nov 2026 01:57:15 GMT",
    b"content-type:  application/json; charset=utf-8 ",
    b"CACHE-CONTROL: no-cache",
    b"Connection: keep-alive",
    b"connection: Keep-Alive",
    b"Connection: close",
    b"Connection: keep-alive, upgrade",
    b"Proxy-Connection: close",
    b"Upgrade: websocket",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding : chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: identity",
    b"Content-Length: 3",
    b"Content-Length: 0",
    b"Content-Length: 03",
    b"Content-Length: 3, 3",
    b"Content-Length: +3",
    b"Content-Length: 99999999999999999999",
    b"Content_Length: 4",
    b"X-Odd: \t\x80\xff",
    b"X-Empty:",
    b"X-Folded: a\r\n b",
    b"X-Bare: a\rb",
    b"X-Bare: a\nb",
    b": nameless",
    b"no colon",
    b"",
]
STARTS = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 200 ",
    b"HTTP/1.1 200",
    b"HTTP/1.0 200 OK",
    b"HTTP/2.0 200 OK",
    b"HTTP/1.1 204 No Content",
]
LENGTHS = [b"Content-Length: 3", b"CONTENT-LENGTH: 3", b""]
BODIES = [b"abc", b"", b"ab", b"abcd", b"3\r\nabc\r\n0\r\n\r\n"]


@pytest.mark.parametrize("start", STARTS)
def test_a_plain_reply_is_what_the_parser_would_make_of_it(start: bytes) -> None:
    """What comes in one piece, and is read the short way, is read as what comes in two."""
    pairs = product(HEADERS, HEADERS)
    whole = [
        *product(pairs, LENGTHS[:1], BODIES[:1]),
        *product(product(HEADERS), LENGTHS, BODIES),
    ]
    for (first, *others), length, body in whole:
        raw = b"\r\n".join([start, first, length, *others, b"", body])
        assert outcome(raw) == outcome(raw[:9], raw[9:]), raw


@pytest.mark.parametrize("last", [BY_LENGTH, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_the_end_after_a_reply_is_none(last: bytes) -> None:
    """A connection that ends before the next reply begins has brought none."""
    reader = ReplyReader()
    reader.feed(last)
    reader.next()
    with pytest.raises(TransportError):
        reader.end()


@pytest.mark.slow
def test_bounds() -> None:
    """A head and a whole reply are read up to a bound, in small pieces too."""
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    fields = b"X: yz\r\n" * 1000
    for _ in range(MAX_HEAD_BYTES // len(fields)):
        reader.feed(fields)
    with pytest.raises(DecodeError, match="too long"):
        reader.feed(fields)
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunks = b"1\r\nx\r\n" * 100_000
    for _ in range(MAX_REPLY_BYTES // len(chunks)):
        reader.feed(chunks)
    with pytest.raises(DecodeError, match="too long"):
        reader.feed(chunks)


@pytest.mark.parametrize("size", [1, 1448, 60_000])
def test_headers_and_trailers_have_one_bound(size: int) -> None:
    """What comes without a body is bounded, wherever it stands, however small its pieces are."""
    begin = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    for before in (b"X: ", b"\r\n1\r\nx\r\n0\r\nX: "):
        reader = ReplyReader()
        reader.feed(begin + before)
        pieces = [b"a" * size] * (MAX_HEAD_BYTES // size + 2)
        with pytest.raises(DecodeError, match="too long"):
            deque(map(reader.feed, pieces), maxlen=0)


@pytest.mark.parametrize("raw", [BY_LENGTH[:-1], CHUNKED[:-1], BY_LENGTH[:30], b""])
def test_the_end_comes_too_early(raw: bytes) -> None:
    """A reply that told its length is not whole before that has come."""
    reader = ReplyReader()
    if raw:
        reader.feed(raw)
    with pytest.raises(TransportError):
        reader.end()
