world: hub
# The one of the first wave falls silent while it is updated: that is one failure too many, and nobody follows.
set web waves = ["1"]
apply
bind canary GL1.1
apply
bind web GL1.1
allow web 0
groups
  > web/1: 1 on great-linux/GL1
work of web-05 sticks
apply
  > exit 3
rollout of web
  > stopped in wave 1: 1 failed, 0 may
  > wave 2: 0 of
groups
  > web/2: 10 on great-linux/GL1
plan
  > can start: no
