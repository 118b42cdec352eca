world: hub
# web stands in one group when waves are declared for it, and they are parted one after another, like everything that moves
# anybody. Before that has ended, a release comes: the first wave gets it, and nobody else.
apply
set web waves = ["1", "25%"]
set web wave_soak = "1h"
bind canary GL1.1
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1
bind web GL1.1
plan
  ! drift
apply
  > exit 0
plan
  > web: 1 of 12 at GL1.1
wait 2 h
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1.1
  > web/3: 0 on
  > web: 8 on great-linux/GL1
wait 2 h
apply
  > exit 0
  > opened end of web
groups
  > web/3: 8 on great-linux/GL1.1
  ! web: 8
plan
  > No changes.
