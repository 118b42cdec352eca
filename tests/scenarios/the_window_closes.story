# A run that reaches the end of the window starts nobody more; the next night goes on.
apply
bind canary GL1.1
apply
set web concurrency = 1
set web window = { days = ["Sat"], from = "22:00", to = "22:10", timezone = "UTC" }
bind web GL1.1
plan
  > can start: no
  > held group.web: closed until 2026-11-21T22:00:00Z
wait until 2026-11-21T22:09:52Z
apply
  > exit 0
  > may not be touched now, until 2026-11-28T22:00:00Z
plan
  > web: 3 of 12 at GL1.1
  > held group.web: closed until 2026-11-28T22:00:00Z
