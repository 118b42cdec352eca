world: hub
# One of web goes first, then a quarter, then all; on the hub each wave is a group of the service.
set web waves = ["1", "25%"]
drop backend
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened web wave 3 after web wave 2
  > opened end of web
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 2 on great-linux/GL1
  > web/3: 8 on great-linux/GL1
plan
  > No changes.
# The same go first when the next release comes, and each wave soaks.
set web wave_soak = "24h"
bind canary GL1.1
bind web GL1.1
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1
wait 25 h
# Whoever comes amid a rollout goes last, and no sizes are evened out before it has ended.
set web waves = ["2", "50%"]
apply
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1.1
  > web/3: 8 on great-linux/GL1
wait 25 h
apply
  > exit 0
  > opened end of web
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1.1
  > web/3: 9 on great-linux/GL1.1
# All ride one release: now the waves become those that the train declares.
plan
  > to change
  > change group.web/1
  > change group.web/2
  ! soak
apply
  > exit 0
  > 0 failed
groups
  > web/1: 2 on great-linux/GL1.1
  > web/2: 4 on great-linux/GL1.1
  > web/3: 6 on great-linux/GL1.1
rollout of web
  > has arrived
plan
  > No changes.
# Without waves all stand in one group again.
unset web waves
unset web wave_soak
apply
  > exit 0
  > 0 failed
groups
  > web: 12 on great-linux/GL1.1
  ! web/
plan
  > No changes.
