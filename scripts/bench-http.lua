-- Requests for wrk, and the figures as one line: requests per second, median and 99th percentile in milliseconds, errors.
-- Argument: empty (the empty handler), location, or itinerary.

local json = { ["Content-Type"] = "application/json" }
local asked = {}

-- places in and around Cambodia and over the world, so that no answer can be kept from the last time
local function location(i)
  local lat = i % 3 == 0 and 10.4 + (i % 400) / 100 or -60 + (i * 7919 % 12000) / 100
  local lon = i % 3 == 0 and 102.3 + (i % 530) / 100 or -180 + (i * 104729 % 36000) / 100
  local body = '{"position": {"lat": %.5f, "lon": %.5f, "accuracy_m": 20}, "traveller": {"nationalities": ["KR"]}}'
  return wrk.format("POST", "/v1/check/location", json, body:format(lat, lon))
end

-- Bangkok to Siem Reap by bus through Poipet, with geometry, on changing days
local function itinerary(i)
  local day = 1 + i % 28
  local body = [==[{"itinerary": {"ref": "BENCH", "party": [{"id": "p1", "nationalities": ["KR"], "purpose": "tourism"}],
    "stops": [{"id": "s1", "place": {"lat": 13.7563, "lon": 100.5018}, "depart": "2025-10-%02dT08:00:00+07:00"},
              {"id": "s2", "place": {"lat": 13.3633, "lon": 103.8564}, "arrive": "2025-10-%02dT18:00:00+07:00"}],
    "legs": [{"id": "l1", "from": "s1", "to": "s2", "mode": "bus", "geometry": {"type": "LineString", "coordinates":
      [[100.5018, 13.7563], [101.4, 13.8], [102.0, 13.75], [102.5044, 13.6644], [102.5637, 13.6581], [102.9737, 13.5859], [103.8564, 13.3633]]}}]}}]==]
  return wrk.format("POST", "/v1/check/itinerary", json, body:format(day, day))
end

function init(args)
  local make = ({ location = location, itinerary = itinerary })[args[1]]
  for i = 1, 1000 do
    asked[i] = make and make(i) or wrk.format("GET", "/healthz")
  end
end

local turn = 0
function request()
  turn = turn % #asked + 1
  return asked[turn]
end

function done(summary, latency)
  local wrong = summary.errors
  io.write(("FIGURES %.0f %.3f %.3f %d\n"):format(summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, wrong.connect + wrong.read + wrong.write + wrong.status + wrong.timeout))
end
