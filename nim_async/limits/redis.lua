-- What Redis knows of a path: a sorted set of places by the time at which they come free, and a
-- hash. All times are microseconds by the clock of Redis.
--
--   run, made   the run of the server, and when this hash was made in it
--   since       Redis has known every call let in since then, but for those let in by processes
--               that had not noticed yet that it was back
--   seen        when somebody asked last
--   quiet       when somebody asked after a time long enough for shares to be in use
--   closed      until when the service refuses the operation
--   next        when the next is let in once half of the places are taken: calls that are let in
--               one by one are answered sooner than a herd, so their places come free sooner

local places, state = KEYS[1], KEYS[2]
local calls, window, grace, unused = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[4])
local known, lost, penalty, slack = ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local token, hold, own, kept = ARGV[9], tonumber(ARGV[10]), ARGV[11], ARGV[12]
local pace = tonumber(ARGV[13])

local function text(number) return string.format('%.0f', number) end

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

-- What is no state of this kind is worth nothing: it is made anew, as after a loss.
local function odd(key, kind)
  local found = redis.call('TYPE', key).ok
  return found ~= 'none' and found ~= kind
end
local broken = odd(places, 'zset') or odd(state, 'hash')
local found = {}
if not broken then
  found = redis.call('HMGET', state, 'run', 'made', 'since', 'seen', 'quiet', 'closed', 'next')
  for i = 2, 7 do
    if found[i] and not string.match(found[i], '^%d+$') then broken = true end
    if i < 7 and found[1] and not found[i] then broken = true end
  end
end
if broken then
  redis.call('DEL', places, state)
  found = {'broken'}
end

-- A server that started again may have lost places, also where it read older ones from disk.
local info = redis.pcall('INFO', 'server')
local run, age = '', 0
if type(info) == 'string' then
  run = string.match(info, 'run_id:(%w+)') or ''
  age = tonumber(string.match(info, 'uptime_in_seconds:(%d+)') or 0)
end
local made, since, seen, quiet, closed = found[2], tonumber(found[3]), tonumber(found[4]),
    tonumber(found[5]), tonumber(found[6] or 0)
if found[1] ~= run then
  since = now
  if not found[1] and known == '' then
    -- Nobody who asks has seen this path here: none was let in since the server is up.
    since = now - math.max(age - 1, 0) * 1000000
  end
  made, seen, quiet = text(now), now, now
end
local name = run .. '/' .. made
if known ~= '' and known ~= name and string.sub(known, 1, #run + 1) == run .. '/' then
  since = math.max(since, tonumber(made))  -- the keys were deleted in this run
end
if now - seen >= unused then quiet = now end
if lost == '1' then since = math.max(since, quiet) end
if now + penalty > math.max(closed, now) + slack then closed = now + penalty end
redis.call('HSET', state, 'run', run, 'made', made, 'since', text(since), 'seen', text(now),
  'quiet', text(quiet), 'closed', text(closed))

for i = 14, #ARGV, 2 do
  local left = tonumber(ARGV[i + 1])
  if left > 0 then
    redis.call('ZADD', places, text(now + left), ARGV[i])
  else
    redis.call('ZREM', places, ARGV[i])
  end
end
redis.call('ZREMRANGEBYSCORE', places, '-inf', text(now))

local verdict, wait = 'in', 0
if token ~= '' and not redis.call('ZSCORE', places, token) then
  local settled = since + grace
  local taken, turn = redis.call('ZCARD', places), tonumber(found[7] or 0)
  if now < closed then
    verdict, wait = 'closed', closed - now
  elseif now < settled and own ~= '1' then
    verdict, wait = 'share', settled - now
  elseif taken >= calls then
    local first = redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')
    verdict, wait = 'full', math.min(tonumber(first[2]) - now, window)
    -- A call under way holds its place for longer, and may end without having used it.
    if redis.call('ZCOUNT', places, text(now + window + 1000), '+inf') > 0 then verdict = 'busy' end
  elseif taken * 2 >= calls and now < turn and turn <= now + pace then
    verdict, wait = 'full', turn - now
  else
    redis.call('ZADD', places, text(now + hold), token)
    -- Who asks late after its turn does not make all turns after it later.
    local after = math.min(math.max(turn, now - 2 * pace), now) + pace
    redis.call('HSET', state, 'next', text(after))
  end
end
redis.call('PEXPIRE', places, kept)
redis.call('PEXPIRE', state, kept)
return {verdict, wait, name, text(since)}
