# web-03 falls silent just as its update has been accepted: nobody picks the work request up.
silence web-03 at its update
apply
  > exit 3
  > failed web-03: no agent has picked up work request
  > in 4 h (`work_timeout`); it stays open in the service, and the instance is held until it is over
updates of web-03
  > 1
# Unreachable, so nothing can be done to it. The ticket stays open.
plan
  > held web-03: unreachable
apply
  > exit
updates of web-03
  > 1
# It comes back, and does what it was asked for; until it has, it is held. The next run asks for nothing again.
bring back web-03
plan
  > held web-03: overdue
wait 1 h
apply
  > exit 0
calls about web-03
  > GET workRequests/{} 200
  ! POST
plan
  > No changes.
  > web: 11 of 12 at GL1
updates of web-03
  > 1
