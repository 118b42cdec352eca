world: hub
# Somebody pauses web between its waves. Nothing moves it; resumed, it goes on with the next wave.
set web waves = ["1"]
apply
set web wave_soak = "1h"
bind canary GL1.1
apply
bind web GL1.1
apply
  > exit 0
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 10 on great-linux/GL1
pause web
wait 2 h
plan and save
  > can start: no
  > held group.web: paused
apply
  > exit 0
  > 0 changing and
resume web
apply
  > exit 0
  > opened end of web
groups
  > web/2: 10 on great-linux/GL1.1
