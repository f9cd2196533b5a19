"""One function per operation: from state and arguments to the reply, or `Refused`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from nim_async.emulator.arguments import Arguments
from nim_async.emulator.handlers import (
    history,
    members,
    messages,
    mutes,
    queue,
    robots,
    rooms,
    stats,
    tags,
)
from nim_async.emulator.state import State

# The reply without its code, which is 200 for everything that is not refused.
Handler: TypeAlias = Callable[[State, Arguments], dict[str, Any]]


def _chatroom(name: str) -> str:
    return f"/nimserver/chatroom/{name}.action"


HANDLERS: Mapping[str, Handler] = {
    _chatroom("create"): rooms.create,
    _chatroom("get"): rooms.get,
    _chatroom("getBatch"): rooms.get_batch,
    _chatroom("update"): rooms.update,
    _chatroom("toggleCloseStat"): rooms.toggle_close_stat,
    _chatroom("requestAddr"): rooms.request_addr,
    _chatroom("queryUserRoomIds"): rooms.query_user_room_ids,
    _chatroom("updateDelayClosePolicy"): rooms.update_delay_close_policy,
    _chatroom("updateInOutNotification"): rooms.update_in_out_notification,
    _chatroom("setMemberRole"): members.set_member_role,
    _chatroom("updateMyRoomRole"): members.update_my_room_role,
    _chatroom("kickMember"): members.kick_member,
    _chatroom("membersByPage"): members.members_by_page,
    _chatroom("queryMembersByRole"): members.query_members_by_role,
    _chatroom("queryMembers"): members.query_members,
    _chatroom("sendMsg"): messages.send_msg,
    _chatroom("batchSendMsg"): messages.batch_send_msg,
    _chatroom("sendMsgToSomeone"): messages.send_msg_to_someone,
    _chatroom("batchSendMsgToSomeone"): messages.batch_send_msg_to_someone,
    _chatroom("broadcast"): messages.broadcast,
    _chatroom("recall"): history.recall,
    _chatroom("deleteHistoryMessage"): history.delete_history_message,
    "/nimserver/history/queryChatroomMsg.action": history.query_chatroom_msg,
    "/nimserver/history/queryTagHistoryMsg.action": history.query_tag_history_msg,
    _chatroom("addRobot"): robots.add_robot,
    _chatroom("removeRobot"): robots.remove_robot,
    _chatroom("cleanRobot"): robots.clean_robot,
    _chatroom("temporaryMute"): mutes.temporary_mute,
    _chatroom("muteRoom"): mutes.mute_room,
    _chatroom("tagTemporaryMute"): mutes.tag_temporary_mute,
    _chatroom("tagMembersCount"): tags.tag_members_count,
    _chatroom("tagMembersQuery"): tags.tag_members_query,
    _chatroom("updateChatRoomRoleTag"): tags.update_chat_room_role_tag,
    _chatroom("queueInit"): queue.queue_init,
    _chatroom("queueOffer"): queue.queue_offer,
    _chatroom("queueBatchOffer"): queue.queue_batch_offer,
    _chatroom("queueBatchUpdateElements"): queue.queue_batch_update_elements,
    _chatroom("queueList"): queue.queue_list,
    _chatroom("queueMultiGet"): queue.queue_multi_get,
    _chatroom("queuePoll"): queue.queue_poll,
    _chatroom("queueDrop"): queue.queue_drop,
    "/nimserver/stats/chatroom/topn.action": stats.topn,
}
