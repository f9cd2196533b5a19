"""What Redis does at one stroke for an inbox."""

# Keep a letter unless it is known (0) or too many wait (-1).
ACCEPT = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[2]) then return -1 end
redis.call('XADD', KEYS[2], '*', 'letter', ARGV[3], 'body', ARGV[4])
redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 1
"""
# Forget a letter, and bury it perhaps, for who has the lease.
DONE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('XDEL', KEYS[2], ARGV[2]) == 1 then redis.call('DECR', KEYS[3]) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[4], ARGV[3], ARGV[4]) end
return 1
"""
# Take or renew a lease that nobody else has.
LEASE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# End a lease for who has it.
GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
# Be counted among the processes that are alive.
MEMBERS = """
local now = redis.call('TIME')
local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
redis.call('ZADD', KEYS[1], seconds, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', seconds - tonumber(ARGV[2]))
return redis.call('ZCARD', KEYS[1])
"""
# Accept a dead letter anew.
REVIVE = """
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'letter', ARGV[2], 'body', ARGV[3])
redis.call('INCR', KEYS[3])
return 1
"""
