# Who waits for a reboot is told beside a gate, unless the group says that it is nobody's business here.
apply
  > exit 0
set web waves = ["1"]
set web wave_soak = "2h"
bind canary GL1.1
apply
bind web GL1.1
apply
  > exit 0
  > wave 2 of group.web waits until
  > 1 waits for a reboot
set web reboot = "never"
apply
  > exit 0
  > wave 2 of group.web waits until
  ! waits for a reboot
wait 3 h
apply
  > exit 0
  > opened web wave 2 after web wave 1
