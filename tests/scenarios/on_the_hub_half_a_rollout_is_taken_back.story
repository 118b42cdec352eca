world: hub
# The first wave soaks when somebody finds that GL1.1 is bad, and takes web back: only that wave is bound back.
set web waves = ["1", "25%"]
apply
set web wave_soak = "1h"
bind canary GL1.1
apply
bind web GL1.1
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1
abort web to GL1
rollout of web
  > was aborted
plan
  > change group.web/1
  ! change group.web/2
apply
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 2 on great-linux/GL1
  > web/3: 8 on great-linux/GL1
plan
  > No changes.
