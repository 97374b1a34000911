-- Counts answers by status for bench/load.py; a 503 that says when to come again is counted apart.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() counts = {} end
function response(status, headers)
  local word = tostring(status)
  if status == 503 and (headers["retry-after"] or headers["Retry-After"]) then word = "503-later" end
  counts[word] = (counts[word] or 0) + 1
end
function done(summary, latency)
  local all = {}
  for _, thread in ipairs(threads) do
    for word, count in pairs(thread:get("counts")) do all[word] = (all[word] or 0) + count end
  end
  local out = {}
  for word, count in pairs(all) do table.insert(out, string.format('"%s": %d', word, count)) end
  local errors = summary.errors
  io.write(string.format(
    'JSON {"p50_ms": %.1f, "p99_ms": %.1f, "max_ms": %.1f, "seconds": %.1f, "timeouts": %d, "broken": %d, "answers": {%s}}\n',
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000, summary.duration / 1e6,
    errors.timeout, errors.connect + errors.read + errors.write, table.concat(out, ", ")))
end
