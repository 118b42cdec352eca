# The one of the first wave falls silent while it is updated: that is one failure too many, and nobody follows.
apply
set web waves = ["1"]
bind canary GL1.1
apply
bind web GL1.1
silence web-05 at its update
apply
  > exit 3
rollout of web
  > stopped in wave 1: 1 failed, 0 may
  > wave 2: 0 of
plan
  > can start: no
