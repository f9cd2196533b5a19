"""The scene of the demo that comes before the room: accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nim_async._generated.models import Gender
from nim_async.cli.demo.scenes import FRIEND, GUEST, MANAGER, OWNER, PEST, ROBOTS
from nim_async.cli.demo.walk import Ending
from nim_async.emulator import Refused
from nim_async.errors import AlreadyRegistered, NotFound, NotRegistered, ParameterError

if TYPE_CHECKING:
    from nim_async._generated.models import Account, ModuleMutes, OnlineStatus, Profile
    from nim_async.cli.demo.stage import Stage

_NOBODY = "nobody"


async def accounts(stage: Stage) -> None:
    """Register accounts, log in, change what they are and may do."""
    stage.heading("Accounts", "账号")
    user, ask = stage.nim.user, stage.walk.ask
    owner = await ask(user.create, accid=OWNER, name="掌柜").tells(_token)
    await ask(user.create, accid=OWNER).refused(AlreadyRegistered, 414)
    await ask(user.create, accid="张三").refused(ParameterError, 414)
    await ask(stage.nim.chatroom.create, creator=_NOBODY, name="tea").refused(NotFound, 404)
    stage.emulator.register(MANAGER, GUEST, FRIEND, PEST, *ROBOTS)
    stage.act(f"{MANAGER}, {GUEST}, {FRIEND}, {PEST} and {len(ROBOTS)} robots are registered too")
    await ask(user.update, accid=MANAGER, token="a-token-of-my-own").done()  # noqa: S106
    guest = await ask(user.refresh_token, accid=GUEST).tells(_token)
    await ask(user.update_uinfo, accid=OWNER, sign="以茶会友", gender=Gender.FEMALE).done()
    await ask(user.get_uinfos, accids=[OWNER, _NOBODY], mute_status=True).tells(
        lambda r: ", ".join(map(_profile, r.uinfos)), "zhangsan 掌柜 FEMALE 以茶会友"
    )
    for accid, token, kind, client_type in (
        (OWNER, owner.token, "static", "PC"),
        (GUEST, guest.token, "static", "IOS"),
        (FRIEND, stage.nim.dynamic_token(FRIEND, ttl=600), "dynamic", "AOS"),
    ):
        stage.emulator.log_in(accid, token=token, client_type=client_type)
        stage.act(f"{accid} logs in on {client_type} with a {kind} token")
    await ask(user.user_online_status, accids=[OWNER, MANAGER, FRIEND, _NOBODY]).tells(
        _online, "zhangsan PC, zhaoliu AOS, unknown: nobody"
    )
    await ask(user.set_donnop, accid=OWNER, donnop_open=True).done()
    await ask(user.mute, accid=PEST, mute=True).done()
    await ask(user.mute, accid=PEST, mute=False).done()
    await ask(
        user.mute_module,
        accid=PEST,
        mute_p2p=True,
        mute_team=False,
        mute_room=False,
        mute_qchat=False,
    ).tells(_muted, "muted one to one")
    await _blocked(stage)


async def _blocked(stage: Stage) -> None:
    user, ask = stage.nim.user, stage.walk.ask
    await ask(user.block, accid=PEST, need_kick=True).done()
    try:
        stage.emulator.log_in(PEST)
    except Refused as refused:
        stage.act(f"{PEST} may not log in: {refused}")
    else:
        stage.walk.endings.append(Ending.FAILED)
        stage.act(f"{PEST} logged in, which should not be possible")
    await ask(user.unblock, accid=PEST).done()
    await ask(user.block, accid=_NOBODY).refused(NotRegistered, 414)


def _token(account: Account) -> str:
    return f"{account.accid}, token of {len(account.token)} characters"


def _profile(profile: Profile) -> str:
    gender = profile.gender.name if profile.gender is not None else "?"
    return f"{profile.accid} {profile.name} {gender} {profile.sign}"


def _online(status: OnlineStatus) -> str:
    found = status.status or {}
    shown = [f"{accid} {logins[0].client_type.name}" for accid, logins in found.items()]
    return f"{', '.join(shown)}, unknown: {', '.join(status.invalid_accids or ())}"


def _muted(mutes: ModuleMutes) -> str:
    modules = {
        "one to one": mutes.mute_p2p,
        "in teams": mutes.mute_team,
        "in rooms": mutes.mute_room,
        "in QChat": mutes.mute_qchat,
    }
    return f"muted {', '.join(name for name, muted in modules.items() if muted)}"
