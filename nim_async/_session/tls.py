"""TLS contexts, made when the first connection needs one."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi

from nim_async._checks import shown
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
    file, folder = named_certificates()
    if not (file or folder):
        return ssl.create_default_context(cafile=certifi.where())
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise unreadable(error) from error


def named_certificates() -> tuple[str | None, str | None]:
    """
    Return file and folder of certificates that the environment names.

    Raises:
        ConfigurationError: There is no such file or folder.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and not Path(file).is_file():
        raise ConfigurationError(f"SSL_CERT_FILE names no file: {shown(file)}; mend or unset it")
    if folder and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        raise ConfigurationError(f"SSL_CERT_DIR names no folder: {shown(folder)}; mend or unset it")
    return file or None, folder or None


def unreadable(error: OSError) -> ConfigurationError:
    """Make the error of certificates that are there but cannot be read."""
    return ConfigurationError(
        f"SSL_CERT_FILE names a file without readable certificates ({type(error).__name__}); "
        "mend or unset it"
    )
