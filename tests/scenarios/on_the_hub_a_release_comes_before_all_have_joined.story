world: hub
# The first wave of a new group soaks, and nobody else has joined yet, when the next release comes. Whoever joins then goes in
# his wave all the same.
set web waves = ["1", "25%"]
set web wave_soak = "1h"
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1
bind canary GL1.1
bind web GL1.1
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
wait 2 h
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1.1
  > web/3: 0 on
wait 2 h
apply
  > exit 0
  > opened end of web
groups
  > web/3: 8 on great-linux/GL1.1
