world: hub
# A run that reaches the end of the window starts no other wave; the next night goes on.
set web waves = ["1"]
apply
bind canary GL1.1
apply
set web window = { days = ["Sat"], from = "22:00", to = "22:10", timezone = "UTC" }
bind web GL1.1
plan
  > can start: no
  > held group.web: closed until 2026-11-21T22:00:00Z
wait until 2026-11-21T22:09:50Z
apply
  > exit 0
  > may not be touched now, until 2026-11-28T22:00:00Z
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 10 on great-linux/GL1
wait until 2026-11-28T22:00:10Z
apply
  > exit 0
groups
  > web/2: 11 on great-linux/GL1.1
