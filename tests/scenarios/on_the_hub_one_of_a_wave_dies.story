world: hub
# One of the second wave falls silent while the wave is updated. The others of it get there; it is one failure too many.
leave web-13 out of web
set web waves = ["1", "50%"]
allow web 0
apply
bind canary GL1.1
apply
bind web GL1.1
silence web-07 at its update
apply
  > exit 3
rollout of web
  > failed web-07 in wave 2: work request
  > stopped in wave 2: 1 failed, 0 may
  > wave 2: 4 of 5
  > wave 3: 0 of 5
plan
  > can start: no
  > held group.web: stopped
apply
  > exit 3
  > 0 changing and
# Somebody finds that it is dead, and that one may be.
resume web
allow web 1
wait 25 h
apply
  > opened web wave 3 after web wave 2
rollout of web
  > has arrived
