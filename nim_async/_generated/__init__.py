"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.
# Spec: sha256 73d17efac9b707028b07a554b5c7e51b5cae3f9286f98e5e12db291da8ac916c
