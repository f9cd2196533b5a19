"""Configuration as frozen values, each validated in one place."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from nim_async.errors import ConfigurationError

Region: TypeAlias = Literal["cn", "sg"]


def _header_safe(_: object, attribute: object, value: str) -> None:
    name = getattr(attribute, "name", "value")
    if not value:
        raise ConfigurationError(f"{name} is empty")
    if not (value.isascii() and value.isprintable()):
        raise ConfigurationError(f"{name} holds characters that no key has")


@frozen(kw_only=True)
class Credentials:
    """
    Key and secret of an app; the secret is never shown.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app.

    Raises:
        ConfigurationError: One of them is empty or not plain ASCII.
    """

    app_key: str = field(validator=_header_safe)
    app_secret: str = field(validator=_header_safe, repr=lambda _: "***")


def positive(_: object, attribute: object, value: Any) -> None:
    """Refuse what is not more than 0, as a validator of attrs."""
    if not value > 0:
        raise ConfigurationError(f"{getattr(attribute, 'name', 'value')} must be more than 0")


def _not_negative(_: object, attribute: object, value: Any) -> None:
    if not value >= 0:
        raise ConfigurationError(f"{getattr(attribute, 'name', 'value')} must be 0 or more")


@frozen(kw_only=True)
class RateLimit:
    """
    How often an operation may be called.

    Args:
        calls: Calls allowed in any window of ``per_seconds``.
        per_seconds: Length of the window, seconds.
        block_seconds: How long the service refuses the operation after code 416, seconds.

    Raises:
        ConfigurationError: A number cannot be.
    """

    calls: int = field(validator=positive)
    per_seconds: float = field(validator=positive)
    block_seconds: float = field(validator=_not_negative)
