world: hub
# A member of a group is locked: nobody does anything to it alone. While the first wave soaks, somebody takes one of the
# second out of its group, puts it on the vendor's sources and updates it.
set web waves = ["1", "50%"]
apply
set web wave_soak = "1h"
bind canary GL1.1
apply
bind web GL1.1
apply
by hand: update web-07 from the vendor
plan
  > held group.web: soak until
wait 2 h
apply
  > exit 0
members of web/2
  > web-07
wait 2 h
apply
  > exit 0
  > opened end of web
plan
  > No changes.
  > ahead web-07
# Somebody has a whole wave updated, which brings nothing that its source does not hold.
by hand: update group web/2
plan
  > No changes.
# On the way back somebody puts the last wave on GL1 before its turn.
bind web GL1
bind canary GL1
apply
  > exit 0
by hand: put group web/3 on GL1
wait 2 h
apply
  > exit 0
wait 2 h
apply
  > exit 0
  > opened end of web
plan
  > No changes.
