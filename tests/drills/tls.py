"""TLS between processes: an authority that each of them can make certificates of, or trust."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Self

import trustme
from anyio.streams.tls import TLSStream
from attrs import frozen

if TYPE_CHECKING:
    from anyio.abc import ByteStream

HOST = "127.0.0.1"


@frozen
class Authority:
    """An authority, as the bytes of its certificate and of its key."""

    certificate: bytes
    key: bytes

    @classmethod
    def new(cls) -> Self:
        """Make one."""
        made: Any = trustme.CA()
        return cls(made.cert_pem.bytes(), made.private_key_pem.bytes())

    def serving(self) -> ssl.SSLContext:
        """Return the context of a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._made().issue_cert(HOST).configure_cert(context)
        return context

    def trusting(self) -> ssl.SSLContext:
        """Return the context of a client."""
        context = ssl.create_default_context()
        self._made().configure_trust(context)
        return context

    def _made(self) -> Any:
        return trustme.CA.from_pem(self.certificate, self.key)


async def secured(stream: ByteStream, context: ssl.SSLContext | None) -> ByteStream:
    """Speak TLS on an accepted connection, if there is a context for it."""
    if context is None:
        return stream
    return await TLSStream.wrap(
        stream, server_side=True, ssl_context=context, standard_compatible=False
    )
