"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.

# NetEase Yunxin IM server API v1, account part. Facts gathered from the official reference pages
# and server SDKs and from recorded replies; labels under sources. Collected 2026-11-26.
# Spec: sha256 6a631fd30abfcb77a354f37f5ba2b58c592e6b8f60a4880092eab44d07cb1ef4
