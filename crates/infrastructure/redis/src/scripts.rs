//! What the server does in one step. Keys share a hash tag, so that a cluster keeps them together.

use redis::Script;

/// Scripts by what they do.
pub(crate) struct Scripts {
    /// Keys: lock, last fence, tags. Arguments: who asks, lease in ms, time of tags in ms, a version for each tag that has none. Answers the
    /// fence and the versions; or `0` and the time that the lease of another is left, in ms.
    pub board: Script,
    /// Keys: tags. Arguments: time of tags in ms, a version for each tag that has none. Answers the versions.
    pub versions: Script,
    /// Keys: lock, value. Arguments: fence, record, time in ms, channel, message. Answers whether it was written.
    pub write: Script,
    /// Keys: lock. Arguments: fence, channel, message. Answers whether the lease held.
    pub leave: Script,
    /// Keys: lock. Arguments: fence, lease in ms. Answers whether the lease held.
    pub renew: Script,
    /// Keys: tags. Arguments: time of tags in ms, channel, message, a version for each tag. In a server that is full a tag loses its version, which
    /// makes fall what was made under it too.
    pub invalidate: Script,
}

/// Who asks twice, as their first answer was lost, gets the same fence. Fences grow with the clock of the server, also past a restart that
/// forgot the last one.
const BOARD: &str = r"
local held = redis.call('GET', KEYS[1])
local fence
if held then
  local number, who = string.match(held, '^(%d+) (.*)$')
  if who ~= ARGV[1] then return {'0', tostring(redis.call('PTTL', KEYS[1]))} end
  fence = number
else
  local now = redis.call('TIME')
  local number = tonumber(now[1]) * 1000000 + tonumber(now[2])
  local last = tonumber(redis.call('GET', KEYS[2]) or '0')
  if number <= last then number = last + 1 end
  fence = string.format('%.0f', number)
  redis.call('SET', KEYS[2], fence)
  redis.call('SET', KEYS[1], fence .. ' ' .. ARGV[1], 'PX', ARGV[2])
end
local answer = {fence}
for i = 3, #KEYS do
  local version = redis.call('GET', KEYS[i])
  if version then
    redis.call('PEXPIRE', KEYS[i], ARGV[3])
  else
    version = ARGV[i + 1]
    redis.call('SET', KEYS[i], version, 'PX', ARGV[3])
  end
  answer[#answer + 1] = version
end
return answer
";

const VERSIONS: &str = r"
local answer = {}
for i = 1, #KEYS do
  local version = redis.call('GET', KEYS[i])
  if version then
    redis.call('PEXPIRE', KEYS[i], ARGV[1])
  else
    version = ARGV[i + 1]
    redis.call('SET', KEYS[i], version, 'PX', ARGV[1])
  end
  answer[i] = version
end
return answer
";

const WRITE: &str = r"
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^(%d+) ') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
";

const LEAVE: &str = r"
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^(%d+) ') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
";

const RENEW: &str = r"
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^(%d+) ') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
";

const INVALIDATE: &str = r"
for i = 1, #KEYS do
  local set = redis.pcall('SET', KEYS[i], ARGV[i + 3], 'PX', ARGV[1])
  if set.err then redis.call('DEL', KEYS[i]) end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
";

impl Scripts {
    pub fn new() -> Self {
        Self {
            board: Script::new(BOARD),
            versions: Script::new(VERSIONS),
            write: Script::new(WRITE),
            leave: Script::new(LEAVE),
            renew: Script::new(RENEW),
            invalidate: Script::new(INVALIDATE),
        }
    }
}
