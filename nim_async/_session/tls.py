"""TLS contexts, made when the first connection needs one."""

from __future__ import annotations

import os
import ssl

import certifi

from nim_async.errors import ConfigurationError


def context_for(verify: ssl.SSLContext | bool) -> ssl.SSLContext:  # noqa: FBT001
    """
    Return the TLS context of connections.

    Certificates are verified against those that ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name, or
    else against the bundle of certifi, as httpx does.

    Args:
        verify: A context to use as it is, or whether to verify certificates.

    Raises:
        ConfigurationError: What the environment names cannot be read.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        try:
            return ssl.create_default_context(cafile=file or None, capath=folder or None)
        except OSError as error:
            raise ConfigurationError(
                "SSL_CERT_FILE or SSL_CERT_DIR names what holds no certificates"
            ) from error
    return ssl.create_default_context(cafile=certifi.where())
