# While the first wave soaks, somebody puts one of the second on the vendor's sources and updates it.
apply
set web waves = ["1", "25%"]
set web wave_soak = "1h"
bind canary GL1.1
apply
bind web GL1.1
apply
by hand: update web-02 from the vendor
plan
  > held group.web: soak until
wait 2 h
apply
  > exit 0
  > shut group.web: wave 3
wait 2 h
apply
  > exit 0
plan
  > No changes.
  > web: 11 of 12 at GL1.1
  > ahead web-
