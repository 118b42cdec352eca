world: hub
# A run that reaches the end of the window starts nothing more, also within a wave; the next night goes on there.
set web waves = ["1", "50%"]
apply
bind canary GL1.1
apply
set web window = { days = ["Sat"], from = "22:00", to = "22:10", timezone = "UTC" }
bind web GL1.1
plan
  > can start: no
  > held group.web: closed until 2026-11-21T22:00:00Z
apply
  > 0 changing and
wait until 2026-11-21T22:09:57Z
apply
  > exit 0
  > may not be touched now, until 2026-11-28T22:00:00Z
groups
  > web/1: 1 on great-linux/GL1, great-linux/GL1.1
  > web/2: 5 on great-linux/GL1
rollout of web
  > goes on
  > wave 1: 0 of 1
plan
  > can start: no
  > held group.web: closed until 2026-11-28T22:00:00Z
apply
  > 0 changing and
wait until 2026-11-28T22:01:00Z
apply
  > exit 0
  > opened end of web
groups
  > web/1: 1 on great-linux/GL1.1
  > web/3: 6 on great-linux/GL1.1
