"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.

Facts gathered from the official tutorial, reference pages and server SDKs and from recorded
replies; labels under sources. Collected 2026-11-23.
Spec: sha256 7a86c1c3d67d7c215982af3c4896bc4295b98daed7ea449d06fbd6192a9de561
"""
