# What goes wrong with work: web-02's agent checks in and picks nothing up, web-04's fails, web-05 vanishes. The run says
# so and goes on with the rest.
allow web 3
work of web-02 sticks
work of web-04 fails
apply
  > exit 3
  > failed web-02: no agent has picked up work request
  > in 4 h (`work_timeout`); it stays open in the service, and the instance is held until it is over
  > failed web-04: work request
  > failed: the work request failed; YUM_ERROR: rpmdb open failed: the package database is locked; Update All Packages accepted; the agent has picked up the work request
  > opened backend after web

# What is open for longer than is waited for is held, with its ticket; what has failed is tried again at once.
web-05 vanishes
plan
  > change web-04
plan
  > held web-02: overdue
plan
  > held web-05: unknown
apply
  > exit 0
  ! failed web-02
updates of web-02
  > 1
updates of web-04
  > 2

# A day later the service gives it up, and the next run tries it again.
wait 22 h
plan
  > change web-02
apply
  > exit 0
updates of web-02
  > 2
plan
  > 0 steps, can start: no
  ! web-02
