"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.

# NetEase Yunxin IM server API v1, account part. Facts gathered from the official reference pages
# and server SDKs and from recorded replies; labels under sources. Collected 2026-11-26.
# Spec: sha256 9e6be1cb33b8004bb8c4b8171b4110662f060f49440c6703e66a15efcea4b23f
