"""Accounts: registering them, their tokens, blocks, profiles, mutes and logins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._generated.models import ClientPlatform
from nim_async.emulator.accounts import MODULES
from nim_async.emulator.changes import LeaveReason
from nim_async.emulator.refusal import bad_parameter

if TYPE_CHECKING:
    from nim_async.emulator.accounts import Account
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.state import State

_TEXTS = ("name", "icon", "sign", "email", "birth", "mobile", "ex")


def create(state: State, arguments: Arguments) -> dict[str, Any]:
    """Register an account; an empty token counts as not given."""
    account = state.accounts.add(arguments.text("accid"), arguments.text("token"))
    _change_profile(account, arguments)
    name = account.profile.get("name", "")
    return {"info": {"token": account.token, "accid": account.accid, "name": name}}


def update(state: State, arguments: Arguments) -> dict[str, Any]:
    """Set a token; logins that exist go on, which is not documented."""
    state.accounts.named(arguments.text("accid")).token = arguments.text("token")
    return {}


def refresh_token(state: State, arguments: Arguments) -> dict[str, Any]:
    """Make another token; logins that exist go on, which is not documented."""
    account = state.accounts.named(arguments.text("accid"))
    account.token = state.accounts.new_token()
    return {"info": {"token": account.token, "accid": account.accid}}


def block(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Block an account, and throw it out where that is asked for; its robots stay.

    That a repeat is a success is not documented.
    """
    account = state.accounts.named(arguments.text("accid"))
    account.blocked = True
    if arguments.flag("needkick"):
        account.logins.clear()
        for room in state.rooms():
            member = room.member(account.accid)
            if member.online and member.robot_until is None:
                room.leave(account.accid, state.now(), LeaveReason.ACCOUNT_BLOCKED)
    return {}


def unblock(state: State, arguments: Arguments) -> dict[str, Any]:
    """Lift a block; that a repeat is a success is not documented."""
    state.accounts.named(arguments.text("accid")).blocked = False
    return {}


def update_uinfo(state: State, arguments: Arguments) -> dict[str, Any]:
    """Change what is given; an empty text takes a field away."""
    _change_profile(state.accounts.named(arguments.text("accid")), arguments)
    return {}


def _change_profile(account: Account, arguments: Arguments) -> None:
    for name in _TEXTS:
        text = arguments.maybe_text(name)
        if text:
            account.profile[name] = text
        elif text is not None:
            account.profile.pop(name, None)
    if "gender" in arguments:
        account.profile["gender"] = arguments.integer("gender")


def get_uinfos(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Describe accounts; what was never set of a profile is left out.

    Who is not registered is left out, or refused with 414 where the features say so.
    ``valid`` is false for one that is blocked.
    """
    found: list[dict[str, Any]] = []
    for accid in _named(arguments):
        account = state.accounts.find(accid)
        if account is not None:
            found.append(_described(account, modules=arguments.flag("muteStatus")))
        elif state.features.uinfos_want_registered:
            raise bad_parameter(accid, "is not registered")
    return {"uinfos": found}


def _described(account: Account, *, modules: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"accid": account.accid, "gender": 0, **account.profile}
    described |= {"valid": not account.blocked, "mute": account.muted}
    return described | (_mutes(account) if modules else {})


def _mutes(account: Account) -> dict[str, bool]:
    return {module: module in account.muted_in for module in MODULES}


def set_donnop(state: State, arguments: Arguments) -> dict[str, Any]:
    """Choose about pushes; before the first login that is refused where the features say so."""
    account = state.accounts.named(arguments.text("accid"))
    if state.features.donnop_wants_login and not account.ever_logged_in:
        raise bad_parameter("accid", "has never logged in")
    account.no_pushes = arguments.flag("donnopOpen")
    return {}


def mute(state: State, arguments: Arguments) -> dict[str, Any]:
    """Mute an account everywhere, or lift that; that a repeat is a success is not documented."""
    state.accounts.named(arguments.text("accid")).muted = arguments.flag("mute")
    return {}


def mute_module(state: State, arguments: Arguments) -> dict[str, Any]:
    """Mute an account in modules, or lift that; those left out stay, which is not documented."""
    account = state.accounts.named(arguments.text("accid"))
    given = [module for module in MODULES if module in arguments]
    if not given:
        raise bad_parameter("muteP2P", "or another of the four is required")
    for module in given:
        if arguments.flag(module):
            account.muted_in.add(module)
        else:
            account.muted_in.discard(module)
    return {"data": _mutes(account)}


def user_online_status(state: State, arguments: Arguments) -> dict[str, Any]:
    """List who is logged in to IM; being in a room alone does not count."""
    found = {accid: state.accounts.find(accid) for accid in _named(arguments)}
    return {
        "data": {
            "invalidAccids": [accid for accid, account in found.items() if account is None],
            "status": {
                accid: [
                    {"loginTime": since, "clientType": ClientPlatform[kind]}
                    for kind, since in account.logins.items()
                ]
                for accid, account in found.items()
                if account is not None and account.logins
            },
        }
    }


def _named(arguments: Arguments) -> list[str]:
    return list(dict.fromkeys(accid.lower() for accid in arguments.texts("accids")))
