"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.
# Spec: sha256 b43b101dcc15b155d865345dafd3caa927b300a7896bb77c240e644ad72a83ca
