# The first wave soaks when somebody finds that GL1.1 is bad, and takes web back.
apply
set web waves = ["1", "25%"]
set web wave_soak = "1h"
bind canary GL1.1
apply
bind web GL1.1
apply
  > exit 0
  > shut group.web: wave 2 of group.web waits until wave 1 of group.web has been at level for 1h
plan
  > web: 1 of 12 at GL1.1
  > held group.web: soak until
abort web to GL1
rollout of web
  > was aborted
plan
  > change web-05
  ! change web-01
apply
  > exit 0
plan
  > No changes.
  > ahead web-05
