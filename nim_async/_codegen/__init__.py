"""Write ``nim_async/_generated`` from ``nim_async/_spec``: ``python -m nim_async._codegen``."""
