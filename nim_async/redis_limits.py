"""Where `RedisLimits` can be imported from, besides `nim_async.limits.redis`."""

from nim_async.limits.redis import RedisLimits

__all__ = ["RedisLimits"]
