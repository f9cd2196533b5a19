"""Where `RedisLimits` was before `nim_async.limits.redis`; importing it from here goes on working."""

from nim_async.limits.redis import RedisLimits

__all__ = ["RedisLimits"]
