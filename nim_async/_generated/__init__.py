"""
Code written from the spec of the service.

Written by ``python -m nim_async._codegen``; do not edit.

Facts gathered from the official tutorial, reference pages and server SDKs and from recorded
replies; labels under sources. Collected 2026-11-23.
Spec: sha256 e2eb70b61b03b9eba20adee765123cfd834f8f2aef972d0955b8b66a931c1c74
"""
