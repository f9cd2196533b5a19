"""How webhooks go wrong on their way, planted as the faults of requests are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, field, frozen

from nim_async._checks import number, refused, shown
from nim_async.emulator import checks
from nim_async.emulator.planting import Planting
from nim_async.emulator.webhooks.signing import Flaw, Source

if TYPE_CHECKING:
    from typing import Self

    from attrs import Attribute

_FLAWS = ("secret", "body", "key", "stale", "unsigned")
_SOURCES = ("copies", "callbacks")


@frozen(kw_only=True)
class Planned:
    """
    How a webhook is to go out.

    Args:
        wait: Seconds it is held back, by the clock of the emulator.
        behind: How many others have to go out first; of copies alone.
        flaw: What is wrong with its signature: ``"secret"`` for one of another secret, ``"body"``
            of another body, ``"key"`` for another app, ``"stale"`` for one that is right but a day
            old, ``"unsigned"``; nothing when ``None``. A copy that is repeated has none.
        circuit_open: Whether a callback is not made since the service has given up for a while.
    """

    wait: float = field(default=0.0, validator=number(zero=True))
    behind: int = field(default=0, validator=checks.whole_number(least=0))
    flaw: Flaw | None = None
    circuit_open: bool = False


Plans: TypeAlias = tuple[Planned, ...]
Mischief: TypeAlias = Callable[[Planned], Plans]
Condition: TypeAlias = Callable[[Mapping[str, Any]], bool]


@frozen
class Doubled:
    """
    Send a copy more than once; a callback never is.

    Args:
        times: How many times in all.
    """

    times: int = field(default=2, validator=checks.whole_number(least=1, most=100))

    def __call__(self, planned: Planned) -> Plans:
        """Plan it several times."""
        return (planned,) * self.times


@frozen
class Late:
    """
    Hold a webhook back.

    Args:
        seconds: How long, by the clock of the emulator.
    """

    seconds: float = field(validator=number(zero=True))

    def __call__(self, planned: Planned) -> Plans:
        """Plan it for later."""
        return (evolve(planned, wait=planned.wait + self.seconds),)


@frozen
class Overtaken:
    """
    Let other copies go first.

    Args:
        by: How many.
    """

    by: int = field(default=1, validator=checks.whole_number(least=1))

    def __call__(self, planned: Planned) -> Plans:
        """Plan it behind others."""
        return (evolve(planned, behind=planned.behind + self.by),)


def _flaw(_: object, attribute: Attribute[Any], value: object) -> None:
    if value not in _FLAWS:
        raise refused(attribute.name, f"must be one of {', '.join(_FLAWS)}", shown(value))


@frozen
class WronglySigned:
    """
    Sign a webhook wrongly, the first time it is sent.

    Args:
        flaw: What is wrong; see `Planned`.
    """

    flaw: Flaw = field(default="secret", validator=_flaw)

    def __call__(self, planned: Planned) -> Plans:
        """Plan it with a flaw."""
        return (evolve(planned, flaw=self.flaw),)


@frozen
class Lost:
    """Send nothing; who waits for a verdict waits in vain."""

    def __call__(self, planned: Planned) -> Plans:
        """Plan nothing."""
        del planned
        return ()


@frozen
class CircuitOpen:
    """Make no callback, as the service does for a while where too many have failed."""

    def __call__(self, planned: Planned) -> Plans:
        """Plan no callback."""
        return (evolve(planned, circuit_open=True),)


def _share(_: object, attribute: Attribute[Any], value: object) -> None:
    number(zero=True)(_, attribute, value)
    if isinstance(value, int | float) and value > 1:
        raise refused(attribute.name, "must be 0.0 to 1.0", shown(value))


@frozen(kw_only=True)
class Chances:
    """
    Go wrong by chance; plant it with ``times=None``.

    Args:
        doubled: Share of webhooks that are sent twice.
        overtaken: Share that go after the next one.
        late: Share that are held back.
        lost: Share that are not sent.
        wrongly_signed: Share whose signature is wrong at first.
        late_by: How long those are held back, seconds.
        seed: Makes the chances repeatable.
    """

    doubled: float = field(default=0.0, validator=_share)
    overtaken: float = field(default=0.0, validator=_share)
    late: float = field(default=0.0, validator=_share)
    lost: float = field(default=0.0, validator=_share)
    wrongly_signed: float = field(default=0.0, validator=_share)
    late_by: float = field(default=1.0, validator=number(zero=True))
    seed: int = field(default=0, validator=checks.whole_number())
    _random: Random = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Begin the chances anew."""
        chances = Random(self.seed)  # noqa: S311  no secret depends on it
        object.__setattr__(self, "_random", chances)

    def __call__(self, planned: Planned) -> Plans:
        """Plan it as chance will have it; each kind of mischief has its own."""
        plans: Plans = (planned,)
        for share, mischief in (
            (self.lost, Lost()),
            (self.doubled, Doubled()),
            (self.overtaken, Overtaken()),
            (self.late, Late(self.late_by)),
            (self.wrongly_signed, WronglySigned()),
        ):
            if self._random.random() < share:
                plans = tuple(new for plan in plans for new in mischief(plan))
        return plans


class WebhookFaults(Planting[tuple[Source, Mapping[str, Any]], Mischief]):
    """
    Faults planted for the webhooks to come.

    Each webhook meets the first fault that fits it, in the order they were planted.
    """

    def add(
        self,
        mischief: Mischief,
        *,
        source: Source | None = None,
        event_type: int | None = None,
        times: int | None = 1,
        when: Condition | None = None,
    ) -> Self:
        """
        Plant a fault.

        Args:
            mischief: What goes wrong: one such as `Doubled`, or any plain function from how a
                webhook is planned to how it goes out instead.
            source: ``"copies"`` or ``"callbacks"``; either when ``None``.
            event_type: Number of the event; any when ``None``.
            times: How many webhooks it strikes; all when ``None``.
            when: Further condition on the body, as decoded JSON.

        Returns:
            The faults, so that more can be added.

        Raises:
            ConfigurationError: An argument cannot be.
        """
        checks.mischief(mischief)
        if source is not None and source not in _SOURCES:
            raise refused("source", 'must be "copies", "callbacks" or None', shown(source))
        if event_type is not None:
            checks.whole("event_type", event_type, least=0)
        if times is not None:
            checks.whole("times", times, least=1)
        if when is not None:
            checks.function("when", when, of="body")

        def fits(webhook: tuple[Source, Mapping[str, Any]]) -> bool:
            where, members = webhook
            number_of = members.get("eventType")
            return (
                source in {None, where}
                and (event_type is None or str(number_of) == str(event_type))
                and (when is None or when(members))
            )

        self._plant(mischief, fits, times)
        return self

    def plan(self, source: Source, members: Mapping[str, Any]) -> Plans:
        """Return how a webhook goes out, and count the fault that strikes it."""
        mischief = self._strike((source, members))
        return (Planned(),) if mischief is None else tuple(mischief(Planned()))
