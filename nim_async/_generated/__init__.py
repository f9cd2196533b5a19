"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.
# Spec: sha256 6bc623a3039684671cbb78f9b619e7d31a5a8f673f8932b5591fb311a0ce4cdb
