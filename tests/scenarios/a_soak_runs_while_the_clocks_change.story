# web follows canary when that has been at level for 48 hours, in the nights of the weekend. In Berlin the clocks go
# forward on Sunday, 2027-03-28.
apply
wait until 2027-03-26T20:00:00Z
set web soak = "48h"
set web window = { days = ["Sat", "Sun"], from = "22:00", to = "04:00", timezone = "Europe/Berlin" }
bind canary GL1.1
bind web GL1.1
apply
  > exit 0
plan
  > can start: no
  > held group.web: soak until 2027-03-28T20:
  > held group.web: closed until 2027-03-27T21:00:00Z

# Saturday night the window is open and the soak is not over.
wait until 2027-03-28T00:30:00Z
plan
  > can start: no
  > held group.web: soak until 2027-03-28T20:
  ! closed

# Sunday night both are, an hour earlier than by the clocks of the day before.
wait until 2027-03-28T20:15:00Z
plan
  > can start: yes
  ! held group.web
apply
  > exit 0
plan
  > web: 12 of 12 at GL1.1
