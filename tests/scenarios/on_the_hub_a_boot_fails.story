world: hub
# A wave is updated as a whole, and booted one by one. Of the one that goes first it fails: that counts, and nobody of the
# second wave is touched.
set web waves = ["1", "25%"]
drop backend
apply
  > exit 0
set web reboot = "window"
set web window = { days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], from = "00:00", to = "00:00", timezone = "UTC" }
bind canary GL1.1
bind web GL1.1
work of web-05 goes well     # the new source
work of web-05 goes well     # the old one
work of web-05 goes well     # its update
work of web-05 fails         # its boot
apply
  > exit 3
  > failed web-05: work request
  > reboot/web-05
  ! opened web wave 2
rollout of web
  > stopped
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1
plan
  > can start: no
  > held group.web: stopped

# No later run goes on, or boots it again.
wait 2 h
apply
  > exit 3
  ! opened web wave 2
  > 0 changing and

# Somebody has looked into it, and has it booted once more.
resume web
plan
  > can start: yes
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened web wave 3 after web wave 2
  > opened end of web
plan
  > web: 11 of 12 at GL1.1
